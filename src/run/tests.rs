//! A run told as a story: facts in, the next step out.

use super::*;
use crate::dns::{Name, Zone};
use crate::plan::{Change, Direction, Gate, Guard, Place, Window, diff};
use std::time::Duration;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

fn zone(text: &str) -> Zone {
    Zone::parse(text, &Name::parse("example.").unwrap()).unwrap()
}

fn phase(stage: Stage, from: &str, to: &str, gates: &[Gate]) -> Phase {
    Phase { stage, changes: diff(&zone(from), &zone(to)), gates: gates.to_vec() }
}

fn synced() -> Checkpoint {
    let place = Place::Before(Stage::Retrieval);
    Checkpoint { id: "synced".into(), ask: "Sync.".into(), place, lead: None }
}

/// prepare lowers 3600 to 60; delivery swaps; retrieval creates a name after a checkpoint.
fn plan() -> Plan {
    let (low, new) = ("@ 60 MX 10 a.", "@ 60 MX 10 b.");
    let phases = vec![
        phase(Stage::Prepare, "@ 3600 MX 10 a.", low, &[]),
        phase(Stage::Delivery, low, new, &[Gate::Drained(Stage::Prepare)]),
        phase(
            Stage::Retrieval,
            new,
            "@ 60 MX 10 b.\nimap 60 A 192.0.2.1",
            &[Gate::NotBefore(at(10_000)), Gate::Confirmed(synced())],
        ),
    ];
    Plan {
        zone: Name::parse("example.").unwrap(),
        direction: Direction::Forward,
        negative_ttl: crate::dns::Ttl::from_secs(300),
        propagation: Duration::from_secs(5),
        cache_floor: Duration::ZERO,
        window: None,
        phases,
        scopes: BTreeMap::new(),
        own_ttls: BTreeMap::new(),
        flattened: Vec::new(),
        intent: String::new(),
    }
}

fn published(stage: Stage, since: i64) -> Event {
    Event::Published { stage, since: at(since) }
}

fn confirmed() -> Event {
    Event::Confirmed { checkpoint: "synced".into(), by: "ann".into(), note: None }
}

/// Every event of a whole run with its time, and what `poll` says just after it.
fn story() -> Vec<(i64, Event, &'static str)> {
    use Event::{Applied, ApplyBegan};
    use Stage::{Delivery, Prepare, Retrieval};
    vec![
        (0, Event::Planned(Box::new(plan())), "apply prepare"),
        (1, ApplyBegan(Prepare), "reconcile prepare"),
        (2, Applied(Prepare, Guard::Values), "observe prepare"),
        (4, published(Prepare, 3), "wait until 3603 for delivery"),
        (3_603, ApplyBegan(Delivery), "reconcile delivery"),
        (3_604, Applied(Delivery, Guard::Values), "observe delivery"),
        (3_606, published(Delivery, 3_605), "wait until 10000 for retrieval"),
        (10_000, confirmed(), "apply retrieval"),
        (10_001, ApplyBegan(Retrieval), "reconcile retrieval"),
        (10_002, Applied(Retrieval, Guard::Values), "observe retrieval"),
        (10_003, published(Retrieval, 10_003), "wait until 10303 for caches"),
    ]
}

fn entries(upto: usize) -> Vec<Entry> {
    let story = story().into_iter().take(upto);
    story.map(|(seconds, event, _)| Entry { at: at(seconds), event }).collect()
}

fn next(run: &Run, now: Timestamp) -> String {
    match run.poll(now) {
        Next::Apply(phase) => format!("apply {}", phase.stage),
        Next::Reconcile(phase) => format!("reconcile {}", phase.stage),
        Next::Observe(phase) => format!("observe {}", phase.stage),
        Next::Wait(until, waiting) => {
            let what = match waiting {
                Waiting::Gate(phase, _) => phase.stage.to_string(),
                Waiting::Drain => "caches".to_owned(),
                Waiting::Clock => "the clock".to_owned(),
                Waiting::Past(phase) => format!("the past of {}", phase.stage),
            };
            format!("wait until {} for {what}", (until - at(0)).num_seconds())
        }
        Next::Ask(point) => format!("ask {}", point.id),
        Next::Probe(probe) => format!("probe {}", probe.id),
        Next::Missed(closed) => format!("missed {}", (closed - at(0)).num_seconds()),
        Next::Done => "done".to_owned(),
    }
}

