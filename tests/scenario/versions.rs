//! Every answer that any server has ever given, numbered.

use crate::questions::Questions;
use crate::world::answer;
use cutover::dns::Zone;
use cutover::port::Answer;

/// Which of the answers to one question.
pub(crate) type Version = usize;

/// A zone as servers answer it.
#[derive(Clone, Debug)]
pub(crate) struct Edition {
    pub(crate) zone: Zone,
    /// What it says to each of the questions.
    pub(crate) answers: Vec<Version>,
}

/// Answers by question and number.
#[derive(Clone, Debug)]
pub(crate) struct Versions(Vec<Vec<Answer>>);

impl Versions {
    pub(crate) fn new(questions: &Questions) -> Self {
        Self(vec![Vec::new(); questions.keys.len()])
    }

    pub(crate) fn edition(&mut self, zone: &Zone, questions: &Questions) -> Edition {
        let answers = questions.keys.iter().zip(&mut self.0).map(|(key, known)| {
            let said = answer(zone, key);
            known.iter().position(|one| *one == said).unwrap_or_else(|| {
                known.push(said);
                known.len() - 1
            })
        });
        Edition { answers: answers.collect(), zone: zone.clone() }
    }

    pub(crate) fn questions(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, question: usize, version: Version) -> &Answer {
        &self.0[question][version]
    }

    pub(crate) fn ttl(&self, question: usize, version: Version) -> i64 {
        self.get(question, version).ttl().secs().into()
    }
}
