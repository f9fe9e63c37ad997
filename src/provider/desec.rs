//! deSEC, API version 1.
//!
//! One PATCH of many RRsets is all or nothing, and knows no precondition. The lowest TTL belongs to
//! the domain, an hour for most. Everything is presentation format with absolute names.

use super::hosted::{Held, Host, Reading};
use super::http::{Call, Http, Method};
use super::keyed::Keyed;
use super::shape;
use crate::dns::{Name, RrSet, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};

impl Keyed for Desec {
    const ENDPOINT: &'static str = "https://desec.io/api/v1";
    /// What may be read in a minute; writes are rarer, and the host says how long to wait.
    const CALLS: (u32, u64) = (50, 60);
    const VARIABLE: &'static str = "DESEC_TOKEN";
    const HEADER: (&'static str, &'static str) = ("authorization", "Token ");

    fn new(http: Http) -> Self {
        Self { http }
    }
}

/// The API, for one account.
pub(super) struct Desec {
    http: Http,
}

/// A zone as the host names it.
#[derive(Deserialize)]
pub(super) struct Domain {
    minimum_ttl: u32,
}

#[derive(Deserialize)]
struct Set {
    subname: String,
    r#type: String,
    ttl: u32,
    records: Vec<String>,
}

fn path(apex: &Name) -> String {
    format!("domains/{}/rrsets/", shape::undotted(apex))
}

#[async_trait]
impl Host for Desec {
    type Zone = Domain;
    type Native = ();

    fn facts(&self) -> Facts {
        // Of domains without an exception.
        Facts { ttl_floor: Ttl::from_secs(3_600), guard: Guard::Reading, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<Domain, ProviderError> {
        let call = Call::get(format!("domains/{}/", shape::undotted(apex)));
        self.http.about(apex, call).await?.json()
    }

    async fn read(&self, apex: &Name, domain: &Domain) -> Result<Held<()>, ProviderError> {
        let ttl_floor = Ttl::from_secs(domain.minimum_ttl);
        let mut reading = Reading::new(apex, Facts { ttl_floor, ..self.facts() });
        let mut cursor = Some(String::new());
        while let Some(from) = cursor {
            let reply = self.http.send(Call::get(path(apex)).query("cursor", from)).await?;
            for set in reply.json::<Vec<Set>>()? {
                let (Ok(owner), Some(rtype)) =
                    (shape::owner(&set.subname, apex), Rtype::parse(&set.r#type))
                else {
                    continue;
                };
                for record in &set.records {
                    reading.text(&owner, rtype, Ttl::from_secs(set.ttl), record);
                }
            }
            cursor = reply.next_page().and_then(|next| parameter(&next, "cursor"));
        }
        Ok(reading.held(()))
    }

    async fn write(
        &self,
        apex: &Name,
        _: &Domain,
        _: &Held<()>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        let sets: Vec<_> = changes.iter().map(|change| order(apex, change)).collect();
        self.http.send(Call::write(Method::PATCH, path(apex)).json(&sets)).await?;
        Ok(())
    }
}

/// One RRset of a PATCH; without records it goes.
fn order(apex: &Name, change: &Change) -> Value {
    let key = change.key();
    let data = change.after().map(RrSet::rdata).unwrap_or_default();
    let mut order = json!({
        "subname": shape::label(&key.owner, apex, ""),
        "type": key.rtype.to_string(),
        "records": data.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if let Some(after) = change.after() {
        order["ttl"] = json!(after.ttl().secs());
    }
    order
}

/// One parameter of an address.
fn parameter(address: &str, name: &str) -> Option<String> {
    let url: Url = address.parse().ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
