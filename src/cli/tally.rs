//! How several zones have ended: one line, and one exit code for all of them.

use super::{Failure, Terminal, exit};
use crate::dns::Name;
use crate::report::text;
use crate::run::Timestamp;
use std::collections::BTreeSet;

/// Exit codes from the gravest to none at all: errors before refusals before waits.
const GRAVITY: [u8; 8] = [
    exit::ERROR,
    exit::DRIFT,
    exit::UNSAFE,
    exit::USAGE,
    exit::PARTLY,
    exit::NOT_YET,
    exit::PENDING,
    exit::DONE,
];

/// What a zone's exit code means, where its name is worth telling.
const BAD: [(u8, &str); 4] = [
    (exit::USAGE, "not begun"),
    (exit::UNSAFE, "refused"),
    (exit::DRIFT, "not as planned"),
    (exit::ERROR, "failed"),
];

/// Zones with the exit codes that each would have by itself.
#[derive(Debug, Default)]
pub(super) struct Tally {
    ends: Vec<(Name, u8)>,
    next: Option<Timestamp>,
}

impl Tally {
    /// Counts a zone.
    pub(super) fn add(&mut self, zone: &Name, code: u8) {
        self.ends.push((zone.clone(), code));
    }

    /// Tells a failure, which is that of its zone only, and counts it.
    pub(super) fn fail(&mut self, zone: &Name, failure: Failure, terminal: &Terminal) {
        self.add(zone, failure.code);
        terminal.fail(Some(zone), failure);
    }

    /// Notes when one of them can go on.
    pub(super) fn goes_on(&mut self, at: Timestamp) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// The gravest code; but when only some have failed, that is what there is to say.
    pub(super) fn code(&self) -> u8 {
        let codes = || self.ends.iter().map(|(_, code)| *code);
        let failed = codes().filter(|code| BAD.iter().any(|(bad, _)| bad == code)).count();
        if 0 < failed && failed < self.ends.len() {
            return exit::PARTLY;
        }
        let rank = |code: &u8| GRAVITY.iter().position(|known| known == code);
        codes().min_by_key(rank).unwrap_or(exit::DONE)
    }

    /// `12 zones: 9 done, 2 not yet (next 2027-01-16T22:10:00Z), 1 failed: c.example`; one zone has
    /// said it all by itself.
    pub(super) fn summary(&self) -> Option<String> {
        let all = self.ends.len();
        let count = |code| self.ends.iter().filter(|(_, end)| *end == code).count();
        let next = self.next.map(|at| format!(" (next {})", at.format("%Y-%m-%dT%H:%M:%SZ")));
        let done = Some(count(exit::DONE)).filter(|n| *n > 0).map(|n| format!("{n} done"));
        let waiting = Some(count(exit::NOT_YET)).filter(|n| *n > 0);
        let waiting = waiting.map(|n| format!("{n} not yet{}", next.unwrap_or_default()));
        let mut groups: Vec<_> = done.into_iter().chain(waiting).collect();
        let bad: Vec<_> = BAD.iter().filter_map(|(code, word)| self.named(*code, word)).collect();
        // A list of names has commas of its own.
        groups.extend((!bad.is_empty()).then(|| bad.join("; ")));
        (all > 1).then(|| format!("{all} zones: {}", groups.join(", ")))
    }

    fn named(&self, code: u8, word: &str) -> Option<String> {
        let ends = self.ends.iter().filter(|(_, end)| *end == code);
        // They ended in another order than that of their names.
        let zones: BTreeSet<_> = ends.map(|(zone, _)| zone).collect();
        let names: Vec<_> = zones.into_iter().map(text::plain).collect();
        (!names.is_empty()).then(|| format!("{} {word}: {}", names.len(), names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(codes: &[u8]) -> Tally {
        let mut tally = Tally::default();
        for (letter, code) in ('a'..='z').zip(codes) {
            tally.add(&Name::parse(&format!("{letter}.example.")).unwrap(), *code);
        }
        tally
    }

    #[test]
    fn some_failures_among_others_are_exit_code_5() {
        let check = |codes: &[u8], code| assert_eq!(tally(codes).code(), code, "{codes:?}");
        check(&[], 0);
        check(&[0, 0], 0);
        check(&[0, 6], 6);
        check(&[0, 2, 0], 2);
        check(&[1], 1);
        check(&[3, 4], 4);
        check(&[64, 3], 3);
        check(&[1, 0], 5);
        check(&[6, 4], 5);
        check(&[2, 3], 5);
    }

    #[test]
    fn the_summary_names_who_needs_a_look() {
        let check = |codes: &[u8], text: Option<&str>| {
            assert_eq!(tally(codes).summary().as_deref(), text, "{codes:?}");
        };
        check(&[1], None);
        check(&[0, 0], Some("2 zones: 2 done"));
        check(&[0, 6, 6], Some("3 zones: 1 done, 2 not yet"));
        check(&[0, 0, 1], Some("3 zones: 2 done, 1 failed: c.example"));
        check(
            &[4, 1, 1],
            Some("3 zones: 1 not as planned: a.example; 2 failed: b.example, c.example"),
        );
        check(&[3, 64], Some("2 zones: 1 not begun: b.example; 1 refused: a.example"));
    }

    #[test]
    fn the_summary_tells_when_the_first_goes_on() {
        let mut tally = tally(&[6, 6]);
        tally.goes_on("2027-01-16T23:00:00Z".parse().unwrap());
        tally.goes_on("2027-01-16T22:10:00Z".parse().unwrap());
        let expected = "2 zones: 2 not yet (next 2027-01-16T22:10:00Z)";
        assert_eq!(tally.summary().as_deref(), Some(expected));
    }
}
