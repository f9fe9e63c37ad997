//! Where one zone stands between visits: when the next is due, and what was told last.

use super::super::Terminal;
use super::visit::Visit;
use crate::engine::Outcome;
use crate::run::Timestamp;
use std::time::Duration;

/// How long a zone in trouble is left alone at first, and at most: long enough for a provider to
/// recover, short enough for people to wait.
const PAUSES: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3_600));

/// One zone.
pub(super) struct Berth {
    due: Option<Timestamp>,
    is_out: bool,
    /// Whether something has changed while somebody was out.
    is_called: bool,
    pause: Duration,
    /// What its journal was seen to hold.
    size: u64,
    told: String,
}

impl Berth {
    /// A zone that is due now.
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            due: Some(now),
            is_out: false,
            is_called: false,
            pause: PAUSES.0,
            size: 0,
            told: String::new(),
        }
    }

    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        !self.is_out && self.due.is_some_and(|due| due <= now)
    }

    /// Somebody sets out.
    pub(super) fn leave(&mut self) {
        (self.is_out, self.due) = (true, None);
    }

    /// Something has changed: it is due at once, and trouble starts anew.
    pub(super) fn call(&mut self, now: Timestamp) {
        self.pause = PAUSES.0;
        match self.is_out {
            true => self.is_called = true,
            false => self.due = Some(now),
        }
    }

    /// Whether its journal has grown without us.
    pub(super) fn look(&mut self, size: u64, now: Timestamp) {
        if !self.is_out && size != self.size {
            self.size = size;
            self.call(now);
        }
    }

    /// Takes in how a visit ended; the same twice is told once.
    pub(super) fn come_back(&mut self, visit: Visit, now: Timestamp, terminal: &Terminal) {
        let Visit { zone, end, known } = visit;
        (self.is_out, self.size) = (false, known);
        match end {
            Ok(end) => {
                self.due = end.due(now);
                self.pause = PAUSES.0;
                // A check that does not pass may pass by itself.
                if matches!(end.outcome, Outcome::Unready(..)) {
                    self.due = Some(now + self.pause);
                }
                let is_news = !matches!(end.outcome, Outcome::Stopped | Outcome::Unpublished(_));
                if is_news && self.told != end.news.text {
                    terminal.tell(&end.news);
                    self.told = end.news.text;
                }
            }
            Err(failure) => {
                self.due = Some(now + self.pause);
                self.pause = (self.pause * 2).min(PAUSES.1);
                let text = failure.message().to_owned();
                if self.told != text {
                    terminal.fail(Some(&zone), failure);
                    self.told = text;
                }
            }
        }
        if std::mem::take(&mut self.is_called) {
            self.due = Some(now);
        }
    }
}
