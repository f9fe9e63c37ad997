//! What somebody could complain about, and when.

use crate::judge::Problems;
use std::collections::BTreeMap;

/// When it was so, in seconds since 1970.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    pub(crate) first: i64,
    pub(crate) last: i64,
}

/// By who, and what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Complaints(BTreeMap<(String, &'static str), Span>);

impl Complaints {
    pub(crate) fn note(&mut self, who: &str, problems: &Problems, now: i64) {
        for what in problems {
            let span = self.0.entry((who.to_owned(), what));
            span.or_insert(Span { first: now, last: now }).last = now;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'static str, Span)> {
        self.0.iter().map(|((who, what), span)| (who.as_str(), *what, *span))
    }
}
