//! Codes for a second factor that change with time (RFC 6238), from a secret shared beforehand.

use crate::config::Secret;
use crate::run::Timestamp;
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE32_NOPAD;
use ring::hmac;

/// How long a code is the right one, in seconds (RFC 6238 §5.2).
const STEP: i64 = 30;

/// Makes codes.
pub(super) struct Totp(hmac::Key);

impl Totp {
    /// The secret as services show it: base32, in groups or not; `None` if it is none.
    pub(super) fn new(secret: &Secret) -> Option<Self> {
        let is_base32 = |c: &char| !c.is_whitespace() && !"-=".contains(*c);
        let text: String = secret.expose().chars().filter(is_base32).collect();
        let key = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()?;
        // SHA-1 is what such services take; its weakness does not touch this use (RFC 6194 §3.3).
        let algorithm = hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY;
        (!key.is_empty()).then(|| Self(hmac::Key::new(algorithm, &key)))
    }

    /// The six digits of this time.
    pub(super) fn code(&self, now: Timestamp) -> String {
        let counter = now.timestamp().div_euclid(STEP);
        let tag = hmac::sign(&self.0, &counter.to_be_bytes());
        let octets = tag.as_ref();
        // The last half octet says where the number begins (RFC 4226 §5.3).
        let at = usize::from(octets.last().map_or(0, |last| last & 0xf));
        let number = octets.iter().skip(at).take(4).fold(0_u32, |n, o| n << 8 | u32::from(*o));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }

    /// When the next code begins.
    pub(super) fn next(now: Timestamp) -> Timestamp {
        let left = STEP - now.timestamp().rem_euclid(STEP);
        let begin = DateTime::<Utc>::from_timestamp(now.timestamp(), 0).unwrap_or(now);
        begin + TimeDelta::seconds(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        DateTime::from_timestamp(seconds, 500_000_000).unwrap()
    }

    /// RFC 6238, appendix B, of whose eight digits these are the last six.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let totp = Totp::new(&Secret::new("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")).unwrap();
        let check = |seconds, code| assert_eq!(totp.code(at(seconds)), code);
        check(59, "287082");
        check(1_111_111_109, "081804");
        check(1_111_111_111, "050471");
        check(1_234_567_890, "005924");
        check(2_000_000_000, "279037");
        check(20_000_000_000, "353130");
    }

    #[test]
    fn secrets_are_read_as_they_are_shown() {
        let code = |text| Totp::new(&Secret::new(text)).map(|totp| totp.code(at(59)));
        assert_eq!(code("gezd gnbv gy3t qojq-GEZD GNBV GY3T QOJQ===").unwrap(), "287082");
        assert_eq!(code("not base32!"), None);
        assert_eq!(code(" = "), None);
    }

    #[test]
    fn a_code_ends_with_its_half_minute() {
        assert_eq!(Totp::next(at(59)).timestamp_millis(), 60_000);
        assert_eq!(Totp::next(at(60)).timestamp_millis(), 90_000);
    }
}
