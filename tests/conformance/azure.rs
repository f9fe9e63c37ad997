//! Azure DNS, by its documented rules: RRsets in fields by type, each with a version that changes
//! whenever it is written, conditions in headers, pages by whole addresses.

use super::fake::{Far, Reply, Request};
use super::judge;
use super::store::{Store, Stored};
use super::story::{APEX, SECRET, Story, ZONE};
use async_trait::async_trait;
use cutover::dns::rdata::Txt;
use cutover::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::plan::{Change, diff};
use cutover::port::{Access, ProviderError};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const GROUP: &str = "/subscriptions/sub/resourceGroups/mail/providers/Microsoft.Network/dnszones";
/// Small, so that there are several.
const PAGE: usize = 4;

pub(crate) struct Azure {
    store: Store,
    /// How often each RRset was written, ever.
    versions: BTreeMap<RrKey, usize>,
    metadata: BTreeMap<RrKey, Value>,
    /// What is shown besides the records.
    special: Vec<Value>,
    actions: &'static str,
    tokens: usize,
}

impl Azure {
    pub(crate) fn new(apex: &str, zone: &str) -> Self {
        Self {
            store: Store::new(apex, zone),
            versions: BTreeMap::new(),
            metadata: BTreeMap::new(),
            special: Vec::new(),
            actions: "Microsoft.Network/dnsZones/*",
            tokens: 0,
        }
    }

    fn token(&mut self, request: &Request) -> Reply {
        let fields: BTreeMap<_, _> = request.form().into_iter().collect();
        let scope = format!("http://{}/.default", request.header("host"));
        let wanted = [
            ("client_id", "app"),
            ("client_secret", SECRET),
            ("grant_type", "client_credentials"),
            ("scope", &scope),
        ];
        let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned()));
        if fields != wanted.into() {
            let why = "AADSTS7000215: Invalid client secret provided.";
            let body = json!({"error": "invalid_client", "error_description": why});
            return Reply::json(401, &body);
        }
        self.tokens += 1;
        let token = format!("token-{}", self.tokens);
        let body = json!({"token_type": "Bearer", "expires_in": 3_599, "access_token": token});
        Reply::json(200, &body)
    }

    fn zone_path(&self) -> String {
        format!("{GROUP}/{}", bare(&self.store.apex))
    }

    fn etag(&self, key: &RrKey) -> String {
        format!("00000000-0000-0000-{:04}", self.versions.get(key).copied().unwrap_or_default())
    }

    fn shown(&self, key: &RrKey, all: &[&Stored]) -> Value {
        let name = match key.owner == self.store.apex {
            true => "@".to_owned(),
            false => key.owner.relative_to(&self.store.apex),
        };
        let mut properties = json!({
            "fqdn": key.owner.to_string(), "TTL": all[0].ttl, "provisioningState": "Succeeded",
            "targetResource": {},
        });
        let (field, is_one) = field(key.rtype);
        let data: Vec<_> = all.iter().map(|stored| data(&stored.rdata)).collect();
        properties[field] = if is_one { data[0].clone() } else { json!(data) };
        if let Some(metadata) = self.metadata.get(key) {
            properties["metadata"] = metadata.clone();
        }
        json!({
            "id": format!("{}/{}/{name}", self.zone_path(), key.rtype), "etag": self.etag(key),
            "name": name, "type": format!("Microsoft.Network/dnszones/{}", key.rtype),
            "properties": properties,
        })
    }

    /// Puts an RRset, or takes it away.
    fn write(&mut self, key: &RrKey, request: &Request) -> Reply {
        let stands = !self.store.of(&key.owner, key.rtype).is_empty();
        let beaten = || failed(412, "PreconditionFailed", "The record set has been modified");
        match (request.header("if-match"), request.header("if-none-match")) {
            ("", "") => (),
            ("", "*") if stands => return beaten(),
            ("", "*") => (),
            (etag, _) if stands && etag == self.etag(key) => (),
            _ => return beaten(),
        }
        let is_apex = key.owner == self.store.apex;
        let mut store = self.store.clone();
        if request.method == "DELETE" {
            if is_apex && [Rtype::SOA, Rtype::NS].contains(&key.rtype) {
                return failed(400, "BadRequest", "The record set cannot be deleted");
            }
            store.put(key, None);
        } else {
            match parsed(key, &request.json()) {
                Ok(rrset) => store.put(key, Some(&rrset)),
                Err(why) => return failed(400, "BadRequest", &why),
            }
        }
        if store.is_torn() {
            let why = "A record set of another type exists beside the CNAME";
            return failed(400, "BadRequest", why);
        }
        self.store = store;
        *self.versions.entry(key.clone()).or_default() += 1;
        if request.method == "DELETE" {
            self.metadata.remove(key);
            return Reply::empty(if stands { 200 } else { 204 });
        }
        // What is not sent is gone.
        match &request.json()["properties"]["metadata"] {
            Value::Null => drop(self.metadata.remove(key)),
            other => drop(self.metadata.insert(key.clone(), other.clone())),
        }
        let shown = self.shown(key, &self.store.of(&key.owner, key.rtype));
        Reply::json(if stands { 200 } else { 201 }, &shown)
    }

    fn page(request: &Request, all: &[Value]) -> Reply {
        let number = |name| request.parameter(name).and_then(|text| text.parse::<usize>().ok());
        let from = number("$skipToken").unwrap_or_default();
        let most = number("$top").unwrap_or(100).min(PAGE);
        let page: Vec<_> = all.iter().skip(from).take(most).collect();
        let mut body = json!({ "value": page });
        if from + most < all.len() {
            let (host, path) = (request.header("host"), &request.path);
            let next = from + most;
            let query = format!("api-version=2018-05-01&$skipToken={next}&$top={most}");
            body["nextLink"] = json!(format!("http://{host}{path}?{query}"));
        }
        Reply::json(200, &body)
    }
}

