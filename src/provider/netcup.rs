//! netcup, the web service of its customer control panel (CCP).
//!
//! One call adds, alters and drops records, which have ids. They have no TTL: the zone has one for
//! all of them, which is not touched, since it is that of other people's records too. Targets have
//! no last dot, and `@` is the zone's own name; texts are bare, with `\"` for a quotation mark.

mod data;
mod session;

use super::Open;
use super::api::{Api, Named, Opening, account, credential, named, rate};
use super::hosted::{Held, Host};
use super::http::Http;
use super::records::{Gathering, Record, Step, steps};
use super::shape;
use crate::config::{Rate, Read, Reader, SecretRef, Table};
use crate::dns::{Name, RrSet, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use session::{Answer, Login, call};

/// `customer-number`, `api-key` and `api-password`.
#[derive(Debug)]
struct Settings {
    customer: Named,
    key: SecretRef,
    password: SecretRef,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let customer = named(table, "customer-number", "NETCUP_CUSTOMER_NUMBER");
    let key = credential(table, "api-key", "NETCUP_API_KEY");
    let password = credential(table, "api-password", "NETCUP_API_PASSWORD");
    account(table, Some(Settings { customer, key, password }))
}

impl Api for Settings {
    type Host = Netcup;
    const ENDPOINT: &'static str =
        "https://ccp.netcup.net/run/webservice/servers/endpoint.php?JSON";
    /// 180 in a minute are too many.
    const RATE: Rate = rate(2, 1);

    fn host(&self, opening: &Opening<'_>) -> Result<Netcup, ProviderError> {
        let customer = opening.name(&self.customer)?;
        let (key, password) = (opening.secret(&self.key)?, opening.secret(&self.password)?);
        let session = Login { customer, key, password };
        let session = opening.tokens(session, opening.endpoint.clone());
        Ok(Netcup { http: opening.http(session) })
    }
}

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::SRV,
    Rtype::TLSA,
    Rtype::TXT,
];

struct Netcup {
    http: Http,
}

#[derive(Deserialize)]
struct Zone {
    /// A number as text.
    ttl: Value,
}

#[derive(Default, Deserialize)]
struct Listing {
    dnsrecords: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    hostname: String,
    r#type: String,
    #[serde(default)]
    priority: String,
    destination: String,
}

/// A record's id, and its data as shown: a record that goes is named by both.
type Shown = (String, String);
type Records = Vec<Record<Shown>>;

impl Netcup {
    async fn ttl(&self, apex: &Name) -> Result<u32, ProviderError> {
        let param = json!({ "domainname": shape::undotted(apex) });
        let reply = self.http.about(apex, call("infoDnsZone", false, &param)).await?;
        let Answer { data: Zone { ttl } } = reply.json()?;
        let text = ttl.as_str().map_or_else(|| ttl.to_string(), str::to_owned);
        let why = |_| ProviderError::Refused(format!("the zone's TTL is `{text}`"));
        text.parse().map_err(why)
    }

    async fn list(&self, apex: &Name) -> Result<Vec<Listed>, ProviderError> {
        let param = json!({ "domainname": shape::undotted(apex) });
        let reply = self.http.send(call("infoDnsRecords", false, &param).or(&[404])).await?;
        // The zone is there, as was just seen, but empty.
        let found = if reply.is(404) { None } else { Some(reply.json()?) };
        Ok(found.map_or_else(Vec::new, |Answer { data: Listing { dnsrecords } }| dnsrecords))
    }
}

#[async_trait]
impl Host for Netcup {
    type Zone = ();
    type Native = Records;

    fn facts(&self) -> Facts {
        Facts {
            // What zones begin with; each says its own.
            ttls: vec![86_400],
            // The host may do a part of what a call asks for.
            atomic: false,
            // Records are named by ids; that one which is gone is refused, nobody says.
            guard: Guard::Reading,
            types: TYPES,
            null_mx: false,
            ..Facts::default()
        }
    }

    /// Its TTL shows that it is there.
    async fn find(&self, _: &Name) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn has(&self, name: &Name) -> Result<(), ProviderError> {
        self.ttl(name).await.map(drop)
    }

    async fn read(&self, apex: &Name, (): &()) -> Result<Held<Records>, ProviderError> {
        let ttl = self.ttl(apex).await?;
        let mut gathering = Gathering::new(apex, Facts { ttls: vec![ttl], ..self.facts() });
        for Listed { id, hostname, r#type, priority, destination } in self.list(apex).await? {
            let owner = shape::owner(&hostname, apex);
            let read = |rtype| data::read(apex, rtype, &priority, &destination);
            gathering.take((id, destination.clone()), owner, &r#type, ttl, read);
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
        let asked = changes.iter().filter_map(|change| change.after().map(RrSet::ttl));
        if let Some(ttl) = asked.into_iter().find(|ttl| held.facts.fitted(*ttl) != *ttl) {
            let zones = held.facts.fitted(Ttl::from_secs(0));
            let why = format!("no record has a TTL of its own: all have {zones}, and none {ttl}");
            return Err(ProviderError::Refused(why));
        }
        let mut records = Vec::new();
        for step in steps(&held.native, changes) {
            let one = match step {
                Step::Create { owner, rdata, .. } => data::record(apex, owner, rdata)?,
                Step::Update { record: Record { id: (id, _), owner, .. }, rdata, .. } => {
                    let mut one = data::record(apex, owner, rdata)?;
                    one["id"] = json!(id);
                    one
                }
                Step::Delete(Record { id: (id, destination), owner, rdata, .. }) => json!({
                    "id": id, "hostname": shape::label(owner, apex, "@"), "deleterecord": true,
                    "type": rdata.rtype().to_string(), "destination": destination,
                }),
            };
            records.push(one);
        }
        let param = json!({
            "domainname": shape::undotted(apex), "dnsrecordset": { "dnsrecords": records },
        });
        self.http.send(call("updateDnsRecords", true, &param)).await.map(drop)
    }
}
