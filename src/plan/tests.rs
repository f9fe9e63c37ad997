//! The walk, its phases and their times, through one door each.

mod copies;
mod flattened;
mod included;
mod policies;

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

/// The values of one TXT owner after each stage, old and new being written under `records`.
fn texts(owner: &str, old: &str, new: &str, live: &str) -> (Vec<usize>, usize) {
    let record = |text: &str| {
        let rrset = crate::dns::parse_rrset(&format!("{owner} TXT {text}"), &apex()).unwrap();
        vec![rrset]
    };
    let mut intent = intent();
    (intent.old.records, intent.new.records) = (record(old), record(new));
    let live = Zone::parse(&format!("{LIVE}{live}"), &apex()).unwrap();
    let walk = walk(&live, &intent, &Policy::default(), &Facts::default());
    let count = |zone: &Zone| zone.find(&name(owner), Rtype::TXT).map_or(0, |s| s.rdata().len());
    (walk.steps.iter().map(|(_, zone)| count(zone)).collect(), walk.mismatches.len())
}

#[test]
fn further_texts_stand_beside_each_other_until_the_old_retire() {
    let live = "_proof 60 TXT a\n_proof 60 TXT stranger\n";
    assert_eq!(texts("_proof", "a", "b", live), (vec![3, 3, 3, 3, 3, 2, 2], 0));
    // As it is after a way back to `prepare`.
    let both = format!("{live}_proof 60 TXT b\n");
    assert_eq!(texts("_proof", "a", "b", &both), (vec![3, 3, 3, 3, 3, 2, 2], 0));
}

#[test]
fn a_finished_walk_plans_nothing() {
    let live = Zone::parse(LIVE, &apex()).unwrap();
    let walk_ = walk(&live, &intent(), &Policy::default(), &Facts::default());
    let (_, end) = walk_.steps.last().unwrap();
    assert_eq!(lines(&forward(&end.to_text(), &Policy::default())), "");
}

