//! What a DNS host can and cannot do, as data that the planner uses.

use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use std::collections::BTreeMap;
use std::fmt;

/// What is known about a provider, or about one zone there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Facts {
    /// The lowest TTL that it takes.
    pub ttl_floor: Ttl,
    /// The highest, where there is one.
    pub ttl_ceiling: Option<Ttl>,
    /// The only TTLs that it takes, ascending; empty where it takes all from the floor on.
    pub ttls: Vec<u32>,
    /// Whether all changes of one call take effect together or not at all.
    pub atomic: bool,
    /// Whether a person types the records in, so that `apply` only says what to type.
    pub by_hand: bool,
    /// What keeps a write from going over what somebody else wrote meanwhile.
    pub guard: Guard,
    /// The record types that it takes; empty where it takes all.
    pub types: &'static [Rtype],
    /// Whether it takes `MX 0 .` (RFC 7505).
    pub null_mx: bool,
    /// Octets of text that one TXT record may hold, if that is less than DNS allows.
    pub txt_octets: Option<usize>,
    /// Characters that its texts cannot hold.
    pub txt_without: String,
    /// The highest preference of MX that it takes, if that is less than DNS allows.
    pub mx_ceiling: Option<u16>,
    /// RRsets that its API shows and does not let be written, and why.
    pub closed: BTreeMap<RrKey, String>,
    /// Record types that it does not let be written in this zone, and why.
    pub closed_types: BTreeMap<Rtype, String>,
    /// Why nothing in this zone may be written.
    pub closed_zone: Option<String>,
}

/// What a host compares before it writes, from the strongest to the weakest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Guard {
    /// The write names the old values, and fails if they are others.
    Values,
    /// The write names a version of the RRset, and fails if there is a newer one.
    Version,
    /// The write names the old records by their ids, and fails if one is gone.
    Ids,
    /// The zone is read just before and just after: a race of milliseconds stays.
    Reading,
}

impl Guard {
    const ALL: [Self; 4] = [Self::Values, Self::Version, Self::Ids, Self::Reading];

    /// A word for journals and programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Version => "version",
            Self::Ids => "ids",
            Self::Reading => "reading",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guard| guard.name() == text)
    }
}

/// What it does, in words.
impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Values => "the host writes only over the old values",
            Self::Version => "the host writes only over the version that was read",
            Self::Ids => "the host writes only over the records that were read, by their ids",
            Self::Reading => "the host compares nothing: zones are read just before and after",
        })
    }
}

impl Default for Facts {
    /// A host without limits, such as a name server of one's own.
    fn default() -> Self {
        Self {
            ttl_floor: Ttl::from_secs(1),
            ttl_ceiling: None,
            ttls: Vec::new(),
            atomic: true,
            by_hand: false,
            guard: Guard::Values,
            types: &[],
            null_mx: true,
            txt_octets: None,
            txt_without: String::new(),
            mx_ceiling: None,
            closed: BTreeMap::new(),
            closed_types: BTreeMap::new(),
            closed_zone: None,
        }
    }
}

impl Facts {
    /// The TTL that comes closest from below, or else the lowest that the host takes.
    pub fn fitted(&self, ttl: Ttl) -> Ttl {
        let ttl = self.ttl_ceiling.map_or(ttl, |most| ttl.min(most));
        let listed = self.ttls.iter().copied().map(Ttl::from_secs);
        let allowed = |other: &Ttl| *other >= self.ttl_floor;
        match listed.clone().filter(allowed).take_while(|other| *other <= ttl).last() {
            Some(closest) => closest,
            None => listed.clone().find(allowed).unwrap_or_else(|| ttl.max(self.ttl_floor)),
        }
    }

    /// The lowest TTL that it takes.
    pub fn lowest(&self) -> Ttl {
        self.fitted(Ttl::from_secs(0))
    }

    /// Why the host would not hold this RRset; `None` if it would.
    pub fn objection(&self, rrset: &RrSet) -> Option<String> {
        if let Some(why) = self.closure(rrset.key()) {
            return Some(why.clone());
        }
        let rtype = rrset.rtype();
        if !self.types.is_empty() && !self.types.contains(&rtype) {
            return Some(format!("it knows no {rtype} records"));
        }
        rrset.rdata().iter().find_map(|rdata| self.refusal(rdata))
    }

    /// Why what stands under this key stays as it is, whatever it is.
    pub fn closure(&self, key: &RrKey) -> Option<&String> {
        let own = || self.closed.get(key).or_else(|| self.closed_types.get(&key.rtype));
        self.closed_zone.as_ref().or_else(own)
    }

    fn refusal(&self, rdata: &Rdata) -> Option<String> {
        match rdata {
            Rdata::Mx(mx) if !self.null_mx && mx.exchange == Name::root() => {
                Some("it takes no null MX".to_owned())
            }
            Rdata::Mx(mx) => {
                let most = self.mx_ceiling.filter(|most| mx.preference > *most)?;
                Some(format!("it takes MX preferences up to {most}"))
            }
            Rdata::Txt(txt) => self.misfit(&txt.joined()),
            _ => None,
        }
    }

