//! Authoritative servers: a primary, and secondaries that follow it in their own time.

use crate::versions::Edition;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// How long a secondary that was cut off takes to notice that it can ask again.
const RETRY: i64 = 600;

/// One name server. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) name: &'static str,
    /// How far it is behind the primary, which is the one without lag.
    lag: i64,
    /// When it does not answer, and learns nothing.
    dead: Range<i64>,
}

impl Authority {
    pub(crate) fn new(name: &'static str, lag: u64) -> Self {
        Self { name, lag: lag as i64, dead: 0..0 }
    }

    /// The same server, but without a voice for a while.
    pub(crate) fn dead(self, dead: Range<i64>) -> Self {
        Self { dead, ..self }
    }
}

/// A server at work.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) authority: Authority,
    pub(crate) edition: Arc<Edition>,
    due: VecDeque<(i64, Arc<Edition>)>,
}

impl Server {
    pub(crate) fn new(authority: Authority, edition: Arc<Edition>) -> Self {
        Self { authority, edition, due: VecDeque::new() }
    }

    pub(crate) fn is_up(&self, now: i64) -> bool {
        !self.authority.dead.contains(&now)
    }

    /// Learns that the primary holds another edition from `at` on.
    pub(crate) fn notify(&mut self, edition: &Arc<Edition>, at: i64) {
        let Authority { lag, dead, .. } = &self.authority;
        let due = at + lag;
        let due = if dead.contains(&due) { dead.end + RETRY } else { due };
        self.due.push_back((due, edition.clone()));
    }

    /// When it changes next, after `now`.
    pub(crate) fn next(&self, now: i64) -> Option<i64> {
        let due = self.due.front().map(|(due, _)| *due);
        let Range { start, end } = self.authority.dead;
        [due, Some(start), Some(end)].into_iter().flatten().filter(|at| *at > now).min()
    }

    /// Takes over what is due.
    pub(crate) fn follow(&mut self, now: i64) {
        while self.due.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, edition)) = self.due.pop_front() {
                self.edition = edition;
            }
        }
    }
}
