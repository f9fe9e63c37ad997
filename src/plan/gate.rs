//! What must hold before a phase may begin.

use super::{Change, Checkpoint, OBLIVION, Phase, Place, Policy, Stage, Timestamp, Walk, kind};
use crate::dns::{Name, Rdata, RrSet};
use std::fmt;
use std::time::Duration;

/// One condition. Publication of all earlier phases goes without saying.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Gate {
    /// A time has come: that of the window and what is planned within it.
    NotBefore(Timestamp),
    /// No cache that obeys TTLs holds what any phase up to this stage has replaced.
    Drained(Stage),
    /// What the phases up to this stage have added or put in another's place is known to every
    /// cache; TTLs that they only lowered may still run out.
    Usable(Stage),
    /// So much time has passed since this stage was published.
    Held {
        /// Counted from the moment the provider took its changes.
        since: Stage,
        /// How long.
        wait: Duration,
        /// What for, in a word: `soak`, `silence`.
        why: String,
    },
    /// What was sent while some cache still held what was before this stage has arrived, or come
    /// back.
    Arrived {
        /// Counted from when the last cache has forgotten.
        since: Stage,
        /// How long queues keep mail.
        wait: Duration,
    },
    /// A person has confirmed a manual step.
    Confirmed(Checkpoint),
    /// A check has passed just before, or a person vouches for it.
    Probed(Probe),
}

/// Whether mail servers are ready before mail is led to them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Probe {
    /// Its name, by which a person may confirm what cannot be checked from here.
    pub id: String,
    /// Hosts that must answer SMTP.
    pub hosts: Vec<Name>,
    /// On which port.
    pub port: u16,
}

/// What must be so, as a clause.
impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts: Vec<_> = self.hosts.iter().map(|host| format!("`{host}`")).collect();
        write!(f, "{} to answer SMTP on port {}", hosts.join(", "), self.port)
    }
}

/// Hangs the gates of the policy into phases.
pub(super) fn place(phases: &mut [Phase], walk: &Walk, policy: &Policy) {
    let stages: Vec<_> = phases.iter().map(|phase| phase.stage).collect();
    let points = kind::checkpoints(walk, &stages, policy);
    let keys = next_keys(phases, walk, policy);
    for (at, phase) in phases.iter_mut().enumerate() {
        let earlier = &stages[..at];
        phase.gates = times(phase.stage, earlier, policy);
        let used = keys.iter().filter(|(host, _)| is_used(phase, host)).map(|(_, wait)| *wait);
        phase.gates.extend(used.max().map(|wait| Gate::Held {
            since: Stage::Prepare,
            wait,
            why: "the next TLSA key".to_owned(),
        }));
        if walk.keeps_users && phase.stage == Stage::RetireKeys && earlier.contains(&Stage::Retire)
        {
            phase.gates.push(under_way(Stage::Retire, policy));
        }
        phase.gates.extend(unknown_past(phase.stage, policy).map(Gate::NotBefore));
        // Middle stages touch names that different people ask for; only what prepared them counts.
        let drained = match phase.stage.is_middle() {
            true => earlier.first().filter(|stage| **stage == Stage::Prepare),
            false => earlier.last(),
        };
        phase.gates.extend(drained.map(|stage| match phase.stage.is_middle() {
            true if policy.accept_tail => Gate::Usable(*stage),
            _ => Gate::Drained(*stage),
        }));
        let due = points.iter().filter(|point| is_due(point, phase.stage, earlier, policy));
        phase.gates.extend(due.cloned().map(Gate::Confirmed));
        phase.gates.extend(preflight(phase, policy).map(Gate::Probed));
    }
}

/// The hosts whose next key `prepare` publishes, and how long before it is used: two TTLs (RFC 7671
/// §8.1).
fn next_keys(phases: &[Phase], walk: &Walk, policy: &Policy) -> Vec<(Name, Duration)> {
    let prepare = phases.iter().filter(|phase| phase.stage == Stage::Prepare);
    let changes = prepare.flat_map(|phase| &phase.changes).filter(|change| change.is_next_key());
    let keys = changes.filter_map(|change| {
        let host = change.key().owner.parent()?.parent()?;
        let ttl = Duration::from(change.before()?.ttl()) + policy.cache_floor;
        Some((host, 2 * ttl + super::propagation(walk, policy)))
    });
    keys.collect()
}

