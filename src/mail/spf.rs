//! SPF records: who may send for a domain (RFC 7208).

mod census;
mod check;
mod covers;
mod flat;
mod macros;
mod network;
mod term;
mod union;

use crate::dns::Name;
pub use census::{Census, census};
pub use check::{Client, MOST_LOOKUPS, MOST_VOIDS, Outcome, Verdict, check_host};
pub use flat::{Flat, Obstacle, flat};
pub use network::{Network, reverse};
use std::fmt;
pub use term::{Flaw, Mechanism, Qualifier, Target, Term};

/// A `v=spf1` record: its terms in their order. One without terms says as much as none at all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Spf {
    /// Directives and modifiers.
    pub terms: Vec<Term>,
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
        problem: Flaw,
    },
    /// A modifier that may stand once (§6).
    #[error("an SPF record has one `{0}=` at most")]
    Twice(&'static str),
}

impl SpfError {
    /// The rule that forbids it.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Version => "SPF15",
            Self::Term { problem: Flaw::Network(_), .. } => "SPF13",
            Self::Term { problem: Flaw::Macro(_), .. } => "SPF17",
            Self::Term { problem: Flaw::Form(_), .. } | Self::Twice(_) => "SPF02",
        }
    }
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
        let spf = Self { terms: terms.collect::<Result<_, _>>()? };
        match ["redirect", "exp"].into_iter().find(|name| spf.modifiers(name).count() > 1) {
            Some(name) => Err(SpfError::Twice(name)),
            None => Ok(spf),
        }
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
        self.modifiers("redirect").next().filter(|_| self.all().is_none())
    }

    /// The values of a modifier; the record has one `redirect` and one `exp` at most.
    pub fn modifiers(&self, wanted: &str) -> impl Iterator<Item = &str> {
        self.terms.iter().filter_map(move |term| match term {
            Term::Modifier { name, value } if name.eq_ignore_ascii_case(wanted) => {
                Some(value.as_str())
            }
            _ => None,
        })
    }

    /// The domains whose records count too, macros as written: by `include` or `redirect`.
    pub fn included(&self) -> impl Iterator<Item = &str> {
        let included = self.directives().filter_map(|(_, mechanism)| match mechanism {
            Mechanism::Include(domain) => Some(domain.as_str()),
            _ => None,
        });
        included.chain(self.redirect())
    }

    /// Those of them that lie in this zone; macros never do.
    pub fn included_within(&self, apex: &Name) -> impl Iterator<Item = Name> {
        self.included().filter_map(term::name).filter(|name| name.is_within(apex))
    }

    /// How many terms of this record alone make receivers ask the DNS; at most 10 in all (§4.6.4).
    pub fn lookups(&self) -> usize {
        let asking = self.directives().filter(|(_, mechanism)| {
            !matches!(mechanism, Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..))
        });
        asking.count() + usize::from(self.redirect().is_some())
    }
}

impl fmt::Display for Spf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=spf1")?;
        self.terms.iter().try_for_each(|term| write!(f, " {term}"))
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
        check("V=SPF1 +MX  Include:a.example -ALL", "v=spf1 mx include:a.example -all");
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
        check("v=spf1 -redirect=x.example", "a modifier is");
    }

    #[test]
    fn mistakes_belong_to_a_rule() {
        let check = |text, rule| assert_eq!(Spf::parse(text).unwrap_err().rule(), rule, "{text}");
        check("v=spf1;-all", "SPF15");
        check("v=spf1 mxx", "SPF02");
        check("v=spf1 ip4:192.0.2.1~all", "SPF02");
        check("v=spf1 redirect=a.example redirect=b.example", "SPF02");
        check("v=spf1 ip4:2001:db8::1", "SPF13");
        check("v=spf1 ip6:192.0.2.1", "SPF13");
        check("v=spf1 a/33", "SPF13");
        check("v=spf1 mx//129", "SPF13");
        check("v=spf1 exists:%{x}.example", "SPF17");
        check("v=spf1 redirect=%d.example", "SPF17");
        check("v=spf1 include:com", "SPF02");
    }

    #[test]
    fn lookups_are_counted() {
        let check = |text, n| assert_eq!(Spf::parse(text).unwrap().lookups(), n, "{text}");
        check("v=spf1 ip4:192.0.2.1 -all", 0);
        check("v=spf1 include:a.example include:b.example mx a ptr exists:x.example -all", 6);
        check("v=spf1 mx redirect=a.example", 2);
        check("v=spf1 mx redirect=a.example -all", 1);
    }
}
