//! Reports of moves that went well, badly and back.

use super::*;
use crate::dns::{Name, Rtype, Ttl, Zone};
use crate::plan::{Direction, Guard, Phase, Served, Sighting, Stage, diff};
use crate::report::When;
use crate::run::Verdict;
use std::time::Duration;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn zone(text: &str) -> Zone {
    Zone::parse(text, &Name::parse("example.").unwrap()).unwrap()
}

fn mx() -> RrKey {
    RrKey::new(Name::parse("example.").unwrap(), Rtype::MX)
}

/// MX moves from a to b, with a TTL of a minute.
fn plan() -> Plan {
    let changes = diff(&zone("@ 60 MX 10 a."), &zone("@ 60 MX 10 b."));
    Plan {
        zone: Name::parse("example.").unwrap(),
        direction: Direction::Forward,
        negative_ttl: Ttl::from_secs(30),
        propagation: Duration::from_secs(10),
        cache_floor: Duration::ZERO,
        window: None,
        phases: vec![Phase { stage: Stage::Delivery, changes, gates: Vec::new() }],
        scopes: BTreeMap::new(),
        own_ttls: BTreeMap::new(),
        flattened: Vec::new(),
        intent: String::new(),
    }
}

fn entry(seconds: i64, event: Event) -> Entry {
    Entry { at: at(seconds), event }
}

fn sighting(server: &str, served: Served) -> Sighting {
    Sighting { server: Some(server.to_owned()), key: mx(), served }
}

fn seen(seconds: i64, server: &str, served: Served) -> Entry {
    let seen = vec![sighting(server, served)];
    entry(seconds, Event::Seen { stage: Stage::Delivery, seen })
}

/// Approved at 0, sent at 10, at ns1 by 12, at ns2 by 40, published then; dead at 100.
fn journal() -> Vec<Entry> {
    vec![
        entry(0, Event::Planned(Box::new(plan()))),
        entry(10, Event::ApplyBegan(Stage::Delivery)),
        entry(11, Event::Applied(Stage::Delivery, Guard::Values)),
        seen(12, "ns1", Served::After),
        seen(40, "ns2", Served::After),
        entry(45, Event::Published { stage: Stage::Delivery, since: at(40) }),
    ]
}

fn observation(seconds: i64, name: &str, kind: Kind, verdict: Verdict) -> Observation {
    let (name, place) = (name.to_owned(), format!("{name}:53"));
    Observation { at: at(seconds), name, place, kind, key: mx(), verdict }
}

fn resolver(seconds: i64, name: &str, verdict: Verdict) -> Observation {
    observation(seconds, name, Kind::Resolver, verdict)
}

fn after(entries: &[Entry], observations: &[Observation]) -> After {
    After::of(entries, observations, &Policy::default(), at(1000)).unwrap()
}

fn markdown(after: &After) -> String {
    let when = When { now: after.at, zone: Some(chrono_tz::UTC) };
    paper(&[(Name::parse("example.").unwrap(), Some(after.clone()), when)]).markdown()
}

#[test]
fn name_servers_follow_at_their_own_pace() {
    let check = |entries: &[Entry], expected: &[(&str, Option<u64>, usize)]| {
        let after = after(entries, &[]);
        let told: Vec<_> = after.legs[0].passages[0]
            .followers
            .iter()
            .map(|one| (one.server.as_str(), one.behind.map(|one| one.as_secs()), one.relapses))
            .collect();
        assert_eq!(told, expected);
    };
    check(&journal(), &[("ns1", Some(0), 0), ("ns2", Some(28), 0)]);
    // One that goes back to the old, and never comes again: its time is unknown.
    let mut journal = journal();
    journal.insert(4, seen(20, "ns1", Served::Before));
    check(&journal[..5], &[("ns1", None, 1)]);
    check(&journal[..6], &[("ns2", Some(0), 0), ("ns1", None, 1)]);
}

#[test]
fn what_name_servers_took_is_held_against_the_bound() {
    let slow = after(&journal(), &[]);
    let passage = &slow.legs[0].passages[0];
    assert_eq!(passage.propagation(), Some(Duration::from_secs(29)));
    assert_eq!(passage.bound(), Duration::from_secs(10));
    assert!(markdown(&slow).contains("name servers took 29 s; the plan allowed 10 s"));
    let mut quick = journal();
    quick.truncate(4);
    quick.push(entry(20, Event::Published { stage: Stage::Delivery, since: at(15) }));
    let quick = after(&quick, &[]);
    assert!(!markdown(&quick).contains("the plan allowed 10 s."), "{}", markdown(&quick));
}

