//! Amazon Route 53, API of 2013-04-01.
//!
//! A batch deletes what was read and creates what shall be: the host compares values and TTLs, and
//! does all of it or nothing. What it routes by weight, place or alias is left alone.

mod batch;
mod sign;
mod xml;

use super::Open;
use super::api::{Api, Opening, account, credential, rate};
use super::hosted::{Held, Host, Reading};
use super::http::{Call, Http, Method, Reply};
use crate::config::{Rate, Read, Reader, SecretRef, Table, secret};
use crate::dns::{Name, RrKey, Ttl};
use crate::plan::{Change, Facts};
use crate::port::ProviderError;
use async_trait::async_trait;
use sign::Signature;
use std::collections::BTreeMap;
use std::time::Duration;
use xml::{ChangeInfo, Listing, Zones};

/// `access-key-id`, `secret-access-key` and `session-token`.
#[derive(Debug)]
struct Settings {
    id: SecretRef,
    secret: SecretRef,
    session: Option<SecretRef>,
}

/// Reads the keys of this driver.
pub(super) fn settings(_: &Reader<'_>, table: &mut Table<'_>) -> Read<Box<dyn Open>> {
    let id = credential(table, "access-key-id", "AWS_ACCESS_KEY_ID");
    let secret_key = credential(table, "secret-access-key", "AWS_SECRET_ACCESS_KEY");
    let session = table.get("session-token", secret);
    account(table, Some(Settings { id, secret: secret_key, session }))
}

impl Api for Settings {
    type Host = Route53;
    const ENDPOINT: &'static str = "https://route53.amazonaws.com";
    /// Five a second an account, as documented for all calls together.
    const RATE: Rate = rate(5, 1);

    fn host(&self, opening: &Opening<'_>) -> Result<Route53, ProviderError> {
        let session = match &self.session {
            Some(session) => Some(opening.secret(session)?),
            // Temporary credentials come with a third part; lasting ones have none.
            None => opening.secret(&SecretRef::Env("AWS_SESSION_TOKEN".to_owned())).ok(),
        };
        let (id, secret) = (opening.secret(&self.id)?, opening.secret(&self.secret)?);
        let clock = opening.context.clock.clone();
        Ok(Route53 { http: opening.http(Signature { id, secret, session, clock }) })
    }
}

/// How long a batch may take to reach all name servers before one looks by DNS: mostly a minute.
const INSYNC: Duration = Duration::from_secs(120);
/// RRsets on one page at most.
const PAGE: usize = 300;

struct Route53 {
    http: Http,
}

/// RRsets in the host's own words, since a delete must name them so.
type Sets = BTreeMap<RrKey, xml::Set>;

#[async_trait]
impl Host for Route53 {
    /// The zone's id.
    type Zone = String;
    type Native = Sets;

    fn facts(&self) -> Facts {
        Facts { types: xml::TYPES, ..Facts::default() }
    }

    async fn find(&self, apex: &Name) -> Result<String, ProviderError> {
        let call = Call::get("2013-04-01/hostedzonesbyname").query("dnsname", apex);
        let zones: Zones = self.http.send(call).await?.xml()?;
        let mut ids = zones.of(apex);
        match (ids.pop(), ids.is_empty()) {
            (Some(id), true) => Ok(id),
            (None, _) => Err(ProviderError::NoZone(apex.clone())),
            (Some(_), false) => {
                let why = format!("the account has several public zones `{apex}`");
                Err(ProviderError::Refused(why))
            }
        }
    }

    async fn read(&self, apex: &Name, id: &String) -> Result<Held<Sets>, ProviderError> {
        let (mut reading, mut sets) = (Reading::new(apex, self.facts()), Sets::new());
        let mut next = Vec::new();
        loop {
            let call = Call::get(format!("2013-04-01/hostedzone/{id}/rrset"));
            let call = next
                .drain(..)
                .fold(call.query("maxitems", PAGE), |call, (key, value)| call.query(key, value));
            let page: Listing = self.http.about(apex, call).await?.xml()?;
            next = page.next();
            for set in page.into_sets() {
                let Some(key) = set.key() else { continue };
                match set.routing() {
                    Some(why) => reading.close(key.owner, key.rtype, why),
                    None => {
                        let ttl = Ttl::from_secs(set.ttl.unwrap_or_default());
                        for value in set.values() {
                            reading.text(&key.owner, key.rtype, ttl, &value);
                        }
                        sets.insert(key, set);
                    }
                }
            }
            if next.is_empty() {
                return Ok(reading.held(sets));
            }
        }
    }

    async fn write(
        &self,
        _: &Name,
        id: &String,
        held: &Held<Sets>,
        changes: &[&Change],
    ) -> Result<(), ProviderError> {
        for batch in batch::batches(changes, &held.native) {
            let path = format!("2013-04-01/hostedzone/{id}/rrset");
            let call = Call::write(Method::POST, path).body("text/xml", batch.into_bytes());
            let reply = self.http.send(call.or(&[400])).await?;
            if reply.is(400) {
                let said = self.http.said(&reply.body);
                // The values are no longer those that were read.
                let is_race = ["already exists", "was not found", "do not match"];
                return Err(match is_race.iter().any(|words| said.contains(words)) {
                    true => ProviderError::Busy(format!("a batch was refused{said}")),
                    false => ProviderError::Refused(format!("the batch{said}")),
                });
            }
            let change: ChangeInfo = reply.xml()?;
            let ask = || Call::get(format!("2013-04-01/change/{}", change.id()));
            let is_done = |reply: &Reply| Ok(reply.xml::<ChangeInfo>()?.is_insync());
            self.http.settle(INSYNC, ask, is_done).await?;
        }
        Ok(())
    }
}
