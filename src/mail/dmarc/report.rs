//! Addresses that DMARC reports go to (RFC 9989 §4.6).

use super::tag::{meaning, number, word};
use crate::mail::uri::Uri;
use std::fmt;

/// One address for reports, with the size that it once could set (RFC 7489 §6.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Where to.
    pub uri: Uri,
    /// How large a report may be; receivers ignore it.
    pub limit: Option<Limit>,
}

/// A size: `10m`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limit {
    /// How many.
    pub count: u64,
    /// Of what.
    pub unit: Unit,
}

/// A power of 1024 octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unit {
    /// One.
    Octet,
    /// `k`.
    Kilo,
    /// `m`.
    Mega,
    /// `g`.
    Giga,
    /// `t`.
    Tera,
}

const UNITS: &[(&str, Unit)] = &[
    ("", Unit::Octet),
    ("k", Unit::Kilo),
    ("m", Unit::Mega),
    ("g", Unit::Giga),
    ("t", Unit::Tera),
];

impl Report {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let (uri, limit) = match text.split_once('!') {
            Some((uri, limit)) => {
                (uri, Some(Limit::parse(limit).ok_or("`!` sets a size: `!10m`")?))
            }
            None => (text, None),
        };
        Ok(Self { uri: Uri::parse(uri)?, limit })
    }
}

impl Limit {
    fn parse(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (count, unit) = text.split_at(end);
        Some(Self { count: number(count)?, unit: meaning(UNITS, unit)? })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uri.fmt(f)?;
        match self.limit {
            Some(Limit { count, unit }) => write!(f, "!{count}{}", word(UNITS, &unit)),
            None => Ok(()),
        }
    }
}
