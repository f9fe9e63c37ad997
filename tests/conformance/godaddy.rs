//! GoDaddy, by its documented rules: RRsets by type and name, ten minutes and more.

use super::fake::{Far, Reply, Request};
use super::moves::KEY;
use super::rest::{bare, data, flat, label, owner, ttl};
use super::store::Store;
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::{Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::plan::Change;
use serde_json::{Value, json};

struct GoDaddy {
    store: Store,
    /// Whether `offset` counts pages from one, or records to skip as documented.
    counts_pages: bool,
}

fn refused(status: u16, code: &str, why: &str) -> Reply {
    Reply::json(status, &json!({"code": code, "message": why}))
}

impl GoDaddy {
    fn records(&self) -> Vec<Value> {
        let hidden = |stored: &&super::store::Stored| stored.rtype() != Rtype::SOA;
        let shown = self.store.records.iter().filter(hidden).map(|stored| {
            let (priority, content) = flat(&stored.rdata);
            let name = label(&self.store.apex, &stored.owner, "@");
            let mut record = json!({
                "data": content, "name": name, "ttl": stored.ttl,
                "type": stored.rtype().to_string(),
            });
            if let Rdata::Srv(srv) = &stored.rdata {
                let mut labels = name.splitn(3, '.');
                record["service"] = json!(labels.next());
                record["protocol"] = json!(labels.next());
                record["name"] = json!(labels.next().unwrap_or("@"));
                record["data"] = json!(bare(&srv.target));
                record["weight"] = json!(srv.weight);
                record["port"] = json!(srv.port);
            }
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
                let number = |name| request.parameter(name).map(|text| text.parse().unwrap());
                let limit = number("limit").unwrap_or(500).min(500);
                let skipped: usize = match (number("offset"), self.counts_pages) {
                    (Some(page), true) => (page - 1) * limit,
                    (offset, _) => offset.unwrap_or(0),
                };
                let found: Vec<_> = self.records().into_iter().skip(skipped).take(limit).collect();
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
    story(ZONE, false).await.tell("godaddy").await;
}

async fn story(zone: &str, counts_pages: bool) -> Story {
    let host = GoDaddy { store: Store::new(APEX, zone), counts_pages };
    Story::with(YAML, &[("id", KEY)], host).await
}

#[tokio::test]
async fn pages_lose_no_record_however_they_are_counted() {
    for (records, counts_pages, requests) in [
        (499, true, 1),
        (499, false, 1),
        (500, true, 3),
        (500, false, 3),
        (1_203, true, 4),
        (1_203, false, 3),
        (1_000, true, 4),
        (1_000, false, 3),
    ] {
        let lines: String = (0..records).map(|n| format!("t{n} 600 TXT x{n}\n")).collect();
        let story = story(&lines, counts_pages).await;
        let zone = story.driver.zone(&story.apex).await.unwrap();
        assert_eq!(zone.rrsets().count(), records, "{counts_pages}");
        // One finds the domain.
        let asked = story.fake.requests().await.len() - 1;
        assert_eq!(asked, requests, "{records} {counts_pages}");
    }
}

#[tokio::test]
async fn services_are_left_alone_under_their_whole_names() {
    let zone = "_imaps._tcp 600 SRV 0 1 993 a.example.\n_sip._tls.sub 600 SRV 0 1 443 b.example.\n";
    let story = story(zone, false).await;
    assert_eq!(story.driver.zone(&story.apex).await.unwrap().rrsets().count(), 0);
    let closed = story.driver.limits(&story.apex).await.unwrap().closed;
    let names: Vec<_> = closed.keys().map(|key| key.owner.to_string()).collect();
    assert_eq!(names, ["_imaps._tcp.example.net.", "_sip._tls.sub.example.net."]);
}
