//! A zone in messages.

use crate::dns::{Rtype, Zone};
use crate::wire::{WireError, message};
use hickory_proto::op::Message;
use hickory_proto::rr::Record;

/// Octets of records in one message: beyond this, names are no longer compressed (RFC 1035
/// §4.1.4), and small enough that some zones take several.
const MAX_OCTETS: usize = 16_000;

/// All of a zone between two copies of its SOA (RFC 5936 §2.2).
pub(super) fn transfer(zone: &Zone, head: Message) -> Result<Vec<Message>, WireError> {
    let soa = zone.find(zone.apex(), Rtype::SOA);
    let rest = zone.rrsets().filter(|rrset| rrset.rtype() != Rtype::SOA);
    let mut next = head.clone();
    next.queries.clear();
    next.edns = None;
    next.metadata.authoritative = true;
    let mut current = head;
    current.metadata.authoritative = true;
    let (mut messages, mut size) = (Vec::new(), 0);
    for rrset in soa.into_iter().chain(rest).chain(soa) {
        for (record, rdata) in message::rrset_out(rrset)?.into_iter().zip(rrset.rdata()) {
            let octets = length(&record) + rdata.octets().len();
            if size + octets > MAX_OCTETS {
                messages.push(std::mem::replace(&mut current, next.clone()));
                size = 0;
            }
            size += octets;
            current.add_answer(record);
        }
    }
    messages.push(current);
    Ok(messages)
}

/// The octets of a record without its data.
fn length(record: &Record) -> usize {
    record.name.len() + 10
}
