//! Keys that the old platform publishes in a zone of its own, copied before they are gone.
//!
//! A selector that is an alias leads nowhere once the old platform closes the account, while mail
//! signed by it may still be under way for days. So the alias gives way to a copy of the key when
//! the old platform retires, and the copy goes with the old keys.

use super::dkim::{KeyRecord, TagError};
use super::intent::{Intent, Side};
use super::view::{Reply, View, look_up};
use crate::dns::{Name, Rdata, Rtype};

/// What takes the place of an alias to the old platform's key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyCopy {
    /// This record.
    Key(Rdata),
    /// Whatever the alias leads to when the plan is made.
    Live,
}

/// Why a record is of no use as the copy of a key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CopyError {
    /// It is no whole key.
    #[error(transparent)]
    Unreadable(#[from] TagError),
    /// It verifies nothing (RFC 6376 §3.6.1).
    #[error("`p=` is empty: the key is withdrawn, and verifies nothing")]
    Withdrawn,
    /// It is for something else than mail.
    #[error("`s=` does not let the key sign mail")]
    NotForMail,
}

/// A key by which mail under way can be verified.
pub fn usable(text: &str) -> Result<KeyRecord, CopyError> {
    let key = KeyRecord::parse(text)?;
    match (key.is_revoked(), key.is_for_mail()) {
        (true, _) => Err(CopyError::Withdrawn),
        (false, false) => Err(CopyError::NotForMail),
        (false, true) => Ok(key),
    }
}

/// What stands where an alias leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found {
    /// One key that may be copied.
    Key(Rdata),
    /// Something else, and what is wrong with it.
    Unusable(String),
    /// Nothing.
    Absent,
    /// Nobody says.
    Unknown,
}

/// Looks for the key to which an alias leads.
pub fn find(view: &dyn View, target: &Name) -> Found {
    match look_up(view, target, Rtype::TXT) {
        Reply::Unknown => Found::Unknown,
        Reply::Absent => Found::Absent,
        Reply::Data([one]) => match usable(&one.text().unwrap_or_default()) {
            Ok(_) => Found::Key(one.clone()),
            Err(error) => Found::Unusable(error.to_string()),
        },
        // Which one counts is undefined (RFC 6376 §3.6.2.2).
        Reply::Data(several) => Found::Unusable(format!("{} records stand there", several.len())),
    }
}

impl Side {
    /// The record that takes the place of a selector's alias, where it is known.
    pub fn copy(&self, owner: &Name) -> Option<&Rdata> {
        match self.copies.get(owner)? {
            KeyCopy::Key(key) => Some(key),
            KeyCopy::Live => None,
        }
    }
}

impl Intent {
    /// The selectors that go with the old platform, where their aliases lead, and the copies.
    pub fn copies(&self) -> impl Iterator<Item = (&Name, &Name, &KeyCopy)> {
        let old = self.old.copies.iter().filter(|(owner, _)| !self.new.dkim.contains_key(*owner));
        old.filter_map(|(owner, copy)| match self.old.dkim.get(owner)? {
            Rdata::Cname(target) => Some((owner, target, copy)),
            _ => None,
        })
    }

    /// The same with the keys that somebody found for selectors and their targets.
    #[must_use]
    pub fn with_keys(&self, find: impl Fn(&Name, &Name) -> Option<Rdata>) -> Self {
        let open = self.copies().filter(|(_, _, copy)| **copy == KeyCopy::Live);
        let found = open.filter_map(|(owner, target, _)| {
            let key = find(owner, target)?;
            Some((owner.clone(), KeyCopy::Key(key)))
        });
        let mut known = self.clone();
        known.old.copies.extend(found);
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Zone;

    const KEY: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    #[test]
    fn a_copy_is_a_key_that_verifies_mail() {
        let check = |text: &str, problem: &str| {
            let found = usable(text).map(drop).map_err(|error| error.to_string());
            assert_eq!(found, if problem.is_empty() { Ok(()) } else { Err(problem.to_owned()) });
        };
        check(KEY, "");
        check(&format!("{KEY}; s=email"), "");
        check(&format!("{KEY}; s=tlsrpt"), "`s=` does not let the key sign mail");
        check("v=DKIM1; p=", "`p=` is empty: the key is withdrawn, and verifies nothing");
        check("v=DKIM1; k=dsa; p=AA==", "`k=dsa` is not valid: write `rsa` or `ed25519`");
        check("", "the tag `p` is missing");
    }

    #[test]
    fn a_key_is_found_behind_aliases_and_nowhere_else() {
        let apex = Name::parse("example.net.").unwrap();
        let zone = Zone::parse(
            &format!(
                "a 60 CNAME b\nb 60 TXT \"{KEY}\"\nc 60 CNAME c.example.org.\n\
                 d 60 TXT \"{KEY}\"\nd 60 TXT x\ne 60 TXT \"p=\"\n"
            ),
            &apex,
        );
        let zone = zone.unwrap();
        let check = |owner: &str, found: &str| {
            let text = match find(&zone, &Name::parse_in(owner, &apex).unwrap()) {
                Found::Key(key) => key.text().unwrap().into_owned(),
                other => format!("{other:?}"),
            };
            assert!(text.starts_with(found), "{owner}: {text}");
        };
        check("a", KEY);
        check("b", KEY);
        check("c", "Unknown");
        check("d", "Unusable(\"2 records");
        check("e", "Unusable(\"`p=` is empty");
        check("f", "Absent");
    }
}
