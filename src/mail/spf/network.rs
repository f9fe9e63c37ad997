//! Networks, who lies in them, and how addresses are written in names.

use super::Mechanism;
use crate::dns::Name;
use std::net::{IpAddr, Ipv6Addr};

/// Addresses of one family: the first bits, and how many of them count.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    is_v6: bool,
    bits: u128,
    length: u8,
}

impl Network {
    /// The addresses that begin as this one does.
    pub fn new(address: IpAddr, length: u8) -> Self {
        match address {
            IpAddr::V4(address) => {
                Self { is_v6: false, bits: u128::from(address.to_bits()) << 96, length }
            }
            IpAddr::V6(address) => Self { is_v6: true, bits: address.to_bits(), length },
        }
    }

    /// The network that a mechanism names by itself.
    pub(super) fn of(mechanism: &Mechanism) -> Option<Self> {
        match mechanism {
            Mechanism::Ip4(address, length) => Some(Self::new((*address).into(), *length)),
            Mechanism::Ip6(address, length) => Some(Self::new((*address).into(), *length)),
            _ => None,
        }
    }

    /// Whether all of another network lies in this one.
    pub(super) fn contains(self, other: Self) -> bool {
        // A shift by all 128 bits is none that Rust does; then none of them count.
        let head = |bits: u128| bits.checked_shr(128 - u32::from(self.length)).unwrap_or(0);
        self.is_v6 == other.is_v6
            && self.length <= other.length
            && head(self.bits) == head(other.bits)
    }

    /// Whether an address lies in it.
    pub fn has(self, address: IpAddr) -> bool {
        let length = if address.is_ipv4() { 32 } else { 128 };
        self.contains(Self::new(address, length))
    }
}

/// An address as `%{i}` has it: IPv6 in single digits.
pub(super) fn dotted(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => digits(address).join("."),
    }
}

/// The name under which the names of an address are found (RFC 1035 §3.5, RFC 3596 §2.5).
pub fn reverse(address: IpAddr) -> Option<Name> {
    let text = match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(address) => {
            let mut digits = digits(address);
            digits.reverse();
            format!("{}.ip6.arpa.", digits.join("."))
        }
    };
    Name::parse(&text).ok()
}

fn digits(address: Ipv6Addr) -> Vec<String> {
    let bits = address.to_bits();
    (0..32).map(|at| format!("{:x}", bits >> (124 - 4 * at) & 0xf)).collect()
}