    fn misfit(&self, text: &[u8]) -> Option<String> {
        if let Some(most) = self.txt_octets.filter(|most| text.len() > *most) {
            return Some(format!("it takes at most {most} octets of text in a record"));
        }
        let text = String::from_utf8_lossy(text);
        let found = text.chars().find(|character| self.txt_without.contains(*character))?;
        Some(format!("it takes no text with `{found}` in it"))
    }

    /// What two providers of one zone can both do.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let ttl_floor = self.ttl_floor.max(other.ttl_floor);
        let ttl_ceiling = self.ttl_ceiling.into_iter().chain(other.ttl_ceiling).min();
        let (ttls, is_free) = match (&self.ttls[..], &other.ttls[..]) {
            ([], list) | (list, []) => (list.to_vec(), list.is_empty()),
            (one, two) => (one.iter().filter(|ttl| two.contains(ttl)).copied().collect(), false),
        };
        let is_taken = |ttl: Ttl| ttl >= ttl_floor && ttl_ceiling.is_none_or(|most| ttl <= most);
        let is_common = match is_free {
            true => is_taken(ttl_floor),
            false => ttls.iter().any(|ttl| is_taken(Ttl::from_secs(*ttl))),
        };
        let no_ttl = (!is_common).then(|| "no TTL suits all hosts of this zone".to_owned());
        let types = if self.types.is_empty() { other.types } else { self.types };
        // What one of them knows and the other does not.
        let is_unknown = |rtype: &&Rtype| !other.types.is_empty() && !other.types.contains(rtype);
        let unknown = types.iter().filter(is_unknown);
        let unknown = unknown.map(|rtype| (*rtype, format!("it knows no {rtype} records")));
        Self {
            ttl_floor,
            ttl_ceiling,
            ttls,
            atomic: self.atomic && other.atomic,
            by_hand: self.by_hand || other.by_hand,
            guard: self.guard.max(other.guard),
            types,
            null_mx: self.null_mx && other.null_mx,
            txt_octets: self.txt_octets.into_iter().chain(other.txt_octets).min(),
            txt_without: self.txt_without + &other.txt_without,
            mx_ceiling: self.mx_ceiling.into_iter().chain(other.mx_ceiling).min(),
            closed: self.closed.into_iter().chain(other.closed).collect(),
            closed_types: unknown.chain(self.closed_types).chain(other.closed_types).collect(),
            closed_zone: self.closed_zone.or(other.closed_zone).or(no_ttl),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hosts_do_what_both_can() {
        let facts = |ttls: &[u32], floor, ceiling: Option<u32>| {
            let (ttls, ttl_floor) = (ttls.to_vec(), Ttl::from_secs(floor));
            let ttl_ceiling = ceiling.map(Ttl::from_secs);
            Facts { ttls, ttl_floor, ttl_ceiling, ..Facts::default() }
        };
        let check = |one: &Facts, two: &Facts, asked, expected: Option<u32>| {
            for (one, two) in [(one, two), (two, one)] {
                let both = one.clone().and(two.clone());
                let found = both.closed_zone.is_none().then(|| both.fitted(Ttl::from_secs(asked)));
                assert_eq!(found, expected.map(Ttl::from_secs), "{both:?}");
            }
        };
        let (free, list) = (facts(&[], 1, None), facts(&[300, 3_600, 86_400], 1, None));
        check(&free, &free, 60, Some(60));
        check(&free, &list, 60, Some(300));
        check(&list, &facts(&[600, 3_600], 1, None), 60, Some(3_600));
        check(&list, &facts(&[3_600, 86_400], 1, None), 90_000, Some(86_400));
        check(&list, &facts(&[600, 7_200], 1, None), 60, None);
        check(&list, &facts(&[], 600, None), 60, Some(3_600));
        check(&list, &facts(&[], 90_000, None), 60, None);
        check(&list, &facts(&[], 60, Some(60_000)), 90_000, Some(3_600));
        check(&facts(&[86_400], 1, None), &facts(&[], 60, Some(60_000)), 60, None);
        check(&facts(&[], 90_000, None), &facts(&[], 60, Some(60_000)), 60, None);
    }

    #[test]
    fn two_hosts_know_the_types_that_both_know() {
        let check = |one: &'static [Rtype], two: &'static [Rtype], record: &str, expected| {
            let facts = |types| Facts { types, ..Facts::default() };
            let apex = Name::parse("example.net.").unwrap();
            let zone = crate::dns::Zone::parse(record, &apex).unwrap();
            for both in [facts(one).and(facts(two)), facts(two).and(facts(one))] {
                let taken = zone.rrsets().all(|rrset| both.objection(rrset).is_none());
                assert_eq!(taken, expected, "{both:?}");
            }
        };
        check(&[], &[], "@ 60 MX 1 a.", true);
        check(&[], &[Rtype::MX], "@ 60 MX 1 a.", true);
        check(&[], &[Rtype::MX], "@ 60 A 192.0.2.1", false);
        check(&[Rtype::MX, Rtype::A], &[Rtype::MX, Rtype::TXT], "@ 60 MX 1 a.", true);
        check(&[Rtype::MX, Rtype::A], &[Rtype::MX, Rtype::TXT], "@ 60 A 192.0.2.1", false);
        check(&[Rtype::MX, Rtype::A], &[Rtype::MX, Rtype::TXT], "@ 60 TXT a", false);
    }
}
