//! SOA (RFC 1035 §3.3.13).

use super::{Data, Fields, Octets, TextError, WireError};
use crate::dns::{Name, Serial, Ttl};
use std::fmt;

/// The start of a zone: who runs it, its serial, and how secondaries follow it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Soa {
    /// The primary server.
    pub mname: Name,
    /// The mailbox of the person in charge, `@` written as a dot.
    pub rname: Name,
    /// The zone's version.
    pub serial: u32,
    /// How often a secondary asks for a new version.
    pub refresh: Ttl,
    /// How soon it asks again when the primary does not answer.
    pub retry: Ttl,
    /// When a secondary that cannot reach the primary stops answering.
    pub expire: Ttl,
    /// Upper bound of the negative TTL (RFC 2308 §4).
    pub minimum: Ttl,
}

impl Soa {
    /// The serial as a number that counts in a circle.
    pub fn serial(&self) -> Serial {
        Serial(self.serial)
    }
}

impl Data for Soa {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        Ok(Self {
            mname: fields.name("a primary server")?,
            rname: fields.name("a mailbox")?,
            serial: fields.get("a serial from 0 to 4294967295")?,
            refresh: fields.ttl("a refresh time")?,
            retry: fields.ttl("a retry time")?,
            expire: fields.ttl("an expire time")?,
            minimum: fields.ttl("a negative TTL")?,
        })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let (mname, rname) = (Name::decode(octets)?, Name::decode(octets)?);
        let serial = octets.u32("serial")?;
        let mut ttl = |what| octets.u32(what).map(Ttl::from_secs);
        let (refresh, retry) = (ttl("refresh time")?, ttl("retry time")?);
        let (expire, minimum) = (ttl("expire time")?, ttl("negative TTL")?);
        Ok(Self { mname, rname, serial, refresh, retry, expire, minimum })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.mname.encode(out);
        self.rname.encode(out);
        out.extend_from_slice(&self.serial.to_be_bytes());
        for ttl in [self.refresh, self.retry, self.expire, self.minimum] {
            out.extend_from_slice(&ttl.secs().to_be_bytes());
        }
    }
}

impl fmt::Display for Soa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mname, rname, serial, refresh, retry, expire, minimum } = self;
        write!(f, "{mname} {rname} {serial} {refresh} {retry} {expire} {minimum}")
    }
}
