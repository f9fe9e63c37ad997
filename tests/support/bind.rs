//! BIND's `named` as the primary of one dynamic zone.
//!
//! It takes updates and gives transfers to the holder of the key and to nobody else, and sends
//! NOTIFY to the listed secondaries without delay. It does not recurse, sign, or listen for rndc.

use std::fmt::Write;
use std::net::SocketAddr;

use super::key::Key;
use super::question::Question;
use super::server::{Program, Server, directory, free_port, loopback};

const NAMED: Program = Program { path: "/usr/sbin/named", package: "bind9" };

/// BIND 9.18.
pub struct Bind;

impl Bind {
    /// Serves `zone_name` from the text of a zone file.
    ///
    /// The secondaries need not be up yet: they fetch the zone when they start.
    pub fn primary(
        zone_name: &str,
        zone_text: &str,
        key: &Key,
        secondaries: &[SocketAddr],
    ) -> Server {
        let addr = loopback(free_port());
        let config = config(zone_name, key, addr, secondaries);
        let dir = directory(&[("named.conf", &config), ("zone", zone_text)]);
        // -g keeps it in the foreground with its log on stderr, whatever the configuration says.
        let args = ["-g", "-n", "1", "-c", "named.conf"];
        Server::start(NAMED, &args, dir, addr, Question::soa(zone_name))
    }
}

fn config(zone: &str, key: &Key, addr: SocketAddr, secondaries: &[SocketAddr]) -> String {
    let Key { name, algorithm, secret_base64 } = key;
    let port = addr.port();
    let also_notify = secondaries.iter().fold(String::new(), |mut list, secondary| {
        write!(list, " {} port {};", secondary.ip(), secondary.port()).unwrap();
        list
    });
    // notify-delay is five seconds unless told otherwise, and would be the whole propagation time.
    // The checks are off because a test may well serve a zone that a careful operator would not.
    format!(
        r#"
controls {{ }};
options {{
    listen-on port {port} {{ 127.0.0.1; }};
    listen-on-v6 {{ none; }};
    query-source address 127.0.0.1;
    notify-source 127.0.0.1;
    pid-file none;
    lock-file none;
    session-keyfile none;
    server-id "bind";
    recursion no;
    dnssec-validation no;
    empty-zones-enable no;
    max-cache-size 2M;
    notify-rate 1000;
    startup-notify-rate 1000;
    serial-query-rate 1000;
}};
key "{name}" {{ algorithm {algorithm}; secret "{secret_base64}"; }};
zone "{zone}" {{
    type primary;
    file "zone";
    check-names ignore;
    check-integrity no;
    allow-update {{ key "{name}"; }};
    allow-transfer {{ key "{name}"; }};
    notify explicit;
    notify-delay 0;
    also-notify {{{also_notify} }};
}};
"#
    )
}
