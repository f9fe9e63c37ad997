//! A plan as Markdown, for a comment on a pull request.

use super::{Proposal, When, text};
use crate::mail::Severity;
use std::fmt::Write as _;

/// One heading a zone, one block a phase, findings first.
pub fn plan(proposal: &Proposal, when: &When) -> String {
    let zone = proposal.zone.to_string();
    let mut out = format!("## {}\n\n", zone.trim_end_matches('.'));
    // Writing to a `String` cannot fail.
    for finding in &proposal.findings {
        let sign = if finding.severity == Severity::Error { "**Refused**" } else { "Note" };
        let _ = writeln!(out, "- {sign} `{}`: {} {}", finding.id, finding.owner, finding.message);
    }
    for (phase, times) in proposal.plan.phases.iter().zip(&proposal.schedule.phases) {
        let begins = when.at(times.begins);
        let _ = writeln!(out, "\n### {}\n\nAt the earliest {begins}.\n", phase.stage);
        let changes = text::changes(&phase.changes, "");
        let plain = anstream::adapter::strip_str(&changes).to_string();
        // In a diff block `!` is coloured as a change; `~` would be plain text.
        let lines = plain.lines().map(|line| match line.strip_prefix('~') {
            Some(rest) => format!("!{rest}\n"),
            None => format!("{line}\n"),
        });
        let _ = writeln!(out, "```diff\n{}```", lines.collect::<String>());
    }
    let (create, replace, delete) = proposal.plan.counts();
    let phases = proposal.plan.phases.len();
    let _ = writeln!(
        out,
        "\n{create} to create, {replace} to replace, {delete} to delete in {phases} phases. \
         Plan `{}`.",
        &proposal.plan.digest()[..12]
    );
    out
}
