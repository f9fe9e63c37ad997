//! What one version of a zone answers to a question.

use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Zone};

/// An answer as a resolver keeps it. TTLs do not matter here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answer<'z> {
    /// Records: the name's own, or a wildcard's.
    Data(&'z [Rdata]),
    /// An alias in their place.
    Alias(&'z Name),
    /// No such record, or no such name.
    Absent,
    /// Not for this zone to say: outside of it, below a delegation or a DNAME.
    Elsewhere,
}

impl<'z> Answer<'z> {
    /// What this zone answers (RFC 1034 §4.3.2, RFC 4592 §3.2).
    pub(super) fn of(zone: &'z Zone, key: &RrKey) -> Self {
        let RrKey { owner, rtype } = key;
        if is_elsewhere(zone, owner) {
            return Self::Elsewhere;
        }
        if zone.has_name(owner) {
            return Self::at(zone, owner, *rtype);
        }
        zone.wildcard_over(owner).map_or(Self::Absent, |above| Self::at(zone, &above, *rtype))
    }

    /// The records' data; none of anything else.
    pub(super) fn data(self) -> &'z [Rdata] {
        match self {
            Self::Data(data) => data,
            _ => &[],
        }
    }

    fn at(zone: &'z Zone, owner: &Name, rtype: Rtype) -> Self {
        let find = |rtype| zone.find(owner, rtype).map(RrSet::rdata);
        match (find(rtype), find(Rtype::CNAME)) {
            (Some(data), _) => Self::Data(data),
            (None, Some([Rdata::Cname(target), ..])) => Self::Alias(target),
            _ => Self::Absent,
        }
    }
}

/// Whether somebody else answers for a name (RFC 1034 §4.2.1, RFC 6672 §2.4).
fn is_elsewhere(zone: &Zone, name: &Name) -> bool {
    let apex = zone.apex();
    let mut line = std::iter::successors(Some(name.clone()), Name::parent);
    !name.is_within(apex)
        || line.by_ref().take_while(|above| above != apex).any(|above| {
            let renamed = above != *name && zone.find(&above, Rtype::DNAME).is_some();
            renamed || zone.find(&above, Rtype::NS).is_some()
        })
        || (name != apex && zone.find(apex, Rtype::DNAME).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_answers_as_a_name_server_does() {
        let apex = Name::parse("example.net.").unwrap();
        let zone = "@ 60 NS ns\n@ 60 MX 10 mail\nmail 60 A 192.0.2.1\nalias 60 CNAME mail\n\
            * 60 TXT wild\n*.pop 60 CNAME mail\na.b 60 A 192.0.2.1\nsub 60 NS ns.example.org.\n\
            host.sub 60 A 192.0.2.1\nmoved 60 DNAME example.org.\n";
        let zone = Zone::parse(zone, &apex).unwrap();
        let check = |owner, rtype, expected: &str| {
            let key = RrKey::new(Name::parse_in(owner, &apex).unwrap(), rtype);
            let found = match Answer::of(&zone, &key) {
                Answer::Data(data) => data[0].to_string(),
                Answer::Alias(target) => target.relative_to(&apex),
                other => format!("{other:?}"),
            };
            assert_eq!(found, expected, "{key}");
        };
        check("@", Rtype::MX, "10 mail.example.net.");
        check("@", Rtype::A, "Absent");
        check("mail", Rtype::AAAA, "Absent");
        check("alias", Rtype::A, "mail");
        check("alias", Rtype::CNAME, "mail.example.net.");
        check("nobody", Rtype::TXT, "\"wild\"");
        check("nobody", Rtype::A, "Absent");
        check("x.nobody", Rtype::TXT, "\"wild\"");
        check("b", Rtype::TXT, "Absent"); // it exists, since `a.b` does
        check("c.b", Rtype::TXT, "Absent"); // the wildcard is not at its closest name
        check("x.pop", Rtype::A, "mail");
        check("sub", Rtype::A, "Elsewhere");
        check("host.sub", Rtype::A, "Elsewhere");
        check("mx.example.org.", Rtype::A, "Elsewhere");
        check("moved", Rtype::A, "Absent");
        check("x.moved", Rtype::A, "Elsewhere");
    }
}
