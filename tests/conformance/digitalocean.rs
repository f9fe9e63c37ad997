//! DigitalOcean, by its documented rules.

use super::fake::{Reply, Request};
use super::rest::{Manner, Rest, Wish, bare, label, owner, paged, ttl};
use super::store::Stored;
use super::story::{APEX, SECRET, Story, ZONE};
use cutover::dns::rdata::Txt;
use cutover::dns::{Name, Rdata, Rtype};
use serde_json::{Value, json};

struct DigitalOcean;

fn refused(status: u16, why: &str) -> Reply {
    let id = if status == 404 { "not_found" } else { "unprocessable_entity" };
    Reply::json(status, &json!({"id": id, "message": why}))
}

impl Manner for DigitalOcean {
    fn wish(&self, zone: &str, request: &Request) -> Wish {
        if request.header("authorization") != format!("Bearer {SECRET}") {
            let body = json!({"id": "Unauthorized", "message": "Unable to authenticate you"});
            return Wish::Other(Reply::json(401, &body));
        }
        let number = |text: &str| text.parse().unwrap_or_default();
        match (request.method.as_str(), &request.segments()[..]) {
            ("GET", ["v2", "domains", name]) if *name == zone => Wish::Zone,
            ("GET", ["v2", "domains", name, "records"]) if *name == zone => Wish::List,
            ("POST", ["v2", "domains", name, "records"]) if *name == zone => Wish::Create,
            ("PUT", ["v2", "domains", name, "records", id]) if *name == zone => {
                Wish::Update(number(id))
            }
            ("DELETE", ["v2", "domains", name, "records", id]) if *name == zone => {
                Wish::Delete(number(id))
            }
            _ => Wish::Other(refused(404, "The resource you were accessing could not be found.")),
        }
    }

    fn zone(&self, zone: &str) -> Value {
        json!({"domain": {"name": zone, "ttl": 1_800, "zone_file": ""}})
    }

    fn page(&self, request: &Request, all: Vec<Value>) -> Reply {
        let total = all.len();
        let (page, pages, found) = paged(request, "per_page", all);
        let address = |page: usize| format!("https://api.example/v2/x?page={page}");
        let links = match page < pages {
            true => json!({"pages": {"next": address(page + 1), "last": address(pages)}}),
            false => json!({"pages": {"prev": address(page - 1), "first": address(1)}}),
        };
        let body = json!({"domain_records": found, "links": links, "meta": {"total": total}});
        Reply::json(200, &body)
    }

    /// Targets are shown without their last dot, and the zone's own name as `@`.
    fn show(&self, apex: &Name, stored: &Stored) -> Value {
        let host = |name: &Name| if name == apex { "@".to_owned() } else { bare(name) };
        let mut record = json!({
            "id": stored.id, "type": stored.rtype().to_string(), "ttl": stored.ttl,
            "name": label(apex, &stored.owner, "@"), "priority": null, "port": null,
            "weight": null, "flags": null, "tag": null,
        });
        record["data"] = json!(match &stored.rdata {
            Rdata::Mx(mx) => {
                record["priority"] = json!(mx.preference);
                host(&mx.exchange)
            }
            Rdata::Srv(srv) => {
                record["priority"] = json!(srv.priority);
                record["weight"] = json!(srv.weight);
                record["port"] = json!(srv.port);
                host(&srv.target)
            }
            Rdata::Caa(caa) => {
                record["flags"] = json!(caa.flags);
                record["tag"] = json!(caa.tag);
                String::from_utf8(caa.value.to_vec()).unwrap()
            }
            Rdata::Cname(name) | Rdata::Ns(name) => host(name),
            Rdata::Txt(txt) => String::from_utf8(txt.joined()).unwrap(),
            other => other.to_string(),
        });
        record
    }

    /// Targets are sent with their last dot.
    fn read(
        &self,
        apex: &Name,
        body: &Value,
        _: Option<&Stored>,
    ) -> Result<(Name, u32, Rdata), String> {
        let owner = owner(apex, body["name"].as_str().ok_or("Name is required")?, "@")?;
        let rtype = body["type"].as_str().and_then(Rtype::parse).ok_or("Type is required")?;
        let data = body["data"].as_str().ok_or("Data is required")?;
        let dotted = data.ends_with('.');
        let text = match rtype {
            Rtype::TXT if data.len() > 509 => return Err("Data is too long".to_owned()),
            Rtype::TXT => return Ok((owner, ttl(&body["ttl"], 30)?, Rdata::Txt(Txt::new(data)))),
            Rtype::MX | Rtype::SRV | Rtype::CNAME | Rtype::NS if !dotted || data == "." => {
                return Err("Data needs to end with a dot (.)".to_owned());
            }
            Rtype::MX => format!("{} {data}", body["priority"].as_u64().ok_or("Priority")?),
            Rtype::SRV => {
                format!("{} {} {} {data}", body["priority"], body["weight"], body["port"])
            }
            Rtype::CAA => {
                format!("{} {} \"{data}\"", body["flags"], body["tag"].as_str().ok_or("Tag")?)
            }
            Rtype::A | Rtype::AAAA | Rtype::CNAME | Rtype::NS => data.to_owned(),
            _ => return Err("Type is not supported".to_owned()),
        };
        let rdata = Rdata::parse(rtype, &text, None).map_err(|error| error.message)?;
        Ok((owner, ttl(&body["ttl"], 30)?, rdata))
    }

    fn done(&self, record: Option<Value>) -> Reply {
        match record {
            Some(record) => Reply::json(200, &json!({"domain_record": record})),
            None => Reply::empty(204),
        }
    }

    fn refuse(&self, status: u16, why: &str) -> Reply {
        refused(if status == 400 { 422 } else { status }, why)
    }
}

const YAML: &str =
    "driver: digitalocean\nendpoint: {endpoint}/v2\ntoken: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story() {
    let host = Rest::new(APEX, ZONE, DigitalOcean);
    Story::open(YAML, host).await.tell("digitalocean").await;
}
