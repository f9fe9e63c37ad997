//! Deadlines, stages and letters for calendars (RFC 5545).

use super::notices::notices;
use super::text::plain;
use super::{Dossier, span};
use crate::dns::RrKey;
use crate::plan::schedule::Due;
use crate::plan::{Gate, Timestamp};
use chrono::TimeDelta;
use icalendar::{Alarm, Calendar, Class, Component as _, Event, EventLike as _, Property};
use std::collections::BTreeMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// One entry: a moment, or a span where it has an end.
struct Entry {
    /// Told apart by this: an entry that moves stays the same.
    id: String,
    summary: String,
    details: String,
    begins: Timestamp,
    ends: Option<Timestamp>,
    category: &'static str,
    /// How long before it somebody is reminded.
    alarms: Vec<Duration>,
}

/// All of it as one calendar.
pub fn calendar(dossiers: &[Dossier<'_>]) -> String {
    let mut calendar = Calendar::empty();
    let head =
        [("VERSION", "2.0"), ("PRODID", "-//cutover//cutover//EN"), ("CALSCALE", "GREGORIAN")];
    for (key, value) in head {
        calendar.append_property(Property::new(key, value));
    }
    calendar.name("Mail moves");
    for dossier in dossiers {
        for entry in entries(dossier) {
            calendar.push(event(dossier, entry));
        }
    }
    folded(&calendar.done().to_string())
}

/// Lines of 75 octets at most, each further one behind a blank (RFC 5545 §3.1). The library forgets
/// to count that blank in the last.
fn folded(text: &str) -> String {
    const MOST: usize = 75;
    let mut out = String::with_capacity(text.len());
    for line in text.replace("\r\n ", "").lines() {
        let (mut rest, mut room) = (line, MOST);
        while rest.len() > room {
            let (part, behind) = rest.split_at(rest.floor_char_boundary(room));
            out += part;
            out += "\r\n ";
            (rest, room) = (behind, MOST - 1);
        }
        out += rest;
        out += "\r\n";
    }
    out
}

fn event(dossier: &Dossier<'_>, entry: Entry) -> Event {
    let (now, zone) = (dossier.when.now, dossier.zone());
    let mut event = Event::new();
    event
        .uid(&format!("{}@{zone}", entry.id))
        .timestamp(now)
        .sequence(sequence(now))
        .summary(&format!("{zone}: {}", entry.summary))
        .description(&entry.details)
        .starts(entry.begins)
        .class(Class::Private)
        .add_property("CATEGORIES", entry.category);
    if let Some(end) = entry.ends.filter(|end| *end > entry.begins) {
        event.ends(end);
    } else {
        // A deadline takes nobody's time.
        event.add_property("TRANSP", "TRANSPARENT");
    }
    for (at, before) in entry.alarms.into_iter().enumerate() {
        let text = format!("{zone}: {}, in {}", entry.summary, span(before));
        let before = TimeDelta::from_std(before).unwrap_or_default();
        let mut alarm = Alarm::display(&text, -before);
        // Left to itself it would take a random name and the time of the machine.
        alarm.uid(&format!("{}-alarm-{}@{zone}", entry.id, at + 1)).timestamp(now);
        event.alarm(alarm.done());
    }
    event.done()
}

/// A later plan counts as a later version, without anybody's counting.
fn sequence(now: Timestamp) -> u32 {
    u32::try_from(now.timestamp() / 60).unwrap_or_default()
}

fn entries(dossier: &Dossier<'_>) -> Vec<Entry> {
    let mut all = Vec::new();
    all.extend(window(dossier));
    all.extend(stages(dossier));
    all.extend(deadlines(dossier));
    all.extend(milestones(dossier));
    all.extend(letters(dossier));
    all.sort_by(|a, b| (a.begins, &a.id).cmp(&(b.begins, &b.id)));
    all
}

fn window(dossier: &Dossier<'_>) -> Option<Entry> {
    let window = dossier.plan().window?;
    Some(Entry {
        id: "window".to_owned(),
        summary: "window of the move".to_owned(),
        details: format!(
            "Users notice. Runbook: cutover runbook {}. Turn back: cutover rollback {0}.",
            dossier.zone()
        ),
        begins: window.opens,
        ends: Some(window.closes()),
        category: "WINDOW",
        alarms: vec![DAY, HOUR],
    })
}

/// When each stage may begin, and until when caches remember what was before it.
fn stages(dossier: &Dossier<'_>) -> Vec<Entry> {
    let zone = dossier.zone();
    let entry = |(phase, times): (&crate::plan::Phase, &crate::plan::schedule::Times)| {
        let points = phase.gates.iter().filter_map(|gate| match gate {
            Gate::Confirmed(point) => Some(point.id.as_str()),
            _ => None,
        });
        let points: Vec<_> = points.collect();
        let waits = match points.is_empty() {
            true => String::new(),
            false => format!(" Waits for: {}.", points.join(", ")),
        };
        Entry {
            id: format!("stage-{}", phase.stage),
            summary: format!("{}, at the earliest", phase.stage),
            details: format!("cutover apply {zone} --through {}.{waits}", phase.stage),
            begins: times.begins,
            ends: Some(times.drained_by),
            category: "STAGE",
            alarms: vec![HOUR],
        }
    };
    dossier.phases().map(entry).collect()
}

/// What must be published by when; what is due at the same time is one entry.
fn deadlines(dossier: &Dossier<'_>) -> Vec<Entry> {
    let mut due: BTreeMap<(&'static str, Timestamp), Vec<&RrKey>> = BTreeMap::new();
    for deadline in &dossier.proposal.schedule.deadlines {
        due.entry((what(deadline.what), deadline.at)).or_default().push(&deadline.key);
    }
    let entry = |((what, at), mut keys): ((&str, Timestamp), Vec<&RrKey>)| {
        keys.sort();
        let names: Vec<_> = keys.iter().map(|key| key.to_string()).collect();
        let first = keys.first().map(|key| format!("{}-{}", plain(&key.owner), key.rtype));
        let more = match names.len() {
            0 | 1 => String::new(),
            all => format!(" and {} more", all - 1),
        };
        Entry {
            id: format!("due-{}-{}", what.replace(' ', "-"), first.unwrap_or_default()),
            summary: format!("{what} by now: {}{more}", names.first().cloned().unwrap_or_default()),
            details: format!("{}. cutover apply {}", names.join(", "), dossier.zone()),
            begins: at,
            ends: None,
            category: "DEADLINE",
            alarms: vec![DAY, HOUR],
        }
    };
    due.into_iter().map(entry).collect()
}

fn what(due: Due) -> &'static str {
    match due {
        Due::Lower => "lower TTL",
        Due::Publish => "publish",
        Due::Policy => "serve policy",
        Due::Strict => "publish for strict senders",
    }
}

fn milestones(dossier: &Dossier<'_>) -> Vec<Entry> {
    let times = &dossier.proposal.schedule.milestones;
    let minute = Duration::from_secs(60);
    let named = [
        ("last-change", "last change that ends within the window", times.last_change, vec![]),
        (
            "last-rollback",
            "stay or turn back: decide by now",
            times.last_rollback,
            vec![HOUR, 10 * minute],
        ),
        ("mx-noticed", "the new platform has noticed the MX", times.mx_noticed_by, vec![]),
        ("soak-until", "end of the soak", times.soak_until, vec![DAY]),
        ("quiet", "the old server has been quiet long enough", times.quiet_at, vec![]),
        (
            "old-keys",
            "no mail signed with the old keys is under way any more",
            times.old_keys_until,
            vec![],
        ),
        ("decommission", "the old system may end", times.decommission_at, vec![DAY]),
        ("repurpose", "old machines and addresses may serve again", times.repurpose_at, vec![DAY]),
    ];
    let point = |id: String, summary: String, begins, alarms| Entry {
        id,
        summary,
        details: format!("cutover status {}", dossier.zone()),
        begins,
        ends: None,
        category: "MILESTONE",
        alarms,
    };
    let named = named.into_iter().filter_map(|(id, text, time, alarms)| {
        Some(point(id.to_owned(), text.to_owned(), time?, alarms))
    });
    let begin = times.begin_by.iter().map(|(id, time)| {
        point(format!("begin-{id}"), format!("begin {id} by now"), *time, vec![DAY])
    });
    named.chain(begin).collect()
}

/// Letters on the days on which they go out.
fn letters(dossier: &Dossier<'_>) -> Vec<Entry> {
    let entry = |letter: &super::notices::Notice, at: usize, time: Timestamp| Entry {
        id: format!("notice-{}-{}", letter.id.to_lowercase(), at + 1),
        summary: format!("send {} ({})", letter.id, letter.name),
        details: format!(
            "To {}. Subject: {}. cutover notices {} --only {}",
            letter.to,
            letter.subject,
            dossier.zone(),
            letter.id
        ),
        begins: time,
        ends: None,
        category: "NOTICE",
        alarms: vec![HOUR],
    };
    let letters = notices(dossier);
    let each = letters.iter().flat_map(|letter| {
        letter.send.iter().enumerate().map(move |(at, time)| entry(letter, at, *time))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_characters() {
        let check = |text: &str, lines: &[usize]| {
            let text = format!("{text}\r\n");
            let out = folded(&text);
            let lengths: Vec<_> = out.split_terminator("\r\n").map(str::len).collect();
            assert_eq!(lengths, lines, "{out}");
            assert_eq!(out.replace("\r\n ", ""), text.replace("\r\n ", ""));
        };
        check(&"x".repeat(75), &[75]);
        check(&"x".repeat(76), &[75, 2]);
        check(&"x".repeat(75 + 74), &[75, 75]);
        check(&"x".repeat(75 + 75), &[75, 75, 2]);
        check(&format!("{}é", "x".repeat(74)), &[74, 3]);
        check("a\r\n b", &[2]);
    }
}
