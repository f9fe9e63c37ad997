//! The terms of an SPF record, as text (RFC 7208 §12).

use super::macros::{Use, pieces};
use crate::dns::Name;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// One term.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Term {
    /// What to conclude when a mechanism matches.
    Directive(Qualifier, Mechanism),
    /// `redirect=`, `exp=` or an unknown modifier.
    Modifier {
        /// Left of the sign.
        name: String,
        /// Right of it.
        value: String,
    },
}

/// The verdict of a directive, from lenient to strict.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Qualifier {
    /// `+`, the default.
    Pass,
    /// `?`.
    Neutral,
    /// `~`.
    SoftFail,
    /// `-`.
    Fail,
}

/// What a directive looks at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mechanism {
    /// Everything.
    All,
    /// Whatever another domain's record passes.
    Include(String),
    /// The addresses of a name.
    A(Target),
    /// The addresses of a name's mail exchanges.
    Mx(Target),
    /// The reverse name; not to be used (RFC 7208 §5.5).
    Ptr(Option<String>),
    /// An IPv4 network.
    Ip4(Ipv4Addr, u8),
    /// An IPv6 network.
    Ip6(Ipv6Addr, u8),
    /// Whether a constructed name exists.
    Exists(String),
}

/// The name and prefix lengths of `a` and `mx`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Target {
    /// The name, with macros as written; the record's own domain when absent.
    pub domain: Option<String>,
    /// Prefix length for IPv4.
    pub v4: Option<u8>,
    /// Prefix length for IPv6.
    pub v6: Option<u8>,
}

/// What is wrong with a term.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Flaw {
    /// Receivers know no such form.
    #[error("{0}")]
    Form(&'static str),
    /// Its address or prefix length is none of its family (§5.6).
    #[error("{0}")]
    Network(&'static str),
    /// What it leaves to be filled in (§7.1).
    #[error("{0}")]
    Macro(&'static str),
}

impl From<&'static str> for Flaw {
    fn from(problem: &'static str) -> Self {
        Self::Form(problem)
    }
}

impl Term {
    pub(super) fn parse(word: &str) -> Result<Self, Flaw> {
        let (qualifier, rest) = match word.as_bytes() {
            [b'+', ..] => (Some(Qualifier::Pass), &word[1..]),
            [b'?', ..] => (Some(Qualifier::Neutral), &word[1..]),
            [b'~', ..] => (Some(Qualifier::SoftFail), &word[1..]),
            [b'-', ..] => (Some(Qualifier::Fail), &word[1..]),
            _ => (None, word),
        };
        let end = rest.find([':', '/', '=']).unwrap_or(rest.len());
        let (name, value) = rest.split_at(end);
        if let Some(value) = value.strip_prefix('=') {
            let valid = qualifier.is_none()
                && name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            if !valid {
                return Err("a modifier is a name, `=` and a value".into());
            }
            let is_known = ["redirect", "exp"].iter().any(|k| name.eq_ignore_ascii_case(k));
            filled_in(value, if is_known { Use::Domain } else { Use::Value })?;
            return Ok(Self::Modifier { name: name.to_owned(), value: value.to_owned() });
        }
        let mechanism = Mechanism::parse(&name.to_ascii_lowercase(), value)?;
        Ok(Self::Directive(qualifier.unwrap_or(Qualifier::Pass), mechanism))
    }
}

impl Mechanism {
    fn parse(name: &str, value: &str) -> Result<Self, Flaw> {
        let domain = || domain(value).and_then(|found| found.ok_or(NO_DOMAIN));
        match name {
            "all" if value.is_empty() => Ok(Self::All),
            "all" => Err("`all` takes no value".into()),
            "include" => domain().map(Self::Include),
            "exists" => domain().map(Self::Exists),
            "ptr" if value.is_empty() => Ok(Self::Ptr(None)),
            "ptr" => domain().map(|domain| Self::Ptr(Some(domain))),
            "a" => Target::parse(value).map(Self::A),
            "mx" => Target::parse(value).map(Self::Mx),
            "ip4" => network(value, 32).map(|(net, prefix)| Self::Ip4(net, prefix)),
            "ip6" => network(value, 128).map(|(net, prefix)| Self::Ip6(net, prefix)),
            _ => Err(NO_MECHANISM),
        }
    }
}

impl Target {
    /// The name that is written, as an absolute one; macros are no names.
    pub fn name(&self) -> Option<Name> {
        name(self.domain.as_deref()?)
    }

    /// The name that it means in a record of this zone, if that lies in the zone; macros never do.
    pub fn name_within(&self, apex: &Name) -> Option<Name> {
        let name = match &self.domain {
            None => apex.clone(),
            Some(_) => self.name()?,
        };
        name.is_within(apex).then_some(name)
    }

    fn parse(value: &str) -> Result<Self, Flaw> {
        // A domain may hold slashes too; prefix lengths are what stands behind the last ones.
        let (value, v6) = match value.rsplit_once("//") {
            Some((rest, length)) if is_number(length) => (rest, Some(prefix(length, 128)?)),
            _ => (value, None),
        };
        let (value, v4) = match value.rsplit_once('/') {
            Some((rest, length)) if is_number(length) => (rest, Some(prefix(length, 32)?)),
            _ => (value, None),
        };
        Ok(Self { domain: domain(value)?, v4, v6 })
    }
}

/// A domain as an absolute name; macros are no names.
pub(super) fn name(domain: &str) -> Option<Name> {
    let plain = Some(domain).filter(|domain| !domain.contains('%'))?;
    Name::parse(&format!("{}.", plain.trim_end_matches('.'))).ok()
}

const NO_DOMAIN: Flaw = Flaw::Form("a domain is missing behind `:`");
const NO_MECHANISM: Flaw = Flaw::Form("there is no such mechanism");

/// What stands behind the colon, if there is one.
fn domain(value: &str) -> Result<Option<String>, Flaw> {
    match value.strip_prefix(':') {
        Some("") => Err(NO_DOMAIN),
        Some(domain) => filled_in(domain, Use::Domain).map(|()| Some(domain.to_owned())),
        None if value.is_empty() => Ok(None),
        None => Err(NO_MECHANISM),
    }
}

/// Whether receivers can fill text in.
fn filled_in(text: &str, usage: Use) -> Result<(), Flaw> {
    let flaw = if text.contains('%') { Flaw::Macro } else { Flaw::Form };
    pieces(text, usage).map(drop).map_err(flaw)
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit())
}

