//! What others have said, beside what a zone says, and what is still to be asked of them.

use super::view::View;
use super::visit::{Shown, Visit};
use crate::dns::{Answer, Name, Rdata, RrKey, Rtype, Zone};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What somebody answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said {
    /// Records.
    Data(Vec<Rdata>),
    /// An alias in their place.
    Alias(Name),
    /// No such record, or no such name.
    Absent,
    /// Nothing that can be relied on: this is not to say that there is no record.
    Nothing,
}

/// Answers of others, and the questions that came up while somebody looked at them.
#[derive(Debug, Default)]
pub struct Evidence {
    said: BTreeMap<RrKey, Said>,
    open: RefCell<BTreeSet<RrKey>>,
    shown: BTreeMap<Visit, Shown>,
    wanted: RefCell<BTreeSet<Visit>>,
    seen: Option<BTreeSet<RrKey>>,
}

impl Evidence {
    /// Beside a zone of which only so much was seen: what else it has is a question, too.
    pub fn of_part(seen: BTreeSet<RrKey>) -> Self {
        Self { seen: Some(seen), ..Self::default() }
    }

    /// A zone, and these answers about everything that is not for the zone to say.
    pub fn beside<'e>(&'e self, zone: &'e Zone) -> Beside<'e> {
        Beside { zone, evidence: self, live: None }
    }

    /// A zone that is still to come, in place of this one, and the same answers.
    pub fn after<'e>(&'e self, live: &'e Zone, zone: &'e Zone) -> Beside<'e> {
        Beside { zone, evidence: self, live: Some(live) }
    }

    /// Takes in what somebody said.
    pub fn learn(&mut self, key: RrKey, said: Said) {
        self.said.insert(key, said);
    }

    /// Takes in what a visit has shown.
    pub fn see(&mut self, visit: Visit, shown: Shown) {
        self.shown.insert(visit, shown);
    }

    /// The questions that came up since this was last called, and that nobody has answered.
    pub fn questions(&mut self) -> BTreeSet<RrKey> {
        std::mem::take(self.open.get_mut())
    }

    /// The visits that are wanted since this was last called, and that nobody has made.
    pub fn visits(&mut self) -> BTreeSet<Visit> {
        std::mem::take(self.wanted.get_mut())
    }

    /// The questions to which nobody said anything.
    pub fn unanswered(&self) -> impl Iterator<Item = &RrKey> {
        self.said.iter().filter(|(_, said)| **said == Said::Nothing).map(|(key, _)| key)
    }

    /// The visits that have shown nothing.
    pub fn unseen(&self) -> impl Iterator<Item = &Visit> {
        self.shown.iter().filter(|(_, shown)| **shown == Shown::Nothing).map(|(visit, _)| visit)
    }
}

/// A zone with what others say around it.
#[derive(Debug)]
pub struct Beside<'e> {
    zone: &'e Zone,
    evidence: &'e Evidence,
    live: Option<&'e Zone>,
}

impl View for Beside<'_> {
    fn answer(&self, key: &RrKey) -> Answer<'_> {
        // Whether a zone is signed is for its parent to say (RFC 4035 §3.1.4.1).
        let is_parents = key.rtype == Rtype::DS && key.owner == *self.zone.apex();
        let is_unseen = || self.evidence.seen.as_ref().is_some_and(|seen| !seen.contains(key));
        match Answer::of(self.zone, key) {
            Answer::Elsewhere => (),
            _ if is_parents => (),
            Answer::Absent if is_unseen() => (),
            own => return own,
        }
        match self.evidence.said.get(key) {
            Some(Said::Data(data)) => Answer::Data(data),
            Some(Said::Alias(target)) => Answer::Alias(target),
            Some(Said::Absent) => Answer::Absent,
            Some(Said::Nothing) => Answer::Elsewhere,
            None => {
                self.evidence.open.borrow_mut().insert(key.clone());
                Answer::Elsewhere
            }
        }
    }

    fn visit(&self, visit: &Visit) -> &Shown {
        self.evidence.shown.get(visit).unwrap_or_else(|| {
            self.evidence.wanted.borrow_mut().insert(visit.clone());
            &Shown::Nothing
        })
    }

    fn live(&self) -> Option<&Zone> {
        self.live
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::view::{Reply, look_up};

    #[test]
    fn what_is_not_known_is_asked_once_and_never_taken_for_absent() {
        let apex = Name::parse("example.net.").unwrap();
        let zone = Zone::parse("mail 60 CNAME mx.example.org.\n", &apex).unwrap();
        let key = RrKey::new(Name::parse("mx.example.org.").unwrap(), Rtype::A);
        let mut evidence = Evidence::default();
        let check = |evidence: &Evidence, expected| {
            let (view, mail) = (evidence.beside(&zone), Name::parse_in("mail", &apex).unwrap());
            let found = match look_up(&view, &mail, Rtype::A) {
                Reply::Data(data) => data[0].to_string(),
                other => format!("{other:?}"),
            };
            assert_eq!(found, expected);
        };
        check(&evidence, "Unknown");
        assert_eq!(evidence.questions(), BTreeSet::from([key.clone()]));
        evidence.learn(key.clone(), Said::Nothing);
        check(&evidence, "Unknown");
        assert_eq!(evidence.questions(), BTreeSet::new());
        assert!(evidence.unanswered().eq([&key]));
        evidence.learn(key.clone(), Said::Absent);
        check(&evidence, "Absent");
        evidence.learn(key, Said::Data(vec![Rdata::A([192, 0, 2, 1].into())]));
        check(&evidence, "192.0.2.1");
    }

    #[test]
    fn what_was_not_seen_of_a_zone_is_not_absent() {
        let apex = Name::parse("example.net.").unwrap();
        let zone = Zone::parse("@ 60 MX 10 mail\n", &apex).unwrap();
        let key = |rtype| RrKey::new(apex.clone(), rtype);
        let mut evidence = Evidence::of_part([key(Rtype::MX), key(Rtype::TXT)].into());
        let check = |rtype, is_known: bool| {
            let view = evidence.beside(&zone);
            assert_eq!(view.answer(&key(rtype)) != Answer::Elsewhere, is_known, "{rtype:?}");
        };
        check(Rtype::MX, true);
        check(Rtype::TXT, true);
        check(Rtype::CAA, false);
        assert_eq!(evidence.questions(), [key(Rtype::CAA)].into());
    }

    #[test]
    fn the_parent_says_whether_a_zone_is_signed() {
        let zone = Zone::new(Name::parse("example.net.").unwrap());
        let mut evidence = Evidence::default();
        let key = RrKey::new(zone.apex().clone(), Rtype::DS);
        assert_eq!(evidence.beside(&zone).answer(&key), Answer::Elsewhere);
        evidence.learn(key.clone(), Said::Absent);
        assert_eq!(evidence.beside(&zone).answer(&key), Answer::Absent);
    }
}
