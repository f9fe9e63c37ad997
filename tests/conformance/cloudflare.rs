//! Cloudflare, by its documented rules: an envelope around everything, records with ids, batches
//! that are one transaction in the order deletes, patches, puts, posts.

use super::fake::{Far, Reply, Request};
use super::judge;
use super::moves;
use super::store::{Store, Stored};
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::{Name, Rdata, Rtype, Zone};
use cutover::plan::Change;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

pub(crate) struct Cloudflare {
    store: Store,
}

impl Cloudflare {
    pub(crate) fn new(apex: &str, zone: &str) -> Self {
        Self { store: Store::new(apex, zone) }
    }
}

fn ok(result: Value) -> Reply {
    let info = json!({"page": 1, "per_page": 50, "total_pages": 1, "count": 1, "total_count": 1});
    let body = json!({
        "success": true, "errors": [], "messages": [], "result": result, "result_info": info,
    });
    Reply::json(200, &body)
}

fn failed(status: u16, code: u32, message: &str) -> Reply {
    let errors = json!([{"code": code, "message": message}]);
    Reply::json(status, &json!({"success": false, "errors": errors, "result": null}))
}

fn bare(name: &Name) -> String {
    let text = name.to_string();
    text.strip_suffix('.').filter(|text| !text.is_empty()).unwrap_or(".").to_owned()
}

fn shown(stored: &Stored) -> Value {
    let mut one = json!({
        "id": format!("{:032x}", stored.id), "name": bare(&stored.owner), "ttl": stored.ttl,
        "type": stored.rtype().to_string(), "proxied": false, "proxiable": false,
        "content": stored.rdata.to_string(), "meta": {}, "comment": "kept", "tags": [],
    });
    match &stored.rdata {
        Rdata::Mx(mx) => {
            one["priority"] = json!(mx.preference);
            one["content"] = json!(bare(&mx.exchange));
        }
        Rdata::Cname(name) | Rdata::Ns(name) => one["content"] = json!(bare(name)),
        Rdata::Srv(srv) => {
            one["priority"] = json!(srv.priority);
            one["content"] = json!(format!("{} {} {}", srv.weight, srv.port, bare(&srv.target)));
            one["data"] = json!({
                "priority": srv.priority, "weight": srv.weight, "port": srv.port,
                "target": bare(&srv.target),
            });
        }
        Rdata::Caa(caa) => {
            let value = String::from_utf8_lossy(&caa.value);
            one["data"] = json!({"flags": caa.flags, "tag": caa.tag, "value": value});
        }
        Rdata::Tlsa(tlsa) => {
            one["data"] = json!({
                "usage": tlsa.usage, "selector": tlsa.selector, "matching_type": tlsa.matching,
                "certificate": HEXLOWER.encode(&tlsa.data),
            });
        }
        _ => (),
    }
    one
}

/// The data of a record that is sent.
fn data(record: &Value) -> Result<Rdata, String> {
    let rtype = Rtype::parse(record["type"].as_str().ok_or("no type")?).ok_or("bad type")?;
    let (content, data) = (record["content"].as_str().unwrap_or_default(), &record["data"]);
    let text = match rtype {
        Rtype::MX => {
            let priority = record["priority"].as_u64().ok_or("priority is required")?;
            format!("{priority} {content}{}", if content == "." { "" } else { "." })
        }
        Rtype::CNAME | Rtype::NS => format!("{content}."),
        Rtype::SRV => format!(
            "{} {} {} {}.",
            data["priority"],
            data["weight"],
            data["port"],
            data["target"].as_str().ok_or("no target")?
        ),
        Rtype::CAA => {
            format!("{} {} {}", data["flags"], data["tag"].as_str().ok_or("no tag")?, data["value"])
        }
        Rtype::TLSA => format!(
            "{} {} {} {}",
            data["usage"],
            data["selector"],
            data["matching_type"],
            data["certificate"].as_str().ok_or("no certificate")?
        ),
        _ => content.to_owned(),
    };
    Rdata::parse(rtype, &text, None).map_err(|error| error.message)
}

fn ttl(record: &Value) -> Result<u32, String> {
    let ttl = record["ttl"].as_u64().ok_or("ttl is required")?;
    match ttl {
        1 => Ok(300),
        60..=86_400 => Ok(ttl as u32),
        _ => Err("ttl must be between 60 and 86400, or 1".to_owned()),
    }
}

fn id(record: &Value) -> Result<u64, String> {
    let id = record["id"].as_str().ok_or("id is required")?;
    u64::from_str_radix(id, 16).map_err(|_| "bad id".to_owned())
}

