//! A caching resolver, with the habits that real ones have.

use super::authority::{fit, unreadable, with_rcode};
use super::listen::{Handler, Running, listen};
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use crate::wire::{Poller, Rcode, Reply, WireError, message};
use async_trait::async_trait;
use hickory_proto::op::{Message, MessageType, OpCode};
use hickory_proto::rr::rdata::opt::{EdnsCode, EdnsOption};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many aliases are followed before giving up.
const MAX_ALIASES: usize = 8;

/// The TTL of an answer that is out of date (RFC 8767 §4).
const STALE_TTL: Ttl = Ttl::from_secs(30);

/// How long each of three tries at an authority may take.
const WAIT: Duration = Duration::from_millis(500);

/// What a resolver makes of TTLs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Habit {
    /// Keeps each record as long as it says.
    Obey,
    /// Keeps records at least so long, which no standard allows.
    Floor(Ttl),
    /// Keeps records at most so long.
    Cap(Ttl),
    /// Goes on answering when no authority does (RFC 8767).
    ServeStale,
}

/// A caching resolver; clones are handles to the same one.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

struct Inner {
    nsid: String,
    habit: Habit,
    upstreams: Vec<(Name, Vec<SocketAddr>)>,
    poller: Poller,
    entries: Mutex<HashMap<RrKey, Entry>>,
    asked: AtomicUsize,
}

/// What is known of a key, since when, and for how long.
#[derive(Clone)]
struct Entry {
    since: Instant,
    ttl: Ttl,
    fact: Fact,
}

#[derive(Clone)]
enum Fact {
    Found(RrSet),
    /// With the SOA that said so.
    Absent(Rcode, Option<RrSet>),
}

/// An answer under way: the aliases so far, then the last fact.
struct Resolved {
    aliases: Vec<RrSet>,
    fact: Fact,
    stale: bool,
}

impl Cache {
    /// A resolver that asks these servers about these zones and what is below them.
    pub async fn new(
        nsid: &str,
        habit: Habit,
        upstreams: Vec<(Name, Vec<SocketAddr>)>,
    ) -> io::Result<Self> {
        let poller = Poller::bind(WAIT).await?;
        let (entries, asked) = (Mutex::default(), AtomicUsize::new(0));
        let nsid = nsid.to_owned();
        let inner = Inner { nsid, habit, upstreams, poller, entries, asked };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Serves at this address until the handle is dropped; port 0 means any that is free.
    pub async fn serve(&self, at: SocketAddr) -> io::Result<Running> {
        listen(at, Arc::clone(&self.inner) as Arc<dyn Handler>).await
    }

    /// How many questions it has asked authorities.
    pub fn asked(&self) -> usize {
        self.inner.asked.load(Ordering::Relaxed)
    }

    /// Forgets everything.
    pub fn flush(&self) {
        self.inner.lock().clear();
    }
}

#[async_trait]
impl Handler for Inner {
    async fn handle(&self, request: &[u8], tcp: bool) -> Vec<Vec<u8>> {
        let Ok(question) = message::decode(request) else {
            return unreadable(request).into_iter().collect();
        };
        if question.metadata.message_type == MessageType::Response {
            return Vec::new();
        }
        let payload = question.edns.as_ref().map_or(512, |edns| edns.max_payload());
        let limit = if tcp { u16::MAX } else { payload.clamp(512, message::UDP_PAYLOAD) };
        let answer = self.respond(&question).await;
        answer.and_then(|answer| fit(&answer, limit.into())).into_iter().collect()
    }
}

impl Inner {
    async fn respond(&self, question: &Message) -> Result<Message, WireError> {
        let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
        answer.metadata.recursion_desired = question.metadata.recursion_desired;
        answer.metadata.recursion_available = true;
        answer.add_queries(question.queries.iter().cloned());
        if let Some(edns) = &question.edns {
            let asked = edns.option(EdnsCode::NSID).is_some();
            answer.set_edns(message::edns(asked.then_some(&self.nsid)));
        }
        let [query] = &question.queries[..] else {
            return Ok(with_rcode(answer, Rcode::FORMERR));
        };
        if question.metadata.op_code != OpCode::Query {
            return Ok(with_rcode(answer, Rcode::NOTIMP));
        }
        if !question.metadata.recursion_desired {
            return Ok(with_rcode(answer, Rcode::REFUSED));
        }
        let rtype = message::rtype_in(query.query_type());
        let key = RrKey::new(message::name_in(query.name())?, rtype);
        match self.resolve(key).await {
            Some(resolved) => resolved.fill(answer),
            None => Ok(with_rcode(answer, Rcode::SERVFAIL)),
        }
    }