/// Whether a phase leads mail to a host, or the host to another machine.
fn is_used(phase: &Phase, host: &Name) -> bool {
    let moves = || phase.changes.iter().any(|change| change.key().owner == *host);
    phase.stage == Stage::Delivery || (phase.stage.is_middle() && moves())
}

/// The hosts that MX is about to lead to, where they are to be tried first.
fn preflight(phase: &Phase, policy: &Policy) -> Option<Probe> {
    let port = policy.preflight.filter(|_| phase.stage == Stage::Delivery)?;
    let rdata = phase.changes.iter().filter_map(Change::after).flat_map(RrSet::rdata);
    let mut hosts: Vec<_> = rdata
        .filter_map(|rdata| match rdata {
            // A null MX leads nowhere (RFC 7505).
            Rdata::Mx(mx) if mx.exchange != Name::root() => Some(mx.exchange.clone()),
            _ => None,
        })
        .collect();
    hosts.sort();
    hosts.dedup();
    (!hosts.is_empty()).then(|| Probe { id: "preflight".to_owned(), hosts, port })
}

fn times(stage: Stage, earlier: &[Stage], policy: &Policy) -> Vec<Gate> {
    let last_middle = earlier.iter().rev().find(|stage| stage.is_middle()).copied();
    // Users meet the new platform with its MX. Where none moves, the last visible stage counts;
    // where none is visible, as when only the senders change, the first of all.
    let moved = earlier.iter().find(|stage| **stage == Stage::Delivery).copied().or(last_middle);
    let moved = moved.or_else(|| earlier.first().copied());
    let held = |wait, why: &str| moved.map(|since| Gate::Held { since, wait, why: why.to_owned() });
    let gates = match stage {
        Stage::Prepare => vec![],
        Stage::Submission | Stage::Delivery | Stage::Retrieval => {
            let offset = policy.at.get(&stage).copied().unwrap_or_default();
            vec![policy.window.map(|window| Gate::NotBefore(window.opens + offset))]
        }
        Stage::RestoreTtl => vec![match policy.window {
            Some(window) => Some(Gate::NotBefore(window.closes() + policy.restore_after)),
            None => last_middle.map(|since| Gate::Held {
                since,
                wait: policy.restore_after,
                why: "stability".to_owned(),
            }),
        }],
        Stage::Retire => {
            // Until the last name has moved, users send by the old platform; then their mail may
            // wait in its queue, and in other people's.
            let under_way = last_middle.map(|since| under_way(since, policy));
            let quiet = policy.quiet_since.map(|since| Gate::NotBefore(since + policy.silence));
            vec![held(policy.soak, "soak"), held(policy.silence, "silence"), under_way, quiet]
        }
        Stage::RetireKeys => vec![held(policy.soak + policy.transit, "mail under way")],
    };
    gates.into_iter().flatten().collect()
}

/// Until what was sent by the old platform has left its queue, and other people's.
fn under_way(since: Stage, policy: &Policy) -> Gate {
    Gate::Arrived { since, wait: policy.queue + policy.transit }
}

/// Until when a stage waits where somebody has begun and nobody remembers when: as if it had been
/// just now.
fn unknown_past(stage: Stage, policy: &Policy) -> Option<Timestamp> {
    let wait = match stage {
        Stage::Prepare => return None,
        Stage::Retire => policy.soak.max(policy.silence).max(policy.queue + policy.transit),
        Stage::RetireKeys => policy.soak.max(policy.queue) + policy.transit,
        _ => Duration::ZERO,
    };
    policy.unknown_before.map(|since| since + wait.max(OBLIVION))
}

/// Whether a checkpoint is asked for before this stage: it stands there, or what stands between
/// has dropped out of the walk.
fn is_due(point: &Checkpoint, stage: Stage, earlier: &[Stage], policy: &Policy) -> bool {
    let rank = |wanted: Stage| super::order(policy).position(|stage| stage == wanted);
    let first_allowed = match point.place {
        Place::Before(stage) => rank(stage),
        Place::After(stage) => rank(stage).map(|rank| rank + 1),
    };
    let is_behind = |stage| first_allowed <= rank(stage);
    is_behind(stage) && !earlier.iter().any(|earlier| is_behind(*earlier))
}
