//! Dynamic updates (RFC 2136 §3): checked first, then done whole.

use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use crate::wire::{Rcode, message};
use hickory_proto::rr::{DNSClass, RData, Record};
use std::collections::BTreeMap;

/// Type ANY: a name as such, or all that is there.
const ANY: Rtype = Rtype(255);

/// Applies an update if its prerequisites hold; says whether anything changed.
pub(super) fn update(
    zone: &mut Zone,
    prerequisites: &[Record],
    updates: &[Record],
    floor: Ttl,
) -> Result<bool, Rcode> {
    let prerequisites: Result<Vec<_>, _> = prerequisites.iter().map(Item::read).collect();
    hold(zone, &prerequisites?)?;
    let updates: Result<Vec<_>, _> = updates.iter().map(Item::read).collect();
    let updates = updates?;
    for item in &updates {
        item.prescan(zone)?;
    }
    let before = zone.clone();
    for item in updates {
        item.apply(zone, floor);
    }
    if *zone == before {
        return Ok(false);
    }
    let serial = |zone: &Zone| zone.soa().map(|(_, soa)| soa.serial);
    if serial(zone) == serial(&before) {
        advance(zone);
    }
    Ok(true)
}

/// A record of an update message, whose class says what it means.
struct Item {
    owner: Name,
    class: DNSClass,
    ttl: u32,
    rtype: Rtype,
    rdata: Option<Rdata>,
}

impl Item {
    fn read(record: &Record) -> Result<Self, Rcode> {
        let rdata = match &record.data {
            RData::Update0(_) => None,
            data => Some(message::rdata_in(data).map_err(|_| Rcode::FORMERR)?),
        };
        Ok(Self {
            owner: message::name_in(&record.name).map_err(|_| Rcode::FORMERR)?,
            class: record.dns_class,
            ttl: record.ttl,
            rtype: message::rtype_in(record.record_type()),
            rdata,
        })
    }

    fn key(&self) -> RrKey {
        RrKey::new(self.owner.clone(), self.rtype)
    }

    /// Whether this is a type that only questions have (AXFR, MAILA...: RFC 2136 §3.4.1.2).
    fn is_meta(&self) -> bool {
        (251..=254).contains(&self.rtype.0)
    }

    /// The checks of RFC 2136 §3.4.1, before anything is written.
    fn prescan(&self, zone: &Zone) -> Result<(), Rcode> {
        if !self.owner.is_within(zone.apex()) {
            return Err(Rcode::NOTZONE);
        }
        let well_formed = match self.class {
            DNSClass::IN => self.rdata.is_some() && self.rtype != ANY,
            DNSClass::ANY => self.rdata.is_none() && self.ttl == 0,
            DNSClass::NONE => self.rdata.is_some() && self.ttl == 0 && self.rtype != ANY,
            _ => false,
        };
        if well_formed && !self.is_meta() { Ok(()) } else { Err(Rcode::FORMERR) }
    }

    /// RFC 2136 §3.4.2.
    fn apply(self, zone: &mut Zone, floor: Ttl) {
        match (self.class, &self.rdata) {
            (DNSClass::IN, Some(rdata)) => {
                add(zone, self.key(), Ttl::from_secs(self.ttl).max(floor), rdata);
            }
            (DNSClass::NONE, Some(rdata)) => delete_record(zone, &self.key(), rdata),
            _ => delete_rrsets(zone, &self.owner, self.rtype),
        }
    }
}

