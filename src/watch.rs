//! Floor 5: asks name servers and resolvers what they answer, all at once.
//!
//! Three verdicts, always told apart: *published* is what every name server answers, *safe* is when
//! caches that obey TTLs have forgotten, and *observed* is what resolvers were seen to say. The
//! last is evidence for people; it changes no run. Resolvers are asked only about what every name
//! server answers already: a question before that would fill their caches with the old.

mod builtin;
mod cell;
mod history;
mod round;

pub use builtin::{Public, builtin};
pub use cell::{Cell, doubt};
pub use history::{History, Observation, frames, observations};
pub use round::{Memory, Watch};

use crate::dns::{Name, RrKey};
use crate::run::{Target, Timestamp, Verdict};

/// Who is asked.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A name server of the zone.
    Authoritative,
    /// A caching resolver.
    Resolver,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Authoritative, Self::Resolver];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authoritative => "authoritative",
            Self::Resolver => "resolver",
        }
    }
}

/// One line of the matrix.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// Who.
    pub name: String,
    /// Where, and how, it is asked.
    pub place: String,
    /// In which role.
    pub kind: Kind,
    /// Where its operator is at home: ISO 3166, two letters.
    pub country: Option<String>,
    /// Who runs it, where that is known.
    pub operator: Option<String>,
    /// Whether it withholds some names for its users' sake.
    pub filters: bool,
    /// One a target.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Whether it has the new content everywhere.
    pub fn is_new(&self) -> bool {
        self.cells.iter().all(|cell| cell.verdict == Verdict::New)
    }

    /// `quad9 (9.9.9.9:53)`; one that has no name of its own goes by its place.
    pub fn who(&self) -> String {
        match self.name == self.place {
            true => self.place.clone(),
            false => format!("{} ({})", self.name, self.place),
        }
    }
}

/// How many have the new content everywhere, of how many that said something; a name server that
/// is silent counts as one that has not.
pub fn count<'a>(rows: impl Iterator<Item = &'a Row>) -> (usize, usize) {
    let (mut new, mut all) = (0, 0);
    for row in rows {
        let is_mute = row.cells.iter().all(|cell| matches!(cell.verdict, Verdict::Silent(_)));
        all += usize::from(row.kind == Kind::Authoritative || !is_mute);
        new += usize::from(row.is_new());
    }
    (new, all)
}

/// How far questions to name servers come from here.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Reach {
    /// They are answered.
    #[default]
    Open,
    /// No name server answers at all.
    Blocked,
    /// Somebody answers in the place of every name server, without authority.
    Intercepted,
}

/// Old content that a cache took in after every name server had the new.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Alarm {
    /// What it is about.
    pub key: RrKey,
    /// Who was seen with it.
    pub resolver: String,
    /// Until when it keeps it.
    pub until: Timestamp,
    /// The name servers that answer otherwise now; if none does, one did, or the cache stretches
    /// TTLs.
    pub suspects: Vec<String>,
}

/// The propagation matrix: what everybody says at one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Matrix {
    /// The zone.
    pub zone: Name,
    /// When the answers were in.
    pub at: Timestamp,
    /// The columns.
    pub targets: Vec<Target>,
    /// The lines, name servers first.
    pub rows: Vec<Row>,
    /// How far questions come.
    pub reach: Reach,
    /// How many questions stand behind each answer of a resolver.
    pub samples: usize,
}

impl Matrix {
    /// Whether nothing is left to wait for: published, safe, and nobody seen with the old. A
    /// resolver that does not answer proves nothing, and holds nothing up.
    pub fn is_settled(&self) -> bool {
        let is_done = |row: &Row| match row.kind {
            Kind::Authoritative => row.is_new(),
            Kind::Resolver => row
                .cells
                .iter()
                .all(|cell| !cell.verdict.is_behind() && cell.verdict != Verdict::Unasked),
        };
        self.safe().is_some_and(|safe| safe <= self.at) && self.rows.iter().all(is_done)
    }

    /// Whether every name server has everything.
    pub fn is_published(&self) -> bool {
        self.targets.iter().all(|target| target.published.is_some())
            && self.rows.iter().filter(|row| row.kind == Kind::Authoritative).all(Row::is_new)
    }

    /// When caches that obey TTLs have forgotten all that was; `None` before publication.
    pub fn safe(&self) -> Option<Timestamp> {
        let safe: Option<Vec<_>> = self.targets.iter().map(|target| target.safe).collect();
        safe.map(|safe| safe.into_iter().max().unwrap_or(self.at))
    }

    /// How many of a kind have the new content everywhere, of how many that said something.
    pub fn count(&self, kind: Kind) -> (usize, usize) {
        count(self.rows.iter().filter(|row| row.kind == kind))
    }

    /// When the phase was published that spreads now.
    pub fn last_published(&self) -> Option<Timestamp> {
        self.targets.iter().filter_map(|target| target.published).max()
    }

    /// The share of resolvers' answers that are new, of 1, about what was published last; `None`
    /// while nobody has answered.
    pub fn observed(&self) -> Option<f64> {
        let last = self.last_published()?;
        let resolvers = self.rows.iter().filter(|row| row.kind == Kind::Resolver);
        let cells = resolvers.flat_map(|row| row.cells.iter().zip(&self.targets));
        let spreading = cells.filter(|(_, target)| target.published == Some(last));
        let said = spreading.map(|(cell, _)| &cell.verdict);
        let (mut new, mut all) = (0_u32, 0_u32);
        for verdict in said.filter(|said| **said == Verdict::New || said.is_behind()) {
            all += 1;
            new += u32::from(*verdict == Verdict::New);
        }
        (all > 0).then(|| f64::from(new) / f64::from(all))
    }

    /// When the last cache that was seen with old content drops it.
    pub fn flips_by(&self) -> Option<Timestamp> {
        let resolvers = self.rows.iter().filter(|row| row.kind == Kind::Resolver);
        resolvers.flat_map(|row| &row.cells).filter_map(|cell| cell.verdict.until()).max()
    }

    /// What should not be: each with the servers that may be the reason.
    pub fn alarms(&self) -> Vec<Alarm> {
        let mut alarms = Vec::new();
        for (at, target) in self.targets.iter().enumerate() {
            let column = |kind| {
                let rows = self.rows.iter().filter(move |row| row.kind == kind);
                rows.filter_map(move |row| Some((row.who(), &row.cells.get(at)?.verdict)))
            };
            let suspects: Vec<_> = column(Kind::Authoritative)
                .filter(|(_, verdict)| verdict.is_behind())
                .map(|(who, _)| who)
                .collect();
            for (resolver, verdict) in column(Kind::Resolver) {
                if let Verdict::Late(until) = verdict {
                    alarms.push(Alarm {
                        key: target.key.clone(),
                        resolver,
                        until: *until,
                        suspects: suspects.clone(),
                    });
                }
            }
        }
        alarms
    }
}
