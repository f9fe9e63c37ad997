//! Porkbun, by its documented rules: every request a POST with both keys in its body.

use super::fake::{Reply, Request};
use super::moves::KEY;
use super::rest::{Manner, Rest, Wish, bare, data, flat, owner};
use super::store::Stored;
use super::story::{APEX, SECRET, Story, ZONE};
use cutover::dns::{Name, Rdata, Rtype};
use serde_json::{Value, json};

struct Porkbun;

fn refused(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!({"status": "ERROR", "message": why}))
}

impl Manner for Porkbun {
    fn wish(&self, zone: &str, request: &Request) -> Wish {
        let body = request.json();
        if body["secretapikey"] != SECRET || body["apikey"] != KEY || request.method != "POST" {
            return Wish::Other(refused(403, "Invalid API key. (001)"));
        }
        let number = |text: &str| text.parse().unwrap_or_default();
        match &request.segments()[..] {
            ["api", "json", "v3", "ping"] => {
                Wish::Other(Reply::json(200, &json!({"status": "SUCCESS", "yourIp": "x"})))
            }
            ["api", "json", "v3", "dns", verb, name, rest @ ..] if *name == zone => {
                match (*verb, rest) {
                    ("retrieve", []) => Wish::List,
                    ("create", []) => Wish::Create,
                    ("edit", [id]) => Wish::Update(number(id)),
                    ("delete", [id]) => Wish::Delete(number(id)),
                    _ => Wish::Other(refused(404, "All API requests must be POST.")),
                }
            }
            _ => Wish::Other(refused(400, "Invalid domain.")),
        }
    }

    fn zone(&self, _: &str) -> Value {
        Value::Null
    }

    fn page(&self, _: &Request, all: Vec<Value>) -> Reply {
        Reply::json(200, &json!({"status": "SUCCESS", "cloudflare": "enabled", "records": all}))
    }

    fn show(&self, _: &Name, stored: &Stored) -> Value {
        let (priority, content) = flat(&stored.rdata);
        json!({
            "id": stored.id.to_string(), "name": bare(&stored.owner), "content": content,
            "type": stored.rtype().to_string(), "ttl": stored.ttl.to_string(),
            "prio": priority.map(|priority| priority.to_string()), "notes": "",
        })
    }

    fn read(
        &self,
        apex: &Name,
        body: &Value,
        _: Option<&Stored>,
    ) -> Result<(Name, u32, Rdata), String> {
        let rtype = body["type"].as_str().and_then(Rtype::parse).ok_or("Invalid type.")?;
        let priority = body["prio"].as_str().and_then(|prio| prio.parse().ok());
        let rdata = data(rtype, priority, body["content"].as_str().ok_or("Invalid content.")?)?;
        let ttl = body["ttl"].as_str().and_then(|ttl| ttl.parse().ok());
        let ttl = ttl.filter(|ttl| *ttl >= 600).ok_or("The minimum TTL is 600 seconds.")?;
        Ok((owner(apex, body["name"].as_str().unwrap_or_default(), "")?, ttl, rdata))
    }

    fn done(&self, record: Option<Value>) -> Reply {
        let id = record.map(|record| record["id"].clone());
        Reply::json(200, &json!({"status": "SUCCESS", "id": id}))
    }

    fn refuse(&self, status: u16, why: &str) -> Reply {
        match status {
            404 => refused(400, "Invalid record ID."),
            _ => refused(status, why),
        }
    }

    fn is_write(&self, request: &Request) -> bool {
        !request.path.contains("/retrieve/") && !request.path.ends_with("/ping")
    }
}

const YAML: &str = "driver: porkbun\nendpoint: {endpoint}/api/json/v3\napi-key: file:id\n\
    secret-api-key: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story() {
    let host = Rest::new(APEX, ZONE, Porkbun);
    let story = Story::with(YAML, &[("id", KEY)], host).await;
    story.tell("porkbun").await;
    story.hides(refused(400, &format!("Invalid API key {SECRET}"))).await;
}
