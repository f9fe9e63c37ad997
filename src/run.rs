//! Floor 3: where a transition stands. Pure: time comes in as an argument.
//!
//! A [`Run`] is a plan and the fold of its entries. [`Run::poll`] says what to do at a given time,
//! [`Run::record`] takes in what happened, and replaying a journal is recording it again. Nothing
//! here waits, asks, or writes.

mod event;
mod record;
mod target;
pub mod view;

pub use crate::plan::Timestamp;
pub use event::{Entry, Event};
pub use record::IllegalEvent;
pub use target::{Target, Verdict};
pub use view::View;

use crate::dns::{RrKey, RrSet, Zone};
use crate::plan::ledger::Answer;
use crate::plan::{
    Change, Checkpoint, Direction, Drift, Gate, Ledger, Phase, Plan, Probe, Served, Sighting,
    Stage, lies_between, matches,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// What to do next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Next<'a> {
    /// Send the phase's changes.
    Apply(&'a Phase),
    /// A send began and its end is unknown: compare, then send what is missing.
    Reconcile(&'a Phase),
    /// Ask the authoritative servers.
    Observe(&'a Phase),
    /// Nothing to do before this time.
    Wait(Timestamp, Waiting<'a>),
    /// A person must do something and say so.
    Ask(&'a Checkpoint),
    /// A check must pass.
    Probe(&'a Probe),
    /// The window closed at this time, and nothing that users notice has moved: nobody wants it to
    /// happen on a working day instead.
    Missed(Timestamp),
    /// All is done, and no cache that obeys TTLs remembers otherwise.
    Done,
}

/// What a wait is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Waiting<'a> {
    /// A gate of this phase.
    Gate(&'a Phase, &'a Gate),
    /// What an earlier plan, given up or turned back, has left in caches.
    Past(&'a Phase),
    /// The last caches.
    Drain,
    /// The clock stands before the last entry: it jumped back, or jumped ahead before.
    Clock,
}

/// A transition under way: the fold of its journal.
#[derive(Clone, Debug)]
pub struct Run {
    plan: Plan,
    planned: Timestamp,
    index: usize,
    state: State,
    /// How many phases the live zone is known to hold, whatever the journal has lost.
    found: usize,
    /// The time of the latest entry.
    last: Timestamp,
    marks: BTreeMap<Stage, Mark>,
    confirmed: BTreeMap<String, Confirmation>,
    /// When each check passed last.
    probed: BTreeMap<String, Timestamp>,
    ledger: Ledger,
    /// Versions that nobody planned, seen while the present phase was being published.
    strays: Vec<(RrKey, Answer)>,
    /// What each server was last seen to answer, while the present phase spreads.
    holders: BTreeMap<(String, RrKey), Served>,
    /// Until when caches may remember what an earlier plan replaced.
    past: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Ready,
    Applying,
    Applied,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Applying => "applying",
            Self::Applied => "applied",
        }
    }
}

/// When a phase reached what.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mark {
    /// When the provider held its changes.
    pub applied: Timestamp,
    /// From when on every server answered them; `None` before.
    pub published: Option<Timestamp>,
    /// When caches know what was added or put in another's place; `None` before publication.
    pub usable: Option<Timestamp>,
    /// When caches forget what was before; `None` before publication.
    pub drained: Option<Timestamp>,
}

/// Who confirmed a checkpoint, and when.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Confirmation {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// In their words.
    pub note: Option<String>,
}

impl Run {
    /// A run that has not begun.
    pub fn new(plan: Plan, planned: Timestamp) -> Self {
        Self {
            plan,
            planned,
            index: 0,
            state: State::Ready,
            found: 0,
            last: planned,
            marks: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            probed: BTreeMap::new(),
            ledger: Ledger::default(),
            strays: Vec::new(),
            holders: BTreeMap::new(),
            past: None,
        }
    }

    /// What to do at `now`.
    pub fn poll(&self, now: Timestamp) -> Next<'_> {
        if now + CLOCKS_DIFFER < self.last {
            return Next::Wait(self.last, Waiting::Clock);
        }
        let Some(phase) = self.plan.phases.get(self.index) else {
            return match self.drained().filter(|drained| now < *drained) {
                Some(drained) => Next::Wait(drained, Waiting::Drain),
                None => Next::Done,
            };
        };
        match self.state {
            State::Applying => Next::Reconcile(phase),
            State::Applied => Next::Observe(phase),
            // What is there already waits for nothing, but is looked at like the rest.
            State::Ready if self.index < self.found => Next::Apply(phase),
            State::Ready => self.gate(phase, now).unwrap_or(Next::Apply(phase)),
        }
    }

    /// The gate that keeps a phase from beginning, times before people.
    fn gate<'a>(&'a self, phase: &'a Phase, now: Timestamp) -> Option<Next<'a>> {
        if let Some(closed) = self.missed(phase, now) {
            return Some(Next::Missed(closed));
        }
        if let Some(past) = self.past.filter(|past| now < *past && self.minds_the_past(phase)) {
            return Some(Next::Wait(past, Waiting::Past(phase)));
        }
        let opens = phase.gates.iter().filter_map(|gate| Some((self.opens(gate)?, gate)));
        let last = opens.filter(|(opens, _)| now < *opens).max_by_key(|(opens, _)| *opens);
        if let Some((opens, gate)) = last {
            return Some(Next::Wait(opens, Waiting::Gate(phase, gate)));
        }
        let asked = phase.gates.iter().find_map(|gate| match gate {
            Gate::Confirmed(point) if !self.is_confirmed(&point.id) => Some(Next::Ask(point)),
            _ => None,
        });
        // Last of all, since it tells of this moment only.
        asked.or_else(|| {
            phase.gates.iter().find_map(|gate| match gate {
                Gate::Probed(probe) if !self.has_passed(probe, now) => Some(Next::Probe(probe)),
                _ => None,
            })
        })
    }

    fn has_passed(&self, probe: &Probe, now: Timestamp) -> bool {
        let passed = self.probed.get(&probe.id);
        passed.is_some_and(|at| now < *at + FRESH) || self.is_confirmed(&probe.id)
    }

    /// When the window closed, if this phase would be the first to be noticed and comes too late.
    fn missed(&self, phase: &Phase, now: Timestamp) -> Option<Timestamp> {
        let closed = self.plan.window?.closes();
        let is_first = phase.stage.is_middle() && !self.marks.keys().any(|stage| stage.is_middle());
        (is_first && closed <= now).then_some(closed)
    }

    /// Whether a phase may not begin on top of what caches remember: on the way back there is
    /// nothing to lose, and `prepare` only adds.
    fn minds_the_past(&self, phase: &Phase) -> bool {
        self.plan.direction == Direction::Forward && phase.stage != Stage::Prepare
    }

    /// When caches will have forgotten what this plan has replaced so far, seen from `now`.
    fn forgotten_by(&self, now: Timestamp) -> Option<Timestamp> {
        let under_way = self.plan.phases.get(self.index).filter(|_| self.state != State::Ready);
        let bound = under_way.map(|phase| {
            let stale = phase.changes.iter().map(|change| self.plan.staleness(change)).max();
            now + self.plan.propagation + stale.unwrap_or_default()
        });
        self.past.max(bound).max(self.drained())
    }

    /// When a gate that goes by time opens.
    pub fn opens(&self, gate: &Gate) -> Option<Timestamp> {
        match gate {
            Gate::NotBefore(time) => Some(*time),
            Gate::Drained(stage) => self.upto(*stage, |mark| mark.drained),
            Gate::Usable(stage) => self.upto(*stage, |mark| mark.usable),
            Gate::Held { since, wait, .. } => {
                self.marks.get(since).map(|mark| mark.applied + *wait)
            }
            Gate::Arrived { since, wait } => {
                self.upto(*since, |mark| mark.drained).map(|drained| drained + *wait)
            }
            Gate::Confirmed(_) | Gate::Probed(_) => None,
        }
    }

    /// When the last cache forgets what all phases have replaced.
    fn drained(&self) -> Option<Timestamp> {
        self.marks.values().filter_map(|mark| mark.drained).max()
    }

    /// The latest such time among the phases up to a stage; nobody knows it before publication.
    fn upto(&self, stage: Stage, what: fn(&Mark) -> Option<Timestamp>) -> Option<Timestamp> {
        self.marks.get(&stage)?.published?;
        let upto = self.plan.phases.iter().position(|phase| phase.stage == stage)?;
        let marks = self.plan.phases[..=upto].iter().filter_map(|p| self.marks.get(&p.stage));
        marks.filter_map(what).max()
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// When it was approved.
    pub fn planned(&self) -> Timestamp {
        self.planned
    }

    /// The names of what a person may confirm: manual steps, and checks that they vouch for.
    pub fn checkpoints(&self) -> impl Iterator<Item = &str> {
        self.plan.phases.iter().flat_map(|phase| &phase.gates).filter_map(|gate| match gate {
            Gate::Confirmed(point) => Some(point.id.as_str()),
            Gate::Probed(probe) => Some(probe.id.as_str()),
            _ => None,
        })
    }

    /// Whether a sighting tells more than the journal does: servers are taken to answer as before
    /// until they are seen otherwise.
    pub fn is_news(&self, sighting: &Sighting) -> bool {
        let Sighting { server, key, served } = sighting;
        match (server, served) {
            (None, Served::Other(answer)) => !self.strays.contains(&(key.clone(), answer.clone())),
            (None, _) => false,
            (Some(server), served) => {
                let known = self.holders.get(&(server.clone(), key.clone()));
                known.unwrap_or(&Served::Before) != served
            }
        }
    }

    /// What servers must answer once a change is published: where the zone was found further on
    /// than the journal, what a later phase made of it.
    pub fn aim<'a>(&'a self, change: &'a Change) -> Option<&'a RrSet> {
        let later = self.plan.phases.get(self.index + 1..self.found).unwrap_or_default();
        let mut all = later.iter().flat_map(|phase| &phase.changes);
        all.rfind(|other| other.key() == change.key()).unwrap_or(change).after()
    }

    /// The last stage from the present one on after which the zone is just as this one, if any.
    pub fn stage_of(&self, live: &Zone) -> Option<Stage> {
        let mut further = (self.index..self.plan.phases.len()).rev();
        let found = further.find(|at| self.plan.is_as_after(*at, live))?;
        Some(self.plan.phases[found].stage)
    }

    /// Where the live zone is not as this run has left it. What was sent and not yet found there
    /// may be there or not.
    pub fn drift(&self, live: &Zone) -> Vec<Drift> {
        let sent = self.plan.phases.get(self.index).filter(|_| self.state != State::Ready);
        let sent: Vec<_> = sent.iter().flat_map(|phase| &phase.changes).collect();
        let is_under_way = |drift: &Drift| {
            let change = sent.iter().find(|change| *change.key() == drift.key);
            change.is_some_and(|change| {
                let (live, scope) = (live.get(&drift.key), self.plan.scope(&drift.key));
                matches(live, change.before(), scope) || lies_between(change, live, scope)
            })
        };
        let mut found = self.plan.drift(self.done(), live);
        found.retain(|drift| !is_under_way(drift));
        found
    }

    /// All that was ever seen of the zone.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How many phases have been sent, the one under way included.
    pub fn applied(&self) -> usize {
        self.index + usize::from(self.state != State::Ready)
    }

    /// Whether the zone is known to hold a stage.
    pub fn knows(&self, stage: Stage) -> bool {
        self.plan.phases[..self.done()].iter().any(|phase| phase.stage == stage)
    }

    /// The manual steps that the next phase still waits for.
    pub fn asked(&self) -> Vec<&Checkpoint> {
        let gates = self.plan.phases.get(self.index).map(|phase| &phase.gates);
        let points = gates.into_iter().flatten().filter_map(|gate| match gate {
            Gate::Confirmed(point) => Some(point),
            _ => None,
        });
        points.filter(|point| !self.is_confirmed(&point.id)).collect()
    }

    /// How many phases are known to be in the zone, sent by us or found there.
    pub fn done(&self) -> usize {
        self.applied().max(self.found)
    }

    /// Whether a person has confirmed a manual step.
    pub fn is_confirmed(&self, checkpoint: &str) -> bool {
        self.confirmed.contains_key(checkpoint)
    }

    /// How many phases every server answers with.
    pub fn published(&self) -> usize {
        self.index
    }

    /// Whether every phase has been published.
    pub fn is_through(&self) -> bool {
        self.index >= self.plan.phases.len()
    }
}

/// How long a passed check counts: long enough to send what waits for it, and no longer.
const FRESH: Duration = Duration::from_secs(600);

/// How far the clocks of machines that share a journal may stand apart.
const CLOCKS_DIFFER: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
