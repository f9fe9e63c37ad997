//! NLnet Labs' `unbound` as a caching resolver for one zone.
//!
//! It asks only the given upstreams and validates nothing. Below its own, empty root no other name
//! exists, and its queries leave from 127.0.0.1, so that none can get beyond this machine.

use std::fmt::Write;
use std::net::SocketAddr;

use super::question::Question;
use super::server::{Program, Server, directory, free_port, loopback};

const UNBOUND: Program = Program { path: "/usr/sbin/unbound", package: "unbound" };

const ROOT: &str = "\
. 86400 IN SOA root.invalid. nobody.invalid. 1 86400 86400 86400 60
. 86400 IN NS root.invalid.
";

/// Unbound 1.17.
pub struct Unbound;

impl Unbound {
    /// Resolves `zone` at `upstreams`, and starts with nothing in its cache but the root.
    ///
    /// `extra` is lines of the `server:` section that stand for a resolver's habits, such as
    /// `cache-min-ttl: 300`, `cache-max-ttl: 30` or `serve-expired: yes`; it may go on with
    /// `stub-zone:` sections for further zones.
    pub fn cache(zone: &str, upstreams: &[SocketAddr], extra: &str) -> Server {
        start(&section("stub", zone, upstreams, "stub-prime: no"), extra)
    }

    /// The same, but asks another cache, and so has of each TTL only what that one has left.
    pub fn forwarder(zone: &str, cache: SocketAddr, extra: &str) -> Server {
        start(&section("forward", zone, &[cache], ""), extra)
    }
}

fn start(section: &str, extra: &str) -> Server {
    let addr = loopback(free_port());
    let config = config(section, extra, addr);
    let dir = directory(&[("unbound.conf", &config), ("root", ROOT)]);
    // Without the root in its cache it would resolve what a test only wants to peek at, and
    // the zone's SOA would be in there before the test begins.
    let args = ["-d", "-p", "-c", "unbound.conf"];
    Server::start(UNBOUND, &args, dir, addr, Question::root())
}

/// Where the zone is asked for: a section of this kind.
fn section(kind: &str, zone: &str, upstreams: &[SocketAddr], more: &str) -> String {
    let head = format!("{kind}-zone:\n    name: \"{zone}\"\n    {kind}-first: no\n    {more}\n");
    upstreams.iter().fold(head, |mut section, upstream| {
        writeln!(section, "    {kind}-addr: {}@{}", upstream.ip(), upstream.port()).unwrap();
        section
    })
}

fn config(section: &str, extra: &str, addr: SocketAddr) -> String {
    let port = addr.port();
    // Source ports stay clear of those that free_port gives out. An upstream that is down ends in
    // SERVFAIL in a few seconds and is tried anew soon after; by default either takes minutes, and
    // an answer found after two seconds is not sent at all.
    format!(
        r#"
server:
    interface: 127.0.0.1@{port}
    outgoing-interface: 127.0.0.1
    outgoing-port-avoid: 0-65535
    outgoing-port-permit: 32768-60999
    do-ip6: no
    num-threads: 1
    username: ""
    chroot: ""
    directory: "."
    use-syslog: no
    logfile: ""
    module-config: "iterator"
    access-control: 127.0.0.0/8 allow_snoop
    identity: "unbound"
    nsid: "ascii_unbound"
    do-not-query-localhost: no
    qname-minimisation: no
    target-fetch-policy: "0 0 0 0 0"
    discard-timeout: 0
    outbound-msg-retry: 2
    unknown-server-time-limit: 200
    infra-host-ttl: 1
    cache-min-ttl: 0
    local-zone: "test." nodefault
{extra}

{section}
auth-zone:
    name: "."
    zonefile: "root"
    for-upstream: yes
    for-downstream: no
    fallback-enabled: no

remote-control:
    control-enable: no
"#
    )
}
