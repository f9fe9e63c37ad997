//! NSEC (RFC 4034 §4), NSEC3 and NSEC3PARAM (RFC 5155 §3, §4).

use super::{Data, Fields, Name, Octets, Rtype, TextError, WireError};
use data_encoding::{BASE32HEX_NOPAD, HEXLOWER_PERMISSIVE, HEXUPPER};
use std::collections::BTreeMap;
use std::fmt;

/// The next name of a zone, and the types of this one.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Nsec {
    /// The next name.
    pub next: Name,
    /// The types that exist.
    pub types: Types,
}

/// The same by the hashes of names.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Nsec3 {
    /// How names are hashed.
    pub param: Nsec3param,
    /// The next hash, at most 255 octets.
    pub next: Box<[u8]>,
    /// The types that exist.
    pub types: Types,
}

/// How names are hashed.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Nsec3param {
    /// The function.
    pub algorithm: u8,
    /// Whether names without signatures are left out.
    pub flags: u8,
    /// How often the function is repeated.
    pub iterations: u16,
    /// What is hashed along with the name, at most 255 octets.
    pub salt: Box<[u8]>,
}

/// A set of types as windows of bits, none of which is empty (RFC 4034 §4.1.2).
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Types(Box<[u8]>);

impl Types {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let mut windows: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
        while fields.peek().is_some() {
            let field = fields.next("a record type")?;
            let unknown = || field.error(format!("`{}` is not a record type", field.raw));
            let [window, low] = Rtype::parse(field.raw).ok_or_else(unknown)?.0.to_be_bytes();
            let bits = windows.entry(window).or_default();
            let at = usize::from(low / 8);
            bits.resize(bits.len().max(at + 1), 0);
            bits[at] |= 0x80 >> (low % 8);
        }
        let mut wire = Vec::new();
        for (window, bits) in windows {
            wire.extend_from_slice(&[window, bits.len() as u8]); // at most 32
            wire.extend_from_slice(&bits);
        }
        Ok(Self(wire.into()))
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let wire = octets.rest();
        let (mut windows, mut last) = (Octets::new(wire), None);
        while !windows.is_empty() {
            let window = windows.u8("window")?;
            let bits = windows.string("types")?;
            let is_well_formed = (1..=32).contains(&bits.len()) && bits.last() != Some(&0);
            if last >= Some(window) || !is_well_formed {
                return Err(WireError("types"));
            }
            last = Some(window);
        }
        Ok(Self(wire.into()))
    }

    /// The types in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = Rtype> {
        let mut windows = Octets::new(&self.0);
        let next = move || Some((windows.u8("window").ok()?, windows.string("types").ok()?));
        std::iter::from_fn(next).flat_map(|(window, bits)| {
            let all = bits.iter().zip(0_u8..).flat_map(|(octet, at)| {
                let set = (0..8_u8).filter(move |bit| octet & (0x80 >> bit) != 0);
                set.map(move |bit| at * 8 + bit)
            });
            all.map(move |low| Rtype(u16::from_be_bytes([window, low])))
        })
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|rtype| write!(f, " {rtype}"))
    }
}

impl Data for Nsec {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        Ok(Self { next: fields.name("the next name")?, types: Types::parse(fields)? })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self { next: Name::decode(octets)?, types: Types::decode(octets)? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.next.wire());
        out.extend_from_slice(&self.types.0);
    }
}

impl fmt::Display for Nsec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.next, self.types)
    }
}

impl Data for Nsec3param {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let algorithm = fields.get("a hash algorithm")?;
        let flags = fields.get("flags from 0 to 255")?;
        let iterations = fields.get("a number of iterations")?;
        let field = fields.next("a salt, or `-`")?;
        let octets = match field.raw {
            "-" => Some(Vec::new()),
            hex => HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok().filter(|salt| !salt.is_empty()),
        };
        let wrong = || field.error("a salt has up to 255 octets in hexadecimal, or is `-`");
        let salt = octets.filter(|salt| salt.len() <= 255).ok_or_else(wrong)?;
        Ok(Self { algorithm, flags, iterations, salt: salt.into() })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            algorithm: octets.u8("algorithm")?,
            flags: octets.u8("flags")?,
            iterations: octets.u16("iterations")?,
            salt: octets.string("salt")?.into(),
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.algorithm, self.flags]);
        out.extend_from_slice(&self.iterations.to_be_bytes());
        out.push(self.salt.len() as u8); // at most 255
        out.extend_from_slice(&self.salt);
    }
}

impl fmt::Display for Nsec3param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ", self.algorithm, self.flags, self.iterations)?;
        match &*self.salt {
            [] => f.write_str("-"),
            salt => f.write_str(&HEXUPPER.encode(salt)),
        }
    }
}

impl Data for Nsec3 {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let param = Nsec3param::parse(fields)?;
        let field = fields.next("the next hash")?;
        let decoded = BASE32HEX_NOPAD.decode(field.raw.to_ascii_uppercase().as_bytes()).ok();
        let next = decoded.filter(|next| (1..=255).contains(&next.len()));
        let next = next.ok_or_else(|| field.error("a hash is written in base32hex"))?.into();
        Ok(Self { param, next, types: Types::parse(fields)? })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let param = Nsec3param::decode(octets)?;
        let next = super::ds::some(octets.string("next hash")?, "next hash")?;
        Ok(Self { param, next, types: Types::decode(octets)? })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.param.encode(out);
        out.push(self.next.len() as u8); // at most 255
        out.extend_from_slice(&self.next);
        out.extend_from_slice(&self.types.0);
    }
}

impl fmt::Display for Nsec3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.param, BASE32HEX_NOPAD.encode(&self.next), self.types)
    }
}
