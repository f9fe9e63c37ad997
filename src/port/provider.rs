//! A DNS host that can be read and written.

use crate::dns::{Name, RrKey, Zone};
use crate::plan::{Change, Facts};
use async_trait::async_trait;

/// An account at a DNS host, or a name server.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What it can and cannot do, as far as that is known before anything is asked of it.
    fn facts(&self) -> Facts;

    /// The same for one zone, with what the host says about it.
    async fn limits(&self, _apex: &Name) -> Result<Facts, ProviderError> {
        Ok(self.facts())
    }

    /// Whether the account may write the zone, as far as that can be found out without writing.
    async fn access(&self, _apex: &Name) -> Result<Access, ProviderError> {
        Ok(Access::Untried)
    }

    /// Reads the zone as the provider holds it.
    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError>;

    /// Applies changes, each only if its RRset is still as `before` says.
    ///
    /// An RRset that already equals `after` counts as done, so sending a slice twice is one
    /// change; one that equals neither side is [`ProviderError::Drift`], and then nothing of the
    /// same atomic batch has been written. Without any change, what an interrupted call left
    /// unpublished is published.
    async fn apply(&self, apex: &Name, changes: &[Change]) -> Result<(), ProviderError>;
}

/// What is known about writing, before anything is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Access {
    /// The host says so; in its words.
    Granted(String),
    /// The host says that it will refuse; in its words.
    Denied(String),
    /// Only a write will show.
    Untried,
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
    /// Name the zone that there is, or make one of this name.
    #[error("the provider has the zone `{above}`, and within it no zone `{zone}`")]
    Enclosed {
        /// What was asked for.
        zone: Name,
        /// The next zone above that the account has.
        above: Name,
    },
    /// Nothing will help but a person.
    #[error("the provider refused: {0}")]
    Refused(String),
}
