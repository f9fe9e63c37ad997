//! Plans as they are made have no hazards; plans that somebody has tampered with do.

use super::*;
use crate::config::{Source, zone_file};
use std::fs;
use std::path::Path;

const BEFORE: &str = r#"@ SOA ns1 hostmaster 1 3600 600 604800 300|@ NS ns1|@ MX 10 mail|
    @ TXT "v=spf1 mx -all"|@ TXT neighbour|s._domainkey TXT OLD|mail A 192.0.2.10|
    smtp A 192.0.2.10|imap CNAME mail|pop CNAME mail|www A 192.0.2.80|
    _mta-sts TXT "v=STSv1; id=1;""#;
const OLD: &str = r#"mx 10 mail|spf mx -all|dkim s._domainkey TXT OLD|send smtp A 192.0.2.10|
    read imap CNAME mail|read pop CNAME mail|record mail A 192.0.2.10|
    record _mta-sts TXT "v=STSv1; id=1;""#;
const NEW: &str = r#"mx 1 smtp.google.com.|spf include:_spf.google.com ~all|
    dkim t._domainkey TXT NEW|send smtp CNAME smtp.gmail.com.|read imap CNAME imap.gmail.com.|
    record _mta-sts TXT "v=STSv1; id=2;""#;

fn forward(live: &Zone, intent: &Intent, policy: &Policy) -> Plan {
    let walk = walk(live, intent, policy, &Facts::default());
    assert_eq!(walk.mismatches, []);
    Plan::forward(&walk, policy, String::new())
}

/// No hazard on the way, nor on any way back.
fn is_safe(live: &Zone, intent: &Intent, policy: &Policy) {
    let plan = forward(live, intent, policy);
    assert!(!plan.phases.is_empty());
    assert_eq!(hazards(live, &plan, intent), []);
    let zones = moment::zones(live, &plan);
    for (applied, zone) in zones.iter().enumerate() {
        for to in std::iter::once(None).chain(Stage::ALL.map(Some)) {
            let Ok(back) = plan.back(applied, to) else { continue };
            assert_eq!(hazards(zone, &back, intent), [], "{applied} to {to:?}");
        }
    }
}

/// The invariants that the plan breaks once it is tampered with.
fn tampered(tamper: impl Fn(&mut Plan)) -> Vec<&'static str> {
    let (live, intent) = (zone(BEFORE), intent(OLD, NEW));
    let mut plan = forward(&live, &intent, &Policy::default());
    tamper(&mut plan);
    let mut names: Vec<_> = hazards(&live, &plan, &intent).iter().map(|h| h.invariant).collect();
    names.sort();
    names.dedup();
    names.into_iter().map(Invariant::name).collect()
}

fn phase(plan: &mut Plan, stage: Stage) -> &mut Phase {
    plan.phases.iter_mut().find(|phase| phase.stage == stage).unwrap()
}

#[test]
fn a_planned_walk_is_safe_there_and_back() {
    let (live, sides) = (zone(BEFORE), intent(OLD, NEW));
    is_safe(&live, &sides, &Policy::default());
    use Stage::Retrieval;
    for order in [[Delivery, Submission, Retrieval], [Retrieval, Delivery, Submission]] {
        is_safe(&live, &sides, &Policy { order, ..Policy::default() });
    }
    assert_eq!(tampered(|_| ()), Vec::<&str>::new());
}

#[test]
fn a_domain_may_give_mail_up() {
    let new = r#"mx 0 .|spf -all|record _dmarc TXT "v=DMARC1; p=reject""#;
    let (live, sides) = (zone(BEFORE), intent(OLD, new));
    is_safe(&live, &sides, &Policy::default());
    let mut early = forward(&live, &sides, &Policy::default());
    early.phases.retain(|phase| phase.stage != Prepare);
    assert!(!hazards(&live, &early, &sides).is_empty());
}

