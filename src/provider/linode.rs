//! Linode (Akamai) DNS Manager, API version 4.
//!
//! Records have ids, TTLs are from a short list. Targets have no last dot, texts are bare; SRV is
//! named by its service and protocol.

use super::hosted::{Held, Host};
use super::http::{Call, Http, Method};
use super::keyed::Keyed;
use super::records::{Gathering, Record, Step, steps};
use super::shape;
use crate::dns::rdata::{Caa, Srv};
use crate::dns::{Name, Rdata, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::{Access, ProviderError};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

impl Keyed for Linode {
    const ENDPOINT: &'static str = "https://api.linode.com/v4";
    /// Of pages it takes 200 in a minute, of everything else more.
    const CALLS: (u32, u64) = (200, 60);
    const VARIABLE: &'static str = "LINODE_TOKEN";

    fn new(http: Http) -> Self {
        Self { http }
    }
}

/// Records on one page at most.
const PAGE: usize = 500;
/// The TTLs that it takes; others are rounded without a word.
const TTLS: &[u32] = &[
    300, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400, 172_800, 345_600, 604_800, 1_209_600,
    2_419_200,
];
/// What no TTL of its own means.
const DEFAULT: u32 = 86_400;

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::TXT,
];

/// The API, for one account.
pub(super) struct Linode {
    http: Http,
}

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
    pages: usize,
}

/// A zone as the host names it.
#[derive(Deserialize)]
pub(super) struct Domain {
    id: u64,
    domain: String,
    r#type: String,
    #[serde(default)]
    ttl_sec: u32,
}

#[derive(Deserialize)]
struct Listed {
    id: u64,
    r#type: String,
    name: String,
    target: String,
    priority: Option<u16>,
    weight: Option<u16>,
    port: Option<u16>,
    tag: Option<String>,
    ttl_sec: u32,
}

impl Listed {
    fn rdata(&self, rtype: Rtype) -> Result<Rdata, String> {
        let number = |number: Option<u16>| number.unwrap_or_default();
        match rtype {
            Rtype::SRV => Ok(Rdata::Srv(Srv {
                priority: number(self.priority),
                weight: number(self.weight),
                port: number(self.port),
                target: shape::name(&self.target)?,
            })),
            Rtype::CAA => Ok(Rdata::Caa(Caa {
                flags: 0, // it knows no others
                tag: self.tag.clone().unwrap_or_default().into(),
                value: self.target.as_bytes().into(),
            })),
            _ => shape::rdata(rtype, self.priority, &self.target),
        }
    }
}

type Records = Vec<Record<u64>>;

