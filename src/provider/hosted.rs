//! Hosts behind an API: read, compare, write what is left to do, read back.
//!
//! One loop for all of them. A [`Host`] says how its API reads and writes; that a change is done
//! twice for once, that drift stops everything, and that an answer is no proof is seen to here.

use super::contract::{mismatch, pending};
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl, Zone};
use crate::plan::{Change, Facts};
use crate::port::{Access, Clock, Provider, ProviderError};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::iter::successors;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One API: how it finds, reads and writes zones.
#[async_trait]
pub(super) trait Host: Send + Sync {
    /// What the API knows a zone by.
    type Zone: Send + Sync;
    /// What the API knows its records by, besides what DNS shows: ids, versions.
    type Native: Send + Sync;

    /// What every zone there can and cannot do.
    fn facts(&self) -> Facts;

    /// Finds the zone of exactly this name; [`ProviderError::NoZone`] if there is none.
    async fn find(&self, apex: &Name) -> Result<Self::Zone, ProviderError>;

    /// Makes sure that there is a zone of this name, where [`Self::find`] leaves that to reading.
    async fn has(&self, name: &Name) -> Result<(), ProviderError> {
        self.find(name).await.map(drop)
    }

    /// Reads all of it, page by page.
    async fn read(
        &self,
        apex: &Name,
        zone: &Self::Zone,
    ) -> Result<Held<Self::Native>, ProviderError>;

    /// Sends changes whose left sides are as just read, in their order.
    ///
    /// [`ProviderError::Busy`] is for what may have been done: it is read again, then decided.
    async fn write(
        &self,
        apex: &Name,
        zone: &Self::Zone,
        held: &Held<Self::Native>,
        changes: &[&Change],
    ) -> Result<(), ProviderError>;

    /// Publishes what was written and may only be staged; most hosts publish by themselves.
    async fn publish(&self, _apex: &Name, _zone: &Self::Zone) -> Result<(), ProviderError> {
        Ok(())
    }

    /// What the host says of writing, where it can be asked without.
    async fn access(&self, _zone: &Self::Zone) -> Result<Access, ProviderError> {
        Ok(Access::Untried)
    }
}

/// A zone as it was read.
pub(super) struct Held<N> {
    pub(super) zone: Zone,
    pub(super) facts: Facts,
    pub(super) native: N,
}

/// An account at a host with an API, for all its zones.
pub(super) struct Hosted<H: Host> {
    host: H,
    clock: Arc<dyn Clock>,
    found: Mutex<BTreeMap<Name, Arc<H::Zone>>>,
    /// As each zone was last read.
    facts: Mutex<BTreeMap<Name, Facts>>,
}

/// Pauses before the second and third try, and before reading back once more: some APIs show what
/// was written a second later.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(4)];

impl<H: Host> Hosted<H> {
    /// Nothing is asked of the host yet.
    pub(super) fn new(host: H, clock: Arc<dyn Clock>) -> Self {
        Self { host, clock, found: Mutex::default(), facts: Mutex::default() }
    }

    async fn known(&self, apex: &Name) -> Result<Arc<H::Zone>, ProviderError> {
        if let Some(known) = lock(&self.found).get(apex) {
            return Ok(known.clone());
        }
        match self.host.find(apex).await.map(Arc::new) {
            Ok(found) => {
                lock(&self.found).insert(apex.clone(), found.clone());
                Ok(found)
            }
            Err(error) => Err(self.explained(error).await),
        }
    }

    async fn read(&self, apex: &Name) -> Result<Held<H::Native>, ProviderError> {
        let zone = self.known(apex).await?;
        match self.host.read(apex, &zone).await {
            Ok(held) => {
                lock(&self.facts).insert(apex.clone(), held.facts.clone());
                Ok(held)
            }
            Err(error) => {
                if let ProviderError::NoZone(_) = &error {
                    // It may have been made anew, under another id.
                    lock(&self.found).remove(apex);
                }
                Err(self.explained(error).await)
            }
        }
    }

    /// Where there is no zone of a name, the host may have one above, which is never used instead:
    /// the name may be delegated from there. What cannot be asked is not told.
    async fn explained(&self, error: ProviderError) -> ProviderError {
        let ProviderError::NoZone(zone) = &error else { return error };
        // Nobody has top-level domains at a host.
        let parent = |name: &Name| name.parent().filter(|above| above.labels().count() > 1);
        for above in successors(parent(zone), parent) {
            match self.host.has(&above).await {
                Ok(()) => return ProviderError::Enclosed { zone: zone.clone(), above },
                Err(ProviderError::NoZone(_)) => (),
                Err(_) => break,
            }
        }
        error
    }

    /// Reads what is there, writes what is left to do, reads back: any part may be done twice.
    async fn attempt(
        &self,
        apex: &Name,
        changes: &[Change],
        is_first: bool,
    ) -> Result<(), ProviderError> {
        let held = self.read(apex).await?;
        let may_be_half = !is_first && !held.facts.atomic;
        let pending = pending(&held.zone, changes, may_be_half).map_err(ProviderError::Drift)?;
        let zone = self.known(apex).await?;
        if pending.is_empty() {
            // Whoever was interrupted may have written all and published nothing.
            let was_interrupted = !is_first || changes.is_empty();
            return match was_interrupted {
                true => self.host.publish(apex, &zone).await,
                false => Ok(()),
            };
        }
        pending.iter().try_for_each(|change| allowed(apex, &held.facts, change))?;
        self.host.write(apex, &zone, &held, &pending).await?;
        self.read_back(apex, &pending).await
    }

