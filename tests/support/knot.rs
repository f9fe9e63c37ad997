//! CZ.NIC's `knotd` as the primary of one dynamic zone.
//!
//! It takes updates and gives transfers to the holder of the key and to nobody else. It does not
//! sign or send NOTIFY; its control socket and databases stay in its own directory.

use super::key::Key;
use super::question::Question;
use super::server::{Program, Server, directory, free_port, loopback};

const KNOTC: Program = Program { path: "/usr/sbin/knotc", package: "knot" };
const KNOTD: Program = Program { path: "/usr/sbin/knotd", package: "knot" };

/// Knot DNS 3.2.
pub struct Knot;

impl Knot {
    /// Serves `zone` from the text of a zone file, which is rewritten after each update.
    pub fn primary(zone: &str, zone_text: &str, key: &Key) -> Server {
        let addr = loopback(free_port());
        let config = config(zone, key, addr.port());
        let dir = directory(&[("knot.conf", &config), ("zone", zone_text)]);
        // From a text it would make this database under /tmp, wherever TMPDIR points.
        KNOTC.run(dir.path(), &["-C", "confdb", "conf-import", "knot.conf"]);
        Server::start(KNOTD, &["-C", "confdb"], dir, addr, Question::soa(zone))
    }
}

fn config(zone: &str, key: &Key, port: u16) -> String {
    let Key { name, algorithm, secret_base64 } = key;
    format!(
        r#"
server:
    rundir: "."
    listen: 127.0.0.1@{port}
    identity: "knot"
    nsid: "knot"
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
    action: [update, transfer]

zone:
  - domain: "{zone}"
    storage: "."
    file: "zone"
    semantic-checks: off
    zonefile-sync: 0
    acl: holder
"#
    )
}
