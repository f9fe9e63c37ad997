//! What servers and resolvers answer, held against the run.
//!
//! Pure judgement; asking is done elsewhere. A resolver's answer is evidence for people: what
//! caches may still hold follows from the ledger alone.

use super::{Run, Timestamp};
use crate::dns::{RrKey, RrSet, Ttl};
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
    /// How long a cache keeps that there is no such record.
    pub negative_ttl: Ttl,
    /// From when on every authoritative server answers the new; before that nobody may ask a
    /// resolver, whose cache the question would fill with the old.
    pub published: Option<Timestamp>,
    /// When no cache that obeys TTLs has the old any more; nobody knows before publication.
    pub safe: Option<Timestamp>,
}

/// What one server says about one RRset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The new content.
    New,
    /// The old content; a cache drops it at this time at the latest.
    Old(Timestamp),
    /// The old content from before its TTL was lowered, until then.
    Unlowered(Timestamp),
    /// Old content that a cache took in after every server had the new, until then.
    Late(Timestamp),
    /// Old content in a cache that keeps records longer than they say, until then.
    Stretched(Timestamp),
    /// Old content that the resolver itself takes for out of date.
    Stale,
    /// New and old, by turns: several caches share the address; the last drops the old then.
    Mixed(Timestamp),
    /// No such record, which is neither old nor new.
    Absent,
    /// Neither old nor new.
    Other,
    /// No answer, and why. This says nothing about the record.
    Silent(String),
    /// Not asked: it is too early to ask a resolver.
    Unasked,
}

impl Verdict {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Old(_) => "old",
            Self::Unlowered(_) => "unlowered",
            Self::Late(_) => "late",
            Self::Stretched(_) => "stretched",
            Self::Stale => "stale",
            Self::Mixed(_) => "mixed",
            Self::Absent => "absent",
            Self::Other => "other",
            Self::Silent(_) => "silent",
            Self::Unasked => "unasked",
        }
    }

    /// The verdict of this name, with its time or its reason; `None` if it lacks one.
    pub fn named(name: &str, until: Option<Timestamp>, why: Option<String>) -> Option<Self> {
        Some(match name {
            "new" => Self::New,
            "old" => Self::Old(until?),
            "unlowered" => Self::Unlowered(until?),
            "late" => Self::Late(until?),
            "stretched" => Self::Stretched(until?),
            "stale" => Self::Stale,
            "mixed" => Self::Mixed(until?),
            "absent" => Self::Absent,
            "other" => Self::Other,
            "silent" => Self::Silent(why.unwrap_or_default()),
            "unasked" => Self::Unasked,
            _ => return None,
        })
    }

    /// When the old content goes, where an answer tells.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Old(at)
            | Self::Unlowered(at)
            | Self::Late(at)
            | Self::Stretched(at)
            | Self::Mixed(at) => Some(*at),
            _ => None,
        }
    }

    /// Whether somebody was seen with what is not the new.
    pub fn is_behind(&self) -> bool {
        !matches!(self, Self::New | Self::Silent(_) | Self::Unasked)
    }
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
                        negative_ttl: self.plan.negative_ttl,
                        published,
                        safe: None,
                    }),
                }
            }
        }
        for target in &mut targets {
            target.safe = self.safe(target);
        }
        targets
    }

    /// When every version but the present one is dead.
    fn safe(&self, target: &Target) -> Option<Timestamp> {
        let published = target.published?;
        let is_wanted =
            |served: &Answer| matches(served.rrset(), target.new.as_ref(), &target.scope);
        let horizon = self.ledger.horizon(&target.key, is_wanted);
        Some(horizon.map_or(published, |horizon| horizon + self.plan.cache_floor))
    }
}

/// What two clocks, or a TTL in whole seconds, may be apart.
const ROUNDING: Duration = Duration::from_secs(2);

impl Target {
    /// What an answer with authority says: data and TTL must be exact.
    pub fn judge_server(&self, answer: &Answer, now: Timestamp) -> Verdict {
        let live = answer.rrset();
        match () {
            () if matches(live, self.new.as_ref(), &self.scope) => Verdict::New,
            () if self.was(live) => Verdict::Old(now + Duration::from(answer.ttl())),
            () if live.is_none() => Verdict::Absent,
            () => Verdict::Other,
        }
    }

