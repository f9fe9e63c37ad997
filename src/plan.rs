//! Floor 2: what to change, in which order, and how long to wait. Pure.
//!
//! A transition is a walk through zones. [`walk`] computes the zones, [`Plan::forward`] turns
//! neighbours into phases with their gates, [`Plan::back`] turns them round, [`schedule()`] says
//! when. No I/O, no clock, no randomness: equal input gives an equal plan with an equal digest.

mod change;
mod digest;
mod facts;
mod gate;
mod hazard;
mod kind;
pub mod ledger;
mod policy;
mod rebase;
mod revise;
pub mod rules;
pub mod schedule;
mod scope;
mod slot;
mod span;
mod stage;
mod union;

pub use change::{Change, diff};
pub use digest::digest_of;
pub use facts::{Facts, Guard};
pub use gate::{Gate, Probe};
pub use hazard::{Hazard, Held, Invariant, hazards};
pub use kind::Kind;
pub use ledger::{Ledger, Served, Sighting};
pub use policy::{Checkpoint, OBLIVION, Place, Policy, Timestamp, Window};
pub use rebase::{Drift, completed, lies_between, matches, overlaid, overlay, rebase, verify};
pub use revise::Difference;
pub use schedule::{Schedule, exposure, outlived, schedule, timing};
pub use scope::Scope;
pub use span::span;
pub use stage::{Mismatch, Stage, Walk, order, walk};
pub use union::{Flattened, Flattening, flattening};

use crate::dns::{Name, RrKey, RrSet, Rtype, Ttl, Zone};
use std::collections::BTreeMap;
use std::time::Duration;

/// The changes from one stage to the next, with what must hold before they are made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Phase {
    /// The stage it leads to.
    pub stage: Stage,
    /// What is sent to the provider; never empty.
    pub changes: Vec<Change>,
    /// What must hold first.
    pub gates: Vec<Gate>,
}

/// Which way a plan leads.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// From old to new.
    Forward,
    /// Back to the zone after this stage; `None` is the zone before all of them.
    Back(Option<Stage>),
}

/// The phases of one zone. Data: comparable, with a digest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    /// The zone.
    pub zone: Name,
    /// Which way.
    pub direction: Direction,
    /// How long absence is cached: min(SOA TTL, MINIMUM), or as long as a wildcard that answers in
    /// the place of what is to come.
    pub negative_ttl: Ttl,
    /// The bound on how long the slowest name server takes to follow, for predictions only.
    pub propagation: Duration,
    /// What caches behind caches may add to every TTL.
    pub cache_floor: Duration,
    /// The window, if there is one.
    pub window: Option<Window>,
    /// Phases in order.
    pub phases: Vec<Phase>,
    /// RRsets of which only some values are ours.
    pub scopes: BTreeMap<RrKey, Scope>,
    /// TTLs from before the move; of what is new, those that it is to get.
    pub own_ttls: BTreeMap<RrKey, Ttl>,
    /// The includes of SPF in whose place addresses stand between `prepare` and `retire`.
    pub flattened: Vec<Flattened>,
    /// What the zone file said, as a digest: an edited file is noticed.
    pub intent: String,
}

/// Nothing leads back from here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "stage `{0}` has been applied, and nothing leads back from it; plan a transition of its own"
)]
pub struct NoWayBack(pub Stage);

impl Plan {
    /// The plan along a walk. A stage that changes nothing drops out.
    pub fn forward(walk: &Walk, policy: &Policy, intent: String) -> Self {
        let mut phases: Vec<Phase> = Vec::new();
        let mut from = &walk.start;
        for (stage, zone) in &walk.steps {
            let changes = diff(from, zone);
            if !changes.is_empty() {
                phases.push(Phase { stage: *stage, changes, gates: Vec::new() });
            }
            from = zone;
        }
        gate::place(&mut phases, walk, policy);
        let restored = walk.steps.iter().find(|(stage, _)| *stage == Stage::RestoreTtl);
        let own = |change: &Change| {
            // What is new has no TTL from before; it keeps in mind the one that it is to get.
            let model = change.before().or_else(|| restored?.1.get(change.key()))?;
            Some((change.key().clone(), model.ttl()))
        };
        let mut own_ttls = policy.own_ttls.clone();
        for (key, ttl) in phases.iter().flat_map(|phase| phase.changes.iter().filter_map(own)) {
            own_ttls.entry(key).or_insert(ttl);
        }
        Self {
            zone: walk.start.apex().clone(),
            direction: Direction::Forward,
            negative_ttl: walk.start.negative_ttl().max(wildcard_ttl(&walk.start, &phases)),
            propagation: propagation(walk, policy),
            cache_floor: policy.cache_floor,
            window: policy.window,
            phases,
            scopes: walk.scopes.clone(),
            own_ttls,
            flattened: policy.flattened.clone(),
            intent,
        }
    }

