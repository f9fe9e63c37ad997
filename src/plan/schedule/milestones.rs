//! What people put into their calendars.

use super::Times;
use crate::dns::{RrKey, Rtype};
use crate::plan::{Change, Direction, Gate, Phase, Plan, Policy, Stage, Timestamp};
use std::time::Duration;

/// Times that belong to the plan as a whole; `None` where the plan has nothing of the kind.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Milestones {
    /// The last moment at which a change still reaches every cache within the window.
    pub last_change: Option<Timestamp>,
    /// The last moment at which turning back still ends within the window, tests included.
    pub last_rollback: Option<Timestamp>,
    /// When the new platform has noticed that MX leads to it.
    pub mx_noticed_by: Option<Timestamp>,
    /// Until when the old system must serve.
    pub soak_until: Option<Timestamp>,
    /// When the old server has been quiet for long enough, as far as its logs tell by now.
    pub quiet_at: Option<Timestamp>,
    /// Until when mail signed with the old keys may be under way, if nothing was sent through the
    /// old platform after the window opened.
    pub old_keys_until: Option<Timestamp>,
    /// When the old mail server may stop taking mail, and its account may end: keys that it
    /// publishes are copied by then, and no cache leads to them any more.
    pub decommission_at: Option<Timestamp>,
    /// When the old machines and addresses may serve something else.
    pub repurpose_at: Option<Timestamp>,
    /// By when manual steps that take long must be begun: their ids.
    pub begin_by: Vec<(String, Timestamp)>,
}

impl Milestones {
    pub(super) fn of(plan: &Plan, policy: &Policy, times: &[Times]) -> Self {
        if plan.direction != Direction::Forward || plan.phases.is_empty() {
            return Self::default();
        }
        let all = || plan.phases.iter().zip(times);
        let middle = || all().filter(|(phase, _)| phase.stage.is_middle());
        let moved = all().find(|(phase, _)| phase.stage == Stage::Delivery).map(|(_, times)| times);
        let soak_until = moved.map(|times| times.begins + policy.soak);
        let quiet_at = policy.quiet_since.map(|since| since + policy.silence);
        let last_used = middle().map(|(_, times)| times.begins).max();
        let careful = moved.map(|times| times.drained_by + STALE);
        let copied =
            all().filter(|(phase, _)| phase.changes.iter().any(|one| gives_way(one, phase)));
        let copied = copied.map(|(_, times)| times.drained_by).max();
        let window = plan.window;
        let kept = middle().flat_map(|(phase, _)| &phase.changes);
        let kept = kept.filter_map(|change| change.after().map(|_| plan.persistence(change)));
        let settle = kept.max().map(|kept| plan.propagation + kept);
        let within = |lead| Some(window?.closes() - (settle? + lead));
        let points = plan.phases.iter().flat_map(|phase| &phase.gates);
        let begin_by = points.filter_map(|gate| match gate {
            Gate::Confirmed(point) => Some((point.id.clone(), window?.opens - point.lead?)),
            _ => None,
        });
        Self {
            last_change: within(Duration::ZERO),
            last_rollback: within(policy.verify),
            mx_noticed_by: moved
                .filter(|_| !policy.mx_wait.is_zero())
                .map(|times| times.begins + policy.mx_wait),
            soak_until,
            quiet_at,
            old_keys_until: window.map(|window| window.opens + policy.queue + policy.transit),
            decommission_at: soak_until.max(quiet_at).max(last_used).max(careful).max(copied),
            repurpose_at: window.map(|window| window.closes() + policy.repurpose_after),
            begin_by: begin_by.collect(),
        }
    }
}

/// Whether a change takes an alias away, in the place of which its phase puts a text: a key that
/// was somebody else's.
fn gives_way(change: &Change, phase: &Phase) -> bool {
    let RrKey { owner, rtype } = change.key();
    let is_text = |other: &Change| other.key() == &RrKey::new(owner.clone(), Rtype::TXT);
    *rtype == Rtype::CNAME
        && change.after().is_none()
        && phase.changes.iter().any(|other| is_text(other) && other.before().is_none())
}

/// How long a cache may serve what has expired: up to 3 days (RFC 8767 §5).
const STALE: Duration = Duration::from_secs(3 * 86_400);
