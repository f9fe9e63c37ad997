//! MTA-STS: a policy on the web, and senders who keep it for as long as they may (RFC 8461).

use cutover::dns::Name;
use std::collections::BTreeSet;

/// The hosts that a policy lets senders use; all of them enforce it.
pub(crate) type Hosts = BTreeSet<Name>;

/// A policy as a sender has fetched it, with the id under which DNS told of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fetched {
    pub(crate) id: String,
    pub(crate) hosts: Hosts,
    /// When it is no longer valid.
    until: i64,
}

/// The web server, and what any sender may have fetched from it.
#[derive(Clone, Debug)]
pub(crate) struct PolicyHost {
    hosts: Hosts,
    max_age: i64,
    fetched: Vec<Fetched>,
}

impl PolicyHost {
    pub(crate) fn new(hosts: Hosts, max_age: i64) -> Self {
        Self { hosts, max_age, fetched: Vec::new() }
    }

    /// People put another policy up.
    pub(crate) fn serve(&mut self, hosts: Hosts) {
        self.hosts = hosts;
    }

    /// A sender who sees this id fetches the policy.
    pub(crate) fn fetch(&self, id: &str, now: i64) -> Fetched {
        Fetched { id: id.to_owned(), hosts: self.hosts.clone(), until: now + self.max_age }
    }

    /// Whoever sees one of these ids may fetch it now.
    pub(crate) fn visit(&mut self, ids: &BTreeSet<String>, now: i64) {
        self.fetched.retain(|one| one.until > now);
        for id in ids {
            let new = self.fetch(id, now);
            let same = |old: &&mut Fetched| (&old.id, &old.hosts) == (&new.id, &new.hosts);
            match self.fetched.iter_mut().find(same) {
                Some(old) => *old = new,
                None => self.fetched.push(new),
            }
        }
    }

    /// Policies by which somebody may go who sees one of these ids, or none at all.
    pub(crate) fn kept(&self, ids: &BTreeSet<String>, sees_none: bool) -> Vec<&Hosts> {
        let counts = |one: &&Fetched| sees_none || ids.contains(&one.id);
        self.fetched.iter().filter(counts).map(|one| &one.hosts).collect()
    }
}

impl Fetched {
    /// Whether a sender who sees this id, or none, need not fetch another (§5.1).
    pub(crate) fn counts(&self, id: Option<&str>, now: i64) -> bool {
        now < self.until && id.is_none_or(|id| id == self.id)
    }
}
