//! Floor 3: where a transition stands. Pure: time comes in as an argument.
//!
//! A [`Run`] is a plan and the fold of its entries. [`Run::poll`] says what to do at a given time,
//! [`Run::record`] takes in what happened, and replaying a journal is recording it again. Nothing
//! here waits, asks, or writes.

mod event;
mod target;
pub mod view;

pub use crate::plan::Timestamp;
pub use event::{Entry, Event};
pub use target::{Target, Verdict};
pub use view::View;

use crate::dns::RrKey;
use crate::plan::ledger::Answer;
use crate::plan::{Checkpoint, Direction, Gate, Ledger, Phase, Plan, Stage};
use std::collections::BTreeMap;

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
}

/// An entry that cannot follow those before it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IllegalEvent {
    /// The first entry is not a plan.
    #[error("the journal does not begin with a plan")]
    NoPlan,
    /// An event out of order.
    #[error("`{event}` of stage `{stage}` cannot follow in state `{state}`")]
    Order {
        /// The event.
        event: &'static str,
        /// The stage it names.
        stage: Stage,
        /// Where the run stood.
        state: &'static str,
    },
    /// A new plan while another is under way forward.
    #[error("a plan cannot begin while another is under way")]
    Busy,
}

/// A transition under way: the fold of its journal.
#[derive(Clone, Debug)]
pub struct Run {
    plan: Plan,
    planned: Timestamp,
    index: usize,
    state: State,
    marks: BTreeMap<Stage, Mark>,
    confirmed: BTreeMap<String, Confirmation>,
    ledger: Ledger,
    /// Versions that nobody planned, seen while the present phase was being published.
    strays: Vec<(RrKey, Answer)>,
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
            marks: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            ledger: Ledger::default(),
            strays: Vec::new(),
            past: None,
        }
    }

    /// A run as its journal left it; the journal's first entry is the plan.
    pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Self, IllegalEvent> {
        let mut entries = entries.into_iter();
        let mut run = match entries.next() {
            Some(Entry { at, event: Event::Planned(plan) }) => Self::new((**plan).clone(), *at),
            _ => return Err(IllegalEvent::NoPlan),
        };
        for entry in entries {
            run.record(entry)?;
        }
        Ok(run)
    }

    /// What to do at `now`.
    pub fn poll(&self, now: Timestamp) -> Next<'_> {
        let Some(phase) = self.plan.phases.get(self.index) else {
            return match self.drained().filter(|drained| now < *drained) {
                Some(drained) => Next::Wait(drained, Waiting::Drain),
                None => Next::Done,
            };
        };
        match self.state {
            State::Applying => Next::Reconcile(phase),
            State::Applied => Next::Observe(phase),
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
        phase.gates.iter().find_map(|gate| match gate {
            Gate::Confirmed(point) if !self.confirmed.contains_key(&point.id) => {
                Some(Next::Ask(point))
            }
            _ => None,
        })
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
            Gate::Confirmed(_) => None,
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

    /// Takes a fact in.
    pub fn record(&mut self, entry: &Entry) -> Result<(), IllegalEvent> {
        match &entry.event {
            Event::Planned(plan) => return self.replan(plan, entry.at),
            // One that the plan does not have is no mistake: `confirm` needs no lease, so a plan
            // back may have come in between.
            Event::Confirmed { checkpoint, by, note } => {
                let (at, by, note) = (entry.at, by.clone(), note.clone());
                self.confirmed.insert(checkpoint.clone(), Confirmation { at, by, note });
            }
            Event::ApplyBegan(stage) => {
                self.expect(&entry.event, *stage, &[State::Ready, State::Applying])?;
                self.state = State::Applying;
            }
            Event::Applied(stage) => {
                self.expect(&entry.event, *stage, &[State::Applying])?;
                self.state = State::Applied;
                let mark = Mark { applied: entry.at, published: None, usable: None, drained: None };
                self.marks.insert(*stage, mark);
            }
            Event::Seen { stage, seen } => {
                self.expect(&entry.event, *stage, &[State::Applying, State::Applied])?;
                self.strays.extend(seen.iter().cloned());
            }
            Event::Published { stage, since } => {
                self.expect(&entry.event, *stage, &[State::Applied])?;
                self.publish(*stage, *since);
                self.state = State::Ready;
                self.index += 1;
            }
        }
        Ok(())
    }

    fn expect(&self, event: &Event, stage: Stage, allowed: &[State]) -> Result<(), IllegalEvent> {
        let current = self.plan.phases.get(self.index).map(|phase| phase.stage);
        if current == Some(stage) && allowed.contains(&self.state) {
            return Ok(());
        }
        Err(IllegalEvent::Order { event: event.name(), stage, state: self.state.name() })
    }

    /// A plan may follow one that is through, or turn back one that is not.
    fn replan(&mut self, plan: &Plan, at: Timestamp) -> Result<(), IllegalEvent> {
        let turns_back = plan.direction != Direction::Forward;
        let has_begun = self.applied() > 0 || self.plan.direction != Direction::Forward;
        if has_begun && !self.is_through() && !turns_back {
            return Err(IllegalEvent::Busy);
        }
        let mut ledger = std::mem::take(&mut self.ledger);
        for (key, served) in std::mem::take(&mut self.strays) {
            ledger.observe(&key, served, at);
        }
        let past = self.forgotten_by(at);
        *self = Self { ledger, past, ..Self::new(plan.clone(), at) };
        Ok(())
    }

    /// Takes publication into the ledger; the horizon follows from it.
    fn publish(&mut self, stage: Stage, since: Timestamp) {
        let Some(phase) = self.plan.phase(stage).cloned() else {
            return;
        };
        // Whenever they were seen, they may have been answered to others until then.
        for (key, served) in std::mem::take(&mut self.strays) {
            self.ledger.observe(&key, served, since);
        }
        let negative_ttl = self.plan.negative_ttl;
        let (mut usable, mut drained) = (since, since);
        for change in &phase.changes {
            let key = change.key();
            let (before, after) = (change.before(), change.after());
            self.ledger.observe(key, Answer::of(before, negative_ttl), since);
            // Strangers' values may differ by now, which is none of our waits.
            let scope = self.plan.scope(key);
            let is_wanted = |served: &Answer| crate::plan::matches(served.rrset(), after, scope);
            let horizon = self.ledger.horizon(key, is_wanted);
            self.ledger.observe(key, Answer::of(after, negative_ttl), since);
            let horizon = horizon.map_or(since, |horizon| horizon + self.plan.cache_floor);
            drained = drained.max(horizon);
            if !change.is_ttl_only() {
                usable = usable.max(horizon);
            }
        }
        if let Some(mark) = self.marks.get_mut(&stage) {
            *mark = Mark {
                published: Some(since),
                usable: Some(usable),
                drained: Some(drained),
                ..*mark
            };
        }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The manual steps of the plan.
    pub fn checkpoints(&self) -> impl Iterator<Item = &Checkpoint> {
        self.plan.phases.iter().flat_map(|phase| &phase.gates).filter_map(|gate| match gate {
            Gate::Confirmed(point) => Some(point),
            _ => None,
        })
    }

    /// Whether this version is known to have been answered while the present phase spread.
    pub fn has_seen(&self, key: &RrKey, served: &Answer) -> bool {
        self.strays.iter().any(|(known, stray)| known == key && stray == served)
    }

    /// How many phases have been sent, the one under way included.
    pub fn applied(&self) -> usize {
        self.index + usize::from(self.state != State::Ready)
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

#[cfg(test)]
mod tests;
