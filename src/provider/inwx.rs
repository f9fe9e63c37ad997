//! INWX, the JSON-RPC of its DomRobot.
//!
//! Records have ids. Names are whole and, like targets, without their last dot; texts are bare. The
//! answer to everything is HTTP 200, with a code inside that says how it went.

mod session;
mod totp;

use super::Open;
use super::api::{Api, Named, Opening, account, credential, named, rate};
use super::hosted::{Held, Host};
use super::http::{Call, Http};
use super::records::{Gathering, Record, Step, steps};
use super::shape;
use crate::config::{Rate, Read, Reader, SecretRef, Table, secret};
use crate::dns::{Name, Rdata, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use session::{Login, Second, call};
use totp::Totp;

/// `username`, `password` and `shared-secret`.
#[derive(Debug)]
struct Settings {
    user: Named,
    password: SecretRef,
    shared: Option<SecretRef>,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let user = named(table, "username", "INWX_USERNAME");
    let password = credential(table, "password", "INWX_PASSWORD");
    let shared = table.get("shared-secret", secret);
    account(table, Some(Settings { user, password, shared }))
}

impl Settings {
    fn second(&self, opening: &Opening<'_>) -> Result<Option<Second>, ProviderError> {
        let found = match &self.shared {
            Some(shared) => Some(opening.secret(shared)?),
            // Most accounts have no second factor for programs.
            None => opening.secret(&SecretRef::Env("INWX_SHARED_SECRET".to_owned())).ok(),
        };
        let Some(secret) = found else { return Ok(None) };
        match Totp::new(&secret) {
            Some(totp) => Ok(Some(Second { totp, secret })),
            None => {
                let why = "the shared secret of the second factor is not base32".to_owned();
                Err(ProviderError::Unauthorized(why))
            }
        }
    }
}

impl Api for Settings {
    type Host = Inwx;
    const ENDPOINT: &'static str = "https://api.domrobot.com/jsonrpc/";
    /// Nothing is documented; many writes at once are said to fail.
    const RATE: Rate = rate(2, 1);

    fn host(&self, opening: &Opening<'_>) -> Result<Inwx, ProviderError> {
        let (user, password) = (opening.name(&self.user)?, opening.secret(&self.password)?);
        let login = Login { user, password, second: self.second(opening)? };
        let session = opening.tokens(login, opening.endpoint.clone());
        Ok(Inwx { http: opening.http(session) })
    }
}

const TYPES: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CNAME,
    Rtype::MX,
    Rtype::NS,
    Rtype::PTR,
    Rtype::SRV,
    Rtype::TLSA,
    Rtype::TXT,
];

struct Inwx {
    http: Http,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "resData")]
    data: Zone,
}

#[derive(Deserialize)]
struct Zone {
    #[serde(default)]
    count: usize,
    #[serde(default)]
    record: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    /// A number, or one as text.
    id: Value,
    name: String,
    r#type: String,
    content: String,
    ttl: u32,
    prio: Option<u16>,
}

type Records = Vec<Record<Value>>;

#[async_trait]
impl Host for Inwx {
    type Zone = ();
    type Native = Records;

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(300);
        Facts { ttl_floor, atomic: false, guard: Guard::Ids, types: TYPES, ..Facts::default() }
    }

    /// Its records show that it is there.
    async fn find(&self, _: &Name) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn has(&self, name: &Name) -> Result<(), ProviderError> {
        self.zone(name).await.map(drop)
    }

    async fn read(&self, apex: &Name, (): &()) -> Result<Held<Records>, ProviderError> {
        let Zone { count, record } = self.zone(apex).await?;
        if record.len() < count {
            let why = format!("it shows {} of {count} records", record.len());
            return Err(ProviderError::Refused(why));
        }
        let mut gathering = Gathering::new(apex, self.facts());
        for Listed { id, name, r#type, content, ttl, prio } in record {
            let read = |rtype| data(rtype, prio, &content);
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
        for step in steps(&held.native, changes) {
            let (method, params) = match step {
                Step::Create { owner, ttl, rdata } => {
                    let mut params = record(owner, ttl, rdata)?;
                    params["domain"] = json!(shape::undotted(apex));
                    ("nameserver.createRecord", params)
                }
                Step::Update { record: Record { id, owner, .. }, ttl, rdata } => {
                    let mut params = record(owner, ttl, rdata)?;
                    params["id"] = id.clone();
                    ("nameserver.updateRecord", params)
                }
                Step::Delete(Record { id, .. }) => ("nameserver.deleteRecord", json!({ "id": id })),
            };
            self.change(call(method, true, &params)).await?;
        }
        Ok(())
    }
}

impl Inwx {
    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError> {
        let params = json!({ "domain": shape::undotted(apex) });
        let reply = self.http.about(apex, call("nameserver.info", false, &params)).await?;
        Ok(reply.json::<Answer>()?.data)
    }

    /// What is not there any more was dropped by somebody else: read again and decide.
    async fn change(&self, call: Call) -> Result<(), ProviderError> {
        match self.http.send(call.or(&[404])).await?.is(404) {
            true => Err(ProviderError::Busy("a record went while it was written".to_owned())),
            false => Ok(()),
        }
    }
}

fn data(rtype: Rtype, prio: Option<u16>, content: &str) -> Result<Rdata, String> {
    let is_bare = rtype == Rtype::TXT && !content.starts_with('"');
    if is_bare && content.contains(['"', '\\']) {
        return Err("of a text with quotation marks or backslashes not all is shown".to_owned());
    }
    shape::rdata(rtype, prio, content)
}

fn record(owner: &Name, ttl: Ttl, rdata: &Rdata) -> Result<Value, ProviderError> {
    let flat = shape::flat(rdata);
    let content = match rdata {
        Rdata::Txt(txt) => match shape::plain(txt).map_err(ProviderError::Refused)? {
            text if text.contains('`') => {
                let why = "it takes no text with backticks".to_owned();
                return Err(ProviderError::Refused(why));
            }
            text => text,
        },
        _ => flat.content,
    };
    let mut record = json!({
        "name": shape::undotted(owner), "type": rdata.rtype().to_string(), "content": content,
        "ttl": ttl.secs(),
    });
    if let Some(priority) = flat.priority {
        record["prio"] = json!(priority);
    }
    Ok(record)
}
