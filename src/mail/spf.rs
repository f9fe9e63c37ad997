//! SPF records: who may send for a domain (RFC 7208).

mod covers;
mod union;

use crate::dns::Name;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A `v=spf1` record: its terms in their order. One without terms says as much as none at all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Spf {
    /// Directives and modifiers.
    pub terms: Vec<Term>,
}

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

/// Why text is not an SPF record.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SpfError {
    /// It does not begin with `v=spf1` and a space.
    #[error("an SPF record begins with `v=spf1`, followed by a space or nothing")]
    Version,
    /// A term that cannot be read.
    #[error("`{term}` is not an SPF term: {problem}")]
    Term {
        /// The term as written.
        term: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

/// Whether the joined text of a TXT record is an SPF record, well-formed or not (RFC 7208 §4.5).
pub fn is_spf(text: &str) -> bool {
    text.get(..6).is_some_and(|head| head.eq_ignore_ascii_case("v=spf1"))
        && matches!(text.as_bytes().get(6), None | Some(b' '))
}

impl Spf {
    /// Reads the joined text of a TXT record.
    pub fn parse(text: &str) -> Result<Self, SpfError> {
        if !is_spf(text) {
            return Err(SpfError::Version);
        }
        let words = text[6..].split(' ').filter(|word| !word.is_empty());
        let terms = words.map(|word| {
            Term::parse(word).map_err(|problem| SpfError::Term { term: word.to_owned(), problem })
        });
        Ok(Self { terms: terms.collect::<Result<_, _>>()? })
    }

    /// The directives in their order.
    pub fn directives(&self) -> impl Iterator<Item = (Qualifier, &Mechanism)> {
        self.terms.iter().filter_map(|term| match term {
            Term::Directive(qualifier, mechanism) => Some((*qualifier, mechanism)),
            Term::Modifier { .. } => None,
        })
    }

    /// The verdict for everybody else: that of the first `all`.
    pub fn all(&self) -> Option<Qualifier> {
        self.directives()
            .find_map(|(qualifier, mechanism)| (*mechanism == Mechanism::All).then_some(qualifier))
    }

    /// Where the record sends on to when nothing matches; without effect beside `all` (§6.1).
    pub fn redirect(&self) -> Option<&str> {
        let found = self.terms.iter().find_map(|term| match term {
            Term::Modifier { name, value } if name.eq_ignore_ascii_case("redirect") => Some(value),
            _ => None,
        });
        found.filter(|_| self.all().is_none()).map(String::as_str)
    }

    /// How many terms of this record alone make receivers ask the DNS; at most 10 in all (§4.6.4).
    pub fn lookups(&self) -> usize {
        let asking = self.directives().filter(|(_, mechanism)| {
            !matches!(mechanism, Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..))
        });
        asking.count() + usize::from(self.redirect().is_some())
    }
}

impl Term {
    fn parse(word: &str) -> Result<Self, &'static str> {
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
            return if valid {
                Ok(Self::Modifier { name: name.to_owned(), value: value.to_owned() })
            } else {
                Err("a modifier is a name, `=` and a value")
            };
        }
        let mechanism = Mechanism::parse(&name.to_ascii_lowercase(), value)?;
        Ok(Self::Directive(qualifier.unwrap_or(Qualifier::Pass), mechanism))
    }
}

impl Mechanism {
    fn parse(name: &str, value: &str) -> Result<Self, &'static str> {
        let domain = || match value.strip_prefix(':') {
            Some("") | None => Err("a domain is missing behind `:`"),
            Some(domain) => Ok(domain.to_owned()),
        };
        match name {
            "all" if value.is_empty() => Ok(Self::All),
            "all" => Err("`all` takes no value"),
            "include" => domain().map(Self::Include),
            "exists" => domain().map(Self::Exists),
            "ptr" if value.is_empty() => Ok(Self::Ptr(None)),
            "ptr" => domain().map(|domain| Self::Ptr(Some(domain))),
            "a" => Target::parse(value).map(Self::A),
            "mx" => Target::parse(value).map(Self::Mx),
            "ip4" => network(value, 32).map(|(net, prefix)| Self::Ip4(net, prefix)),
            "ip6" => network(value, 128).map(|(net, prefix)| Self::Ip6(net, prefix)),
            _ => Err("there is no such mechanism"),
        }
    }
}

