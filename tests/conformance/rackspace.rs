//! Rackspace Cloud DNS, by its documented rules: a token for an API key, jobs that end later,
//! records with ids such as `MX-1001`, TTLs of five minutes and more.

use super::fake::{Far, Reply, Request};
use super::moves;
use super::store::{Store, Stored};
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::rdata::Txt;
use cutover::dns::{Name, Rdata, Rtype, Zone};
use cutover::plan::Change;
use serde_json::{Value, json};

const TOKEN: &str = "ea85e6ac-baff-4a6c-bf43-848020ea3812";
const ACCOUNT: &str = "1234";
const DOMAIN: u64 = 2_725_233;

pub(crate) struct Rackspace {
    store: Store,
    jobs: Vec<Job>,
}

/// Something to do, and how often somebody has asked about it.
struct Job {
    method: String,
    work: Vec<Value>,
    failure: Option<Value>,
    is_done: bool,
    looks: usize,
}

impl Rackspace {
    pub(crate) fn new(apex: &str, zone: &str) -> Self {
        Self { store: Store::new(apex, zone), jobs: Vec::new() }
    }

    /// Jobs go on whether or not anybody asks.
    fn work(&mut self) {
        for job in self.jobs.iter_mut().filter(|job| !job.is_done) {
            job.is_done = true;
            match done(&self.store, &job.method, &job.work) {
                Ok(store) => self.store = store,
                Err((code, why)) => {
                    job.failure = Some(json!({"code": code, "message": why, "details": ""}));
                }
            }
        }
    }

    fn begin(&mut self, request: &Request) -> Reply {
        let ids = request.target.split(['?', '&']).filter_map(|pair| pair.strip_prefix("id="));
        let work = match request.method.as_str() {
            "DELETE" => ids.map(|id| json!({ "id": id })).collect(),
            _ => request.json()["records"].as_array().cloned().unwrap_or_default(),
        };
        if work.is_empty() {
            return Reply::json(400, &json!({"code": 400, "message": "no records"}));
        }
        let method = request.method.clone();
        self.jobs.push(Job { method, work, failure: None, is_done: false, looks: 0 });
        Reply::json(202, &status(self.jobs.len(), "RUNNING", None))
    }
}

fn status(job: usize, status: &str, error: Option<&Value>) -> Value {
    let mut body = json!({
        "jobId": format!("job-{job}"), "status": status, "verb": "POST",
        "callbackUrl": format!("https://dns.example/v1.0/{ACCOUNT}/status/job-{job}"),
    });
    if let Some(error) = error {
        body["error"] = error.clone();
    }
    body
}

fn bare(name: &Name) -> String {
    name.to_string().trim_end_matches('.').to_owned()
}

fn shown(stored: &Stored) -> Value {
    let (rtype, mut priority) = (stored.rtype().to_string(), None);
    let data = match &stored.rdata {
        Rdata::Mx(mx) => {
            priority = Some(mx.preference);
            bare(&mx.exchange)
        }
        Rdata::Srv(srv) => {
            priority = Some(srv.priority);
            format!("{} {} {}", srv.weight, srv.port, bare(&srv.target))
        }
        Rdata::Cname(name) | Rdata::Ns(name) => bare(name),
        Rdata::Txt(txt) => String::from_utf8(txt.joined()).unwrap(),
        other => other.to_string(),
    };
    let mut one = json!({
        "id": format!("{rtype}-{}", stored.id), "name": bare(&stored.owner), "type": rtype,
        "data": data, "ttl": stored.ttl, "updated": "2026-11-26T21:00:00.000+0000",
        "created": "2026-11-26T21:00:00.000+0000",
    });
    if let Some(priority) = priority {
        one["priority"] = json!(priority);
    }
    one
}

