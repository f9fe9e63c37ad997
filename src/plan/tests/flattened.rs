//! Addresses that stand for includes, on the walk and in what comes of it.

use super::*;
use crate::mail::{Evidence, Said};
use crate::plan::rules::flat::told;

/// What others publish.
const WORLD: &str = "\
a.example. 60 TXT \"v=spf1 ip4:198.51.100.0/25 ip4:198.51.100.128/25 include:b.example ~all\"
b.example. 60 TXT \"v=spf1 exists:%{i}.example -all\"
c.example. 60 TXT \"v=spf1 ip4:203.0.113.1 ~all\"
";

/// A move from one record to another, and the zone as it is.
fn moving(old: &str, new: &str) -> (Zone, Intent) {
    let [old, new] = [old, new].map(|text| format!("v=spf1 {text}"));
    let live = Zone::parse(&LIVE.replace("v=spf1 mx -all", &old), &apex()).unwrap();
    let mut intent = intent();
    intent.old.spf = Some(Spf::parse(&old).unwrap());
    intent.new.spf = Some(Spf::parse(&new).unwrap());
    (live, intent)
}

/// What stands for includes, asked of the world but for names that it is silent about.
fn asked(live: &Zone, intent: &Intent, silent: &str) -> Flattening {
    let world = Zone::parse(WORLD, &Name::root()).unwrap();
    let mut evidence = Evidence::default();
    loop {
        let found = flattening(live, intent, &evidence.beside(live));
        let questions = evidence.questions();
        if questions.is_empty() {
            return found;
        }
        for key in questions {
            let said = match world.get(&key) {
                _ if key.owner.to_string() == silent => Said::Nothing,
                Some(set) => Said::Data(set.rdata().to_vec()),
                None => Said::Absent,
            };
            evidence.learn(key, said);
        }
    }
}

fn dated(found: &Flattening) -> Vec<Flattened> {
    let time = |text: &str| text.parse().unwrap();
    let flat = found.flat.iter().map(|flat| Flattened {
        domain: flat.domain.clone(),
        passes: flat.passes.clone(),
        asked: time("2027-02-20T09:00:00Z"),
        until: time("2027-02-20T09:01:00Z"),
        owner: Name::parse("a.example.").unwrap(),
    });
    flat.collect()
}

fn policy(found: &Flattening) -> Policy {
    Policy { flatten: true, flattened: dated(found), ..Policy::default() }
}

/// The SPF record after a stage.
fn spf(plan: &Plan, live: &Zone, stage: Stage) -> String {
    let mut zone = live.clone();
    for change in
        plan.phases.iter().take_while(|phase| phase.stage <= stage).flat_map(|p| &p.changes)
    {
        change.after().into_iter().for_each(|set| zone.put(set.clone()));
    }
    let texts = zone.find(&apex(), Rtype::TXT).unwrap().rdata().iter().filter_map(Rdata::text);
    texts.into_iter().find(|text| text.starts_with("v=spf1")).unwrap().into_owned()
}

#[test]
fn old_includes_become_addresses_and_those_of_new_where_need_be() {
    let check = |old: &str, new: &str, between: &str| {
        let (live, intent) = moving(old, new);
        let policy = policy(&asked(&live, &intent, ""));
        let walk = walk(&live, &intent, &policy, &Facts::default());
        let plan = Plan::forward(&walk, &policy, String::new());
        assert_eq!(spf(&plan, &live, Stage::Prepare), format!("v=spf1 {between}"), "{old} {new}");
        assert_eq!(spf(&plan, &live, Stage::RetireKeys), format!("v=spf1 {new}"));
        assert_eq!(hazards(&live, &plan, &intent), []);
    };
    let flat = "ip4:198.51.100.0/24 include:b.example";
    check(
        "include:a.example -all",
        "include:c.example -all",
        &format!("{flat} include:c.example ~all"),
    );
    check(
        "redirect=a.example",
        "include:c.example ?all",
        &format!("{flat} include:c.example ?all"),
    );
    // What stays in the record of `new` asks in any case.
    check(
        "include:a.example mx -all",
        "include:a.example ~all",
        "ip4:192.0.2.10 include:a.example ~all",
    );
    check(
        "include:c.example ip4:203.0.113.0 -all",
        "-a:x.example include:a.example ~all",
        "ip4:203.0.113.0/31 -a:x.example include:a.example ~all",
    );
    check(
        "-include:c.example include:a.example -all",
        "a:x.example ~all",
        &format!("a:x.example -include:c.example {flat} ~all"),
    );
    let nine: String = (1..=9).map(|n| format!("a:h{n}.example ")).collect();
    check(
        "include:a.example -all",
        &format!("{nine}include:c.example ~all"),
        &format!("ip4:198.51.100.0/24 ip4:203.0.113.1 include:b.example {nine}~all"),
    );
}

