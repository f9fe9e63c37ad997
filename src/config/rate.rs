//! How often an account may be asked: `20/s`, `600/min`.

use super::scalar::integer;
use crate::dns::TextError;
use std::num::NonZeroU32;
use std::time::Duration;

/// So many calls at most, in any period of this length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    /// How many.
    pub calls: NonZeroU32,
    /// How long.
    pub period: Duration,
}

/// The periods in which DNS hosts count.
const PERIODS: [(&str, u64); 3] = [("s", 1), ("min", 60), ("h", 3_600)];

/// Reads a rate.
pub(super) fn rate(text: &str) -> Result<Rate, TextError> {
    let wrong = || {
        let message = format!("`{text}` is not a rate; write `20/s`, `600/min` or `5000/h`");
        TextError { at: 0, len: text.len().max(1), message }
    };
    let (calls, period) = text.split_once('/').ok_or_else(wrong)?;
    let calls = integer(calls.trim()).map_err(|_| wrong())?;
    let known = PERIODS.iter().find(|(name, _)| *name == period.trim());
    let (_, seconds) = known.ok_or_else(wrong)?;
    Ok(Rate { calls, period: Duration::from_secs(*seconds) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_calls_in_a_period() {
        let check = |text, expected: Option<(u32, u64)>| {
            let found = rate(text).ok().map(|rate| (rate.calls.get(), rate.period.as_secs()));
            assert_eq!(found, expected, "{text}");
        };
        check("20/s", Some((20, 1)));
        check("600/min", Some((600, 60)));
        check("5000 / h", Some((5_000, 3_600)));
        check("0/s", None);
        check("-1/s", None);
        check("1.5/s", None);
        check("20", None);
        check("20/5m", None);
        check("/s", None);
        check("", None);
        assert!(rate("20/day").unwrap_err().message.contains("`600/min`"));
    }
}
