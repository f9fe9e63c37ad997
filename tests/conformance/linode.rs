//! Linode, by its documented rules: TTLs of a list, SRV by service and protocol.

use super::fake::{Reply, Request};
use super::rest::{Manner, Rest, Wish, bare, data, flat, label, owner, paged};
use super::store::Stored;
use super::story::{APEX, SECRET, Story, ZONE};
use cutover::dns::{Name, Rdata, Rtype};
use serde_json::{Value, json};

struct Linode;

const DOMAIN: u64 = 77;
const TTLS: [u64; 13] = [
    0, 300, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 604_800, 1_209_600,
    2_419_200,
];

fn refused(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!({"errors": [{"field": "x", "reason": why}]}))
}

impl Manner for Linode {
    fn wish(&self, zone: &str, request: &Request) -> Wish {
        if request.header("authorization") != format!("Bearer {SECRET}") {
            return Wish::Other(refused(401, "Invalid Token"));
        }
        let (number, domain) = (|text: &str| text.parse().unwrap_or_default(), DOMAIN.to_string());
        match (request.method.as_str(), &request.segments()[..]) {
            ("GET", ["v4", "domains"]) => {
                let filter: Value = serde_json::from_str(request.header("x-filter")).unwrap();
                let found = json!([{
                    "id": DOMAIN, "domain": zone, "type": "master", "status": "active",
                    "ttl_sec": 0,
                }]);
                let found = if filter["domain"] == zone { found } else { json!([]) };
                let body = json!({"data": found, "page": 1, "pages": 1, "results": 1});
                Wish::Other(Reply::json(200, &body))
            }
            ("GET", ["v4", "domains", id, "records"]) if **id == domain => Wish::List,
            ("POST", ["v4", "domains", id, "records"]) if **id == domain => Wish::Create,
            ("PUT", ["v4", "domains", id, "records", record]) if **id == domain => {
                Wish::Update(number(record))
            }
            ("DELETE", ["v4", "domains", id, "records", record]) if **id == domain => {
                Wish::Delete(number(record))
            }
            _ => Wish::Other(refused(404, "Not found")),
        }
    }

    fn zone(&self, zone: &str) -> Value {
        json!({"id": DOMAIN, "domain": zone})
    }

    fn page(&self, request: &Request, all: Vec<Value>) -> Reply {
        let results = all.len();
        let (page, pages, found) = paged(request, "page_size", all);
        let body = json!({"data": found, "page": page, "pages": pages, "results": results});
        Reply::json(200, &body)
    }

    fn show(&self, apex: &Name, stored: &Stored) -> Value {
        let (priority, content) = flat(&stored.rdata);
        let mut record = json!({
            "id": stored.id, "type": stored.rtype().to_string(), "ttl_sec": stored.ttl,
            "name": label(apex, &stored.owner, ""), "priority": priority.unwrap_or(0),
            "weight": 0, "port": 0, "service": null, "protocol": null, "tag": null,
            "target": content,
        });
        match &stored.rdata {
            Rdata::Srv(srv) => {
                record["weight"] = json!(srv.weight);
                record["port"] = json!(srv.port);
                record["target"] = json!(bare(&srv.target));
            }
            Rdata::Caa(caa) => {
                record["tag"] = json!(caa.tag);
                record["target"] = json!(String::from_utf8(caa.value.to_vec()).unwrap());
            }
            _ => (),
        }
        record
    }

    fn read(
        &self,
        apex: &Name,
        body: &Value,
        known: Option<&Stored>,
    ) -> Result<(Name, u32, Rdata), String> {
        let rtype = match known {
            Some(known) => known.rtype(),
            None => body["type"].as_str().and_then(Rtype::parse).ok_or("type is required")?,
        };
        let target = body["target"].as_str().ok_or("target is required")?;
        let ttl = body["ttl_sec"].as_u64().ok_or("ttl_sec is required")?;
        if !TTLS.contains(&ttl) {
            return Err("ttl_sec is rounded".to_owned());
        }
        let rdata = match rtype {
            Rtype::SRV => {
                let content = format!("{} {} {target}", body["weight"], body["port"]);
                data(rtype, body["priority"].as_u64(), &content)?
            }
            Rtype::CAA => {
                let tag = body["tag"].as_str().ok_or("tag is required")?;
                data(rtype, None, &format!("0 {tag} \"{target}\""))?
            }
            Rtype::TLSA | Rtype::SSHFP => return Err("type is invalid".to_owned()),
            _ => data(rtype, body["priority"].as_u64(), target)?,
        };
        let owner = match (known, rtype, &body["name"]) {
            (Some(known), ..) => known.owner.clone(),
            (None, Rtype::SRV, _) => {
                let word = |name: &str| body[name].as_str().ok_or(format!("{name} is required"));
                owner(apex, &format!("_{}._{}", word("service")?, word("protocol")?), "")?
            }
            (None, _, Value::Null) => apex.clone(),
            (None, _, Value::String(name)) if !name.is_empty() => owner(apex, name, "")?,
            _ => return Err("name must be 1-100 characters".to_owned()),
        };
        Ok((owner, u32::try_from(ttl).unwrap(), rdata))
    }

    fn done(&self, record: Option<Value>) -> Reply {
        Reply::json(200, &record.unwrap_or_else(|| json!({})))
    }

    fn refuse(&self, status: u16, why: &str) -> Reply {
        refused(status, why)
    }
}

const YAML: &str = "driver: linode\nendpoint: {endpoint}/v4\ntoken: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story() {
    Story::open(YAML, Rest::new(APEX, ZONE, Linode)).await.tell("linode").await;
}
