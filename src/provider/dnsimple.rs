//! DNSimple, API version 2.
//!
//! Records have ids. A batch is one transaction, on the plan that has batches; elsewhere records go
//! one by one. Targets have no last dot, texts are bare.

use super::Open;
use super::api::{Api, Opening, account, credential, rate};
use super::hosted::{Held, Host, Reading};
use super::http::{Call, Header, Http, Method};
use super::records::{Record, Step, steps};
use super::shape;
use crate::config::{Rate, Read, Reader, SecretRef, Table, text};
use crate::dns::{Name, Rdata, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

/// `token` and `account`.
#[derive(Debug)]
struct Settings {
    token: SecretRef,
    account: Option<String>,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let token = credential(table, "token", "DNSIMPLE_TOKEN");
    let number = table.get("account", text);
    account(table, Some(Settings { token, account: number }))
}

impl Api for Settings {
    type Host = Dnsimple;
    const ENDPOINT: &'static str = "https://api.dnsimple.com/v2";
    /// 2,400 in an hour.
    const RATE: Rate = rate(2_400, 3_600);

    fn host(&self, opening: &Opening<'_>) -> Result<Dnsimple, ProviderError> {
        let http = opening.http(Header::bearer(opening.secret(&self.token)?));
        Ok(Dnsimple { http, account: self.account.clone(), has_batches: AtomicBool::new(true) })
    }
}

/// Records on one page at most.
const PAGE: usize = 100;

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NAPTR,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::SSHFP,
    Rtype::TXT,
];

struct Dnsimple {
    http: Http,
    account: Option<String>,
    /// Until the host says that the plan has none.
    has_batches: AtomicBool,
}

#[derive(Deserialize)]
struct Who {
    data: Parties,
}

#[derive(Deserialize)]
struct Parties {
    account: Option<Party>,
}

#[derive(Deserialize)]
struct Party {
    id: u64,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Listed>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    total_pages: usize,
}

#[derive(Deserialize)]
struct Listed {
    id: u64,
    name: String,
    content: String,
    ttl: u32,
    priority: Option<u16>,
    r#type: String,
    #[serde(default)]
    system_record: bool,
}

type Records = Vec<Record<u64>>;

impl Dnsimple {
    /// The account's number: as written, or that of the token.
    async fn account(&self) -> Result<String, ProviderError> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        let who: Who = self.http.send(Call::get("whoami")).await?.json()?;
        let account = who.data.account.map(|account| account.id.to_string());
        account.ok_or_else(|| {
            let why = "the token is a user's; write `account:` with the account's number";
            ProviderError::Refused(why.to_owned())
        })
    }

    /// All of it in one transaction; whether the plan has any.
    async fn batch(
        &self,
        apex: &Name,
        path: &str,
        steps: &[Step<'_, u64>],
    ) -> Result<bool, ProviderError> {
        if !self.has_batches.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let (mut creates, mut updates, mut deletes) = (Vec::new(), Vec::new(), Vec::new());
        for step in steps {
            match step {
                Step::Create { .. } => creates.push(body(apex, step)?),
                Step::Update { record, .. } => {
                    let mut update = body(apex, step)?;
                    update["id"] = json!(record.id);
                    updates.push(update);
                }
                Step::Delete(record) => deletes.push(json!({"id": record.id})),
            }
        }
        let call = Call::write(Method::POST, format!("{path}/batch"));
        let batch = json!({"creates": creates, "updates": updates, "deletes": deletes});
        let reply = self.http.send(call.json(&batch).or(&[412])).await?;
        self.has_batches.store(!reply.is(412), Ordering::Relaxed);
        Ok(!reply.is(412))
    }
}

#[async_trait]
impl Host for Dnsimple {
    /// The path of the zone.
    type Zone = String;
    type Native = Records;

    fn facts(&self) -> Facts {
        let (atomic, guard, types) = (false, Guard::Ids, TYPES);
        let (ttl_floor, txt_octets) = (Ttl::from_secs(60), Some(1_000));
        Facts { ttl_floor, atomic, guard, types, txt_octets, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<String, ProviderError> {
        let path = format!("{}/zones/{}", self.account().await?, shape::undotted(apex));
        self.http.about(apex, Call::get(path.clone())).await?;
        Ok(path)
    }

    async fn read(&self, apex: &Name, path: &String) -> Result<Held<Records>, ProviderError> {
        let (mut reading, mut records) = (Reading::new(apex, self.facts()), Records::new());
        for number in 1.. {
            let call = Call::get(format!("{path}/records"));
            let call = call.query("per_page", PAGE).query("page", number);
            let page: Page = self.http.send(call).await?.json()?;
            for one in page.data {
                let (Ok(owner), Some(rtype)) =
                    (shape::owner(&one.name, apex), Rtype::parse(&one.r#type))
                else {
                    continue;
                };
                let ttl = Ttl::from_secs(one.ttl);
                match shape::rdata(rtype, one.priority, &one.content) {
                    Ok(rdata) => {
                        reading.add(owner.clone(), ttl, rdata.clone());
                        let owner = owner.clone();
                        records.push(Record { id: one.id, owner, ttl, rdata });
                    }
                    Err(_) if rtype == Rtype::SOA => (), // with some fields of its own
                    Err(why) => reading.close(owner.clone(), rtype, why),
                }
                if one.system_record {
                    reading.close(owner, rtype, "DNSimple manages it itself");
                }
            }
            if number >= page.pagination.total_pages {
                break;
            }
        }
        Ok(reading.held(records))
    }

    async fn write(
        &self,
        apex: &Name,
        path: &String,
        held: &Held<Records>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        let steps = steps(&held.native, changes);
        if self.batch(apex, path, &steps).await? {
            return Ok(());
        }
        for step in &steps {
            let all = format!("{path}/records");
            let call = match step {
                Step::Create { .. } => Call::write(Method::POST, all).json(&body(apex, step)?),
                Step::Update { record, .. } => {
                    let one = format!("{all}/{}", record.id);
                    Call::write(Method::PATCH, one).json(&body(apex, step)?)
                }
                Step::Delete(record) => Call::write(Method::DELETE, format!("{all}/{}", record.id)),
            };
            self.http.send(call).await?;
        }
        Ok(())
    }
}

/// A record that comes or changes.
fn body(apex: &Name, step: &Step<'_, u64>) -> Result<Value, ProviderError> {
    let (owner, ttl, rdata, is_new) = match step {
        Step::Create { owner, ttl, rdata } => (*owner, ttl, *rdata, true),
        Step::Update { record, ttl, rdata } => (&record.owner, ttl, *rdata, false),
        Step::Delete(_) => return Ok(json!({})),
    };
    let flat = shape::flat(rdata);
    let content = match rdata {
        Rdata::Txt(txt) => shape::bare(txt).map_err(ProviderError::Refused)?,
        _ => flat.content,
    };
    let name = shape::label(owner, apex, "");
    let mut body = json!({"name": name, "content": content, "ttl": ttl.secs()});
    if is_new {
        body["type"] = json!(rdata.rtype().to_string());
    }
    if let Some(priority) = flat.priority {
        body["priority"] = json!(priority);
    }
    Ok(body)
}
