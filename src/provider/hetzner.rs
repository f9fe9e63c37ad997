//! Hetzner's Cloud API, version 1; the DNS console of before has no new zones.
//!
//! An RRset's records and its TTL are changed by two actions, each of which ends later. A TTL that
//! is lowered goes first, one that is raised last.

use super::hosted::{Held, Host, Reading};
use super::http::{Call, Http, Method};
use super::keyed::Keyed;
use super::shape;
use crate::dns::{Name, RrKey, RrSet, Rtype, Ttl};
use crate::plan::{Change, Facts, Guard};
use crate::port::{Access, ProviderError};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

impl Keyed for Hetzner {
    const ENDPOINT: &'static str = "https://api.hetzner.cloud/v1";
    /// 3,600 in an hour a project.
    const CALLS: (u32, u64) = (3_600, 3_600);
    const VARIABLE: &'static str = "HCLOUD_TOKEN";

    fn new(http: Http) -> Self {
        Self { http }
    }
}

/// How long an action may take: mostly a second.
const PATIENCE: Duration = Duration::from_secs(60);
/// Before the first look at an action; twice as long before each next.
const LOOK: Duration = Duration::from_millis(250);
/// RRsets on one page at most.
const PAGE: usize = 100;

/// The API, for one account.
pub(super) struct Hetzner {
    http: Http,
}

#[derive(Deserialize)]
struct Found {
    zone: Zone,
}

/// A zone as the host names it.
#[derive(Deserialize)]
pub(super) struct Zone {
    id: u64,
    ttl: u32,
    #[serde(default)]
    mode: String,
}

#[derive(Deserialize)]
struct Page {
    rrsets: Vec<Set>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    next_page: Option<usize>,
}

#[derive(Deserialize)]
struct Set {
    name: String,
    r#type: String,
    ttl: Option<u32>,
    records: Vec<Line>,
    #[serde(default)]
    protection: Protection,
}

#[derive(Default, Deserialize)]
struct Protection {
    #[serde(default)]
    change: bool,
}

/// One value, and what people noted about it.
#[derive(Clone, Deserialize)]
pub(super) struct Line {
    value: String,
    #[serde(default)]
    comment: Option<String>,
}

#[derive(Deserialize)]
struct Begun {
    action: Action,
}

#[derive(Deserialize)]
struct Action {
    id: u64,
    status: String,
    error: Option<Value>,
}

/// What people wrote beside records, to be kept with those that stay.
type Comments = BTreeMap<RrKey, Vec<Line>>;

#[async_trait]
impl Host for Hetzner {
    type Zone = Zone;
    type Native = Comments;

    fn facts(&self) -> Facts {
        let ttl_floor = Ttl::from_secs(60);
        Facts { ttl_floor, atomic: false, guard: Guard::Reading, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<Zone, ProviderError> {
        let call = Call::get(format!("zones/{}", shape::undotted(apex)));
        Ok(self.http.about(apex, call).await?.json::<Found>()?.zone)
    }

    async fn read(&self, apex: &Name, zone: &Zone) -> Result<Held<Comments>, ProviderError> {
        let (mut reading, mut comments) = (Reading::new(apex, self.facts()), Comments::new());
        let mut next = Some(1);
        while let Some(page) = next {
            let call = Call::get(format!("zones/{}/rrsets", zone.id));
            let call = call.query("per_page", PAGE).query("page", page);
            let page: Page = self.http.send(call).await?.json()?;
            next = page.meta.pagination.next_page;
            for set in page.rrsets {
                let (Ok(owner), Some(rtype)) =
                    (shape::owner(&set.name, apex), Rtype::parse(&set.r#type))
                else {
                    continue;
                };
                let ttl = Ttl::from_secs(set.ttl.unwrap_or(zone.ttl));
                for line in &set.records {
                    reading.text(&owner, rtype, ttl, &line.value);
                }
                if set.protection.change {
                    reading.close(owner.clone(), rtype, "it is protected against changes");
                }
                comments.insert(RrKey::new(owner, rtype), set.records);
            }
        }
        Ok(reading.held(comments))
    }

    async fn write(
        &self,
        apex: &Name,
        zone: &Zone,
        held: &Held<Comments>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        for change in changes {
            let key = change.key();
            let sets = format!("zones/{}/rrsets", zone.id);
            let name = shape::label(&key.owner, apex, "@").to_ascii_lowercase();
            let set = format!("{sets}/{name}/{}", key.rtype);
            let known = held.native.get(key).cloned().unwrap_or_default();
            match (held.zone.get(key), change.after()) {
                (None, Some(after)) => {
                    let body = json!({
                        "name": name, "type": key.rtype.to_string(), "ttl": after.ttl().secs(),
                        "records": lines(after, &known),
                    });
                    self.run(Call::write(Method::POST, sets).json(&body)).await?;
                }
                (Some(live), Some(after)) => self.alter(&set, live, after, &known).await?,
                (_, None) => self.run(Call::write(Method::DELETE, set)).await?,
            }
        }
        Ok(())
    }

    async fn access(&self, zone: &Zone) -> Result<Access, ProviderError> {
        Ok(match zone.mode.as_str() {
            "secondary" => Access::Denied("it is a secondary of this zone".to_owned()),
            // A token that only reads is told by a write alone.
            _ => Access::Untried,
        })
    }
}

impl Hetzner {
    /// TTL and records of an RRset, in the order in which no cache keeps the old longer.
    async fn alter(
        &self,
        set: &str,
        live: &RrSet,
        after: &RrSet,
        known: &[Line],
    ) -> Result<(), ProviderError> {
        let action = |name: &str, body: Value| {
            Call::write(Method::POST, format!("{set}/actions/{name}")).json(&body)
        };
        let ttl = || action("change_ttl", json!({"ttl": after.ttl().secs()}));
        if after.ttl() < live.ttl() {
            self.run(ttl()).await?;
        }
        if !live.same_rdata(after) {
            self.run(action("set_records", json!({"records": lines(after, known)}))).await?;
        }
        if after.ttl() > live.ttl() {
            self.run(ttl()).await?;
        }
        Ok(())
    }

    /// Begins an action and sees it end.
    async fn run(&self, call: Call) -> Result<(), ProviderError> {
        let mut action = self.http.send(call).await?.json::<Begun>()?.action;
        let patience = self.http.clock().now() + PATIENCE;
        let mut pause = LOOK;
        loop {
            match action.status.as_str() {
                "success" => return Ok(()),
                "error" => {
                    let said = serde_json::to_vec(&action.error).unwrap_or_default();
                    let why = format!("the action failed{}", self.http.said(&said));
                    return Err(ProviderError::Refused(why));
                }
                _ if self.http.clock().now() > patience => {
                    let why = format!("action {} does not end", action.id);
                    return Err(ProviderError::Busy(why));
                }
                _ => (),
            }
            let clock = self.http.clock();
            clock.sleep_until(clock.now() + pause).await;
            pause *= 2;
            let call = Call::get(format!("zones/actions/{}", action.id));
            action = self.http.send(call).await?.json::<Begun>()?.action;
        }
    }
}

/// Records with the comments that they had.
fn lines(rrset: &RrSet, known: &[Line]) -> Vec<Value> {
    let line = |value: String| {
        let comment = known.iter().find(|line| line.value == value).and_then(|l| l.comment.clone());
        match comment {
            Some(comment) => json!({"value": value, "comment": comment}),
            None => json!({ "value": value }),
        }
    };
    rrset.rdata().iter().map(|rdata| line(rdata.to_string())).collect()
}
