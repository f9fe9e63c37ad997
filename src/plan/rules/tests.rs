//! Every rule of the catalogue is known, and broken once by somebody.

mod page;

use super::*;
use crate::dns::{Name, Rdata, RrSet, Rtype, Ttl, Zone};
use crate::mail::lint;
use crate::mail::{Intent, Side};
use crate::plan::{Facts, Plan, Policy, Stage, Timestamp, Window, hazards, schedule, timing, walk};
use std::collections::BTreeSet;
use std::time::Duration;

/// The 119 for which a mail administrator expects a name.
const KNOWN: &str = "MX001 MX002 MX003 MX004 MX005 MX006 MX007 MX008 MX010 MX011 MX014 MX016 MX017 \
    MX018 MX019 MX020 HST01 HST02 HST06 HST07 HST08 SPF01 SPF02 SPF03 SPF04 SPF08 SPF09 SPF10 \
    SPF11 SPF12 SPF13 SPF14 SPF15 SPF16 SPF17 SPF18 SPF19 SPF20 SPF22 SPF23 SPF25 DK01 DK02 DK03 \
    DK04 DK05 DK06 DK07 DK08 DK09 DK11 DK12 DK13 DK14 DK15 DK16 DK17 DM02 DM03 DM04 DM05 DM06 DM07 \
    DM09 DM10 DM11 DM12 DM13 ST04 ST05 ST06 DA01 DA04 DA05 BI01 AD01 AD02 AD03 AD04 ZN01 ZN03 ZN04 \
    ZN06 ZN07 ZN10 ZN13 PL01 PL02 PL03 PL04 PL05 PL06 SPF05 SPF06 SPF07 SPF21 SPF26 HST03 HST04 \
    HST05 MX012 MX013 MX015 DM01 DM08 DK10 SPF24 MX009 ZN05 \
    ST03 ZN11 ZN12 ST01 ST02 DA02 ZN02 ZN08 ZN09 \
    DA03";

/// Where that is proven which an example in words only tells: rules, a file, a test in it.
const PROOFS: &[(&str, &str, &str)] = &[
    ("SPF18 I2", "src/plan/hazard/tests.rs", "both_platforms_may_send"),
    ("SPF20", "src/mail/spf/union.rs", "the_union_lets_both_send"),
    ("DA03", "src/plan/tests/policies.rs", "a_mail_server_gets_its_next_key_after_two_ttls"),
    ("MX020", "src/dns/master.rs", "unequal_ttls_become_the_lowest"),
    ("ZN01", "src/provider/zonefile/edit/tests.rs", "the_serial_moves_in_its_place"),
    ("ZN11", "tests/cli/world.rs", "a_live_zone_that_is_not_as_old_says"),
    ("PL02 I1", "src/plan/hazard/tests.rs", "mail_finds_a_host_with_an_address"),
    ("PL03", "src/config/tests.rs", "name_servers_stay"),
    ("PL05", "src/plan/hazard/tests/walks.rs", "to_retire_with_the_move_is_too_early"),
    ("PL06", "src/plan/tests.rs", "a_known_kind_brings_its_manual_steps"),
    ("PL19 PL20 PL21", "tests/cli/rules.rs", "platforms_that_end_are_told"),
    ("PL13 PL14", "tests/cli/rules.rs", "a_move_that_somebody_has_begun_is_told"),
    ("I3", "src/plan/hazard/tests.rs", "nobody_is_led_to_a_platform_that_retires"),
    ("I5", "src/plan/hazard/tests.rs", "users_find_their_servers"),
    ("I6", "src/plan/hazard/tests.rs", "keys_stay_as_long_as_signatures"),
    ("ST03 I7", "src/plan/hazard/tests.rs", "senders_see_a_new_policy_before_they_meet_new_hosts"),
    ("I10", "src/plan/hazard/tests.rs", "names_outlive_what_leads_to_them"),
    ("I11", "src/plan/hazard/tests.rs", "an_alias_stands_alone"),
];

fn apex() -> Name {
    Name::parse("example.net.").unwrap()
}

