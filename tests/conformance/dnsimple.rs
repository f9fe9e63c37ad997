//! DNSimple, by its documented rules: batches on one plan, single records on the others.

use super::fake::{Far, Reply, Request};
use super::rest::{Manner, Rest, Wish, data, flat, label, owner, paged, ttl};
use super::store::Stored;
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::{Name, Rdata, Rtype, Zone};
use cutover::plan::Change;
use serde_json::{Value, json};

struct Single;

/// The same with batches.
struct Enterprise {
    rest: Rest<Single>,
}

fn refused(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!({"message": "Validation failed", "errors": {"base": [why]}}))
}

impl Manner for Single {
    fn wish(&self, zone: &str, request: &Request) -> Wish {
        if request.header("authorization") != format!("Bearer {SECRET}") {
            return Wish::Other(Reply::json(401, &json!({"message": "Authentication failed"})));
        }
        let number = |text: &str| text.parse().unwrap_or_default();
        match (request.method.as_str(), &request.segments()[..]) {
            ("GET", ["v2", "whoami"]) => {
                let who = json!({"data": {"user": null, "account": {"id": 1_010, "email": "x"}}});
                Wish::Other(Reply::json(200, &who))
            }
            ("GET", ["v2", "1010", "zones", name]) if *name == zone => Wish::Zone,
            ("GET", ["v2", "1010", "zones", name, "records"]) if *name == zone => Wish::List,
            ("POST", ["v2", "1010", "zones", name, "batch"]) if *name == zone => {
                let why = "Batch changes are not available on your plan";
                Wish::Other(Reply::json(412, &json!({ "message": why })))
            }
            ("POST", ["v2", "1010", "zones", name, "records"]) if *name == zone => Wish::Create,
            ("PATCH", ["v2", "1010", "zones", name, "records", id]) if *name == zone => {
                Wish::Update(number(id))
            }
            ("DELETE", ["v2", "1010", "zones", name, "records", id]) if *name == zone => {
                Wish::Delete(number(id))
            }
            _ => Wish::Other(Reply::json(404, &json!({"message": "Zone not found"}))),
        }
    }

    fn zone(&self, zone: &str) -> Value {
        json!({"data": {"id": 1, "account_id": 1_010, "name": zone, "reverse": false}})
    }

    fn page(&self, request: &Request, all: Vec<Value>) -> Reply {
        let total = all.len();
        let (page, pages, found) = paged(request, "per_page", all);
        let pagination = json!({"current_page": page, "per_page": 5, "total_entries": total,
            "total_pages": pages});
        Reply::json(200, &json!({"data": found, "pagination": pagination}))
    }

    fn show(&self, apex: &Name, stored: &Stored) -> Value {
        let (priority, content) = flat(&stored.rdata);
        json!({
            "id": stored.id, "zone_id": "x", "parent_id": null, "ttl": stored.ttl,
            "name": label(apex, &stored.owner, ""), "content": content, "priority": priority,
            "type": stored.rtype().to_string(), "regions": ["global"],
            "system_record": *apex == stored.owner && stored.rtype() == Rtype::NS,
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
            None => body["type"].as_str().and_then(Rtype::parse).ok_or("type: can't be blank")?,
        };
        let content = body["content"].as_str().ok_or("content: can't be blank")?;
        if rtype == Rtype::TLSA || content.len() > 1_000 {
            return Err("not supported".to_owned());
        }
        let name = body["name"].as_str().ok_or("name: can't be blank")?;
        let rdata = data(rtype, body["priority"].as_u64(), content)?;
        Ok((owner(apex, name, "")?, ttl(&body["ttl"], 60)?, rdata))
    }

    fn done(&self, record: Option<Value>) -> Reply {
        match record {
            Some(record) => Reply::json(201, &json!({ "data": record })),
            None => Reply::empty(204),
        }
    }

    fn refuse(&self, status: u16, why: &str) -> Reply {
        refused(status, why)
    }

    /// A batch that the plan does not have changes nothing.
    fn is_write(&self, request: &Request) -> bool {
        request.method != "GET" && !request.path.ends_with("/batch")
    }
}

#[async_trait]
impl Far for Enterprise {
    async fn answer(&mut self, request: &Request) -> Reply {
        if !request.path.ends_with("/batch") {
            return self.rest.answer(request).await;
        }
        // Deletes, updates, creates: all of them or none.
        let (before, body) = (self.rest.store.clone(), request.json());
        for (list, method) in [("deletes", "DELETE"), ("updates", "PATCH"), ("creates", "POST")] {
            for one in body[list].as_array().into_iter().flatten() {
                let mut one = one.clone();
                let id = one.as_object_mut().and_then(|fields| fields.remove("id"));
                let path = request.path.replace("/batch", "/records");
                let path = id.map_or(path.clone(), |id| format!("{path}/{id}"));
                let body = one.to_string().into_bytes();
                let part = Request { method: method.to_owned(), path, body, ..request.clone() };
                let reply = self.rest.answer(&part).await;
                if reply.status >= 400 {
                    self.rest.store = before;
                    return reply;
                }
            }
        }
        Reply::json(200, &json!({"data": {}}))
    }

    async fn served(&mut self) -> Zone {
        self.rest.served().await
    }

    async fn meddle(&mut self, change: &Change) {
        self.rest.meddle(change).await;
    }
}

const YAML: &str = "driver: dnsimple\nendpoint: {endpoint}/v2\ntoken: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story_record_by_record() {
    Story::open(YAML, Rest::new(APEX, ZONE, Single)).await.tell("dnsimple").await;
}

#[tokio::test]
async fn the_story_by_batches() {
    let host = Enterprise { rest: Rest::new(APEX, ZONE, Single) };
    Story::open(YAML, host).await.tell("dnsimple").await;
}
