//! The ledger: which versions of each RRset were served, and until when.
//!
//! From it comes the horizon, the one timing formula: content `c` is dead in every cache that
//! obeys TTLs at `H(c) = max over versions v other than the wanted one of (last served + ttl_v)`.
//! Absence is a version too, with the negative TTL.

use super::Timestamp;
use crate::dns::{RrKey, RrSet, Ttl};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a server says of a key: an RRset with its TTL as served, or absence with the negative TTL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// These records.
    Found(RrSet),
    /// No such record.
    Absent(Ttl),
}

impl Answer {
    /// The records, if there are any.
    pub fn rrset(&self) -> Option<&RrSet> {
        match self {
            Self::Found(rrset) => Some(rrset),
            Self::Absent(_) => None,
        }
    }

    /// How long a cache may keep it.
    pub fn ttl(&self) -> Ttl {
        match self {
            Self::Found(rrset) => rrset.ttl(),
            Self::Absent(ttl) => *ttl,
        }
    }

    /// What a zone with this negative TTL serves under a key.
    pub fn of(rrset: Option<&RrSet>, negative_ttl: Ttl) -> Self {
        rrset.cloned().map_or(Self::Absent(negative_ttl), Self::Found)
    }
}

/// What one authoritative server was seen to answer, held against the phase that spreads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sighting {
    /// Which server; `None` for what the provider itself held.
    pub server: Option<String>,
    /// Which RRset.
    pub key: RrKey,
    /// What it answered.
    pub served: Served,
}

/// A version by its place in a phase, so that the journal need not repeat the plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Served {
    /// As planned before the phase.
    Before,
    /// As planned after it.
    After,
    /// What nobody planned.
    Other(Answer),
}

/// A version, and from when to when any authoritative server answered it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Version {
    /// What was served.
    pub served: Answer,
    /// When it was seen or known first.
    pub first: Timestamp,
    /// The last time at which it may have been served.
    pub last: Timestamp,
    /// Servers that were seen with it, and when each was first.
    pub servers: BTreeMap<String, Timestamp>,
}

/// All versions of all RRsets of a zone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ledger(BTreeMap<RrKey, Vec<Version>>);

impl Ledger {
    /// Takes in that `served` was, or may have been, answered at `at`.
    pub fn observe(&mut self, key: &RrKey, served: Answer, at: Timestamp) {
        self.version(key, served, at);
    }

    /// Takes in which server answered it.
    pub fn sight(&mut self, key: &RrKey, served: Answer, server: &str, at: Timestamp) {
        let servers = &mut self.version(key, served, at).servers;
        servers.entry(server.to_owned()).or_insert(at);
    }

    fn version(&mut self, key: &RrKey, served: Answer, at: Timestamp) -> &mut Version {
        let versions = self.0.entry(key.clone()).or_default();
        let known = versions.iter().position(|version| version.served == served);
        let place = known.unwrap_or_else(|| {
            let servers = BTreeMap::new();
            versions.push(Version { served, first: at, last: at, servers });
            versions.len() - 1
        });
        let version = &mut versions[place];
        version.last = version.last.max(at);
        version
    }

    /// Every version, by RRset, in the order in which they became known.
    pub fn versions(&self) -> impl Iterator<Item = (&RrKey, &Version)> {
        self.0.iter().flat_map(|(key, versions)| versions.iter().map(move |one| (key, one)))
    }

    /// When every version but the wanted one is dead in caches; `None` if there never was another.
    pub fn horizon(&self, key: &RrKey, is_wanted: impl Fn(&Answer) -> bool) -> Option<Timestamp> {
        let others = self.0.get(key)?.iter().filter(|version| !is_wanted(&version.served));
        others.map(|version| version.last + Duration::from(version.served.ttl())).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Rtype, Zone};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn served(text: &str) -> Answer {
        let apex = Name::parse("example.").unwrap();
        Answer::Found(Zone::parse(text, &apex).unwrap().find(&apex, Rtype::MX).unwrap().clone())
    }

    #[test]
    fn the_longest_living_version_counts_not_the_last() {
        let key = RrKey::new(Name::parse("example.").unwrap(), Rtype::MX);
        let mut ledger = Ledger::default();
        ledger.observe(&key, served("@ 172800 MX 10 a."), at("2027-01-10T00:00:00Z"));
        ledger.observe(&key, served("@ 3600 MX 10 a."), at("2027-01-11T12:00:00Z"));
        let wanted = served("@ 3600 MX 10 b.");
        let horizon = ledger.horizon(&key, |served| *served == wanted);
        assert_eq!(horizon, Some(at("2027-01-12T00:00:00Z")));
    }

    #[test]
    fn a_lagging_server_moves_the_horizon() {
        let key = RrKey::new(Name::parse("example.").unwrap(), Rtype::MX);
        let mut ledger = Ledger::default();
        let (old, new) = (served("@ 600 MX 10 a."), served("@ 600 MX 10 b."));
        ledger.observe(&key, old.clone(), at("2027-01-16T22:20:00Z"));
        ledger.observe(&key, new.clone(), at("2027-01-16T22:21:00Z"));
        ledger.observe(&key, old, at("2027-01-16T22:25:00Z"));
        let horizon = ledger.horizon(&key, |served| *served == new);
        assert_eq!(horizon, Some(at("2027-01-16T22:35:00Z")));
        assert_eq!(ledger.horizon(&key, |_| true), None);
    }
}
