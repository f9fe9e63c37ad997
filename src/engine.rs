//! Floor 6: the only loop.
//!
//! [`drive`] asks a run what is next, does it, and records what happened, in this order: journal,
//! memory, observers. It decides nothing that [`Run::poll`] has not decided.

mod observe;
mod stop;

pub use stop::Stop;

use crate::dns::{RrKey, RrSet, Zone};
use crate::plan::{
    Change, Checkpoint, Drift, Guard, Phase, Scope, Served, Sighting, Stage, completed, rebase,
    verify,
};
use crate::port::{
    Answer, Clock, Journal, JournalError, Lookup, LookupError, Prober, Provider, ProviderError,
};
use crate::run::{Entry, Event, IllegalEvent, Next, Run, Timestamp};
use std::time::Duration;

/// The outside world of one run.
pub struct World<'a> {
    /// Where changes go: one provider, or several that serve the same zone.
    pub providers: &'a [Box<dyn Provider>],
    /// Who tells what is published.
    pub lookup: &'a dyn Lookup,
    /// Who tries mail servers.
    pub prober: &'a dyn Prober,
    /// Where facts go.
    pub journal: &'a mut dyn Journal,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Who may end the drive between two steps.
    pub stop: &'a Stop,
}

impl World<'_> {
    /// Sleeps, unless asked to stop.
    async fn rest_until(&self, until: Timestamp) {
        tokio::select! {
            () = self.clock.sleep_until(until) => (),
            () = self.stop.asked() => (),
        }
    }
}

/// How far to drive, and how patiently.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Stop once this stage is published.
    pub through: Option<Stage>,
    /// Go on through waits and wait for people.
    pub wait: bool,
    /// How long between two looks at the name servers.
    pub pace: Duration,
    /// How long to wait for the slowest name server when not told to wait.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            through: None,
            wait: false,
            pace: Duration::from_secs(5), // BIND delays its NOTIFY by as much
            patience: Duration::from_secs(120),
        }
    }
}

/// Where a drive ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Nothing is left to do.
    Done,
    /// The stage asked for is published.
    Through(Stage),
    /// A gate is closed until then.
    Waiting(Timestamp),
    /// A person must confirm this.
    Asked(Checkpoint),
    /// The window closed at this time, unused.
    Missed(Timestamp),
    /// A check does not pass, and why; its name.
    Unready(String, String),
    /// Not every server answers with the changes yet; these do not.
    Unpublished(Vec<String>),
    /// Somebody asked to stop; nothing is half done.
    Stopped,
}

/// What observers are told.
#[derive(Clone, Debug)]
pub enum Notice<'a> {
    /// A fact, journalled.
    Entry(&'a Entry),
    /// What a provider is about to be told; one that a person operates, the person must do.
    Sending {
        /// The changes, carried over to the zone as it is.
        changes: &'a [Change],
        /// Whether a person must type them in.
        by_hand: bool,
    },
    /// Servers that do not answer with the changes yet, and why.
    Lagging(&'a [String]),
    /// The outside world failed for now; tried again later.
    Trouble(String),
}

/// Why a run stopped short.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The live zone is not as planned.
    #[error("the live zone is not as planned")]
    Drift(Vec<Drift>),
    /// The provider.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The name servers.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal tells what cannot have happened.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
}

