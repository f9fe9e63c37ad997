//! What was observed, on disk: one line for each change of what somebody says.
//!
//! `[1767222000,"quad9","9.9.9.9:53","resolver","example.com. MX","old",1767222600]`: when, who,
//! where, as what, about what, the verdict, and until when. It is told after the cutover; nothing
//! is ever decided by it.

use super::{Cell, Kind, Matrix, Reach, Row};
use crate::dns::{Name, RrKey, Rtype};
use crate::run::{Target, Timestamp, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::time::Duration;

/// TTLs count in whole seconds, so one entry ends a little sooner or later each time it is seen.
const SAME: Duration = Duration::from_secs(2);

/// Somebody began to say something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub name: String,
    /// Where, and how, it was asked.
    pub place: String,
    /// In which role.
    pub kind: Kind,
    /// About which RRset.
    pub key: RrKey,
    /// What.
    pub verdict: Verdict,
}

/// A line: the verdict by its name, with its time, or with the reason for silence.
#[derive(Deserialize, Serialize)]
struct Line(i64, String, String, String, String, String, Option<i64>, Option<String>);

/// The file of one zone, to be added to.
#[derive(Debug)]
pub struct History {
    file: File,
    known: HashMap<(String, RrKey), Verdict>,
}

impl History {
    /// Opens the file, making it if need be.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self { file, known: HashMap::new() })
    }

    /// Adds what a look shows and the looks before did not; says how much that was.
    pub fn note(&mut self, matrix: &Matrix) -> io::Result<usize> {
        let (mut text, mut count) = (Vec::new(), 0);
        for row in &matrix.rows {
            for (cell, target) in row.cells.iter().zip(&matrix.targets) {
                let place = (row.place.clone(), target.key.clone());
                if self.known.get(&place).is_some_and(|known| is_same(known, &cell.verdict)) {
                    continue;
                }
                serde_json::to_writer(&mut text, &line(matrix.at, row, &target.key, cell))?;
                text.push(b'\n');
                count += 1;
                self.known.insert(place, cell.verdict.clone());
            }
        }
        // Whole lines at once, since another watch may write to the same file.
        self.file.write_all(&text)?;
        Ok(count)
    }
}

/// Everything that was observed of a zone; a line that cannot be read was never whole.
pub fn observations(path: &Path) -> io::Result<Vec<Observation>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut all = Vec::new();
    for line in BufReader::new(file).lines() {
        all.extend(serde_json::from_str(&line?).ok().and_then(observation));
    }
    Ok(all)
}

/// The matrix after each look that changed something; `targets` is what was looked for at a time.
pub fn frames<'a>(
    zone: &'a Name,
    observations: &'a [Observation],
    targets: impl Fn(Timestamp) -> Vec<Target> + 'a,
) -> impl Iterator<Item = Matrix> + 'a {
    let mut rows = BTreeMap::new();
    observations.chunk_by(|a, b| a.at == b.at).filter_map(move |together| {
        let at = together.first()?.at;
        for one in together {
            let (_, cells): &mut (String, HashMap<RrKey, Verdict>) = rows
                .entry((one.kind, one.place.clone()))
                .or_insert_with(|| (one.name.clone(), HashMap::new()));
            cells.insert(one.key.clone(), one.verdict.clone());
        }
        let targets = targets(at);
        let rows = rows.iter().map(|((kind, place), (name, cells))| {
            let verdict = |key| cells.get(key).cloned().unwrap_or(Verdict::Unasked);
            let cells = targets.iter().map(|target| Cell::of(verdict(&target.key), Some(at)));
            let (name, place, cells) = (name.clone(), place.clone(), cells.collect());
            Row { name, place, kind: *kind, country: None, operator: None, filters: false, cells }
        });
        let rows = rows.collect();
        Some(Matrix { zone: zone.clone(), at, targets, rows, reach: Reach::Open, samples: 1 })
    })
}

fn is_same(known: &Verdict, now: &Verdict) -> bool {
    let apart = known.until().zip(now.until()).map(|(a, b)| (a - b).abs().to_std());
    let is_close = apart.is_none_or(|apart| apart.is_ok_and(|apart| apart <= SAME));
    known.name() == now.name() && is_close
}

fn line(at: Timestamp, row: &Row, key: &RrKey, cell: &Cell) -> Line {
    let why = match &cell.verdict {
        Verdict::Silent(why) => Some(why.clone()),
        _ => None,
    };
    Line(
        at.timestamp(),
        row.name.clone(),
        row.place.clone(),
        row.kind.name().to_owned(),
        format!("{} {}", key.owner, key.rtype),
        cell.verdict.name().to_owned(),
        cell.verdict.until().map(|until| until.timestamp()),
        why,
    )
}

fn observation(Line(at, name, place, kind, key, verdict, until, why): Line) -> Option<Observation> {
    let time = |seconds| Timestamp::from_timestamp(seconds, 0);
    let (owner, rtype) = key.split_once(' ')?;
    let until = until.and_then(time);
    Some(Observation {
        at: time(at)?,
        name,
        place,
        kind: Kind::ALL.into_iter().find(|one| one.name() == kind)?,
        key: RrKey::new(Name::parse(owner).ok()?, Rtype::parse(rtype)?),
        verdict: Verdict::named(&verdict, until, why)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Ttl;
    use crate::plan::Scope;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    fn target() -> Target {
        Target {
            key: RrKey::new(Name::parse("example.").unwrap(), Rtype::MX),
            new: None,
            old: Vec::new(),
            scope: Scope::Whole,
            negative_ttl: Ttl::from_secs(60),
            published: None,
            safe: None,
        }
    }

    fn matrix(seconds: i64, verdict: Verdict) -> Matrix {
        let (name, place) = ("quad9".to_owned(), "9.9.9.9:53".to_owned());
        let cells = vec![Cell::of(verdict, Some(at(seconds)))];
        Matrix {
            zone: Name::parse("example.").unwrap(),
            at: at(seconds),
            targets: vec![target()],
            rows: vec![Row {
                name,
                place,
                kind: Kind::Resolver,
                country: None,
                operator: None,
                filters: false,
                cells,
            }],
            reach: Reach::Open,
            samples: 1,
        }
    }

    #[test]
    fn what_changes_is_kept_and_can_be_seen_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("example.watch");
        let mut history = History::open(&path).unwrap();
        let looks = [
            (matrix(1000, Verdict::Unasked), 1),
            (matrix(1010, Verdict::Old(at(1060))), 1),
            // The same entry, a second off.
            (matrix(1020, Verdict::Old(at(1061))), 0),
            (matrix(1030, Verdict::Silent("it sleeps".to_owned())), 1),
            (matrix(1062, Verdict::New), 1),
        ];
        for (look, changes) in &looks {
            assert_eq!(history.note(look).unwrap(), *changes, "{:?}", look.at);
        }
        std::io::Write::write_all(&mut history.file, b"[1070,\"torn").unwrap();
        let seen = observations(&path).unwrap();
        let zone = Name::parse("example.").unwrap();
        let again: Vec<_> = frames(&zone, &seen, |_| vec![target()]).collect();
        let changed = looks.into_iter().filter(|(_, changes)| *changes > 0);
        assert_eq!(again, changed.map(|(look, _)| look).collect::<Vec<_>>());
    }
}
