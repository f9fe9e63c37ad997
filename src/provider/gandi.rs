//! Gandi LiveDNS, API version 5.
//!
//! RRsets are replaced one by one, or all of one name in one request. Values are presentation
//! format, relative to the zone where they have no last dot.

use super::hosted::{Held, Host, Reading};
use super::http::{Call, Http, Method};
use super::keyed::Keyed;
use super::shape;
use crate::dns::{Name, RrSet, Rtype, Ttl, Zone};
use crate::plan::{Change, Facts, Guard};
use crate::port::ProviderError;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Keyed for Gandi {
    const ENDPOINT: &'static str = "https://api.gandi.net/v5/livedns";
    /// A thousand a minute from one address.
    const CALLS: (u32, u64) = (1_000, 60);
    const VARIABLE: &'static str = "GANDI_PERSONAL_ACCESS_TOKEN";

    fn new(http: Http) -> Self {
        Self { http }
    }
}

/// RRsets on one page.
const PAGE: usize = 100;

/// The API, for one account.
pub(super) struct Gandi {
    http: Http,
}

#[derive(Deserialize)]
struct Set {
    rrset_name: String,
    rrset_type: String,
    rrset_ttl: u32,
    rrset_values: Vec<String>,
}

fn path(apex: &Name) -> String {
    format!("domains/{}/records", shape::undotted(apex))
}

#[async_trait]
impl Host for Gandi {
    type Zone = ();
    type Native = ();

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(300);
        Facts { ttl_floor, atomic: false, guard: Guard::Reading, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<(), ProviderError> {
        let call = Call::get(format!("domains/{}", shape::undotted(apex)));
        self.http.about(apex, call).await.map(drop)
    }

    async fn read(&self, apex: &Name, (): &()) -> Result<Held<()>, ProviderError> {
        let mut reading = Reading::new(apex, self.facts());
        let (mut page, mut seen) = (1, 0);
        loop {
            let call = Call::get(path(apex)).query("page", page).query("per_page", PAGE);
            let reply = self.http.send(call).await?;
            let total = reply.headers.get("total-count").and_then(|total| total.to_str().ok());
            let total: usize = total.and_then(|total| total.parse().ok()).unwrap_or_default();
            let sets: Vec<Set> = reply.json()?;
            let is_last = sets.is_empty() || seen + sets.len() >= total;
            (page, seen) = (page + 1, seen + sets.len());
            for set in sets {
                let (Ok(owner), Some(rtype)) =
                    (shape::owner(&set.rrset_name, apex), Rtype::parse(&set.rrset_type))
                else {
                    continue;
                };
                for value in &set.rrset_values {
                    reading.text(&owner, rtype, Ttl::from_secs(set.rrset_ttl), value);
                }
            }
            if is_last {
                return Ok(reading.held(()));
            }
        }
    }

    async fn write(
        &self,
        apex: &Name,
        (): &(),
        held: &Held<()>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        let mut names = BTreeMap::<&Name, Vec<&Change>>::new();
        for change in changes {
            names.entry(&change.key().owner).or_default().push(change);
        }
        for (owner, changes) in names {
            let name = format!("{}/{}", path(apex), shape::label(owner, apex, "@"));
            let call = match (&changes[..], is_whole(held, owner)) {
                ([one], _) => single(&name, one),
                // An alias and what it takes the place of change in one moment.
                (several, true) => {
                    let items = after(&held.zone, owner, several);
                    Call::write(Method::PUT, name).json(&json!({ "items": items }))
                }
                (several, false) => {
                    for one in several {
                        self.http.send(single(&name, one)).await?;
                    }
                    continue;
                }
            };
            self.http.send(call).await?;
        }
        Ok(())
    }
}

/// Whether everything at a name could be read, so that writing it anew loses nothing.
fn is_whole(held: &Held<()>, owner: &Name) -> bool {
    !held.facts.closed.keys().any(|key| key.owner == *owner)
}

/// One RRset, replaced or gone.
fn single(name: &str, change: &Change) -> Call {
    let path = format!("{name}/{}", change.key().rtype);
    match change.after() {
        Some(after) => Call::write(Method::PUT, path).json(&item(after)),
        None => Call::write(Method::DELETE, path),
    }
}

/// All that is at a name once these changes are made.
fn after(zone: &Zone, owner: &Name, changes: &[&Change]) -> Vec<Value> {
    let is_kept = |rrset: &&RrSet| !changes.iter().any(|change| change.key() == rrset.key());
    let kept = zone.at(owner).filter(|rrset| rrset.rtype() != Rtype::SOA).filter(is_kept);
    let new = changes.iter().filter_map(|change| change.after());
    let whole = kept.chain(new).map(|rrset| {
        let mut item = item(rrset);
        item["rrset_type"] = json!(rrset.rtype().to_string());
        item
    });
    whole.collect()
}

fn item(rrset: &RrSet) -> Value {
    let values: Vec<_> = rrset.rdata().iter().map(ToString::to_string).collect();
    json!({"rrset_ttl": rrset.ttl().secs(), "rrset_values": values})
}
