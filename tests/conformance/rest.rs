//! What APIs of single records have in common: paths that list, make, alter and drop them. Each
//! host's manner says how its requests and records look.

use super::fake::{Far, Reply, Request};
use super::store::{Store, Stored};
use async_trait::async_trait;
use cutover::dns::{Name, Rdata, Rtype, Zone};
use cutover::plan::Change;
use serde_json::Value;

/// What a request wants.
pub(crate) enum Wish {
    /// The zone itself; or, of another name, nothing.
    Zone,
    List,
    Create,
    Update(u64),
    Delete(u64),
    /// Nothing that the host knows, or something that it answers at once.
    Other(Reply),
}

/// How one host speaks.
pub(crate) trait Manner: Send + Sync {
    /// Reads a request; also whether it may be made at all.
    fn wish(&self, zone: &str, request: &Request) -> Wish;

    /// The zone as it is shown.
    fn zone(&self, zone: &str) -> Value;

    /// One page of records, as asked for.
    fn page(&self, request: &Request, all: Vec<Value>) -> Reply;

    /// A record as it is shown.
    fn show(&self, apex: &Name, stored: &Stored) -> Value;

    /// Owner, TTL and data of a record that is sent; `known` is the one that it alters.
    fn read(
        &self,
        apex: &Name,
        body: &Value,
        known: Option<&Stored>,
    ) -> Result<(Name, u32, Rdata), String>;

    /// What is answered to a change: the record, if there is one now.
    fn done(&self, record: Option<Value>) -> Reply;

    /// What is answered to what cannot be.
    fn refuse(&self, status: u16, why: &str) -> Reply;

    /// Whether a request changes something.
    fn is_write(&self, request: &Request) -> bool {
        request.method != "GET"
    }
}

/// A host of one zone with this manner.
pub(crate) struct Rest<M> {
    pub(crate) store: Store,
    manner: M,
}

impl<M: Manner> Rest<M> {
    pub(crate) fn new(apex: &str, zone: &str, manner: M) -> Self {
        Self { store: Store::new(apex, zone), manner }
    }

    /// The record as it shall be; what speaks against it.
    fn change(&self, wish: &Wish, body: &Value) -> Result<(Store, Option<u64>), (u16, String)> {
        let mut store = self.store.clone();
        let bad = |why: String| (400, why);
        let gone = || (404, "no such record".to_owned());
        let apex = store.apex.clone();
        let id = match *wish {
            Wish::Create => {
                let (owner, ttl, rdata) = self.manner.read(&apex, body, None).map_err(bad)?;
                if store.of(&owner, rdata.rtype()).iter().any(|stored| stored.rdata == rdata) {
                    return Err((400, "an identical record exists".to_owned()));
                }
                Some(store.add(owner, ttl, rdata))
            }
            Wish::Update(id) => {
                let known = store.find(id).ok_or_else(gone)?.clone();
                let read = self.manner.read(&apex, body, Some(&known)).map_err(bad)?;
                let stored = store.find(id).ok_or_else(gone)?;
                (stored.owner, stored.ttl, stored.rdata) = read;
                if known.rtype() != stored.rtype() {
                    return Err((400, "the type stays".to_owned()));
                }
                Some(id)
            }
            Wish::Delete(id) => {
                store.remove(id).then_some(()).ok_or_else(gone)?;
                None
            }
            _ => return Err((404, "no such resource".to_owned())),
        };
        match store.is_torn() {
            true => Err((400, "a CNAME stands alone".to_owned())),
            false => Ok((store, id)),
        }
    }
}

