//! Cloudflare's DNS API, version 4.
//!
//! Records have ids. A batch is one transaction, carried out as deletes, patches, puts, posts, and
//! fails as a whole when an id in it is gone. Records that are proxied or that Cloudflare manages
//! itself are left alone.

mod data;

use super::hosted::{Held, Host, Reading};
use super::http::{Call, Http, Method};
use super::keyed::Keyed;
use super::records::{Record, Step, batches};
use super::shape;
use crate::dns::{Name, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::{Access, ProviderError};
use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

impl Keyed for Cloudflare {
    const ENDPOINT: &'static str = "https://api.cloudflare.com/client/v4";
    /// 1,200 in five minutes a user; beyond it everything is blocked for as long.
    const CALLS: (u32, u64) = (1_200, 300);
    const VARIABLE: &'static str = "CLOUDFLARE_API_TOKEN";

    fn new(http: Http) -> Self {
        Self { http }
    }
}

/// Records in one batch: what the free plan bears.
const BATCH: usize = 200;
/// Records on one page, of the five million that the API would give.
const PAGE: usize = 5_000;
/// The error about an id that is no longer there: somebody else was faster.
const GONE: u32 = 81_044;
/// What `1` means: the host chooses.
const AUTOMATIC: Ttl = Ttl::from_secs(300);

/// The API, for one account.
pub(super) struct Cloudflare {
    http: Http,
}

/// A zone as the host names it.
#[derive(Deserialize)]
pub(super) struct Zone {
    id: String,
    status: String,
    #[serde(default)]
    permissions: Vec<String>,
}

/// Everything comes in this; a failure may come with HTTP 200.
#[derive(Deserialize)]
struct Envelope<T> {
    success: bool,
    #[serde(default)]
    errors: Vec<Value>,
    result: Option<T>,
    result_info: Option<Pages>,
}

#[derive(Deserialize)]
struct Pages {
    total_pages: Option<usize>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    r#type: String,
    content: Option<String>,
    #[serde(default)]
    priority: Option<u16>,
    #[serde(default)]
    data: Value,
    ttl: u32,
    #[serde(default)]
    proxied: bool,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(default)]
    read_only: bool,
}

type Records = Vec<Record<String>>;

impl Cloudflare {
    async fn send<T: DeserializeOwned>(&self, call: Call) -> Result<Envelope<T>, ProviderError> {
        let envelope: Envelope<T> = self.http.send(call.or(&[400, 404])).await?.json()?;
        if envelope.success {
            return Ok(envelope);
        }
        let errors = serde_json::to_vec(&envelope.errors).unwrap_or_default();
        let why = format!("it answers{}", self.http.said(&errors));
        Err(match envelope.errors.iter().any(|error| error["code"] == GONE) {
            true => ProviderError::Busy(why),
            false => ProviderError::Refused(why),
        })
    }

    async fn all(&self, zone: &Zone) -> Result<Vec<Listed>, ProviderError> {
        let (mut all, mut page) = (Vec::new(), 1);
        loop {
            let call = Call::get(format!("zones/{}/dns_records", zone.id));
            let call = call.query("per_page", PAGE).query("page", page);
            let found = self.send::<Vec<Listed>>(call).await?;
            all.extend(found.result.unwrap_or_default());
            let pages = found.result_info.and_then(|info| info.total_pages).unwrap_or(1);
            if page >= pages {
                return Ok(all);
            }
            page += 1;
        }
    }
}

#[async_trait]
impl Host for Cloudflare {
    type Zone = Zone;
    type Native = Records;

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(60);
        Facts { ttl_floor, guard: Guard::Ids, types: data::TYPES, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<Zone, ProviderError> {
        let name = shape::undotted(apex);
        let call = Call::get("zones").query("name", &name).query("per_page", 50);
        let found = self.send::<Vec<Zone>>(call).await?.result.unwrap_or_default();
        found.into_iter().next().ok_or_else(|| ProviderError::NoZone(apex.clone()))
    }

    async fn read(&self, apex: &Name, zone: &Zone) -> Result<Held<Records>, ProviderError> {
        let (mut reading, mut records) = (Reading::new(apex, self.facts()), Records::new());
        for one in self.all(zone).await? {
            let (Ok(owner), Some(rtype)) =
                (Name::parse(&format!("{}.", one.name)), Rtype::parse(&one.r#type))
            else {
                continue;
            };
            let ttl = if one.ttl == 1 { AUTOMATIC } else { Ttl::from_secs(one.ttl) };
            match data::read(rtype, &one) {
                Ok(rdata) => {
                    reading.add(owner.clone(), ttl, rdata.clone());
                    let id = one.id.clone();
                    records.push(Record { id, owner: owner.clone(), ttl, rdata });
                }
                Err(why) => reading.close(owner.clone(), rtype, why),
            }
            if one.proxied {
                reading.close(owner, rtype, "it is proxied: the world sees other data");
            } else if one.meta.read_only {
                reading.close(owner, rtype, "Cloudflare manages it itself");
            }
        }
        Ok(reading.held(records))
    }

    async fn write(
        &self,
        _: &Name,
        zone: &Zone,
        held: &Held<Records>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        for batch in batches(&held.native, changes, BATCH) {
            let (mut deletes, mut patches, mut posts) = (Vec::new(), Vec::new(), Vec::new());
            for step in batch {
                match step {
                    Step::Create { owner, ttl, rdata } => posts.push(data::write(
                        json!({ "name": shape::undotted(owner), "ttl": ttl.secs() }),
                        rdata,
                    )?),
                    Step::Update { record: Record { id, owner, .. }, ttl, rdata } => {
                        let head = json!({
                            "id": id, "name": shape::undotted(owner), "ttl": ttl.secs(),
                        });
                        patches.push(data::write(head, rdata)?);
                    }
                    Step::Delete(record) => deletes.push(json!({ "id": record.id })),
                }
            }
            let body = json!({ "deletes": deletes, "patches": patches, "posts": posts });
            let path = format!("zones/{}/dns_records/batch", zone.id);
            self.send::<Value>(Call::write(Method::POST, path).json(&body)).await?;
        }
        Ok(())
    }

    async fn access(&self, zone: &Zone) -> Result<Access, ProviderError> {
        let has = |permission| zone.permissions.iter().any(|one| one == permission);
        Ok(match zone.status.as_str() {
            "active" if has("#dns_records:edit") => {
                Access::Granted("the token has `#dns_records:edit`".to_owned())
            }
            "active" if zone.permissions.is_empty() => Access::Untried,
            "active" => Access::Denied("the token lacks `#dns_records:edit`".to_owned()),
            status => Access::Denied(format!("the zone is `{status}`, not `active`")),
        })
    }
}
