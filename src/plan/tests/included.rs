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
