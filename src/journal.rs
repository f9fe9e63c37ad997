//! The journal on disk: one file a zone, one JSON object a line, appended and synced.
//!
//! A line counts once its line end is on disk: what a power cut leaves of the last one is not an
//! entry and is cut off before the next. Any other line that cannot be read stops everything, since
//! a guess could send changes twice or not at all. There is no second state file.

mod v1;

pub use v1::{parse_plan, print_plan};

use crate::dns::Name;
use crate::port::{Journal, JournalError};
use crate::run::Entry;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The journals of a project: a folder.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
}

/// One zone's journal, open for reading and appending.
#[derive(Debug)]
pub struct FileJournal {
    path: PathBuf,
    file: File,
    /// How many octets of the file have been read or written by us.
    offset: u64,
    /// How many lines that is, for messages.
    lines: usize,
    pending: Vec<Entry>,
}

/// The right to drive a zone, held until dropped.
#[derive(Debug)]
pub struct Lease {
    _lock: File,
}

impl Store {
    /// The journals in `dir`, which need not exist yet.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    fn path(&self, zone: &Name, extension: &str) -> PathBuf {
        // A name prints with escapes; of what is left, only `/` could lead out of the folder.
        let stem = zone.to_string().to_ascii_lowercase().replace('/', "\\047");
        let stem = if stem == "." { "root." } else { &stem };
        self.dir.join(format!("{stem}{extension}"))
    }

    /// Where a zone's observations are kept, beside its journal.
    pub fn observations(&self, zone: &Name) -> PathBuf {
        self.path(zone, "watch")
    }

    /// Where it is kept what others were told of a zone.
    pub fn told(&self, zone: &Name) -> PathBuf {
        self.path(zone, "told")
    }

    /// The zones that have a journal; a folder that is not there has none.
    pub fn zones(&self) -> Vec<Name> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut zones: Vec<_> =
            names.filter_map(|name| Name::parse(name.strip_suffix("jsonl")?).ok()).collect();
        zones.sort();
        zones
    }

    /// How many octets a zone's journal has; none if there is none.
    pub fn size(&self, zone: &Name) -> u64 {
        std::fs::metadata(self.path(zone, "jsonl")).map_or(0, |found| found.len())
    }

    /// Opens a zone's journal; `None` if it has none yet.
    pub fn open(&self, zone: &Name) -> Result<Option<FileJournal>, JournalError> {
        let path = self.path(zone, "jsonl");
        match OpenOptions::new().read(true).append(true).open(&path) {
            Ok(file) => Ok(Some(FileJournal::new(path, file))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(JournalError::Io { path, source }),
        }
    }

    /// Opens a zone's journal, making it if need be.
    pub fn create(&self, zone: &Name) -> Result<FileJournal, JournalError> {
        let path = self.path(zone, "jsonl");
        let io = |source| JournalError::Io { path: path.clone(), source };
        std::fs::create_dir_all(&self.dir).map_err(io)?;
        let file =
            OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(io)?;
        // The file's name must survive a power cut as well as its content.
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(io)?;
        Ok(FileJournal::new(path.clone(), file))
    }

    /// Takes the right to drive a zone, or says who has it. It ends with the process.
    pub fn lease(&self, zone: &Name, who: &str) -> Result<Lease, JournalError> {
        self.hold(self.path(zone, "lock"), who)
    }

    /// Takes one's turn among pushes, whatever their zones; while somebody else has it, says who
    /// and waits.
    pub fn turn(&self, who: &str, waits: impl FnOnce(&str)) -> Result<Lease, JournalError> {
        // No zone's file is called like this: each has a dot.
        let path = self.dir.join("pushing");
        match self.hold(path.clone(), who) {
            Err(JournalError::Held { holder, .. }) => waits(&holder),
            taken => return taken,
        }
        let io = |source| JournalError::Io { path: path.clone(), source };
        let lock = OpenOptions::new().read(true).write(true).open(&path).map_err(io)?;
        lock.lock().and_then(|()| signed(lock, who)).map_err(io)
    }

    fn hold(&self, path: PathBuf, who: &str) -> Result<Lease, JournalError> {
        let io = |source| JournalError::Io { path: path.clone(), source };
        std::fs::create_dir_all(&self.dir).map_err(io)?;
        let options =
            || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let lock = options().map_err(io)?;
        match lock.try_lock() {
            Ok(()) => signed(lock, who).map_err(io),
            Err(TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                let holder = if holder.is_empty() { "another process".to_owned() } else { holder };
                Err(JournalError::Held { path, holder })
            }
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}

/// Writes into a lock who has it.
fn signed(mut lock: File, who: &str) -> std::io::Result<Lease> {
    lock.set_len(0)?;
    lock.write_all(who.as_bytes())?;
    Ok(Lease { _lock: lock })
}

impl FileJournal {
    fn new(path: PathBuf, file: File) -> Self {
        Self { path, file, offset: 0, lines: 0, pending: Vec::new() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many octets of it have been read or written: a file that is longer has news.
    pub fn known(&self) -> u64 {
        self.offset
    }

    fn io(&self, source: std::io::Error) -> JournalError {
        JournalError::Io { path: self.path.clone(), source }
    }

    /// Reads whole lines beyond what is known into `pending`.
    fn read(&mut self) -> Result<(), JournalError> {
        let mut text = Vec::new();
        self.file
            .seek(SeekFrom::Start(self.offset))
            .and_then(|_| self.file.read_to_end(&mut text))
            .map_err(|error| self.io(error))?;
        let whole = text.iter().rposition(|c| *c == b'\n').map_or(0, |end| end + 1);
        for line in text[..whole].split_inclusive(|c| *c == b'\n') {
            self.lines += 1;
            let entry = v1::parse(line).map_err(|problem| JournalError::Corrupt {
                path: self.path.clone(),
                line: self.lines,
                problem,
            })?;
            self.pending.push(entry);
        }
        self.offset += whole as u64;
        Ok(())
    }

    fn write(&mut self, line: &[u8]) -> std::io::Result<()> {
        // Whatever stands behind the last line end is the rest of an entry that never was.
        self.file.set_len(self.offset)?;
        self.file.write_all(line)?;
        self.file.sync_data()?;
        self.offset += line.len() as u64;
        self.lines += 1;
        Ok(())
    }
}

impl Journal for FileJournal {
    fn append(&mut self, entry: &Entry) -> Result<(), JournalError> {
        let mut line = v1::print(entry).map_err(|error| self.io(error.into()))?;
        line.push(b'\n');
        // A confirmation may come from another process at this very moment.
        self.file.lock().map_err(|error| self.io(error))?;
        let result = self.read().and_then(|()| self.write(&line).map_err(|error| self.io(error)));
        let unlocked = self.file.unlock().map_err(|error| self.io(error));
        result.and(unlocked)
    }

    fn news(&mut self) -> Result<Vec<Entry>, JournalError> {
        self.read()?;
        Ok(std::mem::take(&mut self.pending))
    }
}

#[cfg(test)]
mod tests;
