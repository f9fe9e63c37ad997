//! What one version of a zone answers to a question.

use super::{Name, Rdata, RrKey, RrSet, Rtype, Zone};

/// An answer as a resolver keeps it. TTLs do not matter here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer<'z> {
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
    pub fn of(zone: &'z Zone, key: &RrKey) -> Self {
        let RrKey { owner, rtype } = key;
        if is_elsewhere(zone, owner) {
            return Self::Elsewhere;
        }
        match Self::at(zone, owner, *rtype) {
            Some(found) => found,
            None if zone.has_name(owner) => Self::Absent,
            None => {
                let above = zone.wildcard_over(owner);
                above.and_then(|above| Self::at(zone, &above, *rtype)).unwrap_or(Self::Absent)
            }
        }
    }

    /// The records' data; none of anything else.
    pub fn data(self) -> &'z [Rdata] {
        match self {
            Self::Data(data) => data,
            _ => &[],
        }
    }

    /// What the records of one name answer, if it has any.
    fn at(zone: &'z Zone, owner: &Name, rtype: Rtype) -> Option<Self> {
        let mut found = None;
        for rrset in zone.at(owner) {
            match rrset.rdata() {
                // What is at a cut is only a hint, whatever it is.
                _ if rrset.rtype() == Rtype::NS && owner != zone.apex() => {
                    return Some(Self::Elsewhere);
                }
                data if rrset.rtype() == rtype => found = Some(Self::Data(data)),
                [Rdata::Cname(target), ..] => found = found.or(Some(Self::Alias(target))),
                _ => found = found.or(Some(Self::Absent)),
            }
        }
        found
    }
}

/// Whether a name is somebody else's to answer for, or lies below a name that is (RFC 1034 §4.2.1,
/// RFC 6672 §2.4).
fn is_elsewhere(zone: &Zone, name: &Name) -> bool {
    let apex = zone.apex();
    let hands_over = |above: Name| {
        let mut types = zone.at(&above).map(RrSet::rtype);
        types.any(|rtype| rtype == Rtype::DNAME || (rtype == Rtype::NS && above != *apex))
    };
    let above = std::iter::successors(name.parent(), Name::parent);
    !name.is_within(apex) || above.take_while(|above| above.is_within(apex)).any(hands_over)
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
