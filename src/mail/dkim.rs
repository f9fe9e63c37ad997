//! DKIM selector records (RFC 6376 §3.6.1).

use super::der::{BIT_STRING, INTEGER, SEQUENCE, element};
use super::tags::{self, find, split};
pub use super::tags::{Extension, TagError};
use data_encoding::BASE64;
use std::fmt;

/// A public key as a selector's TXT record publishes it.
///
/// It prints as it was read, but for order and spelling: the version first, then what it is for,
/// the key last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyRecord {
    /// `k`: what kind of key it is.
    pub kind: KeyKind,
    /// `p`: the key's octets; none means that it is revoked.
    pub key: Vec<u8>,
    /// `h`: the hashes that signatures may be made by; all if it is not said.
    pub hashes: Option<Vec<String>>,
    /// `s`: what the key may sign, `email` or `*`; everything if it is not said.
    pub services: Option<Vec<String>>,
    /// `t`: flags, of which `y` and `s` are known.
    pub flags: Option<Vec<String>>,
    /// `n`: what people shall read.
    pub notes: Option<String>,
    /// Tags that nobody here knows.
    pub extensions: Vec<Extension>,
}

/// A key's algorithm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// RSA, as a SubjectPublicKeyInfo.
    Rsa,
    /// Ed25519, as 32 octets (RFC 8463).
    Ed25519,
}

const TAGS: &[&str] = &["v", "h", "k", "n", "p", "s", "t"];

impl KeyRecord {
    /// Reads the joined text of a selector's TXT record.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let tags = split(text)?;
        if let Some(version) = find(&tags, "v")
            && (version != "DKIM1" || tags[0].0 != "v")
        {
            return Err(TagError::bad("v", version, "it must be `DKIM1` and stand first"));
        }
        let kind = match find(&tags, "k").unwrap_or("rsa") {
            "rsa" => KeyKind::Rsa,
            "ed25519" => KeyKind::Ed25519,
            other => return Err(TagError::bad("k", other, "write `rsa` or `ed25519`")),
        };
        let value = find(&tags, "p").ok_or(TagError::Missing("p"))?;
        let compact: String = value.split_whitespace().collect();
        let key = BASE64.decode(compact.as_bytes()).map_err(|_| {
            TagError::bad("p", &compact, "it is not base64; was it cut at 255 characters?")
        })?;
        let list = |tag| {
            let words = find(&tags, tag)?.split(':').map(|word| word.trim().to_owned());
            Some(words.collect())
        };
        let record = Self {
            kind,
            key,
            hashes: list("h"),
            services: list("s"),
            flags: list("t"),
            notes: find(&tags, "n").map(str::to_owned),
            extensions: tags::extensions(&tags, TAGS),
        };
        if !record.is_revoked() && record.bits().is_none() {
            return Err(TagError::bad("p", &compact, "it does not hold a whole public key"));
        }
        Ok(record)
    }

    /// Whether receivers are asked to treat failures as if unsigned (`t=y`).
    pub fn is_on_trial(&self) -> bool {
        self.has_flag("y")
    }

    /// Whether it verifies signatures for its own domain only, and none for subdomains (`t=s`).
    pub fn is_for_one_domain(&self) -> bool {
        self.has_flag("s")
    }

    /// Whether signatures by this hash may be made.
    pub fn allows_hash(&self, hash: &str) -> bool {
        self.hashes.as_ref().is_none_or(|all| all.iter().any(|one| one == hash))
    }

    /// Whether it may sign mail.
    pub fn is_for_mail(&self) -> bool {
        let is_mail = |one: &String| one == "*" || one == "email";
        self.services.as_ref().is_none_or(|all| all.iter().any(is_mail))
    }

    /// What decides which signatures it verifies: without notes, and tags that nobody here knows.
    #[must_use]
    pub fn essence(self) -> Self {
        Self { notes: None, extensions: Vec::new(), ..self }
    }

    fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().flatten().any(|one| one == flag)
    }

    /// Whether the key is withdrawn: `p=` is empty.
    pub fn is_revoked(&self) -> bool {
        self.key.is_empty()
    }

    /// The key's size in bits; `None` if the octets are not a key of its kind.
    pub fn bits(&self) -> Option<usize> {
        match self.kind {
            KeyKind::Rsa => rsa_modulus_bits(&self.key),
            KeyKind::Ed25519 => (self.key.len() == 32).then_some(256),
        }
    }
}

impl fmt::Display for KeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            KeyKind::Rsa => "v=DKIM1; k=rsa",
            KeyKind::Ed25519 => "v=DKIM1; k=ed25519",
        })?;
        for (tag, list) in [("h", &self.hashes), ("s", &self.services), ("t", &self.flags)] {
            if let Some(list) = list {
                write!(f, "; {tag}={}", list.join(":"))?;
            }
        }
        if let Some(notes) = &self.notes {
            write!(f, "; n={notes}")?;
        }
        tags::write(f, &self.extensions)?;
        write!(f, "; p={}", BASE64.encode(&self.key))
    }
}

