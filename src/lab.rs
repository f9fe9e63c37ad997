//! Floor 5: a small internet of one's own, for the demo and the tests.
//!
//! [`Authority`] serves zones and takes updates as RFC 2136 has it, with TSIG, transfers and
//! referrals; [`Cache`] resolves from authorities and keeps answers as real resolvers do, or as
//! they should not. All of it on loopback, nothing to install.

mod answer;
mod authority;
mod cache;
mod envelope;
mod follow;
mod listen;
mod transfer;
mod update;

pub use authority::Authority;
pub use cache::{Cache, Habit};
pub use follow::Following;
pub use listen::Running;
