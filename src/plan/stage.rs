//! The stages of a transition, and the zone after each.

use super::slot::{self, Slot};
use super::union::stands;
use super::{Facts, Policy, Scope};
use crate::dns::{Name, RrKey, RrSet, Ttl, Zone};
use crate::mail::Intent;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One zone on the walk, by the name of what it brings.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// Lowered TTLs and additions: nothing that anybody sees.
    Prepare,
    /// Names that users send to.
    Submission,
    /// MX.
    Delivery,
    /// Names that users read at.
    Retrieval,
    /// Final TTLs.
    RestoreTtl,
    /// Old senders and names out: the point of no return.
    Retire,
    /// Old DKIM selectors out.
    RetireKeys,
}

impl Stage {
    /// All of them in default order.
    pub const ALL: [Self; 7] = [
        Self::Prepare,
        Self::Submission,
        Self::Delivery,
        Self::Retrieval,
        Self::RestoreTtl,
        Self::Retire,
        Self::RetireKeys,
    ];

    /// Whether it is one of the three that users notice.
    pub fn is_middle(self) -> bool {
        matches!(self, Self::Submission | Self::Delivery | Self::Retrieval)
    }

    /// Whether nothing leads back from it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Retire | Self::RetireKeys)
    }

    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Submission => "submission",
            Self::Delivery => "delivery",
            Self::Retrieval => "retrieval",
            Self::RestoreTtl => "restore-ttl",
            Self::Retire => "retire",
            Self::RetireKeys => "retire-keys",
        }
    }

    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == text)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A transition as zones: the live one and the one after each stage.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Walk {
    /// The zone as it is.
    pub start: Zone,
    /// Every stage with its zone, those that change nothing too.
    pub steps: Vec<(Stage, Zone)>,
    /// RRsets of which only some values are ours; all others are ours as a whole.
    pub scopes: BTreeMap<RrKey, Scope>,
    /// What the zone file says of `old` and the live zone does not show.
    pub mismatches: Vec<Mismatch>,
    /// Whether something that must drain is already as it shall become: somebody has begun.
    pub is_begun: bool,
    /// Whether the old platform has users until it retires.
    pub keeps_users: bool,
}

/// An RRset that is neither as `old` says nor as `new` wants it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{key}` is {live} in the live zone, but the zone file says {old}")]
pub struct Mismatch {
    /// Which RRset.
    pub key: RrKey,
    /// Our values there, as text.
    pub live: String,
    /// What `old` says, as text.
    pub old: String,
}

/// The zones between how it is and how it shall be.
pub fn walk(live: &Zone, intent: &Intent, policy: &Policy, facts: &Facts) -> Walk {
    let slots = slot::slots(live, intent, &stands(&policy.flattened));
    let mut by_key: BTreeMap<&RrKey, Vec<&Slot>> = BTreeMap::new();
    for slot in &slots {
        by_key.entry(&slot.key).or_default().push(slot);
    }
    let places: Vec<_> = by_key
        .into_iter()
        .map(|(key, slots)| Place::new(key, slots, live, policy, facts))
        .collect();

    let (mut reached, mut steps) = (BTreeSet::new(), Vec::new());
    for stage in order(policy) {
        reached.insert(stage);
        let mut zone = live.clone();
        for place in &places {
            match place.rrset(&reached) {
                Some(rrset) => zone.put(rrset),
                None => drop(zone.remove(place.key)),
            }
        }
        steps.push((stage, zone));
    }
    let shared = places.iter().filter(|place| place.scope != Scope::Whole);
    let scopes = shared.map(|place| (place.key.clone(), place.scope.clone())).collect();
    let mismatches = slots.iter().filter_map(Slot::mismatch).collect();
    let is_begun = slots.iter().any(Slot::is_begun);
    let keeps_users = intent.keeps_users();
    Walk { start: live.clone(), steps, scopes, mismatches, is_begun, keeps_users }
}

/// The stages in the order that the policy asks for.
pub fn order(policy: &Policy) -> impl Iterator<Item = Stage> {
    let rest = [Stage::RestoreTtl, Stage::Retire, Stage::RetireKeys];
    [Stage::Prepare].into_iter().chain(policy.order).chain(rest)
}

/// One RRset on the walk: the slots in it, the strangers beside them, and its TTLs.
struct Place<'a> {
    key: &'a RrKey,
    slots: Vec<&'a Slot>,
    scope: Scope,
    live: Option<&'a RrSet>,
    during: Ttl,
    after: Ttl,
}

impl<'a> Place<'a> {
    fn new(
        key: &'a RrKey,
        slots: Vec<&'a Slot>,
        live: &'a Zone,
        policy: &Policy,
        facts: &Facts,
    ) -> Self {
        let scope = slot::scope(&slots);
        let held = live.get(key);
        let own = policy.own_ttls.get(key).copied().or_else(|| held.map(RrSet::ttl));
        let written = slots.iter().find_map(|slot| slot.ttl);
        let after = policy.final_ttl.or(own).or(written).or_else(|| sibling_ttl(&key.owner, live));
        let after = facts.fitted(after.unwrap_or(DEFAULT_TTL));
        let low = facts.fitted(policy.ttl);
        let mut place = Self { key, slots, scope, live: held, during: low, after };
        if let Some(held) = held {
            // What an earlier try lowered goes up again, also where it has done all the rest.
            let moves = place.moves();
            let was_lowered = policy.own_ttls.contains_key(key);
            place.during = if moves { held.ttl().min(low) } else { held.ttl() };
            place.after = if moves || was_lowered { after } else { held.ttl() };
        }
        place
    }

    /// Whether its values change before TTLs go up again.
    fn moves(&self) -> bool {
        let mut reached = BTreeSet::new();
        [Stage::Prepare, Stage::Submission, Stage::Delivery, Stage::Retrieval].into_iter().any(
            |stage| {
                reached.insert(stage);
                self.slots.iter().any(|slot| !slot.is_live(&slot.content(&reached)))
            },
        )
    }

    fn rrset(&self, reached: &BTreeSet<Stage>) -> Option<RrSet> {
        let ttl = if reached.contains(&Stage::RestoreTtl) { self.after } else { self.during };
        let ours = self.slots.iter().flat_map(|slot| slot.content(reached));
        let others = self.scope.others(self.live).into_iter().cloned();
        RrSet::of(self.key.clone(), ttl, others.chain(ours))
    }
}

/// The final TTL of an RRset that is new and has no model: an hour, as most DNS hosts give.
const DEFAULT_TTL: Ttl = Ttl::from_secs(3_600);

/// The TTL of what a name held before, when a CNAME takes the place of an address.
fn sibling_ttl(owner: &Name, live: &Zone) -> Option<Ttl> {
    use crate::dns::Rtype;
    let hosts = [Rtype::A, Rtype::AAAA, Rtype::CNAME];
    live.at(owner).find(|rrset| hosts.contains(&rrset.rtype())).map(RrSet::ttl)
}
