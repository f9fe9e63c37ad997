//! TLSA: which certificates a mail server may show (RFC 6698, RFC 7672).

use super::der::{FIRST, INTEGER, SEQUENCE, element, whole};
use crate::dns::rdata::Tlsa;
use sha2::{Digest as _, Sha256, Sha512};

/// A server's own certificate, whoever has signed it.
const END_ENTITY: u8 = 3;
/// A certificate above it.
const AUTHORITY: u8 = 2;

/// Whether senders that read these records take a server with these certificates, its own first,
/// in DER; `None` if that is not to be told by them (RFC 7672 §3.1, RFC 6698 §2.1).
pub fn fits(records: &[Tlsa], chain: &[Vec<u8>]) -> Option<bool> {
    let is_usable = |tlsa: &&Tlsa| {
        matches!(tlsa.usage, AUTHORITY | END_ENTITY) && tlsa.selector <= 1 && tlsa.matching <= 2
    };
    let usable: Vec<_> = records.iter().filter(is_usable).collect();
    // An authority that the record holds whole need not be in the chain (RFC 7671 §5.2.1).
    let is_whole = |tlsa: &Tlsa| tlsa.usage == AUTHORITY && tlsa.matching == 0;
    match usable.iter().any(|tlsa| matches(tlsa, chain)) {
        true => Some(true),
        false
            if usable.is_empty()
                || chain.is_empty()
                || usable.iter().any(|tlsa| is_whole(tlsa)) =>
        {
            None
        }
        false => Some(false),
    }
}

fn matches(tlsa: &Tlsa, chain: &[Vec<u8>]) -> bool {
    let (own, above) = chain.split_at(chain.len().min(1));
    let about = if tlsa.usage == END_ENTITY { own } else { above };
    let parts = about.iter().filter_map(|certificate| match tlsa.selector {
        0 => Some(certificate.as_slice()),
        _ => public_key(certificate),
    });
    parts.into_iter().any(|part| match tlsa.matching {
        0 => *part == *tlsa.data,
        1 => *Sha256::digest(part) == *tlsa.data,
        _ => *Sha512::digest(part) == *tlsa.data,
    })
}

/// The record that senders like best, for a server that shows this certificate (RFC 7672 §3.1.1).
pub fn of(certificate: &[u8]) -> Option<Tlsa> {
    let data = Sha256::digest(public_key(certificate)?).as_slice().into();
    Some(Tlsa { usage: END_ENTITY, selector: 1, matching: 1, data })
}

/// The SubjectPublicKeyInfo of a certificate (RFC 5280 §4.1).
fn public_key(certificate: &[u8]) -> Option<&[u8]> {
    let (outer, _) = element(SEQUENCE, certificate)?;
    let (signed, _) = element(SEQUENCE, outer)?;
    // Version 1 has no number.
    let numbered = element(FIRST, signed).map_or(signed, |(_, rest)| rest);
    let (_, mut rest) = element(INTEGER, numbered)?;
    for _ in ["signature", "issuer", "validity", "subject"] {
        rest = element(SEQUENCE, rest)?.1;
    }
    Some(whole(SEQUENCE, rest)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Rdata, Rtype};

    /// As much of a certificate as is read, with this key in it.
    fn certificate(key: u8) -> Vec<u8> {
        let signed = [
            &[FIRST, 3, INTEGER, 1, 2][..],
            &[INTEGER, 1, 7, SEQUENCE, 0, SEQUENCE, 0, SEQUENCE, 0, SEQUENCE, 0],
            &[SEQUENCE, 3, 0x03, 1, key, SEQUENCE, 0],
        ]
        .concat();
        let signed = [&[SEQUENCE, u8::try_from(signed.len()).unwrap()], &*signed].concat();
        [&[SEQUENCE, u8::try_from(signed.len()).unwrap()], &*signed].concat()
    }

    #[test]
    fn a_server_is_taken_by_any_record_that_is_about_it() {
        let chain = [certificate(1), certificate(2)];
        let hex = |octets: &[u8]| data_encoding::HEXLOWER.encode(octets);
        let digest = |octets: &[u8]| hex(&Sha256::digest(octets));
        let key = |n| [SEQUENCE, 3, 0x03, 1, n];
        let check = |records: &[String], expected| {
            let records =
                records.iter().map(|text| match Rdata::parse(Rtype::TLSA, text, None).unwrap() {
                    Rdata::Tlsa(tlsa) => tlsa,
                    other => panic!("{other}"),
                });
            let records: Vec<_> = records.collect();
            assert_eq!(fits(&records, &chain), expected, "{records:?}");
        };
        let record = |head: &str, data: String| format!("{head} {data}");
        let (own, other) = (digest(&key(1)), digest(&key(9)));
        check(&[record("3 1 1", own.clone())], Some(true));
        check(&[record("3 1 1", other.clone())], Some(false));
        check(&[record("3 1 1", other.clone()), record("3 1 1", own.clone())], Some(true));
        check(&[record("3 1 0", hex(&key(1)))], Some(true));
        check(&[record("3 0 1", digest(&chain[0]))], Some(true));
        check(&[record("3 0 1", digest(&chain[1]))], Some(false));
        check(&[record("3 1 2", hex(&Sha512::digest(key(1))))], Some(true));
        check(&[record("2 1 1", digest(&key(2)))], Some(true));
        check(&[record("2 1 1", own.clone())], Some(false));
        check(&[record("2 0 1", digest(&chain[1]))], Some(true));
        // An authority may be known from the record alone; of others nobody makes anything.
        check(&[record("2 0 0", hex(&certificate(9)))], None);
        check(&[record("1 1 1", other.clone())], None);
        check(&[record("3 1 9", other.clone())], None);
        check(&[record("3 1 9", other.clone()), record("3 1 1", other)], Some(false));
        check(&[], None);
        assert_eq!(
            of(&chain[0]).map(|tlsa| tlsa.to_string().to_lowercase()),
            Some(format!("3 1 1 {own}"))
        );
        assert_eq!(of(b"\x30\x03\x02\x01\x01"), None);
    }
}
