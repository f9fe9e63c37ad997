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
    /// Of what, and how long before its first use: these make up the time.
    pub lead: Vec<(Lead, Duration)>,
}

impl Deadline {
    /// When the record is needed first.
    pub fn first_use(&self) -> Timestamp {
        self.lead.iter().fold(self.at, |at, (_, part)| at + *part)
    }
}

/// A part of the time that lies between a deadline and the first use.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lead {
    /// How long caches keep what was before.
    Cached,
    /// How long they keep that there was nothing.
    Absent,
    /// The same, a second time.
    CachedAgain,
    /// How long name servers take to follow.
    Servers,
    /// The margin that the zone file adds.
    Margin,
    /// How long the new platform takes to begin signing.
    Signing,
    /// How long a policy is served before its id.
    Policy,
    /// How long senders keep a policy.
    MaxAge,
}

impl Lead {
    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Cached => "old TTL",
            Self::Absent => "absence cached",
            Self::CachedAgain => "old TTL once more",
            Self::Servers => "servers follow",
            Self::Margin => "margin",
            Self::Signing => "signing begins",
            Self::Policy => "policy before id",
            Self::MaxAge => "`max_age`",
        }
    }
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
    let was = if change.before().is_some() { Lead::Cached } else { Lead::Absent };
    let cached = (was, plan.staleness(change));
    let again = change.is_next_key().then_some((Lead::CachedAgain, cached.1)); // RFC 7671 §8.1
    let signing =
        (is_key && change.before().is_none()).then_some((Lead::Signing, policy.dkim_lead));
    let slack = [(Lead::Servers, plan.propagation), (Lead::Margin, policy.margin)];
    let deadline = |what, lead: Vec<(Lead, Duration)>| {
        let lead: Vec<_> = lead.into_iter().filter(|(_, part)| !part.is_zero()).collect();
        let at = lead.iter().fold(used, |at, (_, part)| at - *part);
        Deadline { key: change.key().clone(), what, at, lead }
    };
    let lead: Vec<_> = [cached].into_iter().chain(again).chain(slack).chain(signing).collect();
    if change.is_ttl_only() {
        return vec![deadline(Due::Lower, lead)];
    }
    let mut all = vec![deadline(Due::Publish, lead.clone())];
    if is_sts(owner) {
        all.push(deadline(Due::Policy, [lead, vec![(Lead::Policy, POLICY_FIRST)]].concat()));
        let aged = |age| [vec![(Lead::MaxAge, age)], slack.to_vec()].concat();
        all.extend(policy.sts_max_age.map(|age| deadline(Due::Strict, aged(age))));
    }
    all
}

fn is_sts(owner: &Name) -> bool {
    owner.labels().next().is_some_and(|label| label.eq_ignore_ascii_case(b"_mta-sts"))
}
