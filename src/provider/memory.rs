//! A zone in memory: what a DNS host promises and nothing else, for tests.

use super::contract::{applied, bumped};
use crate::dns::{Name, Zone};
use crate::plan::{Change, Facts};
use crate::port::{Provider, ProviderError};
use async_trait::async_trait;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A host that holds one zone in memory.
#[derive(Debug)]
pub struct Memory {
    zone: Mutex<Zone>,
}

impl Memory {
    /// A host of this zone.
    pub fn new(zone: Zone) -> Self {
        Self { zone: Mutex::new(zone) }
    }

    /// The zone, to look at or to meddle with.
    pub fn content(&self) -> MutexGuard<'_, Zone> {
        // A zone is replaced whole, so a panic elsewhere cannot have left it half done.
        self.zone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, apex: &Name) -> Result<MutexGuard<'_, Zone>, ProviderError> {
        let zone = self.content();
        if zone.apex() == apex { Ok(zone) } else { Err(ProviderError::NoZone(apex.clone())) }
    }
}

#[async_trait]
impl Provider for Memory {
    fn facts(&self) -> Facts {
        Facts::default()
    }

    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError> {
        Ok(self.hold(apex)?.clone())
    }

    async fn apply(&self, apex: &Name, changes: &[Change]) -> Result<(), ProviderError> {
        let mut zone = self.hold(apex)?;
        let after = applied(&zone, changes).map_err(ProviderError::Drift)?;
        if after != *zone {
            *zone = bumped(&after).unwrap_or(after);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::diff;

    fn zone(text: &str) -> Zone {
        Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap()
    }

    #[tokio::test]
    async fn changes_are_applied_once_and_all_or_nothing() {
        let before = zone("@ 60 SOA a. b. 1 2 3 4 5\n@ 60 MX 10 a.\n");
        let changes = diff(&before, &zone("@ 60 MX 10 b.\nx 60 TXT x\n"));
        let host = Memory::new(before.clone());
        let apex = before.apex();
        host.apply(apex, &changes).await.unwrap();
        host.apply(apex, &changes).await.unwrap();
        let after = "@ 60 SOA a. b. 2 2 3 4 5\n@ 60 MX 10 b.\nx 60 TXT x\n";
        assert_eq!(host.zone(apex).await.unwrap(), zone(after));
    }
}
