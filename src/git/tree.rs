//! The files of one commit.

use super::blobs::Blobs;
use super::{Repository, cannot_run};
use crate::config::Files;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{BufReader, Error, ErrorKind, Read as _, Result};
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;

/// Octets of one file: a zone file or a key has a few thousand.
const FILE: u64 = 1 << 20;
/// Octets of all files together: ten thousand zone files of twice the usual size, five times over.
const WHOLE: u64 = 256 << 20;
/// Entries of a tree: ten times the ten thousand zones that the benchmarks read. A tree of trees
/// that repeat themselves has more entries than atoms are in the world.
const ENTRIES: usize = 100_000;
/// Octets of a listing: the entries with paths of 200 octets each.
const LISTING: u64 = 256 * ENTRIES as u64;

/// The files of one commit. Nothing in it is followed, and no path leads out of it.
#[derive(Debug)]
pub struct Tree {
    entries: BTreeMap<String, Entry>,
    reading: Mutex<Reading>,
}

/// What has been read, and by whom.
#[derive(Debug)]
struct Reading {
    blobs: Option<Blobs>,
    octets: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    mode: Mode,
    id: String,
    size: u64,
}

/// What an entry is; only files are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    File,
    Link,
    Module,
    Other,
}

impl Mode {
    /// Why it is not read, and what to do.
    fn refusal(self) -> Option<&'static str> {
        match self {
            Self::File => None,
            Self::Link => Some("is a symbolic link, which is not followed; push the file itself"),
            Self::Module => Some("is a submodule, which is not read; push the files themselves"),
            Self::Other => Some("is no regular file; push one with mode 100644"),
        }
    }
}

impl Tree {
    /// No files.
    pub(super) fn empty() -> Self {
        Self { entries: BTreeMap::new(), reading: Mutex::new(Reading { blobs: None, octets: 0 }) }
    }

    /// Lists a tree; what it holds is read when it is asked for.
    pub(super) fn read(repository: &Repository, tree: &str) -> Result<Self> {
        let args = ["ls-tree", "-r", "-l", "-z", "--full-tree", tree];
        let mut command = repository.command(&args);
        // It has little to complain about, and nobody reads it while the listing comes.
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(cannot_run)?;
        let mut entries = BTreeMap::new();
        let listed = match child.stdout.take() {
            Some(listing) => list(BufReader::new(listing.take(LISTING)), &mut entries),
            None => Err(Error::other("`git ls-tree` has no pipe")),
        };
        // One that goes on listing would never end.
        let _ = listed.is_err().then(|| child.kill());
        let status = child.wait()?;
        listed?;
        if !status.success() {
            return Err(Error::other("`git ls-tree` could not list the branch"));
        }
        let blobs = Some(Blobs::open(repository)?);
        Ok(Self { entries, reading: Mutex::new(Reading { blobs, octets: 0 }) })
    }

    /// Whether there is a file of this name, or a folder.
    pub fn holds(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.entries.contains_key(path) || self.below(&below).next().is_some()
    }

    fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let paths = self.entries.range(folder.to_owned()..).map(|(path, _)| path.as_str());
        paths.take_while(move |path| path.starts_with(folder))
    }

    /// An entry that is not a file stands in the way, also of all that would be below it.
    fn passable(&self, path: &str) -> Result<()> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for above in ends.map(|end| &path[..end]) {
            let refusal = self.entries.get(above).and_then(|entry| entry.mode.refusal());
            if let Some(refusal) = refusal {
                return refuse(above, refusal);
            }
        }
        Ok(())
    }
}

impl Files for Tree {
    fn list(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let folder = within(folder)?;
        self.passable(&folder)?;
        let prefix = format!("{folder}/");
        let direct = self.below(&prefix).filter(|path| !path[prefix.len()..].contains('/'));
        Ok(direct.map(PathBuf::from).collect())
    }

    fn read(&self, path: &Path) -> Result<String> {
        let path = within(path)?;
        self.passable(&path)?;
        let Some(entry) = self.entries.get(&path) else {
            let message = format!("cannot read `{path}`: the branch has no such file");
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        if entry.size > FILE {
            let message = format!("has {} octets; files of up to {FILE} are read", entry.size);
            return refuse(&path, message);
        }
        let mut reading = self.reading.lock().map_err(|_| Error::other("a read has failed"))?;
        reading.octets += entry.size;
        if reading.octets > WHOLE {
            let message = format!("is one file too many; {WHOLE} octets are read altogether");
            return refuse(&path, message);
        }
        let Some(blobs) = &mut reading.blobs else { return refuse(&path, "cannot be read") };
        let content = blobs.read(&entry.id, entry.size)?;
        String::from_utf8(content)
            .map_err(|_| Error::new(ErrorKind::InvalidData, format!("`{path}` is not text")))
    }
}

/// What stands in a file's way, by its path; it comes from whoever pushed.
fn refuse<T>(path: &str, why: impl Display) -> Result<T> {
    Err(Error::new(ErrorKind::InvalidInput, format!("`{}` {why}", path.escape_debug())))
}

/// A path as the tree writes it, if it stays within.
fn within(path: &Path) -> Result<String> {
    let text = path.to_string_lossy();
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let parts: Option<Vec<_>> = parts
        .map(|part| match part {
            Component::Normal(part) => part.to_str(),
            _ => None,
        })
        .collect();
    match parts {
        Some(parts) => Ok(parts.join("/")),
        None => refuse(&text, "leads out of the branch; write a path within it, without `..`"),
    }
}

/// Takes in `100644 blob ID SIZE<TAB>PATH<NUL>`, as often as it comes.
fn list(mut listing: impl std::io::BufRead, entries: &mut BTreeMap<String, Entry>) -> Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        listing.read_until(0, &mut line)?;
        let Some((0, text)) = line.split_last() else {
            // Cut off at our own limit.
            return if line.is_empty() { Ok(()) } else { Err(too_many()) };
        };
        let Some((path, entry)) = entry(text) else {
            let text = String::from_utf8_lossy(text);
            return refuse(&text, "is no entry that can be read; its name must be text");
        };
        // Git writes neither; a tree that was made by hand may hold both.
        let is_strange = |part: &str| {
            let part = part.to_ascii_lowercase();
            ["", ".", "..", ".git"].contains(&part.as_str())
        };
        if path.split('/').any(is_strange) {
            return refuse(&path, "is no path that git would write; nothing of the push is read");
        }
        if entries.len() >= ENTRIES {
            return Err(too_many());
        }
        if entries.insert(path.clone(), entry).is_some() {
            return refuse(&path, "is there twice; nothing of the push is read");
        }
    }
}

fn too_many() -> Error {
    let message = format!("the branch holds more than {ENTRIES} files; it is no place for zones");
    Error::new(ErrorKind::InvalidInput, message)
}

fn entry(line: &[u8]) -> Option<(String, Entry)> {
    let (head, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut fields = head.split_ascii_whitespace();
    let mode = match fields.next()? {
        "100644" | "100755" => Mode::File,
        "120000" => Mode::Link,
        "160000" => Mode::Module,
        _ => Mode::Other,
    };
    let (_, id, size) = (fields.next()?, fields.next()?.to_owned(), fields.next()?);
    // Of what is no blob git tells no size, and it is not read.
    let size = size.parse().unwrap_or(u64::MAX);
    Some((path.to_owned(), Entry { mode, id, size }))
}

#[cfg(test)]
mod tests;
