//! What servers and resolvers answer, held against the run.
//!
//! Pure judgement; asking is done elsewhere. A resolver's answer is evidence for people: what
//! caches may still hold follows from the ledger alone.

use super::{Run, Timestamp};
use crate::dns::{RrKey, RrSet};
use crate::plan::ledger::Answer;
use crate::plan::{Scope, matches};
use std::time::Duration;

/// One RRset to look for: what it shall be by now, and what it was.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// Owner and type.
    pub key: RrKey,
    /// What the last applied phase made of it; `None` is absence.
    pub new: Option<RrSet>,
    /// What it was before each phase that touched it.
    pub old: Vec<Option<RrSet>>,
    /// Our share of it.
    pub scope: Scope,
    /// From when on every authoritative server answers the new; before that nobody may ask a
    /// resolver, whose cache the question would fill with the old.
    pub published: Option<Timestamp>,
}

/// What one server says about one RRset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The new content.
    New,
    /// The old content; a cache drops it at this time at the latest.
    Old(Timestamp),
    /// Old content that a cache took in after every server had the new: one server lags, or the
    /// cache stretches TTLs.
    Late(Timestamp),
    /// Neither.
    Other,
    /// No answer, and why. This says nothing about the record.
    Silent(String),
    /// Not asked: it is too early to ask a resolver.
    Unasked,
}

impl Run {
    /// The RRsets that the applied phases have touched.
    pub fn targets(&self) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        for phase in &self.plan.phases[..self.done()] {
            let published = self.marks.get(&phase.stage).and_then(|mark| mark.published);
            for change in &phase.changes {
                let (before, after) = (change.before().cloned(), change.after().cloned());
                match targets.iter_mut().find(|target| target.key == *change.key()) {
                    Some(target) => {
                        target.old.push(before);
                        (target.new, target.published) = (after, published);
                    }
                    None => targets.push(Target {
                        key: change.key().clone(),
                        new: after,
                        old: vec![before],
                        scope: self.plan.scope(change.key()).clone(),
                        published,
                    }),
                }
            }
        }
        targets
    }
}

impl Target {
    /// What an answer with authority says: data and TTL must be exact.
    pub fn judge_server(&self, answer: &Answer, now: Timestamp) -> Verdict {
        let live = answer.rrset();
        match () {
            () if matches(live, self.new.as_ref(), &self.scope) => Verdict::New,
            () if self.was(live) => Verdict::Old(now + Duration::from(answer.ttl())),
            () => Verdict::Other,
        }
    }

    /// What a cached answer says: its TTL counts down, so only more than the new one betrays it.
    pub fn judge_resolver(&self, answer: &Answer, now: Timestamp) -> Verdict {
        let live = answer.rrset();
        let dies = now + Duration::from(answer.ttl());
        let was = self.was(live);
        let counted_down = match (live, &self.new) {
            (Some(live), Some(new)) => live.ttl() <= new.ttl(),
            _ => true,
        };
        match self.same_values(live, self.new.as_ref()) {
            // More than the new TTL: from before, or a cache that stretches TTLs.
            true if was && !counted_down => Verdict::Old(dies),
            true => Verdict::New,
            false if !was => Verdict::Other,
            false if self.is_late(answer, now) => Verdict::Late(dies),
            false => Verdict::Old(dies),
        }
    }

    fn was(&self, live: Option<&RrSet>) -> bool {
        self.old.iter().any(|old| self.same_values(live, old.as_ref()))
    }

    fn same_values(&self, a: Option<&RrSet>, b: Option<&RrSet>) -> bool {
        self.scope.ours(a) == self.scope.ours(b)
    }

    /// Whether a cache took the old content in after publication: it was born at
    /// `now - (TTL - remaining)` at the earliest, TTL being the longest that was ever served.
    fn is_late(&self, answer: &Answer, now: Timestamp) -> bool {
        let Some(published) = self.published else {
            return false;
        };
        let served = self.old.iter().flatten().map(RrSet::ttl).max();
        // A cache that caps TTLs hides its entry's age, and only makes it look younger; a second
        // either way is the rounding of two clocks.
        let longest = served.unwrap_or(answer.ttl());
        let shortest = self.old.iter().flatten().map(RrSet::ttl).min().unwrap_or(longest);
        let age = shortest.secs().saturating_sub(answer.ttl().secs());
        answer.ttl() <= shortest
            && now - Duration::from_secs(age.into()) > published + Duration::from_secs(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Rtype, Ttl, Zone};

    fn set(text: &str) -> Option<RrSet> {
        let apex = Name::parse("example.").unwrap();
        Zone::parse(text, &apex).unwrap().find(&apex, Rtype::MX).cloned()
    }

    fn at(text: &str) -> Timestamp {
        format!("2027-01-16T{text}Z").parse().unwrap()
    }

    /// Old content with TTL 600 until 22:25:00, then new on every server.
    fn target() -> Target {
        Target {
            key: RrKey::new(Name::parse("example.").unwrap(), Rtype::MX),
            new: set("@ 600 MX 10 b."),
            old: vec![set("@ 600 MX 10 a.")],
            scope: Scope::Whole,
            published: Some(at("22:25:00")),
        }
    }

    #[test]
    fn what_a_cache_says_depends_on_its_remaining_ttl() {
        let check = |text: &str, expected: Verdict| {
            let answer = set(text).map_or(Answer::Absent(Ttl::from_secs(60)), Answer::Found);
            assert_eq!(target().judge_resolver(&answer, at("22:31:00")), expected, "{text}");
        };
        check("@ 420 MX 10 b.", Verdict::New);
        // Born at 22:28:00, three minutes after the last server had changed.
        check("@ 420 MX 10 a.", Verdict::Late(at("22:38:00")));
        // Born at 22:23:00: nothing to wonder about.
        check("@ 120 MX 10 a.", Verdict::Old(at("22:33:00")));
        // From before TTLs were lowered.
        check("@ 3000 MX 10 a.", Verdict::Old(at("23:21:00")));
        // A cache that stretches TTLs has the new content all the same.
        check("@ 900 MX 10 b.", Verdict::New);
        check("@ 60 MX 10 c.", Verdict::Other);
        check("", Verdict::Other);
    }

    #[test]
    fn a_name_server_must_be_exact() {
        let check = |text: &str, expected: Verdict| {
            let answer = Answer::Found(set(text).unwrap());
            assert_eq!(target().judge_server(&answer, at("22:31:00")), expected, "{text}");
        };
        check("@ 600 MX 10 b.", Verdict::New);
        check("@ 601 MX 10 b.", Verdict::Other);
        check("@ 600 MX 10 a.", Verdict::Old(at("22:41:00")));
    }
}
