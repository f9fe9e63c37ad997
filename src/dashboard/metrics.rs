//! Numbers for Prometheus, in its text format 0.0.4.

use super::scene::{Scene, ZoneScene};
use std::fmt::Write as _;

/// A number of a zone; `None` leaves the line out, since unknown is not zero.
type Number = fn(&ZoneScene) -> Option<f64>;

const GAUGES: &[(&str, &str, Number)] = &[
    ("cutover_phase", "How many phases have begun.", |zone| {
        zone.phase().map(|(_, at, _)| count(at))
    }),
    ("cutover_phases", "How many phases there are.", |zone| {
        zone.phase().map(|(_, _, of)| count(of))
    }),
    ("cutover_published", "Whether every name server answers with the new.", |zone| {
        zone.matrix.as_ref().map(|matrix| f64::from(u8::from(matrix.is_published())))
    }),
    ("cutover_observed_share", "Share of resolvers' answers that are new, of 1.", |zone| {
        zone.matrix.as_ref()?.observed()
    }),
    ("cutover_safe_seconds", "Seconds until no cache that obeys TTLs has the old.", |zone| {
        let safe = zone.matrix.as_ref()?.safe()?;
        Some((safe - zone.at).to_std().unwrap_or_default().as_secs_f64())
    }),
    ("cutover_rollback_seconds", "Seconds that turning back would take now.", |zone| {
        Some(zone.view.as_ref()?.rollback?.takes.as_secs_f64())
    }),
    ("cutover_alarms", "Resolvers that took in the old after publication.", |zone| {
        zone.matrix.as_ref().map(|matrix| count(matrix.alarms().len()))
    }),
    ("cutover_failed", "Whether the last look failed.", |zone| {
        Some(f64::from(u8::from(zone.problem.is_some())))
    }),
    ("cutover_looked_timestamp_seconds", "When the zone was looked at last.", |zone| {
        u32::try_from(zone.at.timestamp()).ok().map(f64::from)
    }),
];

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

/// All gauges of all zones.
pub(super) fn metrics(scene: &Scene) -> String {
    let mut out = String::new();
    for (name, help, number) in GAUGES {
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
        for zone in &scene.zones {
            if let Some(value) = number(zone) {
                let _ = writeln!(out, "{name}{{zone=\"{}\"}} {value}", escaped(&zone.name()));
            }
        }
    }
    let _ = writeln!(out, "# HELP cutover_stage Which phase a zone is in: 1 for that one.");
    let _ = writeln!(out, "# TYPE cutover_stage gauge");
    for zone in &scene.zones {
        if let Some((stage, ..)) = zone.phase() {
            let name = escaped(&zone.name());
            let _ = writeln!(out, "cutover_stage{{zone=\"{name}\",stage=\"{stage}\"}} 1");
        }
    }
    out
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"")
}
