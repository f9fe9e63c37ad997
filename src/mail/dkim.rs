//! DKIM selector records (RFC 6376 §3.6.1).

pub use super::tags::TagError;
use super::tags::{find, split};
use data_encoding::BASE64;

/// A public key as a selector's TXT record publishes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyRecord {
    /// What kind of key it is.
    pub kind: KeyKind,
    /// The key's octets; none means that it is revoked.
    pub key: Vec<u8>,
    /// Whether receivers are asked to treat failures as if unsigned (`t=y`).
    pub testing: bool,
}

/// A key's algorithm.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyKind {
    /// RSA, as a SubjectPublicKeyInfo.
    Rsa,
    /// Ed25519, as 32 octets (RFC 8463).
    Ed25519,
}

impl KeyRecord {
    /// Reads the joined text of a selector's TXT record.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let tags = split(text)?;
        let bad = |tag, value: &str, problem| TagError::Bad { tag, value: value.into(), problem };
        if let Some(version) = find(&tags, "v")
            && (version != "DKIM1" || tags[0].0 != "v")
        {
            return Err(bad("v", version, "it must be `DKIM1` and stand first"));
        }
        let kind = match find(&tags, "k").unwrap_or("rsa") {
            "rsa" => KeyKind::Rsa,
            "ed25519" => KeyKind::Ed25519,
            other => return Err(bad("k", other, "write `rsa` or `ed25519`")),
        };
        let value = find(&tags, "p").ok_or(TagError::Missing("p"))?;
        let compact: String = value.split_whitespace().collect();
        let key = BASE64
            .decode(compact.as_bytes())
            .map_err(|_| bad("p", &compact, "it is not base64; was it cut at 255 characters?"))?;
        let flags = find(&tags, "t").unwrap_or_default();
        let record = Self { kind, key, testing: flags.split(':').any(|flag| flag.trim() == "y") };
        if !record.is_revoked() && record.bits().is_none() {
            return Err(bad("p", &compact, "it does not hold a whole public key"));
        }
        Ok(record)
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

/// The size of the modulus in a SubjectPublicKeyInfo (RFC 8017 §A.1.1) or a bare RSAPublicKey.
fn rsa_modulus_bits(der: &[u8]) -> Option<usize> {
    const INTEGER: u8 = 0x02;
    const BIT_STRING: u8 = 0x03;
    const SEQUENCE: u8 = 0x30;
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

/// Takes one DER element with this tag: its content, and what follows.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = der.strip_prefix(&[tag])?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 | 0x82 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (octets.iter().fold(0, |n, octet| n << 8 | usize::from(*octet)), rest)
        }
        _ => return None, // 64 KiB and more: no key that fits into a DNS message
    };
    rest.split_at_checked(length)
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
        check("k=dsa; p=", "`k=dsa` is not valid: write `rsa` or `ed25519`");
    }

    #[test]
    fn an_empty_key_is_revoked() {
        let record = KeyRecord::parse("v=DKIM1; t=s:y; p=").unwrap();
        assert!(record.is_revoked() && record.testing);
        let key = BASE64.encode(&[7; 32]);
        assert_eq!(KeyRecord::parse(&format!("k=ed25519; p={key}")).unwrap().bits(), Some(256));
    }
}
