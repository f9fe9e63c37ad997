//! What an include stands for now: the addresses behind it, as far as that can be told soundly.

use super::census::plain;
use super::check::MOST_LOOKUPS;
use super::covers::may_meet;
use super::network::Network;
use super::{Mechanism, Qualifier, Spf, Target, Term, is_spf};
use crate::dns::{Answer, Name, Rdata, RrKey, Rtype};
use crate::mail::view::{Reply, View, look_up};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// An include, and what it stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Flat {
    /// The domain, as the record that includes it writes it.
    pub domain: String,
    /// Whom its record lets send: networks, then includes within it that stay.
    pub passes: Spf,
    /// The questions whose answers this rests on.
    pub rests_on: BTreeSet<RrKey>,
    /// The includes within it that stay, and why.
    pub kept: Vec<(String, Obstacle)>,
}

/// Why addresses cannot stand in for an include.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Obstacle {
    /// This is not to say that nothing is there.
    #[error("nobody says what is at `{0}`")]
    Unknown(RrKey),
    /// What it leads to differs from message to message.
    #[error("`{0}` depends on the message")]
    Depends(String),
    /// It takes senders out of those whom it lets pass further on.
    #[error("it denies some of those whom it then lets pass: by `{0}`")]
    Denies(String),
    /// Everybody may send.
    #[error("it lets everybody pass")]
    Everybody,
    /// Receivers fail there.
    #[error("`{0}` has not one readable record")]
    Lost(Name),
    /// Receivers fail there, too.
    #[error("`{0}` leads back to itself, or too far")]
    Endless(Name),
    /// An `mx` with more hosts than receivers look at (RFC 7208 §4.6.4).
    #[error("`{0}` has more than {MOST_LOOKUPS} hosts")]
    Crowd(Name),
}

/// What `include` of a domain stands for, by what `view` says now. Whoever passes by the one passes
/// by the other, and nobody else.
pub fn flat(view: &dyn View, domain: &str) -> Result<Flat, Obstacle> {
    let noting = Noting { view, asked: RefCell::default() };
    let mut walk = Flattening { view: &noting, path: Vec::new(), terms: 0, kept: Vec::new() };
    let owner = plain(domain).ok_or_else(|| Obstacle::Depends(domain.to_owned()))?;
    let mut passed = walk.record(&owner)?;
    let kept = walk.kept;
    // Among those who let pass, the order does not matter.
    passed.sort_by_key(|one| Network::of(one).is_none());
    let terms = passed.into_iter().map(|one| Term::Directive(Qualifier::Pass, one)).collect();
    let passes = Spf { terms }.merged();
    Ok(Flat { domain: domain.to_owned(), passes, rests_on: noting.asked.into_inner(), kept })
}

impl Spf {
    /// The domains whose records let somebody send here, and in whose place what they stand for
    /// may stand, macros as written.
    pub fn replaceable(&self) -> impl Iterator<Item = &str> {
        let included = self.directives().filter_map(|one| match one {
            (Qualifier::Pass, Mechanism::Include(domain)) => Some(domain.as_str()),
            _ => None,
        });
        included.chain(self.redirect())
    }

    /// The record with what these domains stand for in their place.
    ///
    /// A `redirect` leaves its verdict about strangers behind: that is `~all` then, as in a union.
    #[must_use]
    pub fn flattened(&self, stands: &BTreeMap<&str, &Self>) -> Self {
        let redirect = self.redirect().and_then(|domain| stands.get(domain));
        let mut terms = Vec::new();
        for term in &self.terms {
            match term {
                Term::Directive(Qualifier::Pass, Mechanism::Include(domain))
                    if stands.contains_key(domain.as_str()) =>
                {
                    terms.extend(stands[domain.as_str()].terms.iter().cloned());
                }
                Term::Modifier { name, .. }
                    if redirect.is_some() && name.eq_ignore_ascii_case("redirect") => {}
                _ => terms.push(term.clone()),
            }
        }
        if let Some(stands) = redirect {
            terms.extend(stands.terms.iter().cloned());
            terms.push(Term::Directive(Qualifier::SoftFail, Mechanism::All));
        }
        Self { terms }
    }

