//! What hosts say about how often they may be asked.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The longest that a host is left alone: a limit of a day is known, and a number in another unit
/// than ours must not close the account for years.
const DAY: Duration = Duration::from_secs(86_400);

/// Until when a host wants to be left alone, where no call waits as long.
#[derive(Default)]
pub(super) struct Closed(Mutex<Option<DateTime<Utc>>>);

impl Closed {
    /// The host has just asked for so long; what it asked for before may end later.
    pub(super) fn begin(&self, now: DateTime<Utc>, pause: Duration) {
        let pause = TimeDelta::from_std(pause.min(DAY)).unwrap_or_default();
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = (*until).max(now.checked_add_signed(pause));
    }

    /// In words, as long as that time has not come.
    pub(super) fn why(&self, now: DateTime<Utc>) -> Option<String> {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = until.filter(|until| now < *until)?;
        Some(format!("it asks to be left alone until {}", until.format("%F %T UTC")))
    }
}

/// How long the host asks to be left alone (RFC 9110 §10.2.3), in seconds or as a date.
pub(super) fn pause(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let asked = text.and_then(|text| match text.trim().parse::<f64>() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        Err(_) => {
            let date = DateTime::parse_from_rfc2822(text.trim()).ok()?;
            Some((date.to_utc() - now).to_std().unwrap_or_default())
        }
    });
    asked.or_else(|| exhausted(headers, now))
}

/// How long until the budget is filled again, if nothing of it is left.
///
/// Names as hosts use them: `ratelimit-remaining` (DigitalOcean, Hetzner), `x-ratelimit-remaining`
/// (DNSimple), and both in one field as in `"default";r=0;t=30` (Cloudflare).
pub(super) fn exhausted(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let field = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(text) = field("ratelimit") {
        let part = |key| text.split(';').find_map(|part| part.trim().strip_prefix(key));
        let left = part("r=").and_then(|left| left.parse::<u64>().ok())?;
        let seconds = part("t=").and_then(|seconds| seconds.parse().ok())?;
        return (left == 0).then(|| Duration::from_secs(seconds));
    }
    ["ratelimit", "x-ratelimit"].into_iter().find_map(|prefix| {
        let number = |name: &str| field(&format!("{prefix}-{name}"))?.trim().parse::<u64>().ok();
        let (left, reset) = (number("remaining")?, number("reset")?);
        // Some count from 1970, others from now: no host makes one wait for thirty years.
        let passed = u64::try_from(now.timestamp()).unwrap_or_default();
        let seconds = if reset > 1_000_000_000 { reset.saturating_sub(passed) } else { reset };
        (left == 0).then(|| Duration::from_secs(seconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        lines.iter().map(pair).collect()
    }

    #[test]
    fn hosts_ask_to_be_left_alone() {
        let now = "2026-11-26T12:00:00Z".parse().unwrap();
        let check = |lines: &[(&'static str, &str)], seconds: Option<u64>| {
            assert_eq!(pause(&headers(lines), now), seconds.map(Duration::from_secs), "{lines:?}");
        };
        check(&[], None);
        check(&[("retry-after", "7")], Some(7));
        check(&[("retry-after", "Thu, 26 Nov 2026 12:01:00 GMT")], Some(60));
        check(&[("retry-after", "Thu, 26 Nov 2026 11:01:00 GMT")], Some(0));
        check(&[("retry-after", "soon")], None);
        check(&[("ratelimit", "\"default\";r=0;t=30")], Some(30));
        check(&[("ratelimit", "\"default\";r=50;t=30")], None);
        check(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "1795694460")], Some(60));
        check(&[("ratelimit-remaining", "1"), ("ratelimit-reset", "1795694460")], None);
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "12")], Some(12));
    }
}
