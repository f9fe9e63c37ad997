//! The RFC 2136 driver, name server discovery and caches in a small internet on loopback.

#[path = "lab/answers.rs"]
mod answers;
#[path = "lab/caching.rs"]
mod caching;
#[path = "lab/discovery.rs"]
mod discovery;
#[path = "lab/transfer.rs"]
mod transfer;
#[path = "lab/updates.rs"]
mod updates;
#[path = "lab/world.rs"]
mod world;