    /// The record with as few networks as say the same, each once, those beside each other joined.
    #[must_use]
    pub fn merged(&self) -> Self {
        let mut terms: Vec<Term> = Vec::new();
        let mut rest = &self.terms[..];
        while let Some((first, behind)) = rest.split_first() {
            let run = rest.iter().map_while(passed_network).collect::<Vec<_>>();
            if run.is_empty() {
                // A term that passes somebody once more passes nobody else.
                if !terms.contains(first) {
                    terms.push(first.clone());
                }
                rest = behind;
            } else {
                rest = &rest[run.len()..];
                let fewest = Network::fewest(run).into_iter().map(Network::mechanism);
                terms.extend(fewest.map(|one| Term::Directive(Qualifier::Pass, one)));
            }
        }
        Self { terms }
    }
}

/// The network that a term lets pass by itself.
fn passed_network(term: &Term) -> Option<Network> {
    match term {
        Term::Directive(Qualifier::Pass, mechanism) => Network::of(mechanism),
        _ => None,
    }
}

/// Somebody who is asked, with what he was asked.
struct Noting<'a> {
    view: &'a dyn View,
    asked: RefCell<BTreeSet<RrKey>>,
}

impl View for Noting<'_> {
    fn answer(&self, key: &RrKey) -> Answer<'_> {
        self.asked.borrow_mut().insert(key.clone());
        self.view.answer(key)
    }
}

struct Flattening<'a> {
    view: &'a Noting<'a>,
    /// The domains that led here.
    path: Vec<Name>,
    /// How many terms have asked.
    terms: usize,
    kept: Vec<(String, Obstacle)>,
}

/// So many terms are far too many; nobody need go on.
const ENOUGH: usize = 10 * MOST_LOOKUPS;

