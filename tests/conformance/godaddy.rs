//! GoDaddy, by its documented rules: RRsets by type and name, ten minutes and more.

use super::fake::{Far, Reply, Request};
use super::moves::KEY;
use super::rest::{data, flat, label, owner, ttl};
use super::store::Store;
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::{RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::plan::Change;
use serde_json::{Value, json};

struct GoDaddy {
    store: Store,
}

fn refused(status: u16, code: &str, why: &str) -> Reply {
    Reply::json(status, &json!({"code": code, "message": why}))
}

impl GoDaddy {
    fn records(&self) -> Vec<Value> {
        let hidden = |stored: &&super::store::Stored| stored.rtype() != Rtype::SOA;
        let shown = self.store.records.iter().filter(hidden).map(|stored| {
            let (priority, content) = flat(&stored.rdata);
            let mut record = json!({
                "data": content, "name": label(&self.store.apex, &stored.owner, "@"),
                "ttl": stored.ttl, "type": stored.rtype().to_string(),
            });
            if let Some(priority) = priority {
                record["priority"] = json!(priority);
            }
            record
        });
        shown.collect()
    }

    fn put(&self, rtype: &str, name: &str, body: &Value) -> Result<Store, String> {
        let (mut store, owner) = (self.store.clone(), owner(&self.store.apex, name, "@")?);
        let rtype = Rtype::parse(rtype).ok_or("unknown type")?;
        if [Rtype::SRV, Rtype::TLSA].contains(&rtype) {
            return Err("this type has other fields".to_owned());
        }
        let key = RrKey::new(owner, rtype);
        let records = body.as_array().filter(|records| !records.is_empty()).ok_or("no records")?;
        let read = |record: &Value| {
            data(rtype, record["priority"].as_u64(), record["data"].as_str().ok_or("no data")?)
        };
        let found = records.iter().map(read).collect::<Result<Vec<_>, String>>()?;
        let ttl = Ttl::from_secs(ttl(&records[0]["ttl"], 600)?);
        store.put(&key, RrSet::of(key.clone(), ttl, found).as_ref());
        if store.is_torn() { Err("CNAME conflicts".to_owned()) } else { Ok(store) }
    }
}

#[async_trait]
impl Far for GoDaddy {
    async fn answer(&mut self, request: &Request) -> Reply {
        if request.header("authorization") != format!("sso-key {KEY}:{SECRET}") {
            return refused(401, "UNABLE_TO_AUTHENTICATE", "Unauthorized");
        }
        let zone = self.store.apex.to_string().trim_end_matches('.').to_owned();
        match (request.method.as_str(), &request.segments()[..]) {
            ("GET", ["v1", "domains", name]) if *name == zone => {
                Reply::json(200, &json!({"domainId": 1, "domain": zone, "status": "ACTIVE"}))
            }
            ("GET", ["v1", "domains", name, "records"]) if *name == zone => {
                let page = request.parameter("offset").map_or(1, |page| page.parse().unwrap());
                let all = self.records();
                // Pages are small here, so that there are several; without a page it is all.
                let found: Vec<_> = match request.parameter("offset") {
                    Some(_) => all.into_iter().skip((page - 1) * 5).take(5).collect(),
                    None => all,
                };
                Reply::json(200, &json!(found))
            }
            ("PUT", ["v1", "domains", name, "records", rtype, label]) if *name == zone => {
                match self.put(rtype, label, &request.json()) {
                    Ok(store) => {
                        self.store = store;
                        Reply::empty(200)
                    }
                    Err(why) => refused(422, "INVALID_BODY", &why),
                }
            }
            ("DELETE", ["v1", "domains", name, "records", rtype, label]) if *name == zone => {
                let owner = owner(&self.store.apex, label, "@").unwrap();
                self.store.put(&RrKey::new(owner, Rtype::parse(rtype).unwrap()), None);
                Reply::empty(204)
            }
            _ => refused(404, "NOT_FOUND", "The given domain is not registered"),
        }
    }

    async fn served(&mut self) -> Zone {
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.store.meddle(change);
    }
}

const YAML: &str = "driver: godaddy\nendpoint: {endpoint}/v1\napi-key: file:id\n\
    api-secret: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story() {
    let host = GoDaddy { store: Store::new(APEX, ZONE) };
    Story::with(YAML, &[("id", KEY)], host).await.tell("godaddy").await;
}