    /// Makes sure that the host holds what it said yes to.
    async fn read_back(&self, apex: &Name, sent: &[&Change]) -> Result<(), ProviderError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let held = self.read(apex).await?;
            let wrong = sent.iter().find_map(|change| {
                let (live, after) = (held.zone.get(change.key()), change.after());
                (live != after).then(|| mismatch("host", change.key(), live, after))
            });
            match (wrong, pauses.next()) {
                (None, _) => return Ok(()),
                (Some(_), Some(pause)) => self.rest(pause).await,
                (Some(wrong), None) => return Err(ProviderError::Refused(wrong)),
            }
        }
    }

    async fn rest(&self, pause: Duration) {
        self.clock.sleep_until(self.clock.now() + pause).await;
    }
}

/// SOA and the apex NS belong to the host, and what it keeps closed stays as it is.
fn allowed(apex: &Name, facts: &Facts, change: &Change) -> Result<(), ProviderError> {
    let key = change.key();
    let is_hosts = key.rtype == Rtype::SOA || key.rtype == Rtype::NS && key.owner == *apex;
    let why = match change.after().or(change.before()) {
        _ if is_hosts => Some("it belongs to the host".to_owned()),
        Some(rrset) if change.after().is_some() => facts.objection(rrset),
        _ => facts.closure(key).cloned(),
    };
    why.map_or(Ok(()), |why| Err(ProviderError::Refused(format!("`{key}`: {why}"))))
}

#[async_trait]
impl<H: Host> Provider for Arc<Hosted<H>> {
    fn facts(&self) -> Facts {
        self.host.facts()
    }

    async fn limits(&self, apex: &Name) -> Result<Facts, ProviderError> {
        let known = lock(&self.facts).get(apex).cloned();
        match known {
            Some(facts) => Ok(facts),
            None => Ok(self.read(apex).await?.facts),
        }
    }

    async fn access(&self, apex: &Name) -> Result<Access, ProviderError> {
        if let Some(why) = self.limits(apex).await?.closed_zone {
            return Ok(Access::Denied(why));
        }
        let zone = self.known(apex).await?;
        self.host.access(&zone).await
    }

    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError> {
        Ok(self.read(apex).await?.zone)
    }

    async fn apply(&self, apex: &Name, changes: &[Change]) -> Result<(), ProviderError> {
        let (mut pauses, mut is_first) = (PAUSES.into_iter(), true);
        loop {
            match (self.attempt(apex, changes, is_first).await, pauses.next()) {
                (Err(ProviderError::Busy(_)), Some(pause)) => self.rest(pause).await,
                (result, _) => return result,
            }
            is_first = false;
        }
    }
}

/// Collects what an API shows into a zone, and what of it is not ours to write.
pub(super) struct Reading {
    apex: Name,
    sets: BTreeMap<RrKey, (Ttl, Vec<Rdata>)>,
    facts: Facts,
}

impl Reading {
    /// Nothing read yet of a zone with these facts.
    pub(super) fn new(apex: &Name, facts: Facts) -> Self {
        Self { apex: apex.clone(), sets: BTreeMap::new(), facts }
    }

    /// One record; among unequal TTLs the highest counts, since caches may hold each.
    pub(super) fn add(&mut self, owner: Name, ttl: Ttl, rdata: Rdata) {
        let key = RrKey::new(owner, rdata.rtype());
        let (known, data) = self.sets.entry(key).or_insert((ttl, Vec::new()));
        *known = ttl.max(*known);
        data.push(rdata);
    }

    /// One record in presentation format; one that cannot be read keeps its RRset closed.
    pub(super) fn text(&mut self, owner: &Name, rtype: Rtype, ttl: Ttl, data: &str) {
        match Rdata::parse(rtype, data, Some(&self.apex)) {
            Ok(rdata) => self.add(owner.clone(), ttl, rdata),
            Err(error) => {
                let why = format!("it holds `{data}`: {}", error.message);
                self.close(owner.clone(), rtype, why);
            }
        }
    }

    /// An RRset that must be left alone, and why.
    pub(super) fn close(&mut self, owner: Name, rtype: Rtype, why: impl Into<String>) {
        self.facts.closed.insert(RrKey::new(owner, rtype), why.into());
    }

    /// Records of this type must be left alone in this zone, and why.
    pub(super) fn close_type(&mut self, rtype: Rtype, why: impl Into<String>) {
        self.facts.closed_types.insert(rtype, why.into());
    }

    /// Everything in this zone must be left alone, and why; there may be several reasons.
    pub(super) fn close_zone(&mut self, why: &str) {
        let said = self.facts.closed_zone.take().map(|said| format!("{said}; {why}"));
        self.facts.closed_zone = Some(said.unwrap_or_else(|| why.to_owned()));
    }

    /// The zone as it was read.
    pub(super) fn held<N>(self, native: N) -> Held<N> {
        let rrsets = self.sets.into_iter();
        let rrsets = rrsets.filter_map(|(key, (ttl, data))| RrSet::of(key, ttl, data));
        Held { zone: Zone::of(self.apex, rrsets), facts: self.facts, native }
    }
}

/// A panic elsewhere cannot have left these maps half done: entries are put in whole.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
