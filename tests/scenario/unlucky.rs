//! The unlucky: every cache that obeys TTLs and could exist, at once.
//!
//! Somebody asked just before the slowest server changed, somebody asked for a name just before
//! it came. Samples may miss them, so here is what all of them together may hold.

use crate::versions::{Version, Versions};

/// Which answers some cache may hold, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Unlucky(Vec<Vec<(Version, i64)>>);

impl Unlucky {
    pub(crate) fn new(questions: usize) -> Self {
        Self(vec![Vec::new(); questions])
    }

    /// Hears that a server gave these answers up to `now`, and not any more perhaps.
    pub(crate) fn hear(&mut self, answers: &[Version], versions: &Versions, now: i64) {
        for (question, (known, version)) in self.0.iter_mut().zip(answers).enumerate() {
            let dies = now + versions.ttl(question, *version);
            match known.iter_mut().find(|(known, _)| known == version) {
                Some((_, known)) => *known = dies.max(*known),
                None => known.push((*version, dies)),
            }
        }
    }

    /// Drops what is dead.
    pub(crate) fn forget(&mut self, now: i64) {
        self.0.iter_mut().for_each(|known| known.retain(|(_, dies)| *dies > now));
    }

    /// When something dies next.
    pub(crate) fn next(&self) -> Option<i64> {
        self.0.iter().flatten().map(|(_, dies)| *dies).min()
    }

    /// What caches may hold of a question, other than what servers answer now.
    pub(crate) fn held(&self, question: usize) -> impl Iterator<Item = Version> {
        self.0[question].iter().map(|(version, _)| *version)
    }
}
