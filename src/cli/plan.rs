//! `cutover plan`: the way from old to new.

use super::args;
use super::session::{Session, each};
use super::tally::Tally;
use super::{Failure, exit};
use crate::config::ZoneSpec;
use crate::dns::Zone;
use crate::journal::print_plan;
use crate::mail::{Finding, Severity, lint};
use crate::plan::{Direction, Facts, Mismatch, Plan, Policy, Walk, schedule, timing, walk};
use crate::report::{Proposal, When, json, markdown, text};
use crate::run::{Run, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;

/// Shows the plans of zones.
pub(super) async fn plan(session: &Session<'_>, args: &args::Plan) -> Result<u8, Failure> {
    let now = args.at.unwrap_or_else(|| session.now());
    let zones = session.zones(&args.zones)?;
    let asked = zones.len();
    let results =
        each(zones, async |spec| (spec, propose(session, spec, now, args.accept_tail).await)).await;
    let (mut proposals, mut tally) = (Vec::new(), Tally::default());
    for (spec, result) in results {
        let zone = &spec.intent.zone;
        match result {
            Ok(proposal) => {
                tally.add(zone, verdict(&proposal, args));
                proposals.push((spec, proposal));
            }
            Err(failure) => tally.fail(zone, failure, session.terminal),
        }
    }
    // A plan that is refused must not come back as a file that `apply` takes.
    let is_good = proposals.len() == asked && proposals.iter().all(|(_, one)| one.is_feasible());
    match &args.out {
        Some(path) if is_good => write(path, &proposals, now)?,
        Some(path) => session.terminal.note(&format!("`{}` was not written", path.display())),
        None => (),
    }
    if args.json {
        let mut documents: Vec<_> = proposals.iter().map(|(_, one)| json::plan(one)).collect();
        // Whether it is a list goes by what was asked for, not by what could be answered.
        let document = if asked == 1 { documents.pop() } else { Some(documents.into()) };
        if let Some(document) = document {
            session.terminal.print(&format!("{document:#}\n"));
        }
    } else {
        for (spec, proposal) in &proposals {
            let when = When { now, zone: spec.time_zone };
            // What was foretold when it was approved is by now partly done.
            let known = session.run(&spec.intent.zone)?.filter(|(run, _)| is_under_way(run));
            session.terminal.print(&match known {
                Some((run, _)) if !args.markdown => text::status(&run.view(now), &when),
                _ if args.markdown => markdown::plan(proposal, &when),
                _ => text::plan(proposal, &when),
            });
        }
    }
    Ok(tally.code())
}

/// The exit code of one zone's plan.
fn verdict(proposal: &Proposal, args: &args::Plan) -> u8 {
    match (proposal.is_feasible(), proposal.plan.phases.is_empty()) {
        (false, _) => exit::UNSAFE,
        (true, false) if args.detailed_exitcode => exit::PENDING,
        (true, _) => exit::DONE,
    }
}

/// A fresh plan from the live zone, or the one under way.
pub(super) async fn propose(
    session: &Session<'_>,
    spec: &ZoneSpec,
    now: Timestamp,
    accept_tail: bool,
) -> Result<Proposal, Failure> {
    let mut policy = Policy { accept_tail, ..spec.policy.clone() };
    let known = session.run(&spec.intent.zone)?;
    let is_new = known.is_none();
    if let Some((run, _)) = known {
        if is_under_way(&run) {
            same_intent(&run, spec)?;
            // Approved once, it may well be late and outlive its window.
            let proposal = proposal(spec, run.plan().clone(), &policy, now, Vec::new());
            return Ok(Proposal { findings: Vec::new(), ..proposal });
        }
        // After a finished move the live zone shows them, and whoever changed them since may.
        let is_finished = run.is_through() && run.plan().direction == Direction::Forward;
        if !is_finished {
            policy.own_ttls = run.plan().own_ttls.clone();
        }
    }
    let world = session.world(spec).await?;
    let facts = world.providers.iter().map(|provider| provider.facts());
    let facts = facts.reduce(strictest).unwrap_or_default();
    let live = world.zone(&spec.intent.zone).await?;
    let walk = walk(&live, &spec.intent, &policy, &facts);
    let mut found = lint(spec, &walk);
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
        found.push(begun_by_somebody(spec));
    }
    let plan = Plan::forward(&walk, &policy, spec.digest.clone());
    Ok(proposal(spec, plan, &policy, now, found))
}

/// Why a plan without a past waits longer.
fn begun_by_somebody(spec: &ZoneSpec) -> Finding {
    let message = "the live zone is on its way already, but no journal says since when: caches may \
        hold anything, so what users notice waits a day";
    Finding {
        id: "PL13",
        severity: Severity::Warning,
        owner: spec.intent.zone.clone(),
        message: message.to_owned(),
        reference: "RFC 1035 §3.2.1",
    }
}

/// What several providers of one zone can all do.
fn strictest(a: Facts, b: Facts) -> Facts {
    Facts {
        ttl_floor: a.ttl_floor.max(b.ttl_floor),
        atomic: a.atomic && b.atomic,
        by_hand: a.by_hand || b.by_hand,
    }
}

/// Whether the run has begun and is not through; a way back has begun once it is approved.
pub(super) fn is_under_way(run: &Run) -> bool {
    let has_begun = run.applied() > 0 || run.plan().direction != Direction::Forward;
    has_begun && !run.is_through()
}

/// Refuses to go on by a zone file that says something else than the plan under way; a way back
/// does not follow the file.
pub(super) fn same_intent(run: &Run, spec: &ZoneSpec) -> Result<(), Failure> {
    if run.plan().intent == spec.digest || run.plan().direction != Direction::Forward {
        return Ok(());
    }
    let message = format!("`{}` was edited while its plan is under way", spec.path.display());
    Err(Failure::with(exit::DRIFT, message)
        .hint("undo the edit to go on, or `cutover rollback` and plan again"))
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
    let platforms = (spec.intent.old.platform.clone(), spec.intent.new.platform.clone());
    Proposal { zone: plan.zone.clone(), platforms, plan, schedule, findings }
}

/// Findings of the zone file, the live zone and the zone after every stage, each once.
fn lint(spec: &ZoneSpec, walk: &Walk) -> Vec<Finding> {
    let zones: Vec<&Zone> =
        [&walk.start].into_iter().chain(walk.steps.iter().map(|(_, zone)| zone)).collect();
    let found = zones.into_iter().flat_map(lint::zone).chain(lint::intent(&spec.intent));
    let once: BTreeMap<_, _> = found.map(|f| ((f.id, f.owner.clone()), f)).collect();
    let mut found: Vec<_> = once.into_values().collect();
    // A key that goes, or is none of ours, is no reason to stay where one is.
    let is_new = |finding: &Finding| spec.intent.new.dkim.contains_key(&finding.owner);
    for finding in found.iter_mut().filter(|finding| finding.id.starts_with("DK")) {
        if !is_new(finding) {
            finding.severity = finding.severity.min(Severity::Warning);
        }
    }
    found
}

fn write(path: &Path, proposals: &[(&ZoneSpec, Proposal)], now: Timestamp) -> Result<(), Failure> {
    let [(_, proposal)] = proposals else {
        return Err(Failure::with(exit::USAGE, "a plan file holds one zone; name it"));
    };
    let line = print_plan(&proposal.plan, now).map_err(|e| Failure::error(e.to_string()))?;
    std::fs::write(path, line + "\n")
        .map_err(|error| Failure::error(format!("cannot write `{}`: {error}", path.display())))
}
