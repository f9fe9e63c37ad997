//! OVHcloud, API version 1.
//!
//! Records have ids and are read one by one. What is written is staged until the zone is refreshed,
//! which happens once all of it went well. SPF, DKIM and DMARC have types of their own there, and
//! are texts in DNS.

mod sign;

use super::Open;
use super::api::{Api, Opening, account, credential, rate};
use super::hosted::{Held, Host};
use super::http::{Call, Http, Method};
use super::records::{Gathering, Record, Step, steps};
use super::shape;
use crate::config::{Rate, Read, Reader, SecretRef, Table};
use crate::dns::{Name, Rdata, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use sign::Signature;

/// `application-key`, `application-secret` and `consumer-key`.
#[derive(Debug)]
struct Settings {
    application: SecretRef,
    secret: SecretRef,
    consumer: SecretRef,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let application = credential(table, "application-key", "OVH_APPLICATION_KEY");
    let secret = credential(table, "application-secret", "OVH_APPLICATION_SECRET");
    let consumer = credential(table, "consumer-key", "OVH_CONSUMER_KEY");
    account(table, Some(Settings { application, secret, consumer }))
}

impl Api for Settings {
    type Host = Ovh;
    const ENDPOINT: &'static str = "https://eu.api.ovh.com/1.0";
    /// Nothing is documented; a zone takes a request for each of its records.
    const RATE: Rate = rate(30, 1);

    fn host(&self, opening: &Opening<'_>) -> Result<Ovh, ProviderError> {
        let time = format!("{}/auth/time", opening.endpoint.as_str().trim_end_matches('/'));
        let application = opening.secret(&self.application)?;
        let (secret, consumer) = (opening.secret(&self.secret)?, opening.secret(&self.consumer)?);
        let clock = opening.context.clock.clone();
        let signature = Signature::new(application, secret, consumer, time, clock);
        Ok(Ovh { http: opening.http(signature) })
    }
}

/// Records read at once: within the budget, and no more than one person's browser asks.
const AT_ONCE: usize = 8;
/// What no TTL of its own means.
const DEFAULT: u32 = 3_600;

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NAPTR,
    Rtype::NS,
    Rtype::SRV,
    Rtype::SSHFP,
    Rtype::TLSA,
    Rtype::TXT,
];

struct Ovh {
    http: Http,
}

#[derive(Deserialize)]
struct Listed {
    id: u64,
    #[serde(rename = "subDomain")]
    sub: String,
    #[serde(rename = "fieldType")]
    kind: String,
    target: String,
    ttl: u32,
}

/// A record's number, and whether its type wants text without quotes.
#[derive(Clone, Copy)]
struct Id {
    number: u64,
    is_bare: bool,
}

type Records = Vec<Record<Id>>;

fn path(apex: &Name) -> String {
    format!("domain/zone/{}", shape::undotted(apex))
}

#[async_trait]
impl Host for Ovh {
    type Zone = ();
    type Native = Records;

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(60);
        let (atomic, guard, types) = (false, Guard::Ids, TYPES);
        Facts { ttl_floor, atomic, guard, types, null_mx: false, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<(), ProviderError> {
        self.http.about(apex, Call::get(path(apex))).await.map(drop)
    }

    async fn read(&self, apex: &Name, (): &()) -> Result<Held<Records>, ProviderError> {
        let all = format!("{}/record", path(apex));
        let ids: Vec<u64> = self.http.send(Call::get(all.clone())).await?.json()?;
        let one = async |id: u64| -> Result<Option<Listed>, ProviderError> {
            let reply = self.http.send(Call::get(format!("{all}/{id}")).or(&[404])).await?;
            // It went meanwhile.
            if reply.is(404) { Ok(None) } else { reply.json().map(Some) }
        };
        let found: Vec<_> = stream::iter(ids).map(one).buffered(AT_ONCE).try_collect().await?;
        let mut gathering = Gathering::new(apex, self.facts());
        for Listed { id, sub, kind, target, ttl } in found.into_iter().flatten() {
            let ttl = if ttl == 0 { DEFAULT } else { ttl };
            let is_bare = matches!(kind.as_str(), "DKIM" | "DMARC");
            let rtype = if is_bare || kind == "SPF" { "TXT" } else { &kind };
            let read = |rtype| match rtype {
                Rtype::TXT => shape::text(&target),
                _ => Rdata::parse(rtype, &target, Some(apex)).map_err(|error| error.message),
            };
            let id = Id { number: id, is_bare };
            gathering.take(id, shape::owner(&sub, apex), rtype, ttl, read);
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
        let all = format!("{}/record", path(apex));
        for step in steps(&held.native, changes) {
            let call = match step {
                Step::Create { owner, ttl, rdata } => {
                    let mut body = record(apex, owner, ttl, rdata.to_string());
                    body["fieldType"] = json!(rdata.rtype().to_string());
                    Call::write(Method::POST, all.clone()).json(&body)
                }
                Step::Update { record: Record { id, owner, .. }, ttl, rdata } => {
                    let target = match rdata {
                        Rdata::Txt(txt) if id.is_bare => {
                            shape::bare(txt).map_err(ProviderError::Refused)?
                        }
                        other => other.to_string(),
                    };
                    let call = Call::write(Method::PUT, format!("{all}/{}", id.number));
                    call.json(&record(apex, owner, ttl, target))
                }
                Step::Delete(Record { id, .. }) => {
                    Call::write(Method::DELETE, format!("{all}/{}", id.number))
                }
            };
            self.http.send(call).await?;
        }
        self.publish(apex, &()).await
    }

    async fn publish(&self, apex: &Name, (): &()) -> Result<(), ProviderError> {
        let refresh = format!("{}/refresh", path(apex));
        self.http.send(Call::write(Method::POST, refresh)).await?;
        Ok(())
    }
}

fn record(apex: &Name, owner: &Name, ttl: Ttl, target: String) -> Value {
    json!({"subDomain": shape::label(owner, apex, ""), "target": target, "ttl": ttl.secs()})
}