#[test]
fn every_rule_is_known_once_and_speaks_in_sentences() {
    let mut known = BTreeSet::new();
    for rule in lint::rules().copied().chain(rules()) {
        assert!(known.insert(rule.id), "{} twice", rule.id);
        assert!(rule.says.ends_with('.') && !rule.reference.is_empty(), "{}", rule.id);
        assert!(!rule.bad.is_empty() && rule.bad != rule.good, "{}", rule.id);
    }
    let ids: Vec<_> = KNOWN.split_whitespace().collect();
    let unknown: Vec<_> = ids.iter().filter(|id| !known.contains(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert_eq!(ids.len(), 119);
}

#[test]
fn what_words_tell_is_proven_by_a_test() {
    let proven: BTreeSet<_> = PROOFS.iter().flat_map(|(ids, ..)| ids.split(' ')).collect();
    let in_words = Invariant::ALL.map(|one| one.rule().id);
    let in_words = in_words.into_iter().chain(kept::RULES.iter().map(|rule| rule.id));
    let unproven: Vec<_> = in_words.filter(|id| !proven.contains(id)).collect();
    assert!(unproven.is_empty(), "{unproven:?}");
    for (ids, file, test) in PROOFS {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(&format!("fn {test}()")), "{ids}: {file} has no test `{test}`");
    }
}

/// What is told of a walk from one zone to another, whose sides name no more than this.
fn told(start: &str, end: &str) -> BTreeSet<&'static str> {
    let zone = |text: &str| {
        let lines = text.replace('|', "\n");
        Zone::parse(&format!("$TTL 60\n{lines}\n"), &apex()).unwrap()
    };
    let (start, end) = (zone(start), zone(end));
    let intent = Intent { zone: apex(), old: Side::default(), new: Side::default() };
    let walk = walk(&start, &intent, &Policy::default(), &Facts::default());
    let steps = walk.steps.iter().map(|(stage, _)| match stage {
        Stage::Prepare => (*stage, start.clone()),
        _ => (*stage, end.clone()),
    });
    let walk = Walk { steps: steps.collect(), ..walk };
    walked(&walk).into_iter().map(|finding| finding.id).collect()
}

