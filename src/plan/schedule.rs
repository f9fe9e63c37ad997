//! When things happen: predictions, deadlines, and the last moment to turn back.
//!
//! Predictions take the bound for propagation and assume that people confirm at once. Gates go by
//! what is observed, so a run may well be faster.

use super::{Change, Direction, Gate, Phase, Plan, Policy, Stage, Timestamp};
use crate::dns::{RrKey, RrSet, Ttl};
use std::time::Duration;

/// A plan's times.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Schedule {
    /// One entry a phase.
    pub phases: Vec<Times>,
    /// What must be published by when for the window to hold.
    pub deadlines: Vec<Deadline>,
    /// When the old content of each RRset that users notice is gone from every cache.
    pub old_dead: Vec<(RrKey, Timestamp)>,
    /// The last moment at which turning back still ends within the window.
    pub last_rollback: Option<Timestamp>,
    /// Until when the old system must serve.
    pub soak_until: Option<Timestamp>,
    /// Phases that cannot begin when the zone file wants them to.
    pub late: Vec<Late>,
}

/// The times of one phase.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Times {
    /// When it can begin, at the earliest.
    pub begins: Timestamp,
    /// When it must be applied for the window to hold.
    pub apply_by: Option<Timestamp>,
    /// When the slowest name server has it.
    pub published_by: Timestamp,
    /// When no cache that obeys TTLs holds what was before.
    pub drained_by: Timestamp,
    /// How long it takes to undo it, caches included.
    pub rollback_cost: Duration,
}

/// A time by which an RRset must be lowered or published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deadline {
    /// Which RRset.
    pub key: RrKey,
    /// What must be done.
    pub what: Due,
    /// By when.
    pub at: Timestamp,
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Due {
    /// The old TTL must run out before the content changes.
    Lower,
    /// The absence must run out before somebody needs the record.
    Publish,
}

/// A stage that the zone file wants earlier than it can be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Late {
    /// Which stage.
    pub stage: Stage,
    /// When it is wanted.
    pub wanted: Timestamp,
    /// When it is safe.
    pub possible: Timestamp,
}

/// The times of a plan that begins `now`.
pub fn schedule(plan: &Plan, policy: &Policy, now: Timestamp) -> Schedule {
    let mut phases: Vec<Times> = Vec::new();
    let mut late = Vec::new();
    for phase in &plan.phases {
        let begins = begins(plan, phase, &phases, now);
        let wanted = phase.gates.iter().find_map(|gate| match gate {
            Gate::NotBefore(time) => Some((*time).max(now)),
            _ => None,
        });
        if let Some(wanted) = wanted.filter(|wanted| phase.stage.is_middle() && *wanted < begins) {
            late.push(Late { stage: phase.stage, wanted, possible: begins });
        }
        let published_by = begins + plan.propagation;
        phases.push(Times {
            begins,
            apply_by: None,
            published_by,
            drained_by: published_by + Duration::from(phase.staleness(plan.negative_ttl)),
            rollback_cost: plan.propagation + Duration::from(cost(phase, plan.negative_ttl)),
        });
    }
    let deadlines = deadlines(plan, policy);
    if let (Some(first), Some(times)) = (plan.phases.first(), phases.first_mut())
        && first.stage == Stage::Prepare
    {
        times.apply_by = deadlines.iter().map(|deadline| deadline.at).min();
    }
    let moved = plan.phases.iter().zip(&phases).find(|(phase, _)| phase.stage == Stage::Delivery);
    Schedule {
        old_dead: old_dead(plan, &phases),
        last_rollback: last_rollback(plan, policy),
        soak_until: moved.map(|(_, times)| times.begins + policy.soak),
        phases,
        deadlines,
        late,
    }
}

/// The earliest begin of a phase, given the times of those before it.
fn begins(plan: &Plan, phase: &Phase, done: &[Times], now: Timestamp) -> Timestamp {
    let earlier = || plan.phases.iter().zip(done);
    let gates = phase.gates.iter().filter_map(|gate| match gate {
        Gate::NotBefore(time) => Some(*time),
        Gate::Drained(stage) => {
            let upto = earlier().position(|(phase, _)| phase.stage == *stage)? + 1;
            done[..upto].iter().map(|times| times.drained_by).max()
        }
        Gate::Held { since, wait, .. } => {
            let (_, times) = earlier().find(|(phase, _)| phase.stage == *since)?;
            Some(times.begins + *wait)
        }
        Gate::Confirmed(_) => None,
    });
    let published = done.iter().map(|times| times.published_by);
    // Middle stages do not wait for each other's bound: they are planned minutes apart, and each
    // begins when the one before has been seen on every server.
    let published = published.take(if phase.stage.is_middle() { 1 } else { done.len() });
    let begun = done.last().map(|times| times.begins);
    gates.chain(published).chain(begun).fold(now, Timestamp::max)
}

/// How long caches keep what a phase has brought, should it be undone.
fn cost(phase: &Phase, negative_ttl: Ttl) -> Ttl {
    let kept = phase.changes.iter().map(|change| change.after().map_or(negative_ttl, RrSet::ttl));
    kept.max().unwrap_or(negative_ttl)
}

/// What `prepare` must have done by when, for the window's first use of each RRset.
fn deadlines(plan: &Plan, policy: &Policy) -> Vec<Deadline> {
    let use_of = |phase: &Phase| {
        phase.gates.iter().find_map(|gate| match gate {
            Gate::NotBefore(time) => Some(*time),
            _ => None,
        })
    };
    let middle = || plan.phases.iter().filter(|phase| phase.stage.is_middle());
    let Some(first_use) = middle().filter_map(use_of).min() else {
        return Vec::new();
    };
    let Some(prepare) = plan.phase(Stage::Prepare) else {
        return Vec::new();
    };
    let deadline = |change: &Change| {
        let key = change.key();
        let own = middle().find(|phase| phase.changes.iter().any(|other| other.key() == key));
        let used = own.and_then(use_of).unwrap_or(first_use);
        let is_selector =
            key.owner.labels().nth(1).is_some_and(|l| l.eq_ignore_ascii_case(b"_domainkey"));
        let lead = if is_selector { policy.dkim_lead } else { Duration::ZERO };
        let stale = Duration::from(change.staleness(plan.negative_ttl));
        let at = used - (stale + plan.propagation + policy.margin + lead);
        let what = if change.before().is_some() { Due::Lower } else { Due::Publish };
        Deadline { key: key.clone(), what, at }
    };
    prepare.changes.iter().map(deadline).collect()
}

fn old_dead(plan: &Plan, times: &[Times]) -> Vec<(RrKey, Timestamp)> {
    let middle = plan.phases.iter().zip(times).filter(|(phase, _)| phase.stage.is_middle());
    let dead = middle.flat_map(|(phase, times)| {
        phase.changes.iter().map(|change| {
            let stale = Duration::from(change.staleness(plan.negative_ttl));
            (change.key().clone(), times.published_by + stale)
        })
    });
    dead.collect()
}

fn last_rollback(plan: &Plan, policy: &Policy) -> Option<Timestamp> {
    let window = plan.window.filter(|_| plan.direction == Direction::Forward)?;
    let middle = plan.phases.iter().filter(|phase| phase.stage.is_middle());
    let kept = middle.map(|phase| cost(phase, Ttl::from_secs(0))).max()?;
    Some(window.closes() - (plan.propagation + Duration::from(kept) + policy.verify))
}
