//! An authoritative server.

use super::answer::answer;
use super::envelope::{fit, head, limit, unreadable, with_rcode};
use super::listen::{Handler, Running, listen};
use super::transfer::transfer;
use super::update::update;
use crate::dns::{Name, Ttl, Zone};
use crate::port::Clock;
use crate::wire::{Chain, Denial, Rcode, TsigKey, WireError, message};
use async_trait::async_trait;
use hickory_proto::op::{Message, MessageType, OpCode, Query};
use hickory_proto::rr::RecordType;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// An authoritative server for any number of zones; clones are handles to the same server.
#[derive(Clone)]
pub struct Authority {
    settings: Arc<Settings>,
    zones: Arc<Mutex<BTreeMap<Name, Held>>>,
}

/// A zone, and who is told when it changes.
type Held = watch::Sender<Arc<Zone>>;

#[derive(Clone)]
struct Settings {
    nsid: String,
    clock: Arc<dyn Clock>,
    keys: Vec<TsigKey>,
    sign_every: usize,
    ttl_floor: Ttl,
}

impl Authority {
    /// A server without zones that calls itself `nsid`.
    pub fn new(nsid: &str, clock: Arc<dyn Clock>) -> Self {
        let settings = Settings {
            nsid: nsid.to_owned(),
            clock,
            keys: Vec::new(),
            sign_every: 1,
            ttl_floor: Ttl::from_secs(0),
        };
        Self { settings: Arc::new(settings), zones: Arc::default() }
    }

    /// Lets the holder of this key update and transfer every zone; without any key, nobody may.
    #[must_use]
    pub fn with_key(mut self, key: TsigKey) -> Self {
        Arc::make_mut(&mut self.settings).keys.push(key);
        self
    }

    /// Signs only every `n`th message of a transfer, besides the first and the last.
    #[must_use]
    pub fn sign_every(mut self, n: usize) -> Self {
        Arc::make_mut(&mut self.settings).sign_every = n.max(1);
        self
    }

    /// Silently raises TTLs in updates to this one, as some hosts do.
    #[must_use]
    pub fn ttl_floor(mut self, floor: Ttl) -> Self {
        Arc::make_mut(&mut self.settings).ttl_floor = floor;
        self
    }

    /// Serves this zone as well.
    #[must_use]
    pub fn with_zone(self, zone: Zone) -> Self {
        self.put(zone);
        self
    }

    /// Serves this zone from now on, in place of what was there.
    pub fn put(&self, zone: Zone) {
        let apex = zone.apex().clone();
        let zone = Arc::new(zone);
        self.with(|zones| match zones.get(&apex) {
            Some(held) => drop(held.send_replace(zone)),
            None => drop(zones.insert(apex, watch::Sender::new(zone))),
        });
    }

    /// The zone as it is served now.
    pub fn zone(&self, apex: &Name) -> Option<Arc<Zone>> {
        self.with(|zones| zones.get(apex).map(|held| Arc::clone(&held.borrow())))
    }

    /// Tells of each new version of a zone.
    pub(super) fn versions(&self, apex: &Name) -> Option<watch::Receiver<Arc<Zone>>> {
        self.with(|zones| zones.get(apex).map(watch::Sender::subscribe))
    }

    /// Serves at this address until the handle is dropped; port 0 means any that is free.
    pub async fn serve(&self, at: SocketAddr) -> io::Result<Running> {
        listen(at, Arc::new(self.clone())).await
    }

    /// One request in, the messages of the answer out; no socket is needed.
    pub fn handle(&self, request: &[u8], tcp: bool) -> Vec<Vec<u8>> {
        let Ok(question) = message::decode(request) else {
            return unreadable(request).into_iter().collect();
        };
        if question.metadata.message_type == MessageType::Response {
            return Vec::new();
        }
        // What cannot be written is a message over its limit, which `fit` sees to beforehand.
        self.respond(request, &question, tcp).unwrap_or_default()
    }

    fn respond(
        &self,
        octets: &[u8],
        question: &Message,
        tcp: bool,
    ) -> Result<Vec<Vec<u8>>, WireError> {
        let now = u64::try_from(self.settings.clock.now().timestamp()).unwrap_or(0);
        let head = head(question, &self.settings.nsid);
        let mut chain = match Chain::accept(&self.settings.keys, octets, question, now) {
            Ok(chain) => chain,
            Err(denial) => {
                let answer = with_rcode(head, Denial::RCODE);
                return Ok(vec![denial.sign(message::encode(&answer)?, now)?]);
            }
        };
        let answers = self.perform(question, head, chain.is_some(), tcp)?;
        let last = answers.len().saturating_sub(1);
        let every = self.settings.sign_every;
        let limit = limit(question, tcp);
        let sign = |(i, answer): (usize, Message)| {
            let octets = fit(&answer, limit)?;
            match &mut chain {
                None => Ok(octets),
                Some(chain) if i == last || i % every == 0 => chain.sign(octets, now),
                Some(chain) => {
                    chain.leave_unsigned(&octets);
                    Ok(octets)
                }
            }
        };
        answers.into_iter().enumerate().map(sign).collect()
    }

    fn perform(
        &self,
        question: &Message,
        head: Message,
        signed: bool,
        tcp: bool,
    ) -> Result<Vec<Message>, WireError> {
        let only = |rcode| Ok(vec![with_rcode(head.clone(), rcode)]);
        let [query] = &question.queries[..] else {
            return only(Rcode::FORMERR);
        };
        let name = message::name_in(query.name())?;
        match question.metadata.op_code {
            OpCode::Update => only(self.update(&name, query, question, signed)),
            OpCode::Query if query.query_type() == RecordType::AXFR => match self.zone(&name) {
                _ if !tcp => only(Rcode::FORMERR),
                None => only(Rcode::NOTAUTH),
                Some(_) if !signed => only(Rcode::REFUSED),
                Some(zone) => transfer(&zone, head),
            },
            OpCode::Query => match self.enclosing(&name) {
                None => only(Rcode::REFUSED),
                Some(zone) => {
                    let mut message = head;
                    answer(&zone, name, message::rtype_in(query.query_type()), &mut message)?;
                    Ok(vec![message])
                }
            },
            _ => only(Rcode::NOTIMP),
        }
    }

    fn update(&self, name: &Name, query: &Query, request: &Message, signed: bool) -> Rcode {
        self.with(|zones| match zones.get(name) {
            _ if query.query_type() != RecordType::SOA => Rcode::FORMERR,
            None => Rcode::NOTAUTH,
            Some(_) if !signed => Rcode::REFUSED,
            Some(held) => {
                let mut zone = Zone::clone(&held.borrow());
                let floor = self.settings.ttl_floor;
                match update(&mut zone, &request.answers, &request.authorities, floor) {
                    Ok(true) => drop(held.send_replace(Arc::new(zone))),
                    Ok(false) => (),
                    Err(rcode) => return rcode,
                }
                Rcode::NOERROR
            }
        })
    }

    /// The zone closest above a name.
    fn enclosing(&self, name: &Name) -> Option<Arc<Zone>> {
        let mut apex = Some(name.clone());
        while let Some(name) = apex {
            if let Some(zone) = self.zone(&name) {
                return Some(zone);
            }
            apex = name.parent();
        }
        None
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<Name, Held>) -> T) -> T {
        work(&mut self.zones.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Handler for Authority {
    async fn handle(&self, request: &[u8], tcp: bool) -> Vec<Vec<u8>> {
        Self::handle(self, request, tcp)
    }
}