fn failed(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"code": code, "message": message}))
}

fn bare(name: &Name) -> String {
    name.to_string().trim_end_matches('.').to_owned()
}

/// Where data of a type is, and whether there is one at most.
fn field(rtype: Rtype) -> (&'static str, bool) {
    match rtype {
        Rtype::A => ("ARecords", false),
        Rtype::AAAA => ("AAAARecords", false),
        Rtype::CAA => ("caaRecords", false),
        Rtype::CNAME => ("CNAMERecord", true),
        Rtype::MX => ("MXRecords", false),
        Rtype::NS => ("NSRecords", false),
        Rtype::SOA => ("SOARecord", true),
        Rtype::SRV => ("SRVRecords", false),
        Rtype::TXT => ("TXTRecords", false),
        other => panic!("{other}"),
    }
}

fn data(rdata: &Rdata) -> Value {
    match rdata {
        Rdata::A(address) => json!({"ipv4Address": address}),
        Rdata::Aaaa(address) => json!({"ipv6Address": address}),
        Rdata::Caa(caa) => {
            let value = String::from_utf8_lossy(&caa.value);
            json!({"flags": caa.flags, "tag": caa.tag, "value": value})
        }
        // As it was typed in, and some leave the last dot out.
        Rdata::Cname(name) => json!({"cname": bare(name)}),
        Rdata::Mx(mx) => json!({"preference": mx.preference, "exchange": mx.exchange.to_string()}),
        Rdata::Ns(name) => json!({"nsdname": name.to_string()}),
        Rdata::Soa(soa) => json!({
            "host": soa.mname.to_string(), "email": soa.rname.to_string(),
            "serialNumber": soa.serial, "refreshTime": soa.refresh.secs(),
            "retryTime": soa.retry.secs(), "expireTime": soa.expire.secs(),
            "minimumTTL": soa.minimum.secs(),
        }),
        Rdata::Srv(srv) => json!({
            "priority": srv.priority, "weight": srv.weight, "port": srv.port,
            "target": srv.target.to_string(),
        }),
        Rdata::Txt(txt) => {
            let strings = txt.strings().map(|one| String::from_utf8(one.to_vec()).unwrap());
            json!({"value": strings.collect::<Vec<_>>()})
        }
        other => panic!("{other}"),
    }
}

