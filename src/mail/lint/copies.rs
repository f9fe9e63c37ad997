//! Keys that are to be copied from the old platform.

use super::{Check, Hit, Rule};
use crate::dns::{Name, Rdata};
use crate::mail::copies::{Found, KeyCopy, find, usable};
use crate::mail::finding::Severity::{Error, Warning};
use crate::mail::intent::Intent;
use crate::mail::view::View;

/// About the keys of the old platform that go on here.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "DK18",
        severity: Error,
        says: "The copy of a key is the key that the old platform signs by.",
        reference: "RFC 6376 §3.6.1",
        bad: "old: {dkim: {s: {cname: s.dkim.example.org., copy: live}}}\nnew: {}\n\
            example.org. 60 TXT x",
        good: "old: {dkim: {s: {cname: s.dkim.example.org., copy: live}}}\nnew: {}\n\
            s.dkim.example.org. 60 TXT \"v=DKIM1; k=ed25519; \
            p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        check: Check::AskedIntent(copies_are_the_keys),
    },
    Rule {
        id: "DK19",
        severity: Warning,
        says: "A key is copied only where its selector goes.",
        reference: "RFC 6376 §3.6.1",
        bad: "old: {dkim: {s: {cname: s.dkim.example.org., copy: live}}}\n\
            new: {dkim: {s: {cname: s.dkim.example.org.}}}",
        good: "old: {dkim: {s: {cname: s.dkim.example.org., copy: live}}}\n\
            new: {dkim: {t: {cname: t.dkim.example.org.}}}",
        check: Check::Intent(copied_selectors_go),
    },
];

/// That a written copy cannot be compared is held against nobody; a key to be looked up that is
/// not found is missing from the plan.
fn copies_are_the_keys(intent: &Intent, view: &dyn View) -> Vec<Hit> {
    let wrong = intent.copies().filter_map(|(owner, target, copy)| {
        let message = match (copy, find(view, target)) {
            (KeyCopy::Key(key), Found::Key(live)) if is_same(key, &live) => return None,
            (KeyCopy::Key(_), Found::Key(_) | Found::Unusable(_)) => format!(
                "the copy is not the key at `{target}`: what is signed by that would fail from \
                 `retire` on; write what is there, or `copy: live`"
            ),
            (KeyCopy::Key(_), Found::Absent | Found::Unknown) => return None,
            (KeyCopy::Live, Found::Key(_)) => return None,
            (KeyCopy::Live, Found::Unusable(why)) => {
                format!("what is at `{target}` cannot be copied: {why}; {LEFT_OUT}")
            }
            (KeyCopy::Live, Found::Absent) => {
                format!("no key is at `{target}` to be copied; {LEFT_OUT}")
            }
            (KeyCopy::Live, Found::Unknown) => {
                format!("nobody says which key is at `{target}`; try again, or {LEFT_OUT}")
            }
        };
        Some((owner.clone(), message))
    });
    wrong.collect()
}

const LEFT_OUT: &str = "write the key in the place of `live`, or leave `copy` out";

/// Whether two records verify the same, whatever else they say.
fn is_same(one: &Rdata, other: &Rdata) -> bool {
    let read = |rdata: &Rdata| usable(&rdata.text()?).ok().map(|key| key.essence());
    read(one) == read(other)
}

fn copied_selectors_go(intent: &Intent) -> Vec<Hit> {
    let kept = |owner: &&Name| intent.new.dkim.contains_key(*owner);
    let kept = intent.old.copies.keys().filter(kept);
    let message = "`new` keeps this selector, so that its key is not copied: take `copy` out";
    kept.map(|owner| (owner.clone(), message.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Rtype, Zone};

    const KEY: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    /// What is told of a copy, where this stands at the target.
    fn told(copy: KeyCopy, target: &str) -> String {
        let zone = Name::parse("example.net.").unwrap();
        let owner = Name::parse_in("s._domainkey", &zone).unwrap();
        let alias = Rdata::Cname(Name::parse("s.example.org.").unwrap());
        let (old, new) = Default::default();
        let mut intent = Intent { zone, old, new };
        intent.old.dkim.insert(owner.clone(), alias);
        intent.old.copies.insert(owner, copy);
        let view = Zone::parse(target, &Name::parse("example.org.").unwrap()).unwrap();
        let hits = copies_are_the_keys(&intent, &view);
        hits.into_iter().map(|(_, message)| message).collect()
    }

    #[test]
    fn a_copy_that_differs_is_told_and_what_is_unknown_is_not() {
        let check = |copy: &str, target: &str, expected: &str| {
            let key = Rdata::parse(Rtype::TXT, &format!("\"{copy}\""), None).unwrap();
            let found = told(KeyCopy::Key(key), target);
            assert!(found.starts_with(expected) && found.is_empty() == expected.is_empty());
        };
        let other = KEY.replace("11qY", "22qY");
        let at = |text: &str| format!("s 60 TXT \"{text}\"");
        let differs = "the copy is not the key at `s.example.org.`";
        check(KEY, &at(KEY), "");
        check(KEY, &at(&format!("{}; n=note", KEY.replace("; ", ";"))), "");
        check(KEY, &at(&other), differs);
        check(KEY, &at(&format!("{KEY}; t=s")), differs);
        check(KEY, &at("v=DKIM1; p="), differs);
        check(KEY, "", "");
        check(KEY, "s 60 CNAME s.example.com.", "");
    }

    #[test]
    fn a_key_to_be_looked_up_must_be_found() {
        let check = |target: &str, expected: &str| {
            let found = told(KeyCopy::Live, target);
            assert!(found.starts_with(expected), "{target}: {found}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{target}: {found}");
        };
        check(&format!("s 60 TXT \"{KEY}\""), "");
        check("", "no key is at `s.example.org.` to be copied; write the key");
        check("s 60 TXT \"p=\"", "what is at `s.example.org.` cannot be copied: `p=` is empty");
        check("s 60 TXT \"p=MIIB\"", "what is at `s.example.org.` cannot be copied: `p=MIIB`");
        check("s 60 CNAME s.example.com.", "nobody says which key is at `s.example.org.`");
    }
}
