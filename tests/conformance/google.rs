//! Google Cloud DNS, by its documented rules: tokens for signed assertions, changes that name what
//! goes and what comes, pages with a token, a change that is pending for a while.

use super::fake::{Far, Reply, Request};
use super::judge;
use super::store::{Store, Stored};
use super::story::{APEX, SECRET, Story, ZONE, open};
use super::support::server::directory;
use async_trait::async_trait;
use cutover::clock::SystemClock;
use cutover::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::plan::{Change, diff};
use cutover::port::{Access, Clock as _, ProviderError};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const EMAIL: &str = "dns@story.iam.gserviceaccount.com";
/// Small, so that there are several.
const PAGE: usize = 4;

pub(crate) struct Google {
    store: Store,
    /// The service account's keys.
    keys: TempDir,
    /// Tokens given out, and for how many calls each is still good.
    tokens: Vec<(String, usize)>,
    lasting: usize,
    /// Changes, and how often each was looked at.
    changes: Vec<(Value, usize)>,
    /// What is shown besides the records.
    special: Vec<Value>,
    permissions: Vec<&'static str>,
}

impl Google {
    pub(crate) fn new(apex: &str, zone: &str) -> Self {
        let keys = directory(&[]);
        openssl(&keys, &["genrsa", "-out", "key.pem", "2048"]);
        openssl(&keys, &["rsa", "-in", "key.pem", "-pubout", "-out", "public.pem"]);
        Self {
            store: Store::new(apex, zone),
            keys,
            tokens: Vec::new(),
            lasting: usize::MAX,
            changes: Vec::new(),
            special: Vec::new(),
            permissions: vec![
                "dns.changes.create",
                "dns.resourceRecordSets.create",
                "dns.resourceRecordSets.delete",
            ],
        }
    }

    /// The file that the console gives out.
    pub(crate) fn key_file(&self) -> String {
        let key = std::fs::read_to_string(self.keys.path().join("key.pem")).unwrap();
        let file = json!({
            "type": "service_account", "project_id": "story", "private_key_id": "0123abcd",
            "private_key": key, "client_email": EMAIL, "token_uri": "{endpoint}/token",
        });
        file.to_string()
    }

    /// A token for an assertion that the account's key has signed.
    fn token(&mut self, request: &Request) -> Reply {
        let Err(why) = self.judge(request) else {
            let token = match self.tokens.len() {
                0 => SECRET.to_owned(),
                n => format!("{SECRET}{n}"),
            };
            self.tokens.push((token.clone(), self.lasting));
            let body = json!({
                "access_token": token, "expires_in": 3_599, "token_type": "Bearer",
            });
            return Reply::json(200, &body);
        };
        Reply::json(400, &json!({"error": "invalid_grant", "error_description": why}))
    }

    fn judge(&self, request: &Request) -> Result<(), &'static str> {
        let fields: BTreeMap<_, _> = request.form().into_iter().collect();
        if fields["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
            return Err("wrong grant_type");
        }
        let (signed, signature) = fields["assertion"].rsplit_once('.').ok_or("no signature")?;
        let part = |text: &str| -> Value {
            serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()).unwrap()
        };
        let (header, claims) = signed.split_once('.').ok_or("no claims")?;
        let (header, claims) = (part(header), part(claims));
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        std::fs::write(self.keys.path().join("signed"), signed).unwrap();
        std::fs::write(self.keys.path().join("signature"), signature).unwrap();
        openssl(
            &self.keys,
            &["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "signed"],
        );
        if header != json!({"typ": "JWT", "alg": "RS256", "kid": "0123abcd"}) {
            return Err("wrong header");
        }
        let (iat, exp) = (claims["iat"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
        let now = SystemClock.now().timestamp();
        if (now - iat).abs() > 60 || exp <= now || exp - iat > 3_600 {
            return Err("Invalid JWT: Token must be a short-lived token (60 minutes)");
        }
        let audience = format!("http://{}/token", request.header("host"));
        let scope = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";
        let is_ours =
            claims["iss"] == EMAIL && claims["aud"] == audience && claims["scope"] == scope;
        if is_ours { Ok(()) } else { Err("wrong claims") }
    }

    fn change(&mut self, body: &Value) -> Result<Value, Reply> {
        let list = |key: &str| body[key].as_array().cloned().unwrap_or_default();
        let known = ["additions", "deletions", "kind"];
        if let Some(other) = body.as_object().unwrap().keys().find(|key| !known.contains(&&***key))
        {
            return Err(failed(400, "badRequest", &format!("Unknown name \"{other}\"")));
        }
        let (deletions, additions) = (list("deletions"), list("additions"));
        if deletions.is_empty() && additions.is_empty() {
            return Err(failed(400, "required", "The 'entity.change' parameter is required"));
        }
        if deletions.len() > 1_000 || additions.len() > 1_000 {
            return Err(failed(403, "quotaExceeded", "too many in a change"));
        }
        let mut store = self.store.clone();
        for (at, one) in deletions.iter().enumerate() {
            let (key, rrset) = parsed(&self.store.apex, one)?;
            let path = format!("entity.change.deletions[{at}]");
            match store.zone().get(&key) {
                None => {
                    let why = format!("The '{path}' resource named '{key}' does not exist.");
                    return Err(failed(404, "notFound", &why));
                }
                Some(found) if *found != rrset => {
                    let why = format!("Precondition not met for '{path}'");
                    return Err(failed(412, "conditionNotMet", &why));
                }
                Some(_) => store.put(&key, None),
            }
        }
        for (at, one) in additions.iter().enumerate() {
            let (key, rrset) = parsed(&self.store.apex, one)?;
            if store.zone().get(&key).is_some() {
                let why = format!("The resource 'entity.change.additions[{at}]' already exists");
                return Err(failed(409, "alreadyExists", &why));
            }
            store.put(&key, Some(&rrset));
        }
        if store.is_torn() {
            let why = "The resource record set is invalid because the DNS name may have either \
                one CNAME resource record set or resource record sets of other types";
            return Err(failed(400, "cnameResourceRecordSetConflict", why));
        }
        self.store = store;
        let change = json!({
            "kind": "dns#change", "id": self.changes.len().to_string(), "status": "pending",
            "startTime": "2026-11-26T12:00:00.000Z",
            "additions": additions, "deletions": deletions,
        });
        self.changes.push((change.clone(), 0));
        Ok(change)
    }

    fn sets(&self) -> Vec<Value> {
        let own = self.store.rrsets().into_iter().map(|(key, all)| shown(&key, &all));
        own.chain(self.special.iter().cloned()).collect()
    }
}

fn openssl(folder: &TempDir, args: &[&str]) {
    let mut command = Command::new("openssl");
    command.args(args).current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().unwrap().success(), "openssl {args:?}");
}

