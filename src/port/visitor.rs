//! Goes to see what no question to the DNS tells.

use crate::mail::{Shown, Visit};
use async_trait::async_trait;

/// Goes where senders go, to see what they are shown.
#[async_trait]
pub trait Visitor: Send + Sync {
    /// What is shown; what may be due to the way there, or to this machine, is nothing.
    async fn visit(&self, visit: &Visit) -> Shown;
}
