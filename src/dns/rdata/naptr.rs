//! NAPTR (RFC 3403 §4.1).

use super::{Data, Fields, Octets, TextError, WireError};
use crate::dns::Name;
use crate::dns::text::Quoted;
use std::fmt;

/// A rule that rewrites a name.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Naptr {
    /// In which order rules are tried.
    pub order: u16,
    /// Preference among rules of one order.
    pub preference: u16,
    /// What the replacement leads to.
    pub flags: Box<[u8]>,
    /// Protocol and service.
    pub services: Box<[u8]>,
    /// A substitution expression.
    pub regexp: Box<[u8]>,
    /// The next name to ask.
    pub replacement: Name,
}

impl Data for Naptr {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        Ok(Self {
            order: fields.get("an order from 0 to 65535")?,
            preference: fields.get("a preference from 0 to 65535")?,
            flags: fields.string("flags")?.into(),
            services: fields.string("services")?.into(),
            regexp: fields.string("a regular expression")?.into(),
            replacement: fields.name("a replacement")?,
        })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        Ok(Self {
            order: octets.u16("order")?,
            preference: octets.u16("preference")?,
            flags: octets.string("flags")?.into(),
            services: octets.string("services")?.into(),
            regexp: octets.string("regular expression")?.into(),
            replacement: Name::decode(octets)?,
        })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.order.to_be_bytes());
        out.extend_from_slice(&self.preference.to_be_bytes());
        for string in [&self.flags, &self.services, &self.regexp] {
            out.push(string.len() as u8); // read as character-strings, so at most 255
            out.extend_from_slice(string);
        }
        self.replacement.encode(out);
    }
}

impl fmt::Display for Naptr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { order, preference, flags, services, regexp, replacement } = self;
        let (flags, services, regexp) = (Quoted(flags), Quoted(services), Quoted(regexp));
        write!(f, "{order} {preference} {flags} {services} {regexp} {replacement}")
    }
}
