//! CZ.NIC's `knotd` as the primary of one dynamic zone, or as a secondary that lags.
//!
//! It takes updates and gives transfers to the holder of the key and to nobody else. It does not
//! sign or send NOTIFY; its control socket and databases stay in its own directory.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use super::key::Key;
use super::question::Question;
use super::server::{Program, Server, directory, eventually, free_port, loopback};

const KNOTC: Program = Program { path: "/usr/sbin/knotc", package: "knot" };
const KNOTD: Program = Program { path: "/usr/sbin/knotd", package: "knot" };

/// Knot DNS 3.2.
pub struct Knot;

impl Knot {
    /// Serves `zone` from the text of a zone file, which is rewritten after each update.
    pub fn primary(zone: &str, zone_text: &str, key: &Key) -> Server {
        let own = "action: [update, transfer]";
        let keeps = "file: \"zone\"\n    semantic-checks: off\n    zonefile-sync: 0";
        start(zone, key, own, keeps, &[("zone", zone_text)])
    }

    /// Serves `zone` from a file that somebody else keeps, and reads it again when `knotc` says so
    /// at `knot.sock` in the server's directory.
    pub fn of_file(zone: &str, file: &Path) -> Server {
        let reads = format!(
            "file: \"{}\"\n    semantic-checks: off\n    zonefile-load: whole\n    \
             zonefile-sync: -1\n    journal-content: none",
            file.display()
        );
        let key = Key::test("nobody.", "hmac-sha256");
        start(zone, &key, "action: transfer", &reads, &[])
    }

    /// Serves `zone` as fetched from `primary`, which it looks at as often as the refresh of the
    /// SOA says, and no oftener: it hears no NOTIFY.
    pub fn secondary(zone: &str, primary: SocketAddr, key: &Key) -> Server {
        let address = format!("{}@{}", primary.ip(), primary.port());
        let remote =
            format!("remote:\n  - id: primary\n    address: {address}\n    key: \"{}\"", key.name);
        let follows = "master: primary\n    zonefile-load: none\n    zonefile-sync: -1";
        start(zone, key, &format!("action: transfer\n\n{remote}"), follows, &[])
    }

    /// Waits until a secondary has just looked and found nothing new.
    ///
    /// # Panics
    /// When it does not look in `limit`; the message holds its log.
    pub fn wait_refreshed(secondary: &Server, limit: Duration) {
        let looks = || secondary.log().matches("zone is up-to-date").count();
        let before = looks();
        assert!(eventually(limit, || looks() > before), "{}", secondary.log());
    }
}

fn start(zone: &str, key: &Key, acl: &str, content: &str, files: &[(&str, &str)]) -> Server {
    let addr = loopback(free_port());
    let config = config(zone, key, addr.port(), acl, content);
    let dir = directory(&[&[("knot.conf", &config[..])], files].concat());
    // From a text it would make this database under /tmp, wherever TMPDIR points.
    KNOTC.run(dir.path(), &["-C", "confdb", "conf-import", "knot.conf"]);
    Server::start(KNOTD, &["-C", "confdb"], dir, addr, Question::soa(zone))
}

fn config(zone: &str, key: &Key, port: u16, acl: &str, content: &str) -> String {
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
    {acl}

zone:
  - domain: "{zone}"
    storage: "."
    {content}
    acl: holder
"#
    )
}
