//! Vultr, by its documented rules: pages behind a cursor, texts in quotes.

use super::fake::{Reply, Request};
use super::rest::{Manner, Rest, Wish, data, flat, label, owner, ttl};
use super::store::Stored;
use super::story::{APEX, SECRET, Story, ZONE};
use cutover::dns::{Name, Rdata, Rtype};
use serde_json::{Value, json};

struct Vultr;

fn refused(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!({"error": why, "status": status}))
}

fn id(text: &str) -> u64 {
    text.rsplit('-').next().and_then(|last| last.parse().ok()).unwrap_or_default()
}

impl Manner for Vultr {
    fn wish(&self, zone: &str, request: &Request) -> Wish {
        if request.header("authorization") != format!("Bearer {SECRET}") {
            return Wish::Other(refused(401, "Invalid API token."));
        }
        match (request.method.as_str(), &request.segments()[..]) {
            ("GET", ["v2", "domains"]) => {
                let body = json!({"domains": [{"domain": zone}], "meta": {"total": 1,
                    "links": {"next": "", "prev": ""}}});
                Wish::Other(Reply::json(200, &body))
            }
            ("GET", ["v2", "domains", name]) if *name == zone => Wish::Zone,
            ("GET", ["v2", "domains", name, "records"]) if *name == zone => Wish::List,
            ("POST", ["v2", "domains", name, "records"]) if *name == zone => Wish::Create,
            ("PATCH", ["v2", "domains", name, "records", record]) if *name == zone => {
                Wish::Update(id(record))
            }
            ("DELETE", ["v2", "domains", name, "records", record]) if *name == zone => {
                Wish::Delete(id(record))
            }
            _ => Wish::Other(refused(404, "Invalid domain.")),
        }
    }

    fn zone(&self, zone: &str) -> Value {
        json!({"domain": {"domain": zone, "dns_sec": "disabled"}})
    }

    fn page(&self, request: &Request, all: Vec<Value>) -> Reply {
        let from = request.parameter("cursor").map_or(0, |cursor| cursor.parse().unwrap());
        // Pages are small here, so that there are several.
        let next = if from + 5 < all.len() { (from + 5).to_string() } else { String::new() };
        let total = all.len();
        let found: Vec<_> = all.into_iter().skip(from).take(5).collect();
        let meta = json!({"total": total, "links": {"next": next, "prev": ""}});
        Reply::json(200, &json!({"records": found, "meta": meta}))
    }

    fn show(&self, apex: &Name, stored: &Stored) -> Value {
        let (priority, content) = flat(&stored.rdata);
        let text = |content: String| match stored.rtype() {
            Rtype::TXT => format!("\"{content}\""),
            _ => content,
        };
        json!({
            "id": format!("cb676a46-66fd-4dfb-b839-{}", stored.id), "ttl": stored.ttl,
            "type": stored.rtype().to_string(), "name": label(apex, &stored.owner, ""),
            "data": text(content), "priority": priority.map_or(-1, i32::from),
        })
    }

    fn read(
        &self,
        apex: &Name,
        body: &Value,
        known: Option<&Stored>,
    ) -> Result<(Name, u32, Rdata), String> {
        let rtype = match known {
            Some(_) if !body["type"].is_null() => return Err("type cannot change".to_owned()),
            Some(known) => known.rtype(),
            None => body["type"].as_str().and_then(Rtype::parse).ok_or("Invalid type")?,
        };
        let mut content = body["data"].as_str().ok_or("Invalid data")?;
        if rtype == Rtype::TXT {
            let inner = content.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            content = inner.filter(|inner| !inner.contains('"')).ok_or("quotes around, none in")?;
        }
        if rtype == Rtype::TLSA {
            return Err("Invalid type".to_owned());
        }
        let rdata = data(rtype, body["priority"].as_u64(), content)?;
        let name = body["name"].as_str().ok_or("Invalid name")?;
        Ok((owner(apex, name, "")?, ttl(&body["ttl"], 120)?, rdata))
    }

    fn done(&self, record: Option<Value>) -> Reply {
        match record {
            Some(record) => Reply::json(201, &json!({ "record": record })),
            None => Reply::empty(204),
        }
    }

    fn refuse(&self, status: u16, why: &str) -> Reply {
        refused(status, why)
    }
}

const YAML: &str = "driver: vultr\nendpoint: {endpoint}/v2\ntoken: file:secret\nrate: 100/s\n";

/// Nobody can write a quotation mark into a text there.
fn plain(zone: &str) -> String {
    zone.replace("; d=\\\"1\\\"", "; d=1")
}

#[tokio::test]
async fn the_story() {
    let host = Rest::new(APEX, &plain(ZONE), Vultr);
    Story::open(YAML, host).await.began_with(&plain(ZONE)).tell("vultr").await;
}
