//! Whoever passes SPF by what is included passes by the addresses that stand for it, and nobody
//! else does.
//!
//! `PROPTEST_CASES=100000` tries more trees, `PROPTEST_RNG_SEED=7` those from that seed on.

use cutover::dns::{Name, Zone};
use cutover::mail::Spf;
use cutover::mail::spf::{Client, Outcome, Verdict, census, check_host, flat};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::collections::BTreeMap;

const HOSTS: &str = "a.example.org. 60 A 192.0.2.1\na.example.org. 60 AAAA 2001:db8::1\n\
    b.example.org. 60 A 192.0.2.6\nalias.example.org. 60 CNAME b.example.org.\n\
    example.org. 60 MX 10 a.example.org.\nexample.org. 60 MX 20 b.example.org.\n\
    2.2.0.192.x.example.org. 60 A 127.0.0.2\nfar.example. 60 NS ns.far.example.\n";
/// How many names have a record; each includes only those behind it.
const NAMES: usize = 5;

fn term(at: usize) -> impl Strategy<Value = String> {
    let mechanism = prop_oneof![
        5 => (1..=11_u8, select(&["", "", "/31", "/30"]))
            .prop_map(|(host, prefix)| format!("ip4:192.0.2.{host}{prefix}")),
        1 => (1..=4_u8).prop_map(|host| format!("ip6:2001:db8::{host}/127")),
        3 => select(&[
            "a:a.example.org", "a:alias.example.org/31", "mx:example.org", "a:gone.example.org",
            "a", "a:a.example.org//126",
        ])
        .prop_map(str::to_owned),
        5 => (at + 1..=NAMES).prop_map(|n| format!("include:s{n}.example.org")),
        1 => select(&["exists:%{ir}.x.example.org", "ptr", "all", "include:_spf.far.example"])
            .prop_map(str::to_owned),
    ];
    let qualifier = select(&["", "", "", "", "", "", "-", "~", "?"]);
    (qualifier, mechanism).prop_map(|(sign, term)| format!("{sign}{term}"))
}

fn record(at: usize) -> impl Strategy<Value = String> {
    let ends = prop_oneof![
        5 => select(&["-all", "~all", "?all", ""]).prop_map(str::to_owned),
        1 => (at + 1..=NAMES).prop_map(|n| format!("redirect=s{n}.example.org")),
    ];
    (prop::collection::vec(term(at), 1..4), ends)
        .prop_map(|(terms, end)| format!("v=spf1 {} {end}", terms.join(" ")))
}

/// A record for the domain, and those of all the names that it may lead to.
fn tree() -> impl Strategy<Value = Vec<String>> {
    let records: Vec<_> = (0..NAMES).map(|at| record(at).boxed()).collect();
    let last = prop::collection::vec((1..=11_u8).prop_map(|n| format!("ip4:192.0.2.{n}")), 1..3);
    (records, last).prop_map(|(mut records, last)| {
        records.push(format!("v=spf1 {} -all", last.join(" ")));
        records
    })
}

fn world(records: &[String]) -> Zone {
    let lines = records
        .iter()
        .enumerate()
        .map(|(at, record)| format!("s{at}.example.org. 60 TXT \"{record}\"\n"));
    Zone::parse(&format!("{HOSTS}{}", lines.collect::<String>()), &Name::root()).unwrap()
}

fn clients() -> impl Iterator<Item = Client> {
    let v4 = (0..=12).map(|host| format!("192.0.2.{host}"));
    let v6 = (0..=4).map(|host| format!("2001:db8::{host}"));
    v4.chain(v6).map(|address| Client {
        address: address.parse().unwrap(),
        sender: "user@s0.example.org".to_owned(),
        helo: "mail.example.net".to_owned(),
        receiver: "mx.example.com".to_owned(),
        time: 0,
    })
}

/// Whether receivers judged by the sender and not by the record's length, or by its mistakes.
fn is_judged(outcome: &Outcome) -> bool {
    ![Verdict::PermError, Verdict::TempError].contains(&outcome.verdict)
}

#[test]
fn addresses_let_the_same_people_pass_as_what_they_stand_for() {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 2_000;
    }
    let cases = config.cases as usize;
    let (replaced, passed) = (Cell::new(0), Cell::new(0));
    let told = TestRunner::new(config).run(&tree(), |mut records| {
        let (before, own) = (world(&records), Name::parse("s0.example.org.").unwrap());
        let spf = Spf::parse(&records[0]).unwrap();
        let found: Vec<_> = spf.replaceable().filter_map(|one| flat(&before, one).ok()).collect();
        let stands = found.iter().map(|flat| (flat.domain.as_str(), &flat.passes)).collect();
        let flattened = spf.flattened(&stands).merged();
        replaced.set(replaced.get() + stands.len());
        records[0] = flattened.to_string();
        let after = world(&records);
        let asks = |world: &Zone, spf| census(world, &own, spf).lookups;
        prop_assert!(asks(&after, &flattened) <= asks(&before, &spf), "{} -> {}", spf, flattened);
        for client in clients() {
            let [was, is] = [&before, &after].map(|world| check_host(world, &client));
            let message =
                || format!("{records:?}\n{spf} -> {flattened}: {client:?}\n{was:?} {is:?}");
            if was.verdict == Verdict::Pass {
                passed.set(passed.get() + 1);
                prop_assert!(is.verdict == Verdict::Pass, "{}", message());
            }
            if is.verdict == Verdict::Pass && is_judged(&was) {
                prop_assert!(was.verdict == Verdict::Pass, "{}", message());
            }
        }
        Ok(())
    });
    assert!(told.is_ok(), "{}", told.unwrap_err());
    let (replaced, passed) = (replaced.get(), passed.get());
    assert!(replaced > cases / 4, "{replaced} includes are too few to tell");
    assert!(passed > cases / 4, "{passed} senders are too few to tell");
}

/// What is flattened in a union lets both sides send, with as few questions as the rest of it.
#[test]
fn a_flattened_union_lets_both_sides_pass() {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 1_000;
    }
    let told = TestRunner::new(config).run(&(tree(), record(0)), |(mut records, new)| {
        let before = world(&records);
        let [old, new] = [&records[0], &new].map(|text| Spf::parse(text).unwrap());
        let found: Vec<_> = old.replaceable().filter_map(|one| flat(&before, one).ok()).collect();
        let stands: BTreeMap<_, _> =
            found.iter().map(|flat| (flat.domain.as_str(), &flat.passes)).collect();
        let union = Spf::union(&old.flattened(&stands), &new.flattened(&stands)).merged();
        records[0] = new.to_string();
        let after = world(&records);
        records[0] = union.to_string();
        let between = world(&records);
        for client in clients() {
            let [was, is, will] =
                [&before, &between, &after].map(|world| check_host(world, &client));
            let passes = [&was, &will].iter().any(|one| one.verdict == Verdict::Pass);
            let is_broken = ![&was, &will].iter().all(|one| is_judged(one));
            // By whom somebody is asked who says nothing, nothing is said of the sender.
            let is_silent = is.verdict == Verdict::TempError;
            let is_too_long = is.lookups > 10 || is.voids > 2;
            if passes && !is_broken && !is_too_long && !is_silent {
                prop_assert!(
                    is.verdict == Verdict::Pass,
                    "{} + {} = {}: {:?}",
                    old,
                    new,
                    union,
                    (&records, client, was, is, will)
                );
            }
        }
        Ok(())
    });
    assert!(told.is_ok(), "{}", told.unwrap_err());
}
