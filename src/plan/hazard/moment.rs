//! One phase of a plan, and the versions of the zone that caches may hold in it.

use super::{Direction, Hazard, Held, Invariant, Plan, Stage};
use crate::dns::{Answer, Name, RrKey, Rtype, Zone};
use crate::mail::Intent;
use crate::plan::{Gate, Phase};
use std::ops::RangeInclusive;

/// A phase, from the sending of its changes to that of the next.
#[derive(Clone)]
pub(super) struct Moment<'a> {
    /// The zone before all phases, and after each.
    pub(super) zones: &'a [Zone],
    /// The plan.
    pub(super) plan: &'a Plan,
    /// What both sides want.
    pub(super) intent: &'a Intent,
    /// Whether users of the old platform send by names of its own until it retires.
    keeps_users: bool,
    /// Which phase it is.
    pub(super) phase: usize,
    /// Which zones a cache may hold something of.
    pub(super) alive: RangeInclusive<usize>,
}

/// The zone before all phases, and after each.
pub(super) fn zones(start: &Zone, plan: &Plan) -> Vec<Zone> {
    let mut zones = vec![start.clone()];
    let mut zone = start.clone();
    for phase in &plan.phases {
        for change in &phase.changes {
            match change.after() {
                Some(after) => zone.put(after.clone()),
                None => drop(zone.remove(change.key())),
            }
        }
        zones.push(zone.clone());
    }
    zones
}

/// Every phase in its turn.
pub(super) fn moments<'a>(
    zones: &'a [Zone],
    plan: &'a Plan,
    intent: &'a Intent,
) -> impl Iterator<Item = Moment<'a>> {
    let (mut oldest, keeps_users) = (0, intent.keeps_users());
    plan.phases.iter().enumerate().map(move |(phase, at)| {
        // What has drained once is dead for good.
        let drained = at.gates.iter().filter_map(|gate| drained(gate, &plan.phases[..phase]));
        oldest = drained.fold(oldest, usize::max);
        Moment { zones, plan, intent, keeps_users, phase, alive: oldest..=phase + 1 }
    })
}

/// The oldest zone that a cache may still hold something of, once this gate is open.
fn drained(gate: &Gate, earlier: &[Phase]) -> Option<usize> {
    match gate {
        // TTLs that still run out do not matter here: what they hold is as the next version has it.
        Gate::Drained(stage) | Gate::Usable(stage) | Gate::Arrived { since: stage, .. } => {
            Some(earlier.iter().position(|phase| phase.stage == *stage)? + 1)
        }
        Gate::NotBefore(_) | Gate::Held { .. } | Gate::Confirmed(_) | Gate::Probed(_) => None,
    }
}

impl<'a> Moment<'a> {
    /// The zone's own name.
    pub(super) fn apex(&self) -> &'a Name {
        self.zones[0].apex()
    }

    /// The zones that may be alive in caches, the oldest first, by their place on the walk.
    pub(super) fn alive(&self) -> impl Iterator<Item = (usize, &'a Zone)> {
        let zones = self.zones;
        self.alive.clone().filter_map(move |at| Some((at, zones.get(at)?)))
    }

    /// The zone that the servers have.
    pub(super) fn newest(&self) -> &'a Zone {
        &self.zones[*self.alive.end()]
    }

    /// The zone that the plan leads to.
    pub(super) fn last(&self) -> &'a Zone {
        &self.zones[self.zones.len() - 1]
    }

    /// As if nobody held anything but one version.
    pub(super) fn alone(&self, at: usize) -> Self {
        Self { alive: at..=at, ..self.clone() }
    }

    /// What may be answered to a question, each answer once, the oldest first.
    pub(super) fn answers(&self, key: &RrKey) -> Vec<Answer<'a>> {
        let mut answers = Vec::new();
        for (_, zone) in self.alive() {
            let answer = Answer::of(zone, key);
            if !answers.contains(&answer) {
                answers.push(answer);
            }
        }
        answers
    }

    /// Whether this is the forward direction.
    pub(super) fn is_forward(&self) -> bool {
        self.plan.direction == Direction::Forward
    }

    /// Whether the way forward has come to one of these stages.
    pub(super) fn has_reached(&self, is_it: impl Fn(Stage) -> bool) -> bool {
        let upto = &self.plan.phases[..=self.phase];
        self.is_forward() && upto.iter().any(|phase| is_it(phase.stage))
    }

    /// Whether nothing that the old platform has sent can be under way any more by this stage.
    pub(super) fn is_unsent_in(&self, stage: Stage) -> bool {
        match self.keeps_users {
            true => stage == Stage::RetireKeys,
            false => stage.is_final(),
        }
    }

    /// Whether the new platform may have sent mail, of which some is under way.
    ///
    /// It may from the first phase that relies on `prepare`. On the way back it may as long as a
    /// version lives that is from before the last of those was undone.
    pub(super) fn new_sends(&self) -> bool {
        let relies = |stage: Stage| stage != Stage::Prepare;
        match self.plan.direction {
            Direction::Forward => self.has_reached(relies),
            Direction::Back(to) => {
                let undone = &self.plan.phases[*self.alive.start()..];
                to.is_some_and(relies) || undone.iter().any(|phase| relies(phase.stage))
            }
        }
    }

    /// An answer that somebody holds.
    pub(super) fn held(&self, key: &RrKey, answer: Answer<'_>) -> Held {
        let (rtype, data) = match answer {
            Answer::Data(data) => (key.rtype, data.iter().map(ToString::to_string).collect()),
            Answer::Alias(target) => (Rtype::CNAME, vec![target.to_string()]),
            Answer::Absent | Answer::Elsewhere => (key.rtype, Vec::new()),
        };
        let since = self.since(|zone| Answer::of(zone, key) == answer);
        Held { key: RrKey::new(key.owner.clone(), rtype), data, since }
    }

    /// As of when something is so: since a phase brought it, or until one took it away.
    pub(super) fn since(&self, is_so: impl Fn(&Zone) -> bool) -> Option<String> {
        let first = |wanted| self.alive().find(|(_, zone)| is_so(zone) == wanted);
        let ((so, _), (not, _)) = (first(true)?, first(false)?);
        let (word, zone) = if so > not { ("after", so) } else { ("before", not) };
        let stage = self.plan.phases.get(zone - 1)?.stage;
        let undone = if self.is_forward() { "" } else { " is undone" };
        Some(format!("as {word} {stage}{undone}"))
    }

    /// A hazard of this phase.
    pub(super) fn hazard(
        &self,
        invariant: Invariant,
        owner: &Name,
        problem: String,
        mixture: Vec<Held>,
    ) -> Hazard {
        let stage = self.plan.phases[self.phase].stage;
        Hazard { stage, invariant, owner: owner.clone(), problem, mixture }
    }
}
