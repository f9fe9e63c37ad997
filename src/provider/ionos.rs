//! IONOS DNS, API version 1.
//!
//! Records have ids and stand in their zone. Names are whole, targets have no last dot; texts are
//! sent bare and shown in quotes.

use super::hosted::{Held, Host};
use super::http::{Call, Http, Method};
use super::keyed::Keyed;
use super::records::{Gathering, Record, Step, steps};
use super::shape;
use crate::dns::{Name, Rdata, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

impl Keyed for Ionos {
    const ENDPOINT: &'static str = "https://api.hosting.ionos.com/dns/v1";
    /// Nothing is documented; this disturbs nobody.
    const CALLS: (u32, u64) = (5, 1);
    const KEY: &'static str = "api-key";
    const VARIABLE: &'static str = "IONOS_API_KEY";
    const HEADER: (&'static str, &'static str) = ("x-api-key", "");

    fn new(http: Http) -> Self {
        Self { http }
    }
}

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NS,
    Rtype::SRV,
    Rtype::TLSA,
    Rtype::TXT,
];

/// The API, for one account.
pub(super) struct Ionos {
    http: Http,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Zone {
    #[serde(default)]
    records: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    r#type: String,
    content: String,
    ttl: u32,
    prio: Option<u16>,
    #[serde(default)]
    disabled: bool,
}

type Records = Vec<Record<String>>;

#[async_trait]
impl Host for Ionos {
    /// The zone's id.
    type Zone = String;
    type Native = Records;

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(300);
        let (atomic, guard, types) = (false, Guard::Ids, TYPES);
        Facts { ttl_floor, atomic, guard, types, null_mx: false, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<String, ProviderError> {
        let name = shape::undotted(apex);
        let zones: Vec<Named> = self.http.send(Call::get("zones")).await?.json()?;
        let zone = zones.into_iter().find(|zone| zone.name.eq_ignore_ascii_case(&name));
        zone.map(|zone| zone.id).ok_or_else(|| ProviderError::NoZone(apex.clone()))
    }

    async fn read(&self, apex: &Name, id: &String) -> Result<Held<Records>, ProviderError> {
        let mut gathering = Gathering::new(apex, self.facts());
        let zone: Zone = self.http.send(Call::get(format!("zones/{id}"))).await?.json()?;
        for one in zone.records.into_iter().filter(|one| !one.disabled) {
            let read = |rtype| shape::rdata(rtype, one.prio, &one.content);
            gathering.take(one.id, shape::name(&one.name), &one.r#type, one.ttl, read);
        }
        Ok(gathering.held())
    }

    async fn write(
        &self,
        _: &Name,
        id: &String,
        held: &Held<Records>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        let path = format!("zones/{id}/records");
        for step in steps(&held.native, changes) {
            let call = match step {
                Step::Create { owner, ttl, rdata } => {
                    let mut body = record(ttl, rdata)?;
                    body["name"] = json!(shape::undotted(owner));
                    body["type"] = json!(rdata.rtype().to_string());
                    Call::write(Method::POST, path.clone()).json(&json!([body]))
                }
                Step::Update { record: Record { id, .. }, ttl, rdata } => {
                    Call::write(Method::PUT, format!("{path}/{id}")).json(&record(ttl, rdata)?)
                }
                Step::Delete(Record { id, .. }) => {
                    Call::write(Method::DELETE, format!("{path}/{id}"))
                }
            };
            self.http.send(call).await?;
        }
        Ok(())
    }
}

fn record(ttl: Ttl, rdata: &Rdata) -> Result<Value, ProviderError> {
    let flat = shape::flat(rdata);
    let content = match rdata {
        Rdata::Txt(txt) => shape::bare(txt).map_err(ProviderError::Refused)?,
        _ => flat.content,
    };
    let mut record = json!({"content": content, "ttl": ttl.secs(), "disabled": false});
    if let Some(priority) = flat.priority {
        record["prio"] = json!(priority);
    }
    Ok(record)
}