#[test]
fn a_run_goes_from_gate_to_gate() {
    for (n, (seconds, _, expected)) in story().into_iter().enumerate() {
        let run = Run::replay(&entries(n + 1)).unwrap();
        assert_eq!(next(&run, at(seconds)), expected, "after entry {n}");
    }
    let run = Run::replay(&entries(11)).unwrap();
    assert_eq!(next(&run, at(10_303)), "done");
}

#[test]
fn a_window_that_nobody_used_is_missed_and_one_that_was_begun_is_not() {
    let mut windowed = plan();
    windowed.window = Some(Window { opens: at(5_000), length: Duration::from_secs(1_000) });
    let mut story = entries(7);
    story[0].event = Event::Planned(Box::new(windowed));
    let check = |upto, seconds, expected| {
        let run = Run::replay(&story[..upto]).unwrap();
        assert_eq!(next(&run, at(seconds)), expected);
    };
    check(4, 5_999, "apply delivery");
    check(4, 6_000, "missed 6000");
    check(1, 6_000, "apply prepare");
    check(7, 20_000, "ask synced");
}

#[test]
fn a_check_counts_for_a_short_while_and_a_person_may_vouch() {
    let mut careful = plan();
    let probe = Probe { id: "preflight".into(), hosts: Vec::new(), port: 25 };
    careful.phases[0].gates = vec![Gate::Probed(probe), Gate::Confirmed(synced())];
    let probed = Event::Probed { probe: "preflight".into(), found: String::new() };
    let vouched = Event::Confirmed { checkpoint: "preflight".into(), by: "ann".into(), note: None };
    let check = |events: &[Event], later: i64, expected| {
        let mut run = Run::new(careful.clone(), at(0));
        for event in events {
            run.record(&Entry { at: at(10), event: event.clone() }).unwrap();
        }
        assert_eq!(next(&run, at(10 + later)), expected);
    };
    check(&[], 0, "ask synced");
    check(&[confirmed()], 0, "probe preflight");
    check(&[confirmed(), probed.clone()], 599, "apply prepare");
    check(&[confirmed(), probed], 600, "probe preflight");
    check(&[confirmed(), vouched], 86_400, "apply prepare");
}

#[test]
fn a_person_is_asked_once_the_time_has_come() {
    let run = Run::replay(&entries(7)).unwrap();
    assert_eq!(next(&run, at(9_999)), "wait until 10000 for retrieval");
    assert_eq!(next(&run, at(10_000)), "ask synced");
}

#[test]
fn a_version_that_nobody_planned_prolongs_the_wait() {
    let stray = zone("@ 7200 MX 10 a.").rrsets().next().unwrap().clone();
    let mut run = Run::replay(&entries(3)).unwrap();
    let key = stray.key().clone();
    let served = Served::Other(Answer::Found(stray));
    let seen = vec![Sighting { server: None, key, served }];
    for event in [Event::Seen { stage: Stage::Prepare, seen }, published(Stage::Prepare, 3)] {
        run.record(&Entry { at: at(3), event }).unwrap();
    }
    assert_eq!(next(&run, at(4)), "wait until 7203 for delivery");
}

#[test]
fn events_out_of_order_are_refused() {
    let check = |upto, event: Event| {
        let mut run = Run::replay(&entries(upto)).unwrap();
        assert!(run.record(&Entry { at: at(20_000), event: event.clone() }).is_err(), "{event:?}");
    };
    check(1, Event::Applied(Stage::Prepare, Guard::Values));
    check(1, published(Stage::Prepare, 1));
    check(1, Event::ApplyBegan(Stage::Delivery));
    check(2, published(Stage::Prepare, 1));
    check(3, Event::ApplyBegan(Stage::Prepare));
    check(4, Event::Applied(Stage::Prepare, Guard::Values));
    check(4, Event::Planned(Box::new(plan())));
    check(11, Event::ApplyBegan(Stage::Retrieval));
    assert_eq!(Run::replay(&[]).unwrap_err(), IllegalEvent::NoPlan);
}

