//! The unlucky: every cache that obeys TTLs and could exist, at once.
//!
//! Somebody asked just before the slowest server changed, somebody asked for a name just before
//! it came. Samples may miss them, so here is what all of them together may hold.

use crate::domain::QUESTIONS;
use cutover::port::Answer;

/// Which answers some cache may hold, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Unlucky(Vec<Vec<(Answer, i64)>>);

impl Unlucky {
    pub(crate) fn new() -> Self {
        Self(vec![Vec::new(); QUESTIONS.len()])
    }

    /// Hears that servers gave these answers up to `now`, and not any more perhaps.
    pub(crate) fn hear<'a>(&mut self, servers: impl Iterator<Item = &'a [Answer]>, now: i64) {
        for answers in servers {
            for (known, answer) in self.0.iter_mut().zip(answers) {
                let dies = now + i64::from(answer.ttl().secs());
                match known.iter_mut().find(|(known, _)| known == answer) {
                    Some((_, known)) => *known = dies.max(*known),
                    None => known.push((answer.clone(), dies)),
                }
            }
        }
    }

    /// Drops what is dead; says whether anything was.
    pub(crate) fn forget(&mut self, now: i64) -> bool {
        let count = |all: &Self| all.0.iter().map(Vec::len).sum::<usize>();
        let before = count(self);
        self.0.iter_mut().for_each(|known| known.retain(|(_, dies)| *dies > now));
        count(self) != before
    }

    /// What caches may hold of a question, other than what servers answer now.
    pub(crate) fn held(&self, question: usize) -> impl Iterator<Item = &Answer> {
        self.0[question].iter().map(|(answer, _)| answer)
    }
}
