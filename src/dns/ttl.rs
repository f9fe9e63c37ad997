//! Times to live and serial numbers.

use std::fmt;
use std::time::Duration;

/// A time to live in whole seconds, 31 bits wide (RFC 2181 §8).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Ttl(u32);

impl Ttl {
    /// The largest TTL there is: about 68 years.
    pub const MAX: Self = Self(i32::MAX as u32);

    /// A TTL of `seconds`; one with the top bit set counts as zero (RFC 2181 §8).
    pub const fn from_secs(seconds: u32) -> Self {
        if seconds > Self::MAX.0 { Self(0) } else { Self(seconds) }
    }

    /// The number of seconds.
    pub const fn secs(self) -> u32 {
        self.0
    }

    /// Reads `300`, or BIND's units as in `1h30m`; `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut total, mut number) = (0_u64, None::<u64>);
        for c in text.bytes() {
            let unit = match c {
                b'0'..=b'9' => {
                    let digit = u64::from(c - b'0');
                    number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                    continue;
                }
                b's' | b'S' => 1,
                b'm' | b'M' => 60,
                b'h' | b'H' => 3_600,
                b'd' | b'D' => 86_400,
                b'w' | b'W' => 604_800,
                _ => return None,
            };
            total = total.checked_add(number.take()?.checked_mul(unit)?)?;
        }
        if text.is_empty() {
            return None;
        }
        let seconds = u32::try_from(total.checked_add(number.unwrap_or(0))?).ok()?;
        (seconds <= Self::MAX.0).then_some(Self(seconds))
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Ttl> for Duration {
    fn from(ttl: Ttl) -> Self {
        Self::from_secs(ttl.0.into())
    }
}

/// A zone's serial number, which counts round in a circle (RFC 1982).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Serial(pub u32);

impl Serial {
    /// Whether `self` comes after `other` (RFC 1982 §3.2).
    ///
    /// Two serials exactly half a circle apart come neither before nor after each other.
    pub fn is_after(self, other: Self) -> bool {
        let ahead = self.0.wrapping_sub(other.0);
        ahead != 0 && ahead < 1 << 31
    }

    /// The serial after this one; zero is skipped, since some servers read it as "none yet".
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.wrapping_add(1).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttls_are_read_with_and_without_units() {
        let check = |text, seconds: Option<u32>| {
            assert_eq!(Ttl::parse(text).map(Ttl::secs), seconds, "{text}");
        };
        check("300", Some(300));
        check("1h30m", Some(5_400));
        check("2W", Some(1_209_600));
        check("1m30", Some(90));
        check("", None);
        check("h", None);
        check("-1", None);
        check("4294967296", None);
        check("2147483648", None);
        check("99999999999999999999", None);
    }

    #[test]
    fn serials_count_in_a_circle() {
        let check = |a, b, after| assert_eq!(Serial(a).is_after(Serial(b)), after, "{a} {b}");
        check(2, 1, true);
        check(1, 2, false);
        check(1, 1, false);
        check(0, u32::MAX, true);
        check(1 << 31, 0, false);
        check(0, 1 << 31, false);
        assert_eq!(Serial(u32::MAX).next(), Serial(1));
        assert_eq!(Serial(2_026_112_201).next(), Serial(2_026_112_202));
    }
}