/// A prefix length, which has no zeros in front (RFC 7208 §5.6).
fn prefix(text: &str, most: u8) -> Result<u8, Flaw> {
    let is_plain = is_number(text) && (text.len() == 1 || !text.starts_with('0'));
    let length = text.parse().ok().filter(|length| is_plain && *length <= most);
    length.ok_or(Flaw::Network("the prefix length is not one of this address family"))
}

fn network<T: FromStr>(value: &str, most: u8) -> Result<(T, u8), Flaw> {
    let value = value.strip_prefix(':').ok_or("an address is missing behind `:`")?;
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, prefix(length, most)?),
        None => (value, most),
    };
    let address = address.parse().map_err(|_| match address.parse::<IpAddr>() {
        Ok(_) => Flaw::Network("this is not an address of its family"),
        Err(_) => Flaw::Form("this is not an address"),
    })?;
    Ok((address, length))
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modifier { name, value } => write!(f, "{name}={value}"),
            Self::Directive(qualifier, mechanism) => {
                f.write_str(match qualifier {
                    Qualifier::Pass => "",
                    Qualifier::Neutral => "?",
                    Qualifier::SoftFail => "~",
                    Qualifier::Fail => "-",
                })?;
                mechanism.fmt(f)
            }
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Include(domain) => write!(f, "include:{domain}"),
            Self::Exists(domain) => write!(f, "exists:{domain}"),
            Self::Ptr(None) => f.write_str("ptr"),
            Self::Ptr(Some(domain)) => write!(f, "ptr:{domain}"),
            Self::A(target) => write!(f, "a{target}"),
            Self::Mx(target) => write!(f, "mx{target}"),
            Self::Ip4(address, 32) => write!(f, "ip4:{address}"),
            Self::Ip4(address, length) => write!(f, "ip4:{address}/{length}"),
            Self::Ip6(address, 128) => write!(f, "ip6:{address}"),
            Self::Ip6(address, length) => write!(f, "ip6:{address}/{length}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(domain) = &self.domain {
            write!(f, ":{domain}")?;
        }
        if let Some(length) = self.v4 {
            write!(f, "/{length}")?;
        }
        if let Some(length) = self.v6 {
            write!(f, "//{length}")?;
        }
        Ok(())
    }
}
