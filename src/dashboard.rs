//! Floor 7: a page to look at while mail moves. Read-only: nothing that comes in by it changes
//! anything.
//!
//! Whoever watches puts a new [`Scene`] on the channel after each round; pages are rendered here,
//! and what has changed of them goes out as events. Without script, a page is as good as its last
//! reload.

mod curve;
mod matrix;
mod metrics;
mod page;
mod parts;
mod scene;
mod server;
mod timeline;

pub use scene::{Expected, Scene, ZoneScene};
pub use server::{Door, DoorError, serve};