/// An RRset that is sent, if it is one.
fn parsed(key: &RrKey, body: &Value) -> Result<RrSet, String> {
    let properties = &body["properties"];
    let (field, is_one) = field(key.rtype);
    let known = [field, "TTL", "metadata", "targetResource"];
    if let Some(other) = properties
        .as_object()
        .ok_or("no properties")?
        .keys()
        .find(|name| !known.contains(&&***name))
    {
        return Err(format!("Could not find member '{other}'"));
    }
    let ttl = properties["TTL"].as_u64().filter(|ttl| (1..=2_147_483_647).contains(ttl));
    let ttl = Ttl::from_secs(ttl.ok_or("The TTL is out of range")? as u32);
    let all = match is_one {
        true => vec![properties[field].clone()],
        false => properties[field].as_array().cloned().unwrap_or_default(),
    };
    let all = all.iter().map(|one| rdata(key.rtype, one)).collect::<Result<Vec<_>, _>>()?;
    let length = |rdata: &Rdata| match rdata {
        Rdata::Txt(txt) => txt.joined().len(),
        _ => 0,
    };
    if all.iter().map(length).sum::<usize>() > 4_096 {
        return Err("The combined length of all TXT records may not exceed 4096".to_owned());
    }
    RrSet::of(key.clone(), ttl, all).ok_or_else(|| "The record set is empty".to_owned())
}

fn rdata(rtype: Rtype, one: &Value) -> Result<Rdata, String> {
    let text = |name: &str| one[name].as_str().ok_or_else(|| format!("no {name}"));
    let number = |name: &str| one[name].as_u64().ok_or_else(|| format!("no {name}"));
    let host = |name: &str| match text(name)?.trim_end_matches('.') {
        "" => Err(format!("the value of {name} is not a valid host name")),
        host => Ok(format!("{host}.")),
    };
    let form = match rtype {
        Rtype::A => text("ipv4Address")?.to_owned(),
        Rtype::AAAA => text("ipv6Address")?.to_owned(),
        Rtype::CNAME => host("cname")?,
        Rtype::MX => format!("{} {}", number("preference")?, host("exchange")?),
        Rtype::SRV => {
            let numbers = (number("priority")?, number("weight")?, number("port")?);
            format!("{} {} {} {}", numbers.0, numbers.1, numbers.2, host("target")?)
        }
        Rtype::CAA => format!("{} {} {}", number("flags")?, text("tag")?, one["value"]),
        Rtype::TXT => {
            let strings = one["value"].as_array().ok_or("no value")?;
            let strings: Vec<_> = strings.iter().filter_map(Value::as_str).collect();
            if strings.is_empty() || strings.iter().any(|one| one.is_empty() || one.len() > 255) {
                return Err("The value must have between 1 and 255 characters".to_owned());
            }
            return Ok(Rdata::Txt(Txt::new(strings.concat())));
        }
        other => return Err(format!("{other} cannot be written")),
    };
    Rdata::parse(rtype, &form, None).map_err(|error| error.message)
}

