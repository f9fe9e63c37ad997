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
    /// Digests of zone files, by their paths.
    known: BTreeMap<PathBuf, String>,
    /// Mistakes that were told, as they were.
    told: BTreeSet<String>,
    pub(super) session: Arc<Session<'a>>,
    /// Zone files with mistakes.
    pub(super) broken: BTreeSet<PathBuf>,
}

impl<'a> Files<'a> {
    /// Reads a project for the first time. Mistakes in zone files hold up their zones only.
    pub(super) async fn open(base: &Path, terminal: &'a Terminal) -> Result<Self, Failure> {
        let known = as_they_are(base)?;
        let mut told = BTreeSet::new();
        let (project, broken, is_sound) = sorted(base, terminal, &mut told)?;
        if !is_sound {
            let message = "the project's settings or accounts have mistakes; nothing was done";
            return Err(Failure::error(message));
        }
        let session = Arc::new(Session::of(project, terminal).await?);
        Ok(Self { base: base.to_owned(), terminal, known, told, session, broken })
    }

    /// The zone files that have changed since they were read, if any; those that are gone too.
    pub(super) fn changed(&self) -> Result<BTreeSet<PathBuf>, Failure> {
        let now = as_they_are(&self.base)?;
        let all = self.known.keys().chain(now.keys());
        Ok(all.filter(|path| self.known.get(*path) != now.get(*path)).cloned().collect())
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
        self.known = as_they_are(&self.base)?;
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

/// Digests of the zone files as they are now, in the folder or at the head of the branch.
fn as_they_are(base: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
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
