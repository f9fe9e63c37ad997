//! DNSKEY and CDNSKEY (RFC 4034 §2, RFC 7344 §3.2).

use super::ds::some;
use super::{Data, Fields, Octets, TextError, WireError};
use data_encoding::BASE64;
use std::fmt;

/// A key that signs the zone.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Dnskey {
    /// Bit 7: a key of the zone; bit 15: one that the parent knows.
    pub flags: u16,
    /// Always 3.
    pub protocol: u8,
    /// The key's algorithm.
    pub algorithm: u8,
    /// The public key.
    pub key: Box<[u8]>,
}

impl Data for Dnskey {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        Ok(Self {
            flags: fields.get("flags from 0 to 65535")?,
            protocol: fields.get("a protocol number")?,
            algorithm: fields.get("an algorithm number")?,
            key: fields.decode("a key", &BASE64)?.into(),
        })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            flags: octets.u16("flags")?,
            protocol: octets.u8("protocol")?,
            algorithm: octets.u8("algorithm")?,
            key: some(octets.rest(), "key")?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.flags.to_be_bytes());
        out.extend_from_slice(&[self.protocol, self.algorithm]);
        out.extend_from_slice(&self.key);
    }
}

impl fmt::Display for Dnskey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = BASE64.encode(&self.key);
        write!(f, "{} {} {} {key}", self.flags, self.protocol, self.algorithm)
    }
}
