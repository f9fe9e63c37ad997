//! INWX, by its documented rules: one address for all methods, a session in a cookie, a second
//! factor, codes inside of HTTP 200, five minutes and more.

use super::fake::{Fault, Reply, Request};
use super::moves::KEY;
use super::rest::{Manner, Rest, Wish, bare, data, flat, ttl};
use super::store::Stored;
use super::story::{APEX, SECRET, Story, ZONE};
use cutover::clock::SystemClock;
use cutover::dns::{Name, Rdata, RrKey, Rtype, Ttl};
use cutover::plan::diff;
use cutover::port::{Clock as _, ProviderError};
use ring::hmac;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What codes are made from.
const SHARED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Whether each session is open, by its cookie.
type Sessions = Arc<Mutex<BTreeMap<String, bool>>>;

#[derive(Default)]
struct Inwx {
    sessions: Sessions,
}

fn said(code: u16, why: &str, data: Option<Value>) -> Reply {
    let mut body = json!({"code": code, "msg": why, "svTRID": "20261127-1", "runtime": 0.05});
    if let Some(data) = data {
        body["resData"] = data;
    }
    Reply::json(200, &body)
}

fn done(data: Option<Value>) -> Reply {
    said(1_000, "Command completed successfully", data)
}

/// The codes of now and of half a minute ago. That each is taken once is not played here: the judge
/// would have to wait.
fn codes() -> [u32; 2] {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, b"12345678901234567890");
    let step = SystemClock.now().timestamp() / 30;
    [step, step - 1].map(|step| {
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let at = usize::from(tag.as_ref()[19] & 0xf);
        let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap());
        (number & 0x7fff_ffff) % 1_000_000
    })
}

impl Inwx {
    fn sign_in(&self, params: &Value) -> Reply {
        if params["user"] != KEY || params["pass"] != SECRET {
            return said(2_200, "Authentication error", None);
        }
        let mut sessions = self.sessions.lock().unwrap();
        let cookie = format!("domrobot=session{}", sessions.len());
        sessions.insert(cookie.clone(), false);
        let reply = done(Some(json!({"customerId": 1, "accountId": 1, "tfa": "GOOGLE-AUTH"})));
        reply.with("set-cookie", &format!("{cookie}; path=/; HttpOnly"))
    }

    fn unlock(&self, cookie: &str, tan: &Value) -> Reply {
        let tan = tan.as_str().map_or(tan.as_u64(), |text| text.parse().ok());
        match self.sessions.lock().unwrap().get_mut(cookie) {
            Some(is_open) if codes().iter().any(|code| Some(u64::from(*code)) == tan) => {
                *is_open = true;
                done(None)
            }
            _ => said(2_200, "Authentication error", None),
        }
    }
}

impl Manner for Inwx {
    fn wish(&self, zone: &str, request: &Request) -> Wish {
        let body = request.json();
        let (params, cookie) = (&body["params"], request.header("cookie"));
        if request.method != "POST" || request.path != "/jsonrpc/" {
            return Wish::Other(Reply::empty(404));
        }
        let method = body["method"].as_str().unwrap_or_default();
        match method {
            "account.login" => return Wish::Other(self.sign_in(params)),
            "account.unlock" => return Wish::Other(self.unlock(cookie, &params["tan"])),
            _ if self.sessions.lock().unwrap().get(cookie) != Some(&true) => {
                return Wish::Other(said(2_200, "Authentication error", None));
            }
            _ => (),
        }
        let is_ours = params["domain"].is_null() || params["domain"] == zone;
        let id = params["id"].as_u64().unwrap_or_default();
        match method {
            _ if !is_ours => Wish::Other(said(2_303, "Object does not exist", None)),
            "nameserver.info" => Wish::List,
            "nameserver.createRecord" => Wish::Create,
            "nameserver.updateRecord" => Wish::Update(id),
            "nameserver.deleteRecord" => Wish::Delete(id),
            _ => Wish::Other(said(2_000, "Unknown command", None)),
        }
    }

    fn zone(&self, _: &str) -> Value {
        Value::Null
    }

    fn page(&self, _: &Request, all: Vec<Value>) -> Reply {
        let zone = json!({"roId": 2_238, "type": "MASTER", "count": all.len(), "record": all});
        done(Some(zone))
    }

    fn show(&self, _: &Name, stored: &Stored) -> Value {
        let (priority, content) = flat(&stored.rdata);
        json!({
            "id": stored.id, "name": bare(&stored.owner), "type": stored.rtype().to_string(),
            "content": content, "ttl": stored.ttl, "prio": priority.unwrap_or_default(),
        })
    }

