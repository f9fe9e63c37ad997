//! UPDATE messages (RFC 2136 §2).

use crate::dns::{Name, RrKey, RrSet, Rtype};
use crate::plan::Change;
use crate::wire::{WireError, message};
use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::{DNSClass, Record, RecordType};
use std::collections::HashMap;

/// Room in one message: far enough from 65,535 octets for the signature and our estimate.
const MAX_OCTETS: usize = 48 * 1024;

/// RRsets in one message: more is no faster, and a server works on one at a stretch.
const MAX_RRSETS: usize = 500;

/// A change that is still to do, and the RRset just as the server holds it.
///
/// The two may differ in case or in how a text is split, and a prerequisite must not.
#[derive(Debug)]
pub(super) struct Pending<'c> {
    pub(super) change: &'c Change,
    pub(super) live: Option<RrSet>,
}

/// Splits changes over messages; those of one owner stay in one, since a CNAME cannot come before
/// the records it replaces have gone.
pub(super) fn batches<'p, 'c>(
    pending: &'p [Pending<'c>],
    apex: &Name,
) -> Vec<Vec<&'p Pending<'c>>> {
    let mut places: HashMap<&Name, usize> = HashMap::new();
    let mut owners: Vec<Vec<&Pending<'_>>> = Vec::new();
    for one in pending {
        let place = *places.entry(&one.change.key().owner).or_insert(owners.len());
        match owners.get_mut(place) {
            Some(group) => group.push(one),
            None => owners.push(vec![one]),
        }
    }
    let mut batches: Vec<Vec<&Pending<'_>>> = Vec::new();
    let mut octets = 0;
    for group in owners {
        let size: usize = group.iter().map(|one| size(one)).sum();
        let last = batches
            .last_mut()
            .filter(|batch| octets + size <= MAX_OCTETS && batch.len() + group.len() <= MAX_RRSETS);
        match last {
            Some(batch) => {
                batch.extend(group);
                octets += size;
            }
            None => {
                batches.push(group);
                octets = size + apex.wire().len();
            }
        }
    }
    batches
}

/// At most how many octets a change takes: prerequisite, delete and add.
fn size(pending: &Pending<'_>) -> usize {
    // Type, class, TTL and length.
    let head = pending.change.key().owner.wire().len() + 10;
    let records = |rrset: Option<&RrSet>| -> usize {
        let rdata = rrset.map_or(&[][..], RrSet::rdata);
        rdata.iter().map(|rdata| head + rdata.octets().len()).sum()
    };
    let (live, after) = (pending.live.as_ref(), pending.change.after());
    2 * head + records(live) + records(after)
}

/// One message that does all of a batch or nothing.
pub(super) fn request(apex: &Name, batch: &[&Pending<'_>]) -> Result<Message, WireError> {
    let mut message = empty(apex)?;
    for pending in batch {
        match &pending.live {
            None => drop(message.add_answer(absent(pending.change.key())?)),
            Some(live) => drop(message.add_answers(of_class(live, DNSClass::IN)?)),
        }
    }
    // What goes, goes first: a name must be free for a CNAME before the CNAME comes.
    for pending in batch.iter().filter(|pending| !is_apex_ns(pending, apex)) {
        if pending.live.is_some() {
            let RrKey { owner, rtype } = pending.change.key();
            let mut all = bare(owner, message::rtype_out(*rtype))?;
            all.dns_class = DNSClass::ANY;
            message.add_authority(all);
        }
    }
    for pending in batch {
        if let Some(after) = pending.change.after() {
            message.add_authorities(message::rrset_out(after)?);
        }
        if let Some(live) = pending.live.as_ref().filter(|_| is_apex_ns(pending, apex)) {
            message.add_authorities(surplus(live, pending.change.after())?);
        }
    }
    Ok(message)
}

/// A message that only finds out whether an RRset is absent.
pub(super) fn probe(apex: &Name, key: &RrKey) -> Result<Message, WireError> {
    let mut message = empty(apex)?;
    message.add_answer(absent(key)?);
    Ok(message)
}

fn empty(apex: &Name) -> Result<Message, WireError> {
    let mut message = Message::new(0, MessageType::Query, OpCode::Update);
    message.add_query(Query::query(message::name_out(apex)?, RecordType::SOA));
    Ok(message)
}

/// Servers ignore that the apex NS RRset be deleted (RFC 2136 §3.4.2.3): it is changed record by
/// record, the new ones first.
fn is_apex_ns(pending: &Pending<'_>, apex: &Name) -> bool {
    let key = pending.change.key();
    key.rtype == Rtype::NS && key.owner == *apex
}

/// "RRset does not exist" (RFC 2136 §2.4.3).
fn absent(key: &RrKey) -> Result<Record, WireError> {
    let mut record = bare(&key.owner, message::rtype_out(key.rtype))?;
    record.dns_class = DNSClass::NONE;
    Ok(record)
}

/// "Delete an RR from an RRset" (RFC 2136 §2.5.4), for those that do not stay.
fn surplus(live: &RrSet, after: Option<&RrSet>) -> Result<Vec<Record>, WireError> {
    let stays = |rdata| after.is_some_and(|after| after.rdata().contains(rdata));
    let gone = live.rdata().iter().filter(|rdata| !stays(rdata)).cloned();
    match RrSet::of(live.key().clone(), live.ttl(), gone) {
        None => Ok(Vec::new()),
        Some(gone) => of_class(&gone, DNSClass::NONE),
    }
}

/// An RRset's records without TTL, as conditions and deletions have them.
fn of_class(rrset: &RrSet, class: DNSClass) -> Result<Vec<Record>, WireError> {
    let mut records = message::rrset_out(rrset)?;
    for record in &mut records {
        record.ttl = 0;
        record.dns_class = class;
    }
    Ok(records)
}

/// A record without data.
fn bare(owner: &Name, rtype: RecordType) -> Result<Record, WireError> {
    Ok(Record::update0(message::name_out(owner)?, 0, rtype))
}
