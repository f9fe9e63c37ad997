//! A plan, phase by phase.

use super::{QUIET, STRONG, Styled, changes, plain};
use crate::mail::{Finding, Severity};
use crate::plan::schedule::Times;
use crate::plan::{Direction, Gate, Phase, Stage};
use crate::report::{Proposal, When, span};
use std::fmt::Write as _;
use std::time::Duration;

/// The whole plan; its last line counts the changes.
pub fn plan(proposal: &Proposal, when: &When) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = head(&mut out, proposal, when);
    for (phase, times) in proposal.plan.phases.iter().zip(&proposal.schedule.phases) {
        let _ = section(&mut out, proposal, phase, times, when);
    }
    let _ = milestones(&mut out, proposal, when);
    out += &findings(&proposal.findings);
    let _ = summary(&mut out, proposal);
    out
}

fn head(out: &mut String, proposal: &Proposal, when: &When) -> std::fmt::Result {
    let plan = &proposal.plan;
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "as it is".to_owned());
    let (from, to) = &proposal.platforms;
    let way = match plan.direction {
        Direction::Forward => match to {
            Some(to) => format!("{} -> {to}", name(from)),
            None => "as written".to_owned(),
        },
        Direction::Back(None) => "back to the beginning".to_owned(),
        Direction::Back(Some(stage)) => format!("back to {stage}"),
    };
    writeln!(out, "{} {way}", Styled(STRONG, format!("{}:", plain(&proposal.zone))))?;
    let (bound, negative) = (span(plan.propagation), span(Duration::from(plan.negative_ttl)));
    let digest = plan.digest();
    let line = format!(
        "plan {}; name servers follow within {bound}; absence is cached for {negative}",
        &digest[..12]
    );
    writeln!(out, "{}", Styled(QUIET, line))?;
    if let Some(guard) = proposal.guard {
        writeln!(out, "{}", Styled(QUIET, guard))?;
    }
    if let Some(window) = plan.window.filter(|_| plan.direction == Direction::Forward) {
        let (opens, closes) = (when.at(window.opens), when.at(window.closes()));
        writeln!(out, "{}", Styled(QUIET, format!("window from {opens} to {closes}")))?;
    }
    writeln!(out)
}

fn section(
    out: &mut String,
    proposal: &Proposal,
    phase: &Phase,
    times: &Times,
    when: &When,
) -> std::fmt::Result {
    let meaning = match proposal.plan.direction {
        Direction::Forward => meaning(phase.stage),
        Direction::Back(_) => "is taken back",
    };
    writeln!(out, "{} {meaning}", Styled(STRONG, format!("{}:", phase.stage)))?;
    let begins = format!("at the earliest {}", when.full(times.begins));
    writeln!(out, "  {}", Styled(QUIET, begins))?;
    if let Some(by) = times.apply_by {
        writeln!(out, "  {}", Styled(QUIET, format!("due by {}", when.full(by))))?;
    }
    // A time that is told already needs no gate.
    for gate in phase.gates.iter().filter(|gate| **gate != Gate::NotBefore(times.begins)) {
        writeln!(out, "  {}", Styled(QUIET, format!("waits {}", wait(gate, when))))?;
    }
    out.push_str(&changes(&phase.changes, "  "));
    let drained = format!("caches have forgotten what was before by {}", when.at(times.drained_by));
    writeln!(out, "  {}\n", Styled(QUIET, drained))
}

/// What a stage does, as a clause.
pub fn meaning(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepare => "lowers TTLs and adds what is new; nobody notices",
        Stage::Submission => "moves the names that users send through",
        Stage::Delivery => "moves incoming mail",
        Stage::Retrieval => "moves the names that users read through",
        Stage::RestoreTtl => "raises TTLs again; from here, turning back takes as long",
        Stage::Retire => "takes the old senders and names out; nothing leads back from here",
        Stage::RetireKeys => "takes the old DKIM keys out",
    }
}

/// What a gate waits for, as it stands behind "waits".
pub fn wait(gate: &Gate, when: &When) -> String {
    match gate {
        Gate::NotBefore(time) => format!("until {}", when.full(*time)),
        Gate::Drained(stage) => format!("until caches have forgotten what was before {stage}"),
        Gate::Usable(stage) => format!("until caches know what {stage} has added"),
        Gate::Held { since, wait, why } => format!("{} after {since}: {why}", span(*wait)),
        Gate::Arrived { since, wait } => {
            format!(
                "{} after caches have forgotten what was before {since}: mail under way",
                span(*wait)
            )
        }
        Gate::Confirmed(point) => format!("for `{}`: {}", point.id, point.ask),
        Gate::Probed(probe) => format!("for {probe}"),
    }
}

fn milestones(out: &mut String, proposal: &Proposal, when: &When) -> std::fmt::Result {
    let times = &proposal.schedule.milestones;
    for (id, time) in &times.begin_by {
        writeln!(out, "begin `{id}` by {}", when.at(*time))?;
    }
    let lines = [
        ("turn back by", times.last_rollback, ", to end within the window"),
        ("keep the old system until", times.decommission_at, " at least"),
        ("keep its addresses out of other use until", times.repurpose_at, ""),
    ];
    for (what, time, why) in lines {
        if let Some(time) = time {
            writeln!(out, "{what} {}{why}", when.at(time))?;
        }
    }
    Ok(())
}

/// Findings, worst first.
pub fn findings<'f>(found: impl IntoIterator<Item = &'f Finding>) -> String {
    placed_findings(found.into_iter().map(|finding| (finding, None)))
}

/// Findings with where each is written: `zones/example.com.yaml:12:8`.
pub fn placed_findings<'f>(
    found: impl IntoIterator<Item = (&'f Finding, Option<String>)>,
) -> String {
    let mut sorted: Vec<_> = found.into_iter().collect();
    sorted.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.severity));
    let mut out = String::new();
    for (Finding { id, severity, owner, message, reference }, place) in sorted {
        let style = match severity {
            Severity::Error => super::REMOVED,
            Severity::Warning => super::CHANGED,
            Severity::Info => QUIET,
        };
        let head = Styled(style, format!("{severity}[{id}]"));
        let _ = writeln!(out, "{head}: {owner} {message} ({reference})");
        if let Some(place) = place {
            let _ = writeln!(out, "  --> {place}");
        }
    }
    out
}

fn summary(out: &mut String, proposal: &Proposal) -> std::fmt::Result {
    let (create, replace, delete) = proposal.plan.counts();
    match proposal.plan.phases.len() {
        0 => writeln!(out, "No changes. {} is as the zone file wants it.", plain(&proposal.zone)),
        phases => {
            let unit = if phases == 1 { "phase" } else { "phases" };
            writeln!(
                out,
                "Plan: {create} to create, {replace} to replace, {delete} to delete \
                 in {phases} {unit}"
            )
        }
    }
}
