//! Taking facts in: which may follow which, and what each makes of the run.

use super::{Confirmation, Entry, Event, Mark, Run, State, Timestamp};
use crate::plan::ledger::Answer;
use crate::plan::{Change, Direction, Phase, Plan, Served, Sighting, Stage, matches};

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
    /// A revised plan that disagrees with what has been done.
    #[error("a revised plan does not come to where the run stands")]
    OtherPast,
}

impl Run {
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

    /// Takes a fact in.
    pub fn record(&mut self, entry: &Entry) -> Result<(), IllegalEvent> {
        match &entry.event {
            Event::Planned(plan) => self.replan(plan, entry.at)?,
            Event::Revised(plan) => self.revise(plan)?,
            Event::Found(stage) => self.find(&entry.event, *stage)?,
            Event::Probed { probe, .. } => drop(self.probed.insert(probe.clone(), entry.at)),
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
            Event::Applied(stage, _) => {
                self.expect(&entry.event, *stage, &[State::Applying])?;
                self.state = State::Applied;
                let mark = Mark { applied: entry.at, published: None, usable: None, drained: None };
                self.marks.insert(*stage, mark);
            }
            Event::Seen { stage, seen } => {
                self.expect(&entry.event, *stage, &[State::Applying, State::Applied])?;
                seen.iter().for_each(|sighting| self.sight(sighting, entry.at));
            }
            Event::Published { stage, since } => {
                self.expect(&entry.event, *stage, &[State::Applied])?;
                self.publish(*stage, *since);
                self.state = State::Ready;
                self.index += 1;
            }
        }
        self.last = self.last.max(entry.at);
        Ok(())
    }

    fn expect(&self, event: &Event, stage: Stage, allowed: &[State]) -> Result<(), IllegalEvent> {
        let current = self.plan.phases.get(self.index).map(|phase| phase.stage);
        if current == Some(stage) && allowed.contains(&self.state) {
            return Ok(());
        }
        Err(self.out_of_order(event, stage))
    }

    fn out_of_order(&self, event: &Event, stage: Stage) -> IllegalEvent {
        IllegalEvent::Order { event: event.name(), stage, state: self.state.name() }
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
        let (past, last) = (self.forgotten_by(at), self.last);
        // Who has done a manual step before anything was sent need not do it again.
        let is_same_way = !has_begun && !self.is_through() && !turns_back;
        let confirmed =
            if is_same_way { std::mem::take(&mut self.confirmed) } else { <_>::default() };
        *self = Self { ledger, past, last, confirmed, ..Self::new(plan.clone(), at) };
        Ok(())
    }

    /// Goes on by another plan, which must agree in all that has been done.
    fn revise(&mut self, plan: &Plan) -> Result<(), IllegalEvent> {
        let done = self.done();
        let past = |phases: &[Phase]| -> Option<Vec<(Stage, Vec<Change>)>> {
            Some(phases.get(..done)?.iter().map(|p| (p.stage, p.changes.clone())).collect())
        };
        let is_forward = [&self.plan, plan].iter().all(|p| p.direction == Direction::Forward);
        if !is_forward || past(&self.plan.phases) != past(&plan.phases) {
            return Err(IllegalEvent::OtherPast);
        }
        self.plan = plan.clone();
        Ok(())
    }

    /// The live zone holds more than the journal knows.
    fn find(&mut self, event: &Event, stage: Stage) -> Result<(), IllegalEvent> {
        let at = self.plan.phases.iter().position(|phase| phase.stage == stage);
        let least = self.index + usize::from(self.state == State::Applied);
        match at.filter(|at| least <= *at) {
            Some(at) => self.found = at + 1,
            None => return Err(self.out_of_order(event, stage)),
        }
        Ok(())
    }

    /// Takes in what a server, or the provider, was seen with.
    fn sight(&mut self, sighting: &Sighting, at: Timestamp) {
        let Sighting { server, key, served } = sighting;
        let changes = self.plan.phases.get(self.index).map(|phase| &phase.changes);
        let change = changes.into_iter().flatten().find(|change| change.key() == key);
        let planned = |side: fn(&Change) -> Option<&crate::dns::RrSet>| {
            change.map(|change| Answer::of(side(change), self.plan.negative_ttl))
        };
        let answer = match served {
            Served::Before => planned(Change::before),
            Served::After => planned(Change::after),
            Served::Other(answer) => Some(answer.clone()),
        };
        if let Served::Other(answer) = served {
            self.strays.push((key.clone(), answer.clone()));
        }
        if let (Some(server), Some(answer)) = (server, answer) {
            self.ledger.sight(key, answer, server, at);
            self.holders.insert((server.clone(), key.clone()), served.clone());
        }
    }

    /// Takes publication into the ledger; the horizon follows from it.
    fn publish(&mut self, stage: Stage, since: Timestamp) {
        let Some(phase) = self.plan.phase(stage).cloned() else {
            return;
        };
        self.holders.clear();
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
            let is_wanted = |served: &Answer| matches(served.rrset(), after, scope);
            let horizon = self.ledger.horizon(key, is_wanted);
            self.ledger.observe(key, Answer::of(after, negative_ttl), since);
            let horizon = horizon.map_or(since, |horizon| horizon + self.plan.cache_floor);
            drained = drained.max(horizon);
            if !change.is_ttl_only() {
                usable = usable.max(horizon);
            }
        }
        if let Some(mark) = self.marks.get_mut(&stage) {
            let (usable, drained) = (Some(usable), Some(drained));
            *mark = Mark { published: Some(since), usable, drained, ..*mark };
        }
    }
}
