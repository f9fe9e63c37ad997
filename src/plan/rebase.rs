//! A planned change, carried over to the zone as it is at the moment of sending.

use super::{Change, Scope};
use crate::dns::{RrKey, RrSet, Zone};

/// Our values are neither as they were planned to be before nor as they shall be after.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{key}` is not as planned: expected {expected}, found {found}")]
pub struct Drift {
    /// Which RRset.
    pub key: RrKey,
    /// What the plan builds on.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// Swaps our values within the live RRset; `None` when that is done already.
///
/// Other people's values, and whatever they did to them meanwhile, stay. The TTL belongs to the
/// RRset as a whole: one that is neither that of before nor of after is drift, since every wait
/// was computed with it.
pub fn rebase(
    change: &Change,
    live: Option<&RrSet>,
    scope: &Scope,
) -> Result<Option<Change>, Drift> {
    let (before, after) = (change.before(), change.after());
    if matches(live, after, scope) {
        return Ok(None);
    }
    verify(change.key(), live, before, scope)?;
    Ok(Change::between(live.cloned(), overlaid(change, live, scope)))
}

/// The same where a host was writing record by record when it was interrupted.
///
/// What stands there may then be any mixture of before and after, and is completed.
pub fn completed(
    change: &Change,
    live: Option<&RrSet>,
    scope: &Scope,
) -> Result<Option<Change>, Drift> {
    match lies_between(change, live, scope) {
        true => Ok(Change::between(live.cloned(), overlaid(change, live, scope))),
        false => rebase(change, live, scope),
    }
}

/// Whether our values in the live RRset are all of before or of after, as is its TTL.
pub fn lies_between(change: &Change, live: Option<&RrSet>, scope: &Scope) -> bool {
    let sides = [change.before(), change.after()];
    let known: Vec<_> = sides.iter().flat_map(|side| scope.ours(*side)).collect();
    let has_ttl = |live: &RrSet| sides.iter().flatten().any(|side| side.ttl() == live.ttl());
    let ours = scope.ours(live);
    !ours.is_empty() && ours.iter().all(|rdata| known.contains(rdata)) && live.is_some_and(has_ttl)
}

/// The live RRset with our values as they are after the change, and everybody else's as they are.
pub fn overlaid(change: &Change, live: Option<&RrSet>, scope: &Scope) -> Option<RrSet> {
    let after = change.after();
    let ttl = after.or(live).map(RrSet::ttl)?;
    let values = scope.others(live).into_iter().chain(scope.ours(after)).cloned();
    RrSet::of(change.key().clone(), ttl, values)
}

/// Puts our values of a change into a zone; other people's stay as they are there.
pub fn overlay(zone: &mut Zone, change: &Change, scope: &Scope) {
    match overlaid(change, zone.get(change.key()), scope) {
        Some(rrset) => zone.put(rrset),
        None => drop(zone.remove(change.key())),
    }
}

/// Makes sure that the live RRset is as planned, as [`matches()`] means it.
pub fn verify(
    key: &RrKey,
    live: Option<&RrSet>,
    planned: Option<&RrSet>,
    scope: &Scope,
) -> Result<(), Drift> {
    match matches(live, planned, scope) {
        true => Ok(()),
        false => Err(Drift {
            key: key.clone(),
            expected: describe(planned, scope),
            found: describe(live, scope),
        }),
    }
}

/// Whether the live RRset holds our values of `planned`, no others of ours, at its TTL.
pub fn matches(live: Option<&RrSet>, planned: Option<&RrSet>, scope: &Scope) -> bool {
    let (ours, wanted) = (scope.ours(live), scope.ours(planned));
    let same_ttl = match (live, planned) {
        (Some(live), Some(planned)) => live.ttl() == planned.ttl(),
        // Without values of ours on either side, the TTL of strangers is theirs.
        _ => true,
    };
    ours == wanted && (same_ttl || ours.is_empty())
}

/// Our values and the TTL, in words.
pub(super) fn describe(rrset: Option<&RrSet>, scope: &Scope) -> String {
    let ours = scope.ours(rrset);
    match rrset {
        Some(rrset) if !ours.is_empty() => {
            let values: Vec<_> = ours.iter().map(|rdata| format!("`{rdata}`")).collect();
            format!("{} with TTL {}", values.join(", "), rrset.ttl())
        }
        _ => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Rtype, Zone};
    use std::collections::BTreeSet;

    fn set(text: &str, rtype: Rtype) -> Option<RrSet> {
        let apex = Name::parse("example.net.").unwrap();
        Zone::parse(text, &apex).unwrap().find(&apex, rtype).cloned()
    }

    /// Carries `before -> after` over to `live`; the result as text.
    fn check(rtype: Rtype, before: &str, after: &str, live: &str, expected: &str) {
        let scope = match rtype {
            Rtype::TXT => Scope::Values { spf: true, exact: BTreeSet::new() },
            _ => Scope::Whole,
        };
        let change = Change::between(set(before, rtype), set(after, rtype)).unwrap();
        let result = match rebase(&change, set(live, rtype).as_ref(), &scope) {
            Ok(None) => "done".to_owned(),
            Ok(Some(change)) => change.to_string().replace("example.net.", "@").replace("IN ", ""),
            Err(_) => "drift".to_owned(),
        };
        assert_eq!(result, expected);
    }

    #[test]
    fn whole_rrsets_are_swapped_or_refused() {
        let mx =
            |live, expected| check(Rtype::MX, "@ 300 MX 10 a.", "@ 300 MX 1 b.", live, expected);
        mx("@ 300 MX 10 A.", "~ @ 300 MX 1 b.");
        mx("@ 300 MX 1 b.", "done");
        mx("@ 300 MX 10 evil.", "drift");
        mx("@ 300 MX 10 a.\n@ 300 MX 20 c.", "drift");
        mx("@ 3600 MX 10 a.", "drift");
        mx("", "drift");
    }

    #[test]
    fn lowering_a_ttl_never_takes_changed_data_along() {
        check(Rtype::MX, "@ 3600 MX 10 a.", "@ 300 MX 10 a.", "@ 3600 MX 10 b.", "drift");
        check(
            Rtype::MX,
            "@ 3600 MX 10 a.",
            "@ 300 MX 10 a.",
            "@ 3600 MX 10 a.",
            "~ @ 300 MX 10 a.",
        );
    }

    #[test]
    fn neighbours_stay() {
        let spf = |live, expected| {
            check(Rtype::TXT, "@ 300 TXT \"v=spf1 a\"", "@ 300 TXT \"v=spf1 b\"", live, expected);
        };
        spf("@ 300 TXT \"v=spf1 a\"\n@ 300 TXT x", "~ @ 300 TXT \"v=spf1 b\"\n~ @ 300 TXT \"x\"");
        spf("@ 300 TXT \"v=spf1 b\"\n@ 300 TXT x", "done");
        spf("@ 300 TXT \"v=spf1 a\"\n@ 300 TXT \"v=spf1 c\"", "drift");
        spf("@ 300 TXT x", "drift");
    }

    #[test]
    fn creating_and_deleting_leave_neighbours_alone() {
        let both = "@ 60 TXT \"v=spf1 a\"\n@ 60 TXT x";
        check(
            Rtype::TXT,
            "",
            "@ 300 TXT \"v=spf1 a\"",
            "@ 60 TXT x",
            "~ @ 300 TXT \"v=spf1 a\"\n~ @ 300 TXT \"x\"",
        );
        check(Rtype::TXT, "@ 60 TXT \"v=spf1 a\"", "", both, "~ @ 60 TXT \"x\"");
        check(Rtype::TXT, "@ 60 TXT \"v=spf1 a\"", "", "@ 99 TXT x", "done");
    }
}
