//! Networks, who lies in them, and how addresses are written in names.

use super::Mechanism;
use crate::dns::Name;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

    /// The fewest networks that hold the same addresses, IPv4 first.
    pub(super) fn fewest(mut networks: Vec<Self>) -> Vec<Self> {
        networks.iter_mut().for_each(|one| one.bits &= one.mask());
        // A wider network stands before those within it, and neighbours beside each other.
        networks.sort_by_key(|one| (one.is_v6, one.bits, one.length));
        let mut kept: Vec<Self> = Vec::new();
        for network in networks {
            if kept.last().is_some_and(|last| last.contains(network)) {
                continue;
            }
            kept.push(network);
            while let [.., a, b] = kept[..]
                && let Some(both) = a.joined(b)
            {
                kept.truncate(kept.len() - 2);
                kept.push(both);
            }
        }
        kept
    }

    /// The network that two halves make.
    fn joined(self, other: Self) -> Option<Self> {
        let both = Self { length: self.length.checked_sub(1)?, ..self };
        let are_halves = self.length == other.length && both.contains(other);
        are_halves.then(|| Self { bits: both.bits & both.mask(), ..both })
    }

    /// The bits that count.
    fn mask(self) -> u128 {
        u128::MAX.checked_shl(128 - u32::from(self.length)).unwrap_or(0)
    }

    /// The mechanism that names it.
    pub(super) fn mechanism(self) -> Mechanism {
        match self.is_v6 {
            true => Mechanism::Ip6(Ipv6Addr::from_bits(self.bits), self.length),
            // The upper 32 bits are all that an IPv4 network has.
            false => Mechanism::Ip4(Ipv4Addr::from_bits((self.bits >> 96) as u32), self.length),
        }
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
