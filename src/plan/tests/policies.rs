//! Policies on the walk: those of TLS, of which senders are told in time (RFC 8461 §8.1, RFC 7671
//! §8.1), and DMARC.

use super::*;

#[test]
fn there_is_never_more_than_one_policy_id() {
    let live = "_mta-sts 60 TXT \"v=STSv1; id=1;\"\n";
    let found = texts("_mta-sts", "\"v=STSv1; id=1;\"", "\"v=STSv1; id=2;\"", live);
    assert_eq!(found, (vec![1; 7], 0));
    // As it is after a way back to `prepare`.
    let between = live.replace("id=1;", "id=2both");
    let found = texts("_mta-sts", "\"v=STSv1; id=1;\"", "\"v=STSv1; id=2;\"", &between);
    assert_eq!(found, (vec![1; 7], 0));
}

#[test]
fn the_policy_with_the_hosts_of_both_has_an_id_of_its_own() {
    let check = |new: &str, mx_moves: bool, expected: [&str; 3]| {
        let record = |id: &str| format!("_mta-sts 60 TXT \"v=STSv1; id={id}\"\n");
        let live = Zone::parse(&format!("{LIVE}{}", record("1")), &apex()).unwrap();
        let side = |id| vec![crate::dns::parse_rrset(&record(id), &apex()).unwrap()];
        let mut intent = intent();
        (intent.old.records, intent.new.records) = (side("1"), side(new));
        if !mx_moves {
            intent.new.mx = intent.old.mx.clone();
        }
        let walk = walk(&live, &intent, &Policy::default(), &Facts::default());
        let at = [Stage::Prepare, Stage::RestoreTtl, Stage::Retire].map(|stage| {
            let (_, zone) = walk.steps.iter().find(|(one, _)| *one == stage).unwrap();
            zone.find(&name("_mta-sts"), Rtype::TXT).unwrap().rdata()[0].to_string()
        });
        assert_eq!(at, expected.map(|id| format!("\"v=STSv1; id={id}\"")));
    };
    check("2", true, ["2both", "2both", "2"]);
    check("2", false, ["2", "2", "2"]);
    // Nobody would fetch the third after the first: the plan is refused instead.
    check("1", true, ["1", "1", "1"]);
}

#[test]
fn senders_that_keep_an_mta_sts_policy_are_told_first() {
    let plan =
        |live: &str, checkpoints| forward(live, &Policy { checkpoints, ..Policy::default() });
    let with_policy = format!("{LIVE}_mta-sts 3600 TXT \"v=STSv1; id=1\"\n");
    let told = plan(&with_policy, None);
    assert_eq!(asked(&told, Stage::Prepare), ["sts-policy-both"]);
    assert_eq!(asked(&told, Stage::Retire), ["sts-policy-new"]);
    assert_eq!(asked(&plan(LIVE, None), Stage::Prepare), [""; 0]);
    assert_eq!(asked(&plan(&with_policy, Some(Vec::new())), Stage::Prepare), [""; 0]);
    // Only the senders change: the policy lists the right hosts already.
    let live = Zone::parse(&with_policy, &apex()).unwrap();
    let mut senders = intent();
    senders.new.mx = senders.old.mx.clone();
    let walk = walk(&live, &senders, &Policy::default(), &Facts::default());
    let plan = Plan::forward(&walk, &Policy::default(), String::new());
    assert_eq!(asked(&plan, Stage::Prepare), [""; 0]);
}

