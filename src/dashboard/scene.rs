//! What a page shows: everything that is known of the zones at one moment.

use crate::dns::Name;
use crate::plan::{Stage, Timestamp};
use crate::report::When;
use crate::report::curve::Point;
use crate::run::{Entry, View};
use crate::watch::Matrix;
use chrono_tz::Tz;
use std::sync::Arc;

/// All zones that are watched.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// In the order of their names.
    pub zones: Vec<ZoneScene>,
}

/// One zone.
#[derive(Clone, Debug)]
pub struct ZoneScene {
    /// Its name.
    pub zone: Name,
    /// In which times are told.
    pub time_zone: Option<Tz>,
    /// When this was seen.
    pub at: Timestamp,
    /// Where its run stands; `None` before it has begun.
    pub view: Option<View>,
    /// The times that the plan foresaw.
    pub expected: Vec<Expected>,
    /// What everybody says.
    pub matrix: Option<Matrix>,
    /// How the share of the new has grown since the last publication.
    pub curve: Vec<Point>,
    /// What has happened, oldest first.
    pub entries: Arc<Vec<Entry>>,
    /// Why there is no newer matrix.
    pub problem: Option<String>,
}

/// When a phase begins, and when caches have forgotten what was before it, by the plan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Expected {
    /// The phase.
    pub stage: Stage,
    /// When it begins at the earliest.
    pub begins: Timestamp,
    /// When the last cache forgets.
    pub drained: Timestamp,
}

impl Scene {
    pub(super) fn zone(&self, name: &str) -> Option<&ZoneScene> {
        self.zones.iter().find(|zone| zone.name() == name)
    }
}

impl ZoneScene {
    /// The name without its last dot.
    pub(super) fn name(&self) -> String {
        crate::report::text::plain(&self.zone)
    }

    /// In which words times are told.
    pub fn when(&self) -> When {
        When { now: self.at, zone: self.time_zone }
    }

    /// The phase that was begun last, with its place and the number of all.
    pub(super) fn phase(&self) -> Option<(&'static str, usize, usize)> {
        let phases = &self.view.as_ref()?.phases;
        let begun = phases.iter().filter(|phase| phase.progress.has_begun()).count();
        let name = match begun.checked_sub(1).and_then(|last| phases.get(last)) {
            Some(phase) => phase.stage.name(),
            None => "planned",
        };
        Some((name, begun, phases.len()))
    }
}
