//! Caching resolvers with their habits, one behind another.

use crate::dice::Dice;
use crate::versions::Version;

/// What a cache does with TTLs.
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

/// When users ask.
#[derive(Clone, Debug)]
pub(crate) enum Rhythm {
    /// At every full multiple of so many seconds.
    Steady(i64),
    /// After any time up to twice as many.
    Random(i64, Dice),
}

impl Rhythm {
    pub(crate) fn next(&mut self, now: i64) -> i64 {
        match self {
            Self::Steady(every) => (now / *every + 1) * *every,
            Self::Random(mean, dice) => now + dice.roll(1..=2 * *mean),
        }
    }
}

/// One resolver: a cache, or several of which each asks the one before it.
#[derive(Clone, Debug)]
pub(crate) struct Resolver {
    pub(crate) name: String,
    /// The one that asks name servers comes first.
    caches: Vec<Cache>,
    /// What its users were told last; nothing if it got no answer.
    pub(crate) told: Vec<Option<Version>>,
}

#[derive(Clone, Debug)]
struct Cache {
    habit: Habit,
    /// When its own users ask; for the last cache, when the resolver's do.
    rhythm: Rhythm,
    entries: Vec<Option<Entry>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    version: Version,
    dies: i64,
}

/// Who is asked when a cache does not know: a version and how long it may be kept.
pub(crate) type Ask<'a> = dyn FnMut() -> Option<(Version, i64)> + 'a;

const STALE: i64 = 86_400;
/// How long others may keep what is stale (RFC 8767 §4).
const STALE_TTL: i64 = 30;

impl Resolver {
    pub(crate) fn new(caches: Vec<(Habit, Rhythm)>) -> Self {
        let shown = caches.iter().map(|(habit, rhythm)| match rhythm {
            Rhythm::Steady(every) => format!("{habit:?}, asked every {} min", every / 60),
            Rhythm::Random(mean, _) => format!("{habit:?}, asked about every {} min", mean / 60),
        });
        let name = shown.collect::<Vec<_>>().join("; behind it ");
        let caches = caches.into_iter();
        let cache = |(habit, rhythm)| Cache { habit, rhythm, entries: Vec::new() };
        Self { name, caches: caches.map(cache).collect(), told: Vec::new() }
    }

    /// Begins to work, with an empty memory.
    pub(crate) fn begin(&mut self, questions: usize) {
        self.told = vec![None; questions];
        self.caches.iter_mut().for_each(|cache| cache.entries = vec![None; questions]);
    }

    pub(crate) fn is_obedient(&self) -> bool {
        self.caches.iter().all(|cache| matches!(cache.habit, Habit::Obey | Habit::Cap(_)))
    }

    /// How much longer than allowed it keeps answers at most.
    pub(crate) fn stretch(&self) -> i64 {
        let stretch = |cache: &Cache| match cache.habit {
            Habit::Obey | Habit::Cap(_) => 0,
            Habit::Floor(floor) => floor,
            Habit::StaleFirst => STALE,
        };
        self.caches.iter().map(stretch).sum()
    }

    pub(crate) fn caches(&self) -> usize {
        self.caches.len()
    }

    /// When the users of a cache ask next.
    pub(crate) fn next(&mut self, cache: usize, now: i64) -> i64 {
        self.caches[cache].rhythm.next(now)
    }

    /// A user of a cache asks at `now`.
    pub(crate) fn ask(&mut self, cache: usize, question: usize, now: i64, servers: &mut Ask<'_>) {
        let answer = ask(&mut self.caches[..=cache], question, now, servers);
        if cache + 1 == self.caches.len() {
            self.told[question] = answer.map(|(version, _)| version);
        }
    }
}

fn ask(
    caches: &mut [Cache],
    question: usize,
    now: i64,
    servers: &mut Ask<'_>,
) -> Option<(Version, i64)> {
    let Some((cache, upstream)) = caches.split_last_mut() else {
        return servers();
    };
    let entry = cache.entries[question];
    if let Some(entry) = entry.filter(|entry| entry.dies > now) {
        return Some((entry.version, entry.dies - now));
    }
    let (version, ttl) = ask(upstream, question, now, servers)?;
    let ttl = match cache.habit {
        Habit::Obey | Habit::StaleFirst => ttl,
        Habit::Cap(cap) => ttl.min(cap),
        Habit::Floor(floor) => ttl.max(floor),
    };
    cache.entries[question] = Some(Entry { version, dies: now + ttl });
    let stale = entry.filter(|old| cache.habit == Habit::StaleFirst && now - old.dies < STALE);
    Some(stale.map_or((version, ttl), |old| (old.version, STALE_TTL)))
}
