//! What one answer says.

use super::{Rcode, WireError, message};
use crate::dns::rdata::Rrsig;
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use hickory_proto::op::Message;
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use hickory_proto::rr::{Record, RecordType};
use std::collections::HashMap;
use std::net::IpAddr;

/// One answer to one question, as it was given: no TTL clamped, no alias followed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The response code.
    pub rcode: Rcode,
    /// Whether it was given with authority (AA).
    pub authoritative: bool,
    /// Whether the server resolves for others (RA).
    pub recursion_available: bool,
    /// What the server calls itself.
    pub nsid: Option<String>,
    /// The zone's serial, if a SOA came along.
    pub serial: Option<u32>,
    /// The RRset of exactly the owner and type asked for.
    pub rrset: Option<RrSet>,
    /// The signatures over it, if they were asked for.
    pub signatures: Vec<Rrsig>,
    /// The CNAME at the owner, when another type was asked for.
    pub alias: Option<RrSet>,
    /// The SOA of a negative answer.
    pub soa: Option<RrSet>,
    /// How long a negative answer may be cached: min(SOA TTL, MINIMUM), RFC 2308 §5.
    pub negative_ttl: Option<Ttl>,
    /// The NS RRset of a referral to a zone below.
    pub referral: Option<RrSet>,
    /// Addresses that came along with a referral.
    pub glue: Vec<(Name, IpAddr)>,
    /// Whether it took TCP, since UDP had no room.
    pub tcp: bool,
    /// Whether the server says that this is out of date (RFC 8914 §4.4 and §4.20).
    pub stale: bool,
}

impl Reply {
    /// Reads the answer to the question `key`.
    pub(crate) fn read(message: &Message, key: &RrKey, tcp: bool) -> Result<Self, WireError> {
        let alias = RrKey::new(key.owner.clone(), Rtype::CNAME);
        if key.rtype != Rtype::CNAME && is_circular(&message.answers, &key.owner)? {
            return Err(WireError::garbled("its aliases go round in a circle"));
        }
        let rrset = message::rrset_in(&message.answers, key)?;
        if rrset.is_some() && message::rcode(message) == Rcode::NXDOMAIN {
            return Err(WireError::garbled("it shows a name and says that there is none"));
        }
        let soa = at_or_above(&message.authorities, key, Rtype::SOA)?;
        let serial = rrset.iter().chain(&soa).find_map(|rrset| match rrset.rdata() {
            [Rdata::Soa(soa)] => Some(soa.serial),
            _ => None,
        });
        let negative_ttl = soa.as_ref().and_then(|rrset| match rrset.rdata() {
            [Rdata::Soa(soa)] => Some(rrset.ttl().min(soa.minimum)),
            _ => None,
        });
        let referral = match message.metadata.authoritative || soa.is_some() {
            true => None,
            false => at_or_above(&message.authorities, key, Rtype::NS)?,
        };
        Ok(Self {
            rcode: message::rcode(message),
            authoritative: message.metadata.authoritative,
            recursion_available: message.metadata.recursion_available,
            nsid: message::nsid(message),
            serial,
            alias: match key.rtype {
                Rtype::CNAME => None,
                _ => message::rrset_in(&message.answers, &alias)?,
            },
            rrset,
            signatures: signatures(message, key)?,
            soa,
            negative_ttl,
            glue: if referral.is_some() { addresses(&message.additionals) } else { Vec::new() },
            referral,
            tcp,
            stale: is_stale(message),
        })
    }

    /// Whether the server says that there is no such record, and not merely that it cannot tell.
    pub fn is_negative(&self) -> bool {
        let absent = matches!(self.rcode, Rcode::NOERROR | Rcode::NXDOMAIN);
        absent && self.rrset.is_none() && self.referral.is_none()
    }
}

/// Whether the aliases among the records lead from this name to one where they have been.
fn is_circular(records: &[Record], owner: &Name) -> Result<bool, WireError> {
    let mut aliases = HashMap::new();
    for record in records.iter().filter(|record| record.record_type() == RecordType::CNAME) {
        if let Rdata::Cname(target) = message::rdata_in(&record.data)? {
            aliases.insert(message::name_in(&record.name)?, target);
        }
    }
    let mut at = owner;
    for _ in 0..=aliases.len() {
        match aliases.get(at) {
            Some(target) => at = target,
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn signatures(message: &Message, key: &RrKey) -> Result<Vec<Rrsig>, WireError> {
    let all = RrKey::new(key.owner.clone(), Rtype::RRSIG);
    let all = message::rrset_in(&message.answers, &all)?;
    let all = all.iter().flat_map(RrSet::rdata).filter_map(|data| match data {
        Rdata::Rrsig(signature) => Some(signature.clone()),
        _ => None,
    });
    Ok(all.filter(|signature| signature.covered == key.rtype).collect())
}

/// The RRset of this type whose owner is the name asked for or above it.
fn at_or_above(records: &[Record], key: &RrKey, rtype: Rtype) -> Result<Option<RrSet>, WireError> {
    let wire_type = message::rtype_out(rtype);
    for record in records.iter().filter(|record| record.record_type() == wire_type) {
        let owner = message::name_in(&record.name)?;
        if key.owner.is_within(&owner) {
            return message::rrset_in(records, &RrKey::new(owner, rtype));
        }
    }
    Ok(None)
}

/// The addresses among the records; one that cannot be read is no loss, as glue is only a hint.
fn addresses(records: &[Record]) -> Vec<(Name, IpAddr)> {
    let address = |record: &Record| {
        let address = match message::rdata_in(&record.data).ok()? {
            Rdata::A(address) => address.into(),
            Rdata::Aaaa(address) => address.into(),
            _ => return None,
        };
        Some((message::name_in(&record.name).ok()?, address))
    };
    records.iter().filter_map(address).collect()
}

/// Whether an extended error says "stale answer" (3) or "stale NXDOMAIN answer" (19).
fn is_stale(message: &Message) -> bool {
    let Some(edns) = &message.edns else {
        return false;
    };
    // Option 15 is EDE (RFC 8914 §2); hickory knows it by number only.
    let errors = edns.options().get_all(EdnsCode::from(15));
    errors.into_iter().any(|option| match option {
        EdnsOption::Unknown(_, octets) => matches!(octets.get(..2), Some([0, 3 | 19])),
        _ => false,
    })
}