impl Flattening<'_> {
    /// Whom the record of a name lets pass.
    fn record(&mut self, owner: &Name) -> Result<Vec<Mechanism>, Obstacle> {
        if self.path.contains(owner) || self.terms > ENOUGH {
            return Err(Obstacle::Endless(owner.clone()));
        }
        let found = self.ask(owner, Rtype::TXT)?;
        let texts = found.iter().filter_map(Rdata::text).filter(|text| is_spf(text));
        let records: Vec<_> = texts.map(|text| Spf::parse(&text)).collect();
        let [Ok(spf)] = &records[..] else { return Err(Obstacle::Lost(owner.clone())) };
        self.path.push(owner.clone());
        let passed = self.passed(owner, spf);
        self.path.pop();
        passed
    }

    /// Whom a record lets pass, unless it denies some of them before.
    fn passed(&mut self, owner: &Name, spf: &Spf) -> Result<Vec<Mechanism>, Obstacle> {
        let (mut passed, mut denied) = (Vec::new(), Vec::new());
        let redirect = spf.redirect().map(|domain| Mechanism::Include(domain.to_owned()));
        let directives = spf.directives().map(|(qualifier, one)| (qualifier, one.clone()));
        for (qualifier, mechanism) in directives.chain(redirect.map(|one| (Qualifier::Pass, one))) {
            match (qualifier, &mechanism) {
                (Qualifier::Pass, Mechanism::All) => return Err(Obstacle::Everybody),
                (_, Mechanism::All) => return Ok(passed),
                (Qualifier::Pass, _) => {
                    let meant = self.meant(owner, &mechanism)?;
                    let is_denied = |(_, one): &&(Mechanism, Mechanism)| {
                        meant.iter().any(|passed| may_meet(one, passed))
                    };
                    if let Some((by, _)) = denied.iter().find(is_denied) {
                        return Err(Obstacle::Denies(by.to_string()));
                    }
                    passed.extend(meant);
                }
                // Of whom it is not known whom it denies, it may deny anybody.
                _ => match self.meant(owner, &mechanism) {
                    Ok(meant) => {
                        denied.extend(meant.into_iter().map(|one| (mechanism.clone(), one)));
                    }
                    Err(_) => denied.push((mechanism.clone(), mechanism)),
                },
            }
        }
        Ok(passed)
    }

    /// A mechanism of a name's record as networks, and includes that stay.
    fn meant(&mut self, owner: &Name, mechanism: &Mechanism) -> Result<Vec<Mechanism>, Obstacle> {
        self.terms += 1;
        let host = |target: &Target| match &target.domain {
            None => Ok(owner.clone()),
            Some(text) => plain(text).ok_or_else(|| Obstacle::Depends(mechanism.to_string())),
        };
        match mechanism {
            Mechanism::Ip4(..) | Mechanism::Ip6(..) => Ok(vec![mechanism.clone()]),
            Mechanism::Include(domain) => self.include(domain),
            Mechanism::A(target) => self.addresses(&host(target)?, target),
            Mechanism::Mx(target) => {
                let owner = host(target)?;
                let found = self.ask(&owner, Rtype::MX)?;
                if found.len() > MOST_LOOKUPS {
                    return Err(Obstacle::Crowd(owner));
                }
                let hosts = found.iter().filter_map(|rdata| match rdata {
                    Rdata::Mx(mx) if mx.exchange != Name::root() => Some(&mx.exchange),
                    _ => None,
                });
                let each = hosts.map(|host| self.addresses(host, target));
                Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
            }
            Mechanism::All => Err(Obstacle::Everybody),
            Mechanism::Exists(_) | Mechanism::Ptr(_) => {
                Err(Obstacle::Depends(mechanism.to_string()))
            }
        }
    }

    /// What an include stands for: itself, if nothing else can be told.
    fn include(&mut self, domain: &str) -> Result<Vec<Mechanism>, Obstacle> {
        let owner = plain(domain).ok_or_else(|| Obstacle::Depends(format!("include:{domain}")))?;
        let (kept, asked) = (self.kept.len(), self.view.asked.borrow().clone());
        match self.record(&owner) {
            // All of it would lead nowhere.
            Err(why @ (Obstacle::Endless(_) | Obstacle::Lost(_))) => Err(why),
            Err(why) => {
                // What stays rests on nothing that was asked.
                self.kept.truncate(kept);
                self.view.asked.replace(asked);
                self.kept.push((domain.to_owned(), why));
                Ok(vec![Mechanism::Include(domain.to_owned())])
            }
            passed => passed,
        }
    }

    fn addresses(&self, host: &Name, target: &Target) -> Result<Vec<Mechanism>, Obstacle> {
        let mut found = Vec::new();
        for rtype in [Rtype::A, Rtype::AAAA] {
            found.extend(self.ask(host, rtype)?.iter().filter_map(|rdata| match rdata {
                Rdata::A(one) => Some(Mechanism::Ip4(*one, target.v4.unwrap_or(32))),
                Rdata::Aaaa(one) => Some(Mechanism::Ip6(*one, target.v6.unwrap_or(128))),
                _ => None,
            }));
        }
        Ok(found)
    }

    fn ask(&self, owner: &Name, rtype: Rtype) -> Result<&[Rdata], Obstacle> {
        match look_up(self.view, owner, rtype) {
            Reply::Unknown => Err(Obstacle::Unknown(RrKey::new(owner.clone(), rtype))),
            found => Ok(found.data()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Zone;

    const WORLD: &str = "mail.example.org. 60 A 192.0.2.1\nmail.example.org. 60 AAAA 2001:db8::1\n\
        alias.example.org. 60 CNAME mail.example.org.\n\
        example.org. 60 MX 10 mail.example.org.\nnull.example.org. 60 MX 0 .\n\
        far.example. 60 NS ns.far.example.\n";

    /// `x.example.org` has this record, and names of `|name record` another.
    fn check(records: &str, passes: &str, kept: &[&str]) {
        let lines = records.split('|').map(str::trim).enumerate().map(|(at, line)| {
            let (name, record) = line.split_once(' ').filter(|_| at > 0).unwrap_or(("x", line));
            format!("{name}.example.org. 60 TXT \"v=spf1 {record}\"\n")
        });
        let text = format!("{WORLD}{}", lines.collect::<String>());
        let zone = Zone::parse(&text, &Name::root()).unwrap();
        let (found, stays) = match flat(&zone, "x.example.org") {
            Ok(flat) => (flat.passes.to_string(), flat.kept),
            Err(why) => (why.to_string(), Vec::new()),
        };
        assert_eq!(found.trim_start_matches("v=spf1").trim(), passes, "{records}");
        let stays: Vec<_> = stays.iter().map(|(domain, why)| format!("{domain}: {why}")).collect();
        assert_eq!(stays, kept, "{records}");
    }

    #[test]
    fn an_include_becomes_its_addresses() {
        check("ip4:192.0.2.0/24 -all", "ip4:192.0.2.0/24", &[]);
        check("ip4:192.0.2.0/25 ip4:192.0.2.128/25 ip4:192.0.2.7 ~all", "ip4:192.0.2.0/24", &[]);
        check(
            "ip6:2001:db8::/33 ip4:192.0.2.9 ip6:2001:db8:8000::/33",
            "ip4:192.0.2.9 ip6:2001:db8::/32",
            &[],
        );
        check("a:mail.example.org/24 ?all", "ip4:192.0.2.0/24 ip6:2001:db8::1", &[]);
        check("a:alias.example.org -all", "ip4:192.0.2.1 ip6:2001:db8::1", &[]);
        check(
            "mx:example.org//64 mx:null.example.org -all",
            "ip4:192.0.2.1 ip6:2001:db8::/64",
            &[],
        );
        check("a mx -all", "", &[]); // of the included domain, which has none
        check(
            "include:y.example.org -all | y ip4:192.0.2.4 redirect=z.example.org\
            | z ip4:192.0.2.5 -all",
            "ip4:192.0.2.4/31",
            &[],
        );
        check("-all ip4:192.0.2.1", "", &[]);
    }

    #[test]
    fn what_cannot_be_told_as_addresses_stays_as_far_in_as_it_can() {
        check(
            "exists:%{i}.example.org -all",
            "`exists:%{i}.example.org` depends on the message",
            &[],
        );
        check(
            "include:%{d}.y.example.org -all",
            "`include:%{d}.y.example.org` depends on the message",
            &[],
        );
        check(
            "ip4:192.0.2.4 include:y.example.org -all | y ptr -all",
            "ip4:192.0.2.4 include:y.example.org",
            &["y.example.org: `ptr` depends on the message"],
        );
        check(
            "ip4:192.0.2.4 include:_spf.far.example -all",
            "ip4:192.0.2.4 include:_spf.far.example",
            &["_spf.far.example: nobody says what is at `_spf.far.example. TXT`"],
        );
        check(
            "include:y.example.org -all | y +all",
            "include:y.example.org",
            &["y.example.org: it lets everybody pass"],
        );
        check(
            "include:gone.example.org -all",
            "`gone.example.org.` has not one readable record",
            &[],
        );
        check(
            "include:y.example.org -all | y include:x.example.org -all",
            "`x.example.org.` leads back to itself, or too far",
            &[],
        );
    }

    #[test]
    fn what_is_denied_before_is_not_let_pass() {
        let denies =
            |by: &str| format!("it denies some of those whom it then lets pass: by `{by}`");
        check("-ip4:192.0.2.1 ip4:192.0.2.0/24 -all", &denies("ip4:192.0.2.1"), &[]);
        check("?a:mail.example.org ip4:192.0.2.0/24", &denies("a:mail.example.org"), &[]);
        check("-ip4:198.51.100.1 ip4:192.0.2.0/24 -all", "ip4:192.0.2.0/24", &[]);
        check("ip4:192.0.2.0/24 -exists:%{i}.example.org -all", "ip4:192.0.2.0/24", &[]);
        check("-exists:%{i}.example.org ip4:192.0.2.0/24", &denies("exists:%{i}.example.org"), &[]);
        check(
            "~ip4:192.0.2.1 redirect=y.example.org | y ip4:192.0.2.1",
            &denies("ip4:192.0.2.1"),
            &[],
        );
    }

    #[test]
    fn records_take_what_includes_stand_for() {
        let check = |record: &str, flattened: &str| {
            let stands = Spf::parse("v=spf1 ip4:192.0.2.2 ip4:192.0.2.3").unwrap();
            let stands = BTreeMap::from([("a.example", &stands)]);
            let found = Spf::parse(record).unwrap().flattened(&stands).merged();
            assert_eq!(found.to_string(), flattened);
        };
        check("v=spf1 mx include:a.example -all", "v=spf1 mx ip4:192.0.2.2/31 -all");
        check("v=spf1 ip4:192.0.2.0/31 include:a.example ~all", "v=spf1 ip4:192.0.2.0/30 ~all");
        check(
            "v=spf1 -include:a.example include:b.example",
            "v=spf1 -include:a.example include:b.example",
        );
        check("v=spf1 mx redirect=a.example", "v=spf1 mx ip4:192.0.2.2/31 ~all");
        check("v=spf1 redirect=a.example ~all", "v=spf1 redirect=a.example ~all");
    }

    #[test]
    fn what_it_rests_on_is_told() {
        let text = format!("{WORLD}x.example.org. 60 TXT \"v=spf1 a:alias.example.org -all\"\n");
        let zone = Zone::parse(&text, &Name::root()).unwrap();
        let asked = flat(&zone, "x.example.org").unwrap().rests_on;
        let asked: Vec<_> = asked.iter().map(ToString::to_string).collect();
        assert_eq!(
            asked,
            [
                "alias.example.org. A",
                "alias.example.org. AAAA",
                "mail.example.org. A",
                "mail.example.org. AAAA",
                "x.example.org. TXT",
            ]
        );
    }
}