fn failed(code: u16, reason: &str, message: &str) -> Reply {
    let errors = json!([{"domain": "global", "reason": reason, "message": message}]);
    let body = json!({"error": {"code": code, "message": message, "errors": errors}});
    Reply::json(code, &body)
}

fn shown(key: &RrKey, all: &[&Stored]) -> Value {
    let data: Vec<_> = all.iter().map(|stored| stored.rdata.to_string()).collect();
    json!({
        "kind": "dns#resourceRecordSet", "name": key.owner.to_string(),
        "type": key.rtype.to_string(), "ttl": all[0].ttl, "rrdatas": data, "signatureRrdatas": [],
    })
}

/// An RRset that is sent, if it is one.
fn parsed(apex: &Name, one: &Value) -> Result<(RrKey, RrSet), Reply> {
    let wrong = |what: &str| failed(400, "invalid", &format!("Invalid value for '{what}': {one}"));
    let known = ["name", "type", "ttl", "rrdatas", "kind", "signatureRrdatas"];
    if one.as_object().unwrap().keys().any(|key| !known.contains(&&**key)) {
        return Err(wrong("entity.change"));
    }
    let name = one["name"].as_str().filter(|name| name.ends_with('.'));
    let owner = Name::parse(name.ok_or_else(|| wrong("name"))?).map_err(|_| wrong("name"))?;
    if !owner.is_within(apex) {
        return Err(wrong("name"));
    }
    let rtype = one["type"].as_str().and_then(Rtype::parse).ok_or_else(|| wrong("type"))?;
    let ttl = one["ttl"].as_u64().and_then(|ttl| u32::try_from(ttl).ok());
    let data = one["rrdatas"].as_array().ok_or_else(|| wrong("rrdatas"))?;
    let data = data.iter().map(|text| {
        // Without an origin, relative names are refused.
        Rdata::parse(rtype, text.as_str().unwrap_or_default(), None).map_err(|_| wrong("rrdata"))
    });
    let data = data.collect::<Result<Vec<_>, _>>()?;
    let key = RrKey::new(owner, rtype);
    let ttl = Ttl::from_secs(ttl.ok_or_else(|| wrong("ttl"))?);
    RrSet::of(key.clone(), ttl, data).map(|rrset| (key, rrset)).ok_or_else(|| wrong("rrdatas"))
}

