//! Gandi LiveDNS, by its documented rules: RRsets of five minutes and more, replaced one by one or
//! by name.

use super::fake::{Far, Reply, Request};
use super::store::Store;
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::plan::Change;
use serde_json::{Value, json};

struct Gandi {
    store: Store,
}

fn refused(status: u16, message: &str) -> Reply {
    let body = json!({"code": status, "message": message, "object": "HTTPError", "cause": "x"});
    Reply::json(status, &body)
}

impl Gandi {
    fn sets(&self) -> Vec<Value> {
        let all = self.store.rrsets().into_iter().filter(|(key, _)| key.rtype != Rtype::SOA);
        let shown = all.map(|(key, stored)| {
            json!({
                "rrset_name": key.owner.relative_to(&self.store.apex),
                "rrset_type": key.rtype.to_string(), "rrset_ttl": stored[0].ttl,
                "rrset_values": stored.iter().map(|one| one.rdata.to_string()).collect::<Vec<_>>(),
                "rrset_href": "https://api.example/v5",
            })
        });
        shown.collect()
    }

    fn set(&self, owner: &Name, rtype: &str, body: &Value) -> Result<RrSet, &'static str> {
        let rtype = Rtype::parse(rtype).ok_or("rrset_type: unknown")?;
        let ttl = body["rrset_ttl"].as_u64().unwrap_or(10_800);
        let ttl = u32::try_from(ttl).ok().filter(|ttl| (300..=2_592_000).contains(ttl));
        let ttl = ttl.ok_or("rrset_ttl: must be between 300 and 2592000")?;
        let values = body["rrset_values"].as_array().filter(|values| !values.is_empty());
        let values = values.ok_or("rrset_values: at least one value is required")?;
        let read = |value: &Value| {
            let text = value.as_str().ok_or("rrset_values: not a string")?;
            let data = Rdata::parse(rtype, text, Some(&self.store.apex));
            data.map_err(|_| "rrset_values: bad value")
        };
        let data = values.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let key = RrKey::new(owner.clone(), rtype);
        RrSet::of(key, Ttl::from_secs(ttl), data).ok_or("rrset_values: empty")
    }

    fn write(&mut self, request: &Request, name: &str, rtype: Option<&str>) -> Reply {
        let owner = match name {
            "@" => self.store.apex.clone(),
            _ => Name::parse(&format!("{name}.{}", self.store.apex)).unwrap(),
        };
        let (mut store, body) = (self.store.clone(), request.json());
        match (request.method.as_str(), rtype) {
            ("PUT", Some(rtype)) => match self.set(&owner, rtype, &body) {
                Ok(set) => store.put(set.key(), Some(&set)),
                Err(why) => return refused(400, why),
            },
            ("PUT", None) => {
                let items = body["items"].as_array().cloned().unwrap_or_default();
                store.records.retain(|one| one.owner != owner || one.rtype() == Rtype::SOA);
                for item in &items {
                    let rtype = item["rrset_type"].as_str().unwrap_or_default();
                    match self.set(&owner, rtype, item) {
                        Ok(set) => store.put(set.key(), Some(&set)),
                        Err(why) => return refused(400, why),
                    }
                }
            }
            ("DELETE", Some(rtype)) => {
                let key = RrKey::new(owner, Rtype::parse(rtype).unwrap());
                if store.of(&key.owner, key.rtype).is_empty() {
                    return refused(404, "Can't find the DNS record");
                }
                store.put(&key, None);
            }
            _ => return refused(405, "no such method"),
        }
        if store.is_torn() {
            return refused(409, "a CNAME record stands beside others");
        }
        self.store = store;
        match request.method.as_str() {
            "DELETE" => Reply::empty(204),
            _ => Reply::json(201, &json!({"message": "DNS Record Created"})),
        }
    }
}

#[async_trait]
impl Far for Gandi {
    async fn answer(&mut self, request: &Request) -> Reply {
        if request.header("authorization") != format!("Bearer {SECRET}") {
            return refused(401, "The server could not verify that you authorized to access it");
        }
        let name = self.store.apex.to_string().trim_end_matches('.').to_owned();
        let segments = request.segments();
        let ["v5", "livedns", "domains", domain, rest @ ..] = &segments[..] else {
            return refused(404, "no such resource");
        };
        if **domain != name {
            return refused(404, "Unknown domain");
        }
        match (request.method.as_str(), rest) {
            ("GET", []) => Reply::json(200, &json!({"fqdn": name, "automatic_snapshots": true})),
            ("GET", ["records"]) => {
                let number = |name| request.parameter(name).and_then(|text| text.parse().ok());
                let (page, size) = (number("page").unwrap_or(1), number("per_page").unwrap_or(100));
                // Pages are small here, so that there are several.
                let (size, all) = (usize::min(size, 5), self.sets());
                let found: Vec<_> = all.iter().skip((page - 1) * size).take(size).collect();
                Reply::json(200, &json!(found)).with("total-count", &all.len().to_string())
            }
            (_, ["records", name]) => self.write(request, name, None),
            (_, ["records", name, rtype]) => self.write(request, name, Some(rtype)),
            _ => refused(404, "no such resource"),
        }
    }

    async fn served(&mut self) -> Zone {
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.store.meddle(change);
    }
}

const YAML: &str = "driver: gandi\nendpoint: {endpoint}/v5/livedns\ntoken: file:secret\n";

#[tokio::test]
async fn the_story() {
    Story::open(YAML, Gandi { store: Store::new(APEX, ZONE) }).await.tell("gandi").await;
}