type Refusal = (u16, &'static str);

fn data(rtype: Rtype, record: &Value) -> Result<Rdata, Refusal> {
    let data = record["data"].as_str().ok_or((400, "data is required"))?;
    let priority = || record["priority"].as_u64().ok_or((400, "priority is required"));
    let text = match rtype {
        Rtype::TXT => return Ok(Rdata::Txt(Txt::new(data))),
        _ if data.ends_with('.') => return Err((400, "a host name without its last dot")),
        Rtype::MX | Rtype::SRV => format!("{} {data}.", priority()?),
        Rtype::CNAME | Rtype::NS => format!("{data}."),
        Rtype::A | Rtype::AAAA => data.to_owned(),
        _ => return Err((400, "this type is not supported")),
    };
    Rdata::parse(rtype, &text, None).map_err(|_| (400, "bad data"))
}

fn done(store: &Store, method: &str, work: &[Value]) -> Result<Store, Refusal> {
    let mut store = store.clone();
    for record in work {
        let number = || {
            let id = record["id"].as_str().ok_or((400, "id is required"))?;
            let number = id.split_once('-').and_then(|(_, number)| number.parse().ok());
            number.ok_or((404, "no such record"))
        };
        if method == "DELETE" {
            store.remove(number()?).then_some(()).ok_or((404, "no such record"))?;
            continue;
        }
        let ttl = record["ttl"].as_u64().ok_or((400, "ttl is required"))?;
        let ttl = u32::try_from(ttl).ok().filter(|ttl| *ttl >= 300);
        let ttl = ttl.ok_or((400, "TTL must be at least 300"))?;
        let name = record["name"].as_str().ok_or((400, "name is required"))?;
        let owner = Name::parse(&format!("{name}.")).map_err(|_| (400, "bad name"))?;
        match method {
            "POST" => {
                let rtype = record["type"].as_str().and_then(Rtype::parse);
                let rdata = data(rtype.ok_or((400, "type is required"))?, record)?;
                let same = store.of(&owner, rdata.rtype());
                if same.iter().any(|stored| stored.rdata == rdata) {
                    return Err((409, "Record is a duplicate of another record in the domain"));
                }
                store.add(owner, ttl, rdata);
            }
            _ => {
                if !record["type"].is_null() {
                    return Err((400, "the type of a record cannot be changed"));
                }
                let stored = store.find(number()?).ok_or((404, "no such record"))?;
                if stored.owner != owner {
                    return Err((400, "another name"));
                }
                (stored.ttl, stored.rdata) = (ttl, data(stored.rtype(), record)?);
            }
        }
    }
    if store.is_torn() { Err((400, "a CNAME stands alone")) } else { Ok(store) }
}

#[async_trait]
impl Far for Rackspace {
    async fn answer(&mut self, request: &Request) -> Reply {
        self.work();
        let fault = |status, message| Reply::json(status, &json!({ "message": message }));
        if request.path == "/v2.0/tokens" {
            let who = &request.json()["auth"]["RAX-KSKEY:apiKeyCredentials"];
            if who["apiKey"] != SECRET || who["username"] != moves::KEY {
                return fault(401, "Unable to authenticate user with credentials provided.");
            }
            let ends = "2036-11-27T21:00:00.000Z";
            let tenant = json!({"id": ACCOUNT, "name": ACCOUNT});
            let token = json!({"id": TOKEN, "expires": ends, "tenant": tenant});
            return Reply::json(200, &json!({"access": {"token": token}}));
        }
        if request.header("x-auth-token") != TOKEN {
            return fault(401, "No valid token provided.");
        }
        let segments = request.segments();
        let ["v1.0", ACCOUNT, rest @ ..] = &segments[..] else { return fault(404, "no account") };
        let domain = DOMAIN.to_string();
        match (request.method.as_str(), rest) {
            ("GET", ["domains"]) => {
                let (name, asked) = (bare(&self.store.apex), request.parameter("name"));
                // The filter is about the ends of names.
                let is_it = asked.is_none_or(|asked| name.ends_with(asked));
                let found = json!([{"id": DOMAIN, "name": name, "accountId": 1_234}]);
                let found = if is_it { found } else { json!([]) };
                Reply::json(200, &json!({"domains": found, "totalEntries": 1}))
            }
            ("GET", ["domains", id, "records"]) if **id == domain => {
                let number = |name| request.parameter(name).and_then(|text| text.parse().ok());
                // Pages are small here, so that there are several.
                let size = usize::min(number("limit").unwrap_or(100), 5);
                let hidden = |stored: &&Stored| stored.rtype() != Rtype::SOA;
                let all: Vec<_> = self.store.records.iter().filter(hidden).map(shown).collect();
                let offset = number("offset").unwrap_or(0);
                let page: Vec<_> = all.iter().skip(offset).take(size).collect();
                let next = offset + size;
                let (host, path) = (request.header("host"), &request.path);
                let href = format!("http://{host}{path}?limit={size}&offset={next}");
                let links = json!([{"rel": "next", "href": href}]);
                let links = if next < all.len() { links } else { json!([]) };
                let body = json!({"records": page, "totalEntries": all.len(), "links": links});
                Reply::json(200, &body)
            }
            (_, ["domains", id, "records"]) if **id == domain => self.begin(request),
            ("GET", ["status", job]) => {
                let number: Option<usize> =
                    job.strip_prefix("job-").and_then(|number| number.parse().ok());
                let Some((number, job)) =
                    number.and_then(|number| Some((number, self.jobs.get_mut(number - 1)?)))
                else {
                    return fault(404, "no such job");
                };
                job.looks += 1;
                let word = match (&job.failure, job.looks) {
                    (_, 1) => "RUNNING",
                    (Some(_), _) => "ERROR",
                    _ => "COMPLETED",
                };
                let error = job.failure.as_ref().filter(|_| word == "ERROR");
                Reply::json(200, &status(number, word, error))
            }
            _ => fault(404, "no such resource"),
        }
    }

    async fn served(&mut self) -> Zone {
        self.work();
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.store.meddle(change);
    }

    fn is_write(&self, request: &Request) -> bool {
        request.method != "GET" && request.path != "/v2.0/tokens"
    }
}

const YAML: &str = "driver: rackspace\nendpoint: {endpoint}/v1.0\nidentity: {endpoint}/v2.0\n\
    user: file:id\napi-key: file:secret\nrate: 100/s\n";

#[tokio::test]
async fn the_story() {
    let host = Rackspace::new(APEX, ZONE);
    Story::with(YAML, &[("id", moves::KEY)], host).await.tell("rackspace").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_killed_goes_on() {
    moves::play(YAML, Rackspace::new("dankolb.net.", &moves::zone()), None).await;
}
