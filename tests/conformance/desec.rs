//! deSEC, by its documented rules: bulk changes that are all or nothing, a minimum TTL that belongs
//! to the domain, canonical names, pages behind a cursor.

use super::fake::{Far, Reply, Request};
use super::store::Store;
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::plan::Change;
use serde_json::{Value, json};

struct Desec {
    store: Store,
    minimum_ttl: u32,
}

impl Desec {
    fn new(apex: &str, zone: &str, minimum_ttl: u32) -> Self {
        Self { store: Store::new(apex, zone), minimum_ttl }
    }

    fn name(&self) -> String {
        self.store.apex.to_string().trim_end_matches('.').to_owned()
    }

    fn sets(&self) -> Vec<Value> {
        let all = self.store.rrsets().into_iter().filter(|(key, _)| key.rtype != Rtype::SOA);
        let shown = all.map(|(key, stored)| {
            let sub = key.owner.relative_to(&self.store.apex);
            json!({
                "domain": self.name(), "subname": if sub == "@" { "" } else { &sub },
                "name": key.owner.to_string(), "type": key.rtype.to_string(),
                "ttl": stored[0].ttl, "touched": "2026-11-26T21:00:00Z",
                "records": stored.iter().map(|one| one.rdata.to_string()).collect::<Vec<_>>(),
            })
        });
        shown.collect()
    }

    /// The store after one part of a bulk request; or what is wrong with it, by field.
    fn change(&self, store: &mut Store, part: &Value) -> Result<(), Value> {
        let sub = part["subname"].as_str().ok_or(json!({"subname": ["required"]}))?;
        if sub == "@" {
            return Err(json!({"subname": ["Subname can only use (lowercase) a-z, 0-9, ., -"]}));
        }
        let owner = match sub {
            "" => self.store.apex.clone(),
            _ => Name::parse(&format!("{sub}.{}", self.store.apex)).unwrap(),
        };
        let rtype = part["type"].as_str().and_then(Rtype::parse);
        let rtype = rtype.ok_or(json!({"type": ["required"]}))?;
        if rtype == Rtype::SOA {
            return Err(json!({"type": ["You cannot tinker with the SOA RR set."]}));
        }
        let key = RrKey::new(owner, rtype);
        let records = part["records"].as_array().ok_or(json!({"records": ["required"]}))?;
        if records.is_empty() {
            store.put(&key, None);
            return Ok(());
        }
        let known = store.of(&key.owner, rtype).first().map(|stored| stored.ttl);
        let ttl = part["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok()).or(known);
        let ttl = ttl.ok_or(json!({"ttl": ["This field is required."]}))?;
        if !(self.minimum_ttl..=86_400).contains(&ttl) {
            let why =
                format!("Ensure this value is greater than or equal to {}.", self.minimum_ttl);
            return Err(json!({ "ttl": [why] }));
        }
        let read = |record: &Value| {
            // Names without their last dot are refused, not completed.
            let text = record.as_str().unwrap_or_default();
            Rdata::parse(rtype, text, None).map_err(|error| json!({"records": [error.message]}))
        };
        let data = records.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let set = RrSet::of(key.clone(), Ttl::from_secs(ttl), data);
        store.put(&key, set.as_ref());
        Ok(())
    }

    fn bulk(&mut self, request: &Request) -> Reply {
        let mut store = self.store.clone();
        let parts = request.json().as_array().cloned().unwrap_or_default();
        let results = parts.iter().map(|part| self.change(&mut store, part));
        let results: Vec<_> = results.map(|one| one.err().unwrap_or_else(|| json!({}))).collect();
        if results.iter().any(|one| *one != json!({})) {
            return Reply::json(400, &Value::Array(results));
        }
        if store.is_torn() {
            let why = "RRset with conflicting type present: CNAME.";
            return Reply::json(400, &json!([{"non_field_errors": [why]}]));
        }
        self.store = store;
        Reply::json(200, &Value::Array(self.sets()))
    }
}

#[async_trait]
impl Far for Desec {
    async fn answer(&mut self, request: &Request) -> Reply {
        if request.header("authorization") != format!("Token {SECRET}") {
            return Reply::json(401, &json!({"detail": "Invalid token."}));
        }
        if !request.path.ends_with('/') {
            return Reply::empty(301).with("location", &format!("{}/", request.path));
        }
        let name = self.name();
        match (request.method.as_str(), &request.segments()[..]) {
            ("GET", ["v1", "domains", domain]) if *domain == name => {
                Reply::json(200, &json!({"name": name, "minimum_ttl": self.minimum_ttl}))
            }
            ("GET", ["v1", "domains", domain, "rrsets"]) if *domain == name => {
                let from = request.parameter("cursor").and_then(|cursor| cursor.parse().ok());
                let (from, all) = (from.unwrap_or(0), self.sets());
                // Pages are small here, so that there are several.
                let page: Vec<_> = all.iter().skip(from).take(5).collect();
                let reply = Reply::json(200, &json!(page));
                match from + 5 < all.len() {
                    true => {
                        let (host, path) = (request.header("host"), &request.path);
                        let next = format!("<http://{host}{path}?cursor={}>", from + 5);
                        let first = format!("<http://{host}{path}?cursor=>; rel=\"first\"");
                        reply.with("link", &format!("{first}, {next}; rel=\"next\""))
                    }
                    false => reply,
                }
            }
            ("PATCH", ["v1", "domains", domain, "rrsets"]) if *domain == name => self.bulk(request),
            _ => Reply::json(404, &json!({"detail": "Not found."})),
        }
    }

    async fn served(&mut self) -> Zone {
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.store.meddle(change);
    }
}

const YAML: &str = "driver: desec\nendpoint: {endpoint}/v1\ntoken: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story() {
    Story::open(YAML, Desec::new(APEX, ZONE, 60)).await.tell("desec").await;
}

#[tokio::test]
async fn the_minimum_belongs_to_the_domain() {
    let story = Story::open(YAML, Desec::new(APEX, ZONE, 3_600)).await;
    let facts = story.driver.limits(&story.apex).await.unwrap();
    assert_eq!(facts.fitted(Ttl::from_secs(600)), Ttl::from_secs(3_600));
}
