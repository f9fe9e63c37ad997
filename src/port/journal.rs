//! Durable facts.

use crate::run::Entry;
use std::path::PathBuf;

/// Why a fact could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk, or what is between it and us.
    #[error("cannot use the journal `{}`: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Another process drives this zone.
    #[error("`{}` is held by {holder}", path.display())]
    Held {
        /// The lock.
        path: PathBuf,
        /// Who holds it: process and command.
        holder: String,
    },
    /// A line that cannot be understood.
    #[error("`{}` line {line} cannot be read: {problem}", path.display())]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// A durable list of facts.
pub trait Journal: Send {
    /// Returns once the entry would survive a power cut.
    fn append(&mut self, entry: &Entry) -> Result<(), JournalError>;

    /// Entries that others have appended since the last call: a person's confirmations.
    fn news(&mut self) -> Result<Vec<Entry>, JournalError>;
}