#[async_trait]
impl<M: Manner> Far for Rest<M> {
    async fn answer(&mut self, request: &Request) -> Reply {
        let apex = self.store.apex.clone();
        let name = apex.to_string().trim_end_matches('.').to_owned();
        let wish = self.manner.wish(&name, request);
        match wish {
            Wish::Zone => Reply::json(200, &self.manner.zone(&name)),
            Wish::List => {
                let hidden = |stored: &&Stored| stored.rtype() != Rtype::SOA;
                let all = self.store.records.iter().filter(hidden);
                let all = all.map(|stored| self.manner.show(&apex, stored)).collect();
                self.manner.page(request, all)
            }
            Wish::Other(reply) => reply,
            _ => match self.change(&wish, &request.json()) {
                Ok((store, id)) => {
                    self.store = store;
                    let found = id.and_then(|id| self.store.find(id)).cloned();
                    self.manner.done(found.map(|stored| self.manner.show(&apex, &stored)))
                }
                Err((status, why)) => self.manner.refuse(status, &why),
            },
        }
    }

    async fn served(&mut self) -> Zone {
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.store.meddle(change);
    }

    fn is_write(&self, request: &Request) -> bool {
        self.manner.is_write(request)
    }
}

/// A name without its last dot.
pub(crate) fn bare(name: &Name) -> String {
    let text = name.to_string();
    text.strip_suffix('.').filter(|text| !text.is_empty()).unwrap_or(".").to_owned()
}

/// Priority, and the rest in presentation format with bare names; texts are bare too.
pub(crate) fn flat(rdata: &Rdata) -> (Option<u16>, String) {
    match rdata {
        Rdata::Mx(mx) => (Some(mx.preference), bare(&mx.exchange)),
        Rdata::Srv(srv) => {
            (Some(srv.priority), format!("{} {} {}", srv.weight, srv.port, bare(&srv.target)))
        }
        Rdata::Cname(name) | Rdata::Ns(name) => (None, bare(name)),
        Rdata::Txt(txt) => (None, String::from_utf8(txt.joined()).unwrap()),
        other => (None, other.to_string()),
    }
}

/// Data from its priority and the rest; names that have their last dot are refused.
pub(crate) fn data(rtype: Rtype, priority: Option<u64>, content: &str) -> Result<Rdata, String> {
    let text = match rtype {
        Rtype::TXT => return Ok(Rdata::Txt(cutover::dns::rdata::Txt::new(content))),
        Rtype::MX | Rtype::SRV | Rtype::CNAME | Rtype::NS if content.ends_with('.') => {
            return Err("a host without its last dot".to_owned());
        }
        Rtype::MX | Rtype::SRV => format!("{} {content}.", priority.ok_or("priority is required")?),
        Rtype::CNAME | Rtype::NS => format!("{content}."),
        _ => content.to_owned(),
    };
    Rdata::parse(rtype, &text, None).map_err(|error| error.message)
}

/// The owner of these labels before the zone's name.
pub(crate) fn owner(apex: &Name, label: &str, at_apex: &str) -> Result<Name, String> {
    if label == at_apex {
        return Ok(apex.clone());
    }
    if ["", "@"].contains(&label) {
        return Err("name is invalid".to_owned());
    }
    Name::parse(&format!("{label}.{apex}")).map_err(|error| error.to_string())
}

/// The labels of an owner before the zone's name.
pub(crate) fn label(apex: &Name, owner: &Name, at_apex: &str) -> String {
    if owner == apex { at_apex.to_owned() } else { owner.relative_to(apex) }
}

/// A TTL from this one on.
pub(crate) fn ttl(value: &Value, floor: u32) -> Result<u32, String> {
    let ttl = value.as_u64().and_then(|ttl| u32::try_from(ttl).ok());
    ttl.filter(|ttl| *ttl >= floor).ok_or(format!("ttl must be at least {floor}"))
}

/// The number of a page and the records on it: pages are small here, so that there are several.
pub(crate) fn paged(request: &Request, size: &str, all: Vec<Value>) -> (usize, usize, Vec<Value>) {
    let number = |name: &str| request.parameter(name).and_then(|text| text.parse().ok());
    let (page, size) = (number("page").unwrap_or(1), usize::min(number(size).unwrap_or(20), 5));
    let pages = all.len().div_ceil(size);
    (page, pages, all.into_iter().skip((page - 1) * size).take(size).collect())
}
