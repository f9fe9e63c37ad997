//! Who says what: name servers first, then resolvers by country.

use super::scene::ZoneScene;
use crate::report::{When, text};
use crate::run::Verdict;
use crate::watch::{Cell, Kind, Matrix, Row};
use maud::{Markup, html};

/// The table without its lines, which are parts of their own.
pub(super) fn matrix(zone: &ZoneScene) -> Markup {
    let Some(matrix) = &zone.matrix else {
        return html! {
            section #matrix { h2 { "Who has what" } p { "Nobody has been asked yet." } }
        };
    };
    html! {
        section #matrix aria-labelledby="matrix-head" {
            h2 #matrix-head { "Who has what" }
            p.legend { "● new ○ old ◐ mixed ! alarm × neither ? no answer · not asked yet" }
            div.scroll tabindex="0" role="region" aria-labelledby="matrix-head" {
                table {
                    thead {
                        tr {
                            th scope="col" { "server" }
                            @for target in &matrix.targets {
                                th scope="col" {
                                    (target.key.owner.relative_to(&matrix.zone)) " "
                                    (target.key.rtype)
                                }
                            }
                        }
                    }
                    tbody { @for (_, line) in lines(matrix, &zone.when()) { (line) } }
                }
            }
        }
    }
}

/// What the table is like apart from what its lines say: who is in it, about what.
pub(super) fn shape(zone: &ZoneScene) -> String {
    let rows = zone.matrix.iter().flat_map(|matrix| &matrix.rows).map(Row::who);
    let targets = zone.matrix.iter().flat_map(|matrix| &matrix.targets);
    rows.chain(targets.map(|target| target.key.to_string())).collect::<Vec<_>>().join("\n")
}

/// The lines of the table, each with the name by which an event finds it.
pub(super) fn lines(matrix: &Matrix, when: &When) -> Vec<(String, Markup)> {
    let line = |(at, row): (usize, &Row)| {
        let id = format!("row-{at}");
        let whole = html! { tr id=(id) { (line(row, matrix, when)) } };
        (id, whole)
    };
    matrix.rows.iter().enumerate().map(line).collect()
}

fn line(row: &Row, matrix: &Matrix, when: &When) -> Markup {
    html! {
        th scope="row" class=(row.kind.name()) {
            (row.name)
            small {
                @if row.place != row.name { " " (row.place) }
                @if let Some(country) = &row.country { " " (country) }
                @if row.kind == Kind::Authoritative { " name server" }
            }
        }
        @for (cell, target) in row.cells.iter().zip(&matrix.targets) {
            td data-verdict=(cell.verdict.name())
                data-rrset={ (target.key.owner) " " (target.key.rtype) } title=[hint(cell, when)] {
                span.mark aria-hidden="true" { (text::mark(&cell.verdict)) } " "
                (told(&cell.verdict, when))
            }
        }
    }
}

/// The verdict in words, with the time of day at which it ends.
fn told(verdict: &Verdict, when: &When) -> Markup {
    html! {
        (text::word(verdict))
        @if let Some(until) = verdict.until() { " until " (super::parts::clock(until, when)) }
    }
}

fn hint(cell: &Cell, when: &When) -> Option<String> {
    let asked = cell.asked.map(|asked| format!("asked {}", when.clock(asked)));
    let why = match &cell.verdict {
        Verdict::Silent(why) => Some(why.clone()),
        _ => cell.left.map(|left| format!("{} s left by its own word", left.secs())),
    };
    let caches = (cell.caches > 1).then(|| format!("{} caches behind this address", cell.caches));
    let all: Vec<_> = [why, asked, caches].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join("; "))
}
