//! PowerDNS' `pdns_server` with its SQLite backend, as the primary of one dynamic zone.
//!
//! It takes updates and gives transfers to the holder of the key and to nobody else, and caches
//! nothing. It does not sign or send NOTIFY, and opens its web server only when asked.

use std::net::SocketAddr;

use super::key::Key;
use super::question::Question;
use super::server::{Program, Server, directory, free_port, loopback};

const PDNS_SERVER: Program = Program { path: "/usr/sbin/pdns_server", package: "pdns-server" };
const PDNSUTIL: Program = Program { path: "/usr/bin/pdnsutil", package: "pdns-server" };
const SQLITE3: Program = Program { path: "/usr/bin/sqlite3", package: "sqlite3" };
/// Not the copy under /usr/share/doc, which slim images leave out.
const SCHEMA: Program = Program {
    path: "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql",
    package: "pdns-backend-sqlite3",
};

/// PowerDNS Authoritative Server 4.7.
pub struct Pdns;

impl Pdns {
    /// Serves `zone` from the text of a zone file, loaded into a fresh database.
    pub fn primary(zone: &str, zone_text: &str, key: &Key) -> Server {
        Self::start(zone, zone_text, key, "webserver=no\napi=no\n")
    }

    /// The same with its HTTP API, open to the holder of this key; where that is.
    pub fn with_api(zone: &str, zone_text: &str, key: &Key, api_key: &str) -> (Server, SocketAddr) {
        let web = loopback(free_port());
        let settings = format!(
            "webserver=yes\nwebserver-address=127.0.0.1\nwebserver-port={}\n\
             webserver-allow-from=127.0.0.0/8\napi=yes\napi-key={api_key}\n",
            web.port()
        );
        (Self::start(zone, zone_text, key, &settings), web)
    }

    fn start(zone: &str, zone_text: &str, key: &Key, web: &str) -> Server {
        let addr = loopback(free_port());
        let settings = config(addr.port()) + web;
        let dir = directory(&[("pdns.conf", &settings), ("zone", zone_text)]);
        let read_schema = format!(".read {}", SCHEMA.installed());
        SQLITE3.run(dir.path(), &["zone.db", "PRAGMA journal_mode = WAL;", &read_schema]);

        let Key { name, algorithm, secret_base64 } = key;
        let pdnsutil = |args: &[&str]| {
            PDNSUTIL.run(dir.path(), &[&["--config-dir=."], args].concat());
        };
        pdnsutil(&["load-zone", zone, "zone"]);
        pdnsutil(&["import-tsig-key", name, algorithm, secret_base64]);
        pdnsutil(&["set-meta", zone, "TSIG-ALLOW-AXFR", name]);
        pdnsutil(&["set-meta", zone, "TSIG-ALLOW-DNSUPDATE", name]);
        pdnsutil(&["set-meta", zone, "ALLOW-DNSUPDATE-FROM", "127.0.0.0/8"]);
        pdnsutil(&["set-meta", zone, "SOA-EDIT-DNSUPDATE", "INCREASE"]);
        Server::start(PDNS_SERVER, &["--config-dir=."], dir, addr, Question::soa(zone))
    }
}

fn config(port: u16) -> String {
    // Transfers are open to all of 127.0.0.0/8 unless allow-axfr-ips is empty, and the security
    // status is asked of the internet unless its suffix is.
    format!(
        "\
launch=gsqlite3
gsqlite3-database=zone.db
gsqlite3-pragma-synchronous=0
local-address=127.0.0.1
local-port={port}
socket-dir=.
daemon=no
guardian=no
write-pid=no
disable-syslog=yes
setuid=
setgid=
chroot=
security-poll-suffix=
server-id=pdns
receiver-threads=1
distributor-threads=1
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
allow-axfr-ips=
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
"
    )
}
