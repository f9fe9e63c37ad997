//! What a plan must be like: every rule that is not about records alone, whoever keeps it.

pub mod flat;
mod host;
mod kept;
mod names;
pub mod times;

pub use host::hosted;

use super::{Invariant, Walk};
use crate::mail::Finding;
use crate::mail::lint::{Hit, Rule};

/// All of them: what must hold for everybody all the time, what walks and times are looked at for,
/// and what plans cannot help keeping.
pub fn rules() -> impl Iterator<Item = Rule> {
    let invariants = Invariant::ALL.into_iter().map(Invariant::rule);
    let walked = JUDGES.iter().map(|(rule, _)| rule);
    let others = times::RULES.iter().chain(flat::RULES).chain(host::RULES).chain(kept::RULES);
    invariants.chain(walked.chain(others).copied())
}

/// The rules about walks: like those about records, somebody may break them knowingly.
pub fn of_walks() -> impl Iterator<Item = &'static Rule> {
    JUDGES.iter().map(|(rule, _)| rule).chain(flat::BEARABLE)
}

/// What a walk shows that neither its zones do alone, nor the zone file.
pub fn walked(walk: &Walk) -> Vec<Finding> {
    let found = JUDGES.iter().flat_map(|(rule, judge)| {
        judge(walk).into_iter().map(|(owner, message)| rule.finding(owner, message))
    });
    found.collect()
}

/// Finds where a walk breaks a rule.
type Judge = fn(&Walk) -> Vec<Hit>;

const JUDGES: &[(Rule, Judge)] =
    &[(names::OWN_INCLUDES, names::own_includes), (names::WILDCARDS, names::wildcards)];

#[cfg(test)]
mod tests;