type Tell<'a> = &'a mut (dyn FnMut(Notice<'_>) + Send);

/// How long to sleep at most before looking for a person's confirmation.
const LOOK_FOR_NEWS: Duration = Duration::from_secs(2);
/// How long to leave a troubled provider or name server alone.
const RETRY: Duration = Duration::from_secs(30);

/// Drives `run` as far as it may go; each fact also goes to `tell`.
pub async fn drive(
    run: &mut Run,
    world: &mut World<'_>,
    options: Options,
    tell: Tell<'_>,
) -> Result<Outcome, Error> {
    loop {
        for entry in world.journal.news()? {
            run.record(&entry)?;
            tell(Notice::Entry(&entry));
        }
        if let Some(stage) = options.through.filter(|stage| is_past(run, *stage)) {
            return Ok(Outcome::Through(stage));
        }
        if world.stop.is_asked() {
            return Ok(Outcome::Stopped);
        }
        let now = world.clock.now();
        match run.poll(now) {
            Next::Done => return Ok(Outcome::Done),
            Next::Missed(closed) => return Ok(Outcome::Missed(closed)),
            Next::Wait(until, _) if !options.wait => return Ok(Outcome::Waiting(until)),
            Next::Wait(until, _) => {
                world.rest_until(until.min(now + LOOK_FOR_NEWS)).await;
            }
            Next::Ask(point) if !options.wait => return Ok(Outcome::Asked(point.clone())),
            Next::Ask(_) => world.rest_until(now + LOOK_FOR_NEWS).await,
            Next::Probe(probe) => {
                let probe = probe.clone();
                let found = tokio::select! {
                    found = world.prober.probe(&probe) => found,
                    () = world.stop.asked() => continue,
                };
                match found {
                    Ok(found) => {
                        note(run, world, tell, Event::Probed { probe: probe.id, found })?;
                    }
                    Err(problem) if options.wait => {
                        tell(Notice::Trouble(problem.to_string()));
                        world.rest_until(now + RETRY).await;
                    }
                    Err(problem) => return Ok(Outcome::Unready(probe.id, problem.to_string())),
                }
            }
            Next::Apply(phase) | Next::Reconcile(phase) => {
                let phase = phase.clone();
                match send(run, world, &phase, tell).await {
                    Err(Error::Provider(ProviderError::Busy(problem))) if options.wait => {
                        tell(Notice::Trouble(problem));
                        world.rest_until(now + RETRY).await;
                    }
                    other => other?,
                }
            }
            Next::Observe(phase) => {
                let phase = phase.clone();
                if let Some(outcome) = observe::observe(run, world, &phase, options, tell).await? {
                    return Ok(outcome);
                }
            }
        }
    }
}

/// Whether a stage is published; one that is not on the plan needs nothing.
fn is_past(run: &Run, stage: Stage) -> bool {
    let at = run.plan().phases.iter().position(|phase| phase.stage == stage);
    at.is_none_or(|at| run.published() > at)
}

/// Carries a phase over to the zone as it is now, and sends what is missing to every provider.
///
/// All are compared before anything is sent to one.
async fn send(
    run: &mut Run,
    world: &mut World<'_>,
    phase: &Phase,
    tell: Tell<'_>,
) -> Result<(), Error> {
    let apex = run.plan().zone.clone();
    let (mut orders, mut drifts, mut strays) = (Vec::new(), Vec::new(), Vec::new());
    let began = matches!(run.poll(world.clock.now()), Next::Reconcile(_));
    for provider in world.providers {
        let live = provider.zone(&apex).await?;
        // What a host wrote record by record when it was interrupted is completed.
        let may_be_half = began && !provider.facts().atomic;
        let carry = if may_be_half { completed } else { rebase };
        let (changes, found) = rebased(run, phase, &live, carry);
        strays.extend(unplanned(phase, &changes));
        orders.push((provider, changes));
        drifts.extend(found);
    }
    // Reading may have taken long, and nothing has been sent yet.
    if world.stop.is_asked() {
        return Ok(());
    }
    if !drifts.is_empty() {
        // A journal that has lost its end is behind a zone that is just as planned.
        return match ahead(run, world).await? {
            Some(stage) => note(run, world, tell, Event::Found(stage)),
            None => Err(Error::Drift(drifts)),
        };
    }
    note(run, world, tell, Event::ApplyBegan(phase.stage))?;
    strays.retain(|sighting| run.is_news(sighting));
    if !strays.is_empty() {
        note(run, world, tell, Event::Seen { stage: phase.stage, seen: strays })?;
    }
    // Whoever was interrupted may have written all of it, and still have to publish or reload it.
    for (provider, changes) in orders.iter().filter(|(_, changes)| began || !changes.is_empty()) {
        if !changes.is_empty() {
            tell(Notice::Sending { changes, by_hand: provider.facts().by_hand });
        }
        provider.apply(&apex, changes).await?;
    }
    let guards = world.providers.iter().map(|provider| provider.facts().guard);
    let weakest = guards.max().unwrap_or(Guard::Reading);
    note(run, world, tell, Event::Applied(phase.stage, weakest))
}

/// The stage after which every provider holds the zone, if it is further on than the run knows.
async fn ahead(run: &Run, world: &World<'_>) -> Result<Option<Stage>, Error> {
    let mut common = None;
    for provider in world.providers {
        match run.stage_of(&provider.zone(&run.plan().zone).await?) {
            Some(stage) if common.is_none_or(|common| common == stage) => common = Some(stage),
            _ => return Ok(None),
        }
    }
    // What was found before, and does not fit all the same, is drift.
    Ok(common.filter(|stage| !run.knows(*stage)))
}

/// What is replaced and was not planned so: strangers came, or gave the RRset another TTL. Caches
/// may hold that as well.
fn unplanned(phase: &Phase, rebased: &[Change]) -> Vec<Sighting> {
    let is_planned =
        |change: &Change| phase.changes.iter().any(|planned| planned.before() == change.before());
    let others = rebased.iter().filter(|change| !is_planned(change));
    let seen = others.filter_map(|change| Some((change.key(), change.before()?)));
    let sighting = |(key, before): (&RrKey, &RrSet)| Sighting {
        server: None,
        key: key.clone(),
        served: Served::Other(Answer::Found(before.clone())),
    };
    seen.map(sighting).collect()
}

/// Carries one change over to the zone as it is.
type Carry = fn(&Change, Option<&RrSet>, &Scope) -> Result<Option<Change>, Drift>;

/// The phase's changes on top of the live zone, without those that are done; and every drift,
/// also of what earlier phases brought, since this one builds on it.
fn rebased(run: &Run, phase: &Phase, live: &Zone, carry: Carry) -> (Vec<Change>, Vec<Drift>) {
    let (mut changes, mut drifts) = (Vec::new(), Vec::new());
    for change in &phase.changes {
        let (key, aim) = (change.key(), run.aim(change));
        let scope = run.plan().scope(key);
        // What is further on already needs no change, and must not be taken back.
        let rebased = match aim == change.after() {
            true => carry(change, live.get(key), scope),
            false => verify(key, live.get(key), aim, scope).map(|()| None),
        };
        match rebased {
            Ok(change) => changes.extend(change),
            Err(drift) => drifts.push(drift),
        }
    }
    let is_own = |key: &RrKey| phase.changes.iter().any(|change| change.key() == key);
    for target in run.targets().iter().filter(|target| !is_own(&target.key)) {
        let (key, planned) = (&target.key, target.new.as_ref());
        drifts.extend(verify(key, live.get(key), planned, &target.scope).err());
    }
    (changes, drifts)
}

/// Journal first, then memory, then observers: a fact that is not durable has not happened.
fn note(run: &mut Run, world: &mut World<'_>, tell: Tell<'_>, event: Event) -> Result<(), Error> {
    let entry = Entry { at: world.clock.now(), event };
    world.journal.append(&entry)?;
    run.record(&entry)?;
    tell(Notice::Entry(&entry));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Name;
    use crate::plan::diff;

    #[test]
    fn what_strangers_did_since_the_plan_is_remembered() {
        let zone = |text: &str| Zone::parse(text, &Name::parse("example.").unwrap()).unwrap();
        let wanted = "@ 300 TXT \"v=spf1 a -all\"";
        let planned = diff(&zone(""), &zone(wanted));
        let phase = Phase { stage: Stage::Prepare, changes: planned, gates: Vec::new() };
        let check = |live: &str, seen: &[&str]| {
            let changes = diff(&zone(live), &zone(&format!("{live}\n{wanted}")));
            let found = unplanned(&phase, &changes);
            let text = |one: Sighting| match one.served {
                Served::Other(Answer::Found(rrset)) => rrset.to_string(),
                other => panic!("{other:?}"),
            };
            let texts: Vec<_> = found.into_iter().map(text).collect();
            assert_eq!(texts, seen);
        };
        check("", &[]);
        check("@ 86400 TXT proof", &["example. 86400 IN TXT \"proof\""]);
    }
}
