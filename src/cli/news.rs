//! One thing to tell: a line for people, and the fields by which machines find it.

use super::Failure;
use crate::dns::Name;
use crate::engine::Outcome;
use crate::plan::Stage;
use crate::report::{When, text};
use crate::run::{Entry, Event, Timestamp};

/// How much it matters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Level {
    /// All goes well.
    Info,
    /// It may pass by itself.
    Warning,
    /// Somebody must look.
    Error,
}

/// One thing to tell.
#[derive(Clone, Debug)]
pub(super) struct News {
    pub(super) level: Level,
    /// A word for what kind of thing it is; facts are called as in the journal.
    pub(super) event: &'static str,
    pub(super) zone: Option<Name>,
    pub(super) stage: Option<Stage>,
    /// The checkpoint or check that it is about.
    pub(super) checkpoint: Option<String>,
    /// The name servers that it is about.
    pub(super) server: Option<String>,
    /// The exit code that a failure would have by itself.
    pub(super) code: Option<u8>,
    pub(super) hint: Option<String>,
    /// When the zone goes on.
    pub(super) until: Option<Timestamp>,
    /// The time of day, where people read it.
    pub(super) clock: Option<String>,
    /// In words.
    pub(super) text: String,
}

impl News {
    /// Something about no zone.
    pub(super) fn new(event: &'static str, text: impl Into<String>) -> Self {
        Self {
            level: Level::Info,
            event,
            zone: None,
            stage: None,
            checkpoint: None,
            server: None,
            code: None,
            hint: None,
            until: None,
            clock: None,
            text: text.into(),
        }
    }

    /// Something about a zone.
    pub(super) fn of(zone: &Name, event: &'static str, text: impl Into<String>) -> Self {
        Self { zone: Some(zone.clone()), ..Self::new(event, text) }
    }

    /// A fact, as it is journalled.
    pub(super) fn fact(zone: &Name, entry: &Entry, when: &When) -> Self {
        let (checkpoint, server) = match &entry.event {
            Event::Confirmed { checkpoint: id, .. } | Event::Probed { probe: id, .. } => {
                (Some(id.clone()), None)
            }
            Event::Seen { seen, .. } => {
                let mut servers: Vec<_> = seen.iter().filter_map(|s| s.server.clone()).collect();
                servers.dedup();
                (None, Some(servers.join(", ")).filter(|servers| !servers.is_empty()))
            }
            _ => (None, None),
        };
        let news = Self::of(zone, entry.event.name(), text::happened(entry, when));
        let clock = Some(when.clock(entry.at));
        Self { stage: entry.event.stage(), checkpoint, server, clock, ..news }
    }

    /// Where a drive ended.
    pub(super) fn ending(zone: &Name, outcome: &Outcome, text: String) -> Self {
        let event = match outcome {
            Outcome::Done | Outcome::Through(_) => "done",
            Outcome::Waiting(_) => "waiting",
            Outcome::Asked(_) => "asked",
            Outcome::Missed(_) => "missed",
            Outcome::Unready(..) => "unready",
            Outcome::Unpublished(_) => "unpublished",
            Outcome::Stopped => "stopped",
        };
        let level = match outcome {
            Outcome::Missed(_) => Level::Error,
            Outcome::Unready(..) => Level::Warning,
            _ => Level::Info,
        };
        let until = match outcome {
            Outcome::Waiting(until) => Some(*until),
            _ => None,
        };
        Self { until, level, ..Self::of(zone, event, text) }
    }

    /// A failure, of a zone or of all.
    pub(super) fn failure(zone: Option<&Name>, failure: &Failure) -> Self {
        Self {
            level: Level::Error,
            zone: zone.cloned(),
            code: Some(failure.code),
            hint: failure.hints(),
            ..Self::new("failed", failure.message())
        }
    }

    /// The same with the time of day for people.
    pub(super) fn at(self, when: &When) -> Self {
        Self { clock: Some(when.clock(when.now)), ..self }
    }

    /// The same, of another weight.
    pub(super) fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// `22:00:07 example.com: delivery: sending`.
    pub(super) fn line(&self) -> String {
        let clock = self.clock.as_ref().map(|clock| format!("{clock} ")).unwrap_or_default();
        format!("{clock}{}", self.message())
    }

    /// The same without the time.
    pub(super) fn message(&self) -> String {
        let zone = self.zone.as_ref().map(|zone| format!("{}: ", text::plain(zone)));
        format!("{}{}", zone.unwrap_or_default(), self.text)
    }
}
