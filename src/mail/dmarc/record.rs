//! DMARC records as texts: tags in their order, those that nobody knows too (RFC 9989 §4.7).

use super::{Policy, Psd, Tag, TagError};
use crate::mail::tags::parts;
use std::fmt;

/// A record: what stands behind its `v=DMARC1`, each tag once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Record {
    tags: Vec<Tag>,
}

impl Record {
    /// Reads the joined text of a TXT record; a tag with a value that it does not take is an error.
    pub fn parse(text: &str) -> Result<Self, TagError> {
        let (record, problems) = Self::read(text)?;
        problems.into_iter().next().map_or(Ok(record), Err)
    }

    /// Reads a record as receivers do, who pass over what is no tag, and over tags with values that
    /// these do not take (§4.8); what is wrong with those is told beside it.
    pub fn read(text: &str) -> Result<(Self, Vec<TagError>), TagError> {
        let mut parts = parts(text);
        match parts.next() {
            Some(("v", Some("DMARC1"))) => (),
            Some(("v", Some(value))) => {
                return Err(TagError::bad("v", value, "it must be exactly `DMARC1`"));
            }
            _ => return Err(TagError::Missing("v")),
        }
        let (mut tags, mut problems) = (Vec::<Tag>::new(), Vec::new());
        for (name, value) in parts {
            if name == "v" || tags.iter().any(|tag| value.is_some() && tag.name() == name) {
                return Err(TagError::Twice(name.to_owned()));
            }
            let read = value.map(|value| Tag::parse(name, value));
            let read = read.unwrap_or_else(|| Err(TagError::NoValue(name.to_owned())));
            tags.push(read.unwrap_or_else(|problem| {
                problems.push(problem);
                match value {
                    Some(value) => Tag::Other((name.to_owned(), value.to_owned())),
                    None => Tag::Stray(name.to_owned()),
                }
            }));
        }
        Ok((Self { tags }, problems))
    }

    /// The tags behind the version, in their order.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// The same with this tag: in place of the one of that name, or at the end.
    #[must_use]
    pub fn with(mut self, tag: Tag) -> Self {
        match self.tags.iter_mut().find(|known| known.name() == tag.name()) {
            Some(known) => *known = tag,
            None => self.tags.push(tag),
        }
        self
    }

    /// The policy for the domain itself, as written; without a readable one it is none.
    pub fn policy(&self) -> Policy {
        self.find(|tag| match tag {
            Tag::P(policy) => Some(*policy),
            _ => None,
        })
        .unwrap_or(Policy::None)
    }

    /// The policy for subdomains, where it is another than the domain's own.
    pub fn subdomains(&self) -> Option<Policy> {
        self.find(|tag| match tag {
            Tag::Sp(policy) => Some(*policy),
            _ => None,
        })
    }

    /// The policy for subdomains that do not exist, where it differs from that.
    pub fn missing_subdomains(&self) -> Option<Policy> {
        self.find(|tag| match tag {
            Tag::Np(policy) => Some(*policy),
            _ => None,
        })
    }

    /// Whether one of the policies is no such word: receivers then take all to be none.
    pub fn has_unreadable_policy(&self) -> bool {
        self.tags.iter().any(|tag| match tag {
            Tag::Other((name, _)) => ["p", "sp", "np"].contains(&name.as_str()),
            _ => false,
        })
    }

    /// Whether receivers apply the next weaker policy.
    pub fn is_on_trial(&self) -> bool {
        self.tags.contains(&Tag::T(true))
    }

    /// What it says of its domain as a public suffix.
    pub fn psd(&self) -> Psd {
        self.find(|tag| match tag {
            Tag::Psd(psd) => Some(*psd),
            _ => None,
        })
        .unwrap_or(Psd::Unsaid)
    }

    /// The same with no policy stricter than none.
    #[must_use]
    pub fn relaxed(mut self) -> Self {
        for tag in &mut self.tags {
            if let Tag::P(policy) | Tag::Sp(policy) | Tag::Np(policy) = tag {
                *policy = Policy::None;
            }
        }
        self
    }

