//! What one resolver was seen to say about one RRset, over time.

use crate::dns::Ttl;
use crate::plan::ledger::Answer;
use crate::run::{Target, Timestamp, Verdict};
use std::collections::BTreeSet;
use std::time::Duration;

/// One field of the matrix.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cell {
    /// What was said last.
    pub verdict: Verdict,
    /// When it was asked last; `None` before the first time.
    pub asked: Option<Timestamp>,
    /// How long the answer may be kept from then on, by its own word.
    pub left: Option<Ttl>,
    /// How many caches behind the address are known apart, by the age of their answers or by name.
    pub caches: usize,
    /// When it may be asked next.
    pub(super) due: Option<Timestamp>,
}

/// One answer of a resolver.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Told {
    pub(super) answer: Answer,
    /// Whether the resolver itself calls it out of date.
    pub(super) is_stale: bool,
    /// What the server calls itself.
    pub(super) nsid: Option<String>,
}

/// What is known of a resolver beyond single records.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Habit {
    /// It keeps records longer than they say.
    pub(super) stretches: bool,
}

/// Answers whose TTLs end this close together came from one cache.
const SAME_CACHE: i64 = 2;
/// The TTL that resolvers give to what they serve out of date (RFC 8767 §4).
const STALE: Ttl = Ttl::from_secs(30);
/// Over less time than this, a TTL that does not count down proves nothing.
const COUNTS: Duration = Duration::from_secs(3);

impl Cell {
    /// One that says so, asked at this time.
    pub(super) fn of(verdict: Verdict, asked: Option<Timestamp>) -> Self {
        Self { verdict, asked, left: None, caches: 0, due: None }
    }

    /// Whether it is time to ask.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// Takes in the answers to one or more questions that were asked at once.
    pub(super) fn take(
        &mut self,
        told: &[Result<Told, String>],
        target: &Target,
        habit: &mut Habit,
        now: Timestamp,
    ) {
        let heard: Vec<_> = told.iter().filter_map(|one| one.as_ref().ok()).collect();
        let judged: Vec<_> = heard.iter().map(|one| self.judge(one, target, habit, now)).collect();
        let silence = told.iter().find_map(|one| one.as_ref().err());
        self.verdict = match together(judged) {
            Some(verdict) => verdict,
            None => Verdict::Silent(silence.cloned().unwrap_or_default()),
        };
        self.left = heard.iter().map(|one| one.answer.ttl()).max();
        self.caches = apart(&heard);
        self.asked = Some(now);
        // Once it is gone, there is no entry that the question would keep.
        let pace = now + target.pace();
        let gone = self.verdict.until().map(|until| until + Duration::from_secs(1));
        self.due = Some(gone.filter(|gone| *gone > now).map_or(pace, |gone| gone.min(pace)));
    }

    fn judge(&self, told: &Told, target: &Target, habit: &mut Habit, now: Timestamp) -> Verdict {
        let ttl = told.answer.ttl();
        let is_stale = told.is_stale || self.comes_back(ttl, target, now);
        let verdict = match target.judge_resolver(&told.answer, is_stale, now) {
            Verdict::Old(_) | Verdict::Late(_) | Verdict::Stretched(_)
                if self.stands_still(ttl, now) =>
            {
                Verdict::Stale
            }
            verdict => verdict,
        };
        let new = target.new.as_ref().map(crate::dns::RrSet::ttl);
        let exceeds = verdict == Verdict::New && !is_stale && new.is_some_and(|new| ttl > new);
        habit.stretches |= exceeds || matches!(verdict, Verdict::Stretched(_));
        match verdict {
            Verdict::Late(until) if habit.stretches => Verdict::Stretched(until),
            verdict => verdict,
        }
    }

    /// Whether what was to be gone by now is there again with the TTL of what is out of date: few
    /// resolvers say so in words. A name server that lags would have given its own TTL.
    fn comes_back(&self, ttl: Ttl, target: &Target, now: Timestamp) -> bool {
        let gone = self.asked.zip(self.left).map(|(asked, left)| asked + Duration::from(left));
        gone.is_some_and(|gone| gone <= now) && ttl == STALE && target.latest() != STALE
    }

    /// Whether old content came with this very TTL before, and cannot have been fetched anew.
    fn stands_still(&self, ttl: Ttl, now: Timestamp) -> bool {
        let before = self.asked.zip(self.left).filter(|_| self.verdict.is_behind());
        before.is_some_and(|(asked, left)| {
            let passed = (now - asked).to_std().unwrap_or_default();
            left == ttl && passed >= COUNTS && (passed < Duration::from(ttl) || ttl == STALE)
        })
    }
}

/// What several answers of one address say together; `None` if there is none.
fn together(mut all: Vec<Verdict>) -> Option<Verdict> {
    all.sort_by_key(Verdict::until);
    let last = all.last()?.clone();
    let (behind, until) = (all.iter().any(Verdict::is_behind), last.until());
    match (all.contains(&Verdict::New) && behind, until) {
        (true, Some(until)) => Some(Verdict::Mixed(until)),
        // Neither says until when, so what is not as it should be counts.
        (true, None) => all.into_iter().find(Verdict::is_behind),
        (false, _) => Some(last),
    }
}

