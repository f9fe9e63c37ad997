//! One RRset's move from one state to another.

use crate::dns::{RrKey, RrSet, Rtype, Ttl, Zone};
use std::fmt;

/// A create, replace or delete of one RRset.
///
/// It carries both sides, so that a driver can make sure of the first before it writes the second.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// Nothing was there.
    Create(RrSet),
    /// Same key, other TTL or data.
    Replace {
        /// What the provider must still hold.
        before: RrSet,
        /// What it holds after.
        after: RrSet,
    },
    /// Nothing stays.
    Delete(RrSet),
}

impl Change {
    /// The change from one side to the other; `None` when both are equal.
    ///
    /// Both sides must be of one key, which holds for whatever is looked up under it.
    pub fn between(before: Option<RrSet>, after: Option<RrSet>) -> Option<Self> {
        match (before, after) {
            (None, None) => None,
            (None, Some(after)) => Some(Self::Create(after)),
            (Some(before), None) => Some(Self::Delete(before)),
            (Some(before), Some(after)) if before == after => None,
            (Some(before), Some(after)) => Some(Self::Replace { before, after }),
        }
    }

    /// The RRset's key.
    pub fn key(&self) -> &RrKey {
        match self {
            Self::Create(rrset) | Self::Delete(rrset) => rrset.key(),
            Self::Replace { before, .. } => before.key(),
        }
    }

    /// What must be there before.
    pub fn before(&self) -> Option<&RrSet> {
        match self {
            Self::Create(_) => None,
            Self::Replace { before, .. } | Self::Delete(before) => Some(before),
        }
    }

    /// What is there after.
    pub fn after(&self) -> Option<&RrSet> {
        match self {
            Self::Create(after) | Self::Replace { after, .. } => Some(after),
            Self::Delete(_) => None,
        }
    }

    /// The change that takes this one back.
    #[must_use]
    pub fn inverse(self) -> Self {
        match self {
            Self::Create(rrset) => Self::Delete(rrset),
            Self::Delete(rrset) => Self::Create(rrset),
            Self::Replace { before, after } => Self::Replace { before: after, after: before },
        }
    }

    /// Whether only the TTL changes.
    pub fn is_ttl_only(&self) -> bool {
        matches!(self, Self::Replace { before, after } if before.same_rdata(after))
    }

    /// Whether it publishes the next key of a mail server beside the one that is in use.
    pub fn is_next_key(&self) -> bool {
        let Self::Replace { before, after } = self else { return false };
        let stays = before.rdata().iter().all(|one| after.rdata().contains(one));
        self.key().rtype == Rtype::TLSA && stays && !self.is_ttl_only()
    }

    /// How long a cache may still answer as if this change had not happened, once no server does.
    ///
    /// A create is hidden by negative caching (RFC 2308 §5), anything else by the TTL before.
    pub fn staleness(&self, negative_ttl: Ttl) -> Ttl {
        self.before().map_or(negative_ttl, RrSet::ttl)
    }
}

/// Zone-file lines behind `+`, `~` or `-`, one a record.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, rrset) = match self {
            Self::Create(rrset) => ('+', rrset),
            Self::Replace { after, .. } => ('~', after),
            Self::Delete(rrset) => ('-', rrset),
        };
        let lines = rrset.to_string().replace('\n', &format!("\n{sign} "));
        write!(f, "{sign} {lines}")
    }
}

/// The changes that turn `current` into `desired`: deletes, then replaces and creates, by key.
///
/// Deletes come first, so that a name is free for a CNAME before the CNAME comes. The SOA is left
/// alone: its serial belongs to whoever serves the zone.
pub fn diff(current: &Zone, desired: &Zone) -> Vec<Change> {
    let gone = current
        .rrsets()
        .filter(|rrset| desired.get(rrset.key()).is_none())
        .cloned()
        .map(Change::Delete);
    let kept = desired.rrsets().filter_map(|after| {
        Change::between(current.get(after.key()).cloned(), Some(after.clone()))
    });
    gone.chain(kept).filter(|change| change.key().rtype != crate::dns::Rtype::SOA).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Name;

    fn zone(text: &str) -> Zone {
        Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap()
    }

    #[test]
    fn a_diff_lists_what_differs() {
        let check = |from, to, lines: &[&str]| {
            let changes: Vec<_> =
                diff(&zone(from), &zone(to)).iter().map(Change::to_string).collect();
            assert_eq!(changes, lines);
        };
        check("@ 60 MX 10 a.", "@ 60 MX 10 A.", &[]);
        check("@ 60 MX 10 a.", "@ 60 MX 10 b.", &["~ example.net. 60 IN MX 10 b."]);
        check("@ 60 MX 10 a.", "@ 30 MX 10 a.", &["~ example.net. 30 IN MX 10 a."]);
        check("@ 60 TXT a b", "@ 60 TXT ab", &[]);
        check("@ 60 SOA a. b. 1 2 3 4 5", "@ 60 SOA a. b. 2 2 3 4 5", &[]);
        check(
            "smtp 60 A 192.0.2.1",
            "smtp 60 CNAME smtp.example.org.",
            &[
                "- smtp.example.net. 60 IN A 192.0.2.1",
                "+ smtp.example.net. 60 IN CNAME smtp.example.org.",
            ],
        );
    }

    #[test]
    fn the_inverse_leads_back() {
        let from = zone("@ 60 MX 10 a.\n@ 60 TXT x\n");
        let to = zone("@ 60 MX 10 b.\nwww 60 A 192.0.2.1\n");
        let mut back: Vec<_> = diff(&from, &to).into_iter().map(Change::inverse).collect();
        let mut expected = diff(&to, &from);
        back.sort_by(|a, b| a.key().cmp(b.key()));
        expected.sort_by(|a, b| a.key().cmp(b.key()));
        assert_eq!(back, expected);
    }

    #[test]
    fn a_create_is_hidden_by_the_negative_ttl() {
        let changes = diff(&zone("@ 86400 MX 10 a."), &zone("@ 300 MX 10 a.\n@ 300 TXT x"));
        let waits: Vec<_> =
            changes.iter().map(|c| c.staleness(Ttl::from_secs(900)).secs()).collect();
        assert_eq!(waits, [86_400, 900]);
        assert!(changes[0].is_ttl_only() && !changes[1].is_ttl_only());
    }
}
