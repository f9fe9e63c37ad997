//! Authoritative servers: a primary, and secondaries that follow it in their own time.

use crate::domain::QUESTIONS;
use cutover::dns::{RrKey, RrSet, Rtype, Zone};
use cutover::port::Answer;
use std::collections::VecDeque;
use std::ops::Range;

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
    pub(crate) zone: Zone,
    /// What it says to each of the questions.
    pub(crate) answers: Vec<Answer>,
    due: VecDeque<(i64, Zone)>,
}

impl Authority {
    pub(crate) fn new(name: &'static str, zone: &Zone, lag: u64) -> Self {
        let (lag, zone) = (lag as i64, zone.clone());
        let answers = answers(&zone);
        Self { name, lag, dead: 0..0, zone, answers, due: VecDeque::new() }
    }

    /// The same server, but without a voice for a while.
    pub(crate) fn dead(self, dead: Range<i64>) -> Self {
        Self { dead, ..self }
    }

    pub(crate) fn is_up(&self, now: i64) -> bool {
        !self.dead.contains(&now)
    }

    /// Learns at `now` what the primary holds from now on.
    pub(crate) fn notify(&mut self, zone: &Zone, now: i64) {
        let due = now + self.lag;
        let due = if self.dead.contains(&due) { self.dead.end + RETRY } else { due };
        self.due.push_back((due, zone.clone()));
        self.follow(now);
    }

    /// When it changes next, after `now`.
    pub(crate) fn next(&self, now: i64) -> Option<i64> {
        let due = self.due.front().map(|(due, _)| *due);
        [due, Some(self.dead.start), Some(self.dead.end)]
            .into_iter()
            .flatten()
            .filter(|at| *at > now)
            .min()
    }

    /// Takes over what is due.
    pub(crate) fn follow(&mut self, now: i64) {
        while self.due.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, zone)) = self.due.pop_front() {
                self.answers = answers(&zone);
                self.zone = zone;
            }
        }
    }

    /// What it says to somebody who asks for just this RRset.
    pub(crate) fn exactly(&self, key: &RrKey) -> Answer {
        let alias = || self.zone.find(&key.owner, Rtype::CNAME);
        match self.zone.get(key) {
            Some(rrset) => Answer::Found(rrset.clone()),
            None => Answer::Absent(alias().map_or(self.zone.negative_ttl(), RrSet::ttl)),
        }
    }
}

/// What a zone says to each of the questions; an alias is an answer to who asks for addresses.
fn answers(zone: &Zone) -> Vec<Answer> {
    let answer = |key: &RrKey| {
        let alias = zone.find(&key.owner, Rtype::CNAME);
        Answer::of(zone.get(key).or(alias), zone.negative_ttl())
    };
    QUESTIONS.iter().map(answer).collect()
}
