//! SPF while mail moves: the senders of both platforms, whatever else changes.

use super::{Mechanism, Qualifier, Spf, Target, Term};
use crate::dns::{Name, Rdata, Rtype, Zone};

impl Spf {
    /// The record to hold throughout the move: everybody whom `old` or `new` lets send.
    ///
    /// Addresses come first, then the rest in the order old, new, each once. A `redirect` becomes
    /// an `include`, since a directive beside it would cut it off (RFC 7208 §6.1). Of the two
    /// verdicts for everybody else the milder one stays, and none stricter than `~all`: mail under
    /// way must not be refused because one sender was forgotten. For the same reason what denies
    /// comes behind the other side's senders; where both sides deny, only `new` goes on to.
    #[must_use]
    pub fn union(old: &Self, new: &Self) -> Self {
        // Without `all` or `redirect`, nobody is judged (§4.7).
        let verdict = |spf: &Self| {
            spf.all().or_else(|| spf.redirect().is_none().then_some(Qualifier::Neutral))
        };
        let verdicts = [verdict(old), verdict(new), Some(Qualifier::SoftFail)];
        let all = verdicts.into_iter().flatten().min().unwrap_or(Qualifier::SoftFail);
        let mut terms: Vec<Term> = Vec::new();
        let (old, new) = (&old.heard(), &new.heard());
        let lenient = old.lenient();
        let in_order = match (*old == lenient, new.terms.iter().any(denies)) {
            (true, _) => [old, new],
            (false, true) => [&lenient, new],
            (false, false) => [new, old],
        };
        for spf in in_order {
            let redirect = spf.redirect().map(|domain| {
                Term::Directive(Qualifier::Pass, Mechanism::Include(domain.to_owned()))
            });
            let is_kept = |term: &&Term| match term {
                Term::Directive(_, mechanism) => *mechanism != Mechanism::All,
                Term::Modifier { name, .. } => !name.eq_ignore_ascii_case("redirect"),
            };
            for term in spf.terms.iter().filter(is_kept).cloned().chain(redirect) {
                // Receivers fail a record that explains itself twice (§6).
                let is_twice = |known: &Term| match (known, &term) {
                    (Term::Modifier { name, .. }, Term::Modifier { name: exp, .. }) => {
                        name.eq_ignore_ascii_case("exp") && exp.eq_ignore_ascii_case("exp")
                    }
                    _ => *known == term,
                };
                if !terms.iter().any(is_twice) {
                    terms.push(term);
                }
            }
        }
        // A directive that denies must stay where it stands among the others.
        let all_pass = !terms.iter().any(denies);
        terms.sort_by_key(|term| match term {
            Term::Directive(_, Mechanism::Ip4(..) | Mechanism::Ip6(..)) if all_pass => 0,
            Term::Directive(..) => 1,
            Term::Modifier { .. } => 2,
        });
        if all == Qualifier::Pass {
            terms.retain(|term| !denies(term));
        }
        let end = terms.iter().position(|term| matches!(term, Term::Modifier { .. }));
        terms.insert(end.unwrap_or(terms.len()), Term::Directive(all, Mechanism::All));
        Self { terms }
    }

    /// The record without directives behind `all`, which nobody looks at (§5.1).
    fn heard(&self) -> Self {
        let is_all = |term: &Term| matches!(term, Term::Directive(_, Mechanism::All));
        let end = self.terms.iter().position(is_all).unwrap_or(self.terms.len());
        let is_heard =
            |(at, term): &(usize, &Term)| *at <= end || matches!(term, Term::Modifier { .. });
        let heard = self.terms.iter().enumerate().filter(is_heard);
        Self { terms: heard.map(|(_, term)| term.clone()).collect() }
    }

    /// The record without what denies somebody.
    fn lenient(&self) -> Self {
        Self { terms: self.terms.iter().filter(|term| !denies(term)).cloned().collect() }
    }

    /// The record with `mx` and `a` of this zone turned into what they stand for now.
    ///
    /// The moment MX flips, `mx` means the new hosts and the old one silently loses its right to
    /// send. A host within the zone becomes its addresses; one elsewhere becomes `a:host`, which
    /// our change does not touch. What the zone says nothing about stays as it is.
    #[must_use]
    pub fn frozen(&self, zone: &Zone) -> Self {
        self.frozen_at(zone.apex(), zone)
    }

    /// The same of a record that stands at another name, which is what bare ones mean.
    #[must_use]
    pub fn frozen_at(&self, owner: &Name, zone: &Zone) -> Self {
        let within = |target: &Target| match target.domain {
            None => Some(owner.clone()),
            Some(_) => target.name_within(zone.apex()),
        };
        let terms = self.terms.iter().flat_map(|term| match term {
            Term::Directive(qualifier, Mechanism::A(target)) => within(target)
                .and_then(|name| addresses(&name, target, zone))
                .map_or_else(|| vec![term.clone()], |found| directives(*qualifier, found)),
            Term::Directive(qualifier, Mechanism::Mx(target)) => within(target)
                .and_then(|name| exchanges(&name, target, zone))
                .map_or_else(|| vec![term.clone()], |found| directives(*qualifier, found)),
            _ => vec![term.clone()],
        });
        Self { terms: terms.collect() }
    }
}

/// Whether a term takes somebody out of what those behind it let pass.
fn denies(term: &Term) -> bool {
    matches!(term, Term::Directive(qualifier, mechanism)
        if *qualifier != Qualifier::Pass && *mechanism != Mechanism::All)
}

fn directives(qualifier: Qualifier, mechanisms: Vec<Mechanism>) -> Vec<Term> {
    mechanisms.into_iter().map(|mechanism| Term::Directive(qualifier, mechanism)).collect()
}

