//! The engine's way into the simulated internet.

use crate::internet::Internet;
use crate::world::answer;
use async_trait::async_trait;
use cutover::dns::rdata::Rrsig;
use cutover::dns::{Name, RrKey, Zone};
use cutover::plan::{Change, Facts, Probe};
use cutover::port::{
    Answer, Clock, Lookup, LookupError, NotReady, Prober, Provider, ProviderError, Server,
};
use cutover::run::Timestamp;
use std::net::{Ipv4Addr, SocketAddr};

#[async_trait]
impl Clock for Internet {
    fn now(&self) -> Timestamp {
        Timestamp::from_timestamp(self.state().now, 0).unwrap()
    }

    async fn sleep_until(&self, until: Timestamp) {
        self.state().advance(until.timestamp());
    }
}

#[async_trait]
impl Provider for Internet {
    fn facts(&self) -> Facts {
        Facts::default()
    }

    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError> {
        let zone = Self::zone(self);
        if zone.apex() == apex { Ok(zone) } else { Err(ProviderError::NoZone(apex.clone())) }
    }

    async fn apply(&self, _: &Name, changes: &[Change]) -> Result<(), ProviderError> {
        let zone = applied(Self::zone(self), changes)?;
        if changes.is_empty() {
            // Nothing is staged here that would still have to be published.
            return Ok(());
        }
        let mut state = self.state();
        state.write(&zone);
        match state.is_mute && state.writes % 2 == 1 {
            true => Err(ProviderError::Busy("the answer got lost".to_owned())),
            false => Ok(()),
        }
    }
}

/// A zone with changes, each only if its RRset is as it was planned to be.
pub(crate) fn applied(mut zone: Zone, changes: &[Change]) -> Result<Zone, ProviderError> {
    for change in changes {
        if zone.get(change.key()) != change.before() {
            return Err(ProviderError::Drift(change.key().clone()));
        }
        match change.after() {
            Some(after) => zone.put(after.clone()),
            None => drop(zone.remove(change.key())),
        }
    }
    Ok(zone)
}

#[async_trait]
impl Lookup for Internet {
    async fn servers(&self, zone: &Name) -> Result<Vec<Server>, LookupError> {
        let state = self.state();
        assert_eq!(*zone, state.cast.apex);
        let count = if state.is_blind { 1 } else { state.servers.len() };
        let servers = state.servers[..count].iter().zip(1..).map(|(server, last)| Server {
            name: server.authority.name.to_owned(),
            address: SocketAddr::from((Ipv4Addr::new(192, 0, 2, last), 53)),
        });
        Ok(servers.collect())
    }

    async fn ask(&self, server: &Server, key: &RrKey) -> Result<Answer, LookupError> {
        let state = self.state();
        let mut up = state.servers.iter().filter(|one| one.is_up(state.now));
        match up.find(|one| one.authority.name == server.name) {
            Some(found) => Ok(exactly(&found.edition.zone, key)),
            None => Err(LookupError::Silent(server.to_string())),
        }
    }

    async fn signatures(&self, _: &Server, _: &RrKey) -> Result<Vec<Rrsig>, LookupError> {
        Ok(Vec::new())
    }
}

/// What a server says to somebody who asks for just this RRset: an alias is none.
fn exactly(zone: &Zone, key: &RrKey) -> Answer {
    let found = answer(zone, key);
    match found.rrset().is_some_and(|rrset| rrset.rtype() != key.rtype) {
        true => Answer::Absent(found.ttl()),
        false => found,
    }
}

#[async_trait]
impl Prober for Internet {
    async fn probe(&self, _: &Probe) -> Result<String, NotReady> {
        Ok("everybody is ready".to_owned())
    }
}
