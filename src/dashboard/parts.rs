//! The parts of a zone's page that change while it is open, each with its name.

use super::curve::curve;
use super::matrix::{lines, matrix, shape};
use super::scene::ZoneScene;
use super::timeline::timeline;
use crate::plan::{Gate, Timestamp, span};
use crate::report::{When, text};
use crate::run::view::{GateView, PhaseView, Progress, View};
use crate::watch::{Kind, Matrix};
use maud::{Markup, html};

/// How many entries of the journal are shown.
const ENTRIES: usize = 50;

/// A part of a page that can change by itself.
pub(super) struct Part {
    /// The element's name.
    pub(super) id: String,
    /// The element.
    pub(super) html: String,
    /// What it is to be compared by, in place of all of it.
    pub(super) version: String,
}

impl Part {
    /// A part that is new when it looks different.
    pub(super) fn new(id: impl Into<String>, html: Markup) -> Self {
        let html = html.into_string();
        Self { id: id.into(), version: html.clone(), html }
    }
}

/// Everything that can change; the table before its lines, which stand in it.
pub(super) fn parts(zone: &ZoneScene) -> Vec<Part> {
    let table = Part { version: shape(zone), ..Part::new("matrix", matrix(zone)) };
    let mut parts = vec![
        Part::new("phase", phase(zone)),
        Part::new("verdicts", verdicts(zone)),
        Part::new("timeline", timeline(zone)),
        Part::new("gates", gates(zone)),
        Part::new("curve", curve(zone)),
        table,
        Part::new("journal", journal(zone)),
    ];
    let lines = zone.matrix.iter().flat_map(|matrix| lines(matrix, &zone.when()));
    parts.extend(lines.map(|(id, line)| Part::new(id, line)));
    parts
}

/// The same, put together.
pub(super) fn all(zone: &ZoneScene) -> Markup {
    html! {
        (verdicts(zone)) (timeline(zone)) (gates(zone)) (curve(zone)) (matrix(zone)) (journal(zone))
    }
}

/// How far the move has come, in the heading.
pub(super) fn phase(zone: &ZoneScene) -> Markup {
    html! {
        p #phase {
            @match zone.phase() {
                Some((phase, at, of)) => { (phase) ", phase " (at) " of " (of) }
                None => "not begun",
            }
        }
    }
}

/// A time of day that the script counts down to.
pub(super) fn clock(time: Timestamp, when: &When) -> Markup {
    html! { time datetime=(time.to_rfc3339()) title=(when.at(time)) { (when.clock(time)) } }
}

/// A time with its date, and how far away it is.
fn moment(time: Timestamp, when: &When) -> Markup {
    html! {
        time datetime=(time.to_rfc3339()) { (when.at(time)) } " "
        span.countdown data-until=(time.timestamp()) { (when.away(time)) }
    }
}

fn verdicts(zone: &ZoneScene) -> Markup {
    let when = zone.when();
    html! {
        section #verdicts aria-live="polite" aria-label="Verdicts" {
            @if let Some(problem) = &zone.problem { p.alarm role="alert" { (problem) } }
            @if let Some(matrix) = &zone.matrix {
                (alarms(matrix, &when))
                div.tiles {
                    (tiles(matrix, &when))
                    @if let Some(view) = &zone.view { (costs(view, &when)) }
                }
            }
        }
    }
}

fn tiles(matrix: &Matrix, when: &When) -> Markup {
    let ((servers, of_servers), (caches, of_caches)) =
        (matrix.count(Kind::Authoritative), matrix.count(Kind::Resolver));
    html! {
        div.tile data-state=(if matrix.is_published() { "good" } else { "open" }) {
            h2 { "Published" }
            p.big { (servers) " of " (of_servers) }
            p { "name servers answer with the new" }
        }
        @let safe = matrix.safe();
        @let is_safe = safe.is_some_and(|safe| safe <= matrix.at);
        div.tile data-state=(if is_safe { "good" } else { "open" }) {
            h2 { "Safe" }
            @match safe {
                None => p { "once every name server has it, and caches have forgotten" },
                Some(safe) if is_safe => { p.big { "yes" } p { "since " (clock(safe, when)) } }
                Some(safe) => {
                    p.big.countdown data-until=(safe.timestamp()) { (when.away(safe)) }
                    p { "no cache that obeys TTLs has the old after " (clock(safe, when)) }
                }
            }
        }
        div.tile data-state=(if of_caches > 0 && caches == of_caches { "good" } else { "open" }) {
            h2 { "Observed" }
            p.big { (caches) " of " (of_caches) }
            p {
                "resolvers have the new"
                @if let Some(flips) = matrix.flips_by() {
                    "; the last flips by " (clock(flips, when))
                }
            }
        }
    }
}

fn costs(view: &View, when: &When) -> Markup {
    html! {
        div.tile {
            h2 { "Turning back" }
            @match view.rollback {
                Some(price) => {
                    p.big { (span(price.takes)) }
                    p { "until no cache has the new: " (clock(price.until, when)) }
                }
                None => p { "nothing can or need be turned back" },
            }
        }
    }
}

fn alarms(matrix: &Matrix, when: &When) -> Markup {
    html! {
        @if let Some(reach) = text::reach(matrix.reach) { p.alarm role="alert" { (reach) } }
        @for alarm in matrix.alarms() { p.alarm role="alert" { (text::alarm(&alarm, when)) } }
    }
}

fn gates(zone: &ZoneScene) -> Markup {
    let when = zone.when();
    let is_ahead = |phase: &&PhaseView| phase.progress == Progress::Planned;
    html! {
        section #gates aria-labelledby="gates-head" {
            h2 #gates-head { "What comes next" }
            @if let Some(view) = &zone.view {
                p.next { (text::next(&view.next, &when)) }
                @for phase in view.phases.iter().filter(is_ahead) {
                    h3 { (phase.stage) }
                    ul {
                        @for gate in &phase.gates {
                            li data-open=(is_open(gate, zone.at)) { (told(gate, &when)) }
                        }
                        @if phase.gates.is_empty() { li { "waits for nothing" } }
                    }
                }
            } @else { p { "The move has not begun." } }
        }
    }
}

fn is_open(gate: &GateView, now: Timestamp) -> bool {
    gate.confirmed.is_some() || gate.opens.is_some_and(|opens| opens <= now)
}

fn told(gate: &GateView, when: &When) -> Markup {
    match (&gate.gate, gate.opens) {
        (Gate::NotBefore(time), _) => html! { "not before " (moment(*time, when)) },
        (Gate::Confirmed(_) | Gate::Probed(_), _) | (_, None) => {
            html! { (text::gate_line(gate, when)) }
        }
        (_, Some(opens)) => html! {
            (text::gate_line(&GateView { opens: None, ..gate.clone() }, when)) ": "
            (moment(opens, when))
        },
    }
}

fn journal(zone: &ZoneScene) -> Markup {
    let when = zone.when();
    html! {
        section #journal aria-labelledby="journal-head" {
            h2 #journal-head { "Journal" }
            @if zone.entries.is_empty() { p { "Nothing has happened yet." } }
            ol.journal reversed {
                @for entry in zone.entries.iter().rev().take(ENTRIES) {
                    li { (text::fact(&zone.zone, entry, &when)) }
                }
            }
        }
    }
}