#[async_trait]
impl Host for Linode {
    type Zone = Domain;
    type Native = Records;

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(300);
        let (atomic, guard, types) = (false, Guard::Ids, TYPES);
        Facts {
            ttl_floor,
            ttls: TTLS.to_vec(),
            atomic,
            guard,
            types,
            null_mx: false,
            ..Facts::default()
        }
    }

    async fn find(&self, apex: &Name) -> Result<Domain, ProviderError> {
        let name = shape::undotted(apex);
        let filter = json!({"domain": name}).to_string();
        let call = Call::get("domains").header("x-filter", &filter);
        let found: Page<Domain> = self.http.send(call).await?.json()?;
        let mut domains = found.data.into_iter();
        let domain = domains.find(|domain| domain.domain.eq_ignore_ascii_case(&name));
        domain.ok_or_else(|| ProviderError::NoZone(apex.clone()))
    }

    async fn read(&self, apex: &Name, domain: &Domain) -> Result<Held<Records>, ProviderError> {
        let mut gathering = Gathering::new(apex, self.facts());
        let usual = if domain.ttl_sec == 0 { DEFAULT } else { domain.ttl_sec };
        for number in 1.. {
            let call = Call::get(format!("domains/{}/records", domain.id));
            let call = call.query("page_size", PAGE).query("page", number);
            let page: Page<Listed> = self.http.send(call).await?.json()?;
            for one in &page.data {
                let ttl = if one.ttl_sec == 0 { usual } else { one.ttl_sec };
                let owner = shape::owner(&one.name, apex);
                gathering.take(one.id, owner, &one.r#type, ttl, |rtype| one.rdata(rtype));
            }
            if number >= page.pages {
                break;
            }
        }
        Ok(gathering.held())
    }

    async fn write(
        &self,
        apex: &Name,
        domain: &Domain,
        held: &Held<Records>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        let path = format!("domains/{}/records", domain.id);
        for step in steps(&held.native, changes) {
            match step {
                Step::Create { owner, ttl, rdata } => {
                    let mut body = record(rdata, ttl)?;
                    named(&mut body, apex, owner, rdata)?;
                    let call = Call::write(Method::POST, path.clone()).json(&body);
                    let made: Listed = self.http.send(call).await?.json()?;
                    // It happens that a TTL is not taken in with a new record.
                    if made.ttl_sec != ttl.secs() {
                        let call = Call::write(Method::PUT, format!("{path}/{}", made.id));
                        self.http.send(call.json(&json!({"ttl_sec": ttl.secs()}))).await?;
                    }
                }
                Step::Update { record: Record { id, .. }, ttl, rdata } => {
                    let call = Call::write(Method::PUT, format!("{path}/{id}"));
                    self.http.send(call.json(&record(rdata, ttl)?)).await?;
                }
                Step::Delete(Record { id, .. }) => {
                    let call = Call::write(Method::DELETE, format!("{path}/{id}"));
                    self.http.send(call).await?;
                }
            }
        }
        Ok(())
    }

    async fn access(&self, domain: &Domain) -> Result<Access, ProviderError> {
        Ok(match domain.r#type.as_str() {
            "slave" => Access::Denied("it is a secondary of this zone".to_owned()),
            _ => Access::Untried,
        })
    }
}

/// The data of a record.
fn record(rdata: &Rdata, ttl: Ttl) -> Result<Value, ProviderError> {
    let mut record = match rdata {
        Rdata::Srv(srv) => json!({
            "priority": srv.priority, "weight": srv.weight, "port": srv.port,
            "target": shape::undotted(&srv.target),
        }),
        Rdata::Caa(caa) if caa.flags != 0 => {
            let why = "it takes no CAA with flags".to_owned();
            return Err(ProviderError::Refused(why));
        }
        Rdata::Caa(caa) => json!({"tag": caa.tag, "target": String::from_utf8_lossy(&caa.value)}),
        Rdata::Txt(txt) => json!({"target": shape::bare(txt).map_err(ProviderError::Refused)?}),
        other => {
            let flat = shape::flat(other);
            let mut record = json!({"target": flat.content});
            if let Some(priority) = flat.priority {
                record["priority"] = json!(priority);
            }
            record
        }
    };
    record["ttl_sec"] = json!(ttl.secs());
    Ok(record)
}

/// A new record's type and name; SRV has service and protocol in its place.
fn named(body: &mut Value, apex: &Name, owner: &Name, rdata: &Rdata) -> Result<(), ProviderError> {
    let label = shape::label(owner, apex, "");
    body["type"] = json!(rdata.rtype().to_string());
    match rdata.rtype() {
        Rtype::SRV => {
            let labels: Vec<_> = label.split('.').collect();
            let bare = |label: &str| label.strip_prefix('_').map(str::to_owned);
            let [service, protocol] = &labels[..] else {
                let why = format!("`{owner}`: it takes SRV records of the zone's own name only");
                return Err(ProviderError::Refused(why));
            };
            body["service"] = json!(bare(service));
            body["protocol"] = json!(bare(protocol));
        }
        // It wants a name with characters, or none.
        _ if label.is_empty() => (),
        _ => body["name"] = json!(label),
    }
    Ok(())
}
