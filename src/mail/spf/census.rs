//! What a record makes receivers ask for, everything that it leads to counted in.

use super::check::{MOST_LOOKUPS, name};
use super::{Mechanism, Spf, Target, is_spf};
use crate::dns::{Name, Rdata, Rtype};
use crate::mail::view::{Reply, View, look_up};

/// What a record makes receivers ask for, wherever that leads. What nobody could say is not in it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Census {
    /// How many terms ask; receivers stop after [`MOST_LOOKUPS`] (RFC 7208 §4.6.4).
    pub lookups: usize,
    /// Names that terms ask about and that do not exist, or not with such records (§4.6.4).
    pub voids: Vec<Name>,
    /// Names that `include` and `redirect` lead to, and that have no record to read, or several
    /// (§5.2, §6.1).
    pub lost: Vec<Name>,
    /// Names that lead back to themselves.
    pub circles: Vec<Name>,
    /// Names of `mx` with more hosts than receivers look at (§4.6.4).
    pub crowds: Vec<Name>,
}

/// So many lookups are far too many; nobody need count further.
const ENOUGH: usize = 10 * MOST_LOOKUPS;

/// Follows a domain's record.
pub fn census(view: &dyn View, domain: &Name, spf: &Spf) -> Census {
    let mut count = Count { view, path: vec![domain.clone()], census: Census::default() };
    count.record(domain, spf);
    count.census
}

struct Count<'a> {
    view: &'a dyn View,
    /// The domains that led here.
    path: Vec<Name>,
    census: Census,
}

impl Count<'_> {
    fn record(&mut self, domain: &Name, spf: &Spf) {
        self.census.lookups += spf.lookups();
        for (_, mechanism) in spf.directives() {
            match mechanism {
                Mechanism::Include(target) => self.follow(target),
                Mechanism::A(Target { domain: target, .. }) => {
                    let types = [Rtype::A, Rtype::AAAA];
                    self.asks(target.as_deref(), domain, &types);
                }
                Mechanism::Exists(target) => self.asks(Some(target), domain, &[Rtype::A]),
                Mechanism::Mx(Target { domain: target, .. }) => {
                    self.asks(target.as_deref(), domain, &[Rtype::MX]);
                    self.crowd(target.as_deref(), domain);
                }
                Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) | Mechanism::Ptr(_) => (),
            }
        }
        if let Some(target) = spf.redirect() {
            self.follow(target);
        }
    }

    /// Goes on at another domain's record.
    fn follow(&mut self, target: &str) {
        let Some(owner) = plain(target).filter(|_| self.census.lookups < ENOUGH) else { return };
        if self.path.contains(&owner) {
            return push(&mut self.census.circles, owner);
        }
        let records = match look_up(self.view, &owner, Rtype::TXT) {
            Reply::Unknown => return,
            found => found.data().iter().filter_map(Rdata::text).filter(|text| is_spf(text)),
        };
        let records: Vec<_> = records.map(|text| Spf::parse(&text)).collect();
        match &records[..] {
            [Ok(spf)] => {
                self.path.push(owner.clone());
                self.record(&owner, spf);
                self.path.pop();
            }
            _ => push(&mut self.census.lost, owner),
        }
    }

    /// Looks whether a term asks in vain: for addresses, of either family.
    fn asks(&mut self, target: Option<&str>, domain: &Name, types: &[Rtype]) {
        let Some(owner) = target.map_or(Some(domain.clone()), plain) else { return };
        let is_void = types.iter().all(|rtype| look_up(self.view, &owner, *rtype) == Reply::Absent);
        if is_void {
            push(&mut self.census.voids, owner);
        }
    }

    fn crowd(&mut self, target: Option<&str>, domain: &Name) {
        let Some(owner) = target.map_or(Some(domain.clone()), plain) else { return };
        if look_up(self.view, &owner, Rtype::MX).data().len() > MOST_LOOKUPS {
            push(&mut self.census.crowds, owner);
        }
    }
}

/// A domain that is the same for every message.
pub(super) fn plain(text: &str) -> Option<Name> {
    if text.contains('%') { None } else { name(text) }
}

fn push(names: &mut Vec<Name>, name: Name) {
    if !names.contains(&name) {
        names.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Zone;

    const ZONE: &str = "@ 60 MX 10 mail\nmail 60 A 192.0.2.1\n\
        a 60 TXT \"v=spf1 include:b.example.net mx:example.net -all\"\n\
        b 60 TXT \"v=spf1 a:mail.example.net redirect=c.example.net\"\n\
        c 60 TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n\
        bare 60 TXT x\n\
        two 60 TXT \"v=spf1 -all\"\ntwo 60 TXT \"v=spf1 ~all\"\n\
        ring 60 TXT \"v=spf1 include:back.example.net -all\"\n\
        back 60 TXT \"v=spf1 include:ring.example.net -all\"\n";

    fn count(text: &str) -> Census {
        let apex = Name::parse("example.net.").unwrap();
        let zone = Zone::parse(ZONE, &apex).unwrap();
        census(&zone, &apex, &Spf::parse(text).unwrap())
    }

    #[test]
    fn lookups_are_counted_wherever_a_record_leads() {
        let check = |text, lookups| {
            assert_eq!(count(text), Census { lookups, ..Census::default() }, "{text}");
        };
        check("v=spf1 ip4:192.0.2.1 -all", 0);
        check("v=spf1 include:a.example.net -all", 5);
        check("v=spf1 include:a.example.net include:a.example.net -all", 10);
        check("v=spf1 redirect=b.example.net", 3);
        // What others say is not known here, and what a macro says, to nobody.
        check("v=spf1 include:_spf.example.org a:example.org -all", 2);
        check("v=spf1 exists:%{i}.example.net include:%{d}.example.net -all", 2);
    }

    #[test]
    fn what_leads_nowhere_is_named() {
        let check = |text, voids: &str, lost: &str, circles: &str| {
            let Census { voids: v, lost: l, circles: c, .. } = count(text);
            let names = [v, l, c]
                .map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
            assert_eq!(names, [voids, lost, circles], "{text}");
        };
        check(
            "v=spf1 a a:gone.example.net mx:mail.example.net -all",
            "example.net. gone.example.net. mail.example.net.",
            "",
            "",
        );
        check(
            "v=spf1 include:bare.example.net redirect=gone.example.net",
            "",
            "bare.example.net. gone.example.net.",
            "",
        );
        check("v=spf1 include:two.example.net -all", "", "two.example.net.", "");
        check("v=spf1 include:ring.example.net -all", "", "", "ring.example.net.");
    }

    #[test]
    fn a_bush_of_includes_ends() {
        let apex = Name::parse("example.net.").unwrap();
        let bush: String = (0..20)
            .map(|n| {
                let next = format!("include:s{}.example.net ", n + 1).repeat(8);
                format!("s{n} 60 TXT \"v=spf1 {next}-all\"\n")
            })
            .collect();
        let zone = Zone::parse(&bush, &apex).unwrap();
        let spf = Spf::parse("v=spf1 include:s0.example.net -all").unwrap();
        assert!(census(&zone, &apex, &spf).lookups >= ENOUGH);
    }
}