impl Cloudflare {
    fn batch(&self, body: &Value) -> Result<Store, String> {
        let gone = || "Record does not exist.".to_owned();
        let list = |key: &str| body[key].as_array().cloned().unwrap_or_default();
        let mut store = self.store.clone();
        if ["deletes", "patches", "posts"].iter().map(|key| list(key).len()).sum::<usize>() > 200 {
            return Err("more than 200 records in a batch".to_owned());
        }
        for record in list("deletes") {
            store.remove(id(&record)?).then_some(()).ok_or_else(gone)?;
        }
        for record in list("patches") {
            let (ttl, rdata) = (ttl(&record)?, data(&record)?);
            let name = record["name"].as_str().ok_or("name is required")?;
            let stored = store.find(id(&record)?).ok_or_else(gone)?;
            (bare(&stored.owner) == name).then_some(()).ok_or("another name")?;
            (stored.ttl, stored.rdata) = (ttl, rdata);
        }
        for record in list("posts") {
            let name = record["name"].as_str().ok_or("name is required")?;
            let owner = Name::parse(&format!("{name}.")).map_err(|error| error.to_string())?;
            let (ttl, rdata) = (ttl(&record)?, data(&record)?);
            let same = store.of(&owner, rdata.rtype());
            if same.iter().any(|stored| stored.rdata == rdata) {
                return Err("An identical record already exists.".to_owned());
            }
            store.add(owner, ttl, rdata);
        }
        match store.is_torn() {
            true => Err("A CNAME record with that host already exists".to_owned()),
            false => Ok(store),
        }
    }
}

#[async_trait]
impl Far for Cloudflare {
    async fn answer(&mut self, request: &Request) -> Reply {
        if request.header("authorization") != format!("Bearer {SECRET}") {
            return failed(403, 9109, "Invalid access token");
        }
        let zone = format!("{:032x}", 1);
        match (request.method.as_str(), &request.segments()[..]) {
            ("GET", ["zones"]) => {
                let name = bare(&self.store.apex);
                let found = json!([{
                    "id": zone, "name": name, "status": "active", "type": "full",
                    "permissions": ["#dns_records:edit", "#dns_records:read", "#zone:read"],
                }]);
                let is_asked = request.parameter("name").is_none_or(|asked| asked == name);
                ok(if is_asked { found } else { json!([]) })
            }
            ("GET", ["zones", id, "dns_records"]) if **id == zone => {
                let number = |name| request.parameter(name).and_then(|text| text.parse().ok());
                let (page, size) = (number("page").unwrap_or(1), number("per_page").unwrap_or(100));
                let hidden = |stored: &&Stored| stored.rtype() != Rtype::SOA;
                let all: Vec<_> = self.store.records.iter().filter(hidden).map(shown).collect();
                // Pages are small here, so that there are several.
                let size = usize::min(size, 5);
                let total = all.len();
                let pages = all.len().div_ceil(size);
                let found: Vec<_> = all.into_iter().skip((page - 1) * size).take(size).collect();
                let info = json!({
                    "page": page, "per_page": size, "total_pages": pages,
                    "count": found.len(), "total_count": total,
                });
                let body = json!({
                    "success": true, "errors": [], "result": found, "result_info": info,
                });
                Reply::json(200, &body)
            }
            ("POST", ["zones", id, "dns_records", "batch"]) if **id == zone => {
                match self.batch(&request.json()) {
                    Ok(store) => {
                        self.store = store;
                        ok(json!({}))
                    }
                    Err(why) if why.contains("does not exist") => failed(404, 81_044, &why),
                    Err(why) => failed(400, 81_058, &why),
                }
            }
            _ => failed(404, 7003, "Could not route to the path"),
        }
    }

    async fn served(&mut self) -> Zone {
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.store.meddle(change);
    }
}

const YAML: &str = "driver: cloudflare\nendpoint: {endpoint}\ntoken: file:secret\n";

#[tokio::test]
async fn the_story() {
    let story = Story::open(YAML, Cloudflare::new(APEX, ZONE)).await;
    story.tell("cloudflare").await;
    let shapes = judge::shapes("cloudflare", &story.fake.written().await).await;
    assert!(shapes.ends_with(" deletes patches posts\n"), "{shapes}");
    let failure = json!({"success": false, "errors": [{"message": format!("bad {SECRET}")}]});
    story.hides(Reply::json(200, &failure)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_killed_goes_on() {
    moves::play(YAML, Cloudflare::new("dankolb.net.", &moves::zone()), None).await;
}
