//! Rackspace Cloud DNS, version 1.0.
//!
//! Records have ids, and several go into one call; a call only begins a job, which is asked until
//! it has ended. Texts are bare, targets have no last dot.

mod identity;

use super::Open;
use super::api::{Api, Opening, account, credential, endpoint, rate};
use super::hosted::{Held, Host, Reading};
use super::http::{Call, Http, Method};
use super::records::{Record, Step, steps};
use super::shape;
use crate::config::{Rate, Read, Reader, SecretRef, Table, scalar};
use crate::dns::{Name, Rdata, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::{Clock, ProviderError};
use async_trait::async_trait;
use identity::Identity;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// `user`, `api-key` and `identity`.
#[derive(Debug)]
struct Settings {
    user: SecretRef,
    api_key: SecretRef,
    identity: Option<Url>,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let user = credential(table, "user", "RACKSPACE_USER");
    let api_key = credential(table, "api-key", "RACKSPACE_API_KEY");
    let identity = table.get("identity", scalar(endpoint));
    account(table, Some(Settings { user, api_key, identity }))
}

impl Api for Settings {
    type Host = Rackspace;
    const ENDPOINT: &'static str = "https://dns.api.rackspacecloud.com/v1.0";
    /// Questions alone may come more often; writes are few, and a job is asked about as well.
    const RATE: Rate = rate(100, 60);

    fn host(&self, opening: &Opening<'_>) -> Result<Rackspace, ProviderError> {
        let usual = || "https://identity.api.rackspacecloud.com/v2.0".parse().ok();
        let Some(address) = self.identity.clone().or_else(usual) else {
            return Err(ProviderError::Refused("no address to sign in at".to_owned()));
        };
        let (user, key) = (opening.secret(&self.user)?, opening.secret(&self.api_key)?);
        let clock = opening.context.clock.clone();
        let identity = Identity::new(address, user, key, clock.clone());
        Ok(Rackspace { http: opening.http(identity), clock })
    }
}

/// How long a job may take: mostly a few seconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// Before the first look at a job; twice as long before each next.
const LOOK: Duration = Duration::from_millis(500);
/// Records on one page at most.
const PAGE: usize = 100;

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::TXT,
];

struct Rackspace {
    http: Http,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize)]
struct Domains {
    domains: Vec<Domain>,
}

#[derive(Deserialize)]
struct Domain {
    id: Value,
    name: String,
}

#[derive(Deserialize)]
struct Page {
    records: Vec<Listed>,
    #[serde(rename = "totalEntries")]
    total: usize,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    r#type: String,
    data: String,
    ttl: u32,
    priority: Option<u16>,
}

#[derive(Deserialize)]
struct Job {
    #[serde(rename = "jobId")]
    id: String,
    status: String,
    #[serde(default)]
    error: Value,
}

type Records = Vec<Record<String>>;

#[async_trait]
impl Host for Rackspace {
    /// The zone's id.
    type Zone = String;
    type Native = Records;

    fn facts(&self) -> Facts {
        Facts {
            ttl_floor: Ttl::from_secs(300),
            atomic: false,
            guard: Guard::Ids,
            types: TYPES,
            // Nothing says that it does, and the host name that it wants has labels.
            null_mx: false,
            ..Facts::default()
        }
    }

    async fn find(&self, apex: &Name) -> Result<String, ProviderError> {
        let name = shape::undotted(apex);
        let call = Call::get("{account}/domains").query("name", &name);
        let found: Domains = self.http.send(call).await?.json()?;
        // The filter matches the ends of names as well.
        let mut domains = found.domains.into_iter();
        let domain = domains.find(|domain| domain.name.eq_ignore_ascii_case(&name));
        let domain = domain.ok_or_else(|| ProviderError::NoZone(apex.clone()))?;
        Ok(domain.id.as_str().map_or_else(|| domain.id.to_string(), str::to_owned))
    }

