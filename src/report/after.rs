//! What came of a move, to be told afterwards or while it goes on. Pure.
//!
//! The journal tells what was planned, sent and confirmed, and when name servers followed; the
//! observations beside it tell what resolvers said. What nobody has seen stays unknown.

mod document;
mod paper;
mod passage;
mod remarks;
mod seen;
mod servers;

pub use document::document;
pub use paper::paper;
pub use passage::{Passage, Stray};
pub use seen::{Breach, Gone, Holder, LateCopy, Spread};
pub use servers::Follower;

use crate::dns::{RrKey, RrSet};
use crate::plan::{Plan, Policy, Timestamp, schedule};
use crate::run::view::{NextView, Progress};
use crate::run::{Entry, Event, IllegalEvent, Run, View};
use crate::watch::{Kind, Matrix, Observation, frames};
use std::collections::BTreeMap;

/// One zone's move.
#[derive(Clone, Debug)]
pub struct After {
    /// The platforms' names, where the zone file gives them: from and to.
    pub platforms: (Option<String>, Option<String>),
    /// When this was told.
    pub at: Timestamp,
    /// Where it stood then.
    pub view: View,
    /// The plans that were followed, one after the other.
    pub legs: Vec<Leg>,
    /// Caches that took in the old after publication.
    pub late: Vec<LateCopy>,
    /// Resolvers that kept records longer than those say.
    pub breaches: Vec<Breach>,
    /// From when to when somebody watched, as far as changes show.
    pub watched: Option<(Timestamp, Timestamp)>,
}

/// One plan, and what was done by it.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The plan, as it was in the end.
    pub plan: Plan,
    /// When it was approved.
    pub planned: Timestamp,
    /// When it was edited, and into which.
    pub revisions: Vec<(Timestamp, String)>,
    /// When another took its place.
    pub left: Option<Timestamp>,
    /// What people and checks have said.
    pub words: Vec<Word>,
    /// Its phases.
    pub passages: Vec<Passage>,
}

/// What a person confirmed, or a check found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Word {
    /// When.
    pub at: Timestamp,
    /// The checkpoint, or the check.
    pub about: String,
    /// Who; `None` is a check.
    pub by: Option<String>,
    /// In their words.
    pub said: Option<String>,
}

/// One RRset before the move and now; `None` is absence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moved {
    /// Owner and type.
    pub key: RrKey,
    /// Before the first change.
    pub before: Option<RrSet>,
    /// After the last one that was sent.
    pub after: Option<RrSet>,
}

impl After {
    /// What a journal and the observations beside it tell; `policy` is that of the zone file.
    pub fn of(
        entries: &[Entry],
        observations: &[Observation],
        policy: &Policy,
        at: Timestamp,
    ) -> Result<Self, IllegalEvent> {
        let (first, rest) = entries.split_first().ok_or(IllegalEvent::NoPlan)?;
        let mut run = Run::replay([first])?;
        let mut targets = vec![(first.at, run.targets())];
        let (mut legs, mut begun) = (Vec::new(), 0);
        for (above, entry) in rest.iter().enumerate() {
            if matches!(entry.event, Event::Planned(_)) {
                let leg = Leg::of(&run, &entries[begun..=above], policy, entry.at);
                legs.push(Leg { left: Some(entry.at), ..leg });
                begun = above + 1;
            }
            run.record(entry)?;
            targets.push((entry.at, run.targets()));
        }
        legs.push(Leg::of(&run, &entries[begun..], policy, at));
        // Observations have whole seconds.
        let known = |now: Timestamp| {
            let upto = targets.partition_point(|(at, _)| at.timestamp() <= now.timestamp());
            upto.checked_sub(1).map(|last| targets[last].1.clone()).unwrap_or_default()
        };
        let zone = &run.plan().zone;
        let looks: Vec<_> = frames(zone, observations, known).collect();
        spread(&mut legs, observations, &looks);
        let watched = observations.first().zip(observations.last());
        Ok(Self {
            platforms: (None, None),
            at,
            view: run.view(at),
            legs,
            late: seen::late(&looks),
            breaches: seen::breaches(observations),
            watched: watched.map(|(first, last)| (first.at, last.at)),
        })
    }