#[test]
fn the_old_is_gone_when_its_last_holder_was_seen_with_the_new() {
    let check = |seen: &[Observation], expected: Option<(&str, Option<i64>)>| {
        let after = after(&journal(), seen);
        let spread = after.legs[0].passages[0].spread.as_ref().unwrap();
        let told = match spread.gone().unwrap() {
            Gone::Unseen(since) => {
                assert_eq!(since, at(50), "nobody knows of before");
                None
            }
            Gone::By(last, new) => {
                Some((last.resolver.as_str(), Some(new.timestamp() - at(0).timestamp())))
            }
            Gone::Open(last) => Some((last.resolver.as_str(), None)),
        };
        assert_eq!(told, expected);
    };
    let old = |until| Verdict::Old(at(until));
    let quick = [resolver(50, "quick", Verdict::New)];
    check(&quick, None);
    let slow = [resolver(50, "slow", old(90)), resolver(95, "slow", Verdict::New)];
    check(&[&quick[..], &slow].concat(), Some(("slow (slow:53)", Some(95))));
    // One that fell silent may have it still.
    let lost = resolver(50, "lost", old(80));
    let silent = resolver(81, "lost", Verdict::Silent("it sleeps".into()));
    check(&[&slow[..], &[lost, silent]].concat(), Some(("lost (lost:53)", None)));
    // What name servers say, and what was said before publication, is something else.
    let server = observation(50, "ns3", Kind::Authoritative, old(99));
    let early = resolver(39, "early", old(99));
    check(&[&[early], &quick[..], &[server]].concat(), None);
}

#[test]
fn what_nobody_has_seen_is_unknown() {
    let text = markdown(&after(&journal(), &[]));
    for part in [
        "Nobody watched: what resolvers answered, and when they last had the old, is unknown",
        "| old dead, measured |  | unknown |  |",
        "when they had the new is unknown",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
    let silent = resolver(50, "lost", Verdict::Silent("it sleeps".into()));
    let after = after(&journal(), &[silent]);
    let spread = after.legs[0].passages[0].spread.as_ref().unwrap();
    assert_eq!((spread.answered, spread.mute, spread.points.len()), (0, 1, 0));
    assert!(!markdown(&after).contains("when they were asked first"), "{}", markdown(&after));
    let document = document(&after);
    assert_eq!(
        document["plans"][0]["phases"][0]["observed"]["old_gone_by"],
        serde_json::Value::Null
    );
}

#[test]
fn late_copies_and_stretched_ttls_stand_out() {
    let calm = [resolver(50, "quick", Verdict::New)];
    assert_eq!(after(&journal(), &calm).late, []);
    let seen = [
        observation(60, "ns2", Kind::Authoritative, Verdict::Old(at(120))),
        resolver(60, "lost", Verdict::Late(at(115))),
        resolver(70, "lost", Verdict::Late(at(120))),
        resolver(70, "floor", Verdict::Stretched(at(400))),
        resolver(125, "lost", Verdict::New),
    ];
    let after = after(&journal(), &seen);
    let [late] = &after.late[..] else { panic!("{:?}", after.late) };
    assert_eq!((late.seen, late.until), (at(60), at(120)));
    assert_eq!(late.suspects, ["ns2 (ns2:53)".to_owned()].into());
    assert_eq!(after.breaches.len(), 1);
    let text = markdown(&after);
    for part in [
        "Alarm: `lost (lost:53)` took in the old `example. MX` after publication",
        "`floor (floor:53)` kept records longer than their TTLs say",
        "`floor (floor:53)` was last seen with the old",
    ] {
        assert!(text.contains(part), "`{part}` is not in\n{text}");
    }
}

#[test]
fn a_way_back_is_told_and_leaves_all_as_it_was() {
    let mut journal = journal();
    let done = after(&journal, &[]);
    assert_eq!(done.ended(), Some(at(100)));
    let [moved] = &done.records()[..] else { panic!("{:?}", done.records()) };
    assert_ne!(moved.before, moved.after);
    let back = plan().back(1, None).unwrap();
    journal.extend([
        entry(200, Event::Planned(Box::new(back))),
        entry(201, Event::ApplyBegan(Stage::Delivery)),
    ]);
    let turned = after(&journal, &[]);
    assert_eq!((turned.legs.len(), turned.ended()), (2, None));
    let [moved] = &turned.records()[..] else { panic!("{:?}", turned.records()) };
    assert_eq!(moved.before, moved.after);
    let text = markdown(&turned);
    assert!(text.contains("The move was turned back 2027-01-15T08:03:20Z."), "{text}");
    assert!(!markdown(&done).contains("turned back"), "{}", markdown(&done));
}

#[test]
fn what_people_said_is_told_and_is_no_markup() {
    let mut journal = journal();
    let (checkpoint, by) = ("synced".to_owned(), "ann <b>".to_owned());
    let note = Some("all | of *them*".to_owned());
    journal.push(entry(50, Event::Confirmed { checkpoint, by, note }));
    let text = markdown(&after(&journal, &[]));
    assert!(text.contains(r"| `synced` | ann \<b\> | all \| of \*them\* |"), "{text}");
}
