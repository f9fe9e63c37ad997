//! As much of DNSSEC as can be told without validating: which keys a DS is about, and how long
//! signatures last.

use crate::dns::Name;
use crate::dns::rdata::{Dnskey, Ds, Rrsig};
use sha2::{Digest as _, Sha256, Sha384};

/// Whether a DS is about one of a zone's keys (RFC 4034 §5.1.4); `None` for digests that are not
/// judged here, such as SHA-1, by which nobody signs any more (RFC 8624 §3.3).
pub(super) fn is_about(ds: &Ds, zone: &Name, keys: &[Dnskey]) -> Option<bool> {
    let digest: fn(&[u8]) -> Vec<u8> = match ds.digest_type {
        2 => |octets| Sha256::digest(octets).to_vec(),
        4 => |octets| Sha384::digest(octets).to_vec(),
        _ => return None,
    };
    let owner = zone.wire().to_ascii_lowercase();
    let is_key = |key: &&Dnskey| key.flags & (ZONE_KEY | REVOKED) == ZONE_KEY;
    let mut keys = keys.iter().filter(is_key).filter(|key| key.algorithm == ds.algorithm);
    Some(keys.any(|key| {
        let head = [key.flags.to_be_bytes(), [key.protocol, key.algorithm]].concat();
        digest(&[&*owner, &*head, &*key.key].concat()) == *ds.digest
    }))
}

/// Bits of a key's flags (RFC 4034 §2.1.1, RFC 5011 §3).
const ZONE_KEY: u16 = 0x0100;
const REVOKED: u16 = 0x0080;

/// Where in its life a signature is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Age {
    /// Not valid yet.
    Early,
    /// Valid, and for some time.
    Fresh,
    /// In the last tenth of its life, in which no signer leaves one: BIND replaces it with a third
    /// left, Knot with a tenth and some time more.
    Late,
    /// Not valid any more.
    Over,
}

/// Where in its life a signature is, at a time in seconds since 1970, which wrap (RFC 4034
/// §3.1.5).
pub(super) fn age(signature: &Rrsig, now: u32) -> Age {
    let from = |start: u32, end: u32| end.wrapping_sub(start).cast_signed();
    let left = from(now, signature.expiration);
    match from(signature.inception, now) {
        ..0 => Age::Early,
        _ if left <= 0 => Age::Over,
        _ if left < lifetime(signature) / 10 => Age::Late,
        _ => Age::Fresh,
    }
}

/// From its first second to its last.
pub(super) fn lifetime(signature: &Rrsig) -> i32 {
    signature.expiration.wrapping_sub(signature.inception).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Rdata, Rtype};

    #[test]
    fn times_wrap() {
        let check = |inception, expiration, now, expected| {
            let text = format!("SOA 13 2 60 {expiration} {inception} 1 example.net. AAAA");
            match Rdata::parse(Rtype::RRSIG, &text, None).unwrap() {
                Rdata::Rrsig(signature) => assert_eq!(age(&signature, now), expected, "{text}"),
                other => panic!("{other}"),
            }
        };
        check(1_000, 2_000, 999, Age::Early);
        check(1_000, 2_000, 1_000, Age::Fresh);
        check(1_000, 2_000, 1_900, Age::Fresh);
        check(1_000, 2_000, 1_901, Age::Late);
        check(1_000, 2_000, 2_000, Age::Over);
        check(u32::MAX - 10, 1_000, 5, Age::Fresh);
        check(u32::MAX - 10, 1_000, u32::MAX - 11, Age::Early);
    }
}