    fn find<T>(&self, pick: impl FnMut(&Tag) -> Option<T>) -> Option<T> {
        self.tags.iter().find_map(pick)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=DMARC1")?;
        self.tags.iter().try_for_each(|tag| write!(f, "; {tag}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_what_was_read() {
        let check = |text: &str| assert_eq!(Record::parse(text).unwrap().to_string(), text);
        check("v=DMARC1");
        check("v=DMARC1; p=none");
        check("v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=r; t=y; psd=n");
        check("v=DMARC1; rua=mailto:a@example.net,https://example.org/x!10m; fo=1:d:s; p=none");
        check("v=DMARC1; p=none; ruf=mailto:a@example.net!5; pct=50; rf=afrf; ri=86400");
        check("v=DMARC1; v2=1; p=none");
        check("v=DMARC1; zebra=1; p=none; apple=a=b c");
    }

    #[test]
    fn spelling_is_made_regular() {
        let check = |text, printed: &str| {
            assert_eq!(Record::parse(text).unwrap().to_string(), printed);
        };
        check("v = DMARC1;p=Reject ;", "v=DMARC1; p=reject");
        check("v=DMARC1; PSD=n; psd=U", "v=DMARC1; PSD=n; psd=u");
        check(
            "v=DMARC1; rua=mailto:a@example.net!010M , mailto:b@example.net",
            "v=DMARC1; rua=mailto:a@example.net!10m,mailto:b@example.net",
        );
    }

    #[test]
    fn values_that_a_tag_does_not_take_are_named_and_passed_over() {
        let check = |tag: &str, problem: &str| {
            let text = format!("v=DMARC1; {tag}; p=reject");
            let error = Record::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{tag}: {error}");
            let (record, problems) = Record::read(&text).unwrap();
            assert_eq!((record.to_string(), problems.len()), (text, 1));
            assert_eq!(record.policy(), Policy::Reject);
            assert!(matches!(record.tags()[0], Tag::Other(_)));
        };
        check("sp=block", "`none`, `quarantine` or `reject`");
        check("adkim=strict", "`r` or `s`");
        check("t=1", "`y` or `n`");
        check("psd=maybe", "`y`, `n` or `u`");
        check("fo=0:1", "each once");
        check("fo=d:d", "each once");
        check("fo=", "`0`");
        check("rua=a@example.net", "begins with");
        check("rua=mailto:a@example.net,", "begins with");
        check("rua=", "begins with");
        check("ruf=mailto:a@example.net!10x", "a size");
        check("ruf=mailto:a@example.net!", "a size");
        check("pct=101", "up to 100");
        check("pct=+5", "up to 100");
        check("ri=1d", "seconds");
        check("rf=", "afrf");
    }

    #[test]
    fn what_is_no_tag_is_passed_over() {
        let (record, problems) = Record::read("v=DMARC1; none; p=reject;; none").unwrap();
        assert_eq!(record.to_string(), "v=DMARC1; none; p=reject; none");
        assert_eq!(record.policy(), Policy::Reject);
        assert_eq!(problems, vec![TagError::NoValue("none".to_owned()); 2]);
        for text in ["v=DMARC1; p=none; p=none", "v=DMARC1; p=x; p=none", "v=DMARC1; v=DMARC1"] {
            assert!(matches!(Record::read(text), Err(TagError::Twice(_))), "{text}");
        }
    }

    #[test]
    fn a_tag_takes_the_place_of_its_like() {
        let record = Record::parse("v=DMARC1; p=none; x=1").unwrap();
        let record = record.with(Tag::T(true)).with(Tag::P(Policy::Reject));
        assert_eq!(record.to_string(), "v=DMARC1; p=reject; x=1; t=y");
        assert_eq!(record.relaxed().to_string(), "v=DMARC1; p=none; x=1; t=y");
    }
}
