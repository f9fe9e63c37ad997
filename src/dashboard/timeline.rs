//! The phases over time, with a line where now is.

use super::scene::ZoneScene;
use crate::plan::{Stage, Timestamp};
use crate::report::Scale;
use crate::run::view::{PhaseView, Progress};
use maud::{Markup, html};
use std::collections::BTreeSet;

const WIDTH: f64 = 1000.0;
const LABELS: f64 = 130.0;
const LINE: u32 = 26;

/// One phase: since when and until when, and whether that has happened or is foreseen.
struct Bar {
    stage: Stage,
    begins: Timestamp,
    ends: Timestamp,
    kind: &'static str,
    told: String,
}

/// The picture.
pub(super) fn timeline(zone: &ZoneScene) -> Markup {
    let bars = bars(zone);
    let mut times: BTreeSet<_> = bars.iter().flat_map(|bar| [bar.begins, bar.ends]).collect();
    times.insert(zone.at);
    let scale = Scale::logarithmic(times, LABELS, WIDTH - 10.0);
    let lines = u32::try_from(bars.len()).unwrap_or_default();
    let (height, foot) = (lines * LINE + 24, lines * LINE + 4);
    let now = scale.x(zone.at);
    html! {
        section #timeline aria-labelledby="timeline-head" {
            h2 #timeline-head { "Phases" }
            @if bars.is_empty() { p { "No phase is planned yet." } } @else {
                div.scroll tabindex="0" role="group" aria-labelledby="timeline-head" {
                    svg.wide viewBox={ "0 0 " (WIDTH) " " (height) } role="img"
                        aria-label="Phases over time; weeks are drawn narrower than minutes" {
                        @for (bar, row) in bars.iter().zip(0_u32..) {
                            @let (from, to) = (scale.x(bar.begins), scale.x(bar.ends));
                            @let top = row * LINE + 4;
                            text x="0" y=(top + 14) { (bar.stage) }
                            rect class=(bar.kind) x=(from) y=(top) height=(LINE - 8) rx="3"
                                width=((to - from).max(3.0)) { title { (bar.told) } }
                        }
                        line.now x1=(now) x2=(now) y1="0" y2=(foot) {}
                        @let anchor = if now > WIDTH - 60.0 { "end" } else { "middle" };
                        text.now x=(now) y=(foot + 14) text-anchor=(anchor) { "now" }
                    }
                }
                ol.sr {
                    @for bar in &bars { li { (bar.told) } }
                }
            }
        }
    }
}

fn bars(zone: &ZoneScene) -> Vec<Bar> {
    let Some(view) = &zone.view else { return Vec::new() };
    let when = zone.when();
    let bar = |phase: &PhaseView| {
        let stage = phase.stage;
        let expected = zone.expected.iter().find(|one| one.stage == stage)?;
        let foreseen = || opening(phase).max(Some(zone.at)).max(Some(expected.begins));
        let begins = phase.applied.or_else(foreseen).unwrap_or(zone.at);
        let (ends, kind, state) = match phase.progress {
            Progress::Planned => {
                (begins + (expected.drained - expected.begins), "planned", "planned from")
            }
            Progress::Applying | Progress::Applied(_) => {
                (expected.drained.max(zone.at), "spreading", "on its way to name servers since")
            }
            Progress::Draining(until) => (until, "draining", "published; caches forget; since"),
            Progress::Drained(at) => (at, "done", "done; since"),
        };
        let ends = ends.max(begins);
        let told = format!("{stage}: {state} {} until {}", when.at(begins), when.at(ends));
        Some(Bar { stage, begins, ends, kind, told })
    };
    view.phases.iter().filter_map(bar).collect()
}

/// When the last gate opens, of those whose time is known.
fn opening(phase: &PhaseView) -> Option<Timestamp> {
    phase.gates.iter().filter_map(|gate| gate.opens).max()
}