    /// The way back, once the first `applied` phases have been applied: to the zone after `to`.
    ///
    /// Additions of `prepare` stay in place unless `to` is `None`: they harm nobody. They go only
    /// when nobody needs them any more. A stage that has dropped out, or is still to come, means
    /// the last one before it.
    pub fn back(&self, applied: usize, to: Option<Stage>) -> Result<Self, NoWayBack> {
        let done = &self.phases[..applied.min(self.phases.len())];
        if let Some(phase) = done.iter().find(|phase| phase.stage.is_final()) {
            return Err(NoWayBack(phase.stage));
        }
        let exact = done.iter().position(|phase| Some(phase.stage) == to);
        let last = exact.or_else(|| done.iter().rposition(|phase| Some(phase.stage) < to));
        let keep = last.map_or(0, |at| at + 1);
        let phases = done[keep..].iter().rev().map(|phase| {
            let mut changes: Vec<_> = phase.changes.iter().cloned().map(Change::inverse).collect();
            // Deletes first, for the same reason as in `diff`.
            changes.sort_by_key(|change| !matches!(change, Change::Delete(_)));
            Phase { stage: phase.stage, changes, gates: Vec::new() }
        });
        let mut phases: Vec<_> = phases.collect();
        // By what `prepare` added, mail is told genuine that the new platform has sent already.
        if let [.., Phase { stage: since, .. }, prepare] = &mut phases[..]
            && prepare.stage == Stage::Prepare
        {
            prepare.gates = vec![Gate::Arrived { since: *since, wait: UNDER_WAY }];
        }
        Ok(Self { direction: Direction::Back(to), phases, window: None, ..self.clone() })
    }

    /// Our share of an RRset.
    pub fn scope(&self, key: &RrKey) -> &Scope {
        self.scopes.get(key).unwrap_or(&Scope::Whole)
    }

    /// How long caches may answer as if a change had not happened, once no server does.
    pub fn staleness(&self, change: &Change) -> Duration {
        Duration::from(change.staleness(self.negative_ttl)) + self.cache_floor
    }

    /// How long caches may keep what a change has brought, should it be undone.
    pub fn persistence(&self, change: &Change) -> Duration {
        let kept = change.after().map_or(self.negative_ttl, RrSet::ttl);
        Duration::from(kept) + self.cache_floor
    }

    /// Whether our values in a zone are just as after the phase at this place.
    pub fn is_as_after(&self, at: usize, live: &Zone) -> bool {
        self.drift(at + 1, live).is_empty()
    }

    /// Where a zone is not as it must be once so many phases are done.
    pub fn drift(&self, done: usize, live: &Zone) -> Vec<Drift> {
        let (done, left) = self.phases.split_at(self.phases.len().min(done));
        let mut planned: BTreeMap<&RrKey, Option<&RrSet>> = BTreeMap::new();
        for phase in done {
            planned.extend(phase.changes.iter().map(|change| (change.key(), change.after())));
        }
        for change in left.iter().flat_map(|phase| &phase.changes) {
            planned.entry(change.key()).or_insert(change.before());
        }
        let each = planned.into_iter();
        each.filter_map(|(key, set)| verify(key, live.get(key), set, self.scope(key)).err())
            .collect()
    }

    /// The phase that leads to a stage.
    pub fn phase(&self, stage: Stage) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.stage == stage)
    }

    /// How many RRsets are created, replaced and deleted in all phases.
    pub fn counts(&self) -> (usize, usize, usize) {
        self.phases.iter().flat_map(|phase| &phase.changes).fold((0, 0, 0), |(c, r, d), change| {
            match change {
                Change::Create(_) => (c + 1, r, d),
                Change::Replace { .. } => (c, r + 1, d),
                Change::Delete(_) => (c, r, d + 1),
            }
        })
    }
}

/// The longest TTL with which a wildcard answers for what the phases create (RFC 4592 §3.3.1).
fn wildcard_ttl(zone: &Zone, phases: &[Phase]) -> Ttl {
    let changes = phases.iter().flat_map(|phase| &phase.changes);
    let created = changes.filter(|change| change.before().is_none()).map(Change::key);
    let ttls = created.filter(|key| !zone.has_name(&key.owner)).flat_map(|key| {
        let wildcard = zone.wildcard_over(&key.owner);
        // An alias answers for every type, and every type hides an alias.
        let hides = |set: &&RrSet| {
            set.rtype() == key.rtype || [set.rtype(), key.rtype].contains(&Rtype::CNAME)
        };
        let sets = wildcard.iter().flat_map(|name| zone.at(name)).filter(hides);
        sets.map(RrSet::ttl).max()
    });
    ttls.max().unwrap_or(Ttl::from_secs(0))
}

/// As the zone file says, or REFRESH + RETRY: a secondary that missed the NOTIFY and whose first
/// question got lost.
fn propagation(walk: &Walk, policy: &Policy) -> Duration {
    let bound = || {
        walk.start.soa().map_or(DEFAULT_PROPAGATION, |(_, soa)| {
            Duration::from(soa.refresh) + Duration::from(soa.retry)
        })
    };
    policy.propagation.unwrap_or_else(bound)
}

/// How long mail may be under way: in the queue of its own platform and in one of other people's,
/// 5 days each (RFC 5321 §4.5.4.1).
const UNDER_WAY: Duration = Duration::from_secs(10 * 86_400);

/// Five NOTIFY retransmissions a minute apart (RFC 1996 §3.6).
const DEFAULT_PROPAGATION: Duration = Duration::from_secs(300);

#[cfg(test)]
mod tests;