/// Whether all prerequisites hold (RFC 2136 §3.2); else the code of the first that does not.
fn hold(zone: &Zone, items: &[Item]) -> Result<(), Rcode> {
    let mut wanted: BTreeMap<RrKey, Vec<&Rdata>> = BTreeMap::new();
    for item in items {
        if item.ttl != 0 {
            return Err(Rcode::FORMERR);
        }
        if !item.owner.is_within(zone.apex()) {
            return Err(Rcode::NOTZONE);
        }
        let in_use = || zone.at(&item.owner).next().is_some();
        let exists = || zone.get(&item.key()).is_some();
        match (item.class, item.rtype, &item.rdata) {
            (DNSClass::IN, _, Some(rdata)) => wanted.entry(item.key()).or_default().push(rdata),
            (DNSClass::ANY, ANY, None) if !in_use() => return Err(Rcode::NXDOMAIN),
            (DNSClass::NONE, ANY, None) if in_use() => return Err(Rcode::YXDOMAIN),
            (DNSClass::ANY | DNSClass::NONE, ANY, None) => (),
            (DNSClass::ANY, _, None) if !exists() => return Err(Rcode::NXRRSET),
            (DNSClass::NONE, _, None) if exists() => return Err(Rcode::YXRRSET),
            (DNSClass::ANY | DNSClass::NONE, _, None) => (),
            _ => return Err(Rcode::FORMERR),
        }
    }
    let as_wanted = |(key, data): (&RrKey, &Vec<&Rdata>)| {
        let held = zone.get(key).map_or(&[][..], RrSet::rdata);
        held.len() == data.len() && data.iter().all(|one| held.iter().any(|two| same(one, two)))
    };
    if wanted.iter().all(as_wanted) { Ok(()) } else { Err(Rcode::NXRRSET) }
}

/// Whether data is equal as servers see it: a text that is split otherwise is another one.
fn same(a: &Rdata, b: &Rdata) -> bool {
    a == b && (a.rtype() != Rtype::TXT || a.octets() == b.octets())
}

fn add(zone: &mut Zone, key: RrKey, ttl: Ttl, rdata: &Rdata) {
    let only = RrSet::new(key.owner.clone(), ttl, rdata.clone());
    match rdata {
        // An older serial, or a SOA that is not the zone's, changes nothing.
        Rdata::Soa(soa) => {
            let newer = zone.soa().is_none_or(|(_, held)| soa.serial().is_after(held.serial()));
            if newer && key.owner == *zone.apex() {
                zone.put(only);
            }
            return;
        }
        Rdata::Cname(_) if zone.at(&key.owner).any(|set| set.rtype() != Rtype::CNAME) => return,
        Rdata::Cname(_) => return zone.put(only),
        _ if zone.find(&key.owner, Rtype::CNAME).is_some() => return,
        _ => (),
    }
    let held = zone.remove(&key);
    let kept = held.iter().flat_map(RrSet::rdata).filter(|one| *one != rdata).cloned();
    // The TTL that came last is that of all (RFC 2181 §5.2).
    let all = RrSet::of(key, ttl, kept.chain([rdata.clone()]));
    zone.put(all.unwrap_or(only));
}

/// Deletes one record; the apex keeps its SOA and its last NS (RFC 2136 §3.4.2.4).
fn delete_record(zone: &mut Zone, key: &RrKey, rdata: &Rdata) {
    let Some(held) = zone.get(key).cloned() else {
        return;
    };
    let last_ns = key.rtype == Rtype::NS && key.owner == *zone.apex() && held.rdata().len() == 1;
    if key.rtype == Rtype::SOA || last_ns {
        return;
    }
    let left = held.rdata().iter().filter(|one| !same(one, rdata)).cloned();
    match RrSet::of(key.clone(), held.ttl(), left) {
        Some(left) => zone.put(left),
        None => drop(zone.remove(key)),
    }
}

/// Deletes an RRset or all of a name; the apex keeps SOA and NS (RFC 2136 §3.4.2.3).
fn delete_rrsets(zone: &mut Zone, owner: &Name, rtype: Rtype) {
    let kept =
        |key: &RrKey| key.owner == *zone.apex() && matches!(key.rtype, Rtype::SOA | Rtype::NS);
    let goes = |set: &&RrSet| (rtype == ANY || set.rtype() == rtype) && !kept(set.key());
    let keys: Vec<_> = zone.at(owner).filter(goes).map(|set| set.key().clone()).collect();
    for key in &keys {
        zone.remove(key);
    }
}

/// Moves the serial on (RFC 2136 §3.6).
fn advance(zone: &mut Zone) {
    if let Some((ttl, soa)) = zone.soa() {
        let mut soa = soa.clone();
        soa.serial = soa.serial().next().0;
        zone.put(RrSet::new(zone.apex().clone(), ttl, Rdata::Soa(soa)));
    }
}

#[cfg(test)]
mod tests;
