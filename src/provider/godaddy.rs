//! GoDaddy, API version 1, which is open to accounts with ten domains or more.
//!
//! RRsets are replaced one by one. Targets have no last dot, texts are bare. SRV records share one
//! path whatever their service, and are left alone.

use super::Open;
use super::api::{Api, Opening, account, credential, rate};
use super::hosted::{Held, Host, Reading};
use super::http::{Call, Header, Http, Method};
use super::shape;
use crate::config::{Rate, Read, Reader, Secret, SecretRef, Table};
use crate::dns::{Name, Rdata, RrSet, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

/// `api-key` and `api-secret`.
#[derive(Debug)]
struct Settings {
    key: SecretRef,
    secret: SecretRef,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let key = credential(table, "api-key", "GODADDY_API_KEY");
    let secret = credential(table, "api-secret", "GODADDY_API_SECRET");
    account(table, Some(Settings { key, secret }))
}

impl Api for Settings {
    type Host = GoDaddy;
    const ENDPOINT: &'static str = "https://api.godaddy.com/v1";
    /// Sixty in a minute.
    const RATE: Rate = rate(60, 60);

    fn host(&self, opening: &Opening<'_>) -> Result<GoDaddy, ProviderError> {
        let (key, secret) = (opening.secret(&self.key)?, opening.secret(&self.secret)?);
        let both = Secret::new(format!("{}:{}", key.expose(), secret.expose()));
        let header = Header::new("authorization", "sso-key ", both).holding(secret);
        Ok(GoDaddy { http: opening.http(header) })
    }
}

/// Records on one page at most.
const PAGE: usize = 500;

const TYPES: &[Rtype] =
    &[Rtype::A, Rtype::AAAA, Rtype::CAA, Rtype::CNAME, Rtype::MX, Rtype::NS, Rtype::TXT];

struct GoDaddy {
    http: Http,
}

#[derive(Clone, Deserialize, PartialEq)]
struct Listed {
    r#type: String,
    name: String,
    data: String,
    ttl: u32,
    priority: Option<u16>,
    service: Option<String>,
    protocol: Option<String>,
}

impl Listed {
    /// The labels before the zone's name: those of a service stand apart.
    fn label(&self) -> String {
        let service = self.service.iter().chain(&self.protocol).map(String::as_str);
        let name = Some(self.name.as_str()).filter(|name| !["", "@"].contains(name));
        match service.chain(name).collect::<Vec<_>>().join(".") {
            apex if apex.is_empty() => "@".to_owned(),
            label => label,
        }
    }
}

impl GoDaddy {
    /// All records. `offset` is documented as records to skip, and clients that read more than a
    /// page of them count pages from one: each is tried, and neither may lose a record.
    async fn list(&self, apex: &Name) -> Result<Vec<Listed>, ProviderError> {
        let page = async |offset: Option<usize>| {
            let call = Call::get(format!("{}/records", path(apex))).query("limit", PAGE);
            let call = offset.into_iter().fold(call, |call, offset| call.query("offset", offset));
            self.http.send(call).await?.json::<Vec<Listed>>()
        };
        let (mut all, mut skips, mut number) = (page(None).await?, true, 1);
        let mut is_last = all.len() < PAGE;
        while !is_last {
            number += 1;
            let offset = if skips { all.len() } else { number };
            let mut found = page(Some(offset)).await?;
            if found.is_empty() && skips && number == 2 {
                skips = false;
                found = page(Some(number)).await?;
            }
            // Where records are skipped, two is nearly the beginning.
            found.retain(|one| !all.contains(one));
            is_last = found.len() < PAGE;
            all.append(&mut found);
        }
        Ok(all)
    }
}

fn path(apex: &Name) -> String {
    format!("domains/{}", shape::undotted(apex))
}

#[async_trait]
impl Host for GoDaddy {
    type Zone = ();
    type Native = ();

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(600);
        let (atomic, guard, types) = (false, Guard::Reading, TYPES);
        Facts { ttl_floor, atomic, guard, types, null_mx: false, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<(), ProviderError> {
        self.http.about(apex, Call::get(path(apex))).await.map(drop)
    }

    async fn read(&self, apex: &Name, (): &()) -> Result<Held<()>, ProviderError> {
        let mut reading = Reading::new(apex, self.facts());
        for one in self.list(apex).await? {
            let Some(rtype) = Rtype::parse(&one.r#type) else { continue };
            let Ok(owner) = shape::owner(&one.label(), apex) else { continue };
            match shape::rdata(rtype, one.priority, &one.data) {
                Ok(rdata) if TYPES.contains(&rtype) => {
                    reading.add(owner, Ttl::from_secs(one.ttl), rdata);
                }
                Ok(_) => reading.close(owner, rtype, "it is left alone here"),
                Err(why) => reading.close(owner, rtype, why),
            }
        }
        Ok(reading.held(()))
    }

    async fn write(
        &self,
        apex: &Name,
        (): &(),
        _: &Held<()>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        for change in changes {
            let key = change.key();
            // Without the name, the path would be that of all RRsets of the type.
            let label = shape::label(&key.owner, apex, "@");
            let set = format!("{}/records/{}/{label}", path(apex), key.rtype);
            let call = match change.after() {
                Some(after) => Call::write(Method::PUT, set).json(&records(after)?),
                None => Call::write(Method::DELETE, set),
            };
            self.http.send(call).await?;
        }
        Ok(())
    }
}

fn records(rrset: &RrSet) -> Result<Vec<Value>, ProviderError> {
    let record = |rdata: &Rdata| {
        let flat = shape::flat(rdata);
        let data = match rdata {
            Rdata::Txt(txt) => shape::bare(txt).map_err(ProviderError::Refused)?,
            _ => flat.content,
        };
        let mut record = json!({"data": data, "ttl": rrset.ttl().secs()});
        if let Some(priority) = flat.priority {
            record["priority"] = json!(priority);
        }
        Ok(record)
    };
    rrset.rdata().iter().map(record).collect()
}
