//! netcup, by its documented rules: actions at one address, a session in the body, one TTL for all
//! records of a zone, codes inside of HTTP 200.

use super::fake::{Far, Fault, Reply, Request};
use super::moves::{self, KEY};
use super::rest::{data, flat, label, owner};
use super::store::{Store, Stored};
use super::story::{APEX, SECRET, Story, ZONE, same};
use super::support::dankolb::STAGES;
use async_trait::async_trait;
use cutover::dns::{Rdata, RrKey, Rtype, Ttl, Zone};
use cutover::plan::{Change, diff};
use cutover::port::ProviderError;
use serde_json::{Value, json};

const CUSTOMER: &str = "12345";

struct Netcup {
    store: Store,
    /// Of the whole zone.
    ttl: u32,
    sessions: usize,
}

/// The answer to everything.
fn said(action: &str, code: u16, why: &str, data: Value) -> Reply {
    let status = if code < 4_000 { "success" } else { "error" };
    let body = json!({
        "serverrequestid": "HwG4jQj9mEM4MOXb", "clientrequestid": "", "action": action,
        "status": status, "statuscode": code, "shortmessage": why, "longmessage": why,
        "responsedata": data,
    });
    Reply::json(200, &body)
}

type Refusal = (u16, &'static str);

impl Netcup {
    fn new(apex: &str, zone: &str, ttl: u32) -> Self {
        Self { store: Store::new(apex, zone), ttl, sessions: 0 }
    }

    fn session(&self) -> String {
        format!("NWo5MjcxNms0ODNC{}", self.sessions)
    }

    fn show(&self, stored: &Stored) -> Value {
        let (priority, content) = match &stored.rdata {
            Rdata::Srv(srv) => (None, srv.to_string()),
            Rdata::Txt(_) => (None, flat(&stored.rdata).1.replace('"', "\\\"")),
            other => flat(other),
        };
        json!({
            "id": stored.id.to_string(), "hostname": label(&self.store.apex, &stored.owner, "@"),
            "type": stored.rtype().to_string(), "destination": content, "deleterecord": false,
            "priority": priority.unwrap_or_default().to_string(), "state": "yes",
        })
    }

    /// What the panel shows: the name servers are the host's.
    fn list(&self) -> Vec<Value> {
        let hidden = |stored: &&Stored| ![Rtype::SOA, Rtype::NS].contains(&stored.rtype());
        self.store.records.iter().filter(hidden).map(|stored| self.show(stored)).collect()
    }

    /// Puts one record of a call into the store, in their order.
    fn put(&self, store: &mut Store, record: &Value) -> Result<(), Refusal> {
        let wanted = |key: &str| record[key].as_str().filter(|text| !text.is_empty());
        let (Some(name), Some(rtype), Some(content)) =
            (wanted("hostname"), wanted("type"), wanted("destination"))
        else {
            return Err((4_013, "hostname, type and destination are mandatory."));
        };
        let id = wanted("id").map(|id| id.parse().unwrap_or_default());
        if record["deleterecord"] == true {
            let is_it = store.find(id.unwrap_or_default()).is_some_and(|stored| {
                stored.rtype().to_string() == rtype && self.show(stored)["destination"] == content
            });
            store.remove(id.filter(|_| is_it).unwrap_or_default());
            return if is_it { Ok(()) } else { Err((5_028, "The record could not be found.")) };
        }
        let owner = owner(&self.store.apex, name, "@").map_err(|_| (4_013, "bad hostname"))?;
        let rtype = Rtype::parse(rtype).ok_or((4_013, "bad type"))?;
        let rdata = read(rtype, record["priority"].as_str(), content)?;
        if store.of(&owner, rtype).iter().any(|stored| stored.rdata == rdata) {
            return Err((5_028, "The record exists."));
        }
        match id {
            None => drop(store.add(owner, self.ttl, rdata)),
            Some(id) => {
                let stored = store.find(id).ok_or((5_028, "The record could not be found."))?;
                (stored.owner, stored.rdata) = (owner, rdata);
            }
        }
        if store.is_torn() { Err((4_013, "A CNAME stands alone.")) } else { Ok(()) }
    }

    fn act(&mut self, action: &str, param: &Value) -> Result<Reply, Refusal> {
        if param["customernumber"] != CUSTOMER || param["apikey"] != KEY {
            return Err((4_013, "Validation Error."));
        }
        if action == "login" {
            if param["apipassword"] != SECRET {
                return Err((4_013, "The login to the API failed."));
            }
            self.sessions += 1;
            let data = json!({ "apisessionid": self.session() });
            return Ok(said(action, 2_000, "Login successful", data));
        }
        if self.sessions == 0 || param["apisessionid"] != self.session() {
            return Err((4_001, "The session id is not in a valid format."));
        }
        let name = self.store.apex.to_string().trim_end_matches('.').to_owned();
        let is_ours = param["domainname"] == name;
        match action {
            "infoDnsZone" if is_ours => {
                let zone = json!({
                    "name": name, "ttl": self.ttl.to_string(), "serial": "2026112701",
                    "refresh": "28800", "retry": "7200", "expire": "1209600",
                    "dnssecstatus": false,
                });
                Ok(said(action, 2_000, "DNS zone found", zone))
            }
            "infoDnsZone" => Err((5_031, "Can not get DNS records for zone. Domain not found.")),
            "infoDnsRecords" if is_ours => match self.list() {
                none if none.is_empty() => Err((5_029, "Can not get DNS records for zone.")),
                all => Ok(said(action, 2_000, "DNS records found", json!({ "dnsrecords": all }))),
            },
            "updateDnsRecords" if is_ours => {
                let mut store = self.store.clone();
                let records = param["dnsrecordset"]["dnsrecords"].as_array();
                for record in records.ok_or((4_013, "dnsrecordset is mandatory."))? {
                    self.put(&mut store, record)?;
                }
                self.store = store;
                let all = json!({ "dnsrecords": self.list() });
                Ok(said(action, 2_000, "DNS records successful updated", all))
            }
            _ => Err((4_013, "Validation Error.")),
        }
    }
}

fn read(rtype: Rtype, priority: Option<&str>, content: &str) -> Result<Rdata, Refusal> {
    let wrong = |_| (4_013, "The destination is incorrect.");
    match rtype {
        Rtype::TXT => {
            let inner = content.replace("\\\"", "");
            if inner.contains(['"', '\\']) {
                return Err((4_013, "Please put a backslash in front of quotation marks."));
            }
            data(rtype, None, &content.replace("\\\"", "\"")).map_err(wrong)
        }
        Rtype::SRV => Rdata::parse(rtype, content, None).map_err(|error| wrong(error.message)),
        Rtype::NS => Err((4_013, "bad type")),
        _ => {
            let priority = priority.and_then(|text| text.parse().ok());
            data(rtype, priority, content).map_err(wrong)
        }
    }
}

#[async_trait]
impl Far for Netcup {
    async fn answer(&mut self, request: &Request) -> Reply {
        if request.target != "/run/webservice/servers/endpoint.php?JSON" {
            return Reply::text(200, "text/html", "<html><title>DomainWebservice</title></html>");
        }
        let body = request.json();
        let action = body["action"].as_str().unwrap_or_default();
        let answer = self.act(action, &body["param"]);
        answer.unwrap_or_else(|(code, why)| said(action, code, why, json!("")))
    }

    async fn served(&mut self) -> Zone {
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.store.meddle(change);
    }

    fn is_write(&self, request: &Request) -> bool {
        request.json()["action"].as_str().is_some_and(|action| action.starts_with("update"))
    }
}

const YAML: &str = "driver: netcup\nendpoint: {endpoint}/run/webservice/servers/endpoint.php?JSON\n\
    customer-number: 12345\napi-key: file:id\napi-password: file:secret\nrate: 100/s\n";

async fn story(zone: &str, ttl: u32) -> Story {
    Story::with(YAML, &[("id", KEY)], Netcup::new(APEX, zone, ttl)).await
}

#[tokio::test]
async fn the_story() {
    story(ZONE, 3_600).await.tell("netcup").await;
}

#[tokio::test]
async fn a_ttl_is_the_zones() {
    let Story { driver, fake, apex, .. } = &story(&ZONE.replace("3600", "86400"), 86_400).await;
    let facts = driver.limits(apex).await.unwrap();
    for asked in [300, 86_400, 172_800] {
        assert_eq!(facts.fitted(Ttl::from_secs(asked)), Ttl::from_secs(86_400));
    }
    let (live, key) = (driver.zone(apex).await.unwrap(), RrKey::new(apex.clone(), Rtype::MX));
    let mut wanted = live.clone();
    let rrset = wanted.remove(&key).unwrap();
    wanted.put(rrset.with_ttl(Ttl::from_secs(300)));
    fake.requests().await;
    match driver.apply(apex, &diff(&live, &wanted)).await {
        Err(ProviderError::Refused(why)) => {
            assert_eq!(why, "no record has a TTL of its own: all have 86400, and none 300");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fake.writes().await, [""; 0]);
}

#[tokio::test]
async fn a_zone_may_be_empty_and_a_session_over() {
    let Story { driver, fake, apex, .. } = &story("@ 3600 SOA a. b. 1 2 3 4 5\n", 3_600).await;
    assert_eq!(driver.zone(apex).await.unwrap().rrsets().count(), 0);
    let over = said("", 4_001, "The session id is not in a valid format.", json!(""));
    fake.fault(false, Fault::Instead(over)).await;
    driver.zone(apex).await.unwrap();
    let often = said("", 4_013, "More than 180 requests per minute. Please wait.", json!(""));
    fake.fault(false, Fault::Instead(often)).await;
    same(&driver.zone(apex).await.unwrap(), &fake.served().await);
    // Only what the host says is empty is.
    fake.fault(false, Fault::Instead(said("", 4_013, "Oops", json!("")))).await;
    match driver.zone(apex).await.unwrap_err() {
        ProviderError::Refused(why) => assert_eq!(why, "`infoDnsZone`: HTTP 200: Oops; 4013"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_with_one_ttl_for_all_goes_on_after_a_kill() {
    let zone = moves::zone().replace("900 ", "600 ");
    // Nothing was lowered, so nothing goes up again.
    let stages = STAGES.into_iter().filter(|stage| *stage != "restore-ttl").collect::<Vec<_>>();
    moves::through(YAML, Netcup::new("dankolb.net.", &zone, 600), None, &stages).await;
}
