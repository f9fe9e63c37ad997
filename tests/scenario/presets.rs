//! From every platform that the program knows to every other.

use crate::authority::Authority;
use crate::domain::{HOUR, MINUTE, short, zone};
use crate::internet::Setting;
use crate::moving::Move;
use crate::population::some;
use crate::transition::{Transition, content};
use crate::world::world;
use cutover::config::{Source, zone_file};
use cutover::dns::{RrSet, Ttl, Zone};
use cutover::mail::Intent;
use cutover::mail::lint;
use cutover::mail::platform::{PRESETS, Preset};
use cutover::plan::rules::walked;
use cutover::plan::{Facts, Plan, Policy, hazards, walk};
use std::collections::BTreeSet;
use std::path::Path;

/// What the console of a platform would say, and the MX of one that has none by itself.
fn side(preset: &Preset) -> String {
    let words = preset.text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let is_setting =
        |word: &&str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase() || c == b'-');
    let asked: BTreeSet<_> = words.filter(is_setting).collect();
    // The label of Microsoft's MX follows from it.
    let is_asked = |word: &&str| !word.starts_with("zone") && *word != "mx-label";
    let asked = asked.into_iter().filter(is_asked);
    let value = |word: &str| match word {
        "host" => format!("mail.{}.example.", preset.name),
        "mx" if preset.name.ends_with("dane") => "example-net.x-v1.mx.microsoft.".to_owned(),
        "mx" => "example-net.mail.protection.outlook.com.".to_owned(),
        "region" => "eu".to_owned(),
        // One tenant has both of Microsoft's, and one pair of selectors.
        "tenant" => "contoso".to_owned(),
        other => format!("{}-{other}", preset.name),
    };
    let settings = asked.map(|word| format!("{word}: {}", value(word))).collect::<Vec<_>>();
    let mx = match preset.text.contains("\nmx:") {
        true => String::new(),
        false => format!(", mx: [10 mail.{}.example.]", preset.name),
    };
    let settings = match settings.is_empty() {
        true => String::new(),
        false => format!(", settings: {{{}}}", settings.join(", ")),
    };
    format!("{{platform: {}{settings}{mx}}}", preset.name)
}

fn intent(old: &Preset, new: &Preset) -> Intent {
    let (old, new) = (side(old), side(new));
    let text = format!("version: 1\nzone: example.net\nprovider: p\nold: {old}\nnew: {new}\n");
    let (specs, mistakes) = zone_file(&Source::new("zones/x.yaml", &text), Path::new("."));
    assert!(mistakes.is_empty(), "{text}{mistakes:?}");
    specs.into_iter().next().unwrap().intent
}

/// The zone on the old platform, with neighbours, each record for an hour.
fn live(intent: &Intent) -> Zone {
    let base = zone(
        "@ 3600 SOA ns1 hostmaster 1 3600 600 604800 900\n@ 3600 NS ns1\nns1 3600 A 192.0.2.53\n\
         www 3600 A 192.0.2.80\n@ 3600 TXT neighbour\nmail 3600 A 192.0.2.25",
    );
    let full = world(&base, &intent.old);
    let sets = full.rrsets().map(|set| {
        let ttl = Ttl::from_secs(HOUR as u32);
        RrSet::of(set.key().clone(), ttl, set.rdata().iter().cloned()).unwrap()
    });
    Zone::of(full.apex().clone(), sets)
}

fn pairs() -> impl Iterator<Item = (&'static Preset, &'static Preset)> {
    let all = PRESETS.iter().flat_map(|old| PRESETS.iter().map(move |new| (old, new)));
    all.filter(|(old, new)| old.name != new.name)
}

#[test]
fn no_pair_has_a_hazard() {
    let policy = Policy { window: None, ..short() };
    let bad = pairs().filter_map(|(old, new)| {
        let intent = intent(old, new);
        let live = live(&intent);
        let walk = walk(&live, &intent, &policy, &Facts::default());
        assert!(walk.mismatches.is_empty(), "{} to {}", old.name, new.name);
        let plan = Plan::forward(&walk, &policy, String::new());
        let found = hazards(&live, &plan, &intent);
        (!found.is_empty()).then(|| format!("{} to {}: {found:?}", old.name, new.name))
    });
    assert_eq!(bad.collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(pairs().count(), 19 * 18);
}

/// A key that a platform keeps for itself, a service that ends, a record without a verdict.
#[test]
fn of_presets_alone_little_is_told() {
    let policy = Policy { window: None, ..short() };
    let mut told = BTreeSet::new();
    for (old, new) in pairs() {
        let intent = intent(old, new);
        let live = live(&intent);
        let walk = walk(&live, &intent, &policy, &Facts::default());
        let zones = [&walk.start].into_iter().chain(walk.steps.iter().map(|(_, zone)| zone));
        let found = zones
            .flat_map(|zone| lint::zone(zone, zone))
            .chain(lint::intent(&intent))
            .chain(walked(&walk));
        told.extend(found.map(|finding| finding.id));
    }
    assert_eq!(told.into_iter().collect::<Vec<_>>(), ["AD04", "DK17", "PL19", "PL20", "SPF09"]);
}

/// Each platform once as the old one and once as the new.
#[tokio::test]
async fn round_all_platforms_nobody_has_a_bad_minute() {
    let next = PRESETS.iter().cycle().skip(7);
    for ((old, new), seed) in PRESETS.iter().zip(next).zip(1..) {
        let intent = intent(old, new);
        let policy = Policy { window: None, ..short() };
        let transition = Transition::new(live(&intent), intent, policy);
        let servers = vec![Authority::new("ns1", 0), Authority::new("ns2", 40 * MINUTE)];
        let setting = Setting { servers, resolvers: some(6, seed), late: 0 };
        let mut moving = Move::new(&transition, &setting);
        moving.finish().await.unwrap();
        let story = format!("{} to {}", old.name, new.name);
        assert_eq!(content(&moving.net.zone()), transition.goal(), "{story}");
        assert_eq!(moving.net.violations(), Vec::<String>::new(), "{story}");
    }
}
