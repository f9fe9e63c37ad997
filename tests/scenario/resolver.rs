//! Caching resolvers with their habits.

use crate::domain::QUESTIONS;
use cutover::port::Answer;

/// What a resolver does with TTLs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Habit {
    /// Keeps answers as long as it may.
    Obey,
    /// Keeps none longer than this.
    Cap(i64),
    /// Keeps none shorter than this, which is more than it may.
    Floor(i64),
    /// Answers from what has expired within a day, and asks meanwhile (RFC 8767 §5).
    StaleFirst,
}

/// One resolver.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    pub(crate) habit: Habit,
    /// Minutes between two questions of its users.
    pub(crate) every: i64,
    entries: Vec<Option<Entry>>,
    /// What its users were told last.
    pub(crate) told: Vec<Option<Answer>>,
}

#[derive(Clone, Debug)]
struct Entry {
    answer: Answer,
    dies: i64,
}

const STALE: i64 = 86_400;

impl Resolver {
    pub(crate) fn new(habit: Habit, every: i64) -> Self {
        let nothing = vec![None; QUESTIONS.len()];
        Self { habit, every, entries: vec![None; QUESTIONS.len()], told: nothing }
    }

    pub(crate) fn is_obedient(&self) -> bool {
        matches!(self.habit, Habit::Obey | Habit::Cap(_))
    }

    pub(crate) fn name(&self) -> String {
        format!("{:?}, asked every {} min", self.habit, self.every)
    }

    /// One user asks at `now`; says whether the answer is another than last time.
    pub(crate) fn ask<'a>(
        &mut self,
        question: usize,
        now: i64,
        server: impl FnOnce() -> Option<&'a [Answer]>,
    ) -> bool {
        let entry = self.entries[question].as_ref();
        if let Some(entry) = entry.filter(|entry| entry.dies > now) {
            // A stale answer was told last time; this is the fresh one.
            let news = self.habit == Habit::StaleFirst
                && self.told[question].as_ref() != Some(&entry.answer);
            if news {
                self.told[question] = Some(entry.answer.clone());
            }
            return news;
        }
        let Some(server) = server() else { return false };
        let answer = server[question].clone();
        let ttl = i64::from(answer.ttl().secs());
        let ttl = match self.habit {
            Habit::Obey | Habit::StaleFirst => ttl,
            Habit::Cap(cap) => ttl.min(cap),
            Habit::Floor(floor) => ttl.max(floor),
        };
        let stale = entry.filter(|old| self.habit == Habit::StaleFirst && now - old.dies < STALE);
        let told = stale.map_or_else(|| answer.clone(), |old| old.answer.clone());
        self.entries[question] = Some(Entry { answer, dies: now + ttl });
        let news = self.told[question].as_ref() != Some(&told);
        self.told[question] = Some(told);
        news
    }
}