    /// What a cached answer says, which the resolver may itself call stale. Its TTL counts down,
    /// so only more than was served betrays it.
    pub fn judge_resolver(&self, answer: &Answer, is_stale: bool, now: Timestamp) -> Verdict {
        let live = answer.rrset();
        let dies = now + Duration::from(answer.ttl());
        let is_over = self.safe.is_some_and(|safe| safe < now);
        if self.same_values(live, self.new.as_ref()) {
            // From before the lowering, unless that is over: then the cache stretches TTLs.
            let exceeds = !is_stale && answer.ttl() > self.ttl_of(self.new.as_ref());
            return match self.was(live) && exceeds && !is_over {
                true => Verdict::Unlowered(dies),
                false => Verdict::New,
            };
        }
        match () {
            () if !self.was(live) && live.is_none() => Verdict::Absent,
            () if !self.was(live) => Verdict::Other,
            () if is_stale => Verdict::Stale,
            () if answer.ttl() > self.longest() => Verdict::Stretched(dies),
            () if self.is_late(answer.ttl(), now) => Verdict::Late(dies),
            () if answer.ttl() > self.latest() => Verdict::Unlowered(dies),
            () => Verdict::Old(dies),
        }
    }

    fn was(&self, live: Option<&RrSet>) -> bool {
        self.old.iter().any(|old| self.same_values(live, old.as_ref()))
    }

    fn same_values(&self, a: Option<&RrSet>, b: Option<&RrSet>) -> bool {
        self.scope.ours(a) == self.scope.ours(b)
    }

    /// For how long a cache keeps what servers answered.
    fn ttl_of(&self, served: Option<&RrSet>) -> Ttl {
        served.map_or(self.negative_ttl, RrSet::ttl)
    }

    /// The TTLs of what was served and is no longer wanted.
    fn old_ttls(&self) -> impl Iterator<Item = Ttl> {
        let old = self.old.iter().map(Option::as_ref);
        let gone = old.filter(|old| !self.same_values(*old, self.new.as_ref()));
        gone.map(|old| self.ttl_of(old))
    }

    fn longest(&self) -> Ttl {
        self.old_ttls().max().unwrap_or(self.negative_ttl)
    }

    /// The TTL that the old content was served with last.
    pub fn latest(&self) -> Ttl {
        self.old_ttls().last().unwrap_or(self.negative_ttl)
    }

    /// Whether a cache took the old content in after publication: it was born at
    /// `now - (TTL - left)` at the earliest. Whatever outlives the horizon was, too.
    ///
    /// A cache that caps TTLs hides its entry's age, and only makes it look older.
    fn is_late(&self, left: Ttl, now: Timestamp) -> bool {
        let Some((published, safe)) = self.published.zip(self.safe) else {
            return false;
        };
        let age = self.latest().secs().checked_sub(left.secs());
        let born = age.map(|age| now - Duration::from_secs(age.into()));
        born.is_some_and(|born| born > published + ROUNDING)
            || now + Duration::from(left) > safe + ROUNDING
    }

    /// The share of busy caches that have the new at a time, of 1, if they took the old in at
    /// moments spread evenly; `None` before publication.
    pub fn forecast(&self, at: Timestamp) -> Option<f64> {
        let since = (at - self.published?).to_std().unwrap_or_default();
        let lives = Duration::from(self.old_ttls().last().unwrap_or(Ttl::from_secs(0)));
        Some(if lives <= since { 1.0 } else { since.as_secs_f64() / lives.as_secs_f64() })
    }

