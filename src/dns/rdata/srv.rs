//! SRV (RFC 2782).

use super::{Data, Fields, Octets, TextError, WireError};
use crate::dns::Name;
use std::fmt;

/// Where a service is found.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Srv {
    /// Lower is tried first.
    pub priority: u16,
    /// Share of the load among equal priorities.
    pub weight: u16,
    /// TCP or UDP port.
    pub port: u16,
    /// The host; `.` says that the service is not offered here.
    pub target: Name,
}

impl Data for Srv {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        Ok(Self {
            priority: fields.get("a priority from 0 to 65535")?,
            weight: fields.get("a weight from 0 to 65535")?,
            port: fields.get("a port from 0 to 65535")?,
            target: fields.name("a target host")?,
        })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            priority: octets.u16("priority")?,
            weight: octets.u16("weight")?,
            port: octets.u16("port")?,
            target: Name::decode(octets)?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for number in [self.priority, self.weight, self.port] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        self.target.encode(out);
    }
}

impl fmt::Display for Srv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.priority, self.weight, self.port, self.target)
    }
}