#[test]
fn a_way_back_takes_the_ledger_along() {
    let mut run = Run::replay(&entries(7)).unwrap();
    let back = run.plan().back(run.applied(), Some(Stage::Prepare)).unwrap();
    let story = [
        (4_000, Event::Planned(Box::new(back)), "apply delivery"),
        (4_001, Event::ApplyBegan(Stage::Delivery), "reconcile delivery"),
        (4_002, Event::Applied(Stage::Delivery, Guard::Values), "observe delivery"),
        (4_003, published(Stage::Delivery, 4_003), "wait until 4063 for caches"),
        (4_063, Event::Planned(Box::new(plan())), "apply prepare"),
    ];
    for (seconds, event, expected) in story {
        run.record(&Entry { at: at(seconds), event }).unwrap();
        assert_eq!(next(&run, at(seconds)), expected);
    }
}

#[test]
fn a_plan_on_top_of_one_that_was_given_up_waits_for_its_caches() {
    // Sent or published, `prepare` has replaced a TTL of 3600.
    for (upto, expected) in [(3, "wait until 3615 for the past of"), (4, "wait until 3603 for")] {
        let mut run = Run::replay(&entries(upto)).unwrap();
        let given_up = run.plan().back(run.applied(), Some(Stage::Prepare)).unwrap();
        assert_eq!(given_up.phases, []);
        let mut again = plan();
        again.phases.remove(0);
        again.phases[0].gates.clear();
        for plan in [given_up, again] {
            let event = Event::Planned(Box::new(plan));
            run.record(&Entry { at: at(10), event }).unwrap();
        }
        let next = next(&run, at(11));
        assert!(next.starts_with(expected) && next.ends_with("delivery"), "{next}");
    }
}

#[test]
fn a_confirmation_that_comes_behind_a_way_back_is_no_mistake() {
    let mut entries = entries(7);
    let run = Run::replay(&entries).unwrap();
    let back = run.plan().back(run.applied(), Some(Stage::Prepare)).unwrap();
    let late = [Event::Planned(Box::new(back)), confirmed()];
    entries.extend(late.map(|event| Entry { at: at(4_000), event }));
    assert_eq!(next(&Run::replay(&entries).unwrap(), at(4_001)), "apply delivery");
}

/// Before anything is sent another plan changes nothing about it; after a way back it is asked
/// again.
#[test]
fn what_a_person_has_done_counts_for_the_next_plan() {
    let planned = |plan| Event::Planned(Box::new(plan));
    let told = |events: &[Event]| {
        let entry = |(at_s, event): (i64, &Event)| Entry { at: at(at_s), event: event.clone() };
        let entries: Vec<_> = (0..).zip(events).map(entry).collect();
        Run::replay(&entries).unwrap().is_confirmed("synced")
    };
    assert!(told(&[planned(plan()), confirmed(), planned(plan())]));
    let back = plan().back(0, None).unwrap();
    assert!(!told(&[planned(plan()), confirmed(), planned(back)]));
}

#[test]
fn turning_back_has_its_price() {
    let price = |upto| Run::replay(&entries(upto)).unwrap().view(at(4_000)).rollback;
    assert_eq!(price(4), None);
    let takes = Duration::from_secs(65);
    assert_eq!(price(7), Some(view::Price { takes, until: at(4_065) }));
}

#[test]
fn changes_are_shown_with_their_progress() {
    let view = Run::replay(&entries(7)).unwrap().view(at(3_620));
    let progress: Vec<_> = view.phases.iter().map(|phase| phase.progress).collect();
    use view::Progress::{Drained, Draining, Planned};
    assert_eq!(progress, [Drained(at(3_603)), Draining(at(3_665)), Planned]);
    assert!(view.phases[0].changes.iter().all(Change::is_ttl_only));
}

/// Facts on top of the first entries, at one time; what comes next.
fn then(upto: usize, seconds: i64, events: &[Event]) -> Result<String, IllegalEvent> {
    let mut run = Run::replay(&entries(upto))?;
    for event in events {
        run.record(&Entry { at: at(seconds), event: event.clone() })?;
    }
    Ok(next(&run, at(seconds)))
}

