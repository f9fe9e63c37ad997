//! CAA (RFC 8659 §4.1).

use super::{Data, Fields, Octets, TextError, WireError};
use crate::dns::text::Quoted;
use std::fmt;

/// Which certification authority may issue.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Caa {
    /// Bit 7 set: an authority that does not know the tag must not issue.
    pub flags: u8,
    /// `issue`, `issuewild`, `iodef`...: letters and digits.
    pub tag: Box<str>,
    /// What the tag says.
    pub value: Box<[u8]>,
}

fn is_tag(octets: &[u8]) -> bool {
    (1..=255).contains(&octets.len()) && octets.iter().all(u8::is_ascii_alphanumeric)
}

impl Data for Caa {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let flags = fields.get("flags from 0 to 255")?;
        let tag = fields.next("a tag")?;
        if !is_tag(tag.raw.as_bytes()) {
            return Err(tag.error("a tag has letters and digits only, such as `issue`"));
        }
        let value = fields.next("a value")?.octets()?.into();
        Ok(Self { flags, tag: tag.raw.into(), value })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let flags = octets.u8("flags")?;
        let tag = octets.string("tag")?;
        let text = std::str::from_utf8(tag).ok().filter(|_| is_tag(tag));
        let tag = text.ok_or(WireError("tag"))?.into();
        Ok(Self { flags, tag, value: octets.rest().into() })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.flags, self.tag.len() as u8]); // a tag has at most 255 octets
        out.extend_from_slice(self.tag.as_bytes());
        out.extend_from_slice(&self.value);
    }
}

impl fmt::Display for Caa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.flags, self.tag, Quoted(&self.value))
    }
}
