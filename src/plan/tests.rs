//! The walk, its phases and their times, through one door each.

use super::*;
use crate::dns::{Rdata, Rtype, Zone};
use crate::mail::{Intent, Side, Spf};

const LIVE: &str = "\
@ 3600 SOA ns1 host 1 150 30 604800 300
@ 3600 NS ns1
@ 3600 MX 10 mail
@ 3600 TXT \"v=spf1 mx -all\"
@ 3600 TXT google-site-verification=abc
mail 3600 A 192.0.2.10
imap 3600 CNAME mail
_dmarc 3600 TXT \"v=DMARC1; p=reject\"
s2015._domainkey 3600 TXT \"k=rsa; p=\"
www 3600 A 192.0.2.80
";

fn apex() -> Name {
    Name::parse("example.net.").unwrap()
}

fn name(text: &str) -> Name {
    Name::parse_in(text, &apex()).unwrap()
}

fn data(rtype: Rtype, text: &str) -> Rdata {
    Rdata::parse(rtype, text, Some(&apex())).unwrap()
}

fn mx(text: &str) -> crate::dns::rdata::Mx {
    match data(Rtype::MX, text) {
        Rdata::Mx(mx) => mx,
        _ => panic!("not an MX"),
    }
}

fn intent() -> Intent {
    let old = Side {
        mx: vec![mx("10 mail")],
        spf: Some(Spf::parse("v=spf1 mx -all").unwrap()),
        dkim: [(name("s2015._domainkey"), data(Rtype::TXT, "\"k=rsa; p=\""))].into(),
        dmarc: Some("v=DMARC1; p=reject".to_owned()),
        retrieval: [(name("imap"), vec![data(Rtype::CNAME, "mail")])].into(),
        ..Side::default()
    };
    let new = Side {
        mx: vec![mx("1 smtp.google.com.")],
        spf: Some(Spf::parse("v=spf1 include:_spf.google.com ~all").unwrap()),
        dkim: [(name("google._domainkey"), data(Rtype::TXT, "\"k=ed25519; p=\""))].into(),
        dmarc: Some("v=DMARC1; p=none".to_owned()),
        retrieval: [(name("imap"), vec![data(Rtype::CNAME, "imap.gmail.com.")])].into(),
        ..Side::default()
    };
    Intent { zone: apex(), old, new }
}

fn forward(live: &str, policy: &Policy) -> Plan {
    let live = Zone::parse(live, &apex()).unwrap();
    let walk = walk(&live, &intent(), policy, &Facts::default());
    assert_eq!(walk.mismatches, []);
    Plan::forward(&walk, policy, String::new())
}

fn lines(plan: &Plan) -> String {
    let mut out = String::new();
    for phase in &plan.phases {
        out += &format!("{}\n", phase.stage);
        for change in &phase.changes {
            let text = change.to_string().replace("example.net.", "@").replace(" IN", "");
            text.lines().for_each(|line| out += &format!("  {line}\n"));
        }
    }
    out
}

#[test]
fn a_walk_brings_everything_in_its_stage() {
    let expected = r#"prepare
  ~ @ 600 MX 10 mail.@
  ~ @ 600 TXT "google-site-verification=abc"
  ~ @ 600 TXT "v=spf1 ip4:192.0.2.10 include:_spf.google.com ~all"
  ~ _dmarc.@ 600 TXT "v=DMARC1; p=none"
  + google._domainkey.@ 600 TXT "k=ed25519; p="
  ~ imap.@ 600 CNAME mail.@
delivery
  ~ @ 600 MX 1 smtp.google.com.
retrieval
  ~ imap.@ 600 CNAME imap.gmail.com.
restore-ttl
  ~ @ 3600 MX 1 smtp.google.com.
  ~ @ 3600 TXT "google-site-verification=abc"
  ~ @ 3600 TXT "v=spf1 ip4:192.0.2.10 include:_spf.google.com ~all"
  ~ _dmarc.@ 3600 TXT "v=DMARC1; p=none"
  ~ google._domainkey.@ 3600 TXT "k=ed25519; p="
  ~ imap.@ 3600 CNAME imap.gmail.com.
retire
  ~ @ 3600 TXT "google-site-verification=abc"
  ~ @ 3600 TXT "v=spf1 include:_spf.google.com ~all"
retire-keys
  - s2015._domainkey.@ 3600 TXT "k=rsa; p="
"#;
    assert_eq!(lines(&forward(LIVE, &Policy::default())), expected);
}

#[test]
fn a_finished_walk_plans_nothing() {
    let live = Zone::parse(LIVE, &apex()).unwrap();
    let walk_ = walk(&live, &intent(), &Policy::default(), &Facts::default());
    let (_, end) = walk_.steps.last().unwrap();
    assert_eq!(lines(&forward(&end.to_text(), &Policy::default())), "");
}

#[test]
fn a_zone_that_is_on_its_way_is_noticed() {
    let live = Zone::parse(LIVE, &apex()).unwrap();
    let begun = |zone: &Zone| walk(zone, &intent(), &Policy::default(), &Facts::default()).is_begun;
    assert!(!begun(&live));
    let whole = walk(&live, &intent(), &Policy::default(), &Facts::default());
    assert!(whole.steps.iter().all(|(_, zone)| begun(zone)));
    // A key that is published early is no beginning.
    let early = format!("{LIVE}google._domainkey 60 TXT \"k=ed25519; p=\"\n");
    assert!(!begun(&Zone::parse(&early, &apex()).unwrap()));
}

