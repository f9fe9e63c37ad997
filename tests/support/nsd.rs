//! NLnet Labs' `nsd` as a secondary of one zone.
//!
//! It fetches the zone from its primary with the key, again at each NOTIFY, and gives it on to the
//! holder of the key. It writes no zone file and has no remote control.

use std::net::SocketAddr;

use super::key::Key;
use super::question::Question;
use super::server::{Program, Server, directory, loopback};

const NSD: Program = Program { path: "/usr/sbin/nsd", package: "nsd" };

/// NSD 4.6.
pub struct Nsd;

impl Nsd {
    /// Serves `zone` as fetched from `primary`, on a port from
    /// [`free_port`](super::server::free_port), and returns once the first transfer is in.
    ///
    /// The primary must be up, and must list this port to be followed at once; else the refresh
    /// of the SOA says when a change arrives.
    pub fn secondary(zone: &str, primary: SocketAddr, key: &Key, port: u16) -> Server {
        let addr = loopback(port);
        let dir = directory(&[("nsd.conf", &config(zone, primary, key, addr))]);
        Server::start(NSD, &["-d", "-c", "nsd.conf"], dir, addr, Question::soa(zone))
    }
}

fn config(zone: &str, primary: SocketAddr, key: &Key, addr: SocketAddr) -> String {
    let Key { name, algorithm, secret_base64 } = key;
    let (port, primary_ip, primary_port) = (addr.port(), primary.ip(), primary.port());
    // Without a logfile it would also write to syslog. xfrd-reload-timeout would hold back a second
    // change for a second, and the rate limit is one that a polling test can reach.
    format!(
        r#"
server:
    ip-address: 127.0.0.1@{port}
    server-count: 1
    username: ""
    chroot: ""
    zonesdir: "."
    xfrdir: "."
    zonelistfile: "zone.list"
    xfrdfile: "xfrd.state"
    logfile: "log"
    pidfile: ""
    database: ""
    identity: "nsd"
    xfrd-reload-timeout: 0
    zonefiles-write: 0
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0

remote-control:
    control-enable: no

key:
    name: "{name}"
    algorithm: {algorithm}
    secret: "{secret_base64}"

zone:
    name: "{zone}"
    zonefile: "zone"
    request-xfr: {primary_ip}@{primary_port} {name}
    outgoing-interface: 127.0.0.1
    allow-notify: 127.0.0.1 NOKEY
    provide-xfr: 127.0.0.1 {name}
"#
    )
}