    /// When the first change was sent.
    pub fn began(&self) -> Option<Timestamp> {
        self.legs.iter().flat_map(|leg| &leg.passages).find_map(|passage| passage.began)
    }

    /// When the last cache that obeys TTLs had forgotten; `None` while something is to be done.
    pub fn ended(&self) -> Option<Timestamp> {
        let last = self.legs.last().filter(|_| self.view.next == NextView::Done)?;
        let drained = last.passages.iter().filter_map(|passage| match passage.phase.progress {
            Progress::Drained(at) => Some(at),
            _ => None,
        });
        drained.max()
    }

    /// What has become of every RRset that was touched.
    pub fn records(&self) -> Vec<Moved> {
        let mut all: BTreeMap<RrKey, Moved> = BTreeMap::new();
        let passages = self.legs.iter().flat_map(|leg| &leg.passages);
        for passage in passages.filter(|one| one.phase.progress.has_begun()) {
            for change in &passage.phase.changes {
                let key = change.key();
                let (before, after) = (change.before().cloned(), change.after().cloned());
                all.entry(key.clone())
                    .and_modify(|moved| moved.after.clone_from(&after))
                    .or_insert_with(|| Moved { key: key.clone(), before, after });
            }
        }
        all.into_values().collect()
    }
}

impl Leg {
    fn of(run: &Run, entries: &[Entry], policy: &Policy, at: Timestamp) -> Self {
        let plan = run.plan();
        let times = schedule(plan, policy, run.planned()).phases;
        let phases = run.view(at).phases.into_iter().zip(times);
        let revisions = entries.iter().filter_map(|entry| match &entry.event {
            Event::Revised(plan) => Some((entry.at, plan.digest())),
            _ => None,
        });
        Self {
            plan: plan.clone(),
            planned: run.planned(),
            revisions: revisions.collect(),
            left: None,
            words: entries.iter().filter_map(Word::of).collect(),
            passages: phases.map(|(view, times)| Passage::of(view, times, entries)).collect(),
        }
    }
}

impl Word {
    fn of(Entry { at, event }: &Entry) -> Option<Self> {
        match event.clone() {
            Event::Confirmed { checkpoint, by, note } => {
                Some(Self { at: *at, about: checkpoint, by: Some(by), said: note })
            }
            Event::Probed { probe, found } => {
                Some(Self { at: *at, about: probe, by: None, said: Some(found) })
            }
            _ => None,
        }
    }
}

/// Gives each phase what was seen of it: until the next one that touches the same.
fn spread(legs: &mut [Leg], observations: &[Observation], looks: &[Matrix]) {
    let resolvers: Vec<_> = observations.iter().filter(|one| one.kind == Kind::Resolver).collect();
    let begins: Vec<_> = legs
        .iter()
        .flat_map(|leg| &leg.passages)
        .filter_map(|one| Some((one.began?, one.phase.changes.clone())))
        .collect();
    for passage in legs.iter_mut().flat_map(|leg| &mut leg.passages) {
        let Some(published) = passage.phase.published else { continue };
        let ends = |key: &RrKey| {
            let later = begins.iter().filter(|(began, _)| *began > published);
            let touches = later.filter(|(_, all)| all.iter().any(|one| one.key() == key));
            touches.map(|(began, _)| *began).min()
        };
        let own = resolvers.iter().copied().filter(|one| {
            passage.phase.changes.iter().any(|change| *change.key() == one.key)
                && published.timestamp() <= one.at.timestamp()
                && ends(&one.key).is_none_or(|end| one.at.timestamp() < end.timestamp())
        });
        passage.spread = Spread::of(published, &own.collect::<Vec<_>>(), looks);
    }
}

#[cfg(test)]
mod tests;
