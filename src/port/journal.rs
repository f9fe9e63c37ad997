//! Durable facts.

use crate::run::Entry;

/// Why a fact could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the journal: {0}")]
pub struct JournalError(#[from] pub std::io::Error);

/// A durable list of facts.
pub trait Journal: Send {
    /// Returns once the entry would survive a power cut.
    fn append(&mut self, entry: &Entry) -> Result<(), JournalError>;
}
