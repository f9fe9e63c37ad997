//! OVHcloud, by its documented rules: signed requests, ids and then records, nothing published
//! before a refresh, types of its own for what mail writes into texts.

use super::fake::{Far, Reply, Request};
use super::moves::KEY;
use super::rest::{label, owner};
use super::store::{Store, Stored};
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::rdata::Txt;
use cutover::dns::{Name, Rdata, Rtype, Zone};
use cutover::plan::Change;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use std::collections::BTreeSet;

/// Its clock is wrong by two minutes, as ours may be.
const TIME: i64 = 1_795_000_120;

struct Ovh {
    staged: Store,
    published: Store,
    /// Records that were made as `DMARC`, whose text stands without quotes.
    bare: BTreeSet<u64>,
}

fn refused(status: u16, why: &str) -> Reply {
    Reply::json(status, &json!({"class": "Client::BadRequest", "message": why}))
}

impl Ovh {
    fn new(apex: &str, zone: &str) -> Self {
        let staged = Store::new(apex, zone);
        let dmarc = |stored: &&Stored| stored.owner.to_string().starts_with("_dmarc.");
        let bare = staged.records.iter().filter(dmarc).map(|stored| stored.id).collect();
        Self { published: staged.clone(), staged, bare }
    }

    fn is_signed(&self, request: &Request) -> bool {
        let url = format!("http://{}{}", request.header("host"), request.target);
        let time = request.header("x-ovh-timestamp");
        let body = String::from_utf8(request.body.clone()).unwrap();
        let text = [SECRET, "consumer", &request.method, &url, &body, time].join("+");
        let digest = data_encoding::HEXLOWER.encode(&Sha1::digest(text));
        let is_fresh = time.parse::<i64>().is_ok_and(|time| (time - TIME).abs() < 60);
        request.header("x-ovh-signature") == format!("$1${digest}")
            && request.header("x-ovh-application") == KEY
            && request.header("x-ovh-consumer") == "consumer"
            && is_fresh
    }

    fn show(&self, stored: &Stored) -> Value {
        let is_bare = self.bare.contains(&stored.id);
        let kind = if is_bare { "DMARC".to_owned() } else { stored.rtype().to_string() };
        let target = match &stored.rdata {
            Rdata::Txt(txt) if is_bare => String::from_utf8(txt.joined()).unwrap(),
            other => other.to_string(),
        };
        // An hour is what no TTL means.
        let ttl = if stored.ttl == 3_600 { 0 } else { stored.ttl };
        json!({
            "id": stored.id, "zone": "example.net", "fieldType": kind, "target": target,
            "subDomain": label(&self.staged.apex, &stored.owner, ""), "ttl": ttl,
        })
    }

    fn read(&self, body: &Value, known: Option<&Stored>) -> Result<(Name, u32, Rdata), String> {
        let rtype = match known {
            Some(_) if !body["fieldType"].is_null() => return Err("fieldType stays".to_owned()),
            Some(known) => known.rtype(),
            None => body["fieldType"].as_str().and_then(Rtype::parse).ok_or("no fieldType")?,
        };
        let target = body["target"].as_str().ok_or("no target")?;
        let is_bare = known.is_some_and(|known| self.bare.contains(&known.id));
        let rdata = match (rtype, is_bare) {
            (Rtype::TXT, true) if target.contains('"') => return Err("DMARC in quotes".to_owned()),
            (Rtype::TXT, true) => Rdata::Txt(Txt::new(target)),
            _ => Rdata::parse(rtype, target, Some(&self.staged.apex)).map_err(|e| e.message)?,
        };
        let ttl = u32::try_from(body["ttl"].as_u64().unwrap_or(0)).unwrap();
        let ttl = if ttl == 0 { 3_600 } else { ttl };
        if ttl < 60 {
            return Err("ttl must be greater than 60".to_owned());
        }
        let sub = body["subDomain"].as_str().unwrap_or_default();
        Ok((owner(&self.staged.apex, sub, "")?, ttl, rdata))
    }

