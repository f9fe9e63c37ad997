//! The records behind a made-up API, each under a number.

use cutover::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::plan::Change;
use std::collections::BTreeMap;

/// One record.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) id: u64,
    pub(crate) owner: Name,
    pub(crate) ttl: u32,
    pub(crate) rdata: Rdata,
}

impl Stored {
    pub(crate) fn rtype(&self) -> Rtype {
        self.rdata.rtype()
    }
}

/// All records of one zone, in the order of their making.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(crate) apex: Name,
    pub(crate) records: Vec<Stored>,
    next: u64,
}

impl Store {
    /// The records of a zone file.
    pub(crate) fn new(apex: &str, text: &str) -> Self {
        let apex = Name::parse(apex).unwrap();
        let zone = Zone::parse(text, &apex).unwrap();
        let mut store = Self { apex, records: Vec::new(), next: 1_000 };
        for rrset in zone.rrsets() {
            for rdata in rrset.rdata() {
                store.add(rrset.owner().clone(), rrset.ttl().secs(), rdata.clone());
            }
        }
        store
    }

    /// A new record; its number.
    pub(crate) fn add(&mut self, owner: Name, ttl: u32, rdata: Rdata) -> u64 {
        self.next += 1;
        self.records.push(Stored { id: self.next, owner, ttl, rdata });
        self.next
    }

    pub(crate) fn find(&mut self, id: u64) -> Option<&mut Stored> {
        self.records.iter_mut().find(|stored| stored.id == id)
    }

    /// Whether there was one of this number.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.records.len();
        self.records.retain(|stored| stored.id != id);
        self.records.len() < before
    }

    /// The records of one RRset.
    pub(crate) fn of(&self, owner: &Name, rtype: Rtype) -> Vec<&Stored> {
        let is_of = |stored: &&Stored| stored.owner == *owner && stored.rtype() == rtype;
        self.records.iter().filter(is_of).collect()
    }

    /// Everything by RRset.
    pub(crate) fn rrsets(&self) -> BTreeMap<RrKey, Vec<&Stored>> {
        let mut all = BTreeMap::<_, Vec<_>>::new();
        for stored in &self.records {
            all.entry(RrKey::new(stored.owner.clone(), stored.rtype())).or_default().push(stored);
        }
        all
    }

    /// Another RRset in place of the one of this key, or none.
    pub(crate) fn put(&mut self, key: &RrKey, rrset: Option<&RrSet>) {
        self.records.retain(|stored| stored.owner != key.owner || stored.rtype() != key.rtype);
        for rdata in rrset.map(RrSet::rdata).unwrap_or_default() {
            let ttl = rrset.map_or(0, |rrset| rrset.ttl().secs());
            self.add(key.owner.clone(), ttl, rdata.clone());
        }
    }

    pub(crate) fn meddle(&mut self, change: &Change) {
        self.put(change.key(), change.after());
    }

    /// Whether a CNAME stands beside something else, which no host lets happen.
    pub(crate) fn is_torn(&self) -> bool {
        self.records.iter().filter(|one| one.rtype() == Rtype::CNAME).any(|cname| {
            self.records.iter().any(|other| other.owner == cname.owner && other.id != cname.id)
        })
    }

    pub(crate) fn zone(&self) -> Zone {
        let rrsets = self.rrsets().into_iter().filter_map(|(key, all)| {
            let ttl = all.iter().map(|stored| stored.ttl).max().unwrap_or_default();
            RrSet::of(key, Ttl::from_secs(ttl), all.iter().map(|stored| stored.rdata.clone()))
        });
        Zone::of(self.apex.clone(), rrsets)
    }
}