    async fn read(&self, apex: &Name, zone: &String) -> Result<Held<Records>, ProviderError> {
        let (mut reading, mut records) = (Reading::new(apex, self.facts()), Records::new());
        let mut seen = 0;
        loop {
            let call = Call::get(format!("{{account}}/domains/{zone}/records"));
            let call = call.query("limit", PAGE).query("offset", seen);
            let page: Page = self.http.about(apex, call).await?.json()?;
            seen += page.records.len();
            let is_last = page.records.is_empty() || seen >= page.total;
            for Listed { id, name, r#type, data, ttl, priority } in page.records {
                let (Ok(owner), Some(rtype)) = (shape::name(&name), Rtype::parse(&r#type)) else {
                    continue;
                };
                let ttl = Ttl::from_secs(ttl);
                match shape::rdata(rtype, priority, &data) {
                    Ok(rdata) => {
                        reading.add(owner.clone(), ttl, rdata.clone());
                        records.push(Record { id, owner, ttl, rdata });
                    }
                    Err(why) => reading.close(owner, rtype, why),
                }
            }
            if is_last {
                return Ok(reading.held(records));
            }
        }
    }

    async fn write(
        &self,
        _: &Name,
        zone: &String,
        held: &Held<Records>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        // Names are freed first, for aliases; everything else goes last.
        let (gone, other): (Vec<_>, Vec<_>) =
            changes.iter().copied().partition(|change| change.after().is_none());
        self.delete(zone, &steps(&held.native, &gone)).await?;
        let steps = steps(&held.native, &other);
        let (mut updates, mut creates) = (Vec::new(), Vec::new());
        for step in &steps {
            match step {
                Step::Update { record: Record { id, owner, .. }, ttl, rdata } => {
                    updates.push(record(json!({"id": id}), owner, *ttl, rdata)?);
                }
                Step::Create { owner, ttl, rdata } => {
                    let head = json!({"type": rdata.rtype().to_string()});
                    creates.push(record(head, owner, *ttl, rdata)?);
                }
                Step::Delete(_) => (),
            }
        }
        for (method, records) in [(Method::PUT, updates), (Method::POST, creates)] {
            if !records.is_empty() {
                let call = Call::write(method, format!("{{account}}/domains/{zone}/records"));
                self.run(call.json(&json!({ "records": records }))).await?;
            }
        }
        self.delete(zone, &steps).await
    }
}

impl Rackspace {
    /// Drops the records of all deletes among the steps.
    async fn delete(&self, zone: &str, steps: &[Step<'_, String>]) -> Result<(), ProviderError> {
        let ids = steps.iter().filter_map(|step| match step {
            Step::Delete(record) => Some(&record.id),
            _ => None,
        });
        let ids: Vec<_> = ids.collect();
        if ids.is_empty() {
            return Ok(());
        }
        let call = Call::write(Method::DELETE, format!("{{account}}/domains/{zone}/records"));
        self.run(ids.into_iter().fold(call, |call, id| call.query("id", id))).await
    }

    /// Begins a job and sees it end.
    async fn run(&self, call: Call) -> Result<(), ProviderError> {
        let mut job: Job = self.http.send(call).await?.json()?;
        let patience = self.clock.now() + PATIENCE;
        let mut pause = LOOK;
        loop {
            match job.status.as_str() {
                "COMPLETED" => return Ok(()),
                "ERROR" => return Err(self.failure(&job.error)),
                _ if self.clock.now() > patience => {
                    return Err(ProviderError::Busy(format!("job `{}` does not end", job.id)));
                }
                _ => (),
            }
            self.clock.sleep_until(self.clock.now() + pause).await;
            pause *= 2;
            let call = Call::get(format!("{{account}}/status/{}", job.id));
            job = self.http.send(call.query("showDetails", true)).await?.json()?;
        }
    }

    /// A job that failed: somebody else was faster, or the host does not want it.
    fn failure(&self, error: &Value) -> ProviderError {
        let said = self.http.said(&serde_json::to_vec(error).unwrap_or_default());
        match error["code"].as_u64() {
            Some(404 | 409) | None => ProviderError::Busy(format!("the job failed{said}")),
            Some(_) => ProviderError::Refused(format!("the job failed{said}")),
        }
    }
}

/// One record of a call.
fn record(
    mut record: Value,
    owner: &Name,
    ttl: Ttl,
    rdata: &Rdata,
) -> Result<Value, ProviderError> {
    let data = match rdata {
        Rdata::Txt(txt) => shape::bare(txt).map_err(ProviderError::Refused)?,
        other => {
            let flat = shape::flat(other);
            if let Some(priority) = flat.priority {
                record["priority"] = json!(priority);
            }
            flat.content
        }
    };
    record["name"] = json!(shape::undotted(owner));
    record["ttl"] = json!(ttl.secs());
    record["data"] = json!(data);
    Ok(record)
}
