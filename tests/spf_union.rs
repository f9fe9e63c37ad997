//! Whoever passes SPF by the old record or by the new one passes by the record in between.
//!
//! `PROPTEST_CASES=100000` tries more pairs, `PROPTEST_RNG_SEED=7` those from that seed on.

use cutover::dns::{Name, RrSet, Ttl, Zone};
use cutover::mail::Spf;
use cutover::mail::intent::text;
use cutover::mail::spf::{Client, Verdict, check_host};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use std::cell::Cell;

/// The whole DNS but for the record in question: ours, and that of others.
const OURS: &str = "example.net. 60 MX 10 mail.example.net.\n\
    example.net. 60 MX 20 mx.example.org.\n\
    example.net. 60 A 192.0.2.1\nmail.example.net. 60 A 192.0.2.2\n\
    mail.example.net. 60 AAAA 2001:db8::2\nalias.example.net. 60 CNAME mail.example.net.\n\
    _spf.example.net. 60 TXT \"v=spf1 ip4:192.0.2.8 -ip4:192.0.2.9 ip4:192.0.2.8/30 ~all\"\n";
const OTHERS: &str = "mx.example.org. 60 A 192.0.2.4\nmx.example.org. 60 AAAA 2001:db8::4\n\
    a.example.org. 60 TXT \"v=spf1 ip4:192.0.2.5 a:mx.example.org -all\"\n\
    b.example.org. 60 TXT \"v=spf1 -ip4:192.0.2.6 ip4:192.0.2.4/30 ?all\"\n\
    c.example.org. 60 TXT \"v=spf1 mx:example.net redirect=a.example.org\"\n\
    2.2.0.192.x.example.org. 60 A 127.0.0.2\n";

fn apex() -> Name {
    Name::parse("example.net.").unwrap()
}

fn term() -> impl Strategy<Value = String> {
    let mechanism = prop_oneof![
        3 => (1..=11_u8, select(&["", "", "/30", "/29"]))
            .prop_map(|(host, prefix)| format!("ip4:192.0.2.{host}{prefix}")),
        1 => (1..=4_u8).prop_map(|host| format!("ip6:2001:db8::{host}/126")),
        4 => select(&[
            "a", "a/30", "mx", "mx//126", "a:mail.example.net", "a:alias.example.net",
            "a:gone.example.net", "a:mx.example.org/31", "mx:example.net",
        ])
        .prop_map(str::to_owned),
        4 => select(&["_spf.example.net", "a.example.org", "b.example.org", "c.example.org"])
            .prop_map(|domain| format!("include:{domain}")),
        1 => Just("exists:%{ir}.x.example.org".to_owned()),
        1 => select(&["all", "-all"]).prop_map(str::to_owned),
    ];
    let qualifier = select(&["", "", "", "", "-", "~", "?"]);
    (qualifier, mechanism).prop_map(|(sign, term)| match term.strip_prefix('-') {
        Some(plain) => format!("-{plain}"),
        None => format!("{sign}{term}"),
    })
}

fn record() -> impl Strategy<Value = Spf> {
    let ends = select(&["-all", "~all", "?all", "", "redirect=a.example.org", "exp=x.example.org"]);
    (prop::collection::vec(term(), 0..5), ends)
        .prop_map(|(terms, end)| Spf::parse(&format!("v=spf1 {} {end}", terms.join(" "))).unwrap())
}

/// The whole DNS with one record or the other.
fn world(others: &Zone, spf: &Spf) -> Zone {
    let mut world = others.clone();
    world.put(RrSet::new(apex(), Ttl::from_secs(60), text(&spf.to_string())));
    world
}

fn clients() -> impl Iterator<Item = Client> {
    let v4 = (0..=12).map(|host| format!("192.0.2.{host}"));
    let v6 = (1..=4).map(|host| format!("2001:db8::{host}"));
    v4.chain(v6).map(|address| Client {
        address: address.parse().unwrap(),
        sender: "user@example.net".to_owned(),
        helo: "mail.example.net".to_owned(),
        receiver: "mx.example.com".to_owned(),
        time: 0,
    })
}

#[test]
fn whoever_passes_old_or_new_passes_the_union() {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 10_000;
    }
    let cases = config.cases as usize;
    let others = Zone::parse(&format!("{OURS}{OTHERS}"), &Name::root()).unwrap();
    let zone = Zone::parse(OURS, &apex()).unwrap();
    let passed = Cell::new(0);
    let told = TestRunner::new(config).run(&(record(), record()), |(old, new)| {
        let union = Spf::union(&old.frozen(&zone), &new);
        let read = Spf::parse(&union.to_string());
        prop_assert_eq!(read.as_ref(), Ok(&union), "{}", union);
        let worlds = [&old, &new, &union].map(|spf| world(&others, spf));
        for client in clients() {
            let [before, after, both] = worlds.each_ref().map(|world| check_host(world, &client));
            // Of a record that nobody can make sense of, no sender can be kept.
            let is_broken = [&before, &after].iter().any(|one| one.verdict == Verdict::PermError);
            let is_too_long = both.lookups > 10 || both.voids > 2;
            let passes = [before.verdict, after.verdict].contains(&Verdict::Pass);
            if passes && !is_broken && !is_too_long {
                passed.set(passed.get() + 1);
                let is_kept = both.verdict == Verdict::Pass;
                prop_assert!(is_kept, "{} + {} = {}: {:?}", old, new, union, (client, both));
            }
        }
        Ok(())
    });
    assert!(told.is_ok(), "{}", told.unwrap_err());
    assert!(passed.get() > cases / 4, "{} senders are too few to tell", passed.get());
}
