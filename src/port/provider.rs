//! A DNS host that can be read and written.

use crate::dns::{Name, RrKey, Zone};
use crate::plan::{Change, Facts};
use async_trait::async_trait;

/// An account at a DNS host, or a name server.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What it can and cannot do.
    fn facts(&self) -> Facts;

    /// Reads the zone as the provider holds it.
    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError>;

    /// Applies changes, each only if its RRset is still as `before` says.
    ///
    /// An RRset that already equals `after` counts as done, so sending a slice twice is one
    /// change; one that equals neither side is [`ProviderError::Drift`], and then nothing of the
    /// same atomic batch has been written.
    async fn apply(&self, apex: &Name, changes: &[Change]) -> Result<(), ProviderError>;
}

/// Why a provider call did not end well; each variant is one thing that a caller can do.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Try again later.
    #[error("the provider does not answer: {0}")]
    Busy(String),
    /// The zone is not as planned: plan again.
    #[error("`{0}` is not as planned")]
    Drift(RrKey),
    /// Mend the credentials.
    #[error("the provider does not accept the credentials: {0}")]
    Unauthorized(String),
    /// Mend the zone's name or the account.
    #[error("the provider has no zone `{0}`")]
    NoZone(Name),
    /// Nothing will help but a person.
    #[error("the provider refused: {0}")]
    Refused(String),
}
