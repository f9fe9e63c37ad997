//! Vultr DNS, API version 2.
//!
//! Records have ids, pages a cursor. Targets have no last dot, texts stand in quotes and hold none.

use super::Open;
use super::api::{Api, Opening, account, credential, rate};
use super::hosted::{Held, Host};
use super::http::{Call, Header, Http, Method};
use super::records::{Gathering, Record, Step, steps};
use super::shape;
use crate::config::{Rate, Read, Reader, SecretRef, Table};
use crate::dns::{Name, Rdata, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

/// `token`.
#[derive(Debug)]
struct Settings {
    token: SecretRef,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let token = credential(table, "token", "VULTR_API_KEY");
    account(table, Some(Settings { token }))
}

impl Api for Settings {
    type Host = Vultr;
    const ENDPOINT: &'static str = "https://api.vultr.com/v2";
    /// Thirty a second from one address.
    const RATE: Rate = rate(30, 1);

    fn host(&self, opening: &Opening<'_>) -> Result<Vultr, ProviderError> {
        Ok(Vultr { http: opening.http(Header::bearer(opening.secret(&self.token)?)) })
    }
}

/// Records on one page at most.
const PAGE: usize = 500;

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NS,
    Rtype::SRV,
    Rtype::SSHFP,
    Rtype::TXT,
];

struct Vultr {
    http: Http,
}

#[derive(Deserialize)]
struct Page {
    records: Vec<Listed>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    links: Links,
}

#[derive(Deserialize)]
struct Links {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    r#type: String,
    name: String,
    data: String,
    /// -1 where it means nothing.
    priority: i32,
    ttl: u32,
}

type Records = Vec<Record<String>>;

#[async_trait]
impl Host for Vultr {
    /// The path of its records.
    type Zone = String;
    type Native = Records;

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(120);
        let (atomic, guard, types) = (false, Guard::Ids, TYPES);
        Facts { ttl_floor, atomic, guard, types, null_mx: false, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<String, ProviderError> {
        let path = format!("domains/{}", shape::undotted(apex));
        let reply = self.http.send(Call::get(path.clone()).or(&[404])).await?;
        match reply.is(404) {
            true => Err(ProviderError::NoZone(apex.clone())),
            false => Ok(format!("{path}/records")),
        }
    }

    async fn read(&self, apex: &Name, path: &String) -> Result<Held<Records>, ProviderError> {
        let mut gathering = Gathering::new(apex, self.facts());
        let mut cursor = String::new();
        loop {
            let mut call = Call::get(path.clone()).query("per_page", PAGE);
            if !cursor.is_empty() {
                call = call.query("cursor", &cursor);
            }
            let page: Page = self.http.send(call).await?.json()?;
            for Listed { id, r#type, name, data, priority, ttl } in page.records {
                let priority = u16::try_from(priority).ok();
                let read = |rtype| shape::rdata(rtype, priority, &data);
                gathering.take(id, shape::owner(&name, apex), &r#type, ttl, read);
            }
            cursor = page.meta.links.next;
            if cursor.is_empty() {
                return Ok(gathering.held());
            }
        }
    }

    async fn write(
        &self,
        apex: &Name,
        path: &String,
        held: &Held<Records>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        for step in steps(&held.native, changes) {
            let call = match step {
                Step::Create { owner, ttl, rdata } => {
                    let mut body = record(apex, owner, ttl, rdata)?;
                    body["type"] = json!(rdata.rtype().to_string());
                    Call::write(Method::POST, path).json(&body)
                }
                Step::Update { record: Record { id, owner, .. }, ttl, rdata } => {
                    let body = record(apex, owner, ttl, rdata)?;
                    Call::write(Method::PATCH, format!("{path}/{id}")).json(&body)
                }
                Step::Delete(record) => {
                    Call::write(Method::DELETE, format!("{path}/{}", record.id))
                }
            };
            self.http.send(call).await?;
        }
        Ok(())
    }
}

fn record(apex: &Name, owner: &Name, ttl: Ttl, rdata: &Rdata) -> Result<Value, ProviderError> {
    let flat = shape::flat(rdata);
    let data = match rdata {
        Rdata::Txt(txt) => {
            format!("\"{}\"", shape::plain(txt).map_err(ProviderError::Refused)?)
        }
        _ => flat.content,
    };
    let mut record = json!({
        "name": shape::label(owner, apex, ""), "data": data, "ttl": ttl.secs(),
    });
    if let Some(priority) = flat.priority {
        record["priority"] = json!(priority);
    }
    Ok(record)
}
