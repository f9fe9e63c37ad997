//! Floor 2: what to change, in which order, and how long to wait. Pure.

mod change;
mod facts;

pub use change::{Change, diff};
pub use facts::Facts;
