//! What to publish while mail moves from one platform to the other.

use super::{Mode, Policy, Record, Tag, TagError, policy};

/// What to publish while mail moves: whatever is the weaker of both records, tag by tag.
///
/// Until the new platform is proven aligned, a strict policy would reject its mail, so a domain
/// that had no record starts with `p=none`. The final record comes when the old one retires.
pub fn relaxed(old: Option<&str>, new: Option<&str>) -> Result<Option<String>, TagError> {
    let read = |text: &str| {
        policy(text)?;
        Record::read(text).map(|(record, _)| record)
    };
    Ok(match (old, new) {
        (None, None) => None,
        (Some(old), None) => Some(old.to_owned()),
        (Some(old), Some(new)) => Some(weaker((old, read(old)?), (new, read(new)?))),
        (None, Some(new)) => {
            let record = read(new)?;
            Some(spelt(new, &record, &record.clone().relaxed()))
        }
    })
}

/// As it is written, where nothing has to change.
fn spelt(text: &str, record: &Record, wanted: &Record) -> String {
    if record == wanted { text.to_owned() } else { wanted.to_string() }
}

/// One of the records, the old one if it will do, with nothing in it stricter than in the other.
fn weaker((old_text, old): (&str, Record), (new_text, new): (&str, Record)) -> String {
    let (mended, other) = (old.clone().no_stricter_than(&new), new.clone().no_stricter_than(&old));
    match mended != old && (other == new || new.policy() < old.policy()) {
        true => spelt(new_text, &new, &other),
        false => spelt(old_text, &old, &mended),
    }
}

impl Record {
    /// The same with nothing in it that makes receivers stricter than another record does.
    #[must_use]
    pub fn no_stricter_than(self, other: &Self) -> Self {
        let [p, sp, np] = {
            let (own, others) = (self.levels(), other.levels());
            [0, 1, 2].map(|at| own[at].min(others[at]))
        };
        let mut record = self;
        // In this order: each goes for the next where that is not said.
        for (at, wanted, tag) in [(0, p, Tag::P(p)), (1, sp, Tag::Sp(sp)), (2, np, Tag::Np(np))] {
            if record.levels()[at] != wanted {
                record = record.with(tag);
            }
        }
        // How they compare and to how much they apply it is nothing where they do nothing.
        if record.levels() == [Policy::None; 3] { record } else { record.loosened(other) }
    }

    /// What receivers do with mail of the domain, of subdomains, and of those that do not exist; if
    /// one of the words is none, nothing (RFC 9989 §4.8).
    fn levels(&self) -> [Policy; 3] {
        if self.has_unreadable_policy() {
            return [Policy::None; 3];
        }
        let p = self.policy();
        let sp = self.subdomains().unwrap_or(p);
        [p, sp, self.missing_subdomains().unwrap_or(sp)]
    }

    /// The same, on trial, in part and with a relaxed comparison where another record is.
    fn loosened(mut self, other: &Self) -> Self {
        let is = |record: &Self, tag: &Tag| record.tags().contains(tag);
        for (strict, loose) in [
            (Tag::Adkim(Mode::Strict), Tag::Adkim(Mode::Relaxed)),
            (Tag::Aspf(Mode::Strict), Tag::Aspf(Mode::Relaxed)),
        ] {
            if is(&self, &strict) && !is(other, &strict) {
                self = self.with(loose);
            }
        }
        let trial = Tag::T(true);
        if is(other, &trial) && !is(&self, &trial) {
            self = self.with(trial);
        }
        if other.percent() < self.percent() {
            self = self.with(Tag::Pct(other.percent()));
        }
        self
    }