/// How many caches gave these answers, at least.
fn apart(heard: &[&Told]) -> usize {
    let names: BTreeSet<_> = heard.iter().filter_map(|one| one.nsid.as_deref()).collect();
    let mut ends: Vec<_> = heard.iter().map(|one| i64::from(one.answer.ttl().secs())).collect();
    ends.sort_unstable();
    let gaps = ends.windows(2).filter(|pair| pair[1] - pair[0] > SAME_CACHE).count();
    names.len().max(if ends.is_empty() { 0 } else { gaps + 1 })
}

/// The largest share of a resolver's caches that can still be behind when `samples` answers, each
/// of a cache picked by chance, were all new: with 95 % confidence, in percent.
///
/// One address shows one place of many, so this is evidence for people and never a gate.
pub fn doubt(samples: usize) -> f64 {
    let samples = u32::try_from(samples).unwrap_or(u32::MAX).max(1);
    100.0 * (1.0 - 0.05_f64.powf(1.0 / f64::from(samples)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, RrKey, RrSet, Rtype, Zone};
    use crate::plan::Scope;

    fn set(text: &str) -> RrSet {
        let apex = Name::parse("example.").unwrap();
        Zone::parse(text, &apex).unwrap().find(&apex, Rtype::MX).unwrap().clone()
    }

    fn at(seconds: u32) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(seconds.into())
    }

    /// Old until 1000, with a TTL of a minute.
    fn target() -> Target {
        Target {
            key: RrKey::new(Name::parse("example.").unwrap(), Rtype::MX),
            new: Some(set("@ 60 MX 10 b.")),
            old: vec![Some(set("@ 60 MX 10 a."))],
            scope: Scope::Whole,
            negative_ttl: STALE,
            published: Some(at(1000)),
            safe: Some(at(1060)),
        }
    }

    fn told(text: &str) -> Result<Told, String> {
        let nsid = text.split_once("; ").map(|(_, name)| name.to_owned());
        Ok(Told { answer: Answer::Found(set(text)), is_stale: text.contains("stale"), nsid })
    }

    /// Looks at times at which a resolver gives these answers.
    fn seen(looks: &[(u32, &[&str])]) -> Cell {
        let (mut cell, mut habit) = (Cell::of(Verdict::Unasked, None), Habit::default());
        for (time, answers) in looks {
            let answers: Vec<_> = answers.iter().map(|text| told(text)).collect();
            cell.take(&answers, &target(), &mut habit, at(*time));
        }
        cell
    }

    #[test]
    fn a_ttl_that_stands_still_is_out_of_date() {
        let check = |looks: &[(u32, &[&str])], expected: Verdict| {
            assert_eq!(seen(looks).verdict, expected, "{looks:?}");
        };
        check(&[(1010, &["@ 30 MX 10 a."])], Verdict::Old(at(1040)));
        check(&[(1010, &["@ 30 MX 10 a."]), (1011, &["@ 30 MX 10 a."])], Verdict::Old(at(1041)));
        check(&[(1010, &["@ 30 MX 10 a."]), (1015, &["@ 30 MX 10 a."])], Verdict::Stale);
        check(&[(1080, &["@ 30 MX 10 a."]), (1110, &["@ 30 MX 10 a."])], Verdict::Stale);
        // Gone by 1030, and back with the TTL that resolvers make up.
        check(&[(1010, &["@ 20 MX 10 a."]), (1031, &["@ 30 MX 10 a."])], Verdict::Stale);
        check(&[(1010, &["@ 20 MX 10 a."]), (1031, &["@ 60 MX 10 a."])], Verdict::Late(at(1091)));
        // As often as a lagging server is asked again.
        check(&[(1010, &["@ 60 MX 10 a."]), (1070, &["@ 60 MX 10 a."])], Verdict::Late(at(1130)));
    }

    #[test]
    fn who_keeps_new_records_too_long_keeps_old_ones_too_long() {
        let late: (u32, &[&str]) = (1030, &["@ 50 MX 10 a."]);
        assert_eq!(seen(&[late]).verdict, Verdict::Late(at(1080)));
        let habitual = seen(&[(1020, &["@ 90 MX 10 b."]), late]);
        assert_eq!(habitual.verdict, Verdict::Stretched(at(1080)));
    }

    #[test]
    fn caches_behind_one_address_are_told_apart() {
        let check = |answers: &[&str], verdict: Verdict, caches: usize| {
            let cell = seen(&[(1010, answers)]);
            assert_eq!((cell.verdict, cell.caches), (verdict, caches), "{answers:?}");
        };
        check(&["@ 60 MX 10 b.", "@ 59 MX 10 b."], Verdict::New, 1);
        check(&["@ 60 MX 10 b.", "@ 20 MX 10 b."], Verdict::New, 2);
        check(&["@ 60 MX 10 b. ; x", "@ 60 MX 10 b. ; y"], Verdict::New, 2);
        check(&["@ 60 MX 10 b.", "@ 20 MX 10 a."], Verdict::Mixed(at(1030)), 2);
        check(&["@ 60 MX 10 b.", "@ 30 MX 10 a. ; stale"], Verdict::Stale, 2);
        assert_eq!([1, 29, 59].map(|n| doubt(n).round()), [95.0, 10.0, 5.0]);
    }

    #[test]
    fn nobody_is_asked_before_his_entry_is_gone_or_half_its_time_has_passed() {
        let check =
            |answer: &str, due: u32| assert_eq!(seen(&[(1010, &[answer])]).due, Some(at(due)));
        check("@ 60 MX 10 b.", 1040);
        check("@ 45 MX 10 a.", 1040);
        check("@ 12 MX 10 a.", 1023);
    }
}
