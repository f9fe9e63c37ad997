//! A caching resolver, with the habits that real ones have.

mod fact;

use super::envelope::{fit, head, limit, unreadable, with_rcode};
use super::listen::{Handler, Running, listen};
use crate::dns::{Name, Rdata, RrKey, Rtype, Ttl};
use crate::wire::{Poller, Rcode, WireError, message};
use async_trait::async_trait;
use fact::{Entry, Fact, Resolved};
use hickory_proto::op::{Message, MessageType, OpCode};
use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many aliases are followed before giving up.
const MAX_ALIASES: usize = 8;

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
        let answer = self.respond(&question).await;
        answer.and_then(|answer| fit(&answer, limit(&question, tcp))).into_iter().collect()
    }
}

impl Inner {
    async fn respond(&self, question: &Message) -> Result<Message, WireError> {
        let mut answer = head(question, &self.nsid);
        answer.metadata.recursion_available = true;
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
            if let Some((ttl, fact)) =
                reply.ok().filter(|reply| reply.authoritative).and_then(Fact::of)
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
