//! Hosts without an API that we know: a person types the records in, DNS shows when it is done.

use super::{Context, Open};
use crate::config::{Read, Reader, Table};
use crate::dns::{Name, RrKey, Rtype, Zone};
use crate::plan::{Change, Facts, Guard};
use crate::port::{Answer, Lookup, LookupError, Provider, ProviderError};
use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
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
        Ok(Box::new(Manual::new(context.lookup, context.keys)))
    }
}

#[async_trait]
impl Provider for Manual {
    fn facts(&self) -> Facts {
        Facts { atomic: false, by_hand: true, guard: Guard::Reading, ..Facts::default() }
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

/// How many questions one server has to answer at a time: a burst looks like an attack.
const AT_ONCE: usize = 8;

impl Manual {
    /// A host of which these RRsets are looked at.
    pub fn new(lookup: Arc<dyn Lookup>, keys: BTreeSet<RrKey>) -> Self {
        Self { lookup, keys }
    }

    async fn ask_all(
        &self,
        apex: &Name,
        server: &crate::port::Server,
    ) -> Result<Zone, LookupError> {
        let soa = RrKey::new(apex.clone(), Rtype::SOA);
        let keys: BTreeSet<_> = self.keys.iter().cloned().chain([soa]).collect();
        let ask = async |key: RrKey| match self.lookup.ask(server, &key).await {
            Ok(Answer::Found(rrset)) => Ok(Some(rrset)),
            Ok(Answer::Absent(_)) => Ok(None),
            // What lies below a cut is no part of the zone; the cut itself is.
            Err(LookupError::Elsewhere { cut, .. })
                if cut.owner() != apex && cut.owner().is_within(apex) =>
            {
                Ok(Some(cut))
            }
            Err(error) => Err(error),
        };
        let answers = stream::iter(keys).map(ask);
        let answers: Vec<Option<_>> = answers.buffered(AT_ONCE).try_collect().await?;
        Ok(Zone::of(apex.clone(), answers.into_iter().flatten()))
    }
}

fn silent(error: LookupError) -> ProviderError {
    ProviderError::Busy(error.to_string())
}
