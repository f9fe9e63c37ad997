//! What one account bears, shared by all its zones: calls at once, and calls in a period.

use crate::config::Rate;
use crate::dns::{Name, Ttl, Zone};
use crate::plan::{Change, Facts};
use crate::port::{Access, Provider, ProviderError};
use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore, SemaphorePermit, watch};
use tokio::time::{Instant, sleep_until};

/// Calls under way at once: BIND gives ten transfers at a time (`transfers-out`) and refuses the
/// next, and its secondaries need some of them.
const AT_ONCE: usize = 8;

/// The calls that an account bears. A call reads or writes one zone.
#[derive(Debug)]
pub struct Budget {
    room: Semaphore,
    pace: Option<Pace>,
}

/// So many begins in any period, in the order of asking.
#[derive(Debug)]
pub(super) struct Pace {
    rate: Rate,
    /// When the last calls began, as many as a period may have.
    begun: Mutex<VecDeque<Instant>>,
    /// Nobody begins before, since the host asked to be left alone.
    held: watch::Sender<Option<Instant>>,
}

impl Budget {
    /// A budget of which nothing is spent.
    pub fn new(rate: Option<Rate>) -> Self {
        let pace = rate.map(Pace::new);
        Self { room: Semaphore::new(AT_ONCE), pace }
    }

    /// Waits until one more call may begin; it is under way until the permit is dropped.
    async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        // Nobody closes the semaphore, so there is a permit in the end.
        let permit = self.room.acquire().await.ok();
        if let Some(pace) = &self.pace {
            pace.turn().await;
        }
        permit
    }
}

impl Pace {
    /// A pace at which nothing has begun.
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, begun: Mutex::default(), held: watch::Sender::default() }
    }

    /// Lets nobody begin for so long.
    pub(super) fn hold(&self, pause: Duration) {
        let until = Instant::now() + pause;
        self.held.send_modify(|held| *held = (*held).max(Some(until)));
    }

    /// No period is ever too full, wherever the host lets its own begin; a bucket that fills up
    /// steadily would let twice as many through in its first.
    pub(super) async fn turn(&self) {
        let mut begun = self.begun.lock().await;
        loop {
            let until = *self.held.borrow();
            match until.filter(|until| *until > Instant::now()) {
                Some(until) => sleep_until(until).await,
                None => break,
            }
        }
        let calls = usize::try_from(self.rate.calls.get()).unwrap_or(usize::MAX);
        if begun.len() >= calls
            && let Some(first) = begun.front()
        {
            sleep_until(*first + self.rate.period).await;
            // Only now: whoever gives up waiting has not called.
            begun.pop_front();
        }
        begun.push_back(Instant::now());
    }
}

/// A provider that keeps to its account's budget, and to the TTLs that its host takes.
pub struct Metered {
    inner: Box<dyn Provider>,
    budget: Arc<Budget>,
    ttl_floor: Option<Ttl>,
    may_write: bool,
}

impl Metered {
    /// The same provider on this budget.
    pub fn new(inner: Box<dyn Provider>, budget: Arc<Budget>, ttl_floor: Option<Ttl>) -> Self {
        Self { inner, budget, ttl_floor, may_write: false }
    }

    /// The same for a command that writes; for all others, nothing gets past here.
    #[must_use]
    pub fn to_write(self) -> Self {
        Self { may_write: true, ..self }
    }

    fn bounded(&self, facts: Facts) -> Facts {
        let ttl_floor = self.ttl_floor.map_or(facts.ttl_floor, |own| own.max(facts.ttl_floor));
        Facts { ttl_floor, ..facts }
    }
}

#[async_trait]
impl Provider for Metered {
    fn facts(&self) -> Facts {
        self.bounded(self.inner.facts())
    }

    async fn limits(&self, apex: &Name) -> Result<Facts, ProviderError> {
        let facts = self.inner.limits(apex).await?;
        Ok(self.bounded(facts))
    }

    async fn access(&self, apex: &Name) -> Result<Access, ProviderError> {
        let _permit = self.budget.enter().await;
        self.inner.access(apex).await
    }

    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError> {
        let _permit = self.budget.enter().await;
        self.inner.zone(apex).await
    }

    async fn apply(&self, apex: &Name, changes: &[Change]) -> Result<(), ProviderError> {
        if !self.may_write {
            return Err(ProviderError::Refused("this command only looks".to_owned()));
        }
        let _permit = self.budget.enter().await;
        self.inner.apply(apex, changes).await
    }
}

#[cfg(test)]
mod tests;
