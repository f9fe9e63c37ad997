//! IONOS, by its documented rules: records within their zone, texts that come back in quotes.

use super::fake::{Reply, Request};
use super::rest::{Manner, Rest, Wish, bare, data, flat, ttl};
use super::store::Stored;
use super::story::{APEX, SECRET, Story, ZONE};
use cutover::dns::{Name, Rdata, Rtype};
use serde_json::{Value, json};

struct Ionos;

const ID: &str = "22af3414-abbe-9e11-5df5-66fbe8e334b4";

fn refused(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!([{"code": "RECORD_INVALID", "message": why}]))
}

fn id(text: &str) -> u64 {
    text.rsplit('-').next().and_then(|last| last.parse().ok()).unwrap_or_default()
}

impl Manner for Ionos {
    fn wish(&self, zone: &str, request: &Request) -> Wish {
        if request.header("x-api-key") != SECRET {
            let body =
                json!([{"code": "UNAUTHORIZED", "message": "The customer is not authorized"}]);
            return Wish::Other(Reply::json(401, &body));
        }
        match (request.method.as_str(), &request.segments()[..]) {
            ("GET", ["dns", "v1", "zones"]) => {
                let body = json!([{"name": zone, "id": ID, "type": "NATIVE"}]);
                Wish::Other(Reply::json(200, &body))
            }
            ("GET", ["dns", "v1", "zones", ID]) => Wish::List,
            ("POST", ["dns", "v1", "zones", ID, "records"]) => Wish::Create,
            ("PUT", ["dns", "v1", "zones", ID, "records", record]) => Wish::Update(id(record)),
            ("DELETE", ["dns", "v1", "zones", ID, "records", record]) => Wish::Delete(id(record)),
            _ => Wish::Other(refused(404, "Resource not found")),
        }
    }

    fn zone(&self, _: &str) -> Value {
        Value::Null
    }

    fn page(&self, _: &Request, all: Vec<Value>) -> Reply {
        Reply::json(200, &json!({"id": ID, "name": "x", "type": "NATIVE", "records": all}))
    }

    fn show(&self, _: &Name, stored: &Stored) -> Value {
        let (priority, content) = flat(&stored.rdata);
        let content = match &stored.rdata {
            Rdata::Txt(txt) => txt.to_string(),
            _ => content,
        };
        let mut record = json!({
            "id": format!("{ID}-{}", stored.id), "name": bare(&stored.owner), "rootName": "x",
            "type": stored.rtype().to_string(), "content": content, "ttl": stored.ttl,
            "changeDate": "2026-11-26T21:00:00.000Z", "disabled": false,
        });
        if let Some(priority) = priority {
            record["prio"] = json!(priority);
        }
        record
    }

    fn read(
        &self,
        _: &Name,
        body: &Value,
        known: Option<&Stored>,
    ) -> Result<(Name, u32, Rdata), String> {
        // New records come in a list, of which one is enough here.
        let body = if body.is_array() { &body[0] } else { body };
        let (owner, rtype) = match known {
            Some(known) => (known.owner.clone(), known.rtype()),
            None => {
                let name = body["name"].as_str().ok_or("name is required")?;
                let name = Name::parse(&format!("{name}.")).map_err(|error| error.to_string())?;
                (name, body["type"].as_str().and_then(Rtype::parse).ok_or("type is required")?)
            }
        };
        let content = body["content"].as_str().ok_or("content is required")?;
        Ok((owner, ttl(&body["ttl"], 60)?, data(rtype, body["prio"].as_u64(), content)?))
    }

    fn done(&self, record: Option<Value>) -> Reply {
        Reply::json(200, &record.map_or(Value::Null, |record| json!([record])))
    }

    fn refuse(&self, status: u16, why: &str) -> Reply {
        refused(status, why)
    }
}

const YAML: &str =
    "driver: ionos\nendpoint: {endpoint}/dns/v1\napi-key: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story() {
    Story::open(YAML, Rest::new(APEX, ZONE, Ionos)).await.tell("ionos").await;
}
