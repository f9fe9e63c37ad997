//! The share of the new over time, beside what caches that obey TTLs would show.

use crate::plan::Timestamp;
use crate::run::Target;
use crate::watch::Matrix;
use maud::{Markup, html};
use std::fmt::Write as _;

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 160.0;
const LEFT: f64 = 52.0;
/// How many pieces the expected curve is drawn in.
const PIECES: u32 = 60;

/// The share of resolvers' answers that were new, and the share to be expected; of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// As observed; `None` while nobody was asked.
    pub observed: Option<f64>,
    /// As busy caches would have it that obey TTLs.
    pub forecast: Option<f64>,
}

impl Point {
    /// The point that a matrix gives.
    pub fn of(matrix: &Matrix) -> Self {
        let forecast = forecast(&matrix.targets, matrix.at);
        Self { at: matrix.at, observed: matrix.observed(), forecast }
    }
}

/// The share to be expected at a time, over what was published last.
pub fn forecast(targets: &[Target], at: Timestamp) -> Option<f64> {
    let last = targets.iter().filter_map(|target| target.published).max()?;
    let spreading = targets.iter().filter(|target| target.published == Some(last));
    let (mut sum, mut count) = (0.0, 0_u32);
    for target in spreading {
        sum += target.forecast(at)?;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// The picture between two times, of which the first is earlier.
pub fn picture(targets: &[Target], points: &[Point], from: Timestamp, to: Timestamp) -> Markup {
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
        if let Some(share) = forecast(targets, at) {
            let _ = write!(expected, "{:.1},{:.1} ", x(at), y(share));
        }
    }
    let last =
        before.map_or_else(|| "no answer yet".to_owned(), |share| percent(share).to_string());
    html! {
        svg.curve viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img"
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
pub fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
