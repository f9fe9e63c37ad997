//! Times and durations for people: local time first, UTC beside it.

use crate::plan::span;
use crate::run::Timestamp;
use chrono::{DateTime, Local, Offset as _, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// The time zone in which times are told, and the moment from which they are counted.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Now.
    pub now: Timestamp,
    /// The zone of the window; the machine's own when there is none.
    pub zone: Option<Tz>,
}

impl When {
    /// `Sat 2026-12-05 22:00 CST (2026-12-06T04:00:00Z), in 13 d 4 h`.
    pub fn full(&self, time: Timestamp) -> String {
        format!("{}, {}", self.at(time), self.away(time))
    }

    /// `Sat 2026-12-05 22:00 CST (2026-12-06T04:00:00Z)`; UTC is told once.
    pub fn at(&self, time: Timestamp) -> String {
        let utc = time.format("%Y-%m-%dT%H:%M:%SZ");
        match self.zone {
            Some(zone) => told(&time.with_timezone(&zone), &utc.to_string()),
            None => told(&time.with_timezone(&Local), &utc.to_string()),
        }
    }

    /// `Saturday 5 December 2026, 22:00 CST (04:00 UTC)`, for those who are no technicians.
    pub fn day(&self, time: Timestamp) -> String {
        match self.zone {
            Some(zone) => spoken(&time.with_timezone(&zone), time),
            None => spoken(&time.with_timezone(&Local), time),
        }
    }

    /// The time of day: `22:00:07`, in local time.
    pub fn clock(&self, time: Timestamp) -> String {
        let format = "%H:%M:%S";
        match self.zone {
            Some(zone) => time.with_timezone(&zone).format(format).to_string(),
            None => time.with_timezone(&Local).format(format).to_string(),
        }
    }

    /// `in 20 min` or `3 h ago`.
    pub fn away(&self, time: Timestamp) -> String {
        match (time - self.now).to_std() {
            Ok(ahead) if ahead.as_secs() == 0 => "now".to_owned(),
            Ok(ahead) => format!("in {}", span(ahead)),
            Err(_) => {
                let past = (self.now - time).to_std().unwrap_or_default();
                format!("{} ago", span(past))
            }
        }
    }
}

/// The change of clocks within a span of time, told in both clocks: `03:00:00 CEST becomes 02:00:00
/// CET at 2026-10-25T01:00:00Z`.
pub fn clock_change(zone: Tz, from: Timestamp, to: Timestamp) -> Option<String> {
    let offset = |at: Timestamp| at.with_timezone(&zone).offset().fix();
    let (mut before, mut after) = (from, to);
    if offset(before) == offset(after) {
        return None;
    }
    while after - before > TimeDelta::seconds(1) {
        let middle = before + (after - before) / 2;
        *(if offset(middle) == offset(from) { &mut before } else { &mut after }) = middle;
    }
    // The last second by the old clock is told as the full hour that it would have come to.
    let old = after.with_timezone(&before.with_timezone(&zone).offset().fix());
    let name = before.with_timezone(&zone).format("%Z").to_string();
    let new = after.with_timezone(&zone).format("%H:%M:%S %Z");
    let utc = after.format("%Y-%m-%dT%H:%M:%SZ");
    Some(format!("{} {name} becomes {new} at {utc}", old.format("%H:%M:%S")))
}

fn told<Z: TimeZone>(local: &DateTime<Z>, utc: &str) -> String
where
    Z::Offset: std::fmt::Display,
{
    if local.offset().fix().local_minus_utc() == 0 {
        return utc.to_owned();
    }
    format!("{} ({utc})", local.format("%a %Y-%m-%d %H:%M:%S %Z"))
}

fn spoken<Z: TimeZone>(local: &DateTime<Z>, time: Timestamp) -> String
where
    Z::Offset: std::fmt::Display,
{
    let clock = if time.timestamp() % 60 == 0 { "%H:%M" } else { "%H:%M:%S" };
    let day = local.format("%A %-d %B %Y");
    if local.offset().fix().local_minus_utc() == 0 {
        return format!("{day}, {} UTC", time.format(clock));
    }
    format!("{day}, {} ({} UTC)", local.format(&format!("{clock} %Z")), time.format(clock))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_change_of_clocks_is_told_by_both() {
        let check = |from: &str, zone, expected: Option<&str>| {
            let from: Timestamp = from.parse().unwrap();
            let found = clock_change(zone, from, from + Duration::from_secs(6 * 3_600));
            assert_eq!(found.as_deref(), expected);
        };
        let berlin = chrono_tz::Europe::Berlin;
        let autumn = "03:00:00 CEST becomes 02:00:00 CET at 2026-10-25T01:00:00Z";
        check("2026-10-24T22:00:00Z", berlin, Some(autumn));
        let spring = "02:00:00 CST becomes 03:00:00 CDT at 2027-03-14T08:00:00Z";
        check("2027-03-14T04:00:00Z", chrono_tz::America::Chicago, Some(spring));
        check("2026-10-24T22:00:00Z", chrono_tz::UTC, None);
        check("2026-11-01T22:00:00Z", berlin, None);
    }

    #[test]
    fn local_time_comes_with_utc() {
        let now: Timestamp = "2026-12-06T03:00:00Z".parse().unwrap();
        let time: Timestamp = "2026-12-06T04:00:00Z".parse().unwrap();
        let chicago = When { now, zone: Some(chrono_tz::America::Chicago) };
        let expected = "Sat 2026-12-05 22:00:00 CST (2026-12-06T04:00:00Z), in 1 h";
        assert_eq!(chicago.full(time), expected);
        assert_eq!(chicago.day(time), "Saturday 5 December 2026, 22:00 CST (04:00 UTC)");
        let utc = When { now, zone: Some(chrono_tz::UTC) };
        assert_eq!(utc.at(time), "2026-12-06T04:00:00Z");
        assert_eq!(utc.day(time), "Sunday 6 December 2026, 04:00 UTC");
        assert_eq!(utc.away(now - Duration::from_secs(7_200)), "2 h ago");
    }
}
