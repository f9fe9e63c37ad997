//! MTA-STS: which hosts take a domain's mail over TLS (RFC 8461).
//!
//! The record tells senders that there is a policy, and by its id that it has changed. The policy
//! itself is served over HTTPS: first the document, then the id, then MX (§8.1).

mod policy;

use super::tags::{self, find, split_from};
pub use super::tags::{Extension, TagError};
use crate::dns::Name;
use data_encoding::HEXLOWER;
pub use policy::{MAX_AGE, Mode, Policy, PolicyError};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The TXT record at `_mta-sts` (§3.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// Which policy is meant.
    pub id: Id,
    /// Tags that nobody here knows.
    pub extensions: Vec<Extension>,
}

/// Tells one policy from the next: 1 to 32 letters and digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Id(String);

const VERSION: &str = "v=STSv1";
const LONGEST_ID: usize = 32;

impl Record {
    /// Reads the joined text of a TXT record.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let tags = split_from(text, VERSION, "begin with exactly `v=STSv1`")?;
        let id = find(&tags, "id").ok_or(TagError::Missing("id"))?;
        let extensions = tags::extensions(&tags, &["v", "id"]);
        Ok(Self { id: Id::parse(id)?, extensions })
    }
}

impl Id {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let is_fit = (1..=LONGEST_ID).contains(&text.len())
            && text.bytes().all(|c| c.is_ascii_alphanumeric());
        match is_fit {
            true => Ok(Self(text.to_owned())),
            false => Err(TagError::bad("id", text, "write 1 to 32 letters and digits")),
        }
    }

    /// An id that is neither of two, for the policy between them.
    pub fn between(old: &Self, new: &Self) -> Self {
        let words = ["both", "move", "twin"].into_iter();
        let mut ids = words.map(|word| {
            let stem = &new.0[..new.0.len().min(LONGEST_ID - word.len())];
            Self(format!("{stem}{word}"))
        });
        ids.find(|id| id != old && id != new).unwrap_or_else(|| new.clone())
    }

    /// An id made from a policy: as long as that is the same, so is the id, and no longer.
    pub fn of(policy: &Policy) -> Self {
        let digest = HEXLOWER.encode(&Sha256::digest(policy.to_string().as_bytes()));
        Self(digest[..LONGEST_ID].to_owned())
    }
}

/// Where senders fetch the policy of a domain (§3.3).
pub fn address(domain: &Name) -> String {
    let domain = domain.to_string();
    format!("https://mta-sts.{}/.well-known/mta-sts.txt", domain.trim_end_matches('.'))
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}; id={}", self.id)?;
        tags::write(f, &self.extensions)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_and_print() {
        let check = |text, printed: &str| {
            let record = Record::parse(text).unwrap();
            assert_eq!(record.to_string(), printed);
            assert_eq!(Record::parse(printed), Ok(record));
        };
        check("v=STSv1; id=20160831085700Z;", "v=STSv1; id=20160831085700Z");
        check("v=STSv1;id=1", "v=STSv1; id=1");
        check("v=STSv1; x=1; id=a; y=2", "v=STSv1; id=a; x=1; y=2");
    }

    #[test]
    fn mistakes_are_named() {
        let check = |text: &str, problem: &str| {
            let error = Record::parse(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        };
        check("", "the tag `v` is missing");
        check("id=1; v=STSv1", "the tag `v` is missing");
        check("v=STSv2; id=1", "exactly `v=STSv1`");
        check("v = STSv1; id=1", "exactly `v=STSv1`");
        check(" v=STSv1; id=1", "exactly `v=STSv1`");
        check("v=STSv1", "the tag `id` is missing");
        check("v=STSv1; id=", "1 to 32");
        check("v=STSv1; id=2027-01-01", "1 to 32");
        check(&format!("v=STSv1; id={}", "1".repeat(33)), "1 to 32");
        check("v=STSv1; id=1; id=2", "twice");
        check("v=STSv1; id", "tag=value");
    }

    #[test]
    fn there_is_always_an_id_between_two_others() {
        let check = |old: &str, new: &str, expected: &str| {
            let [old, new] = [old, new].map(|id| Id::parse(id).unwrap());
            assert_eq!(Id::between(&old, &new), Id::parse(expected).unwrap());
        };
        check("1", "2", "2both");
        check("2both", "2", "2move");
        let [long, cut] = ["2".repeat(32), "2".repeat(28)];
        check("1", &long, &format!("{cut}both"));
        check(&format!("{cut}move"), &format!("{cut}both"), &format!("{cut}twin"));
    }

    #[test]
    fn the_id_changes_with_the_policy() {
        let of = |hosts: &[&str], mode, age| {
            let hosts = hosts.iter().map(|host| Name::parse(host).unwrap());
            Id::of(&Policy::for_hosts(mode, age, hosts))
        };
        let id = of(&["mx.example.net."], Mode::Enforce, 86_400);
        assert_eq!(Id::parse(&id.to_string()), Ok(id.clone()));
        assert_eq!(of(&["mx.example.net."], Mode::Enforce, 86_400), id);
        assert_ne!(of(&["mx.example.net.", "mx.example.org."], Mode::Enforce, 86_400), id);
        assert_ne!(of(&["mx.example.net."], Mode::Testing, 86_400), id);
        assert_ne!(of(&["mx.example.net."], Mode::Enforce, 86_401), id);
    }
}
