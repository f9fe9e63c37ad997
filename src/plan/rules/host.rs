//! What the DNS host must be able to hold.

use crate::dns::RrSet;
use crate::mail::Finding;
use crate::mail::Severity::{Error, Info};
use crate::mail::lint::{Check, Rule};
use crate::plan::{Facts, Policy, Walk};
use std::collections::BTreeMap;

pub(super) const RULES: &[Rule] = &[HELD, FITTED];

const HELD: Rule = Rule {
    id: "PR01",
    severity: Error,
    says: "The DNS host takes every record of the walk.",
    reference: "RFC 1035 §3.2.2",
    bad: "`new: {tlsa: ...}` at a host that knows no TLSA records",
    good: "`new: {tlsa: ...}` at a host that knows them",
    check: Check::Elsewhere,
};

const FITTED: Rule = Rule {
    id: "PR02",
    severity: Info,
    says: "The TTL asked for is one that the host takes.",
    reference: "RFC 2181 §8",
    bad: "`ttl: 10m` at a host that takes an hour at least",
    good: "`ttl: 1h` at a host that takes an hour at least",
    check: Check::Elsewhere,
};

/// What the host would not hold, or not as asked for.
pub fn hosted(walk: &Walk, policy: &Policy, facts: &Facts) -> Vec<Finding> {
    let is_new = |rrset: &&RrSet| walk.start.get(rrset.key()) != Some(*rrset);
    let new = walk.steps.iter().flat_map(|(_, zone)| zone.rrsets().filter(is_new));
    let refused: BTreeMap<_, _> = new
        .filter_map(|rrset| Some((rrset.key(), facts.objection(rrset)?)))
        .map(|(key, why)| ((key.owner.clone(), why), key.rtype))
        .collect();
    let refused = refused.into_iter().map(|((owner, why), rtype)| {
        HELD.finding(owner, format!("has {rtype} data that the host does not take: {why}"))
    });
    let moves = walk.steps.iter().any(|(_, zone)| *zone != walk.start);
    let wishes = [(Some(policy.ttl), "the move waits with"), (policy.final_ttl, "it ends with")];
    let wishes = wishes.into_iter().filter(|_| moves);
    let other = wishes.filter_map(|(asked, then)| {
        let (asked, fitted) = (asked?, facts.fitted(asked?));
        let takes = match (&facts.ttls[..], facts.ttl_ceiling) {
            _ if asked == fitted => return None,
            ([only], _) => format!("the host takes {only} only"),
            ([], Some(most)) if asked > most => format!("the host's maximum is {most}"),
            ([], _) => format!("the host's minimum is {}", facts.ttl_floor),
            _ => "the host knows a few TTLs only".to_owned(),
        };
        let message = format!("asks for TTL {asked}, but {takes}: {then} {fitted}");
        Some(FITTED.finding(walk.start.apex().clone(), message))
    });
    refused.chain(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Rtype, Ttl, Zone};
    use crate::mail::Intent;
    use crate::plan::{Stage, walk};

    /// What is told of a walk that ends in this record: a rule, and a part of its message.
    fn check(record: &str, facts: &Facts, expected: Option<(&str, &str)>) {
        let apex = Name::parse("example.net.").unwrap();
        let zone = |text: &str| Zone::parse(text, &apex).unwrap();
        let (old, new) = Default::default();
        let intent = Intent { zone: apex.clone(), old, new };
        let day = Some(Ttl::from_secs(86_400));
        let policy = Policy { ttl: Ttl::from_secs(600), final_ttl: day, ..Policy::default() };
        let walk = walk(&zone(""), &intent, &policy, facts);
        let walk = Walk { steps: vec![(Stage::Prepare, zone(record))], ..walk };
        let found = hosted(&walk, &policy, facts);
        match (&found[..], expected) {
            ([], None) => (),
            ([one], Some((id, part))) if one.id == id && one.message.contains(part) => (),
            other => panic!("{record}: {other:?}"),
        }
    }

    #[test]
    fn what_the_host_does_not_take_is_told() {
        let refused = |why| Some(("PR01", why));
        let base = Facts::default;
        check("@ 600 MX 0 .", &base(), None);
        check("@ 600 MX 0 .", &Facts { null_mx: false, ..base() }, refused("takes no null MX"));
        let short = Facts { txt_octets: Some(5), ..base() };
        check("a 600 TXT abcde", &short, None);
        check("a 600 TXT abcdef", &short, refused("takes at most 5 octets"));
        let only = Facts { types: &[Rtype::MX], ..base() };
        check("@ 600 MX 1 a.", &only, None);
        check("a 600 A 192.0.2.1", &only, refused("knows no A records"));
        let low = Facts { mx_ceiling: Some(255), ..base() };
        check("@ 600 MX 255 a.", &low, None);
        check("@ 600 MX 256 a.", &low, refused("takes MX preferences up to 255"));
        let plain = Facts { txt_without: "\"".to_owned(), ..base() };
        check("a 600 TXT \"b\"", &plain, None);
        check(r#"a 600 TXT "\"b\"""#, &plain, refused("takes no text with `\"` in it"));
        let why = || "the console must say so first".to_owned();
        let mode = Facts { closed_types: [(Rtype::MX, why())].into(), ..base() };
        check("a 600 TXT b", &mode, None);
        check("a 600 MX 1 b.", &mode, refused("the console must"));
        let shut = Facts { closed_zone: Some(why()), ..base() };
        check("a 600 TXT b", &shut, refused("the console must"));
    }

    #[test]
    fn a_ttl_that_the_host_does_not_take_is_told() {
        let floor = Facts { ttl_floor: Ttl::from_secs(3_600), ..Facts::default() };
        let raised = "the host's minimum is 3600: the move waits with 3600";
        check("@ 3600 MX 1 a.", &floor, Some(("PR02", raised)));
        check("", &floor, None);
        let ceiling = Facts { ttl_ceiling: Some(Ttl::from_secs(60_000)), ..Facts::default() };
        let cut = "TTL 86400, but the host's maximum is 60000: it ends with 60000";
        check("@ 600 MX 1 a.", &ceiling, Some(("PR02", cut)));
        let list = Facts { ttls: vec![300, 3_600, 86_400], ..Facts::default() };
        check("@ 300 MX 1 a.", &list, Some(("PR02", "the move waits with 300")));
        let zones = Facts { ttls: vec![86_400], ..Facts::default() };
        let kept = "the host takes 86400 only: the move waits with 86400";
        check("@ 86400 MX 1 a.", &zones, Some(("PR02", kept)));
    }

    #[test]
    fn ttls_come_closest_from_below() {
        let check = |ttls: &[u32], floor, asked, expected| {
            let ttl_floor = Ttl::from_secs(floor);
            let facts = Facts { ttls: ttls.to_vec(), ttl_floor, ..Facts::default() };
            let found = facts.fitted(Ttl::from_secs(asked));
            assert_eq!(found, Ttl::from_secs(expected), "{ttls:?} {floor} {asked}");
        };
        check(&[], 1, 600, 600);
        check(&[], 3_600, 600, 3_600);
        check(&[300, 3_600], 1, 600, 300);
        check(&[300, 3_600], 1, 300, 300);
        check(&[300, 3_600], 1, 60, 300);
        check(&[300, 3_600], 600, 60, 3_600);
        check(&[300, 3_600], 1, 9_999, 3_600);
        let ceiling = Facts { ttl_ceiling: Some(Ttl::from_secs(60_000)), ..Facts::default() };
        assert_eq!(ceiling.fitted(Ttl::from_secs(86_400)), Ttl::from_secs(60_000));
    }
}
