//! What caches may hold side by side while a plan is under way, and whether mail survives it.
//!
//! Caches drop what they hold at times of their own. So in every phase somebody holds the MX of
//! one version beside the host of another, and the plan is safe only if every such mixture is. A
//! mixture is never written out: each invariant asks for the few answers that it depends on, and
//! takes every version of each that its phase's gates leave alive.

mod aliases;
mod clients;
mod delivery;
mod keys;
mod moment;
mod path;
mod policies;
mod references;
mod retirement;
mod rule;
mod senders;

use super::{Direction, Plan, Stage};
use crate::dns::{Name, RrKey, Zone};
use crate::mail::Intent;
use moment::Moment;
use std::fmt;

/// Somebody for whom a phase breaks mail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hazard {
    /// The first phase in which it may happen.
    pub stage: Stage,
    /// What is broken.
    pub invariant: Invariant,
    /// Where: the name that people ask for.
    pub owner: Name,
    /// What comes of it, as a clause: `finds no address of ...`.
    pub problem: String,
    /// What he holds; perhaps from different versions of the zone.
    pub mixture: Vec<Held>,
}

/// One answer that somebody holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Held {
    /// What it answers; under `CNAME` if an alias stands there.
    pub key: RrKey,
    /// The data as in a zone file; none if there is nothing.
    pub data: Vec<String>,
    /// As of when: `as before delivery`; nothing where it is so throughout.
    pub since: Option<String>,
}

/// What must hold for everybody all the time.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Invariant {
    /// Mail finds a host, and the host an address.
    Delivery,
    /// Both platforms pass SPF as long as they may send.
    Senders,
    /// Nobody is led to a platform that retires.
    Retirement,
    /// Names that users know lead somewhere.
    Clients,
    /// Every signature can be verified.
    Keys,
    /// No TLS policy shuts out a host to which mail goes.
    Policies,
    /// What refers to a name finds it.
    References,
    /// An alias has its name to itself.
    Aliases,
}

impl Invariant {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Delivery,
        Self::Senders,
        Self::Retirement,
        Self::Clients,
        Self::Keys,
        Self::Policies,
        Self::References,
        Self::Aliases,
    ];

    /// Its short name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivery => "I1",
            Self::Senders => "I2",
            Self::Retirement => "I3",
            Self::Clients => "I5",
            Self::Keys => "I6",
            Self::Policies => "I7",
            Self::References => "I10",
            Self::Aliases => "I11",
        }
    }

    /// Where it comes from.
    pub fn reference(self) -> &'static str {
        match self {
            Self::Delivery => "RFC 5321 §5.1",
            Self::Senders => "RFC 7208 §4",
            Self::Retirement => "RFC 5321 §6.1",
            Self::Clients => "RFC 6186 §4",
            Self::Keys => "RFC 6376 §3.6",
            Self::Policies => "RFC 8461 §5, RFC 7671 §8.1",
            Self::References => "RFC 1034 §3.6",
            Self::Aliases => "RFC 1034 §3.6.2",
        }
    }
}

/// Finds what breaks one invariant in one phase.
type Judge = fn(&Moment<'_>) -> Vec<Hazard>;

const JUDGES: &[Judge] = &[
    delivery::judge,
    senders::judge,
    retirement::judge,
    clients::judge,
    keys::judge,
    policies::judge,
    references::judge,
    aliases::judge,
];

/// Everything that may go wrong along a plan that begins at this zone, each hazard once.
///
/// What is wrong with `start` already is not the plan's doing, and goes untold.
pub fn hazards(start: &Zone, plan: &Plan, intent: &Intent) -> Vec<Hazard> {
    let zones = moment::zones(start, plan);
    let mut found: Vec<Hazard> = Vec::new();
    for moment in moment::moments(&zones, plan, intent) {
        for hazard in JUDGES.iter().flat_map(|judge| judge(&moment)) {
            if !found.iter().any(|known| known.is_same(&hazard)) {
                found.push(hazard);
            }
        }
    }
    found
}

impl Hazard {
    /// Whether both tell the same, perhaps of different phases.
    fn is_same(&self, other: &Self) -> bool {
        (self.invariant, &self.owner, &self.problem)
            == (other.invariant, &other.owner, &other.problem)
    }
}

/// A sentence around zone-file lines.
impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "in {}, who holds", self.stage)?;
        self.mixture.iter().try_for_each(|held| writeln!(f, "{held}"))?;
        f.write_str(&self.problem)
    }
}

/// Zone-file lines without TTLs, which nobody knows of a cache.
impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.as_ref().map(|since| format!(" ({since})")).unwrap_or_default();
        let RrKey { owner, rtype } = &self.key;
        if self.data.is_empty() {
            return write!(f, "  nothing at {owner} {rtype}{since}");
        }
        let lines = self.data.iter().map(|data| format!("  {owner} {rtype} {data}{since}"));
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests;