    /// To how many of a hundred messages the policy applies, for receivers that still mind
    /// (RFC 7489 §6.3).
    fn percent(&self) -> u8 {
        let said = self.tags().iter().find_map(|tag| match tag {
            Tag::Pct(percent) => Some(*percent),
            _ => None,
        });
        said.unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    #[test]
    fn the_weaker_policy_holds_during_the_move() {
        let check = |old, new, expected: Option<&str>| {
            assert_eq!(relaxed(old, new).unwrap().as_deref(), expected);
        };
        const NONE: Option<&str> = Some("v=DMARC1; p=none; rua=mailto:a@b");
        const REJECT: Option<&str> = Some("v=DMARC1; p=reject; rua=mailto:a@b");
        check(NONE, REJECT, NONE);
        check(REJECT, NONE, NONE);
        check(REJECT, REJECT, REJECT);
        check(REJECT, None, REJECT);
        check(None, REJECT, NONE);
        check(None, Some("v=DMARC1; p=reject; sp=reject"), Some("v=DMARC1; p=none; sp=none"));
        check(None, Some("v=DMARC1; p=none; sp=reject"), Some("v=DMARC1; p=none; sp=none"));
        check(None, NONE, NONE);
        const ODD: Option<&str> = Some("v=DMARC1;p=None;x=1;");
        check(None, ODD, ODD);
        check(ODD, REJECT, ODD);
        check(None, Some("v=DMARC1;x=1;np=Reject;"), Some("v=DMARC1; x=1; np=none"));
        check(None, None, None);
    }

    #[test]
    fn each_tag_is_as_weak_as_the_weaker_of_both() {
        let check = |old: &str, new: &str, expected: &str| {
            let [old, new, expected] = [old, new, expected].map(|tags| format!("v=DMARC1; {tags}"));
            let found = relaxed(Some(&old), Some(&new)).unwrap().unwrap();
            assert_eq!(found, expected, "{old} to {new}");
        };
        let same = |old, new| check(old, new, old);
        // Subdomains by themselves, and as the domain where they are not named.
        check("p=none; sp=reject", "p=none; sp=none", "p=none; sp=none");
        same("p=none; sp=none", "p=none; sp=reject");
        check("p=reject; sp=none", "p=quarantine", "p=quarantine; sp=none");
        check("p=reject", "p=quarantine; sp=reject", "p=quarantine; sp=reject");
        check("p=reject", "p=reject; sp=none", "p=reject; sp=none");
        check("p=none; sp=quarantine", "p=quarantine", "p=none; sp=quarantine");
        check("p=reject; np=none", "p=reject; sp=quarantine", "p=reject; np=none; sp=quarantine");
        check("p=reject; sp=none; np=reject", "p=reject", "p=reject; sp=none; np=reject");
        // A part of the messages.
        check("p=reject", "p=reject; pct=10", "p=reject; pct=10");
        same("p=reject; pct=10", "p=reject");
        check("p=reject; pct=10", "p=quarantine", "p=quarantine; pct=10");
        // A strict comparison only where both ask for one.
        check("p=reject; adkim=s", "p=reject", "p=reject");
        same("p=reject", "p=reject; adkim=s; aspf=s");
        same("p=reject; aspf=s", "p=reject; aspf=s");
        check("p=reject; aspf=s", "p=reject; adkim=s", "p=reject; aspf=r");
        check("p=quarantine; adkim=s", "p=reject", "p=quarantine; adkim=r");
        // On trial.
        check("p=reject", "p=reject; t=y", "p=reject; t=y");
        same("p=reject; t=y", "p=reject");
        // Where nothing is done, nothing needs to be weaker.
        same("p=none; adkim=s", "p=reject; pct=10");
        // By a word that is no policy receivers do nothing at all.
        same("p=reject; sp=block", "p=reject");
        check("p=reject", "p=reject; sp=block", "p=reject; sp=block");
    }

    /// A record of any tags that matter here.
    fn record() -> impl Strategy<Value = String> {
        let tag = |name: &'static str, values: &'static [&'static str]| {
            let said = prop::option::of(select(values));
            said.prop_map(move |value| value.map(|value| format!("; {name}={value}")))
        };
        const POLICIES: &[&str] = &["none", "quarantine", "reject"];
        let policies = (tag("p", POLICIES), tag("sp", POLICIES), tag("np", POLICIES));
        let modes = (tag("adkim", &["r", "s"]), tag("aspf", &["r", "s"]));
        let parts = (tag("pct", &["0", "50", "100"]), tag("t", &["y", "n"]));
        (policies, modes, parts).prop_map(|((p, sp, np), (adkim, aspf), (pct, t))| {
            let tags = [p, sp, np, adkim, aspf, pct, t].into_iter().flatten();
            format!("v=DMARC1{}", tags.collect::<String>())
        })
    }

    proptest! {
        #[test]
        fn nothing_is_stricter_or_weaker_than_it_must_be(old in record(), new in record()) {
            let found = relaxed(Some(&old), Some(&new)).unwrap().unwrap();
            let [old, new, found] = [&old, &new, &found].map(|text| Record::parse(text).unwrap());
            for at in 0..3 {
                prop_assert_eq!(found.levels()[at], old.levels()[at].min(new.levels()[at]));
            }
            prop_assert_eq!(&found.clone().no_stricter_than(&old), &found);
            prop_assert_eq!(&found.clone().no_stricter_than(&new), &found);
        }
    }
}
