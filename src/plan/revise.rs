//! An edited zone file while its plan is under way: the prefix rule.
//!
//! What has been done must come out the same from the edited file; the rest may be another.

use super::rebase::describe;
use super::{Change, Direction, Facts, Mismatch, Phase, Plan, Policy, Stage, matches, walk};
use crate::dns::{RrKey, RrSet, Zone};
use crate::mail::Intent;
use std::collections::BTreeMap;

/// How an edited file disagrees with what has been done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Difference {
    /// A stage that has been applied would be another one, or none.
    #[error("`{done}` is done, but the edited file has {other} in its place")]
    Stage {
        /// What has been applied.
        done: Stage,
        /// What the file asks for instead, as text.
        other: String,
    },
    /// A record of an applied stage would be another.
    #[error("`{key}` became {done} in {stage}; by the edited file it would be {other}")]
    Record {
        /// Which stage.
        stage: Stage,
        /// Which RRset.
        key: RrKey,
        /// What was applied, as text.
        done: String,
        /// What the file asks for, as text.
        other: String,
    },
    /// The file's `old` is not what the zone was before the plan began.
    #[error("before the plan began, {0}")]
    Old(Mismatch),
}

impl Plan {
    /// The plan that the edited file makes, once the first `done` phases have been applied to
    /// `live`; every difference to what has been done, if there is one.
    pub fn revised(
        &self,
        done: usize,
        live: &Zone,
        intent: &Intent,
        policy: &Policy,
        facts: &Facts,
        digest: String,
    ) -> Result<Self, Vec<Difference>> {
        let start = self.start(done, live);
        let mut policy = Policy { own_ttls: self.own_ttls.clone(), ..policy.clone() };
        // What stands there stays, whatever it would be today.
        if policy.flatten && !self.flattened.is_empty() {
            policy.flattened = self.flattened.clone();
        }
        let walk = walk(&start, intent, &policy, facts);
        if !walk.mismatches.is_empty() {
            return Err(walk.mismatches.into_iter().map(Difference::Old).collect());
        }
        let plan = Self::forward(&walk, &policy, digest);
        let pairs = self.phases[..done].iter().zip(plan.phases.iter().map(Some).chain(none()));
        let found: Vec<_> = pairs.flat_map(|(done, new)| self.compare(done, new)).collect();
        if !found.is_empty() {
            return Err(found);
        }
        // What strangers did since belongs to nobody's plan: the closed phases stay as they were.
        let closed = self.phases[..done].iter().cloned();
        let phases = closed.chain(plan.phases.into_iter().skip(done)).collect();
        Ok(Self { phases, direction: Direction::Forward, ..plan })
    }

    /// The zone as it was before the first `done` phases, strangers' values as they are.
    pub fn start(&self, done: usize, live: &Zone) -> Zone {
        let mut zone = live.clone();
        for change in self.phases[..done].iter().rev().flat_map(|phase| &phase.changes) {
            let (key, scope) = (change.key(), self.scope(change.key()));
            let held = zone.get(key);
            let values = scope.others(held).into_iter().chain(scope.ours(change.before()));
            let ttl = change.before().or(held).map(RrSet::ttl);
            let before = RrSet::of(key.clone(), ttl.unwrap_or(self.negative_ttl), values.cloned());
            match before {
                Some(before) => zone.put(before),
                None => drop(zone.remove(key)),
            }
        }
        zone
    }

    fn compare(&self, done: &Phase, new: Option<&Phase>) -> Vec<Difference> {
        let Some(new) = new.filter(|new| new.stage == done.stage) else {
            let other = new.map_or_else(|| "nothing".to_owned(), |new| format!("`{}`", new.stage));
            return vec![Difference::Stage { done: done.stage, other }];
        };
        let by_key = |phase: &Phase| -> BTreeMap<RrKey, Change> {
            phase.changes.iter().map(|change| (change.key().clone(), change.clone())).collect()
        };
        let (was, would) = (by_key(done), by_key(new));
        let keys = was.keys().chain(would.keys().filter(|key| !was.contains_key(*key)));
        let differs = |key: &&RrKey| match (was.get(*key), would.get(*key)) {
            (Some(a), Some(b)) => !matches(a.after(), b.after(), self.scope(key)),
            _ => true,
        };
        let text = |change: Option<&Change>, key: &RrKey| match change {
            None => "as before".to_owned(),
            Some(change) => describe(change.after(), self.scope(key)),
        };
        let difference = |key: &RrKey| Difference::Record {
            stage: done.stage,
            key: key.clone(),
            done: text(was.get(key), key),
            other: text(would.get(key), key),
        };
        keys.filter(differs).map(difference).collect()
    }
}

fn none<'a>() -> impl Iterator<Item = Option<&'a Phase>> {
    std::iter::repeat(None)
}
