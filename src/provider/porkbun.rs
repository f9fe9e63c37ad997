//! Porkbun, API version 3.
//!
//! Everything is a POST that holds both keys. Records have ids; numbers are text, targets have no
//! last dot, texts are bare.

use super::Open;
use super::api::{Api, Opening, account, credential, rate};
use super::hosted::{Held, Host};
use super::http::{Call, Dialect, Http, Method, Reply, fill};
use super::records::{Gathering, Record, Step, steps};
use super::shape;
use crate::config::{Rate, Read, Reader, Secret, SecretRef, Table};
use crate::dns::{Name, Rdata, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use reqwest::{Client, Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// `api-key` and `secret-api-key`.
#[derive(Debug)]
struct Settings {
    key: SecretRef,
    secret: SecretRef,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let key = credential(table, "api-key", "PORKBUN_API_KEY");
    let secret = credential(table, "secret-api-key", "PORKBUN_SECRET_API_KEY");
    account(table, Some(Settings { key, secret }))
}

impl Api for Settings {
    type Host = Porkbun;
    const ENDPOINT: &'static str = "https://api.porkbun.com/api/json/v3";
    /// One a second, as its support advises.
    const RATE: Rate = rate(1, 1);

    fn host(&self, opening: &Opening<'_>) -> Result<Porkbun, ProviderError> {
        let (key, secret) = (opening.secret(&self.key)?, opening.secret(&self.secret)?);
        Ok(Porkbun { http: opening.http(Keys { key, secret }) })
    }
}

/// Goes into the body of every request.
struct Keys {
    key: Secret,
    secret: Secret,
}

#[async_trait]
impl Dialect for Keys {
    async fn sign(&self, mut request: Request, _: &Client) -> Result<Request, ProviderError> {
        fill(&mut request, |body| {
            body["apikey"] = json!(self.key.expose());
            body["secretapikey"] = json!(self.secret.expose());
        });
        Ok(request)
    }

    /// A record that is gone is a bad request as any other.
    fn meaning(&self, reply: &Reply) -> StatusCode {
        let is_gone = || String::from_utf8_lossy(&reply.body).contains("Invalid record ID");
        if reply.is(400) && is_gone() { StatusCode::NOT_FOUND } else { reply.status }
    }

    /// Too many calls are a service that is not there.
    fn is_throttled(&self, reply: &Reply) -> bool {
        reply.is(429) || reply.is(503)
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.key.clone(), self.secret.clone()]
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

struct Porkbun {
    http: Http,
}

#[derive(Deserialize)]
struct Answer {
    status: String,
    #[serde(default)]
    records: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    r#type: String,
    content: String,
    ttl: String,
    prio: Option<String>,
}

type Records = Vec<Record<String>>;

impl Porkbun {
    /// A failure may come with HTTP 200, and a domain of somebody else's with 400.
    async fn send(&self, call: Call) -> Result<Option<Answer>, ProviderError> {
        let reply = self.http.send(call.or(&[400])).await?;
        let said = self.http.said(&reply.body);
        match reply.json::<Answer>()? {
            answer if answer.status == "SUCCESS" => Ok(Some(answer)),
            _ if said.contains("Invalid domain") => Ok(None),
            _ if said.contains("API key") => Err(ProviderError::Unauthorized(format!("it{said}"))),
            _ => Err(ProviderError::Refused(format!("it{said}"))),
        }
    }

    async fn list(&self, apex: &Name) -> Result<Vec<Listed>, ProviderError> {
        let path = format!("dns/retrieve/{}", shape::undotted(apex));
        let answer = self.send(Call::ask(path).json(&json!({}))).await?;
        Ok(answer.ok_or_else(|| ProviderError::NoZone(apex.clone()))?.records)
    }
}

#[async_trait]
impl Host for Porkbun {
    type Zone = ();
    type Native = Records;

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(600);
        let (atomic, guard, types) = (false, Guard::Ids, TYPES);
        Facts { ttl_floor, atomic, guard, types, null_mx: false, ..Facts::default() }
    }

    /// Its records show that it is there.
    async fn find(&self, _: &Name) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn has(&self, name: &Name) -> Result<(), ProviderError> {
        self.list(name).await.map(drop)
    }

    async fn read(&self, apex: &Name, (): &()) -> Result<Held<Records>, ProviderError> {
        let mut gathering = Gathering::new(apex, self.facts());
        for Listed { id, name, r#type, content, ttl, prio } in self.list(apex).await? {
            let priority = prio.and_then(|prio| prio.parse().ok());
            let ttl = ttl.parse().unwrap_or_default();
            let read = |rtype| shape::rdata(rtype, priority, &content);
            gathering.take(id, shape::name(&name), &r#type, ttl, read);
        }
        Ok(gathering.held())
    }

    async fn write(
        &self,
        apex: &Name,
        (): &(),
        held: &Held<Records>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        let domain = shape::undotted(apex);
        for step in steps(&held.native, changes) {
            let (path, body) = match step {
                Step::Create { owner, ttl, rdata } => {
                    (format!("dns/create/{domain}"), record(apex, owner, ttl, rdata)?)
                }
                Step::Update { record: Record { id, owner, .. }, ttl, rdata } => {
                    (format!("dns/edit/{domain}/{id}"), record(apex, owner, ttl, rdata)?)
                }
                Step::Delete(Record { id, .. }) => (format!("dns/delete/{domain}/{id}"), json!({})),
            };
            let done = self.send(Call::write(Method::POST, path).json(&body)).await?;
            done.ok_or_else(|| ProviderError::NoZone(apex.clone()))?;
        }
        Ok(())
    }
}

fn record(apex: &Name, owner: &Name, ttl: Ttl, rdata: &Rdata) -> Result<Value, ProviderError> {
    let flat = shape::flat(rdata);
    let content = match rdata {
        Rdata::Txt(txt) => shape::bare(txt).map_err(ProviderError::Refused)?,
        _ => flat.content,
    };
    let mut record = json!({
        "name": shape::label(owner, apex, ""), "type": rdata.rtype().to_string(),
        "content": content, "ttl": ttl.secs().to_string(),
    });
    if let Some(priority) = flat.priority {
        record["prio"] = json!(priority.to_string());
    }
    Ok(record)
}
