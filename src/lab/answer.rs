//! What a zone says to a question.

use super::envelope::with_rcode;
use crate::dns::{Name, Rdata, RrSet, Rtype, Zone};
use crate::wire::{Rcode, WireError, message};
use hickory_proto::op::Message;

/// How many aliases are followed within one zone.
const MAX_ALIASES: usize = 8;

/// Type ANY as a question (RFC 8482).
const ANY: Rtype = Rtype(255);

/// Fills in the answer: records, a referral, or the SOA that says for how long there are none.
pub(super) fn answer(
    zone: &Zone,
    owner: Name,
    rtype: Rtype,
    reply: &mut Message,
) -> Result<(), WireError> {
    let mut owner = owner;
    reply.metadata.authoritative = true;
    for aliases in 0..=MAX_ALIASES {
        if let Some(cut) = delegation(zone, &owner, rtype) {
            // The authority for an alias stays, whoever has the authority for its target.
            reply.metadata.authoritative = aliases > 0;
            return refer(zone, cut, reply);
        }
        let wanted = |rrset: &&RrSet| rtype == ANY || rrset.rtype() == rtype;
        let found: Vec<_> = zone.at(&owner).filter(wanted).collect();
        for rrset in &found {
            reply.add_answers(message::rrset_out(rrset)?);
        }
        if !found.is_empty() {
            return Ok(());
        }
        let Some(alias) = zone.find(&owner, Rtype::CNAME) else {
            return deny(zone, &owner, reply);
        };
        reply.add_answers(message::rrset_out(alias)?);
        match alias.rdata() {
            [Rdata::Cname(target)] if target.is_within(zone.apex()) => owner = target.clone(),
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// The NS RRset of the highest zone cut at or above a name, below the apex.
///
/// DS is asked of the parent (RFC 4035 §3.1.4.1), so at the cut itself it is ours to answer.
fn delegation<'z>(zone: &'z Zone, name: &Name, rtype: Rtype) -> Option<&'z RrSet> {
    let mut highest = None;
    let mut at = Some(name.clone());
    while let Some(owner) = at.filter(|owner| owner != zone.apex()) {
        if !(rtype == Rtype::DS && owner == *name) {
            highest = zone.find(&owner, Rtype::NS).or(highest);
        }
        at = owner.parent();
    }
    highest
}

fn refer(zone: &Zone, cut: &RrSet, reply: &mut Message) -> Result<(), WireError> {
    reply.add_authorities(message::rrset_out(cut)?);
    for target in cut.rdata() {
        let Rdata::Ns(target) = target else {
            continue;
        };
        let is_address = |rrset: &&RrSet| matches!(rrset.rtype(), Rtype::A | Rtype::AAAA);
        for rrset in zone.at(target).filter(is_address) {
            reply.add_additionals(message::rrset_out(rrset)?);
        }
    }
    Ok(())
}

/// NXDOMAIN, or NODATA for a name that exists; the SOA's TTL is cut to how long that may be
/// cached (RFC 2308 §3).
fn deny(zone: &Zone, name: &Name, reply: &mut Message) -> Result<(), WireError> {
    if !zone.has_name(name) && reply.answers.is_empty() {
        *reply = with_rcode(reply.clone(), Rcode::NXDOMAIN);
    }
    if let Some(soa) = zone.find(zone.apex(), Rtype::SOA) {
        let soa = soa.clone().with_ttl(zone.negative_ttl());
        reply.add_authorities(message::rrset_out(&soa)?);
    }
    Ok(())
}
