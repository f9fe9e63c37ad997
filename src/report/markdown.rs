//! Plans as Markdown, for one comment on a pull request.

use super::paper::{code, escape};
use super::{Proposal, When, text};
use crate::mail::Severity;
use crate::run::View;
use maud::html;
use std::fmt::Write as _;

/// The most octets of a document: GitHub takes comments of 65,536, and whoever posts one may add
/// to it.
const MOST: usize = 60_000;

/// What is to be said of one zone: a line, and more for those who open it.
#[derive(Clone, Debug)]
pub struct Folded {
    line: String,
    body: String,
    /// Shown at once, and before the others.
    open: bool,
}

/// A plan: findings first, then one block a phase.
pub fn plan(proposal: &Proposal, when: &When) -> Folded {
    let mut body = String::new();
    // Writing to a `String` cannot fail.
    for finding in &proposal.findings {
        let sign = match finding.severity {
            Severity::Error => "**Refused**",
            _ => "Note",
        };
        let told = escape(&format!("{} {}", finding.owner, finding.message));
        let _ = writeln!(body, "- {sign} {}: {told}", code(finding.id));
    }
    for (phase, times) in proposal.plan.phases.iter().zip(&proposal.schedule.phases) {
        let begins = when.at(times.begins);
        let _ = writeln!(body, "\n### {}\n\nAt the earliest {begins}.\n", phase.stage);
        let changes = text::changes(&phase.changes, "");
        let plain = anstream::adapter::strip_str(&changes).to_string();
        // In a diff block `!` is coloured as a change; `~` would be plain text.
        let lines = plain.lines().map(|line| match line.strip_prefix('~') {
            Some(rest) => format!("!{rest}\n"),
            None => format!("{line}\n"),
        });
        let _ = writeln!(body, "```diff\n{}```", lines.collect::<String>());
    }
    let digest = &proposal.plan.digest()[..12];
    let _ = writeln!(body, "\nPlan {}.", code(digest));
    let is_refused = !proposal.is_feasible();
    let (create, replace, delete) = proposal.plan.counts();
    let phases = proposal.plan.phases.len();
    let what = match phases {
        0 => "nothing to do".to_owned(),
        _ => format!(
            "{create} to create, {replace} to replace, {delete} to delete in {phases} phases"
        ),
    };
    let refused = if is_refused { "refused; " } else { "" };
    let line = format!("{}: {refused}{what}", text::plain(&proposal.zone));
    Folded { line, body, open: is_refused }
}

/// Where a run stands that is under way, and that nothing in the files changes.
pub fn standing(view: &View, when: &When) -> Folded {
    let told = text::status(view, when);
    let plain = anstream::adapter::strip_str(&told).to_string();
    let line = format!("{}: under way, as approved", text::plain(&view.zone));
    Folded { line, body: format!("```text\n{plain}```\n"), open: false }
}

/// All zones, folded. What is too much for a comment is left out from the end, and said so.
pub fn document(mut zones: Vec<Folded>) -> String {
    zones.sort_by_key(|zone| !zone.open);
    let all = zones.len();
    let mut out = String::new();
    let mut shown = 0;
    for zone in &zones {
        let open = if zone.open || all == 1 { " open" } else { "" };
        let block = format!(
            "<details{open}><summary>{}</summary>\n\n{}\n</details>\n\n",
            html! { (zone.line) }.into_string(), // within tags nothing is Markdown
            zone.body.trim()
        );
        let short = format!("- {}\n", escape(&zone.line));
        let left: usize = zones[shown..].len() * short.len();
        match out.len() + block.len() + left {
            fits if fits <= MOST => out += &block,
            _ if out.len() + short.len() + LAST <= MOST => out += &short,
            _ => break,
        }
        shown += 1;
    }
    if shown < all {
        let _ = writeln!(out, "\n{} more zones: `cutover plan` shows all of them.", all - shown);
    }
    out
}

/// Room for the last line.
const LAST: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str, octets: usize, open: bool) -> Folded {
        Folded { line: format!("{name}: so"), body: "x".repeat(octets), open }
    }

    #[test]
    fn refused_zones_are_open_and_first() {
        let text = document(vec![zone("a.example", 1, false), zone("b.example", 1, true)]);
        let expected = "<details open><summary>b.example: so</summary>\n\nx\n</details>\n\n\
            <details><summary>a.example: so</summary>\n\nx\n</details>\n\n";
        assert_eq!(text, expected);
        assert!(document(vec![zone("a.example", 1, false)]).starts_with("<details open>"));
    }

    #[test]
    fn a_document_fits_into_a_comment() {
        let check = |count: usize, octets, folded: usize, lines: usize, more: bool| {
            let text = document((0..count).map(|_| zone("zone.example", octets, false)).collect());
            assert!(text.len() <= MOST, "{count} x {octets}: {}", text.len());
            assert_eq!(text.matches("<details>").count(), folded, "{count} x {octets}");
            assert_eq!(text.matches("\n- ").count(), lines, "{count} x {octets}");
            assert_eq!(text.contains(" more zones: "), more, "{count} x {octets}");
        };
        check(3, 1_000, 3, 0, false);
        check(100, 1_000, 55, 45, false);
        check(2, 70_000, 0, 1, false); // the first line has no line before it
        check(5_000, 10, 0, 3_152, true);
    }
}