    fn read(
        &self,
        apex: &Name,
        body: &Value,
        _: Option<&Stored>,
    ) -> Result<(Name, u32, Rdata), String> {
        let params = &body["params"];
        let rtype = params["type"].as_str().and_then(Rtype::parse).ok_or("type")?;
        let content = params["content"].as_str().filter(|text| !text.is_empty());
        let content = content.ok_or("content")?;
        if rtype == Rtype::TXT && content.contains(['"', '\\', '`']) {
            return Err("a text that would come back as another".to_owned());
        }
        let rdata = match (rtype, content) {
            (Rtype::MX, ".") => Rdata::parse(rtype, "0 .", None).map_err(|error| error.message),
            _ => data(rtype, params["prio"].as_u64(), content),
        };
        let owner = Name::parse(&format!("{}.", params["name"].as_str().ok_or("name")?));
        let owner = owner.map_err(|error| error.to_string())?;
        match owner.is_within(apex) {
            true => Ok((owner, ttl(&params["ttl"], 300)?, rdata?)),
            false => Err("a name of another domain".to_owned()),
        }
    }

    fn done(&self, record: Option<Value>) -> Reply {
        done(record.map(|record| json!({ "id": record["id"] })))
    }

    fn refuse(&self, status: u16, why: &str) -> Reply {
        match (status, why) {
            (404, _) => said(2_303, "Object does not exist", None),
            (_, "an identical record exists") => said(2_302, "Object exists", None),
            _ => said(2_005, &format!("Parameter value syntax error: {why}"), None),
        }
    }

    fn is_write(&self, request: &Request) -> bool {
        let method = request.json()["method"].as_str().unwrap_or_default().to_owned();
        method.starts_with("nameserver.") && method != "nameserver.info"
    }
}

const YAML: &str = "driver: inwx\nendpoint: {endpoint}/jsonrpc/\nusername: file:id\n\
    password: file:secret\nshared-secret: file:shared\nrate: 100/s\n";
const FILES: &[(&str, &str)] = &[("id", KEY), ("shared", SHARED)];

/// Nobody can write a quotation mark into a text there.
fn plain(zone: &str) -> String {
    zone.replace("; d=\\\"1\\\"", "; d=1")
}

#[tokio::test]
async fn the_story() {
    let host = Rest::new(APEX, &plain(ZONE), Inwx::default());
    let story = Story::with(YAML, FILES, host).await;
    story.began_with(&plain(ZONE)).tell("inwx").await;
}

#[tokio::test]
async fn a_session_that_ended_is_opened_anew() {
    let sessions = Sessions::default();
    let host = Rest::new(APEX, &plain(ZONE), Inwx { sessions: sessions.clone() });
    let Story { driver, fake, apex, .. } = &Story::with(YAML, FILES, host).await;
    let live = driver.zone(apex).await.unwrap();
    let mut wanted = live.clone();
    let key = RrKey::new(apex.clone(), Rtype::MX);
    let rrset = wanted.remove(&key).unwrap();
    wanted.put(rrset.with_ttl(Ttl::from_secs(300)));
    let end = || sessions.lock().unwrap().values_mut().for_each(|is_open| *is_open = false);
    end();
    driver.zone(apex).await.unwrap();
    // Between reading and writing, too: what was refused for it is sent again.
    fake.fault(true, Fault::Instead(said(2_200, "Authentication error", None))).await;
    fake.requests().await;
    driver.apply(apex, &diff(&live, &wanted)).await.unwrap();
    assert_eq!(fake.served().await.get(&key), wanted.get(&key));
    let asked = fake.requests().await;
    let asked = asked.iter().filter_map(|(request, _)| {
        let method = request.json()["method"].as_str()?.split('.').next_back()?.to_owned();
        Some(method)
    });
    let asked = asked.collect::<Vec<_>>().join(" ");
    assert_eq!(asked, "info updateRecord login unlock updateRecord updateRecord info");
}

#[tokio::test]
async fn what_the_host_says_is_told_without_secrets() {
    let host = Rest::new(APEX, &plain(ZONE), Inwx::default());
    let Story { driver, fake, apex, .. } = &Story::with(YAML, FILES, host).await;
    let why = format!("not {SECRET}");
    let refusal = json!({"code": 2_200, "msg": "Authentication error", "reason": why});
    fake.fault(false, Fault::Instead(Reply::json(200, &refusal))).await;
    let error = driver.zone(apex).await.unwrap_err();
    let expected = "`account.login`: HTTP 200: Authentication error; not ***; 2200";
    match error {
        ProviderError::Unauthorized(why) => assert_eq!(why, expected),
        other => panic!("{other:?}"),
    }
    // Not all of a zone is not the zone.
    driver.zone(apex).await.unwrap();
    let part = json!({"code": 1_000, "resData": {"count": 2, "record": []}});
    fake.fault(false, Fault::Instead(Reply::json(200, &part))).await;
    match driver.zone(apex).await.unwrap_err() {
        ProviderError::Refused(why) => assert_eq!(why, "it shows 0 of 2 records"),
        other => panic!("{other:?}"),
    }
}
