//! A journal in memory that can be cut off.

use cutover::port::{Journal, JournalError};
use cutover::run::Entry;
use std::sync::{Arc, Mutex, MutexGuard};

/// Where the power goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// Before the entry of this number is on disk.
    Before(usize),
    /// Just after, so that nothing else happens.
    After(usize),
}

/// A handle on the journal.
#[derive(Clone, Default)]
pub(crate) struct Diary(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    entries: Vec<Entry>,
    /// What other processes have written and the engine has not read.
    unread: Vec<Entry>,
    cut: Option<Cut>,
}

impl Diary {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap()
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.pages().entries.clone()
    }

    /// Loses all but the first entries.
    pub(crate) fn keep(&self, entries: usize) {
        self.pages().entries.truncate(entries);
    }

    /// Holds just these.
    pub(crate) fn replace(&self, entries: &[Entry]) {
        self.pages().entries = entries.to_vec();
    }

    /// Another process appends.
    pub(crate) fn slip_in(&self, entry: Entry) {
        let mut pages = self.pages();
        pages.entries.push(entry.clone());
        pages.unread.push(entry);
    }

    /// Power goes, or comes back.
    pub(crate) fn cut(&self, cut: Option<Cut>) {
        let mut pages = self.pages();
        pages.cut = cut;
        pages.unread.clear();
    }
}

impl Journal for Diary {
    fn append(&mut self, entry: &Entry) -> Result<(), JournalError> {
        let mut pages = self.pages();
        let number = pages.entries.len();
        if !matches!(pages.cut, Some(Cut::Before(cut)) if cut <= number) {
            pages.entries.push(entry.clone());
        }
        match pages.cut {
            Some(Cut::Before(cut) | Cut::After(cut)) if cut <= number => Err(JournalError::Io {
                path: "diary".into(),
                source: std::io::Error::other("the power went"),
            }),
            _ => Ok(()),
        }
    }

    fn news(&mut self) -> Result<Vec<Entry>, JournalError> {
        Ok(std::mem::take(&mut self.pages().unread))
    }
}
