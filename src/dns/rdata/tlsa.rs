//! TLSA (RFC 6698 §2).

use super::ds::some;
use super::{Data, Fields, Octets, TextError, WireError};
use std::fmt;

/// What a TLS server's certificate must match.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tlsa {
    /// Which certificate of the chain, and whether authorities count.
    pub usage: u8,
    /// The whole certificate or its public key.
    pub selector: u8,
    /// As it is, or a digest.
    pub matching: u8,
    /// The certificate, key or digest.
    pub data: Box<[u8]>,
}

impl Data for Tlsa {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let hex = &data_encoding::HEXLOWER_PERMISSIVE;
        Ok(Self {
            usage: fields.get("a certificate usage")?,
            selector: fields.get("a selector")?,
            matching: fields.get("a matching type")?,
            data: fields.decode("certificate data", hex)?.into(),
        })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            usage: octets.u8("certificate usage")?,
            selector: octets.u8("selector")?,
            matching: octets.u8("matching type")?,
            data: some(octets.rest(), "certificate data")?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.usage, self.selector, self.matching]);
        out.extend_from_slice(&self.data);
    }
}

impl fmt::Display for Tlsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = data_encoding::HEXUPPER.encode(&self.data);
        write!(f, "{} {} {} {data}", self.usage, self.selector, self.matching)
    }
}
