//! Zone files on disk, for name servers that have no API.

mod account;
mod edit;
mod reload;

pub(super) use account::settings;
pub use reload::{Reload, ReloadTool};

use crate::dns::{Name, Zone};
use crate::plan::{Change, Facts, Guard};
use crate::port::{Access, Provider, ProviderError};
use async_trait::async_trait;
use edit::EditError;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Zone files, one a zone, and the command that makes their server read them again.
#[derive(Clone, Debug)]
pub struct ZoneFile {
    path: PathBuf,
    reload: Option<Reload>,
}

impl ZoneFile {
    /// Zone files at a path, in which `{zone}` stands for the zone's name without its final dot.
    pub fn new(path: impl Into<PathBuf>, reload: Option<Reload>) -> Self {
        Self { path: path.into(), reload }
    }

    fn path(&self, zone: &str) -> PathBuf {
        // A part of a path that is not UTF-8 cannot hold the mark.
        let part = |part: &std::ffi::OsStr| match part.to_str() {
            Some(text) => text.replace("{zone}", zone).into(),
            None => part.to_owned(),
        };
        self.path.iter().map(part).collect()
    }
}

#[async_trait]
impl Provider for ZoneFile {
    fn facts(&self) -> Facts {
        Facts { guard: Guard::Reading, ..Facts::default() }
    }

    async fn access(&self, apex: &Name) -> Result<Access, ProviderError> {
        let path = self.path(&plain(apex)?);
        // Opening for writing changes nothing; whether the folder takes a new file shows later.
        let opened = tokio::fs::OpenOptions::new().write(true).open(&path).await;
        Ok(match opened {
            Ok(_) => Access::Granted("the file can be written".to_owned()),
            Err(error) => Access::Denied(format!("`{}`: {error}", path.display())),
        })
    }

    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError> {
        let path = self.path(&plain(apex)?);
        let text = tokio::fs::read_to_string(&path).await.map_err(|e| failed(&path, apex, &e))?;
        Zone::parse(&text, apex)
            .map_err(|error| refused(&path, EditError::unreadable(&text, error)))
    }

    async fn apply(&self, apex: &Name, changes: &[Change]) -> Result<(), ProviderError> {
        let zone = plain(apex)?;
        let (path, name, changes) = (self.path(&zone), apex.clone(), changes.to_vec());
        let write = move || write(&path, &name, &changes);
        tokio::task::spawn_blocking(write)
            .await
            .map_err(|error| ProviderError::Refused(error.to_string()))??;
        // Even with nothing to write: a run that was killed between the rename and the reload
        // finds the file done, and its server still with the old zone.
        match &self.reload {
            Some(reload) => reload.run(&zone).await,
            None => Ok(()),
        }
    }
}

/// The zone's name for paths and arguments: nothing that a path or a program takes for its own.
fn plain(apex: &Name) -> Result<String, ProviderError> {
    let text = apex.to_string().to_ascii_lowercase();
    let text = text.trim_end_matches('.');
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.starts_with(['-', '.']) || !text.chars().all(known) {
        let message = format!("`{apex}` cannot be the name of a zone file");
        return Err(ProviderError::Refused(message));
    }
    Ok(text.to_owned())
}

/// Edits the file under a lock that a second process waits for.
fn write(path: &Path, apex: &Name, changes: &[Change]) -> Result<(), ProviderError> {
    let fail = |error: io::Error| failed(path, apex, &error);
    // A link is kept; what it points to is replaced.
    let file = path.canonicalize().map_err(fail)?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    // The folder is locked and not the file, which is another one after each rename.
    let lock = File::open(folder).map_err(fail)?;
    lock.lock().map_err(fail)?;
    if beside(&file, "", ".jnl").exists() {
        let message = "BIND has a journal for it; use the `rfc2136` driver for dynamic zones";
        return Err(refused(path, message));
    }
    let before = fs::read_to_string(&file).map_err(fail)?;
    let after = edit::edit(&before, apex, changes).map_err(|error| match error {
        EditError::Drift(key) => ProviderError::Drift(key),
        error => refused(path, error),
    })?;
    if after != before {
        replace(&file, &after).map_err(fail)?;
        lock.sync_all().map_err(fail)?;
    }
    Ok(())
}

/// Puts a new text in the place of a file.
///
/// Killed at any point, it leaves the old file or the new one: the new text is on disk before the
/// rename, and the rename is one step. What a killed run leaves beside it, the next one takes
/// away; the lock makes sure that no living run still writes there.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let draft = beside(file, ".", ".cutover");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => (),
    }
    let mut out = File::options().write(true).create_new(true).open(&draft)?;
    let written = own_as(&out, file)
        .and_then(|()| out.write_all(text.as_bytes()))
        .and_then(|()| out.sync_all())
        .and_then(|()| fs::rename(&draft, file));
    if written.is_err() {
        // Of the two errors, the first tells more.
        let _ = fs::remove_file(&draft);
    }
    written
}

