//! Azure DNS, API of 2018-05-01.
//!
//! RRsets have versions: one is replaced or deleted only as it was read, and made only where there
//! is none. Each is a call of its own. Aliases of Azure's own resources are left alone.

mod data;
mod login;
mod pages;
mod rights;

use super::Open;
use super::api::{Api, Named, Opening, account, credential, endpoint, named, rate};
use super::hosted::{Held, Host, Reading};
use super::http::{Call, Http, Method, segment};
use super::shape;
use crate::config::{Rate, Read, Reader, SecretRef, Table, scalar};
use crate::dns::{Name, RrKey, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::{Access, ProviderError};
use async_trait::async_trait;
use login::Login;
use pages::{Page, all};
use reqwest::Url;
use rights::Right;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tokio::sync::Mutex;

/// `tenant`, `client`, `client-secret`, `subscription` and `login`.
#[derive(Debug)]
struct Settings {
    tenant: Named,
    client: Named,
    secret: SecretRef,
    subscription: Named,
    login: Url,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let tenant = named(table, "tenant", "AZURE_TENANT_ID");
    let client = named(table, "client", "AZURE_CLIENT_ID");
    let secret = credential(table, "client-secret", "AZURE_CLIENT_SECRET");
    let subscription = named(table, "subscription", "AZURE_SUBSCRIPTION_ID");
    let login = table.get("login", scalar(endpoint)).or_else(|| LOGIN.parse().ok());
    let settings = login.map(|login| Settings { tenant, client, secret, subscription, login });
    account(table, settings)
}

/// Where tokens are given out, except for clouds of their own.
const LOGIN: &str = "https://login.microsoftonline.com";

impl Api for Settings {
    type Host = Azure;
    const ENDPOINT: &'static str = "https://management.azure.com";
    /// Azure DNS gives 500 answers in five minutes.
    const RATE: Rate = rate(500, 300);

    fn host(&self, opening: &Opening<'_>) -> Result<Azure, ProviderError> {
        let login = Login {
            client: opening.name(&self.client)?,
            secret: opening.secret(&self.secret)?,
            scope: format!("{}/.default", opening.endpoint.as_str().trim_end_matches('/')),
        };
        let desk = login.desk(&self.login, &opening.name(&self.tenant)?)?;
        let http = opening.http(opening.tokens(login, desk));
        let subscription = opening.name(&self.subscription)?;
        Ok(Azure { http, subscription, known: Mutex::default() })
    }
}

/// The version of the API.
const VERSION: &str = "2018-05-01";
/// Octets of text that an RRset may hold in all its records together.
const TEXT: usize = 4_096;

struct Azure {
    http: Http,
    subscription: String,
    /// Paths of zones that were listed and not yet asked for.
    known: Mutex<BTreeMap<Name, Vec<String>>>,
}

#[derive(Deserialize)]
struct Zone {
    id: String,
    name: String,
    #[serde(default)]
    properties: Value,
}

#[derive(Deserialize)]
struct Set {
    etag: String,
    name: String,
    r#type: String,
    properties: Value,
}

/// What must be named to change an RRset, and carried along.
struct Version {
    etag: String,
    metadata: Value,
}

type Versions = BTreeMap<RrKey, Version>;

impl Azure {
    /// The public zones of all resource groups.
    async fn zones(&self, apex: &Name) -> Result<BTreeMap<Name, Vec<String>>, ProviderError> {
        let subscription = segment(&self.subscription);
        let path = format!("subscriptions/{subscription}/providers/Microsoft.Network/dnszones");
        let mut zones = BTreeMap::<_, Vec<_>>::new();
        for zone in all::<Zone>(&self.http, apex, &path, &[]).await? {
            if zone.properties["zoneType"] == "Private" {
                continue;
            }
            let Ok(name) = shape::name(&zone.name) else { continue };
            zones.entry(name).or_default().push(zone.id.trim_start_matches('/').to_owned());
        }
        Ok(zones)
    }
}

#[async_trait]
impl Host for Azure {
    /// The zone's path, within which its resource group is.
    type Zone = String;
    type Native = Versions;

    fn facts(&self) -> Facts {
        Facts {
            atomic: false,
            guard: Guard::Version,
            types: data::TYPES,
            null_mx: false,
            txt_octets: Some(TEXT),
            ..Facts::default()
        }
    }

    async fn find(&self, apex: &Name) -> Result<String, ProviderError> {
        let mut known = self.known.lock().await;
        // One listing serves all zones, each once: who asks again found nothing there.
        let paths = match known.remove(apex) {
            Some(paths) => paths,
            None => {
                *known = self.zones(apex).await?;
                known.remove(apex).unwrap_or_default()
            }
        };
        match &paths[..] {
            [] => Err(ProviderError::NoZone(apex.clone())),
            [path] => Ok(path.clone()),
            several => {
                let why = format!("there are several zones `{apex}`: `{}`", several.join("`, `"));
                Err(ProviderError::Refused(why))
            }
        }
    }

    async fn read(&self, apex: &Name, zone: &String) -> Result<Held<Versions>, ProviderError> {
        let (mut reading, mut versions) = (Reading::new(apex, self.facts()), Versions::new());
        for set in all::<Set>(&self.http, apex, &format!("{zone}/recordsets"), &[404]).await? {
            let mnemonic = set.r#type.rsplit('/').next().unwrap_or_default();
            let (Ok(owner), Some(rtype)) = (shape::owner(&set.name, apex), Rtype::parse(mnemonic))
            else {
                continue;
            };
            if set.properties["targetResource"]["id"].is_string() {
                reading.close(owner, rtype, "it is an alias of a resource of Azure's");
                continue;
            }
            let ttl = set.properties["TTL"].as_u64().and_then(|ttl| u32::try_from(ttl).ok());
            match data::read(rtype, &set.properties) {
                Ok(all) => all.into_iter().for_each(|rdata| {
                    reading.add(owner.clone(), Ttl::from_secs(ttl.unwrap_or_default()), rdata);
                }),
                Err(why) => reading.close(owner.clone(), rtype, why),
            }
            let metadata = set.properties["metadata"].clone();
            versions.insert(RrKey::new(owner, rtype), Version { etag: set.etag, metadata });
        }
        Ok(reading.held(versions))
    }

    async fn write(
        &self,
        apex: &Name,
        zone: &String,
        held: &Held<Versions>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        for change in changes {
            let key = change.key();
            let label = segment(&shape::label(&key.owner, apex, "@"));
            let path = format!("{zone}/{}/{label}", key.rtype);
            let call = match change.after() {
                Some(after) => {
                    let mut properties = data::write(after)?;
                    let version = held.native.get(key);
                    if let Some(version) = version.filter(|version| !version.metadata.is_null()) {
                        properties["metadata"] = version.metadata.clone();
                    }
                    let call = Call::write(Method::PUT, path);
                    call.json(&json!({ "properties": properties }))
                }
                None => Call::write(Method::DELETE, path),
            };
            let call = match held.native.get(key) {
                Some(version) => call.header("if-match", &version.etag),
                None => call.header("if-none-match", "*"),
            };
            self.http.send(call.query("api-version", VERSION)).await?;
        }
        Ok(())
    }

    async fn access(&self, zone: &String) -> Result<Access, ProviderError> {
        let call = Call::get(format!("{zone}/providers/Microsoft.Authorization/permissions"));
        let reply =
            self.http.send(call.query("api-version", rights::VERSION).or(&[403, 404])).await?;
        if !reply.status.is_success() {
            return Ok(Access::Untried);
        }
        let rights: Page<Right> = reply.json()?;
        Ok(rights::access(&rights.value))
    }
}
