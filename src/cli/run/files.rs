//! The project's files as they were read last, and as they are now.

use super::super::news::{Level, News};
use super::super::session::{Session, on_branch, read};
use super::super::{Failure, Terminal};
use crate::config::{Folder, Project, Severity, settings, zone_files};
use crate::provider::Open;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was read, and what each zone file was then.
pub(super) struct Files<'a> {
    base: PathBuf,
    terminal: &'a Terminal,
    looks: Looks,
    /// Mistakes that were told, as they were.
    told: BTreeSet<String>,
    pub(super) session: Arc<Session<'a>>,
    /// Zone files with mistakes.
    pub(super) broken: BTreeSet<PathBuf>,
}

impl<'a> Files<'a> {
    /// Reads a project for the first time. Mistakes in zone files hold up their zones only.
    pub(super) async fn open(base: &Path, terminal: &'a Terminal) -> Result<Self, Failure> {
        let looks = Looks::after(as_they_are(base)?);
        let mut told = BTreeSet::new();
        let (project, broken, is_sound) = sorted(base, terminal, &mut told)?;
        if !is_sound {
            let message = "the project's settings or accounts have mistakes; nothing was done";
            return Err(Failure::error(message));
        }
        let session = Arc::new(Session::of(project, terminal).await?);
        Ok(Self { base: base.to_owned(), terminal, looks, told, session, broken })
    }

    /// The zone files that have changed since they were read, if any; those that are gone too.
    pub(super) fn changed(&mut self) -> Result<BTreeSet<PathBuf>, Failure> {
        Ok(self.looks.changed(as_they_are(&self.base)?))
    }

    /// Tells of files that cannot be read, once.
    pub(super) fn trouble(&mut self, failure: Failure) {
        if self.told.insert(failure.message().to_owned()) {
            self.terminal.fail(None, failure);
        }
    }

    /// Reads everything anew. With mistakes in settings or accounts all goes on as it was; with
    /// mistakes in a zone file, its zones do. `anew` forgets what accounts have had to bear.
    pub(super) async fn read(&mut self, anew: bool) -> Result<bool, Failure> {
        // Before the reading: what changes meanwhile is read once more.
        self.looks = Looks::after(as_they_are(&self.base)?);
        let (mut project, broken, is_sound) = sorted(&self.base, self.terminal, &mut self.told)?;
        if !is_sound {
            let text = "settings or accounts have mistakes; all goes on as it was";
            self.terminal.tell(&News::new("files", text).level(Level::Error));
            return Ok(false);
        }
        for spec in &self.session.project.zones {
            if broken.contains(&spec.path) && project.zone(&spec.intent.zone).is_none() {
                project.zones.push(spec.clone());
                project.zones.sort_by(|a, b| a.intent.zone.cmp(&b.intent.zone));
            }
        }
        let next = match anew {
            true => Session::of(project, self.terminal).await?,
            false => Session::of(project, self.terminal).await?.after(&self.session),
        };
        (self.session, self.broken) = (Arc::new(next), broken);
        Ok(true)
    }
}

/// Digests of zone files, by their paths.
type Digests = BTreeMap<PathBuf, String>;

/// What zone files were when they were read, and at the last look.
struct Looks {
    read: Digests,
    last: Digests,
}

impl Looks {
    fn after(read: Digests) -> Self {
        Self { last: read.clone(), read }
    }

    /// The files that are others now than when they were read, once two looks agree: an editor may
    /// be writing, and half of a zone file may well read as a whole one.
    fn changed(&mut self, now: Digests) -> BTreeSet<PathBuf> {
        let is_steady = self.last == now;
        self.last = now;
        let all = self.read.keys().chain(self.last.keys());
        let differ = |path: &&PathBuf| self.read.get(*path) != self.last.get(*path);
        all.filter(differ).filter(|_| is_steady).cloned().collect()
    }
}

/// Digests of the zone files as they are now, in the folder or at the head of the branch.
fn as_they_are(base: &Path) -> Result<Digests, Failure> {
    let (settings, _) = settings(base)?;
    match &settings.zones {
        Some(branch) => Ok(zone_files(&*on_branch(base, branch)?)?),
        None => Ok(zone_files(&Folder::new(base))?),
    }
}

type Sorted = (Project<Box<dyn Open>>, BTreeSet<PathBuf>, bool);

/// A project without what zone files with mistakes say, those files, and whether all others are
/// free of mistakes. Each mistake is told once, until it is gone and made again.
fn sorted(
    base: &Path,
    terminal: &Terminal,
    told: &mut BTreeSet<String>,
) -> Result<Sorted, Failure> {
    let (mut project, findings) = read(base)?;
    let mut broken = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (source, found) in &findings.0 {
        let is_error = found.iter().any(|one| one.severity == Severity::Error);
        let text = source.render(found, terminal.is_coloured());
        if !told.contains(&text) {
            let level = if is_error { Level::Error } else { Level::Warning };
            terminal.tell(&News::new("file", text.clone()).level(level));
        }
        seen.insert(text);
        if is_error {
            broken.insert(source.path.clone());
        }
    }
    *told = seen;
    let is_sound = broken.iter().all(|path| path.starts_with("zones"));
    project.zones.retain(|spec| !broken.contains(&spec.path));
    Ok((project, broken, is_sound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_once_two_looks_agree() {
        let files = |text: &str| -> Digests {
            let pair = |pair: &str| pair.split_once('=').map(|(k, v)| (k.into(), v.into()));
            text.split_whitespace().filter_map(pair).collect()
        };
        let mut looks = Looks::after(files("a=1 b=1"));
        let mut check = |now, changed: &[&str]| {
            let found: Vec<_> = looks.changed(files(now)).into_iter().collect();
            assert_eq!(found, changed.iter().map(PathBuf::from).collect::<Vec<_>>(), "{now}");
        };
        check("a=1 b=1", &[]);
        check("a=half b=1", &[]);
        check("a=2 b=1", &[]);
        check("a=2 b=1", &["a"]);
        // Gone, and one that is new.
        check("a=2 c=1", &[]);
        check("a=2 c=1", &["a", "b", "c"]);
        // What was undone before it was read has not changed.
        check("a=1 b=1", &[]);
        check("a=1 b=1", &[]);
    }
}
