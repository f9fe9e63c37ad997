//! A key of the old platform, copied into our zone when its alias would lead nowhere.

use super::*;
use crate::mail::KeyCopy;

const ALIAS: &str = "old._domainkey 7200 CNAME old.dkim.example.org.\n";
const COPY: &str = "old._domainkey 7200 TXT \"k=rsa; p=A\"\n";

/// The zone with another record in the place of the old key.
fn live(key: &str) -> Zone {
    let text = LIVE.replace("s2015._domainkey 3600 TXT \"k=rsa; p=\"\n", key);
    Zone::parse(&text, &apex()).unwrap()
}

fn intent(copy: Option<&str>) -> Intent {
    let (mut intent, owner) = (super::intent(), name("old._domainkey"));
    intent.old.dkim = [(owner.clone(), data(Rtype::CNAME, "old.dkim.example.org."))].into();
    let copy = copy.map(|text| (owner, KeyCopy::Key(data(Rtype::TXT, &format!("\"{text}\"")))));
    intent.old.copies = copy.into_iter().collect();
    intent
}

fn walked(live: &Zone, intent: &Intent) -> Walk {
    walk(live, intent, &Policy::default(), &Facts::default())
}

fn planned(live: &Zone, intent: &Intent) -> Plan {
    let walk = walked(live, intent);
    assert_eq!(walk.mismatches, []);
    Plan::forward(&walk, &Policy::default(), String::new())
}

/// What happens to the old selector, as `stage line` in their order.
fn told(plan: &Plan) -> Vec<String> {
    let mut stage = String::new();
    let mut told = Vec::new();
    for line in lines(plan).lines() {
        match line.strip_prefix("  ") {
            Some(change) if change.contains("old._domainkey") => {
                told.push(format!("{stage} {change}"));
            }
            Some(_) => (),
            None => stage = line.to_owned(),
        }
    }
    told
}

#[test]
fn the_alias_gives_way_to_the_key_when_the_old_platform_retires() {
    let check = |live: &str, copy, expected: &[&str]| {
        assert_eq!(told(&planned(&self::live(live), &intent(copy))), expected, "{live} {copy:?}");
    };
    let key = Some("k=rsa; p=A");
    let removed = "retire-keys - old._domainkey.@ 7200 TXT \"k=rsa; p=A\"";
    check(ALIAS, None, &["retire-keys - old._domainkey.@ 7200 CNAME old.dkim.example.org."]);
    check(
        ALIAS,
        key,
        &[
            "retire - old._domainkey.@ 7200 CNAME old.dkim.example.org.",
            "retire + old._domainkey.@ 7200 TXT \"k=rsa; p=A\"",
            removed,
        ],
    );
    // The run is between, and its journal is gone.
    check(COPY, key, &[removed]);
    // Both are gone: it is through.
    check("", key, &[]);
}

#[test]
fn a_selector_that_new_keeps_is_not_copied() {
    let mut intent = intent(Some("k=rsa; p=A"));
    intent.new.dkim.extend(intent.old.dkim.clone());
    assert_eq!(told(&planned(&live(ALIAS), &intent)), Vec::<String>::new());
}

#[test]
fn another_key_in_its_place_is_told() {
    let check = |live: &str, expected: &[&str]| {
        let found = walked(&self::live(live), &intent(Some("k=rsa; p=A"))).mismatches;
        let keys: Vec<_> = found.iter().map(|one| one.key.to_string()).collect();
        assert_eq!(keys, expected, "{live}");
    };
    check(ALIAS, &[]);
    check(COPY, &[]);
    check("", &[]);
    check(&COPY.replace("p=A", "p=B"), &["old._domainkey.example.net. TXT"]);
    check(&ALIAS.replace("old.dkim", "new.dkim"), &["old._domainkey.example.net. CNAME"]);
}

#[test]
fn every_zone_on_the_way_is_recognised() {
    let (start, intent) = (live(ALIAS), intent(Some("k=rsa; p=A")));
    let plan = planned(&start, &intent);
    let whole = walked(&start, &intent);
    assert!(!whole.is_begun);
    for (at, phase) in plan.phases.iter().enumerate() {
        let (_, zone) = whole.steps.iter().find(|(stage, _)| *stage == phase.stage).unwrap();
        let found = (0..plan.phases.len()).rfind(|at| plan.is_as_after(*at, zone));
        assert_eq!(found, Some(at), "{}", phase.stage);
        let facts = Facts::default();
        let again = plan.revised(at + 1, zone, &intent, &Policy::default(), &facts, String::new());
        assert_eq!(again.as_ref(), Ok(&plan), "{}", phase.stage);
    }
    // Where nothing but the key moves, the key tells that somebody has begun.
    let mut only = intent.clone();
    only.new = Side { dkim: Default::default(), ..only.old.clone() };
    assert!(walked(&live(COPY), &only).is_begun);
    assert!(!walked(&start, &only).is_begun);
}

#[test]
fn until_then_the_way_back_is_as_without_a_copy() {
    let back = |copy| {
        let plan = planned(&live(ALIAS), &intent(copy));
        let retire = plan.phases.iter().position(|phase| phase.stage == Stage::Retire).unwrap();
        let back = plan.back(retire, None).unwrap();
        assert_eq!(plan.back(retire + 1, None), Err(NoWayBack(Stage::Retire)));
        lines(&back)
    };
    assert_eq!(back(Some("k=rsa; p=A")), back(None));
    assert!(back(None).contains("retrieval"));
}

#[test]
fn whatever_caches_hold_is_the_key_or_leads_to_it() {
    let check = |planned_key, real_key, expected: &[(Invariant, Stage)]| {
        let start = live(ALIAS);
        let plan = planned(&start, &intent(planned_key));
        let found = hazards(&start, &plan, &intent(real_key));
        let found: Vec<_> = found.iter().map(|one| (one.invariant, one.stage)).collect();
        assert_eq!(found, expected, "{planned_key:?} for {real_key:?}");
    };
    let (a, b) = (Some("k=rsa; p=A"), Some("k=rsa; p=B"));
    check(a, a, &[]);
    check(None, None, &[]);
    check(None, a, &[]);
    check(a, b, &[(Invariant::Keys, Stage::Retire)]);
    check(a, None, &[(Invariant::Keys, Stage::Retire)]);
}

#[test]
fn the_account_ends_when_no_cache_leads_to_it() {
    let check = |copy, waits: u64, expected: &str| {
        let waits = Duration::from_secs(waits * 86_400);
        let policy = Policy { soak: waits, silence: waits, queue: waits, ..Policy::default() };
        let walk = walk(&live(ALIAS), &intent(copy), &policy, &Facts::default());
        let plan = Plan::forward(&walk, &policy, String::new());
        let times = schedule(&plan, &policy, "2027-01-01T00:00:00Z".parse().unwrap());
        let retire = plan.phases.iter().position(|phase| phase.stage == Stage::Retire).unwrap();
        let forgotten = times.phases[retire].drained_by.to_rfc3339();
        let ends = times.milestones.decommission_at.unwrap().to_rfc3339();
        assert_eq!(ends == forgotten, copy.is_some(), "{ends} {forgotten}");
        assert_eq!(ends, expected);
    };
    let key = Some("k=rsa; p=A");
    check(None, 1, "2027-01-04T01:16:00+00:00");
    check(key, 1, "2027-01-07T03:19:00+00:00");
    check(None, 14, "2027-01-15T01:03:00+00:00");
    check(key, 14, "2027-01-20T03:19:00+00:00");
}
