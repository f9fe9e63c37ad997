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
        let addr = loopback(free_port());
        let config = config(zone, upstreams, extra, addr);
        let dir = directory(&[("unbound.conf", &config), ("root", ROOT)]);
        // Without the root in its cache it would resolve what a test only wants to peek at, and
        // the zone's SOA would be in there before the test begins.
        let args = ["-d", "-p", "-c", "unbound.conf"];
        Server::start(UNBOUND, &args, dir, addr, Question::root())
    }
}

fn config(zone: &str, upstreams: &[SocketAddr], extra: &str, addr: SocketAddr) -> String {
    let port = addr.port();
    let stub_addrs = upstreams.iter().fold(String::new(), |mut list, upstream| {
        writeln!(list, "    stub-addr: {}@{}", upstream.ip(), upstream.port()).unwrap();
        list
    });
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

stub-zone:
    name: "{zone}"
    stub-prime: no
    stub-first: no
{stub_addrs}
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
