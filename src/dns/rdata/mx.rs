//! MX (RFC 1035 §3.3.9).

use super::{Data, Fields, Octets, TextError, WireError};
use crate::dns::Name;
use std::fmt;

/// A mail exchange.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Mx {
    /// Lower is tried first.
    pub preference: u16,
    /// The host; `.` alone says that the domain takes no mail (RFC 7505).
    pub exchange: Name,
}

impl Data for Mx {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let preference = fields.get("a preference from 0 to 65535")?;
        Ok(Self { preference, exchange: fields.name("a mail host")? })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self { preference: octets.u16("preference")?, exchange: Name::decode(octets)? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.preference.to_be_bytes());
        self.exchange.encode(out);
    }
}

impl fmt::Display for Mx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.preference, self.exchange)
    }
}
