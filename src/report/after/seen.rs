//! What resolvers were seen to answer.

use crate::dns::RrKey;
use crate::plan::Timestamp;
use crate::report::curve::Point;
use crate::run::{Target, Verdict};
use crate::watch::{Kind, Matrix, Observation};
use std::collections::{BTreeMap, BTreeSet};

/// How a phase came to resolvers.
#[derive(Clone, Debug)]
pub struct Spread {
    /// When one was asked first.
    pub since: Timestamp,
    /// How many answered.
    pub answered: usize,
    /// How many never did.
    pub mute: usize,
    /// Those that had the old, the last to have it first.
    pub holders: Vec<Holder>,
    /// The share of the new, look by look.
    pub points: Vec<Point>,
    /// What was looked for.
    pub targets: Vec<Target>,
}

/// A resolver that was seen with the old.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holder {
    /// Who.
    pub resolver: String,
    /// With which RRset.
    pub key: RrKey,
    /// When it was seen with the old last; looks that showed nothing else left no trace.
    pub last: Timestamp,
    /// Until when it would keep it, by its own word.
    pub until: Option<Timestamp>,
    /// When it was seen with the new after that; `None` if nobody has seen it.
    pub new: Option<Timestamp>,
}

/// When the old was gone from resolvers, as far as anybody saw.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Gone<'a> {
    /// Nobody who answered had it; what they had before they were asked first is unknown.
    Unseen(Timestamp),
    /// This one had it last; at its `new` all had the new.
    By(&'a Holder, Timestamp),
    /// This one was not seen with the new afterwards.
    Open(&'a Holder),
}

/// A cache that took in the old after publication.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LateCopy {
    /// Who.
    pub resolver: String,
    /// Of which RRset.
    pub key: RrKey,
    /// When it was seen first.
    pub seen: Timestamp,
    /// Until when it kept it, by its last word.
    pub until: Timestamp,
    /// The name servers that answered otherwise meanwhile.
    pub suspects: BTreeSet<String>,
}

/// A resolver that kept records longer than those say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Breach {
    /// Who.
    pub resolver: String,
    /// How: it stretches, or answers what is out of date.
    pub verdict: Verdict,
    /// Which RRsets.
    pub keys: BTreeSet<RrKey>,
    /// When it was seen first.
    pub seen: Timestamp,
}

fn who(one: &Observation) -> String {
    match one.name == one.place {
        true => one.place.clone(),
        false => format!("{} ({})", one.name, one.place),
    }
}

fn is_old(verdict: &Verdict) -> bool {
    verdict.until().is_some() || *verdict == Verdict::Stale
}

impl Spread {
    /// What was seen of the phase that was published then; `None` if nothing was.
    pub(super) fn of(
        published: Timestamp,
        observations: &[&Observation],
        looks: &[Matrix],
    ) -> Option<Self> {
        let mut rows: BTreeMap<_, Vec<&Observation>> = BTreeMap::new();
        for one in observations.iter().filter(|one| one.verdict != Verdict::Unasked) {
            rows.entry((&one.place, &one.key)).or_default().push(one);
        }
        let since = rows.values().flatten().map(|one| one.at).min()?;
        let has_answered =
            |row: &&Vec<&Observation>| row.iter().any(|one| !is_silent(&one.verdict));
        let places = |rows: &mut dyn Iterator<Item = &Vec<&Observation>>| {
            rows.filter_map(|row| row.first()).map(|one| &one.place).collect::<BTreeSet<_>>().len()
        };
        let (all, answered) =
            (places(&mut rows.values()), places(&mut rows.values().filter(has_answered)));
        let mut holders: Vec<_> = rows.values().filter_map(|row| Holder::of(row)).collect();
        holders.sort_by_key(|one| std::cmp::Reverse((one.new.is_none(), one.new, one.last)));
        let own = looks.iter().filter(|look| look.last_published() == Some(published));
        let targets = own.clone().next_back().map(|look| look.targets.clone()).unwrap_or_default();
        let points = own.map(Point::of).filter(|point| point.observed.is_some()).collect();
        Some(Self { since, answered, mute: all - answered, holders, points, targets })
    }

    /// When the old was gone; `None` if nobody answered.
    pub fn gone(&self) -> Option<Gone<'_>> {
        match self.holders.first() {
            Some(last) => Some(last.new.map_or(Gone::Open(last), |new| Gone::By(last, new))),
            None => (self.answered > 0).then_some(Gone::Unseen(self.since)),
        }
    }
}

fn is_silent(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Silent(_))
}

impl Holder {
    /// What one resolver said of one RRset, in order.
    fn of(row: &[&Observation]) -> Option<Self> {
        let last = row.iter().rposition(|one| is_old(&one.verdict))?;
        let new = row[last..].iter().find(|one| one.verdict == Verdict::New);
        Some(Self {
            resolver: who(row[last]),
            key: row[last].key.clone(),
            last: row[last].at,
            until: row[last].verdict.until(),
            new: new.map(|one| one.at),
        })
    }
}

/// Caches that took in the old after publication, each once.
pub(super) fn late(looks: &[Matrix]) -> Vec<LateCopy> {
    let mut all: Vec<LateCopy> = Vec::new();
    for (look, alarm) in
        looks.iter().flat_map(|look| look.alarms().into_iter().map(move |a| (look, a)))
    {
        let known =
            all.iter_mut().find(|one| one.resolver == alarm.resolver && one.key == alarm.key);
        match known {
            Some(one) => {
                one.until = one.until.max(alarm.until);
                one.suspects.extend(alarm.suspects);
            }
            None => all.push(LateCopy {
                resolver: alarm.resolver,
                key: alarm.key,
                seen: look.at,
                until: alarm.until,
                suspects: alarm.suspects.into_iter().collect(),
            }),
        }
    }
    all
}

/// Resolvers that kept records too long, each once a way.
pub(super) fn breaches(observations: &[Observation]) -> Vec<Breach> {
    let mut all: BTreeMap<(String, &str), Breach> = BTreeMap::new();
    let breaks = |one: &&Observation| {
        one.kind == Kind::Resolver && matches!(one.verdict, Verdict::Stretched(_) | Verdict::Stale)
    };
    for one in observations.iter().filter(breaks) {
        let breach = all.entry((who(one), one.verdict.name())).or_insert_with(|| Breach {
            resolver: who(one),
            verdict: one.verdict.clone(),
            keys: BTreeSet::new(),
            seen: one.at,
        });
        breach.keys.insert(one.key.clone());
    }
    all.into_values().collect()
}