#[test]
fn the_examples_are_safe_there_and_back() {
    let mut count = 0;
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let folders = fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path());
    for base in folders.filter(|path| path.join("zones").is_dir()) {
        for file in fs::read_dir(base.join("zones")).unwrap().map(|entry| entry.unwrap().path()) {
            let source = Source::new(&file, &fs::read_to_string(&file).unwrap());
            for spec in zone_file(&source, &base).0 {
                let apex = &spec.intent.zone;
                let live = base.join(format!("db.{}", apex.to_string().trim_end_matches('.')));
                let live = Zone::parse(&fs::read_to_string(live).unwrap(), apex).unwrap();
                is_safe(&live, &spec.intent, &spec.policy);
                count += 1;
            }
        }
    }
    assert!(count >= 8, "{count}");
}

#[test]
fn without_drains_new_senders_come_too_early() {
    let without = |plan: &mut Plan| {
        plan.phases.iter_mut().for_each(|phase| {
            phase.gates.retain(|gate| !matches!(gate, Gate::Drained(_) | Gate::Arrived { .. }));
        });
    };
    assert_eq!(tampered(without), ["I1", "I2", "I3", "I5", "I6", "I7"]);
}

#[test]
fn each_drain_is_needed() {
    let without = |stage| tampered(|plan| phase(plan, stage).gates.clear());
    assert_eq!(without(Submission), ["I2", "I6"]);
    assert_eq!(without(Delivery), [""; 0]); // what waited for `submission` counts for it
    assert_eq!(without(Retire), [""; 0]); // and `restore-ttl` has waited
    assert_eq!(without(RestoreTtl), [""; 0]); // nothing but TTLs change
    let both = |plan: &mut Plan| {
        phase(plan, Retire).gates.clear();
        phase(plan, RestoreTtl).gates.clear();
    };
    assert_eq!(tampered(both), ["I1", "I3", "I5"]);
}

#[test]
fn a_jump_breaks_nearly_everything() {
    let jump = |stage| {
        tampered(|plan| {
            let zones = moment::zones(&zone(BEFORE), plan);
            let changes = diff(&zones[0], zones.last().unwrap());
            plan.phases = vec![Phase { stage, changes, gates: Vec::new() }];
        })
    };
    assert_eq!(jump(Delivery), ["I1", "I2", "I5", "I6", "I7"]);
    assert_eq!(jump(Retire), ["I1", "I2", "I3", "I5", "I6", "I7"]);
}

#[test]
fn a_host_goes_after_its_mx() {
    let with_the_mx = |plan: &mut Plan| {
        let retire = phase(plan, Retire);
        let at = retire.changes.iter().position(|change| change.key().owner == name("mail"));
        let host = retire.changes.remove(at.unwrap());
        phase(plan, Delivery).changes.push(host);
    };
    assert_eq!(tampered(with_the_mx), ["I1", "I5"]);
}

#[test]
fn to_retire_with_the_move_is_too_early() {
    let hasty = |plan: &mut Plan| {
        let retire = phase(plan, Retire).changes.clone();
        plan.phases.retain(|phase| phase.stage != Retire);
        phase(plan, Delivery).changes.extend(retire);
    };
    assert_eq!(tampered(hasty), ["I1", "I5"]);
}

#[test]
fn the_way_back_waits_for_mail_under_way() {
    let (live, intent) = (zone(BEFORE), intent(OLD, NEW));
    let plan = forward(&live, &intent, &Policy::default());
    let start = &moment::zones(&live, &plan)[3];
    let mut back = plan.back(3, None).unwrap();
    assert_eq!(hazards(start, &back, &intent), []);
    phase(&mut back, Prepare).gates.clear();
    let names: Vec<_> = broken(&hazards(start, &back, &intent));
    assert_eq!(names, [("I2", Prepare), ("I2", Prepare), ("I6", Prepare)]);
}

/// Of these there are more mixtures than anybody can count.
#[test]
fn many_selectors_take_no_time() {
    let line = |n: usize, what: &str| format!("{what}{n}._domainkey TXT KEY{n}");
    let all = |what: &str, head: &str| -> String {
        (0..40).map(|n| format!("|{head}{}", line(n, what))).collect()
    };
    let live = zone(&format!("{BEFORE}{}", all("old", "")));
    let sides =
        [(OLD, "old"), (NEW, "new")].map(|(text, what)| text.to_owned() + &all(what, "dkim "));
    let intent = intent(&sides[0], &sides[1]);
    let plan = forward(&live, &intent, &Policy::default());
    assert_eq!(hazards(&live, &plan, &intent), []);
}
