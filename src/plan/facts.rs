//! What a DNS host can and cannot do, as data that the planner uses.

use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use std::collections::{BTreeMap, BTreeSet};
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
        let takes = |list: &[u32], ttl: &u32| list.is_empty() || list.contains(ttl);
        let all = self.ttls.iter().chain(&other.ttls).copied().collect::<BTreeSet<_>>();
        let is_free = all.is_empty();
        let both = |ttl: &u32| takes(&self.ttls, ttl) && takes(&other.ttls, ttl);
        let ttls: Vec<_> = all.into_iter().filter(both).collect();
        let apart = !is_free && ttls.is_empty();
        let apart = apart.then(|| "its hosts have no TTL that both of them take".to_owned());
        let types = if self.types.is_empty() { other.types } else { self.types };
        Self {
            ttl_floor: self.ttl_floor.max(other.ttl_floor),
            ttl_ceiling: self.ttl_ceiling.into_iter().chain(other.ttl_ceiling).min(),
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
            closed_types: self.closed_types.into_iter().chain(other.closed_types).collect(),
            closed_zone: self.closed_zone.or(other.closed_zone).or(apart),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_hosts_take_what_both_of_them_take() {
        let check = |one: &[u32], other: &[u32], expected: &[u32], is_open: bool| {
            let [one, other] =
                [one, other].map(|ttls| Facts { ttls: ttls.to_vec(), ..Facts::default() });
            for both in [one.clone().and(other.clone()), other.and(one)] {
                assert_eq!((&*both.ttls, both.closed_zone.is_none()), (expected, is_open));
            }
        };
        check(&[], &[], &[], true);
        check(&[300, 3_600], &[], &[300, 3_600], true);
        check(&[300, 3_600], &[3_600, 86_400], &[3_600], true);
        check(&[300], &[3_600], &[], false);
    }
}
