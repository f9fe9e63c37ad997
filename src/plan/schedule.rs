//! When things happen: predictions, deadlines, and the last moment to turn back.
//!
//! Predictions take the bound for propagation and assume that people confirm at once. Gates go by
//! what is observed, so a run may well be faster.

mod deadlines;
mod milestones;
mod timing;

pub use deadlines::{Deadline, Due, Lead};
pub use milestones::Milestones;
pub use timing::{exposure, outlived, timing};

use super::{Change, Gate, Phase, Plan, Policy, Stage, Timestamp};
use crate::dns::RrKey;
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
    /// What people put into their calendars.
    pub milestones: Milestones,
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
    /// When every cache knows what it added or put in another's place.
    pub usable_by: Timestamp,
    /// When no cache that obeys TTLs holds what was before.
    pub drained_by: Timestamp,
    /// How long it takes to undo it, caches included.
    pub rollback_cost: Duration,
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
        let wanted = wanted(phase).map(|wanted| wanted.max(now));
        if let Some(wanted) = wanted.filter(|wanted| phase.stage.is_middle() && *wanted < begins) {
            late.push(Late { stage: phase.stage, wanted, possible: begins });
        }
        phases.push(Times::of(plan, phase, begins));
    }
    let deadlines = deadlines::deadlines(plan, policy);
    if let (Some(first), Some(times)) = (plan.phases.first(), phases.first_mut())
        && first.stage == Stage::Prepare
    {
        let binding = deadlines.iter().filter(|deadline| deadline.what != Due::Strict);
        times.apply_by = binding.map(|deadline| deadline.at).min();
    }
    Schedule {
        old_dead: old_dead(plan, &phases),
        milestones: Milestones::of(plan, policy, &phases),
        phases,
        deadlines,
        late,
    }
}

impl Times {
    fn of(plan: &Plan, phase: &Phase, begins: Timestamp) -> Self {
        let published_by = begins + plan.propagation;
        let stale = |changes: &mut dyn Iterator<Item = &Change>| {
            changes.map(|change| plan.staleness(change)).max().unwrap_or_default()
        };
        let undone = phase.changes.iter().map(|change| plan.persistence(change)).max();
        Self {
            begins,
            apply_by: None,
            published_by,
            usable_by: published_by
                + stale(&mut phase.changes.iter().filter(|change| !change.is_ttl_only())),
            drained_by: published_by + stale(&mut phase.changes.iter()),
            rollback_cost: plan.propagation + undone.unwrap_or_default(),
        }
    }
}

/// When the zone file wants a phase: its offset in the window.
fn wanted(phase: &Phase) -> Option<Timestamp> {
    phase.gates.iter().find_map(|gate| match gate {
        Gate::NotBefore(time) => Some(*time),
        _ => None,
    })
}

/// The earliest begin of a phase, given the times of those before it.
fn begins(plan: &Plan, phase: &Phase, done: &[Times], now: Timestamp) -> Timestamp {
    let earlier = || plan.phases.iter().zip(done);
    let latest = |upto: Stage, what: fn(&Times) -> Timestamp| {
        let upto = earlier().position(|(phase, _)| phase.stage == upto)? + 1;
        done[..upto].iter().map(what).max()
    };
    let gates = phase.gates.iter().filter_map(|gate| match gate {
        Gate::NotBefore(time) => Some(*time),
        Gate::Drained(stage) => latest(*stage, |times| times.drained_by),
        Gate::Usable(stage) => latest(*stage, |times| times.usable_by),
        Gate::Held { since, wait, .. } => {
            let (_, times) = earlier().find(|(phase, _)| phase.stage == *since)?;
            Some(times.begins + *wait)
        }
        Gate::Arrived { since, wait } => {
            latest(*since, |times| times.drained_by).map(|drained| drained + *wait)
        }
        Gate::Confirmed(_) | Gate::Probed(_) => None,
    });
    let published = done.iter().map(|times| times.published_by);
    // Middle stages do not wait for each other's bound: they are planned minutes apart, and each
    // begins when the one before has been seen on every server.
    let published = published.take(if phase.stage.is_middle() { 1 } else { done.len() });
    let begun = done.last().map(|times| times.begins);
    gates.chain(published).chain(begun).fold(now, Timestamp::max)
}

/// The horizon of what each visible change replaces: versions with the TTL from before its
/// lowering may outlive those with the lowered one.
fn old_dead(plan: &Plan, times: &[Times]) -> Vec<(RrKey, Timestamp)> {
    let all: Vec<_> = plan.phases.iter().zip(times).collect();
    let visible = all.iter().enumerate().filter(|(_, (phase, _))| phase.stage.is_middle());
    let dead = visible.flat_map(|(at, (phase, _))| {
        phase.changes.iter().map({
            let all = &all;
            move |change| (change.key().clone(), horizon(plan, &all[..=at], change.key()))
        })
    });
    dead.filter_map(|(key, dead)| Some((key, dead?))).collect()
}

fn horizon(plan: &Plan, upto: &[(&Phase, &Times)], key: &RrKey) -> Option<Timestamp> {
    let versions = upto.iter().flat_map(|(phase, times)| {
        let own = phase.changes.iter().filter(|change| change.key() == key);
        own.map(|change| times.published_by + plan.staleness(change))
    });
    versions.max()
}
