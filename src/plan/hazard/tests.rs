//! Each invariant by small plans: one that breaks it, and one beside it that does not.

mod oracle;
mod walks;

use super::*;
use crate::dns::{Rdata, RrSet, Rtype};
use crate::mail::{Side, Spf};
use crate::plan::{Facts, Gate, Phase, Policy, diff, walk};

fn apex() -> Name {
    Name::parse("example.net.").unwrap()
}

fn name(text: &str) -> Name {
    Name::parse_in(text, &apex()).unwrap()
}

fn zone(text: &str) -> Zone {
    let lines: String = text.split('|').map(|line| format!("{}\n", line.trim())).collect();
    Zone::parse(&format!("$TTL 60\n{lines}"), &apex()).unwrap()
}

fn record(text: &str) -> RrSet {
    zone(text).rrsets().next().unwrap().clone()
}

/// One side, as a zone file tells it: `mx 10 mail`, `spf a -all`, `dkim s A`, `user imap CNAME x`,
/// `record _imap._tcp SRV 0 0 1 imap`, separated by `|`.
fn side(text: &str) -> Side {
    let mut side = Side::default();
    for line in text.split('|').map(str::trim).filter(|line| !line.is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap();
        let host = || {
            let set = record(rest);
            (set.owner().clone(), set.rdata().to_vec())
        };
        match word {
            "mx" => match Rdata::parse(Rtype::MX, rest, Some(&apex())).unwrap() {
                Rdata::Mx(mx) => side.mx.push(mx),
                other => panic!("{other} is not an MX"),
            },
            "spf" => side.spf = Some(Spf::parse(&format!("v=spf1 {rest}")).unwrap()),
            "dkim" => {
                let set = record(rest);
                side.dkim.insert(set.owner().clone(), set.rdata()[0].clone());
            }
            "send" => drop(side.submission.insert(host().0, host().1)),
            "read" => drop(side.retrieval.insert(host().0, host().1)),
            _ => side.records.push((record(rest), None)),
        }
    }
    side
}

fn intent(old: &str, new: &str) -> Intent {
    Intent { zone: apex(), old: side(old), new: side(new) }
}

/// A plan from zone to zone, each phase waiting for the one before if `drains`.
fn plan(zones: &[(Stage, &str)], start: &Zone, drains: bool) -> Plan {
    let (mut phases, mut from): (Vec<Phase>, _) = (Vec::new(), start.clone());
    for (stage, text) in zones {
        let to = zone(text);
        let earlier = phases.last().map(|phase| Gate::Drained(phase.stage));
        let gates = earlier.into_iter().filter(|_| drains).collect();
        phases.push(Phase { stage: *stage, changes: diff(&from, &to), gates });
        from = to;
    }
    let walk = walk(start, &intent("", ""), &Policy::default(), &Facts::default());
    Plan { phases, ..Plan::forward(&walk, &Policy::default(), String::new()) }
}

/// The invariants that a plan breaks, each with its stage.
fn broken(found: &[Hazard]) -> Vec<(&'static str, Stage)> {
    found.iter().map(|hazard| (hazard.invariant.name(), hazard.stage)).collect()
}

/// A plan through these zones with all its drains, for these two sides, breaks just these.
fn walked(sides: [&str; 2], start: &str, zones: &[(Stage, &str)], expected: &[(&str, Stage)]) {
    let start = zone(start);
    let found = hazards(&start, &plan(zones, &start, true), &intent(sides[0], sides[1]));
    assert_eq!(broken(&found), expected, "{zones:?}: {found:#?}");
}

/// The move from one zone to another at `delivery` breaks just these.
fn moved(sides: [&str; 2], from: &str, to: &str, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|name| (*name, Stage::Delivery)).collect();
    walked(sides, from, &[(Stage::Delivery, to)], &expected);
}

use Stage::{Delivery, Prepare, RestoreTtl, Retire, RetireKeys, Submission};

const NONE: [&str; 2] = ["", ""];
const MAIL: &str = "@ MX 10 mail|mail A 192.0.2.1";