/// Gives a new file the permissions and owners of an old one, so that its server can read it.
fn own_as(new: &File, old: &Path) -> io::Result<()> {
    let metadata = fs::metadata(old)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let (mine, theirs) = (new.metadata()?, (metadata.uid(), metadata.gid()));
        if (mine.uid(), mine.gid()) != theirs {
            // Only root may give files away; the group is what a server reads by.
            fchown(new, Some(theirs.0), Some(theirs.1))
                .or_else(|_| fchown(new, None, Some(theirs.1)))?;
        }
    }
    new.set_permissions(metadata.permissions())
}

/// The path of a file's neighbour, whose name has something before and behind it.
fn beside(file: &Path, before: &str, behind: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(before);
    name.push(file.file_name().unwrap_or_default());
    name.push(behind);
    file.with_file_name(name)
}

fn failed(path: &Path, apex: &Name, error: &io::Error) -> ProviderError {
    match error.kind() {
        ErrorKind::NotFound => ProviderError::NoZone(apex.clone()),
        ErrorKind::InvalidData => refused(path, "it is not UTF-8 text"),
        _ => refused(path, error),
    }
}

fn refused(path: &Path, reason: impl std::fmt::Display) -> ProviderError {
    ProviderError::Refused(format!("zone file `{}`: {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::diff;
    use tempfile::TempDir;

    const BEFORE: &str = "; mine\n@ 60 SOA ns host 7 2 3 4 5\n@ 60 MX 10 a.\n";
    const AFTER: &str = "; mine\n@ 60 SOA ns host 8 2 3 4 5\n@ 60 IN MX 10 b.\n";

    fn apex() -> Name {
        Name::parse("Example.net.").unwrap()
    }

    fn changes() -> Vec<Change> {
        let zone = |text| Zone::parse(text, &apex()).unwrap();
        diff(&zone("@ 60 MX 10 a."), &zone("@ 60 MX 10 b."))
    }

    fn folder() -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("db.example.net");
        fs::write(&path, BEFORE).unwrap();
        (folder, path)
    }

    fn driver(folder: &TempDir, program: Option<&str>) -> ZoneFile {
        let reload = Reload::new(ReloadTool::Rndc, vec![]);
        let reload = program.map(|program| reload.with_program(program));
        ZoneFile::new(folder.path().join("db.{zone}"), reload)
    }

    #[tokio::test]
    async fn a_file_is_edited_once() {
        let (folder, path) = folder();
        let driver = driver(&folder, Some("true"));
        for _ in 0..2 {
            driver.apply(&apex(), &changes()).await.unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), AFTER);
        }
        let zone = driver.zone(&apex()).await.unwrap();
        assert_eq!(zone, Zone::parse(AFTER, &apex()).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_file_that_is_not_as_planned_stays() {
        let (folder, path) = folder();
        let other = BEFORE.replace("a.", "c.");
        fs::write(&path, &other).unwrap();
        let error = driver(&folder, None).apply(&apex(), &changes()).await.unwrap_err();
        assert!(matches!(error, ProviderError::Drift(_)), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), other);
    }

    #[tokio::test]
    async fn each_failure_has_its_reaction() {
        let (folder, path) = folder();
        let check = async |driver: ZoneFile, name: &str, message: &str| {
            let error = driver.apply(&Name::parse(name).unwrap(), &changes()).await.unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        };
        check(driver(&folder, None), "example.org.", "has no zone `example.org.`").await;
        check(driver(&folder, None), ".", "cannot be the name").await;
        check(driver(&folder, None), "-x.example.", "cannot be the name").await;
        check(driver(&folder, None), "a/b.example.", "cannot be the name").await;
        check(driver(&folder, None), "a\\.\\.b.example.", "cannot be the name").await;
        check(driver(&folder, Some("false")), "example.net.", "`false reload example.net`").await;
        assert_eq!(fs::read_to_string(&path).unwrap(), AFTER);
        fs::write(beside(&path, "", ".jnl"), "").unwrap();
        check(driver(&folder, None), "example.net.", "`rfc2136`").await;
        fs::remove_file(beside(&path, "", ".jnl")).unwrap();
        fs::write(&path, b"; \xe9\n").unwrap();
        check(driver(&folder, None), "example.net.", "not UTF-8").await;
        fs::write(&path, "x y\n").unwrap();
        check(driver(&folder, None), "example.net.", "line 1: ").await;
    }

    #[tokio::test]
    async fn what_a_killed_run_left_is_taken_away() {
        let (folder, path) = folder();
        fs::write(beside(&path, ".", ".cutover"), "half a zo").unwrap();
        driver(&folder, None).apply(&apex(), &changes()).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), AFTER);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn links_and_permissions_are_kept() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let (folder, path) = folder();
        let real = folder.path().join("real");
        fs::rename(&path, &real).unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &path).unwrap();
        driver(&folder, None).apply(&apex(), &changes()).await.unwrap();
        assert!(path.is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), AFTER);
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }

    #[tokio::test]
    async fn a_second_writer_waits() {
        let (folder, path) = folder();
        let lock = File::open(folder.path()).unwrap();
        lock.lock().unwrap();
        let driver = driver(&folder, None);
        let task = tokio::spawn(async move { driver.apply(&apex(), &changes()).await });
        tokio::task::yield_now().await;
        assert_eq!(fs::read_to_string(&path).unwrap(), BEFORE);
        drop(lock);
        task.await.unwrap().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), AFTER);
    }
}
