//! What a cache knows.

use crate::dns::{RrSet, Ttl};
use crate::lab::envelope::with_rcode;
use crate::wire::{Rcode, Reply, WireError, message};
use hickory_proto::op::Message;
use hickory_proto::rr::rdata::opt::EdnsOption;
use tokio::time::Instant;

/// The TTL of an answer that is out of date (RFC 8767 §4).
const STALE_TTL: Ttl = Ttl::from_secs(30);

/// What is known of a key, since when, and for how long.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) since: Instant,
    pub(super) ttl: Ttl,
    pub(super) fact: Fact,
}

/// Something that an authority has said.
#[derive(Clone)]
pub(super) enum Fact {
    /// The RRset, which may be an alias.
    Found(RrSet),
    /// That there is none, with the SOA that said so.
    Absent(Rcode, Option<RrSet>),
}

/// An answer under way: the aliases so far, then the last fact.
pub(super) struct Resolved {
    pub(super) aliases: Vec<RrSet>,
    pub(super) fact: Fact,
    pub(super) stale: bool,
}

impl Fact {
    /// What an authority's reply says, and for how long.
    pub(super) fn of(reply: Reply) -> Option<(Ttl, Self)> {
        match (reply.rrset, reply.alias, reply.rcode) {
            (Some(found), ..) | (None, Some(found), _) => Some((found.ttl(), Self::Found(found))),
            (None, None, rcode @ (Rcode::NOERROR | Rcode::NXDOMAIN)) => {
                // Without a SOA it is not to be kept (RFC 2308 §5).
                let ttl = reply.negative_ttl.unwrap_or(Ttl::from_secs(0));
                Some((ttl, Self::Absent(rcode, reply.soa)))
            }
            _ => None,
        }
    }
}

impl Entry {
    /// The fact with what is left of its TTL; once that has run out, only if `fresh` is not asked.
    pub(super) fn at(&self, fresh: bool) -> Option<Fact> {
        let age = self.since.elapsed().as_secs();
        let left = u64::from(self.ttl.secs()).saturating_sub(age);
        let ttl = match u32::try_from(left).ok()? {
            0 if fresh => return None,
            0 => STALE_TTL,
            left => Ttl::from_secs(left),
        };
        Some(match self.fact.clone() {
            Fact::Found(rrset) => Fact::Found(rrset.with_ttl(ttl)),
            Fact::Absent(rcode, soa) => Fact::Absent(rcode, soa.map(|soa| soa.with_ttl(ttl))),
        })
    }
}

impl Resolved {
    /// Writes the answer, with its extended error when it is out of date.
    pub(super) fn fill(self, mut answer: Message) -> Result<Message, WireError> {
        for alias in &self.aliases {
            answer.add_answers(message::rrset_out(alias)?);
        }
        let mut error = 3; // stale answer (RFC 8914 §4.4)
        match &self.fact {
            Fact::Found(rrset) => drop(answer.add_answers(message::rrset_out(rrset)?)),
            Fact::Absent(rcode, soa) => {
                if *rcode == Rcode::NXDOMAIN {
                    error = 19; // stale NXDOMAIN answer (RFC 8914 §4.20)
                }
                if let Some(soa) = soa {
                    answer.add_authorities(message::rrset_out(soa)?);
                }
                answer = with_rcode(answer, *rcode);
            }
        }
        if let Some(edns) = answer.edns.as_mut().filter(|_| self.stale) {
            edns.options_mut().insert(EdnsOption::Unknown(15, vec![0, error]));
        }
        Ok(answer)
    }
}
