//! The propagation matrix.

use super::{ADDED, CHANGED, QUIET, REMOVED, Styled};
use crate::report::{When, span};
use crate::run::{Timestamp, Verdict};
use crate::watch::{Kind, Matrix};
use comfy_table::{ContentArrangement, Table, presets};
use std::fmt::Write as _;
use std::time::Duration;

/// One line a server, one column an RRset, and a summary.
pub fn matrix(matrix: &Matrix, apex: &crate::dns::Name, when: &When) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let columns = matrix
        .targets
        .iter()
        .map(|target| format!("{} {}", target.key.owner.relative_to(apex), target.key.rtype));
    table.set_header([String::new()].into_iter().chain(columns));
    for row in &matrix.rows {
        let cells = row.cells.iter().map(|cell| verdict(cell, matrix.at));
        table.add_row([row.server.name.clone()].into_iter().chain(cells));
    }
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = writeln!(out, "{}", table.trim_fmt());
    let _ = summary(&mut out, matrix, when);
    out
}

fn verdict(cell: &Verdict, now: Timestamp) -> String {
    let left = |until: Timestamp| {
        let left = (until - now).to_std().unwrap_or(Duration::ZERO);
        span(left)
    };
    match cell {
        Verdict::New => Styled(ADDED, "new").to_string(),
        Verdict::Old(until) => Styled(CHANGED, format!("old, {} left", left(*until))).to_string(),
        Verdict::Late(until) => {
            Styled(REMOVED, format!("old, {} left, taken in late", left(*until))).to_string()
        }
        Verdict::Other => Styled(REMOVED, "neither old nor new").to_string(),
        Verdict::Silent(_) => Styled(REMOVED, "no answer").to_string(),
        Verdict::Unasked => Styled(QUIET, "not asked yet").to_string(),
    }
}

fn summary(out: &mut String, matrix: &Matrix, when: &When) -> std::fmt::Result {
    let count = |kind| matrix.count(kind);
    let ((servers, of_servers), (caches, of_caches)) =
        (count(Kind::Authoritative), count(Kind::Resolver));
    write!(out, "{servers} of {of_servers} name servers")?;
    if of_caches > 0 {
        write!(out, " and {caches} of {of_caches} resolvers")?;
    }
    write!(out, " answer with the new")?;
    match matrix.flips_by() {
        Some(time) => writeln!(out, "; the last resolver flips by {}", when.full(time)),
        None => writeln!(out),
    }
}
