//! Hetzner's Cloud API, by its documented rules: RRsets whose records and TTL are changed by
//! actions, which end later and lock the zone meanwhile.

use super::fake::{Far, Reply, Request};
use super::store::Store;
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::plan::Change;
use serde_json::{Value, json};

const ID: u64 = 42;

struct Hetzner {
    store: Store,
    /// The store after each action, until somebody has asked for it once.
    actions: Vec<Option<Store>>,
}

fn refused(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"error": {"code": code, "message": message, "details": null}}))
}

fn action(number: usize, is_done: bool) -> Value {
    let (status, progress) = if is_done { ("success", 100) } else { ("running", 0) };
    json!({"id": number, "command": "x", "status": status, "progress": progress, "error": null})
}

type Refusal = (u16, &'static str, String);

impl Hetzner {
    fn new(apex: &str, zone: &str) -> Self {
        Self { store: Store::new(apex, zone), actions: Vec::new() }
    }

    /// What was begun goes on whether or not anybody asks.
    fn work(&mut self) {
        for store in self.actions.iter_mut().filter_map(Option::take) {
            self.store = store;
        }
    }

    fn sets(&self) -> Vec<Value> {
        let shown = self.store.rrsets().into_iter().map(|(key, stored)| {
            let line = |value: String| json!({"value": value, "comment": ""});
            json!({
                "id": format!("{}/{}", key.owner, key.rtype), "zone": ID,
                "name": key.owner.relative_to(&self.store.apex), "type": key.rtype.to_string(),
                "ttl": stored[0].ttl, "labels": {}, "protection": {"change": false},
                "records": stored.iter().map(|one| line(one.rdata.to_string())).collect::<Vec<_>>(),
            })
        });
        shown.collect()
    }

    fn key(&self, name: &str, rtype: &str) -> Result<RrKey, Refusal> {
        let invalid = |why: &str| (422, "invalid_input", why.to_owned());
        if name.is_empty() || name != name.to_ascii_lowercase() {
            return Err(invalid("name must be lower case, or @"));
        }
        let owner = match name {
            "@" => self.store.apex.clone(),
            _ => Name::parse(&format!("{name}.{}", self.store.apex)).unwrap(),
        };
        let rtype = Rtype::parse(rtype).ok_or_else(|| invalid("type is unknown"))?;
        match rtype {
            Rtype::SOA => Err((422, "invalid_input", "SOA cannot be changed".to_owned())),
            _ => Ok(RrKey::new(owner, rtype)),
        }
    }

    fn data(&self, rtype: Rtype, body: &Value) -> Result<Vec<Rdata>, Refusal> {
        let invalid = |why: &str| (422, "invalid_input", why.to_owned());
        let records = body["records"].as_array().filter(|records| !records.is_empty());
        let records = records.ok_or_else(|| invalid("records are required"))?;
        let read = |record: &Value| {
            let value = record["value"].as_str().ok_or_else(|| invalid("value is required"))?;
            // Names without their last dot are relative to the zone.
            let data = Rdata::parse(rtype, value, Some(&self.store.apex));
            data.map_err(|error| invalid(&error.message))
        };
        records.iter().map(read).collect()
    }

    fn ttl(body: &Value) -> Result<Ttl, Refusal> {
        let ttl = body["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok());
        let ttl = ttl.filter(|ttl| (60..=2_147_483_647).contains(ttl)).map(Ttl::from_secs);
        ttl.ok_or((422, "invalid_input", "ttl must be >= 60".to_owned()))
    }

    fn change(&self, method: &str, rest: &[&str], body: &Value) -> Result<Store, Refusal> {
        let mut store = self.store.clone();
        let found = |key: &RrKey| {
            let stored = self.store.of(&key.owner, key.rtype);
            let data: Vec<_> = stored.iter().map(|one| one.rdata.clone()).collect();
            let ttl = stored.first().map_or(0, |one| one.ttl);
            RrSet::of(key.clone(), Ttl::from_secs(ttl), data).ok_or((
                404,
                "not_found",
                "RRSet not found".to_owned(),
            ))
        };
        match (method, rest) {
            ("POST", []) => {
                let text = |name: &str| body[name].as_str().unwrap_or_default();
                let key = self.key(text("name"), text("type"))?;
                if found(&key).is_ok() {
                    return Err((409, "uniqueness_error", "RRSet exists already".to_owned()));
                }
                let data = self.data(key.rtype, body)?;
                store.put(&key, RrSet::of(key.clone(), Self::ttl(body)?, data).as_ref());
            }
            ("DELETE", [name, rtype]) => {
                let key = self.key(name, rtype)?;
                found(&key)?;
                store.put(&key, None);
            }
            ("POST", [name, rtype, "actions", "change_ttl"]) => {
                let key = self.key(name, rtype)?;
                store.put(&key, Some(&found(&key)?.with_ttl(Self::ttl(body)?)));
            }
            ("POST", [name, rtype, "actions", "set_records"]) => {
                let key = self.key(name, rtype)?;
                let (ttl, data) = (found(&key)?.ttl(), self.data(key.rtype, body)?);
                store.put(&key, RrSet::of(key.clone(), ttl, data).as_ref());
            }
            _ => return Err((404, "not_found", "no such resource".to_owned())),
        }
        match store.is_torn() {
            true => Err((422, "invalid_input", "a CNAME stands alone".to_owned())),
            false => Ok(store),
        }
    }
}

#[async_trait]
impl Far for Hetzner {
    async fn answer(&mut self, request: &Request) -> Reply {
        if request.header("authorization") != format!("Bearer {SECRET}") {
            return refused(401, "unauthorized", "unable to authenticate");
        }
        let name = self.store.apex.to_string().trim_end_matches('.').to_owned();
        let zone = json!({
            "id": ID, "name": name, "ttl": 3_600, "mode": "primary", "status": "ok",
            "created": "2026-11-26T21:00:00Z", "labels": {}, "protection": {"delete": false},
            "authoritative_nameservers": {"assigned": [], "delegated": [],
                "delegation_last_check": null, "delegation_status": "valid"},
            "primary_nameservers": [], "record_count": 1, "registrar": "other",
        });
        let is_it = |asked: &str| asked == name || asked == ID.to_string();
        let segments = request.segments();
        match (request.method.as_str(), &segments[..]) {
            ("GET", ["v1", "zones", "actions", number]) => {
                self.work();
                match number.parse::<usize>().ok().filter(|at| *at < self.actions.len()) {
                    Some(at) => Reply::json(200, &json!({"action": action(at, true)})),
                    None => refused(404, "not_found", "no such action"),
                }
            }
            ("GET", ["v1", "zones"]) => {
                let pages = json!({"page": 1, "per_page": 50, "previous_page": null,
                    "next_page": null, "last_page": 1, "total_entries": 1});
                Reply::json(200, &json!({"zones": [zone], "meta": {"pagination": pages}}))
            }
            ("GET", ["v1", "zones", asked]) if is_it(asked) => {
                Reply::json(200, &json!({ "zone": zone }))
            }
            ("GET", ["v1", "zones", asked, "rrsets"]) if is_it(asked) => {
                self.work();
                let number = |name| request.parameter(name).and_then(|text| text.parse().ok());
                let (page, size) = (number("page").unwrap_or(1), number("per_page").unwrap_or(25));
                // Pages are small here, so that there are several.
                let (size, all) = (usize::min(size, 5), self.sets());
                let found: Vec<_> = all.iter().skip((page - 1) * size).take(size).collect();
                let last = all.len().div_ceil(size);
                let next = if page < last { json!(page + 1) } else { Value::Null };
                let pages = json!({"page": page, "per_page": size, "previous_page": null,
                    "next_page": next, "last_page": last, "total_entries": all.len()});
                Reply::json(200, &json!({"rrsets": found, "meta": {"pagination": pages}}))
            }
            (method, ["v1", "zones", asked, "rrsets", rest @ ..]) if is_it(asked) => {
                if self.actions.iter().any(Option::is_some) {
                    self.work();
                    return refused(423, "locked", "another action is running");
                }
                match self.change(method, rest, &request.json()) {
                    Ok(store) => {
                        self.actions.push(Some(store));
                        let action = action(self.actions.len() - 1, false);
                        Reply::json(201, &json!({ "action": action }))
                    }
                    Err((status, code, why)) => refused(status, code, &why),
                }
            }
            _ => refused(404, "not_found", "zone not found"),
        }
    }

    async fn served(&mut self) -> Zone {
        self.work();
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.store.meddle(change);
    }
}

const YAML: &str = "driver: hetzner\nendpoint: {endpoint}/v1\ntoken: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story() {
    Story::open(YAML, Hetzner::new(APEX, ZONE)).await.tell("hetzner").await;
}
