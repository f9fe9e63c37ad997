//! The share of the new over time, beside what caches that obey TTLs would show.

use super::scene::{Point, ZoneScene, forecast};
use crate::plan::Timestamp;
use crate::watch::Matrix;
use maud::{Markup, html};
use std::fmt::Write as _;

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 160.0;
const LEFT: f64 = 52.0;
/// How many pieces the expected curve is drawn in.
const PIECES: u32 = 60;

/// The picture, from the last publication to when all is safe.
pub(super) fn curve(zone: &ZoneScene) -> Markup {
    let span = zone.matrix.as_ref().and_then(|matrix| span(matrix, zone.at));
    html! {
        section #curve aria-labelledby="curve-head" {
            h2 #curve-head { "Propagation" }
            @match (&zone.matrix, span) {
                (Some(matrix), Some((from, to))) => {
                    (picture(matrix, &zone.curve, from, to))
                    p.legend {
                        span.observed-key { "observed" } " " span.forecast-key { "expected" }
                        " from " (zone.when().clock(from)) " to " (zone.when().clock(to))
                    }
                }
                _ => p { "Resolvers are asked once every name server has the new." },
            }
        }
    }
}

/// From the last publication to the end of what is seen or to be waited for.
fn span(matrix: &Matrix, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let from = matrix.last_published()?;
    let to = matrix.safe().into_iter().chain(matrix.flips_by()).chain([now]).max()?;
    (from < to).then_some((from, to))
}

fn picture(matrix: &Matrix, points: &[Point], from: Timestamp, to: Timestamp) -> Markup {
    let whole = (to - from).as_seconds_f64();
    let x = |at: Timestamp| LEFT + (at - from).as_seconds_f64() / whole * (WIDTH - LEFT - 4.0);
    let y = |share: f64| 8.0 + (1.0 - share) * (HEIGHT - 16.0);
    let seen = points.iter().filter(|point| from <= point.at && point.at <= to);
    let seen: Vec<_> = seen.filter_map(|point| Some((point.at, point.observed?))).collect();
    let mut observed = String::new();
    let mut before = None;
    for (at, share) in &seen {
        // A step: nobody knows when between two looks it changed, but by then it had.
        if let Some(before) = before {
            let _ = write!(observed, "{:.1},{:.1} ", x(*at), y(before));
        }
        let _ = write!(observed, "{:.1},{:.1} ", x(*at), y(*share));
        before = Some(*share);
    }
    let mut expected = String::new();
    for piece in 0..=PIECES {
        let at = from + (to - from) * i32::try_from(piece).unwrap_or(0) / PIECES as i32;
        if let Some(share) = forecast(matrix, at) {
            let _ = write!(expected, "{:.1},{:.1} ", x(at), y(share));
        }
    }
    let last =
        before.map_or_else(|| "no answer yet".to_owned(), |share| percent(share).to_string());
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img"
            aria-label={ "Share of resolvers' answers that are new: " (last) } {
            @for share in [0.0, 0.5, 1.0] {
                line.grid x1=(LEFT) x2=(WIDTH) y1=(y(share)) y2=(y(share)) {}
                text x=(LEFT - 6.0) y=(y(share) + 4.0) text-anchor="end" { (percent(share)) }
            }
            polyline.forecast points=(expected.trim_end()) {}
            polyline.observed points=(observed.trim_end()) {}
        }
    }
}

/// A share of 1, for people.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