#[test]
fn mail_finds_a_host_with_an_address() {
    moved(NONE, MAIL, "@ MX 10 mx.example.org.|mail A 192.0.2.1", &[]);
    moved(NONE, MAIL, "@ MX 10 mx.example.org.", &["I1"]);
    moved(NONE, MAIL, "@ MX 10 mail", &["I1"]);
    moved(NONE, MAIL, "@ MX 10 new|mail A 192.0.2.1|new A 192.0.2.2", &["I1"]);
    moved(NONE, MAIL, "@ MX 10 mail|mail A 192.0.2.2", &[]);
    let early = format!("{MAIL}|new A 192.0.2.2");
    let late = "@ MX 10 new|new A 192.0.2.2";
    walked(NONE, MAIL, &[(Prepare, &early), (Delivery, &format!("{late}|mail A 192.0.2.1"))], &[]);
    walked(NONE, MAIL, &[(Prepare, &early), (Delivery, late)], &[("I1", Delivery)]);
    // What is below a delegation is not ours to know.
    moved(NONE, MAIL, "@ MX 10 a.sub|mail A 192.0.2.1|sub NS ns.example.org.", &["I1"]);
    let cut = format!("{MAIL}|sub NS ns.example.org.");
    moved(NONE, &cut, "@ MX 10 a.sub|mail A 192.0.2.1|sub NS ns.example.org.", &[]);
    // A host that never had an address is a mistake of before.
    moved(NONE, "@ MX 10 lost|@ MX 20 mail|mail A 192.0.2.1", "@ MX 5 lost|mail A 192.0.2.1", &[]);
}

#[test]
fn one_family_of_addresses_must_be_there_for_all() {
    let both = format!("{MAIL}|mail AAAA 2001:db8::1");
    moved(NONE, MAIL, &both, &[]);
    moved(NONE, &both, "@ MX 10 mail|mail AAAA 2001:db8::1", &[]);
    moved(NONE, MAIL, "@ MX 10 mail|mail AAAA 2001:db8::1", &["I1"]);
}

#[test]
fn aliases_and_wildcards_are_followed() {
    let alias = "@ MX 10 mail|mail CNAME a|a A 192.0.2.1";
    moved(NONE, alias, "@ MX 10 mail|mail CNAME b.example.org.|a A 192.0.2.1", &[]);
    moved(NONE, alias, "@ MX 10 mail|mail CNAME b.example.org.", &["I1", "I10"]);
    moved(NONE, alias, "@ MX 10 mail|mail CNAME a|a CNAME mail", &["I1", "I10", "I10"]);
    let wild = "@ MX 10 mail|* A 192.0.2.1";
    moved(NONE, MAIL, "@ MX 10 mail|* A 192.0.2.1", &[]);
    moved(NONE, wild, MAIL, &[]);
    moved(NONE, wild, "@ MX 10 mail|* A 192.0.2.1|mail TXT x", &["I1"]);
    moved(NONE, wild, "@ MX 10 mail|* A 192.0.2.1|a.mail TXT x", &["I1"]);
}

#[test]
fn a_domain_that_takes_mail_goes_on_taking_it() {
    moved(NONE, MAIL, "mail A 192.0.2.1", &["I1"]);
    moved(NONE, MAIL, "@ MX 0 .|mail A 192.0.2.1", &["I1"]);
    moved(["mx 10 mail", "mx 0 ."], MAIL, "@ MX 0 .|mail A 192.0.2.1", &[]);
    moved(["mx 10 mail", "mx 10 new"], MAIL, "@ MX 0 .|mail A 192.0.2.1", &["I1"]);
    moved(NONE, MAIL, "@ MX 0 .|@ MX 10 mail|mail A 192.0.2.1", &["I1"]);
    moved(NONE, "mail A 192.0.2.1", MAIL, &[]);
    moved(NONE, "@ MX 0 .|mail A 192.0.2.1", MAIL, &[]);
}

#[test]
fn both_platforms_may_send() {
    let sides = ["mx 10 mail|spf mx -all", "mx 1 m.example.org.|spf include:x.example.org -all"];
    let old = r#"@ MX 10 mail|mail A 192.0.2.1|@ TXT "v=spf1 mx -all"|@ TXT other"#;
    let with = |mx: &str, spf: &str| format!("@ MX {mx}|mail A 192.0.2.1|@ TXT \"v=spf1 {spf}\"");
    let both = "ip4:192.0.2.1 include:x.example.org ~all";
    let new = with("1 m.example.org.", "include:x.example.org -all");
    let prepared = with("10 mail", both);
    let delivered = with("1 m.example.org.", both);
    let all = [(Prepare, &*prepared), (Delivery, &*delivered), (Retire, &*new)];
    walked(sides, old, &all, &[]);
    // A step left out is one that must not be.
    walked(sides, old, &[all[0], (Delivery, &*new)], &[("I2", Delivery)]);
    let jump: &[(&str, Stage)] = &[("I2", Delivery); 2];
    walked(sides, old, &[(Delivery, &*new)], jump);
    // `mx` means something else as soon as the MX does.
    let mx = with("1 m.example.org.", "mx include:x.example.org ~all");
    let early = with("10 mail", "mx include:x.example.org ~all");
    walked(sides, old, &[(Prepare, &early)], &[]);
    walked(sides, old, &[(Prepare, &early), (Delivery, &mx)], &[("I2", Delivery)]);
    let twice = format!("{prepared}|@ TXT \"v=spf1 -all\"");
    walked(sides, old, &[(Prepare, &twice)], &[("I2", Prepare)]);
    walked(sides, old, &[(Prepare, "@ MX 10 mail|mail A 192.0.2.1")], &[("I2", Prepare)]);
    let unreadable = with("10 mail", "ip4:192.0.2.1 nonsense");
    walked(sides, old, &[(Prepare, &unreadable)], &[("I2", Prepare)]);
}

