//! From a zone file and the live zone to a plan, its times, and what speaks against it.

use super::flatten::flatten;
use super::inquiry::judge;
use super::keys::with_keys;
use super::session::Session;
use super::{Failure, exit};
use crate::config::{ZoneSpec, weighed};
use crate::dns::Zone;
use crate::mail::lint::{self, Rule};
use crate::mail::{Finding, Severity};
use crate::plan::rules::{self, flat, times};
use crate::plan::{
    Direction, Facts, Hazard, Mismatch, Plan, Policy, Walk, hazards, outlived, schedule, timing,
    walk,
};
use crate::report::{Proposal, clock_change};
use crate::run::{Run, Timestamp};
use std::collections::BTreeMap;

/// A fresh plan from the live zone, or the one under way.
pub(super) async fn propose(
    session: &Session<'_>,
    spec: &ZoneSpec,
    now: Timestamp,
    accept_tail: bool,
) -> Result<Proposal, Failure> {
    let mut policy = Policy { accept_tail, ..spec.policy.clone() };
    let known = session.run(&spec.intent.zone)?;
    let (is_new, mut stood) = (known.is_none(), Vec::new());
    if let Some((run, _)) = known {
        if is_edited(&run, spec) {
            return revised(session, spec, &run, now).await;
        }
        if is_under_way(&run) {
            // Approved once, it may well be late and outlive its window.
            let proposal = proposal(spec, run.plan().clone(), &policy, now, Vec::new());
            return Ok(Proposal { findings: Vec::new(), ..proposal });
        }
        // After a finished move the live zone shows them, and whoever changed them since may.
        let is_finished = run.is_through() && run.plan().direction == Direction::Forward;
        if !is_finished {
            policy.own_ttls = run.plan().own_ttls.clone();
            stood = run.plan().flattened.clone();
        }
    }
    let (live, facts) = live(session, spec).await?;
    let (spec, copied) = with_keys(session, spec, &live, None, &facts).await;
    let spec = &*spec;
    let (flattened, mut flattening) = flatten(session, spec, &live, &facts).await;
    let way = |flattened| {
        let policy = Policy { flattened, ..policy.clone() };
        (walk(&live, &spec.intent, &policy, &facts), policy)
    };
    let (mut walk, mut policy) = way(flattened);
    if policy.flatten && !walk.mismatches.is_empty() {
        // An earlier try, rolled back, has left what stood for includes then.
        let earlier = way(stood);
        if earlier.0.mismatches.is_empty() {
            (walk, policy) = earlier;
            flattening = <_>::default();
        }
    }
    let mut found = lint(session, spec, &policy, &walk, &facts).await;
    let told = flat::told(&spec.intent.zone, &policy.flattened, &flattening).into_iter();
    found.extend(told.map(|finding| weighed(finding, &spec.accepted)));
    // Two SPF strings are no SPF record to compare with: the finding says more than the mismatch.
    let is_told = |mismatch: &&Mismatch| {
        !found.iter().any(|f| f.severity == Severity::Error && f.owner == mismatch.key.owner)
    };
    let drift: Vec<_> = walk.mismatches.iter().filter(is_told).map(ToString::to_string).collect();
    if !drift.is_empty() {
        return Err(Failure::with(exit::DRIFT, drift.join("\n       "))
            .hint("write under `old` what the live zone holds"));
    }
    if is_new && walk.is_begun {
        policy.unknown_before = Some(now);
        found.extend(begun_by_somebody(spec, &policy));
    }
    let plan = Plan::forward(&walk, &policy, spec.digest.clone());
    found.extend(hazards(&live, &plan, &spec.intent).iter().map(hazard));
    found.extend(copied);
    found.extend(two_clocks(spec));
    let proposal = proposal(spec, plan, &policy, now, found);
    Ok(Proposal { guard: Some(facts.guard), ..proposal })
}

/// The zone as the provider holds it, and what all its providers can do.
async fn live(session: &Session<'_>, spec: &ZoneSpec) -> Result<(Zone, Facts), Failure> {
    let world = session.world(spec).await?;
    let apex = &spec.intent.zone;
    let live = world.zone(apex).await?;
    let mut facts = Vec::new();
    for provider in &world.providers {
        facts.push(provider.limits(apex).await?);
    }
    Ok((live, facts.into_iter().reduce(Facts::and).unwrap_or_default()))
}

/// Whether the run has begun and is not through; a way back has begun once it is approved.
pub(super) fn is_under_way(run: &Run) -> bool {
    let has_begun = run.applied() > 0 || run.plan().direction != Direction::Forward;
    has_begun && !run.is_through()
}

/// Whether the zone file says something else than the plan under way; a way back does not follow
/// the file.
pub(super) fn is_edited(run: &Run, spec: &ZoneSpec) -> bool {
    is_under_way(run)
        && run.plan().direction == Direction::Forward
        && run.plan().intent != spec.digest
}

