//! The only source of time.

use crate::run::Timestamp;
use async_trait::async_trait;

/// Tells the time, and waits for it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Returns at `until` or later.
    async fn sleep_until(&self, until: Timestamp);
}