#[test]
fn a_mail_server_gets_its_next_key_after_two_ttls() {
    let key = |key: &str| format!("_25._tcp.mail 7200 TLSA 3 1 1 {key}\n");
    let live = Zone::parse(&format!("{LIVE}{}", key("AA")), &apex()).unwrap();
    let plan = |new: &str, policy: &Policy| {
        let side = |key: &str| vec![crate::dns::parse_rrset(key, &apex()).unwrap()];
        let mut intent = intent();
        (intent.old.records, intent.new.records) = (side(&key("AA")), side(&key(new)));
        Plan::forward(&walk(&live, &intent, policy, &Facts::default()), policy, String::new())
    };
    let opens: Timestamp = "2027-03-03T18:00:00Z".parse().unwrap();
    let policy = Policy {
        window: Some(Window { opens, length: Duration::from_secs(86_400) }),
        ..Policy::default()
    };
    let moved = plan("BB", &policy);
    let keys = |stage| {
        let changes = moved.phase(stage).unwrap().changes.iter();
        let mut ours = changes.filter(|change| change.key().rtype == Rtype::TLSA);
        ours.find_map(Change::after).map(|after| after.rdata().len())
    };
    let stages = [Stage::Prepare, Stage::Delivery, Stage::Retire];
    assert_eq!(stages.map(keys), [Some(2), None, Some(1)]);
    // REFRESH and RETRY make 180 s, and the margin is an hour.
    let due = opens - Duration::from_secs(2 * 7_200 + 180 + 3_600);
    let begins = |plan: &Plan, now: Timestamp| {
        let schedule = schedule(plan, &policy, now);
        let of_keys = schedule.deadlines.iter().find(|one| one.key.rtype == Rtype::TLSA);
        (schedule.phases[1].begins, of_keys.map(|deadline| deadline.at))
    };
    assert_eq!(begins(&moved, due), (opens, Some(due)));
    let late = opens - Duration::from_secs(7_200);
    assert_eq!(begins(&moved, late).0, late + Duration::from_secs(2 * 7_200 + 180));
    // A key that stays needs no time, and the MX alone one TTL.
    assert_eq!(begins(&plan("AA", &policy), late), (opens, None));
}

#[test]
fn a_host_that_changes_machines_is_taken_with_either_key() {
    let records = |host: &str, key: &str| {
        let lines = [format!("mail 3600 A {host}"), format!("_25._tcp.mail 3600 TLSA 3 1 1 {key}")];
        lines.map(|line| crate::dns::parse_rrset(&line, &apex()).unwrap()).into()
    };
    let live = format!("{LIVE}_25._tcp.mail 3600 TLSA 3 1 1 AA\n");
    let live = Zone::parse(&live, &apex()).unwrap();
    let mut intent = intent();
    intent.new.mx = intent.old.mx.clone();
    (intent.old.records, intent.new.records) =
        (records("192.0.2.10", "AA"), records("192.0.2.20", "BB"));
    let policy = Policy::default();
    let plan = |walk| Plan::forward(&walk, &policy, String::new());
    let moved = plan(walk(&live, &intent, &policy, &Facts::default()));
    assert_eq!(hazards(&live, &moved, &intent), []);
    // Without the next key beside the old one it is told.
    let mut hasty = walk(&live, &intent, &policy, &Facts::default());
    for (stage, zone) in &mut hasty.steps {
        if !stage.is_final() {
            zone.put(live.find(&name("_25._tcp.mail"), Rtype::TLSA).unwrap().clone());
        }
    }
    let found = hazards(&live, &plan(hasty), &intent);
    assert!(found.iter().any(|hazard| hazard.invariant == Invariant::Policies), "{found:?}");
}

#[test]
fn dmarc_is_as_weak_as_both_until_the_old_platform_retires() {
    let check = |old: &str, new: &str, between: &str| {
        let live = LIVE.replace("v=DMARC1; p=reject", &format!("v=DMARC1; {old}"));
        let live = Zone::parse(&live, &apex()).unwrap();
        let mut intent = intent();
        let text = |tags: &str| Some(format!("v=DMARC1; {tags}"));
        (intent.old.dmarc, intent.new.dmarc) = (text(old), text(new));
        let walk = walk(&live, &intent, &Policy::default(), &Facts::default());
        assert_eq!(walk.mismatches, []);
        let at = |zone: &Zone| {
            let set = zone.find(&name("_dmarc"), Rtype::TXT).unwrap();
            set.rdata()[0].text().unwrap().replace("v=DMARC1; ", "")
        };
        let stages = [Stage::Prepare, Stage::Delivery, Stage::RestoreTtl, Stage::Retire];
        let found =
            stages.map(|stage| at(&walk.steps.iter().find(|(one, _)| *one == stage).unwrap().1));
        assert_eq!(found, [between, between, between, new], "{old} to {new}");
        // A plan made anew on the way knows it for what it is.
        let again = super::walk(&walk.steps[2].1, &intent, &Policy::default(), &Facts::default());
        assert_eq!(again.mismatches, [], "{old} to {new}");
    };
    check("p=reject", "p=none", "p=none");
    check("p=none", "p=reject; adkim=s", "p=none");
    check("p=reject; sp=none", "p=quarantine; pct=50", "p=quarantine; pct=50; sp=none");
    check("p=reject; adkim=s; aspf=s", "p=reject; np=none", "p=reject; np=none");
    check("p=reject; sp=reject", "p=reject; aspf=s; sp=none", "p=reject; sp=none");
}
