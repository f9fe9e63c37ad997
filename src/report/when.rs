//! Times and durations for people: local time first, UTC beside it.

use crate::plan::span;
use crate::run::Timestamp;
use chrono::{DateTime, Local, Offset as _, TimeZone};
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

fn told<Z: TimeZone>(local: &DateTime<Z>, utc: &str) -> String
where
    Z::Offset: std::fmt::Display,
{
    if local.offset().fix().local_minus_utc() == 0 {
        return utc.to_owned();
    }
    format!("{} ({utc})", local.format("%a %Y-%m-%d %H:%M:%S %Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn local_time_comes_with_utc() {
        let now: Timestamp = "2026-12-06T03:00:00Z".parse().unwrap();
        let time: Timestamp = "2026-12-06T04:00:00Z".parse().unwrap();
        let chicago = When { now, zone: Some(chrono_tz::America::Chicago) };
        let expected = "Sat 2026-12-05 22:00:00 CST (2026-12-06T04:00:00Z), in 1 h";
        assert_eq!(chicago.full(time), expected);
        let utc = When { now, zone: Some(chrono_tz::UTC) };
        assert_eq!(utc.at(time), "2026-12-06T04:00:00Z");
        assert_eq!(utc.away(now - Duration::from_secs(7_200)), "2 h ago");
    }
}
