//! How long each name server took to follow.

use crate::plan::{Served, Timestamp};
use crate::run::view::PhaseView;
use crate::run::{Entry, Event};
use std::collections::BTreeMap;
use std::time::Duration;

/// One name server while a phase spread.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Follower {
    /// Which.
    pub server: String,
    /// When it was seen with all of the new, for good; `None` if it never was.
    pub new: Option<Timestamp>,
    /// Since the first of them was.
    pub behind: Option<Duration>,
    /// How often it went back to the old.
    pub relapses: usize,
}

/// A name server as the journal has it; one that has no name of its own goes by its address.
pub(super) fn plain(server: &str) -> &str {
    let parts = server.strip_suffix(')').and_then(|text| text.split_once(" ("));
    parts.filter(|(name, address)| name == address).map_or(server, |(name, _)| name)
}

/// All that were seen, the fastest first.
pub(super) fn followers(phase: &PhaseView, entries: &[Entry]) -> Vec<Follower> {
    let mut seen: BTreeMap<&str, BTreeMap<_, (Option<Timestamp>, usize)>> = BTreeMap::new();
    for entry in entries {
        let Event::Seen { stage, seen: sightings } = &entry.event else { continue };
        for one in sightings.iter().filter(|_| *stage == phase.stage) {
            let Some(server) = &one.server else { continue };
            let (new, relapses) = seen.entry(server).or_default().entry(&one.key).or_default();
            let is_new = matches!(one.served, Served::After);
            *relapses += usize::from(new.is_some() && !is_new);
            *new = is_new.then_some(entry.at);
        }
    }
    let whole = |keys: &BTreeMap<_, (Option<Timestamp>, usize)>| {
        let has_all = phase.changes.iter().all(|change| keys.contains_key(change.key()));
        let times: Option<Vec<_>> = keys.values().map(|(new, _)| *new).collect();
        times.filter(|_| has_all)?.into_iter().max()
    };
    let times: Vec<_> = seen.iter().map(|(server, keys)| (*server, whole(keys), keys)).collect();
    let first = times.iter().filter_map(|(_, new, _)| *new).min();
    let follower =
        |(server, new, keys): (&str, Option<Timestamp>, &BTreeMap<_, (_, usize)>)| Follower {
            server: plain(server).to_owned(),
            new,
            behind: new.zip(first).map(|(new, first)| (new - first).to_std().unwrap_or_default()),
            relapses: keys.values().map(|(_, relapses)| *relapses).max().unwrap_or_default(),
        };
    let mut all: Vec<_> = times.into_iter().map(follower).collect();
    all.sort_by_key(|one| (one.new.is_none(), one.new));
    all
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn an_address_is_told_once() {
        let check = |server: &str, told: &str| assert_eq!(plain(server), told);
        check("192.0.2.1:53 (192.0.2.1:53)", "192.0.2.1:53");
        check("ns1.example.net. (192.0.2.1:53)", "ns1.example.net. (192.0.2.1:53)");
        check("ns1", "ns1");
    }
}
