//! SPF records of names in the zone that the zone's own record includes, on the walk.

use super::*;
use crate::plan::rules::walked;

/// What `_spf` holds after `prepare`, `retire` and `retire-keys`, the domain including it all the
/// time; two slashes stand between texts. Nothing must speak against it.
fn check(old: &str, new: &str, expected: [&str; 3]) {
    let lines = |texts: &str| -> String {
        texts.split(" // ").map(|text| format!("_spf 3600 TXT \"{text}\"\n")).collect()
    };
    let own = "v=spf1 include:_spf.example.net ~all";
    let live = LIVE.replace("v=spf1 mx -all", own);
    let live = format!("{live}{}_spf 3600 TXT stranger\n", lines(old));
    let live = Zone::parse(&live, &apex()).unwrap();
    let sets = |texts: &str| {
        let zone = Zone::parse(&lines(texts), &apex()).unwrap();
        zone.rrsets().map(|set| (set.clone(), None)).collect::<Vec<_>>()
    };
    let mut intent = intent();
    for (side, texts) in [(&mut intent.old, old), (&mut intent.new, new)] {
        (side.spf, side.records) = (Some(Spf::parse(own).unwrap()), sets(texts));
    }
    let policy = Policy::default();
    let walk = walk(&live, &intent, &policy, &Facts::default());
    assert_eq!((&walk.mismatches[..], walked(&walk)), (&[][..], Vec::new()));
    let held = [Stage::Prepare, Stage::Retire, Stage::RetireKeys].map(|stage| {
        let (_, zone) = walk.steps.iter().find(|(one, _)| *one == stage).unwrap();
        let texts = zone.find(&name("_spf"), Rtype::TXT).unwrap().rdata().iter();
        let ours = texts.filter_map(Rdata::text).filter(|text| text != "stranger");
        ours.collect::<Vec<_>>().join(" // ")
    });
    assert_eq!(held, expected, "{old} {new}");
    let plan = Plan::forward(&walk, &policy, String::new());
    assert_eq!(hazards(&live, &plan, &intent), []);
}

#[test]
fn an_included_record_of_both_sides_is_their_union_until_the_old_retires() {
    let (old, new) = ("v=spf1 ip4:192.0.2.1 -all", "v=spf1 include:b.example ~all");
    check(old, new, ["v=spf1 ip4:192.0.2.1 include:b.example ~all", new, new]);
    check(
        "v=spf1 a:mail.example.net -all",
        new,
        ["v=spf1 ip4:192.0.2.10 include:b.example ~all", new, new],
    );
    // Bare, they mean the name itself, where nobody has an address.
    check("v=spf1 a mx -all", new, ["v=spf1 a mx include:b.example ~all", new, new]);
    check(old, old, [old, old, old]);
    check(
        old,
        "V=SPF1 ip4:192.0.2.1 -all",
        [old, "V=SPF1 ip4:192.0.2.1 -all", "V=SPF1 ip4:192.0.2.1 -all"],
    );
    let (two, next) = (format!("a // {old}"), format!("b // {new}"));
    check(&two, &next, ["a // b // v=spf1 ip4:192.0.2.1 include:b.example ~all", &next, &next]);
}

/// In which plan, and after which stage of it, the zone's own record leads to `_spf` no more, and
/// that is gone. Whoever still holds the former asks for the latter, and fails mail if it is not
/// there (RFC 7208 §5.2).
#[test]
fn an_included_record_outlives_what_includes_it() {
    let check = |has_users: bool, expected: [(usize, Stage); 2]| {
        let own = "v=spf1 include:_spf.example.net -all";
        let text = "_spf 3600 TXT \"v=spf1 ip4:192.0.2.10 -all\"\n";
        let mut live = LIVE.replace("v=spf1 mx -all", own) + text;
        let mut intent = intent();
        let records = Zone::parse(text, &apex()).unwrap();
        intent.old.records = records.rrsets().map(|set| (set.clone(), None)).collect();
        intent.old.spf = Some(Spf::parse(own).unwrap());
        if has_users {
            // They send by the old platform until it retires.
            live += "smtp 3600 CNAME mail\n";
            intent.old.submission = [(name("smtp"), vec![data(Rtype::CNAME, "mail")])].into();
        }
        let mut live = Zone::parse(&live, &apex()).unwrap();
        let (mut unled, mut gone) = (Vec::new(), Vec::new());
        for at in [1, 2] {
            let walk = walk(&live, &intent, &Policy::default(), &Facts::default());
            assert_eq!(walk.mismatches, []);
            let plan = Plan::forward(&walk, &Policy::default(), String::new());
            assert_eq!(hazards(&live, &plan, &intent), []);
            for (stage, zone) in &walk.steps {
                let texts = |owner: &Name| {
                    let sets = zone.find(owner, Rtype::TXT).into_iter();
                    sets.flat_map(|set| set.rdata()).filter_map(Rdata::text).collect::<Vec<_>>()
                };
                let leads = texts(&apex()).iter().any(|text| text.contains("include:_spf.ex"));
                let is_there = !texts(&name("_spf")).is_empty();
                unled.extend(Some((at, *stage)).filter(|_| !leads));
                gone.extend(Some((at, *stage)).filter(|_| !is_there));
            }
            live = walk.steps.last().unwrap().1.clone();
        }
        assert_eq!([unled[0], gone[0]], expected);
    };
    check(false, [(1, Stage::Retire), (1, Stage::RetireKeys)]);
    // The last phase is the first that leads there no more: the next plan has one delete left.
    check(true, [(1, Stage::RetireKeys), (2, Stage::RetireKeys)]);
}
