//! What must have been published by when, counted back from its first use.

use super::wanted;
use crate::dns::{Name, Rdata, RrKey};
use crate::plan::{Change, Phase, Plan, Policy, Stage, Timestamp};
use std::time::Duration;

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
    /// What was before, or absence, must run out before somebody needs the record.
    Publish,
    /// An MTA-STS policy that lists both MX must be served before its new id is (RFC 8461 §8.1).
    Policy,
    /// The same as [`Due::Publish`], for senders that keep an MTA-STS policy to its `max_age`.
    Strict,
}

impl Due {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower_by",
            Self::Publish => "publish_by",
            Self::Policy => "policy_by",
            Self::Strict => "strict_by",
        }
    }
}

/// How long before its id a policy is served: whoever sees the id must find it, also behind the
/// cache of a web server.
const POLICY_FIRST: Duration = Duration::from_secs(300);

/// What `prepare` must have done by when, for the window's first use of each RRset.
pub(super) fn deadlines(plan: &Plan, policy: &Policy) -> Vec<Deadline> {
    let middle: Vec<_> = plan.phases.iter().filter(|phase| phase.stage.is_middle()).collect();
    let Some(first_use) = middle.iter().filter_map(|phase| wanted(phase)).min() else {
        return Vec::new();
    };
    let prepared = plan.phase(Stage::Prepare).map(|phase| &phase.changes);
    let each = prepared.into_iter().flatten().flat_map(|change| {
        let used = used(change, &middle).unwrap_or(first_use);
        due(plan, policy, change, used)
    });
    each.collect()
}

/// When a record is needed first: its own stage, else the one that points to its owner.
fn used(change: &Change, middle: &[&Phase]) -> Option<Timestamp> {
    let key = change.key();
    let own = middle.iter().find(|phase| phase.changes.iter().any(|other| other.key() == key));
    let user = || middle.iter().find(|phase| phase.changes.iter().any(|one| needs(one, key)));
    own.or_else(user).and_then(|phase| wanted(phase))
}

/// Whether a change leads people to this owner. MTA-STS speaks of the MX, TLSA of a host below.
fn needs(change: &Change, key: &RrKey) -> bool {
    let rdata = change.after().map(|after| after.rdata()).unwrap_or_default();
    rdata.iter().any(|rdata| match rdata {
        Rdata::Mx(mx) => key.owner.is_within(&mx.exchange) || is_sts(&key.owner),
        Rdata::Cname(target) => key.owner == *target,
        _ => false,
    })
}

fn due(plan: &Plan, policy: &Policy, change: &Change, used: Timestamp) -> Vec<Deadline> {
    let owner = &change.key().owner;
    let is_key = owner.labels().nth(1).is_some_and(|l| l.eq_ignore_ascii_case(b"_domainkey"));
    let lead = if is_key && change.before().is_none() { policy.dkim_lead } else { Duration::ZERO };
    let slack = plan.propagation + policy.margin;
    let times = if change.is_next_key() { 2 } else { 1 }; // RFC 7671 §8.1
    let at = used - (plan.staleness(change) * times + slack + lead);
    let deadline = |what, at| Deadline { key: change.key().clone(), what, at };
    if change.is_ttl_only() {
        return vec![deadline(Due::Lower, at)];
    }
    let mut all = vec![deadline(Due::Publish, at)];
    if is_sts(owner) {
        all.push(deadline(Due::Policy, at - POLICY_FIRST));
        all.extend(policy.sts_max_age.map(|age| deadline(Due::Strict, used - (age + slack))));
    }
    all
}

fn is_sts(owner: &Name) -> bool {
    owner.labels().next().is_some_and(|label| label.eq_ignore_ascii_case(b"_mta-sts"))
}
