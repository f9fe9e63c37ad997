//! The share of the new over time, beside what caches that obey TTLs would show.

use super::scene::ZoneScene;
use crate::plan::Timestamp;
use crate::report::curve::picture;
use crate::watch::Matrix;
use maud::{Markup, html};

/// The picture, from the last publication to when all is safe.
pub(super) fn curve(zone: &ZoneScene) -> Markup {
    let span = zone.matrix.as_ref().and_then(|matrix| span(matrix, zone.at));
    html! {
        section #curve aria-labelledby="curve-head" {
            h2 #curve-head { "Propagation" }
            @match (&zone.matrix, span) {
                (Some(matrix), Some((from, to))) => {
                    (picture(&matrix.targets, &zone.curve, from, to))
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
