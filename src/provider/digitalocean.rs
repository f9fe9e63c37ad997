//! DigitalOcean, API version 2.
//!
//! Records have ids. Targets are sent with their last dot and shown without it, the zone's own name
//! as `@`; texts are bare.

use super::hosted::{Held, Host};
use super::http::{Call, Http, Method};
use super::keyed::Keyed;
use super::records::{Gathering, Record, Step, steps};
use super::shape;
use crate::dns::rdata::{Caa, Mx, Srv};
use crate::dns::{Name, Rdata, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

impl Keyed for DigitalOcean {
    const ENDPOINT: &'static str = "https://api.digitalocean.com/v2";
    /// 250 in a minute, within 5,000 in an hour, which the host counts itself.
    const CALLS: (u32, u64) = (250, 60);
    const VARIABLE: &'static str = "DIGITALOCEAN_TOKEN";

    fn new(http: Http) -> Self {
        Self { http }
    }
}

/// Records on one page at most.
const PAGE: usize = 200;

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NS,
    Rtype::SRV,
    Rtype::TXT,
];

/// The API, for one account.
pub(super) struct DigitalOcean {
    http: Http,
}

#[derive(Deserialize)]
struct Page {
    domain_records: Vec<Listed>,
    #[serde(default)]
    links: Value,
}

#[derive(Deserialize)]
struct Listed {
    id: u64,
    r#type: String,
    name: String,
    data: String,
    priority: Option<u16>,
    port: Option<u16>,
    weight: Option<u16>,
    flags: Option<u8>,
    tag: Option<String>,
    ttl: u32,
}

impl Listed {
    fn rdata(&self, apex: &Name, rtype: Rtype) -> Result<Rdata, String> {
        let host = || match self.data.as_str() {
            "@" => Ok(apex.clone()),
            data => shape::name(data),
        };
        let number = |number: Option<u16>| number.unwrap_or_default();
        Ok(match rtype {
            Rtype::MX => Rdata::Mx(Mx { preference: number(self.priority), exchange: host()? }),
            Rtype::CNAME => Rdata::Cname(host()?),
            Rtype::NS => Rdata::Ns(host()?),
            Rtype::SRV => Rdata::Srv(Srv {
                priority: number(self.priority),
                weight: number(self.weight),
                port: number(self.port),
                target: host()?,
            }),
            Rtype::CAA => Rdata::Caa(Caa {
                flags: self.flags.unwrap_or_default(),
                tag: self.tag.clone().unwrap_or_default().into(),
                value: self.data.as_bytes().into(),
            }),
            _ => return shape::rdata(rtype, None, &self.data),
        })
    }
}

type Records = Vec<Record<u64>>;

#[async_trait]
impl Host for DigitalOcean {
    /// The path of its records.
    type Zone = String;
    type Native = Records;

    fn facts(&self) -> Facts {
        Facts {
            ttl_floor: Ttl::from_secs(30),
            atomic: false,
            guard: Guard::Ids,
            types: TYPES,
            null_mx: false,
            // Of a key of 4,096 bits it says that it is too long.
            txt_octets: Some(509),
            ..Facts::default()
        }
    }

    async fn find(&self, apex: &Name) -> Result<String, ProviderError> {
        let path = format!("domains/{}", shape::undotted(apex));
        self.http.about(apex, Call::get(path.clone())).await?;
        Ok(format!("{path}/records"))
    }

    async fn read(&self, apex: &Name, path: &String) -> Result<Held<Records>, ProviderError> {
        let mut gathering = Gathering::new(apex, self.facts());
        for number in 1.. {
            let call = Call::get(path.clone()).query("per_page", PAGE).query("page", number);
            let page: Page = self.http.send(call).await?.json()?;
            for one in &page.domain_records {
                let owner = shape::owner(&one.name, apex);
                gathering.take(one.id, owner, &one.r#type, one.ttl, |rtype| one.rdata(apex, rtype));
            }
            if page.links["pages"]["next"].is_null() {
                break;
            }
        }
        Ok(gathering.held())
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
                    Call::write(Method::POST, path).json(&record(apex, owner, ttl, rdata)?)
                }
                Step::Update { record: Record { id, owner, .. }, ttl, rdata } => {
                    let path = format!("{path}/{id}");
                    Call::write(Method::PUT, path).json(&record(apex, owner, ttl, rdata)?)
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
    let mut record = match rdata {
        Rdata::Mx(mx) => json!({"data": mx.exchange.to_string(), "priority": mx.preference}),
        Rdata::Srv(srv) => json!({
            "data": srv.target.to_string(), "priority": srv.priority, "weight": srv.weight,
            "port": srv.port,
        }),
        Rdata::Caa(caa) => json!({
            "data": String::from_utf8_lossy(&caa.value), "flags": caa.flags, "tag": caa.tag,
        }),
        Rdata::Txt(txt) => json!({"data": shape::bare(txt).map_err(ProviderError::Refused)?}),
        other => json!({"data": other.to_string()}),
    };
    record["type"] = json!(rdata.rtype().to_string());
    record["name"] = json!(shape::label(owner, apex, "@"));
    record["ttl"] = json!(ttl.secs());
    Ok(record)
}
