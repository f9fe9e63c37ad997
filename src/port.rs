//! Floor 4: the outside world as four small traits.
//!
//! What is not here cannot happen to a run: no trait for notification, no second store, no way to
//! ask the time but [`Clock::now`].

mod clock;
mod journal;
mod lookup;
mod provider;

pub use clock::Clock;
pub use journal::{Journal, JournalError};
pub use lookup::{Answer, Lookup, LookupError, Server};
pub use provider::{Provider, ProviderError};
