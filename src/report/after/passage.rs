//! One phase, as it was foreseen and as it went.

use super::{Follower, Gone, Spread, servers};
use crate::dns::RrKey;
use crate::plan::schedule::Times;
use crate::plan::{Guard, Served, Stage, Timestamp};
use crate::run::view::{PhaseView, Progress};
use crate::run::{Entry, Event};

/// One phase.
#[derive(Clone, Debug)]
pub struct Passage {
    /// How far it came, and its changes.
    pub phase: PhaseView,
    /// The times that the plan foresaw.
    pub foreseen: Times,
    /// When it was sent first.
    pub began: Option<Timestamp>,
    /// How often sending began: more than once after a kill.
    pub tries: usize,
    /// What the weakest provider compared before it wrote.
    pub guard: Option<Guard>,
    /// When the live zone was found to be there already.
    pub found: Option<Timestamp>,
    /// When each name server had it.
    pub followers: Vec<Follower>,
    /// What was answered and planned by nobody.
    pub strays: Vec<Stray>,
    /// What resolvers were seen to answer; `None` if nobody asked them.
    pub spread: Option<Spread>,
}

/// A version that nobody planned.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Stray {
    /// When it was seen.
    pub at: Timestamp,
    /// Under which key.
    pub key: RrKey,
    /// At which name server; `None` is the provider itself.
    pub server: Option<String>,
}

impl Passage {
    /// What a plan's entries tell of one of its phases.
    pub(super) fn of(phase: PhaseView, foreseen: Times, entries: &[Entry]) -> Self {
        let stage = phase.stage;
        let sent = entries.iter().filter(|entry| entry.event == Event::ApplyBegan(stage));
        let guard = entries.iter().rev().find_map(|entry| match entry.event {
            Event::Applied(of, guard) if of == stage => Some(guard),
            _ => None,
        });
        let found = entries.iter().find(|entry| entry.event == Event::Found(stage));
        Self {
            foreseen,
            began: sent.clone().map(|entry| entry.at).next(),
            tries: sent.count(),
            guard,
            found: found.map(|entry| entry.at),
            followers: servers::followers(&phase, entries),
            strays: strays(stage, entries),
            spread: None,
            phase,
        }
    }

    /// How long name servers took from the provider to the last of them.
    pub fn propagation(&self) -> Option<std::time::Duration> {
        let (applied, published) = self.phase.applied.zip(self.phase.published)?;
        Some((published - applied).to_std().unwrap_or_default())
    }

    /// When caches that obey TTLs forget what was before; `None` before publication.
    pub fn dead(&self) -> Option<Timestamp> {
        match self.phase.progress {
            Progress::Draining(at) | Progress::Drained(at) => Some(at),
            _ => None,
        }
    }

    /// When resolvers were rid of it; `None` if nobody asked them, or none answered.
    pub fn gone(&self) -> Option<Gone<'_>> {
        self.spread.as_ref()?.gone()
    }

    /// How long they were expected to take.
    pub fn bound(&self) -> std::time::Duration {
        (self.foreseen.published_by - self.foreseen.begins).to_std().unwrap_or_default()
    }
}

fn strays(of: Stage, entries: &[Entry]) -> Vec<Stray> {
    let mut strays: Vec<Stray> = Vec::new();
    for entry in entries {
        let Event::Seen { stage, seen } = &entry.event else { continue };
        for one in seen.iter().filter(|one| *stage == of && matches!(one.served, Served::Other(_)))
        {
            let server = one.server.as_deref().map(|one| servers::plain(one).to_owned());
            strays.push(Stray { at: entry.at, key: one.key.clone(), server });
        }
    }
    strays
}