    /// How far apart two questions to a resolver must lie, so that the watch is not who keeps an
    /// entry fresh: half of what the record lives.
    pub fn pace(&self) -> Duration {
        let lives = self.old_ttls().chain([self.ttl_of(self.new.as_ref())]).min();
        Duration::from(lives.unwrap_or(self.negative_ttl)) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Rtype, Zone};

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
            negative_ttl: Ttl::from_secs(60),
            published: Some(at("22:25:00")),
            safe: Some(at("22:35:00")),
        }
    }

    /// The same, with a TTL of six hours that was lowered too late.
    fn lowered() -> Target {
        let old = vec![set("@ 21600 MX 10 a."), set("@ 600 MX 10 a.")];
        Target { old, safe: Some(at("22:35:00") + Duration::from_secs(6 * 3600)), ..target() }
    }

    fn judged(target: &Target, text: &str, time: &str) -> Verdict {
        let answer = set(text).map_or(Answer::Absent(Ttl::from_secs(60)), Answer::Found);
        target.judge_resolver(&answer, text.contains("stale"), at(time))
    }

    #[test]
    fn what_a_cache_says_depends_on_its_remaining_ttl() {
        let check = |text: &str, expected: Verdict| {
            assert_eq!(judged(&target(), text, "22:31:00"), expected, "{text}");
        };
        check("@ 420 MX 10 b.", Verdict::New);
        // Born at 22:28:00, three minutes after the last server had changed.
        check("@ 420 MX 10 a.", Verdict::Late(at("22:38:00")));
        // Born at 22:23:00: nothing to wonder about.
        check("@ 120 MX 10 a.", Verdict::Old(at("22:33:00")));
        // More than anybody ever served.
        check("@ 3000 MX 10 a.", Verdict::Stretched(at("23:21:00")));
        check("@ 30 MX 10 a. ; stale", Verdict::Stale);
        // A cache that stretches TTLs has the new content all the same.
        check("@ 900 MX 10 b.", Verdict::New);
        check("@ 60 MX 10 c.", Verdict::Other);
        check("", Verdict::Absent);
    }

    #[test]
    fn more_than_the_lowered_ttl_is_from_before_the_lowering() {
        let check = |text: &str, expected: Verdict| {
            assert_eq!(judged(&lowered(), text, "22:31:00"), expected, "{text}");
        };
        check("@ 21000 MX 10 a.", Verdict::Unlowered("2027-01-17T04:21:00Z".parse().unwrap()));
        check("@ 120 MX 10 a.", Verdict::Old(at("22:33:00")));
        check("@ 420 MX 10 a.", Verdict::Late(at("22:38:00")));
        // The same content after the lowering, and before.
        let check = |text: &str, expected: Verdict| {
            let old = vec![set("@ 21600 MX 10 b.")];
            let target = Target { old, ..lowered() };
            assert_eq!(judged(&target, text, "22:31:00"), expected, "{text}");
        };
        check("@ 600 MX 10 b.", Verdict::New);
        check("@ 900 MX 10 b.", Verdict::Unlowered(at("22:46:00")));
        check("@ 900 MX 10 b. ; stale", Verdict::New);
    }

    #[test]
    fn whatever_outlives_the_horizon_is_late() {
        let check = |text: &str, time: &str, expected: Verdict| {
            assert_eq!(judged(&target(), text, time), expected, "{text} {time}");
        };
        check("@ 60 MX 10 a.", "22:34:00", Verdict::Old(at("22:35:00")));
        check("@ 60 MX 10 a.", "22:34:30", Verdict::Late(at("22:35:30")));
        let absent = Target { old: vec![None], ..target() };
        let left =
            |time| absent.judge_resolver(&Answer::Absent(Ttl::from_secs(50)), false, at(time));
        assert_eq!(left("22:25:05"), Verdict::Old(at("22:25:55")));
        assert_eq!(left("22:26:00"), Verdict::Late(at("22:26:50")));
    }

    #[test]
    fn busy_caches_change_evenly_while_the_old_runs_out() {
        let check = |time: &str, share: Option<f64>| {
            assert_eq!(target().forecast(at(time)), share, "{time}");
        };
        check("22:25:00", Some(0.0));
        check("22:30:00", Some(0.5));
        check("22:40:00", Some(1.0));
        assert_eq!(Target { published: None, ..target() }.forecast(at("22:30:00")), None);
    }

    #[test]
    fn resolvers_are_asked_at_half_the_lowered_ttl() {
        assert_eq!(lowered().pace(), Duration::from_secs(300));
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