#[test]
fn what_stands_and_what_stays_is_told() {
    let check = |silent: &str, expected: &[&str]| {
        let (live, intent) = moving("include:a.example -all", "include:c.example ~all");
        let found = asked(&live, &intent, silent);
        let findings = told(&apex(), &dated(&found), &found);
        let lines = findings.iter().map(|one| format!("{} {}", one.id, one.message));
        assert_eq!(lines.collect::<Vec<_>>(), expected);
    };
    let stands = "SPF27 `ip4:198.51.100.0/24 include:b.example` stands for `include:a.example` as \
        of 2027-02-20T09:00:00Z; whoever runs `a.example.` may change that from \
        2027-02-20T09:01:00Z on: look again before mail depends on it";
    check(
        "",
        &[
            stands,
            "SPF28 `include:b.example` stays: `exists:%{i}.example` depends on the \
        message",
        ],
    );
    let silent = |domain: &str| {
        format!(
            "SPF29 no addresses can stand for `include:{domain}`: nobody says what is at \
             `{domain}. TXT`; plan again when somebody does, name `resolvers` that do, or leave \
             `flatten` out"
        )
    };
    check("b.example.", &[stands, &silent("b.example")]);
    check("a.example.", &[&silent("a.example")]);
    check(
        "c.example.",
        &[
            stands,
            "SPF28 `include:b.example` stays: `exists:%{i}.example` depends \
        on the message",
        ],
    );
}

/// Whatever others say by then, what is done stays, and so does what it rests on.
#[test]
fn an_edited_plan_keeps_what_was_asked() {
    let (mut live, intent) = moving("include:a.example -all", "include:c.example ~all");
    let found = asked(&live, &intent, "");
    let policy = policy(&found);
    let walk = walk(&live, &intent, &policy, &Facts::default());
    let plan = Plan::forward(&walk, &policy, String::new());
    plan.phases[0].changes.iter().filter_map(Change::after).for_each(|set| live.put(set.clone()));
    let revised = |edited: Policy| {
        plan.revised(1, &live, &intent, &edited, &Facts::default(), "edited".to_owned())
    };
    let soak = Duration::from_secs(60);
    let revised_plan = revised(Policy { flatten: true, soak, ..Policy::default() }).unwrap();
    assert_eq!(revised_plan.phases[0], plan.phases[0]);
    assert_eq!(revised_plan.flattened, plan.flattened);
    let told = revised(Policy::default()).unwrap_err();
    assert!(told[0].to_string().contains("`example.net. TXT` became"), "{told:?}");
}

#[test]
fn a_plan_with_other_addresses_is_another_plan() {
    let (live, intent) = moving("include:a.example -all", "include:c.example ~all");
    let policy = policy(&asked(&live, &intent, ""));
    let walk = walk(&live, &intent, &policy, &Facts::default());
    let digest = |policy: &Policy| Plan::forward(&walk, policy, String::new()).digest();
    let mut later = policy.clone();
    later.flattened[0].until += Duration::from_secs(60);
    assert_eq!(digest(&policy), digest(&later));
    later.flattened[0].passes = Spf::default();
    assert_ne!(digest(&policy), digest(&later));
}
