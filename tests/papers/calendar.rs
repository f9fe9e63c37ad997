//! The calendar, as a strict reader takes it.

use super::judge::judge;
use super::{EXCHANGE, Example, INSTITUTE, LINODE, OFFICE};
use serde_json::Value;
use std::collections::BTreeMap;

/// Begin and end by name.
type Events = BTreeMap<String, (String, String)>;

fn events(calendar: &str) -> Events {
    let said = judge("ics", calendar).unwrap();
    let event = |line: &str| {
        let [uid, begin, end, _alarms] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        (uid.to_owned(), (begin.to_owned(), end.to_owned()))
    };
    said.lines().map(event).collect()
}

/// What a plan says, by the names that events have.
fn expected(plan: &Value, zone: &str) -> Events {
    let mut all = Events::new();
    let mut put = |name: String, begin: &Value, end: &Value| {
        let text = |time: &Value| time.as_str().unwrap().to_owned();
        if begin.is_string() {
            all.insert(format!("{name}@{zone}"), (text(begin), text(end)));
        }
    };
    for phase in plan["phases"].as_array().unwrap() {
        let name = format!("stage-{}", phase["stage"].as_str().unwrap());
        put(name, &phase["not_before"], &phase["drained_by"]);
    }
    let points = [
        ("last-change", "last_change"),
        ("last-rollback", "last_rollback"),
        ("soak-until", "soak_until"),
        ("quiet", "quiet_at"),
        ("decommission", "decommission_at"),
        ("repurpose", "repurpose_at"),
        ("old-keys", "old_keys_until"),
        ("mx-noticed", "mx_noticed_by"),
    ];
    for (name, key) in points {
        put(name.to_owned(), &plan[key], &plan[key]);
    }
    all
}

#[track_caller]
fn is_as_planned(example: &Example) {
    let project = example.project();
    let found = events(&example.prints(&project, "calendar", &[]));
    let plan = example.plan(&project);
    let wanted = expected(&plan, example.zone);
    assert!(wanted.len() > 10, "{wanted:?}");
    for (name, times) in &wanted {
        assert_eq!(found.get(name), Some(times), "{name} of {found:#?}");
    }
    // Whatever else there is: a deadline of the plan, the window, a letter, a long step's begin.
    let due: Vec<_> = plan["deadlines"].as_array().unwrap().iter().map(|one| &one["at"]).collect();
    for (name, (begin, _)) in found.iter().filter(|(name, _)| !wanted.contains_key(*name)) {
        let is_due = name.starts_with("due-") && due.iter().any(|time| *time == begin);
        let is_else = ["window", "notice-", "begin-"].iter().any(|start| name.starts_with(start));
        assert!(is_due || is_else, "{name} {begin}");
    }
    let missed = due.iter().find(|time| !found.values().any(|(begin, _)| **time == begin));
    assert_eq!(missed, None);
}

#[test]
fn events_are_at_the_times_of_the_plan() {
    is_as_planned(&EXCHANGE);
    is_as_planned(&OFFICE);
    is_as_planned(&INSTITUTE);
    is_as_planned(&LINODE);
}

#[test]
fn letters_go_out_two_weeks_one_week_and_one_day_before() {
    let found = events(&EXCHANGE.prints_all("calendar", &[]));
    let check = |name: &str, time: &str| {
        assert_eq!(found[&format!("{name}@example.com")].0, time, "{name}");
    };
    check("window", "2027-01-16T22:00:00Z");
    check("notice-n1-1", "2027-01-02T22:00:00Z");
    check("notice-n2-1", "2027-01-09T22:00:00Z");
    check("notice-n3-1", "2027-01-15T22:00:00Z");
    let found = events(&INSTITUTE.prints_all("calendar", &[]));
    // Four weeks where users move by themselves; then 14, 7 and 1 days before their deadline.
    assert_eq!(found["notice-n1-1@seminar.example"].0, "2027-01-05T07:00:00Z");
    let chases = ["2027-02-26T16:00:00Z", "2027-03-05T16:00:00Z", "2027-03-11T16:00:00Z"];
    for (at, time) in chases.iter().enumerate() {
        assert_eq!(found[&format!("notice-n9-{}@seminar.example", at + 1)].0, *time);
    }
}

/// The same events, as later versions: a calendar that has them replaces them.
#[test]
fn a_later_plan_replaces_an_earlier_one() {
    let project = EXCHANGE.project();
    let at = |time| project.run(&["calendar", "--at", time]).exits(0).stdout;
    let (early, late) = (at("2027-01-13T09:00:00Z"), at("2027-01-14T09:00:00Z"));
    assert!(events(&early).keys().eq(events(&late).keys()));
    let sequence = |text: &str| -> u32 {
        let line = text.lines().find_map(|line| line.strip_prefix("SEQUENCE:")).unwrap();
        line.trim().parse().unwrap()
    };
    assert!(sequence(&early) < sequence(&late));
}

#[test]
fn a_broken_calendar_is_found() {
    let calendar = EXCHANGE.prints_all("calendar", &[]);
    assert!(judge("ics", &calendar).is_ok());
    for (from, to) in [
        ("END:VEVENT\r\n", ""),
        ("DTSTAMP:", "DTSTOMP:"),
        ("\r\nEND:VCALENDAR", "\nEND:VCALENDAR"),
        ("DTSTART:2027", "DTSTART:20x7"),
        ("UID:notice-n2-1@", "UID:notice-n1-1@"),
        ("\r\n ", ""),
    ] {
        let broken = calendar.replacen(from, to, 1);
        assert!(broken != calendar && judge("ics", &broken).is_err(), "{from:?}");
    }
}