    /// Follows aliases to a fact; `None` when no authority tells.
    async fn resolve(&self, mut key: RrKey) -> Option<Resolved> {
        let (mut aliases, mut stale) = (Vec::new(), false);
        for _ in 0..=MAX_ALIASES {
            let (fact, old) = self.fact(&key).await?;
            stale |= old;
            match fact {
                Fact::Found(alias)
                    if alias.rtype() == Rtype::CNAME && key.rtype != Rtype::CNAME =>
                {
                    let [Rdata::Cname(target)] = alias.rdata() else {
                        return None;
                    };
                    key.owner = target.clone();
                    aliases.push(alias);
                }
                fact => return Some(Resolved { aliases, fact, stale }),
            }
        }
        None
    }

    /// What is known of a key: remembered, asked for, or out of date.
    async fn fact(&self, key: &RrKey) -> Option<(Fact, bool)> {
        let alias = RrKey::new(key.owner.clone(), Rtype::CNAME);
        let remembered = |fresh: bool| {
            let entries = self.lock();
            let entry = |key| entries.get(key).and_then(|entry: &Entry| entry.at(fresh));
            // That there is no CNAME says nothing about other types.
            let alias = || entry(&alias).filter(|fact| matches!(fact, Fact::Found(_)));
            entry(key).or_else(alias)
        };
        if let Some(fact) = remembered(true) {
            return Some((fact, false));
        }
        match self.ask(key).await {
            Some(fact) => Some((fact, false)),
            None if self.habit == Habit::ServeStale => Some((remembered(false)?, true)),
            None => None,
        }
    }

    /// Asks an authority and remembers what it says.
    async fn ask(&self, key: &RrKey) -> Option<Fact> {
        let zone_of = |(zone, _): &&(Name, Vec<SocketAddr>)| key.owner.is_within(zone);
        let deepest = |(zone, _): &&(Name, Vec<SocketAddr>)| zone.labels().count();
        let (_, servers) = self.upstreams.iter().filter(zone_of).max_by_key(deepest)?;
        // Round robin from where the last question went.
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        for server in servers.iter().cycle().skip(turn % servers.len().max(1)).take(servers.len()) {
            let reply = self.poller.ask(*server, key, false).await;
            if let Some((ttl, fact)) = reply.ok().filter(|reply| reply.authoritative).and_then(fact)
            {
                return Some(self.remember(key, ttl, fact));
            }
        }
        None
    }

    fn remember(&self, key: &RrKey, ttl: Ttl, fact: Fact) -> Fact {
        let ttl = match self.habit {
            Habit::Obey | Habit::ServeStale => ttl,
            Habit::Floor(floor) => ttl.max(floor),
            Habit::Cap(cap) => ttl.min(cap),
        };
        let (key, fact) = match fact {
            Fact::Found(rrset) => (rrset.key().clone(), Fact::Found(rrset.with_ttl(ttl))),
            Fact::Absent(rcode, soa) => {
                (key.clone(), Fact::Absent(rcode, soa.map(|soa| soa.with_ttl(ttl))))
            }
        };
        let entry = Entry { since: Instant::now(), ttl, fact: fact.clone() };
        self.lock().insert(key, entry);
        fact
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RrKey, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an authority's reply says, and for how long.
fn fact(reply: Reply) -> Option<(Ttl, Fact)> {
    match (reply.rrset, reply.alias, reply.rcode) {
        (Some(found), ..) | (None, Some(found), _) => Some((found.ttl(), Fact::Found(found))),
        (None, None, rcode @ (Rcode::NOERROR | Rcode::NXDOMAIN)) => {
            // Without a SOA it is not to be kept (RFC 2308 §5).
            let ttl = reply.negative_ttl.unwrap_or(Ttl::from_secs(0));
            Some((ttl, Fact::Absent(rcode, reply.soa)))
        }
        _ => None,
    }
}

impl Entry {
    /// The fact with what is left of its TTL; once that has run out, only if `fresh` is not asked.
    fn at(&self, fresh: bool) -> Option<Fact> {
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
    fn fill(self, mut answer: Message) -> Result<Message, WireError> {
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