#[test]
fn who_has_no_record_is_not_to_be_judged() {
    let sides = ["mx 10 mail", "mx 10 mail|spf a:x.example.org -all"];
    let with = |spf: &str| format!("{MAIL}|@ TXT \"v=spf1 a:x.example.org {spf}\"");
    walked(sides, MAIL, &[(Prepare, &with("?all")), (RestoreTtl, &with("?all"))], &[]);
    walked(sides, MAIL, &[(Prepare, &with("~all"))], &[("I2", Prepare)]);
    // Nobody sends yet.
    let sides = ["", sides[1]];
    walked(sides, "mail A 192.0.2.1", &[(Prepare, &with("-all"))], &[]);
}

#[test]
fn keys_stay_as_long_as_signatures() {
    let sides = ["dkim s._domainkey TXT old", "dkim t._domainkey TXT new"];
    let [old, both, new] = [
        "s._domainkey TXT old",
        "s._domainkey TXT old|t._domainkey TXT new",
        "t._domainkey TXT new",
    ];
    let all = [(Prepare, both), (RestoreTtl, both), (RetireKeys, new)];
    walked(sides, old, &all, &[]);
    walked(sides, old, &[(Delivery, both)], &[("I6", Delivery)]);
    walked(sides, old, &[(Delivery, new)], &[("I6", Delivery), ("I6", Delivery)]);
    walked(sides, old, &[all[0], (Retire, new)], &[("I6", Retire)]);
    walked(sides, old, &[(Prepare, "s._domainkey TXT other")], &[("I6", Prepare)]);
    // What was not there before is not taken away.
    walked(sides, "", &[(Prepare, "t._domainkey TXT new")], &[]);
    let sides = ["", "dkim t._domainkey CNAME t.example.org."];
    let alias = "t._domainkey CNAME t.example.org.";
    walked(
        sides,
        "",
        &[(Prepare, alias), (Delivery, "@ MX 1 x.|t._domainkey CNAME t.example.org.")],
        &[],
    );
}

#[test]
fn users_find_their_servers() {
    let sides = ["read imap A 192.0.2.1", "read imap CNAME i.example.org."];
    moved(sides, "imap A 192.0.2.1", "imap CNAME i.example.org.", &[]);
    moved(sides, "imap A 192.0.2.1", "", &["I5"]);
    moved(sides, "imap A 192.0.2.1", "imap CNAME i", &["I5"]);
    // Nobody asks yet for what nobody knows.
    moved(["", sides[1]], "", "imap CNAME i.example.org.", &[]);
    let gone = ["read imap A 192.0.2.1|send smtp A 192.0.2.1", "send smtp A 192.0.2.1"];
    let (from, to) = ("imap A 192.0.2.1|smtp A 192.0.2.1", "smtp A 192.0.2.1");
    walked(gone, from, &[(Retire, to)], &[]);
    walked(gone, from, &[(Submission, to)], &[("I5", Submission)]);
    walked(gone, from, &[(Retire, "imap A 192.0.2.1")], &[("I5", Retire)]);
    let service = ["record _imap._tcp SRV 0 0 143 imap", ""];
    moved(service, "_imap._tcp SRV 0 0 143 imap|imap A 192.0.2.1", "", &["I5"]);
}

#[test]
fn nobody_is_led_to_a_platform_that_retires() {
    let sides = ["read imap A 192.0.2.1", "read imap A 192.0.2.2"];
    let [old, new] = ["@ MX 10 m.example.com.|imap A 192.0.2.1", "@ MX 1 x.|imap A 192.0.2.2"];
    walked(sides, old, &[(Delivery, new), (Retire, "@ MX 1 x.|imap A 192.0.2.2|a TXT x")], &[]);
    walked(sides, old, &[(Retire, new)], &[("I3", Retire), ("I3", Retire)]);
}

#[test]
fn senders_see_a_new_policy_before_they_meet_new_hosts() {
    let with = |mx: &str, id: &str| format!("@ MX {mx}|_mta-sts TXT \"v=STSv1; id={id};\"");
    let (old, early, new) =
        (with("1 a.example.", "1"), with("1 a.example.", "2"), with("1 b.example.", "2"));
    walked(NONE, &old, &[(Prepare, &early), (Delivery, &new)], &[]);
    moved(NONE, &old, &new, &["I7"]);
    moved(NONE, &old, &with("1 b.example.", "1"), &["I7"]);
    moved(NONE, &old, &with("1 b.example.", "1").replace(";\"", "\""), &["I7"]);
    moved(NONE, &old, &with("2 a.example.", "1"), &[]);
    walked(
        NONE,
        &old,
        &[(Prepare, "@ MX 1 a.example."), (Delivery, "@ MX 1 b.example.")],
        &[("I7", Delivery)],
    );
    moved(NONE, "@ MX 1 a.example.", "@ MX 1 b.example.", &[]);
}