    fn write(&mut self, request: &Request, id: Option<u64>) -> Reply {
        let (mut store, body) = (self.staged.clone(), request.json());
        let known = id.and_then(|id| store.find(id).cloned());
        if id.is_some() && known.is_none() {
            return refused(404, "The requested object does not exist");
        }
        if request.method == "DELETE" {
            store.remove(id.unwrap_or_default());
        } else {
            match (self.read(&body, known.as_ref()), id.and_then(|id| store.find(id))) {
                (Ok(read), Some(stored)) => (stored.owner, stored.ttl, stored.rdata) = read,
                (Ok((owner, ttl, rdata)), None) => drop(store.add(owner, ttl, rdata)),
                (Err(why), _) => return refused(400, &why),
            }
        }
        if store.is_torn() {
            return refused(409, "a CNAME stands alone");
        }
        self.staged = store;
        Reply::json(200, &Value::Null)
    }
}

#[async_trait]
impl Far for Ovh {
    async fn answer(&mut self, request: &Request) -> Reply {
        let segments = request.segments();
        if segments == ["1.0", "auth", "time"] {
            return Reply::text(200, "application/json", &TIME.to_string());
        }
        if !self.is_signed(request) {
            return refused(403, "Invalid signature");
        }
        let zone = self.staged.apex.to_string().trim_end_matches('.').to_owned();
        let ["1.0", "domain", "zone", name, rest @ ..] = &segments[..] else {
            return refused(404, "no such resource");
        };
        if **name != zone {
            return refused(404, "This service does not exist");
        }
        match (request.method.as_str(), rest) {
            ("GET", []) => Reply::json(200, &json!({"name": zone, "dnssecSupported": true})),
            ("GET", ["record"]) => {
                let hidden = |stored: &&Stored| stored.rtype() != Rtype::SOA;
                let all = self.staged.records.iter().filter(hidden);
                Reply::json(200, &json!(all.map(|stored| stored.id).collect::<Vec<_>>()))
            }
            ("GET", ["record", id]) => {
                let found = self.staged.records.iter().find(|one| one.id.to_string() == **id);
                match found {
                    Some(stored) => Reply::json(200, &self.show(stored)),
                    None => refused(404, "The requested object does not exist"),
                }
            }
            ("POST", ["refresh"]) => {
                self.published = self.staged.clone();
                Reply::json(200, &Value::Null)
            }
            (_, ["record"]) => self.write(request, None),
            (_, ["record", id]) => self.write(request, id.parse().ok()),
            _ => refused(404, "no such resource"),
        }
    }

    async fn served(&mut self) -> Zone {
        self.published.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.staged.meddle(change);
        self.published = self.staged.clone();
    }

    /// Publishing is no write of its own: it is told by the next test.
    fn is_write(&self, request: &Request) -> bool {
        request.method != "GET" && !request.path.ends_with("/refresh")
    }
}

const YAML: &str = "driver: ovh\nendpoint: {endpoint}/1.0\napplication-key: file:id\n\
    application-secret: file:secret\nconsumer-key: file:consumer\nrate: 500/s\n";
const FILES: [(&str, &str); 2] = [("id", KEY), ("consumer", "consumer")];

#[tokio::test]
async fn the_story() {
    Story::with(YAML, &FILES, Ovh::new(APEX, ZONE)).await.tell("ovh").await;
}

/// Whoever was killed before the refresh has written all, and published nothing.
#[tokio::test]
async fn what_was_only_staged_is_published() {
    let mut host = Ovh::new(APEX, ZONE);
    host.staged.records.retain(|stored| stored.rtype() != Rtype::AAAA);
    let story = Story::with(YAML, &FILES, host).await;
    assert!(story.fake.served().await.rrsets().any(|rrset| rrset.rtype() == Rtype::AAAA));
    story.driver.apply(&story.apex, &[]).await.unwrap();
    assert!(story.fake.served().await.rrsets().all(|rrset| rrset.rtype() != Rtype::AAAA));
}