#[test]
fn what_stays_as_it_is_plans_nothing_however_it_is_spelt() {
    let same = Intent { new: intent().old, ..intent() };
    for spf in ["v=spf1 mx -all", "V=SPF1  +MX -All"] {
        let live = Zone::parse(&LIVE.replace("v=spf1 mx -all", spf), &apex()).unwrap();
        let walk = walk(&live, &same, &Policy::default(), &Facts::default());
        assert_eq!(walk.mismatches, []);
        assert_eq!(Plan::forward(&walk, &Policy::default(), String::new()).phases, [], "{spf}");
    }
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
fn spf_is_the_union_however_far_the_zone_is() {
    let between = |live: &str, intent: &Intent| {
        let live = Zone::parse(live, &apex()).unwrap();
        let walk = walk(&live, intent, &Policy::default(), &Facts::default());
        let found = walk.steps[0].1.find(&apex(), Rtype::TXT).unwrap().to_string();
        found.lines().find(|line| line.contains("v=spf1")).unwrap().to_owned()
    };
    let both = "\"v=spf1 ip4:192.0.2.10 include:_spf.google.com ~all\"";
    assert!(between(LIVE, &intent()).contains(both));
    // Somebody has moved the MX already: the old host may send all the same.
    let moved = LIVE.replace("MX 10 mail", "MX 1 smtp.google.com.");
    assert!(between(&moved, &intent()).contains(both));
    // Without a record nobody was judged, and so it stays while the old host sends.
    let mut none = intent();
    none.old.spf = None;
    let live = LIVE.replace("@ 3600 TXT \"v=spf1 mx -all\"\n", "");
    assert!(between(&live, &none).contains("\"v=spf1 include:_spf.google.com ?all\""));
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
fn an_address_that_the_file_forgets_is_told() {
    let live = LIVE.replace("imap 3600 CNAME mail", "imap 3600 A 192.0.2.10\nimap 60 AAAA ::1");
    let mut intent = intent();
    for (side, host) in [(&mut intent.old, "192.0.2.10"), (&mut intent.new, "192.0.2.20")] {
        side.retrieval = [(name("imap"), vec![data(Rtype::A, host)])].into();
    }
    let live = Zone::parse(&live, &apex()).unwrap();
    let walk = walk(&live, &intent, &Policy::default(), &Facts::default());
    let keys: Vec<_> = walk.mismatches.iter().map(|one| one.key.to_string()).collect();
    assert_eq!(keys, ["imap.example.net. AAAA"]);
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
fn the_way_back_goes_no_further_than_asked() {
    let plan = forward(LIVE, &Policy::default());
    let check = |applied, to, stages: &[Stage]| {
        let back = plan.back(applied, to).unwrap();
        let found: Vec<_> = back.phases.iter().map(|phase| phase.stage).collect();
        assert_eq!(found, stages, "{applied} {to:?}");
    };
    check(2, Some(Stage::Submission), &[Stage::Delivery]); // there is no submission stage
    check(2, Some(Stage::Retrieval), &[]); // not yet there
    check(3, Some(Stage::Prepare), &[Stage::Retrieval, Stage::Delivery]);
    check(3, None, &[Stage::Retrieval, Stage::Delivery, Stage::Prepare]);
}

/// Edits the file once `done` phases have been applied: the stages left, or the differences.
fn revise(done: usize, edit: impl Fn(&mut Intent, &mut Policy)) -> Result<String, String> {
    let plan = forward(LIVE, &Policy::default());
    let mut live = Zone::parse(LIVE, &apex()).unwrap();
    for change in plan.phases[..done].iter().flat_map(|phase| &phase.changes) {
        match change.after() {
            Some(after) => live.put(after.clone()),
            None => drop(live.remove(change.key())),
        }
    }
    live.add(apex(), Ttl::from_secs(600), data(Rtype::TXT, "stranger"));
    let (mut intent, mut policy) = (intent(), Policy::default());
    edit(&mut intent, &mut policy);
    let facts = Facts::default();
    let revised = plan.revised(done, &live, &intent, &policy, &facts, "edited".to_owned());
    let revised = revised.map_err(|all| {
        all.iter().map(|one| format!("{one}\n")).collect::<String>().replace("example.net.", "@")
    })?;
    assert_eq!(revised.phases[..done], plan.phases[..done]);
    assert_eq!((revised.intent.as_str(), &revised.own_ttls), ("edited", &plan.own_ttls));
    let stages: Vec<_> = revised.phases[done..].iter().map(|phase| phase.stage.name()).collect();
    Ok(stages.join(" "))
}

#[test]
fn what_is_still_to_come_may_be_edited() {
    let left = "retrieval restore-ttl retire retire-keys";
    assert_eq!(revise(2, |_, _| ()).as_deref(), Ok(left));
    assert_eq!(revise(2, |_, policy| policy.soak *= 2).as_deref(), Ok(left));
    let other = |intent: &mut Intent, _: &mut Policy| {
        let host = vec![data(Rtype::CNAME, "imap.example.org.")];
        intent.new.retrieval = [(name("imap"), host)].into();
    };
    assert_eq!(revise(2, other).as_deref(), Ok(left));
    let stays = |intent: &mut Intent, _: &mut Policy| {
        intent.new.retrieval = intent.old.retrieval.clone();
    };
    // Its TTL was lowered for a move that does not come any more.
    assert!(revise(2, stays).unwrap_err().contains("`imap.@ CNAME` became"));
}

#[test]
fn what_is_done_may_not_be_edited() {
    let check = |done, edit: fn(&mut Intent, &mut Policy), expected: &str| {
        let told = revise(done, edit).unwrap_err();
        assert_eq!(told.lines().next(), Some(expected));
    };
    check(
        2,
        |intent, _| intent.new.mx = vec![mx("1 mx.example.org.")],
        "`@ MX` became `1 smtp.google.com.` with TTL 600 in delivery; \
         by the edited file it would be `1 mx.example.org.` with TTL 600",
    );
    check(
        1,
        |_, policy| policy.ttl = Ttl::from_secs(601),
        "`@ MX` became `10 mail.@` with TTL 600 in prepare; \
         by the edited file it would be `10 mail.@` with TTL 601",
    );
    check(
        2,
        |_, policy| policy.order = [Stage::Retrieval, Stage::Delivery, Stage::Submission],
        "`delivery` is done, but the edited file has `retrieval` in its place",
    );
    check(
        1,
        |intent, _| intent.old.mx = vec![mx("10 other")],
        "before the plan began, `@ MX` is `10 mail.@` in the live zone, \
         but the zone file says `10 other.@`",
    );
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
fn a_wildcard_hides_what_is_to_come_for_its_own_ttl() {
    let check = |more: &str, seconds| {
        let plan = forward(&format!("{LIVE}{more}"), &Policy::default());
        assert_eq!(plan.negative_ttl, Ttl::from_secs(seconds), "{more}");
    };
    check("*._domainkey 86400 TXT x", 86_400);
    check("*._domainkey 86400 CNAME www", 86_400);
    check("*._domainkey 86400 A 192.0.2.1", 300);
    check("* 86400 TXT x", 300); // `_domainkey` exists, so this one does not reach below it
}

#[test]
fn checkpoints_hang_at_the_next_stage_there_is() {
    let check = |place, stage: Stage| {
        let point = Checkpoint { id: "x".into(), ask: String::new(), place, lead: None };
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

/// The names of the manual steps before each stage.
fn asked(plan: &Plan, stage: Stage) -> Vec<&str> {
    let gates = plan.phase(stage).unwrap().gates.iter();
    let ids = gates.filter_map(|gate| match gate {
        Gate::Confirmed(point) => Some(point.id.as_str()),
        _ => None,
    });
    ids.collect()
}

#[test]
fn a_known_kind_brings_its_manual_steps() {
    let plan = forward(LIVE, &Policy::default());
    assert_eq!(asked(&plan, Stage::Prepare), [""; 0]);
    assert_eq!(asked(&plan, Stage::Retrieval), ["mailboxes-synced"]);
    let policy = Policy { kind: Some(Kind::SelfHostedToHosted), ..Policy::default() };
    let plan = forward(LIVE, &policy);
    assert_eq!(asked(&plan, Stage::Prepare), ["clients-tried"]);
    let steps = ["mailboxes-locked", "mailboxes-synced", "forwards-set", "mailboxes-unlocked"];
    assert_eq!(asked(&plan, Stage::Retrieval), steps);
    // What the zone file writes counts alone.
    let plan = forward(LIVE, &Policy { checkpoints: Some(Vec::new()), ..policy });
    assert!(plan.phases.iter().all(|phase| asked(&plan, phase.stage).is_empty()));
}

#[test]
fn the_old_senders_stay_as_long_as_they_may_be_in_use() {
    let held = |plan: &Plan, wait: u64| {
        let gates = plan.phase(Stage::RetireKeys).unwrap().gates.iter();
        let since = gates.filter_map(|gate| match gate {
            Gate::Held { since, wait: held, .. } if held.as_secs() == wait => Some(*since),
            _ => None,
        });
        since.collect::<Vec<_>>()
    };
    let days = |n: u64| n * 86_400;
    let plan = forward(LIVE, &Policy::default());
    assert_eq!(held(&plan, days(19)), [Stage::Delivery]);
    // Only who sends changes, so no stage is visible.
    let mut senders = intent();
    (senders.new.mx, senders.new.retrieval) =
        (senders.old.mx.clone(), senders.old.retrieval.clone());
    let live = Zone::parse(LIVE, &apex()).unwrap();
    let walk = walk(&live, &senders, &Policy::default(), &Facts::default());
    let plan = Plan::forward(&walk, &Policy::default(), String::new());
    assert_eq!(held(&plan, days(19)), [Stage::Prepare]);
}

#[test]
fn a_stage_is_never_foretold_before_the_one_that_it_follows() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let opens = at("2027-03-03T18:00:00Z");
    let hours = |n: u64| Duration::from_secs(n * 3_600);
    let policy = Policy {
        window: Some(Window { opens, length: hours(6) }),
        at: [(Stage::Delivery, hours(4)), (Stage::Retrieval, hours(1))].into(),
        ..Policy::default()
    };
    let times = schedule(&forward(LIVE, &policy), &policy, at("2027-02-20T09:00:00Z"));
    assert_eq!(times.phases[2].begins, at("2027-03-03T22:00:00Z"));
    assert_eq!(times.late[0].stage, Stage::Retrieval);
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
    assert_eq!(times.milestones.soak_until, Some(at("2027-03-17T18:00:00Z")));
    assert_eq!(times.late, []);
    let hurried = schedule(&plan, &policy, at("2027-03-03T17:59:00Z"));
    assert_eq!(hurried.late[0].possible, at("2027-03-03T18:07:00Z"));
}
