//! Hosts without an API that we know: a person types the records in, DNS shows when it is done.

use super::{Context, Open};
use crate::config::{Read, Reader, Table};
use crate::dns::{Name, RrKey, Rtype, Zone};
use crate::plan::{Change, Facts};
use crate::port::{Answer, Lookup, LookupError, Provider, ProviderError};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A DNS host that a person operates.
pub struct Manual {
    lookup: Arc<dyn Lookup>,
    keys: BTreeSet<RrKey>,
}

/// Reads a provider file of this driver: it has no keys of its own.
#[expect(clippy::unnecessary_wraps, reason = "every driver's reader has this form")]
pub(super) fn settings(_: &Reader<'_>, _: &mut Table<'_>) -> Read<Box<dyn Open>> {
    Some(Box::new(ByHand))
}

#[derive(Debug)]
struct ByHand;

#[async_trait]
impl Open for ByHand {
    async fn open(&self, context: Context<'_>) -> Result<Box<dyn Provider>, ProviderError> {
        Ok(Box::new(Manual { lookup: context.lookup, keys: context.keys }))
    }
}

#[async_trait]
impl Provider for Manual {
    fn facts(&self) -> Facts {
        Facts { atomic: false, by_hand: true, ..Facts::default() }
    }

    /// What the first name server that answers all questions shows, of the names in the zone file.
    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError> {
        let servers = self.lookup.servers(apex).await.map_err(silent)?;
        let mut failure = LookupError::NoServers(apex.clone());
        for server in &servers {
            match self.ask_all(apex, server).await {
                Ok(zone) => return Ok(zone),
                Err(error) => failure = error,
            }
        }
        Err(silent(failure))
    }

    /// Nothing is sent: whoever drives the run shows the changes to a person, and then waits for
    /// the name servers, as it does with every host.
    async fn apply(&self, _: &Name, _: &[Change]) -> Result<(), ProviderError> {
        Ok(())
    }
}

impl Manual {
    async fn ask_all(
        &self,
        apex: &Name,
        server: &crate::port::Server,
    ) -> Result<Zone, LookupError> {
        let mut zone = Zone::new(apex.clone());
        let soa = RrKey::new(apex.clone(), Rtype::SOA);
        for key in [&soa].into_iter().chain(&self.keys) {
            if let Answer::Found(rrset) = self.lookup.ask(server, key).await? {
                zone.put(rrset);
            }
        }
        Ok(zone)
    }
}

fn silent(error: LookupError) -> ProviderError {
    ProviderError::Busy(error.to_string())
}
