//! Floor 4: the outside world as seven small traits.
//!
//! What is not here cannot happen to a run: no trait for notification, no second store, no way to
//! ask the time but [`Clock::now`].

mod clock;
mod journal;
mod lookup;
mod prober;
mod provider;
mod recursor;
mod visitor;

pub use clock::Clock;
pub use journal::{Journal, JournalError};
pub use lookup::{Answer, Lookup, LookupError, Resolver, Server};
pub use prober::{NotReady, Prober};
pub use provider::{Access, Provider, ProviderError};
pub use recursor::{Recursor, Way};
pub use visitor::Visitor;
