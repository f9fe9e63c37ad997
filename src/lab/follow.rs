//! Secondaries: servers that have a zone from another one, later.

use super::Authority;
use crate::dns::Name;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// Keeps a secondary behind its primary until this is dropped.
#[derive(Debug)]
#[must_use = "a secondary stands still when this is dropped"]
pub struct Following {
    lag: Arc<Mutex<Duration>>,
    task: AbortHandle,
}

impl Authority {
    /// Serves another server's zone, each version `lag` after the primary does.
    ///
    /// `None` when the primary has no such zone.
    pub fn follow(&self, primary: &Self, apex: &Name, lag: Duration) -> Option<Following> {
        let mut versions = primary.versions(apex)?;
        let zone = Arc::clone(&versions.borrow_and_update());
        self.put(Arc::unwrap_or_clone(zone));
        let secondary = self.clone();
        let lag = Arc::new(Mutex::new(lag));
        let current = Arc::clone(&lag);
        let task = tokio::spawn(async move {
            while versions.changed().await.is_ok() {
                let zone = Arc::clone(&versions.borrow_and_update());
                let lag = *current.lock().unwrap_or_else(PoisonError::into_inner);
                sleep(lag).await;
                secondary.put(Arc::unwrap_or_clone(zone));
            }
        });
        Some(Following { lag, task: task.abort_handle() })
    }
}

impl Following {
    /// How far behind the next versions will be.
    pub fn set_lag(&self, lag: Duration) {
        *self.lag.lock().unwrap_or_else(PoisonError::into_inner) = lag;
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}