#[test]
fn a_clock_that_jumped_back_is_waited_for() {
    let run = Run::replay(&entries(4)).unwrap();
    assert_eq!(next(&run, at(-10)), "wait until 4 for the clock");
    assert_eq!(next(&run, at(-1)), "wait until 3603 for delivery", "clocks of two machines");
}

#[test]
fn a_journal_that_lost_its_end_goes_on_where_the_world_is() {
    let (delivery, prepare) = (Stage::Delivery, Stage::Prepare);
    // The gates of what is there already are open; each phase is looked at all the same.
    let found = [Event::Found(delivery)];
    assert_eq!(then(1, 50, &found).unwrap(), "apply prepare");
    let story = [
        Event::Found(delivery),
        Event::ApplyBegan(prepare),
        Event::Applied(prepare, Guard::Values),
        published(prepare, 50),
    ];
    assert_eq!(then(1, 50, &story).unwrap(), "apply delivery");
    let run = Run::replay(&entries(3)).unwrap();
    assert_eq!(run.aim(&run.plan().phases[0].changes[0]), run.plan().phases[0].changes[0].after());
    // Its caches count from now on.
    let rest = [
        Event::ApplyBegan(delivery),
        Event::Applied(delivery, Guard::Values),
        published(delivery, 50),
    ];
    let rest: Vec<_> = story.into_iter().chain(rest).collect();
    assert_eq!(then(1, 50, &rest).unwrap(), "wait until 10000 for retrieval");
    assert_eq!(then(3, 50, &found).unwrap(), "observe prepare", "for what came of it by now");
    assert!(then(3, 50, &[Event::Found(prepare)]).is_err(), "that is what is looked for");
    assert!(then(7, 4_000, &[Event::Found(prepare)]).is_err(), "that is known");
}

#[test]
fn a_zone_is_recognised_by_its_stage() {
    let check = |live: &str, stage| {
        let run = Run::replay(&entries(1)).unwrap();
        assert_eq!(run.stage_of(&zone(live)), stage, "{live}");
    };
    check("@ 3600 MX 10 a.", None);
    check("@ 60 MX 10 a.", Some(Stage::Prepare));
    check("@ 60 MX 10 b.", Some(Stage::Delivery));
    check("@ 60 MX 10 b.\nimap 60 A 192.0.2.1", Some(Stage::Retrieval));
    check("@ 60 MX 10 a.\nimap 60 A 192.0.2.1", None);
    check("@ 60 MX 10 c.", None);
}

#[test]
fn an_edited_plan_goes_on_where_the_old_one_stood() {
    let mut edited = plan();
    edited.phases[2].gates = vec![Gate::NotBefore(at(12_000))];
    let revised = [Event::Revised(Box::new(edited.clone()))];
    assert_eq!(then(7, 4_000, &revised).unwrap(), "wait until 12000 for retrieval");
    edited.phases[1].changes = diff(&zone("@ 60 MX 10 a."), &zone("@ 60 MX 10 c."));
    let other = [Event::Revised(Box::new(edited))];
    assert_eq!(then(7, 4_000, &other), Err(IllegalEvent::OtherPast));
    assert!(then(4, 4_000, &other).is_ok(), "what is still to come may be another");
}

#[test]
fn servers_are_news_when_they_change_what_they_answer() {
    let mut run = Run::replay(&entries(3)).unwrap();
    let key = run.plan().phases[0].changes[0].key().clone();
    let sighting = |served: &Served| Sighting {
        server: Some("ns1".to_owned()),
        key: key.clone(),
        served: served.clone(),
    };
    let (before, after) = (Served::Before, Served::After);
    let mut check = |served, is_news| {
        let one = sighting(served);
        assert_eq!(run.is_news(&one), is_news, "{served:?}");
        let event = Event::Seen { stage: Stage::Prepare, seen: vec![one] };
        run.record(&Entry { at: at(3), event }).unwrap();
    };
    check(&before, false);
    check(&after, true);
    check(&after, false);
    check(&before, true);
    let seen: Vec<_> = run.ledger().versions().map(|(_, version)| version.servers.len()).collect();
    assert_eq!(seen, [1, 1]);
}
