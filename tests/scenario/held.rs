//! The answers that somebody may get: one of each question, or several that nobody can choose from.

use crate::questions::Questions;
use cutover::dns::{Name, RrKey, Rtype};
use cutover::port::Answer;

/// All of them, by question.
pub(crate) struct Held<'a> {
    questions: &'a Questions,
    answers: Vec<Vec<&'a Answer>>,
}

impl<'a> Held<'a> {
    pub(crate) fn new(questions: &'a Questions, answers: Vec<Vec<&'a Answer>>) -> Self {
        assert_eq!(questions.keys.len(), answers.len());
        Self { questions, answers }
    }

    /// What one may get; nothing at all from who gets no answer.
    pub(crate) fn answers(&self, owner: &Name, rtype: Rtype) -> &[&'a Answer] {
        match self.questions.number(owner, rtype) {
            Some(question) => &self.answers[question],
            None => panic!("nobody asks `{}`", RrKey::new(owner.clone(), rtype)),
        }
    }
}
