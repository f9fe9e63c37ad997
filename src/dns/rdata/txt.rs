//! TXT (RFC 1035 §3.3.14).

use super::{Data, Fields, Octets, TextError, WireError};
use crate::dns::text::Quoted;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Text, written as one or more strings of at most 255 octets.
///
/// SPF, DKIM and DMARC read the strings joined without a space (RFC 7208 §3.3, RFC 6376 §3.6.2.2),
/// so two texts are equal when their joined octets are. The borders are kept for printing and for
/// the wire, where a server compares them.
#[derive(Clone, Debug)]
pub struct Txt {
    wire: Box<[u8]>, // at least one character-string
}

impl Txt {
    /// Text cut into strings of 255 octets, as providers do it.
    pub fn new(text: impl AsRef<[u8]>) -> Self {
        let text = text.as_ref();
        let mut wire = Vec::with_capacity(text.len() + text.len() / 255 + 1);
        let mut push = |chunk: &[u8]| {
            wire.push(chunk.len() as u8); // at most 255, by the size of the chunks
            wire.extend_from_slice(chunk);
        };
        if text.is_empty() {
            push(b"");
        }
        text.chunks(255).for_each(push);
        Self { wire: wire.into() }
    }

    /// The strings as they are cut.
    pub fn strings(&self) -> impl Iterator<Item = &[u8]> {
        let mut octets = Octets::new(&self.wire);
        std::iter::from_fn(move || octets.string("string").ok())
    }

    /// The joined octets.
    pub fn joined(&self) -> Vec<u8> {
        self.octets().collect()
    }

    /// The joined text; octets that are not UTF-8 are shown as U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.wire[..] {
            [length, one @ ..] if usize::from(*length) == one.len() => String::from_utf8_lossy(one),
            _ => Cow::Owned(String::from_utf8_lossy(&self.joined()).into_owned()),
        }
    }

    fn octets(&self) -> impl Iterator<Item = u8> {
        self.strings().flatten().copied()
    }
}

impl Data for Txt {
    fn parse(fields: &mut Fields<'_>) -> Result<Self, TextError> {
        let strings = fields.rest("text", |field| field.string())?;
        let mut wire = Vec::new();
        for string in strings {
            wire.push(string.len() as u8); // `Field::string` refuses more than 255
            wire.extend_from_slice(&string);
        }
        Ok(Self { wire: wire.into() })
    }

    fn decode(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let wire = octets.rest();
        let mut strings = Octets::new(wire);
        strings.string("text")?;
        while !strings.is_empty() {
            strings.string("text")?;
        }
        Ok(Self { wire: wire.into() })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.wire);
    }
}

impl fmt::Display for Txt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, string) in self.strings().enumerate() {
            let space = if i == 0 { "" } else { " " };
            write!(f, "{space}{}", Quoted(string))?;
        }
        Ok(())
    }
}

impl PartialEq for Txt {
    fn eq(&self, other: &Self) -> bool {
        self.wire == other.wire || self.octets().eq(other.octets())
    }
}

impl Eq for Txt {}

impl Ord for Txt {
    fn cmp(&self, other: &Self) -> Ordering {
        self.octets().cmp(other.octets())
    }
}

impl PartialOrd for Txt {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Txt {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.octets().for_each(|octet| state.write_u8(octet));
    }
}
