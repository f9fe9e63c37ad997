//! Real DNS servers for integration tests.
//!
//! Each server is the distribution's own daemon. It runs in the foreground on a free port of
//! 127.0.0.1, keeps all its files in a temporary directory, and ends with the value that holds it.
//! Nothing here needs port 53 or the internet, and no two servers share a port or a path, so
//! tests may run in parallel.
//!
//! This is no model of a DNS server: there are no canned answers. A zone may be [`signed`], but
//! nobody validates.
//!
//! ```ignore
//! mod support;
//! use support::{bind::Bind, client, key::Key, nsd::Nsd, server, unbound::Unbound};
//!
//! let key = Key::test("cutover-key.", "hmac-sha256");
//! // The primary is told where to send NOTIFY before its secondary is there to answer.
//! let port = server::free_port();
//! let bind = Bind::primary("example.test", ZONE, &key, &[server::loopback(port)]);
//! let nsd = Nsd::secondary("example.test", bind.addr, &key, port);
//! let cache = Unbound::cache("example.test", &[bind.addr, nsd.addr], "");
//! assert_eq!(client::serial(cache.addr, "example.test"), Some(1));
//! ```
//!
//! Start a primary before its secondary. A zone text needs a `$TTL`, one SOA, and an address for
//! each name server inside the zone.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test binary compiles the whole harness and uses a part of it"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::use_self,
    reason = "servers of other people's run by real time; what a helper makes is named"
)]

pub mod authority;
pub mod bind;
pub mod client;
pub mod dankolb;
pub mod key;
pub mod knot;
pub mod nsd;
pub mod page;
pub mod pdns;
pub mod pool;
pub mod project;
pub mod proxy;
pub mod question;
pub mod server;
pub mod signed;
pub mod texts;
pub mod unbound;
