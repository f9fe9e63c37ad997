//! A zone's content.

use super::rdata::Soa;
use super::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use std::collections::BTreeMap;
use std::ops::Bound;

/// The RRsets of one zone, its SOA among them, in canonical order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Zone {
    apex: Name,
    rrsets: BTreeMap<RrKey, RrSet>,
}

impl Zone {
    /// What counts as negative TTL while the SOA is unknown: a day, beyond which RFC 2308 §5
    /// calls negative caching harmful, so the longest that a plan has to expect.
    pub const UNKNOWN_NEGATIVE_TTL: Ttl = Ttl::from_secs(86_400);

    /// A zone without records.
    pub fn new(apex: Name) -> Self {
        Self { apex, rrsets: BTreeMap::new() }
    }

    /// A zone of these RRsets; one that comes later replaces an equal key.
    pub fn of(apex: Name, rrsets: impl IntoIterator<Item = RrSet>) -> Self {
        let rrsets = rrsets.into_iter().map(|rrset| (rrset.key().clone(), rrset)).collect();
        Self { apex, rrsets }
    }

    /// The zone's own name.
    pub fn apex(&self) -> &Name {
        &self.apex
    }

    /// Puts an RRset, replacing the one under its key.
    pub fn put(&mut self, rrset: RrSet) {
        self.rrsets.insert(rrset.key().clone(), rrset);
    }

    /// Adds one record; within an RRset the lowest TTL counts (RFC 2181 §5.2).
    pub fn add(&mut self, owner: Name, ttl: Ttl, rdata: Rdata) {
        let key = RrKey::new(owner, rdata.rtype());
        let rrset = match self.rrsets.remove(&key) {
            None => RrSet::new(key.owner.clone(), ttl, rdata),
            Some(known) => {
                let ttl = known.ttl().min(ttl);
                // The key holds the type, so data of another type cannot come back.
                known.with(rdata).map_or_else(
                    |rdata| RrSet::new(key.owner.clone(), ttl, rdata),
                    |rrset| rrset.with_ttl(ttl),
                )
            }
        };
        self.rrsets.insert(key, rrset);
    }

    /// Takes an RRset out.
    pub fn remove(&mut self, key: &RrKey) -> Option<RrSet> {
        self.rrsets.remove(key)
    }

    /// Looks an RRset up.
    pub fn get(&self, key: &RrKey) -> Option<&RrSet> {
        self.rrsets.get(key)
    }

    /// Looks an RRset up by owner and type.
    pub fn find(&self, owner: &Name, rtype: Rtype) -> Option<&RrSet> {
        self.rrsets.get(&RrKey::new(owner.clone(), rtype))
    }

    /// The RRsets in canonical order.
    pub fn rrsets(&self) -> impl Iterator<Item = &RrSet> {
        self.rrsets.values()
    }

    /// The RRsets of one owner.
    pub fn at(&self, owner: &Name) -> impl Iterator<Item = &RrSet> {
        self.rrsets
            .range(RrKey::new(owner.clone(), Rtype(0))..)
            .map(|(_, rrset)| rrset)
            .take_while(move |rrset| rrset.owner() == owner)
    }

    /// Whether a name exists: it has records, or names below it have (RFC 4592 §2.2.2).
    pub fn has_name(&self, name: &Name) -> bool {
        let from = Bound::Included(RrKey::new(name.clone(), Rtype(0)));
        let next = self.rrsets.range((from, Bound::Unbounded)).next();
        next.is_some_and(|(key, _)| key.owner.is_within(name))
    }

    /// The wildcard that answers for a name that does not exist: the one at its closest encloser,
    /// whether there is anything at it or not (RFC 4592 §3.3.1).
    pub fn wildcard_over(&self, name: &Name) -> Option<Name> {
        let mut above = std::iter::successors(name.parent(), Name::parent);
        let closest = above.find(|above| self.has_name(above))?;
        Name::parse_in("*", &closest).ok()
    }

    /// The SOA record with its TTL.
    pub fn soa(&self) -> Option<(Ttl, &Soa)> {
        let rrset = self.find(&self.apex, Rtype::SOA)?;
        match rrset.rdata() {
            [Rdata::Soa(soa)] => Some((rrset.ttl(), soa)),
            _ => None,
        }
    }

    /// How long "there is no such record" may be cached: min(SOA TTL, MINIMUM), RFC 2308 §5.
    pub fn negative_ttl(&self) -> Ttl {
        self.soa().map_or(Self::UNKNOWN_NEGATIVE_TTL, |(ttl, soa)| ttl.min(soa.minimum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_negative_ttl_is_the_smaller_of_two() {
        let check = |ttl, minimum, expected| {
            let text = format!("@ {ttl} IN SOA ns host 1 2 3 4 {minimum}\n");
            let zone = Zone::parse(&text, &Name::parse("example.").unwrap()).unwrap();
            assert_eq!(zone.negative_ttl(), Ttl::from_secs(expected), "{text}");
        };
        check(300, 900, 300);
        check(3_600, 20, 20);
        check(86_400, 10_800, 10_800);
    }

    #[test]
    fn names_above_records_exist_too() {
        let apex = Name::parse("example.").unwrap();
        let zone = Zone::parse("s._domainkey 60 IN TXT x\n", &apex).unwrap();
        let check = |text, exists| {
            assert_eq!(zone.has_name(&Name::parse(text).unwrap()), exists, "{text}");
        };
        check("s._domainkey.example.", true);
        check("_domainkey.example.", true);
        check("example.", true);
        check("r._domainkey.example.", false);
        check("t.s._domainkey.example.", false);
    }

    #[test]
    fn only_the_wildcard_of_the_closest_name_counts() {
        let apex = Name::parse("example.").unwrap();
        let zone = Zone::parse("* 60 TXT x\ns._domainkey 60 TXT x\n", &apex).unwrap();
        let check = |text, wildcard: &str| {
            let found = zone.wildcard_over(&Name::parse(text).unwrap()).unwrap();
            assert_eq!(found, Name::parse(wildcard).unwrap(), "{text}");
        };
        check("a.example.", "*.example.");
        check("a.b.example.", "*.example.");
        check("r._domainkey.example.", "*._domainkey.example.");
        check("r.s._domainkey.example.", "*.s._domainkey.example.");
    }
}
