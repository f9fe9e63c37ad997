//! RRSIG (RFC 4034 §3).

use super::ds::some;
use super::{Data, Fields, Name, Octets, Rtype, TextError, WireError};
use crate::dns::text::Field;
use chrono::{DateTime, NaiveDateTime};
use data_encoding::BASE64;
use std::fmt;

/// A signature over an RRset.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Rrsig {
    /// The type of the RRset.
    pub covered: Rtype,
    /// The key's algorithm.
    pub algorithm: u8,
    /// How many labels the owner has, a wildcard's not counted.
    pub labels: u8,
    /// The RRset's TTL when it was signed.
    pub original_ttl: u32,
    /// Until when it is valid, in seconds since 1970, which wrap.
    pub expiration: u32,
    /// Since when.
    pub inception: u32,
    /// The key's tag.
    pub key_tag: u16,
    /// The zone.
    pub signer: Name,
    /// The signature.
    pub signature: Box<[u8]>,
}

/// Digits of a date and time without anything between them.
const CLOCK: &str = "%Y%m%d%H%M%S";

/// `20270116220000`, or seconds.
fn time(field: Field<'_>) -> Result<u32, TextError> {
    if field.raw.len() != 14 {
        return field.get("a time such as `20270116220000`");
    }
    let read = NaiveDateTime::parse_from_str(field.raw, CLOCK).ok();
    let seconds = read.and_then(|at| u32::try_from(at.and_utc().timestamp()).ok());
    seconds.ok_or_else(|| field.error(format!("`{}` is not a time", field.raw)))
}

impl Data for Rrsig {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let covered = fields.next("a record type")?;
        let unknown = || covered.error(format!("`{}` is not a record type", covered.raw));
        Ok(Self {
            covered: Rtype::parse(covered.raw).ok_or_else(unknown)?,
            algorithm: fields.get("an algorithm number")?,
            labels: fields.get("a number of labels")?,
            original_ttl: fields.get("a TTL in seconds")?,
            expiration: time(fields.next("a time of expiration")?)?,
            inception: time(fields.next("a time of inception")?)?,
            key_tag: fields.get("a key tag from 0 to 65535")?,
            signer: fields.name("a signer")?,
            signature: fields.decode("a signature", &BASE64)?.into(),
        })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            covered: Rtype(octets.u16("type covered")?),
            algorithm: octets.u8("algorithm")?,
            labels: octets.u8("labels")?,
            original_ttl: octets.u32("TTL")?,
            expiration: octets.u32("expiration")?,
            inception: octets.u32("inception")?,
            key_tag: octets.u16("key tag")?,
            signer: Name::decode(octets)?,
            signature: some(octets.rest(), "signature")?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.covered.0.to_be_bytes());
        out.extend_from_slice(&[self.algorithm, self.labels]);
        for number in [self.original_ttl, self.expiration, self.inception] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.key_tag.to_be_bytes());
        out.extend_from_slice(self.signer.wire());
        out.extend_from_slice(&self.signature);
    }
}

impl fmt::Display for Rrsig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.covered, self.algorithm, self.labels, self.original_ttl)?;
        for seconds in [self.expiration, self.inception] {
            match DateTime::from_timestamp(seconds.into(), 0) {
                Some(at) => write!(f, " {}", at.format(CLOCK))?,
                None => write!(f, " {seconds}")?,
            }
        }
        write!(f, " {} {} {}", self.key_tag, self.signer, BASE64.encode(&self.signature))
    }
}