#[test]
fn a_host_that_changes_machines_has_the_certificates_of_both() {
    let with = |address: &str, keys: &[&str]| {
        let keys: String =
            keys.iter().map(|key| format!("|_25._tcp.mail TLSA 3 1 1 {key}")).collect();
        format!("@ MX 10 mail|mail A {address}{keys}")
    };
    let old = with("192.0.2.1", &["AA"]);
    let both = (Prepare, &*with("192.0.2.1", &["AA", "BB"]));
    let moved_both = (Delivery, &*with("192.0.2.2", &["AA", "BB"]));
    let new = (Retire, &*with("192.0.2.2", &["BB"]));
    walked(NONE, &old, &[both, moved_both, new], &[]);
    walked(NONE, &old, &[both, (Delivery, new.1)], &[("I7", Delivery)]);
    walked(NONE, &old, &[(Delivery, new.1)], &[("I7", Delivery)]);
    walked(
        NONE,
        &old,
        &[(Prepare, &with("192.0.2.1", &[])), (Delivery, &with("192.0.2.2", &[]))],
        &[],
    );
}

#[test]
fn names_outlive_what_leads_to_them() {
    let check = |from: &str, to: &str, expected: &[&str]| moved(NONE, from, to, expected);
    check("x A 192.0.2.1|s SRV 0 0 1 x", "s SRV 0 0 1 y.example.", &["I10"]);
    check("x A 192.0.2.1|s SRV 0 0 1 x", "x A 192.0.2.1|s SRV 0 0 1 y.example.", &[]);
    check("x A 192.0.2.1|s SRV 0 0 1 x", "s SRV 0 0 1 x", &["I10"]);
    check("x A 192.0.2.1|a MX 1 x", "a MX 1 x", &["I10"]);
    check("x TXT x|a CNAME x", "x A 192.0.2.1|a CNAME x", &["I10"]);
    check(
        "x TXT \"v=spf1 -all\"|@ TXT \"v=spf1 include:x.example.net\"",
        "@ TXT \"v=spf1 -all\"",
        &["I10"],
    );
    // Both come, or both go: then nobody fares worse than who knows of neither.
    check("x A 192.0.2.1|s SRV 0 0 1 x", "", &[]);
    check("", "x A 192.0.2.1|s SRV 0 0 1 x", &[]);
    // A stranger's mistake, as old as the plan or older.
    check("s SRV 0 0 1 x|a A 192.0.2.1", "s SRV 0 0 1 x|b A 192.0.2.1", &[]);
    check("", "s SRV 0 0 1 x", &["I10"]);
}

#[test]
fn an_alias_stands_alone() {
    moved(NONE, "x A 192.0.2.1", "x CNAME y.example.", &[]);
    moved(NONE, "x A 192.0.2.1", "x A 192.0.2.1|x CNAME y.example.", &["I11"]);
    moved(NONE, "x TXT a|x CNAME y.example.", "x TXT b|x CNAME y.example.", &[]);
}

#[test]
fn a_drain_holds_for_all_that_follow() {
    let start = zone(MAIL);
    let zones =
        [(Prepare, "@ MX 10 x.|mail A 192.0.2.1"), (Delivery, "@ MX 10 x."), (Retire, "@ MX 1 x.")];
    let mut plan = plan(&zones, &start, true);
    let check = |plan: &Plan, expected: &[(&str, Stage)]| {
        assert_eq!(broken(&hazards(&start, plan, &intent("", ""))), expected);
    };
    check(&plan, &[]);
    plan.phases[2].gates.clear();
    check(&plan, &[]);
    plan.phases[1].gates.clear();
    let all = [("I1", Delivery), ("I3", Retire)];
    check(&plan, &all);
    plan.phases[1].gates = vec![Gate::Drained(Stage::RetireKeys)];
    check(&plan, &all); // there is no such phase
}

#[test]
fn a_hazard_tells_who_holds_what() {
    let start = zone(MAIL);
    let plan = plan(&[(Delivery, "@ MX 10 new|mail A 192.0.2.1|new A 192.0.2.2")], &start, true);
    let found = hazards(&start, &plan, &intent("", ""));
    let told = "\
in delivery, who holds
  example.net. MX 10 new.example.net. (as after delivery)
  nothing at new.example.net. A (as before delivery)
finds no address of `new.example.net.`: mail bounces";
    assert_eq!(found[0].to_string(), told);
}
