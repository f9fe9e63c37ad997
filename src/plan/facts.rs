//! What a DNS host can and cannot do, as data that the planner uses.

use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use std::collections::BTreeMap;
use std::fmt;

/// What is known about a provider, or about one zone there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Facts {
    /// The lowest TTL that it takes.
    pub ttl_floor: Ttl,
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
    /// RRsets that its API shows and does not let be written, and why.
    pub closed: BTreeMap<RrKey, String>,
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
            ttls: Vec::new(),
            atomic: true,
            by_hand: false,
            guard: Guard::Values,
            types: &[],
            null_mx: true,
            txt_octets: None,
            closed: BTreeMap::new(),
        }
    }
}

impl Facts {
    /// The TTL that comes closest from below, or else the lowest that the host takes.
    pub fn fitted(&self, ttl: Ttl) -> Ttl {
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
        if let Some(why) = self.closed.get(rrset.key()) {
            return Some(why.clone());
        }
        let rtype = rrset.rtype();
        if !self.types.is_empty() && !self.types.contains(&rtype) {
            return Some(format!("it knows no {rtype} records"));
        }
        rrset.rdata().iter().find_map(|rdata| self.refusal(rdata))
    }

    fn refusal(&self, rdata: &Rdata) -> Option<String> {
        match (rdata, self.txt_octets) {
            (Rdata::Mx(mx), _) if !self.null_mx && mx.exchange == Name::root() => {
                Some("it takes no null MX".to_owned())
            }
            (Rdata::Txt(txt), Some(most)) if txt.joined().len() > most => {
                Some(format!("it takes at most {most} octets of text in a record"))
            }
            _ => None,
        }
    }

    /// What two providers of one zone can both do.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let ttls = if self.ttls.is_empty() { other.ttls } else { self.ttls };
        let types = if self.types.is_empty() { other.types } else { self.types };
        Self {
            ttl_floor: self.ttl_floor.max(other.ttl_floor),
            ttls,
            atomic: self.atomic && other.atomic,
            by_hand: self.by_hand || other.by_hand,
            guard: self.guard.max(other.guard),
            types,
            null_mx: self.null_mx && other.null_mx,
            txt_octets: self.txt_octets.into_iter().chain(other.txt_octets).min(),
            closed: self.closed.into_iter().chain(other.closed).collect(),
        }
    }
}
