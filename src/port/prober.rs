//! Tries mail servers.

use crate::plan::Probe;
use async_trait::async_trait;

/// Why a check has not passed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{host}` {problem}")]
pub struct NotReady {
    /// Which host.
    pub host: String,
    /// What it does, or does not.
    pub problem: String,
}

/// Tries whether mail servers are ready.
#[async_trait]
pub trait Prober: Send + Sync {
    /// What was found, if all hosts are ready; the first that is not.
    async fn probe(&self, probe: &Probe) -> Result<String, NotReady>;
}
