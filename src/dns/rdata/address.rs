//! A and AAAA (RFC 1035 §3.4.1, RFC 3596 §2).

use super::{Data, Fields, Octets, TextError, WireError};
use std::net::{Ipv4Addr, Ipv6Addr};

impl Data for Ipv4Addr {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        fields.get("an IPv4 address")
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        octets.u32("IPv4 address").map(Self::from)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }
}

impl Data for Ipv6Addr {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        fields.get("an IPv6 address")
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let mut address = [0; 16];
        address.copy_from_slice(octets.take(16, "IPv6 address")?);
        Ok(address.into())
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }
}