#[test]
fn what_spf_includes_from_the_zone_stays_as_it_is() {
    let check = |own: &str, from: &str, to: &str, is_told: bool| {
        let zone =
            |rest: &str| format!("@ TXT \"v=spf1 include:_spf.example.net -all\"|{own}|{rest}");
        assert_eq!(told(&zone(from), &zone(to)).contains("SPF19"), is_told, "{own} {from} {to}");
    };
    let host = r#"_spf TXT "v=spf1 a:mail.example.net -all""#;
    check(host, "mail A 192.0.2.1", "mail A 192.0.2.2", true);
    check(host, "mail A 192.0.2.1", "mail CNAME mx.example.org.", true);
    check(host, "mail A 192.0.2.1", "mail A 192.0.2.1|mail A 192.0.2.2", false);
    check(host, "mail CNAME a|a A 192.0.2.1", "mail CNAME a|a A 192.0.2.2", true);
    check(host, "www A 192.0.2.1", "www A 192.0.2.2", false);
    let mx = r#"_spf TXT "v=spf1 mx:example.net -all""#;
    check(mx, "@ MX 10 mail|mail A 192.0.2.1", "@ MX 10 mx.example.org.|mail A 192.0.2.1", true);
    check(mx, "@ MX 10 mail|mail A 192.0.2.1", "@ MX 10 mail|mail A 192.0.2.2", true);
    let deep =
        format!("_spf TXT \"v=spf1 redirect=_b.example.net\"|{}", host.replace("_spf", "_b"));
    check(&deep, "mail A 192.0.2.1", "mail A 192.0.2.2", true);
    check(r#"_spf TXT "v=spf1 ip4:192.0.2.1 -all""#, "mail A 192.0.2.1", "mail A 192.0.2.2", false);
    let circle = r#"_spf TXT "v=spf1 include:_spf.example.net a:mail.example.net -all""#;
    check(circle, "mail A 192.0.2.1", "mail A 192.0.2.2", true);
    // Two records at one name are none.
    let [one, two] =
        ["192.0.2.1", "192.0.2.2"].map(|ip| format!("_spf TXT \"v=spf1 ip4:{ip} -all\""));
    check("www A 192.0.2.1", &one, &format!("{one}|{two}"), true);
    check("www A 192.0.2.1", &one, &two, true);
    let both = "_spf TXT \"v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 ~all\"";
    check("www A 192.0.2.1", &one, both, false);
    let frozen = "_spf TXT \"v=spf1 ip4:192.0.2.1 ~all\"|mail A 192.0.2.2";
    check("www A 192.0.2.1", &format!("{host}|mail A 192.0.2.1"), frozen, false);
    check("www A 192.0.2.1", &format!("{host}|mail A 192.0.2.3"), frozen, true);
}

#[test]
fn new_names_take_nothing_from_a_wildcard() {
    let check = |wild: &str, new: &str, is_told: bool| {
        let to = format!("{wild}|{new}");
        assert_eq!(told(wild, &to).contains("ZN10"), is_told, "{wild} {new}");
    };
    check("* MX 10 mx.example.org.", "imap A 192.0.2.1", true);
    check("* MX 10 mx.example.org.", "imap A 192.0.2.1|imap MX 10 imap", false);
    check("* MX 10 mx.example.org.", "_imaps._tcp SRV 0 1 993 mx.example.org.", false);
    check("* A 192.0.2.1", "imap A 192.0.2.2", false);
    check("* A 192.0.2.1", "a.lists A 192.0.2.2", true);
    check("* A 192.0.2.1", "s._domainkey TXT p=", false);
    check("*.lists MX 10 mx.example.org.", "imap A 192.0.2.1", false);
    check("* MX 10 mx.example.org.|imap TXT x", "imap A 192.0.2.1", false);
}

/// The findings about the times of a small move that begins ten days before its window.
fn timed(policy: &Policy) -> Vec<&'static str> {
    let live = "@ 86400 SOA ns1 host 1 150 30 604800 300\n@ 86400 NS ns1\n@ 86400 MX 10 mail\n\
        mail 3600 A 192.0.2.1\ns._domainkey 3600 TXT p=\n_mta-sts 3600 TXT \"v=STSv1; id=1\"\n";
    let live = Zone::parse(live, &apex()).unwrap();
    let name = |text| Name::parse_in(text, &apex()).unwrap();
    let side = |mx: &str, id: &str| {
        let Rdata::Mx(mx) = Rdata::parse(Rtype::MX, mx, Some(&apex())).unwrap() else { panic!() };
        let id = Rdata::parse(Rtype::TXT, &format!("\"v=STSv1; id={id}\""), None).unwrap();
        let id = RrSet::new(name("_mta-sts"), Ttl::from_secs(3_600), id);
        Side { mx: vec![mx], records: vec![(id, None)], ..Side::default() }
    };
    let key = Rdata::parse(Rtype::TXT, "p=", None).unwrap();
    let mut old = Side { dkim: [(name("s._domainkey"), key)].into(), ..side("10 mail", "1") };
    let host = Rdata::parse(Rtype::A, "192.0.2.1", None).unwrap();
    old.records.push((RrSet::new(name("mail"), Ttl::from_secs(3_600), host), None));
    let intent = Intent { zone: apex(), old, new: side("10 mx.example.org.", "2") };
    let walk = walk(&live, &intent, policy, &Facts::default());
    assert_eq!(walk.mismatches, []);
    let plan = Plan::forward(&walk, policy, String::new());
    assert_eq!(hazards(&live, &plan, &intent), []);
    let now = at("2027-03-01T00:00:00Z");
    let found = timing(&plan, policy, &schedule(&plan, policy, now), now);
    found.into_iter().map(|finding| finding.id).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn times_that_a_careful_person_would_change_are_told() {
    let (hour, day) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
    let opens = |text| Some(Window { opens: at(text), length: 6 * hour });
    let good = Policy {
        window: opens("2027-03-11T20:00:00Z"),
        sts_max_age: Some(7 * day),
        ..Policy::default()
    };
    let check = |policy: Policy, told: &[&str]| assert_eq!(timed(&policy), told, "{policy:#?}");
    let good = || good.clone();
    check(good(), &[]);
    check(Policy { window: opens("2027-03-01T01:00:00Z"), ..good() }, &["PL01", "PL04", "PL17"]);
    check(Policy { window: opens("2027-02-01T20:00:00Z"), ..good() }, &["PL12", "PL04", "PL17"]);
    let soon = Policy { window: opens("2027-03-01T02:00:00Z"), accept_tail: true, ..good() };
    check(soon, &["PL18", "PL17"]);
    let late = [(Stage::Delivery, 6 * hour - hour / 6)].into();
    check(Policy { at: late, ..good() }, &["PL04"]);
    check(Policy { silence: hour, ..good() }, &["PL15"]);
    check(Policy { transit: day, ..good() }, &["DK13"]);
    check(Policy { sts_max_age: Some(hour), ..good() }, &["ST05"]);
    check(Policy { sts_max_age: Some(30 * day), ..good() }, &["PL17", "ST05"]);
    check(Policy { sts_max_age: None, ..good() }, &[]);
}