impl Target {
    /// The name that is written, as an absolute one; macros are no names.
    pub fn name(&self) -> Option<Name> {
        let domain = self.domain.as_deref().filter(|domain| !domain.contains('%'))?;
        Name::parse(&format!("{}.", domain.trim_end_matches('.'))).ok()
    }

    /// The name that it means in a record of this zone, if that lies in the zone; macros never do.
    pub fn name_within(&self, apex: &Name) -> Option<Name> {
        let name = match &self.domain {
            None => apex.clone(),
            Some(_) => self.name()?,
        };
        name.is_within(apex).then_some(name)
    }

    fn parse(value: &str) -> Result<Self, &'static str> {
        let (value, v6) = match value.split_once("//") {
            Some((rest, length)) => (rest, Some(prefix(length, 128)?)),
            None => (value, None),
        };
        let (domain, v4) = match value.split_once('/') {
            Some((rest, length)) => (rest, Some(prefix(length, 32)?)),
            None => (value, None),
        };
        let domain = match domain.strip_prefix(':') {
            Some("") => return Err("a domain is missing behind `:`"),
            Some(domain) => Some(domain.to_owned()),
            None if domain.is_empty() => None,
            None => return Err("there is no such mechanism"),
        };
        Ok(Self { domain, v4, v6 })
    }
}

fn prefix(text: &str, most: u8) -> Result<u8, &'static str> {
    let length = text.parse().ok().filter(|length| *length <= most);
    length.ok_or("the prefix length is not one of this address family")
}

fn network<T: FromStr>(value: &str, most: u8) -> Result<(T, u8), &'static str> {
    let value = value.strip_prefix(':').ok_or("an address is missing behind `:`")?;
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, prefix(length, most)?),
        None => (value, most),
    };
    let address = address.parse().map_err(|_| "this is not an address of its family")?;
    Ok((address, length))
}

impl fmt::Display for Spf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=spf1")?;
        self.terms.iter().try_for_each(|term| write!(f, " {term}"))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back_the_same() {
        let check = |text: &str| {
            let spf = Spf::parse(text).unwrap();
            assert_eq!(spf.to_string(), text);
            assert_eq!(Spf::parse(&spf.to_string()), Ok(spf));
        };
        check("v=spf1");
        check("v=spf1 include:_spf.google.com ~all");
        check("v=spf1 mx a:host.example/24 a//64 mx:example.org/24//64 -all");
        check("v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.1 ip6:2001:db8::/32 ?all");
        check("v=spf1 exists:%{i}._spf.%{d} ptr ptr:example.org redirect=_spf.example.org");
    }

    #[test]
    fn spelling_is_made_regular() {
        let check = |text, printed: &str| {
            assert_eq!(Spf::parse(text).unwrap().to_string(), printed);
        };
        check("V=SPF1 +MX  Include:a -ALL", "v=spf1 mx include:a -all");
        check(
            "v=spf1 ip4:192.0.2.1/32 ip6:2001:DB8::1/128",
            "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1",
        );
    }

    #[test]
    fn mistakes_name_the_term() {
        let check = |text, message: &str| {
            let error = Spf::parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        };
        check("v=spf10 -all", "begins with `v=spf1`");
        check("v=spf1;-all", "begins with `v=spf1`");
        check(" v=spf1", "begins with `v=spf1`");
        check("v=spf1 ip4:1.2.3.4~all", "`ip4:1.2.3.4~all`");
        check("v=spf1 ip4:2001:db8::1", "not an address of its family");
        check("v=spf1 ip4:192.0.2.0/33", "prefix length");
        check("v=spf1 include", "a domain is missing");
        check("v=spf1 include:", "a domain is missing");
        check("v=spf1 all:x", "takes no value");
        check("v=spf1 mxx", "no such mechanism");
        check("v=spf1 -redirect=x", "a modifier is");
    }

    #[test]
    fn lookups_are_counted() {
        let check = |text, n| assert_eq!(Spf::parse(text).unwrap().lookups(), n, "{text}");
        check("v=spf1 ip4:192.0.2.1 -all", 0);
        check("v=spf1 include:a include:b mx a ptr exists:x -all", 6);
        check("v=spf1 mx redirect=a", 2);
        check("v=spf1 mx redirect=a -all", 1);
    }
}
