//! PowerDNS Authoritative Server by its HTTP API, version 1.
//!
//! One PATCH is all or nothing, and knows no precondition. Names and targets end in a dot, texts
//! are quoted: the API takes and shows presentation format.

use super::Open;
use super::api::{Api, Opening, account, credential, rate};
use super::hosted::{Held, Host, Reading};
use super::http::{Call, Header, Http, Method};
use crate::config::{Rate, Read, Reader, SecretRef, Table, text};
use crate::dns::{Name, RrKey, RrSet, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::{Access, ProviderError};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `api-key` and `server`.
#[derive(Debug)]
struct Settings {
    api_key: SecretRef,
    server: String,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let api_key = credential(table, "api-key", "PDNS_API_KEY");
    let server = table.get("server", text).unwrap_or_else(|| "localhost".to_owned());
    account(table, Some(Settings { api_key, server }))
}

impl Api for Settings {
    type Host = PowerDns;
    const ENDPOINT: &'static str = "http://127.0.0.1:8081";
    /// A server of one's own has no limit; this many keep it free for DNS.
    const RATE: Rate = rate(100, 1);

    fn host(&self, opening: &Opening<'_>) -> Result<PowerDns, ProviderError> {
        let header = Header::new("x-api-key", "", opening.secret(&self.api_key)?);
        Ok(PowerDns { http: opening.http(header), server: self.server.clone() })
    }
}

struct PowerDns {
    http: Http,
    server: String,
}

#[derive(Deserialize)]
struct Zone {
    kind: String,
    #[serde(default)]
    rrsets: Vec<Set>,
}

#[derive(Deserialize)]
struct Set {
    name: String,
    r#type: String,
    ttl: u32,
    records: Vec<Record>,
}

#[derive(Clone, Deserialize, Serialize)]
struct Record {
    content: String,
    #[serde(default)]
    disabled: bool,
}

/// Records that are kept and not served: a replacement has to carry them along.
type Disabled = BTreeMap<RrKey, Vec<Record>>;

impl PowerDns {
    fn path(&self, apex: &Name) -> String {
        format!("api/v1/servers/{}/zones/{apex}", self.server)
    }

    async fn zone(&self, apex: &Name, with_rrsets: bool) -> Result<Zone, ProviderError> {
        let call = Call::get(self.path(apex)).query("rrsets", with_rrsets);
        // Without it, errors come as text.
        self.http.about(apex, call.header("accept", "application/json")).await?.json()
    }
}

#[async_trait]
impl Host for PowerDns {
    type Zone = Zone;
    type Native = Disabled;

    fn facts(&self) -> Facts {
        Facts { guard: Guard::Reading, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<Zone, ProviderError> {
        self.zone(apex, false).await
    }

    async fn read(&self, apex: &Name, _: &Zone) -> Result<Held<Disabled>, ProviderError> {
        let (mut reading, mut disabled) = (Reading::new(apex, self.facts()), Disabled::new());
        for set in self.zone(apex, true).await?.rrsets {
            let (Ok(owner), Some(rtype)) = (Name::parse(&set.name), Rtype::parse(&set.r#type))
            else {
                continue; // ALIAS and LUA are of its own: nobody is answered with them
            };
            for record in set.records {
                if record.disabled {
                    let key = RrKey::new(owner.clone(), rtype);
                    disabled.entry(key).or_default().push(record);
                    continue;
                }
                reading.text(&owner, rtype, Ttl::from_secs(set.ttl), &record.content);
            }
        }
        Ok(reading.held(disabled))
    }

    async fn write(
        &self,
        apex: &Name,
        _: &Zone,
        held: &Held<Disabled>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        let rrsets: Vec<_> = changes.iter().map(|change| order(change, &held.native)).collect();
        let call = Call::write(Method::PATCH, self.path(apex));
        let call = call.header("accept", "application/json");
        self.http.send(call.json(&serde_json::json!({ "rrsets": rrsets }))).await?;
        Ok(())
    }

    async fn access(&self, zone: &Zone) -> Result<Access, ProviderError> {
        Ok(match zone.kind.as_str() {
            "Slave" | "Consumer" => Access::Denied("it is a secondary of this zone".to_owned()),
            _ => Access::Granted("whoever has the key may write".to_owned()),
        })
    }
}

/// One RRset of a PATCH.
fn order(change: &Change, disabled: &Disabled) -> serde_json::Value {
    let key = change.key();
    let served = change.after().map(RrSet::rdata).unwrap_or_default().iter();
    let served = served.map(|rdata| Record { content: rdata.to_string(), disabled: false });
    let kept = disabled.get(key).cloned().unwrap_or_default();
    let records: Vec<_> = served.chain(kept).collect();
    let ttl = change.after().or(change.before()).map(|rrset| rrset.ttl().secs());
    let changetype = if records.is_empty() { "DELETE" } else { "REPLACE" };
    serde_json::json!({
        "name": key.owner.to_string(), "type": key.rtype.to_string(), "ttl": ttl,
        "changetype": changetype, "records": records,
    })
}