/// The size of the modulus in a SubjectPublicKeyInfo (RFC 8017 §A.1.1) or a bare RSAPublicKey.
fn rsa_modulus_bits(der: &[u8]) -> Option<usize> {
    let (outer, rest) = element(SEQUENCE, der)?;
    if !rest.is_empty() {
        return None;
    }
    let numbers = match element(SEQUENCE, outer) {
        None => outer,
        Some((_, key)) => {
            let (octets, _) = element(BIT_STRING, key)?;
            element(SEQUENCE, octets.strip_prefix(&[0])?)?.0
        }
    };
    let (modulus, exponent) = element(INTEGER, numbers)?;
    element(INTEGER, exponent)?;
    let significant = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let first = significant.first()?;
    Some(significant.len() * 8 - usize::try_from(first.leading_zeros()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Rdata, Rtype};

    /// The record that a self-hosted domain published after its move to Google Workspace.
    const GOOGLE: &str = include_str!("../../examples/linode-to-google/google-dkim.txt");

    #[test]
    fn a_key_in_two_strings_is_one_key() {
        let Ok(Rdata::Txt(txt)) = Rdata::parse(Rtype::TXT, GOOGLE, None) else { panic!() };
        assert_eq!(txt.strings().map(<[u8]>::len).collect::<Vec<_>>(), [255, 155]);
        let record = KeyRecord::parse(&txt.text()).unwrap();
        assert_eq!((record.kind, record.key.len()), (KeyKind::Rsa, 294));
        assert_eq!(record.bits(), Some(2048));
    }

    #[test]
    fn a_key_cut_short_is_noticed() {
        let Ok(Rdata::Txt(txt)) = Rdata::parse(Rtype::TXT, GOOGLE, None) else { panic!() };
        let text = txt.text();
        for cut in [40, 255, text.len() - 4] {
            let error = KeyRecord::parse(&text[..cut]).unwrap_err();
            assert!(matches!(error, TagError::Bad { tag: "p", .. }), "{cut}: {error}");
        }
    }

    #[test]
    fn other_mistakes_are_named() {
        let check = |text, message: &str| {
            assert_eq!(KeyRecord::parse(text).unwrap_err().to_string(), message);
        };
        check("k=rsa", "the tag `p` is missing");
        check("v=DKIM2; p=", "`v=DKIM2` is not valid: it must be `DKIM1` and stand first");
        check("p=; p=", "the tag `p` is given twice");
        check("nonsense", "`nonsense` is not of the form `tag=value`");
        check("p=; =x", "`=x` is not of the form `tag=value`");
        check("k=dsa; p=", "`k=dsa` is not valid: write `rsa` or `ed25519`");
    }

    #[test]
    fn an_empty_key_is_revoked() {
        let record = KeyRecord::parse("v=DKIM1; t=s:y; p=").unwrap();
        assert!(record.is_revoked() && record.is_on_trial());
        let key = BASE64.encode(&[7; 32]);
        assert_eq!(KeyRecord::parse(&format!("k=ed25519; p={key}")).unwrap().bits(), Some(256));
    }

    #[test]
    fn what_a_key_is_for() {
        let check = |text: &str, trial, one_domain, sha1, sha256, mail| {
            let key = KeyRecord::parse(text).unwrap();
            let found = [key.is_on_trial(), key.is_for_one_domain()];
            assert_eq!(found, [trial, one_domain], "{text}");
            let found = [key.allows_hash("sha1"), key.allows_hash("sha256"), key.is_for_mail()];
            assert_eq!(found, [sha1, sha256, mail], "{text}");
        };
        check("p=", false, false, true, true, true);
        check("t=y : s; p=", true, true, true, true, true);
        check("h=sha256; s=email; p=", false, false, false, true, true);
        check("h= sha1 :sha256; s=*; p=", false, false, true, true, true);
        check("h=; t=; s=tlsrpt; p=", false, false, false, false, false);
    }

    #[test]
    fn what_is_printed_reads_back_the_same() {
        let check = |text: &str, printed: &str| {
            let key = KeyRecord::parse(text).unwrap();
            assert_eq!(key.to_string(), printed);
            assert_eq!(KeyRecord::parse(printed), Ok(key));
        };
        check("p=", "v=DKIM1; k=rsa; p=");
        check(
            "v=DKIM1;z=2;p= ;t=y:s;n=for people;g=*;s=email;h=sha256;",
            "v=DKIM1; k=rsa; h=sha256; s=email; t=y:s; n=for people; z=2; g=*; p=",
        );
        let Ok(Rdata::Txt(txt)) = Rdata::parse(Rtype::TXT, GOOGLE, None) else { panic!() };
        check(&txt.text(), &txt.text());
    }
}