/// The addresses of a name in the zone; `None` when it has none of its own.
fn addresses(name: &Name, target: &Target, zone: &Zone) -> Option<Vec<Mechanism>> {
    let of = |rtype| zone.find(name, rtype).into_iter().flat_map(|rrset| rrset.rdata());
    let found: Vec<_> = of(Rtype::A)
        .chain(of(Rtype::AAAA))
        .filter_map(|rdata| match rdata {
            Rdata::A(address) => Some(Mechanism::Ip4(*address, target.v4.unwrap_or(32))),
            Rdata::Aaaa(address) => Some(Mechanism::Ip6(*address, target.v6.unwrap_or(128))),
            _ => None,
        })
        .collect();
    (!found.is_empty()).then_some(found)
}

/// The addresses of a name's mail exchanges; those outside the zone by their name.
fn exchanges(name: &Name, target: &Target, zone: &Zone) -> Option<Vec<Mechanism>> {
    let rrset = zone.find(name, Rtype::MX)?;
    let hosts = rrset.rdata().iter().filter_map(|rdata| match rdata {
        // A null MX (RFC 7505) is no host.
        Rdata::Mx(mx) => Some(&mx.exchange).filter(|host| **host != Name::root()),
        _ => None,
    });
    let found = hosts.flat_map(|host| {
        addresses(host, target, zone).unwrap_or_else(|| {
            let domain = Some(host.to_string().trim_end_matches('.').to_owned());
            vec![Mechanism::A(Target { domain, ..target.clone() })]
        })
    });
    Some(found.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_union_lets_both_send() {
        let check = |old, new, union: &str| {
            let (old, new) = (Spf::parse(old).unwrap(), Spf::parse(new).unwrap());
            assert_eq!(Spf::union(&old, &new).to_string(), union);
        };
        check(
            "v=spf1 ip4:192.0.2.10 -all",
            "v=spf1 include:_spf.google.com ~all",
            "v=spf1 ip4:192.0.2.10 include:_spf.google.com ~all",
        );
        check(
            "v=spf1 include:a.example -all",
            "v=spf1 ip4:192.0.2.1 -all",
            "v=spf1 ip4:192.0.2.1 include:a.example ~all",
        );
        check(
            "v=spf1 include:a.example ?all",
            "v=spf1 include:a.example -all",
            "v=spf1 include:a.example ?all",
        );
        check(
            "v=spf1 include:a.example",
            "v=spf1 include:b.example -all",
            "v=spf1 include:a.example include:b.example ?all",
        );
        check("v=spf1", "v=spf1 include:b.example -all", "v=spf1 include:b.example ?all");
        check(
            "v=spf1 redirect=a.example",
            "v=spf1 include:b.example -all",
            "v=spf1 include:a.example include:b.example ~all",
        );
        check(
            "v=spf1 redirect=a.example ~all",
            "v=spf1 include:b.example -all",
            "v=spf1 include:b.example ~all",
        );
        check("v=spf1 a exp=x.example -all", "v=spf1 mx -all", "v=spf1 a mx ~all exp=x.example");
        check("v=spf1 exp=x.example -all", "v=spf1 exp=y.example", "v=spf1 ?all exp=x.example");
        check(
            "v=spf1 -include:bad.example a -all",
            "v=spf1 ip4:192.0.2.1 -all",
            "v=spf1 ip4:192.0.2.1 -include:bad.example a ~all",
        );
        check(
            "v=spf1 ip4:192.0.2.1 -all",
            "v=spf1 -include:bad.example a -all",
            "v=spf1 ip4:192.0.2.1 -include:bad.example a ~all",
        );
        check(
            "v=spf1 -a:x.example a -all",
            "v=spf1 ?a:y.example mx -all",
            "v=spf1 a ?a:y.example mx ~all",
        );
    }

    #[test]
    fn mx_and_a_are_frozen_to_what_they_mean_now() {
        let zone = "@ 60 MX 10 mail\n@ 60 MX 20 mx.example.org.\n@ 60 A 192.0.2.1\n\
            mail 60 A 192.0.2.10\nmail 60 AAAA 2001:db8::10\nalias 60 CNAME mail\n";
        let zone = Zone::parse(zone, &Name::parse("example.net.").unwrap()).unwrap();
        let check = |text, frozen: &str| {
            assert_eq!(Spf::parse(text).unwrap().frozen(&zone).to_string(), frozen);
        };
        check("v=spf1 a -all", "v=spf1 ip4:192.0.2.1 -all");
        check("v=spf1 mx -all", "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 a:mx.example.org -all");
        check(
            "v=spf1 ~a:Mail.Example.net/24 -all",
            "v=spf1 ~ip4:192.0.2.10/24 ~ip6:2001:db8::10 -all",
        );
        check("v=spf1 a:alias.example.net -all", "v=spf1 a:alias.example.net -all");
        let at_mail = Spf::parse("v=spf1 a mx -all").unwrap();
        let at_mail = at_mail.frozen_at(&Name::parse("mail.example.net.").unwrap(), &zone);
        assert_eq!(at_mail.to_string(), "v=spf1 ip4:192.0.2.10 ip6:2001:db8::10 mx -all");
        check(
            "v=spf1 a:example.org mx:example.org -all",
            "v=spf1 a:example.org mx:example.org -all",
        );
        let null = Zone::parse("@ 60 MX 0 .", zone.apex()).unwrap();
        assert_eq!(Spf::parse("v=spf1 mx -all").unwrap().frozen(&null).to_string(), "v=spf1 -all");
        check("v=spf1 mx:mail.example.net a:%{d} -all", "v=spf1 mx:mail.example.net a:%{d} -all");
    }
}
