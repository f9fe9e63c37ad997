//! Vultr DNS, API version 2.
//!
//! Records have ids, pages a cursor. Targets have no last dot, texts stand in quotes and hold none.

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

impl Keyed for Vultr {
    const ENDPOINT: &'static str = "https://api.vultr.com/v2";
    /// Thirty a second from one address.
    const CALLS: (u32, u64) = (30, 1);
    const VARIABLE: &'static str = "VULTR_API_KEY";

    fn new(http: Http) -> Self {
        Self { http }
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

/// The API, for one account.
pub(super) struct Vultr {
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
        let txt_without = "\"\\".to_owned();
        Facts { ttl_floor, atomic, guard, types, null_mx: false, txt_without, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<String, ProviderError> {
        let path = format!("domains/{}", shape::undotted(apex));
        self.http.about(apex, Call::get(path.clone())).await?;
        Ok(format!("{path}/records"))
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
        Rdata::Txt(txt) => format!("\"{}\"", shape::plain(txt).map_err(ProviderError::Refused)?),
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
