//! Google Cloud DNS, API version 1.
//!
//! A change deletes what was read and adds what shall be: the host compares values and TTLs, and
//! does all of it or nothing. What it routes by policy is left alone.

mod key;
mod order;

use super::Open;
use super::api::{Api, Opening, account, credential, rate};
use super::hosted::{Held, Host, Reading};
use super::http::{Call, Http, Method, Reply};
use crate::config::{Rate, Read, Reader, SecretRef, Table, text};
use crate::dns::{Name, RrKey, Rtype, Ttl};
use crate::plan::{Change, Facts};
use crate::port::{Access, ProviderError};
use async_trait::async_trait;
use key::Key;
use order::{Set, Sets, orders};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::time::Duration;

/// `key` and `project`.
#[derive(Debug)]
struct Settings {
    key: SecretRef,
    project: Option<String>,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let key = credential(table, "key", "GOOGLE_APPLICATION_CREDENTIALS");
    let project = table.get("project", text);
    account(table, Some(Settings { key, project }))
}

impl Api for Settings {
    type Host = Google;
    const ENDPOINT: &'static str = "https://dns.googleapis.com/dns/v1";
    /// Projects begin with 600 a minute; others of the project have their half.
    const RATE: Rate = rate(300, 60);

    fn host(&self, opening: &Opening<'_>) -> Result<Google, ProviderError> {
        let key = Key::found(opening, &self.key)?;
        let Some(project) = self.project.clone().or_else(|| key.project()) else {
            let why = "the key names no project: give one as `project`".to_owned();
            return Err(ProviderError::Refused(why));
        };
        let desk = key.desk();
        Ok(Google { http: opening.http(opening.tokens(key, desk)), project })
    }
}

/// The types that the host takes, of those that zones here hold.
const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::DS,
    Rtype::HTTPS,
    Rtype::MX,
    Rtype::NAPTR,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::SSHFP,
    Rtype::SVCB,
    Rtype::TLSA,
    Rtype::TXT,
];
/// RRsets on one page at most.
const PAGE: usize = 1_000;
/// How long a change may take to reach the name servers before one looks by DNS.
const DONE: Duration = Duration::from_secs(120);
/// What a change needs.
const PERMISSIONS: [&str; 3] =
    ["dns.changes.create", "dns.resourceRecordSets.create", "dns.resourceRecordSets.delete"];

struct Google {
    http: Http,
    project: String,
}

/// A list of whatever was asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    #[serde(alias = "managedZones", alias = "rrsets", default = "Vec::new")]
    items: Vec<T>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Zone {
    name: String,
    #[serde(default)]
    visibility: String,
}

#[derive(Deserialize)]
struct Receipt {
    id: String,
    status: String,
}

#[derive(Deserialize)]
struct Tested {
    #[serde(default)]
    permissions: Vec<String>,
}

impl Google {
    fn path(&self, zone: &str) -> String {
        format!("projects/{}/managedZones/{zone}", self.project)
    }

    /// Everything on all pages; a 404 that the call takes says that there is no such zone.
    async fn all<T: DeserializeOwned>(
        &self,
        apex: &Name,
        call: impl Fn() -> Call + Send,
    ) -> Result<Vec<T>, ProviderError> {
        let (mut all, mut next) = (Vec::new(), None::<String>);
        loop {
            let call = next.iter().fold(call(), |call, token| call.query("pageToken", token));
            let reply = self.http.send(call).await?;
            if reply.is(404) {
                return Err(ProviderError::NoZone(apex.clone()));
            }
            let page: Page<T> = reply.json()?;
            all.extend(page.items);
            next = page.next_page_token;
            if next.is_none() {
                return Ok(all);
            }
        }
    }
}

#[async_trait]
impl Host for Google {
    /// What the project calls the zone.
    type Zone = String;
    type Native = Sets;

    fn facts(&self) -> Facts {
        Facts { types: TYPES, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<String, ProviderError> {
        let path = format!("projects/{}/managedZones", self.project);
        let call = || Call::get(path.clone()).query("dnsName", apex);
        let mut zones: Vec<Zone> = self.all(apex, call).await?;
        zones.retain(|zone| zone.visibility != "private");
        match (zones.pop(), zones.is_empty()) {
            (Some(zone), true) => Ok(zone.name),
            (None, _) => Err(ProviderError::NoZone(apex.clone())),
            (Some(_), false) => {
                let why = format!("the project has several public zones `{apex}`");
                Err(ProviderError::Refused(why))
            }
        }
    }

    async fn read(&self, apex: &Name, zone: &String) -> Result<Held<Sets>, ProviderError> {
        let path = format!("{}/rrsets", self.path(zone));
        let call = || Call::get(path.clone()).query("maxResults", PAGE).or(&[404]);
        let (mut reading, mut sets) = (Reading::new(apex, self.facts()), Sets::new());
        for set in self.all::<Set>(apex, call).await? {
            let (Ok(owner), Some(rtype)) = (Name::parse(&set.name), Rtype::parse(&set.r#type))
            else {
                continue; // ALIAS is of its own: nobody is answered with it
            };
            if set.routing_policy.is_some() {
                reading.close(owner, rtype, "it answers differently by weight, place or health");
                continue;
            }
            for data in &set.rrdatas {
                reading.text(&owner, rtype, Ttl::from_secs(set.ttl), data);
            }
            sets.insert(RrKey::new(owner, rtype), set);
        }
        Ok(reading.held(sets))
    }

    async fn write(
        &self,
        _: &Name,
        zone: &String,
        held: &Held<Sets>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        let path = format!("{}/changes", self.path(zone));
        for order in orders(changes, &held.native) {
            let call = Call::write(Method::POST, path.clone()).json(&order);
            let reply = self.http.send(call.or(&[404])).await?;
            if reply.is(404) {
                // An RRset that should be deleted is gone, or the zone is.
                return Err(ProviderError::Busy("what should be deleted is gone".to_owned()));
            }
            let receipt: Receipt = reply.json()?;
            if receipt.status != "done" {
                let ask = || Call::get(format!("{path}/{}", receipt.id));
                let is_done = |reply: &Reply| Ok(reply.json::<Receipt>()?.status == "done");
                self.http.settle(DONE, ask, is_done).await?;
            }
        }
        Ok(())
    }

    async fn access(&self, zone: &String) -> Result<Access, ProviderError> {
        let path = format!("projects/{}/locations/global/managedZones/{zone}", self.project);
        let call = Call::ask(format!("{path}:testIamPermissions"));
        let call = call.json(&json!({ "permissions": PERMISSIONS }));
        let reply = self.http.send(call.or(&[400, 403, 404])).await?;
        if !reply.status.is_success() {
            return Ok(Access::Untried);
        }
        let has: Vec<String> = reply.json::<Tested>()?.permissions;
        let lacking = PERMISSIONS.into_iter().find(|one| !has.iter().any(|other| other == one));
        Ok(match lacking {
            Some(one) => Access::Denied(format!("the service account lacks `{one}`")),
            None => Access::Granted(format!("the service account has `{}`", PERMISSIONS[0])),
        })
    }
}
