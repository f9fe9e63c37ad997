//! Policies on the walk: MTA-STS, of which senders are told in time (RFC 8461 §8.1), and DMARC.

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