#[async_trait]
impl Far for Azure {
    async fn answer(&mut self, request: &Request) -> Reply {
        if (request.method.as_str(), request.path.as_str()) == ("POST", "/tenant/oauth2/v2.0/token")
        {
            return self.token(request);
        }
        let bearer = request.header("authorization").strip_prefix("Bearer token-");
        let number = bearer.and_then(|text| text.parse().ok()).unwrap_or_default();
        if !(1..=self.tokens).contains(&number) {
            return failed(401, "InvalidAuthenticationToken", "The access token is invalid.");
        }
        let (zone, method) = (self.zone_path(), request.method.as_str());
        let rights = format!("{zone}/providers/Microsoft.Authorization/permissions");
        if method == "GET" && request.path == rights {
            let right = json!({"actions": [self.actions], "notActions": []});
            return Reply::json(200, &json!({"value": [right]}));
        }
        if request.parameter("api-version") != Some("2018-05-01") {
            return failed(400, "InvalidApiVersionParameter", "The api-version is invalid.");
        }
        let path = request.path.replace("/dnsZones", "/dnszones");
        let everywhere = "/subscriptions/sub/providers/Microsoft.Network/dnszones";
        if method == "GET" && (path == everywhere || path == GROUP) {
            let name = bare(&self.store.apex);
            let zone = |id: String, name: &str, kind: &str| {
                json!({
                    "id": id, "name": name, "type": "Microsoft.Network/dnszones",
                    "location": "global", "properties": {"zoneType": kind},
                })
            };
            let others = (0..5).map(|n| format!("other{n}.example"));
            let others = others.map(|name| zone(format!("{GROUP}/{name}"), &name, "Public"));
            let inside = zone(GROUP.replace("mail", "inside") + "/" + &name, &name, "Private");
            let ours = zone(self.zone_path(), &name, "Public");
            return Self::page(request, &others.chain([inside, ours]).collect::<Vec<_>>());
        }
        let Some(rest) = path.strip_prefix(&format!("{zone}/")) else {
            return failed(404, "ResourceNotFound", "The resource was not found.");
        };
        if (method, rest) == ("GET", "recordsets") {
            let all = self.store.rrsets();
            let own = all.iter().map(|(key, all)| self.shown(key, all));
            let all: Vec<_> = own.chain(self.special.iter().cloned()).collect();
            return Self::page(request, &all);
        }
        let Some((rtype, label)) = rest.split_once('/') else {
            return failed(404, "ResourceNotFound", "The resource was not found.");
        };
        let taken = [Rtype::A, Rtype::AAAA, Rtype::CAA, Rtype::CNAME, Rtype::MX, Rtype::NS];
        let taken = [&taken[..], &[Rtype::SOA, Rtype::SRV, Rtype::TXT]].concat();
        let Some(rtype) = Rtype::parse(rtype).filter(|rtype| taken.contains(rtype)) else {
            return failed(400, "BadRequest", "The record type is not supported.");
        };
        let key = RrKey::new(Name::parse_in(label, &self.store.apex).unwrap(), rtype);
        match method {
            "PUT" | "DELETE" => self.write(&key, request),
            _ => failed(405, "MethodNotAllowed", "The method is not allowed."),
        }
    }

    async fn served(&mut self) -> Zone {
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        *self.versions.entry(change.key().clone()).or_default() += 1;
        self.store.meddle(change);
    }

    fn is_write(&self, request: &Request) -> bool {
        ["PUT", "DELETE"].contains(&request.method.as_str())
    }
}

const YAML: &str = "driver: azure\nendpoint: {endpoint}\nlogin: {endpoint}\ntenant: tenant\n\
    client: app\nclient-secret: file:secret\nsubscription: sub\nrate: 50/s\n";

#[tokio::test]
async fn the_story() {
    let story = Story::open(YAML, Azure::new(APEX, ZONE)).await;
    story.tell("azure").await;
    let shapes = judge::shapes("azure", &story.fake.written().await).await;
    assert!(shapes.ends_with(" DELETE PUT\n"), "{shapes}");
}

#[tokio::test]
async fn what_is_azures_is_left_alone_and_what_was_noted_is_kept() {
    let mut far = Azure::new(APEX, ZONE);
    let mx = RrKey::new(far.store.apex.clone(), Rtype::MX);
    far.metadata.insert(mx, json!({"owner": "mail team"}));
    far.actions = "*/read";
    far.special = vec![json!({
        "id": "x", "etag": "e", "name": "cdn", "type": "Microsoft.Network/dnszones/A",
        "properties": {"TTL": 300, "targetResource": {"id": "/subscriptions/sub/frontdoor"}},
    })];
    let story = Story::open(YAML, far).await;
    let live = story.driver.zone(&story.apex).await.unwrap();
    let wanted = |text: &str| {
        let mut wanted = live.clone();
        let new = Zone::parse(text, &story.apex).unwrap();
        new.rrsets().for_each(|rrset| wanted.put(rrset.clone()));
        diff(&live, &wanted)
    };
    match story.driver.apply(&story.apex, &wanted("cdn 300 A 192.0.2.1\n")).await {
        Err(ProviderError::Refused(why)) => assert!(why.contains("an alias"), "{why}"),
        other => panic!("{other:?}"),
    }
    let access = story.driver.access(&story.apex).await.unwrap();
    assert!(matches!(access, Access::Denied(_)), "{access:?}");
    story.driver.apply(&story.apex, &wanted("@ 3600 MX 1 a.example.org.\n")).await.unwrap();
    let (written, _) = story.fake.written().await.pop().unwrap();
    assert_eq!(written.json()["properties"]["metadata"], json!({"owner": "mail team"}));
}