#[async_trait]
impl Far for Google {
    async fn answer(&mut self, request: &Request) -> Reply {
        if (request.method.as_str(), request.path.as_str()) == ("POST", "/token") {
            return self.token(request);
        }
        let bearer = request.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
        match self.tokens.iter_mut().find(|(token, left)| token == bearer && *left > 0) {
            Some((_, left)) => *left -= 1,
            None => return failed(401, "authError", "Invalid Credentials"),
        }
        let apex = self.store.apex.to_string();
        let segments = request.segments();
        let Some(path) = segments.strip_prefix(&["dns", "v1", "projects", "story"]) else {
            return failed(404, "notFound", "Not Found");
        };
        match (request.method.as_str(), path) {
            ("GET", ["managedZones"]) => {
                let zone = |name: &str, visibility: &str| {
                    json!({
                        "kind": "dns#managedZone", "id": "1", "name": name, "dnsName": apex,
                        "description": "", "visibility": visibility,
                        "creationTime": "2020-01-01T00:00:00.000Z", "nameServers": [],
                    })
                };
                let is_asked = request.parameter("dnsName").is_none_or(|name| name == apex);
                let all = [zone("inside", "private"), zone("story-net", "public")];
                let zones: Vec<_> = all.into_iter().filter(|_| is_asked).collect();
                Reply::json(200, &json!({"managedZones": zones}))
            }
            ("GET", ["managedZones", "story-net", "rrsets"]) => {
                let most = request.parameter("maxResults").and_then(|text| text.parse().ok());
                let most = most.unwrap_or(100).min(PAGE);
                let from = request.parameter("pageToken").and_then(|text| text.parse().ok());
                let from: usize = from.unwrap_or_default();
                let all = self.sets();
                let page: Vec<_> = all.iter().skip(from).take(most).collect();
                let mut body =
                    json!({"kind": "dns#resourceRecordSetsListResponse", "rrsets": page});
                if from + most < all.len() {
                    body["nextPageToken"] = json!((from + most).to_string());
                }
                Reply::json(200, &body)
            }
            ("POST", ["managedZones", "story-net", "changes"]) => {
                self.change(&request.json()).map_or_else(|no| no, |yes| Reply::json(200, &yes))
            }
            ("GET", ["managedZones", "story-net", "changes", id]) => {
                let change = id.parse().ok().and_then(|id: usize| self.changes.get_mut(id));
                let Some((change, looks)) = change else {
                    return failed(404, "notFound", "no such change");
                };
                // The first takes its time.
                *looks += 1;
                if *looks > usize::from(*id == "0") {
                    change["status"] = json!("done");
                }
                Reply::json(200, change)
            }
            ("POST", ["locations", "global", "managedZones", "story-net:testIamPermissions"]) => {
                let asked = request.json()["permissions"].clone();
                let has = |one: &&Value| self.permissions.iter().any(|has| *one == has);
                let has: Vec<_> = asked.as_array().unwrap().iter().filter(has).collect();
                Reply::json(200, &json!({"permissions": has}))
            }
            _ => failed(404, "notFound", "Not Found"),
        }
    }

    async fn served(&mut self) -> Zone {
        self.store.zone()
    }

    async fn meddle(&mut self, change: &Change) {
        self.store.meddle(change);
    }

    fn is_write(&self, request: &Request) -> bool {
        request.method == "POST" && request.path.ends_with("/changes")
    }
}

const YAML: &str = "driver: google\nendpoint: {endpoint}/dns/v1\nkey: file:key.json\nrate: 50/s\n";

async fn story(far: Google) -> Story {
    let file = far.key_file();
    Story::with(YAML, &[("key.json", &file)], far).await
}

#[tokio::test]
async fn the_story() {
    let story = story(Google::new(APEX, ZONE)).await;
    story.tell("google").await;
    let shapes = judge::shapes("google", &story.fake.written().await).await;
    assert!(shapes.ends_with(" additions deletions\n"), "{shapes}");
}

#[tokio::test]
async fn a_token_that_is_revoked_is_fetched_anew() {
    let mut far = Google::new(APEX, ZONE);
    far.lasting = 1;
    let story = story(far).await;
    let tokens = async || {
        let requests = story.fake.requests().await;
        requests.iter().filter(|(request, _)| request.path == "/token").count()
    };
    story.driver.zone(&story.apex).await.unwrap();
    assert!(tokens().await > 1);
}

/// Google's own variable holds a path; whatever else it holds is not repeated.
#[tokio::test]
async fn a_key_is_found_by_its_path() {
    let far = Google::new(APEX, ZONE);
    let files = [("key.json", far.key_file()), ("path", "key.json".to_owned())];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let story = Story::with(&YAML.replace("file:key.json", "file:path"), &files, far).await;
    story.driver.zone(&story.apex).await.unwrap();
    let folder = directory(&[("secret", SECRET)]);
    match open(folder.path(), "driver: google\nkey: file:secret\n").await.err() {
        Some(ProviderError::Unauthorized(why)) => assert!(!why.contains(SECRET), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_google_routes_is_left_alone() {
    let mut far = Google::new(APEX, ZONE);
    far.permissions.truncate(1);
    far.special = vec![json!({
        "kind": "dns#resourceRecordSet", "name": "geo.example.net.", "type": "MX", "ttl": 300,
        "routingPolicy": {"wrr": {"items": [{"weight": 1.0, "rrdatas": ["1 a.example.org."]}]}},
    })];
    let story = story(far).await;
    let live = story.driver.zone(&story.apex).await.unwrap();
    let mut wanted = live.clone();
    let new = Zone::parse("geo 300 MX 2 b.example.org.\n", &story.apex).unwrap();
    new.rrsets().for_each(|rrset| wanted.put(rrset.clone()));
    match story.driver.apply(&story.apex, &diff(&live, &wanted)).await {
        Err(ProviderError::Refused(why)) => assert!(why.contains("answers differently"), "{why}"),
        other => panic!("{other:?}"),
    }
    let access = story.driver.access(&story.apex).await.unwrap();
    let lacks = "the service account lacks `dns.resourceRecordSets.create`".to_owned();
    assert_eq!(access, Access::Denied(lacks));
    assert_eq!(story.fake.writes().await, [""; 0]);
}