/// The plan under way as the edited file has it; refused if it disagrees with what is done.
async fn revised(
    session: &Session<'_>,
    spec: &ZoneSpec,
    run: &Run,
    now: Timestamp,
) -> Result<Proposal, Failure> {
    let (live, facts) = live(session, spec).await?;
    let (spec, mut found) = with_keys(session, spec, &live, Some(run.plan()), &facts).await;
    let spec = &*spec;
    let (intent, digest) = (&spec.intent, spec.digest.clone());
    let (begun, done) = (run.plan(), run.done());
    let (flattened, flattening) = match begun.flattened.is_empty() {
        true => flatten(session, spec, &begun.start(done, &live), &facts).await,
        // What was asked before `prepare` counts to the end.
        false => <_>::default(),
    };
    let policy = &Policy { flattened, ..spec.policy.clone() };
    let plan = begun.revised(done, &live, intent, policy, &facts, digest).map_err(|all| {
        let differences = all.iter().map(|one| format!("\n  {one}")).collect::<String>();
        let path = spec.path.display();
        let message = format!("`{path}` was edited while its plan is under way:{differences}");
        Failure::with(exit::DRIFT, message)
            .hint("undo the edit to go on, or `cutover rollback` and plan again")
    })?;
    found.extend(hazards(&begun.start(done, &live), &plan, intent).iter().map(hazard));
    let told = flat::told(&intent.zone, &plan.flattened, &flattening).into_iter();
    found.extend(told.map(|finding| weighed(finding, &spec.accepted)));
    let proposal = proposal(spec, plan, policy, now, Vec::new());
    // What has been approved once may well be late and outlive its window.
    Ok(Proposal { findings: found, guard: Some(facts.guard), ..proposal })
}

/// The plan with its times and findings.
pub(super) fn proposal(
    spec: &ZoneSpec,
    plan: Plan,
    policy: &Policy,
    now: Timestamp,
    mut findings: Vec<Finding>,
) -> Proposal {
    let schedule = schedule(&plan, policy, now);
    findings.extend(timing(&plan, policy, &schedule, now));
    findings.extend(outlived(&plan, &schedule, &spec.intent.old));
    let platforms = (spec.intent.old.platform.clone(), spec.intent.new.platform.clone());
    Proposal { zone: plan.zone.clone(), platforms, plan, schedule, findings, guard: None }
}

/// What is told of a plan without a past.
fn begun_by_somebody(spec: &ZoneSpec, policy: &Policy) -> Vec<Finding> {
    let told =
        |rule: &Rule, message: &str| rule.finding(spec.intent.zone.clone(), message.to_owned());
    let waits = told(
        &times::BEGUN,
        "the live zone is on its way already, but no journal says since when: caches may hold \
         anything, so what users notice waits a day, and the soak begins again",
    );
    let forgotten = told(
        &times::FORGOTTEN,
        "nobody remembers the TTLs from before, so what is low now stays low: write `final-ttl`",
    );
    [Some(waits), Some(forgotten).filter(|_| policy.final_ttl.is_none())]
        .into_iter()
        .flatten()
        .collect()
}

/// A window in which an hour is missing, or comes twice.
fn two_clocks(spec: &ZoneSpec) -> Option<Finding> {
    let window = spec.policy.window?;
    let change = clock_change(spec.time_zone?, window.opens, window.closes())?;
    let message = format!(
        "the clocks change within the window: {change}; this plan tells every time in UTC as well"
    );
    let told = times::NARROW.finding(spec.intent.zone.clone(), message);
    Some(Finding { reference: "RFC 3339 §4", ..told })
}

/// A mixture that breaks mail, which forbids the plan.
fn hazard(hazard: &Hazard) -> Finding {
    hazard.invariant.rule().finding(hazard.owner.clone(), hazard.to_string())
}

/// Findings of the zone file, the live zone, the zone after every stage and the way between them,
/// each once.
async fn lint(
    session: &Session<'_>,
    spec: &ZoneSpec,
    policy: &Policy,
    walk: &Walk,
    facts: &Facts,
) -> Vec<Finding> {
    let stages: Vec<&Zone> =
        [&walk.start].into_iter().chain(walk.steps.iter().map(|(_, zone)| zone)).collect();
    let found =
        judge(session, spec, &stages, facts).await.into_iter().chain(lint::intent(&spec.intent));
    let found = found.chain(rules::walked(walk)).chain(rules::hosted(walk, policy, facts));
    let distinct = found.map(|f| ((f.id, f.owner.clone(), f.message.clone()), f));
    let once: BTreeMap<_, _> = distinct.collect();
    let found = lint::softened(once.into_values().collect(), &spec.intent).into_iter();
    found.map(|finding| weighed(finding, &spec.accepted)).collect()
}
