//! Name servers that read a zone file when their control program says so, and take no updates.
//!
//! They give transfers to the holder of the key. Each comes with the lines of a provider file that
//! say how to reload it.

use std::fs;

use super::support::dankolb::{self, NAME, ZONE};
use super::support::key::Key;
use super::support::question::Question;
use super::support::server::{Program, Server, directory, free_port, loopback};

const NAMED: Program = Program { path: "/usr/sbin/named", package: "bind9" };
const KNOTC: Program = Program { path: "/usr/sbin/knotc", package: "knot" };
const KNOTD: Program = Program { path: "/usr/sbin/knotd", package: "knot" };
const NSD: Program = Program { path: "/usr/sbin/nsd", package: "nsd" };

/// BIND, and how `rndc` reaches it.
pub(crate) fn bind() -> (Server, String) {
    let Key { name, algorithm, secret_base64 } = dankolb::key();
    let (addr, control) = (loopback(free_port()), free_port());
    let key = format!(r#"key "{name}" {{ algorithm {algorithm}; secret "{secret_base64}"; }};"#);
    let config = format!(
        r#"
{key}
controls {{ inet 127.0.0.1 port {control} allow {{ 127.0.0.1; }} keys {{ "{name}"; }}; }};
options {{
    listen-on port {} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    lock-file none;
    session-keyfile none;
    recursion no;
    dnssec-validation no;
    notify no;
    max-cache-size 2M;
}};
zone "{NAME}" {{
    type primary;
    file "zone";
    check-integrity no;
    allow-transfer {{ key "{name}"; }};
}};
"#,
        addr.port()
    );
    let dir = directory(&[("named.conf", &config), ("rndc.key", &key), ("zone", ZONE)]);
    let key_file = dir.path().join("rndc.key");
    let reload = format!(
        "reload: rndc\nreload-options: [-s, 127.0.0.1, -p, \"{control}\", -y, {name}, -k, {}]\n",
        key_file.display()
    );
    let args = ["-g", "-n", "1", "-c", "named.conf"];
    (Server::start(NAMED, &args, dir, addr, Question::soa(NAME)), reload)
}

/// Knot, and how `knotc` reaches it.
pub(crate) fn knot() -> (Server, String) {
    let Key { name, algorithm, secret_base64 } = dankolb::key();
    let addr = loopback(free_port());
    let config = format!(
        r#"
server:
    rundir: "."
    listen: 127.0.0.1@{}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1

control:
    listen: "knot.sock"

log:
  - target: stderr
    any: info

database:
    storage: "."

key:
  - id: "{name}"
    algorithm: {algorithm}
    secret: "{secret_base64}"

acl:
  - id: holder
    key: "{name}"
    action: transfer

zone:
  - domain: "{NAME}"
    storage: "."
    file: "zone"
    zonefile-sync: -1
    acl: holder
"#,
        addr.port()
    );
    let dir = directory(&[("knot.conf", &config), ("zone", ZONE)]);
    KNOTC.run(dir.path(), &["-C", "confdb", "conf-import", "knot.conf"]);
    let socket = dir.path().join("knot.sock");
    let reload = format!("reload: knotc\nreload-options: [-s, {}]\n", socket.display());
    (Server::start(KNOTD, &["-C", "confdb"], dir, addr, Question::soa(NAME)), reload)
}

/// NSD, and how `nsd-control` reaches it.
pub(crate) fn nsd() -> (Server, String) {
    let Key { name, algorithm, secret_base64 } = dankolb::key();
    let addr = loopback(free_port());
    let dir = directory(&[("zone", ZONE)]);
    let (socket, path) = (dir.path().join("nsd.sock"), dir.path().join("nsd.conf"));
    let config = format!(
        r#"
server:
    ip-address: 127.0.0.1@{}
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
    rrl-ratelimit: 0

remote-control:
    control-enable: yes
    control-interface: {}

key:
    name: "{name}"
    algorithm: {algorithm}
    secret: "{secret_base64}"

zone:
    name: "{NAME}"
    zonefile: "zone"
    provide-xfr: 127.0.0.1 {name}
"#,
        addr.port(),
        socket.display()
    );
    fs::write(&path, config).unwrap();
    let reload = format!("reload: nsd-control\nreload-options: [-c, {}]\n", path.display());
    (Server::start(NSD, &["-d", "-c", "nsd.conf"], dir, addr, Question::soa(NAME)), reload)
}
