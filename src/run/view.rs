//! All that a face shows of a run, at one moment.

use super::{Confirmation, Next, Run, Timestamp, Waiting};
use crate::dns::{Name, RrKey};
use crate::plan::ledger::Version;
use crate::plan::{Change, Checkpoint, Direction, Gate, Probe, Stage};
use std::time::Duration;

/// A run at one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct View {
    /// The zone.
    pub zone: Name,
    /// Which way it goes.
    pub direction: Direction,
    /// The plan's digest.
    pub digest: String,
    /// When the plan was approved.
    pub planned: Timestamp,
    /// Its phases in order.
    pub phases: Vec<PhaseView>,
    /// What comes next.
    pub next: NextView,
    /// What servers were seen to answer: all versions, each with its times.
    pub versions: Vec<(RrKey, Version)>,
    /// What turning back would cost now; `None` when nothing can or need be turned back.
    pub rollback: Option<Price>,
}

/// One phase.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PhaseView {
    /// Its stage.
    pub stage: Stage,
    /// How far it is.
    pub progress: Progress,
    /// When the provider held its changes.
    pub applied: Option<Timestamp>,
    /// From when on every name server answered them.
    pub published: Option<Timestamp>,
    /// Its gates: what each waits for, and when it opens or opened.
    pub gates: Vec<GateView>,
    /// Its changes.
    pub changes: Vec<Change>,
}

/// How far a phase is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// Not begun.
    Planned,
    /// Sent, outcome unknown.
    Applying,
    /// The provider has it; not every server yet.
    Applied(Timestamp),
    /// Every server has it; caches may remember otherwise until then.
    Draining(Timestamp),
    /// No cache that obeys TTLs remembers otherwise, since then.
    Drained(Timestamp),
}

impl Progress {
    /// Whether anything of it was sent.
    pub fn has_begun(self) -> bool {
        self != Self::Planned
    }
}

/// A gate with its state.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GateView {
    /// The gate.
    pub gate: Gate,
    /// When it opens, for those that go by time and whose time is known.
    pub opens: Option<Timestamp>,
    /// Who confirmed it, for those that wait for a person.
    pub confirmed: Option<Confirmation>,
}

/// What comes next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NextView {
    /// A phase can be applied.
    Apply(Stage),
    /// A phase was sent and must be compared.
    Reconcile(Stage),
    /// A phase waits for the last server.
    Observe(Stage),
    /// A wait until then; for what.
    Wait(Timestamp, String),
    /// The window closed at this time, unused.
    Missed(Timestamp),
    /// A manual step: its name and what to do.
    Ask(String, String),
    /// A check: its name, and what it looks at.
    Probe(String, String),
    /// Nothing.
    Done,
}

/// What turning back costs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Price {
    /// How long until no cache that obeys TTLs has the new content.
    pub takes: Duration,
    /// When that would be.
    pub until: Timestamp,
}

impl Run {
    /// What to show at `now`.
    pub fn view(&self, now: Timestamp) -> View {
        let phases = (0..self.plan.phases.len()).map(|at| self.phase_view(at, now)).collect();
        View {
            zone: self.plan.zone.clone(),
            direction: self.plan.direction,
            digest: self.plan.digest(),
            planned: self.planned,
            phases,
            next: self.next_view(now),
            versions: self.ledger.versions().map(|(k, v)| (k.clone(), v.clone())).collect(),
            rollback: self.price(now),
        }
    }

    fn phase_view(&self, at: usize, now: Timestamp) -> PhaseView {
        let phase = &self.plan.phases[at];
        let mark = self.marks.get(&phase.stage);
        let progress = match mark.map(|mark| (mark.applied, mark.drained)) {
            Some((_, Some(drained))) if drained <= now => Progress::Drained(drained),
            Some((_, Some(drained))) => Progress::Draining(drained),
            Some((applied, None)) => Progress::Applied(applied),
            None if at < self.applied() => Progress::Applying,
            None => Progress::Planned,
        };
        let gates = phase.gates.iter().map(|gate| GateView {
            gate: gate.clone(),
            opens: self.opens(gate),
            confirmed: match gate {
                Gate::Confirmed(Checkpoint { id, .. }) | Gate::Probed(Probe { id, .. }) => {
                    self.confirmed.get(id).cloned()
                }
                _ => None,
            },
        });
        let (stage, changes) = (phase.stage, phase.changes.clone());
        let (applied, published) = (mark.map(|mark| mark.applied), mark.and_then(|m| m.published));
        PhaseView { stage, progress, applied, published, gates: gates.collect(), changes }
    }

    fn next_view(&self, now: Timestamp) -> NextView {
        match self.poll(now) {
            Next::Apply(phase) => NextView::Apply(phase.stage),
            Next::Reconcile(phase) => NextView::Reconcile(phase.stage),
            Next::Observe(phase) => NextView::Observe(phase.stage),
            Next::Wait(until, waiting) => NextView::Wait(until, describe(waiting)),
            Next::Ask(point) => NextView::Ask(point.id.clone(), point.ask.clone()),
            Next::Probe(probe) => NextView::Probe(probe.id.clone(), probe.to_string()),
            Next::Missed(closed) => NextView::Missed(closed),
            Next::Done => NextView::Done,
        }
    }

    /// The longest-lived record to be taken back, behind the bound for propagation.
    fn price(&self, now: Timestamp) -> Option<Price> {
        let applied = &self.plan.phases[..self.applied()];
        let is_stuck = applied.iter().any(|phase| phase.stage.is_final());
        if is_stuck || self.plan.direction != Direction::Forward {
            return None;
        }
        let undone = applied.iter().filter(|phase| phase.stage != Stage::Prepare);
        let kept =
            undone.flat_map(|phase| &phase.changes).map(|change| self.plan.persistence(change));
        let takes = self.plan.propagation + kept.max()?;
        Some(Price { takes, until: now + takes })
    }
}

/// What a wait is for, in words.
fn describe(waiting: Waiting<'_>) -> String {
    match waiting {
        Waiting::Clock => "this machine's clock, which is behind the journal".to_owned(),
        Waiting::Drain => "the last caches to forget the old records".to_owned(),
        Waiting::Past(phase) => format!("caches to forget the plan before, for {}", phase.stage),
        Waiting::Gate(phase, gate) => match gate {
            Gate::NotBefore(_) => format!("the time planned for {}", phase.stage),
            Gate::Drained(stage) => format!("caches to forget what was before {stage}"),
            Gate::Usable(stage) => format!("caches to know what {stage} has added"),
            Gate::Held { since, why, .. } => format!("{why}, counted from {since}"),
            Gate::Arrived { since, .. } => format!("mail sent before {since} to arrive"),
            Gate::Confirmed(point) => point.ask.clone(),
            Gate::Probed(probe) => probe.to_string(),
        },
    }
}