#[test]
fn a_low_ttl_is_never_raised() {
    let check = |live: u32, wanted, floor, expected| {
        let text = LIVE.replace("@ 3600 MX", &format!("@ {live} MX"));
        let zone = Zone::parse(&text, &apex()).unwrap();
        let policy = Policy { ttl: Ttl::from_secs(wanted), ..Policy::default() };
        let facts = Facts { ttl_floor: Ttl::from_secs(floor), ..Facts::default() };
        let walk = walk(&zone, &intent(), &policy, &facts);
        let ttl = walk.steps[0].1.find(&apex(), Rtype::MX).unwrap().ttl();
        assert_eq!(ttl, Ttl::from_secs(expected));
    };
    check(300, 600, 300, 300);
    check(86_400, 600, 3_600, 3_600);
    check(86_400, 600, 60, 600);
}

#[test]
fn a_live_zone_that_is_not_as_written_is_told() {
    let text = LIVE.replace("MX 10 mail", "MX 10 other");
    let zone = Zone::parse(&text, &apex()).unwrap();
    let walk = walk(&zone, &intent(), &Policy::default(), &Facts::default());
    let told: Vec<_> = walk.mismatches.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        ["`example.net. MX` is `10 other.example.net.` in the live zone, \
          but the zone file says `10 mail.example.net.`"]
    );
}

#[test]
fn the_way_back_is_the_way_there_turned_round() {
    let plan = forward(LIVE, &Policy::default());
    let back = plan.back(3, Some(Stage::Prepare)).unwrap();
    let expected = "retrieval\n  ~ imap.@ 600 CNAME mail.@\ndelivery\n  ~ @ 600 MX 10 mail.@\n";
    assert_eq!(lines(&back), expected);
    assert_eq!(plan.back(5, None), Err(NoWayBack(Stage::Retire)));
    assert_eq!(plan.back(1, None).unwrap().phases.len(), 1);
    assert_eq!(plan.back(0, None).unwrap().phases, []);
}

#[test]
fn equal_plans_have_equal_digests() {
    let plan = forward(LIVE, &Policy::default());
    assert_eq!(plan.digest(), forward(LIVE, &Policy::default()).digest());
    let other = forward(LIVE, &Policy { ttl: Ttl::from_secs(300), ..Policy::default() });
    assert_ne!(plan.digest(), other.digest());
    let other = forward(LIVE, &Policy { soak: Duration::from_secs(60), ..Policy::default() });
    assert_ne!(plan.digest(), other.digest());
}

#[test]
fn checkpoints_hang_at_the_next_stage_there_is() {
    let check = |place, stage: Stage| {
        let point = Checkpoint { id: "x".into(), ask: String::new(), place };
        let policy = Policy { checkpoints: Some(vec![point.clone()]), ..Policy::default() };
        let plan = forward(LIVE, &policy);
        let held = |phase: &&Phase| phase.gates.contains(&Gate::Confirmed(point.clone()));
        let stages: Vec<_> = plan.phases.iter().filter(held).map(|phase| phase.stage).collect();
        assert_eq!(stages, [stage]);
    };
    check(Place::Before(Stage::Submission), Stage::Delivery); // there is no submission stage
    check(Place::After(Stage::Delivery), Stage::Retrieval);
    check(Place::After(Stage::Retrieval), Stage::RestoreTtl);
    check(Place::Before(Stage::Retire), Stage::Retire);
}

/// Seed D, Linode to Google, to the second: `D_linode_to_google` of the independent schedules.
#[test]
fn the_times_of_a_small_move() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let live = LIVE.replace(" 3600 ", " 300 ");
    let policy = Policy {
        window: Some(Window {
            opens: at("2027-03-03T18:00:00Z"),
            length: Duration::from_secs(21_600),
        }),
        ttl: Ttl::from_secs(300),
        margin: Duration::from_secs(600),
        propagation: Some(Duration::from_secs(180)),
        dkim_lead: Duration::from_secs(172_800),
        ..Policy::default()
    };
    let plan = forward(&live, &policy);
    let times = schedule(&plan, &policy, at("2027-02-20T09:00:00Z"));
    let deadline = |owner: &str, rtype| {
        let key = RrKey::new(name(owner), rtype);
        times.deadlines.iter().find(|deadline| deadline.key == key).map(|deadline| deadline.at)
    };
    assert_eq!(deadline("@", Rtype::TXT), Some(at("2027-03-03T17:42:00Z")));
    assert_eq!(deadline("google._domainkey", Rtype::TXT), Some(at("2027-03-01T17:42:00Z")));
    let (key, dead) = &times.old_dead[0];
    assert_eq!((key.rtype, *dead), (Rtype::MX, at("2027-03-03T18:08:00Z")));
    assert_eq!(times.soak_until, Some(at("2027-03-17T18:00:00Z")));
    assert_eq!(times.late, []);
    let hurried = schedule(&plan, &policy, at("2027-03-03T17:59:00Z"));
    assert_eq!(hurried.late[0].possible, at("2027-03-03T18:07:00Z"));
}
