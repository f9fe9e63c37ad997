//! The client's side, by the tools everybody has: dig and nsupdate.
//!
//! It asks and it changes, apart from the code under test, so that a test can believe what it
//! sees. It never retries beyond what dig does and knows nothing of caches.

use std::io::Write;
use std::net::SocketAddr;
use std::process::Stdio;

use super::key::Key;
use super::server::Program;

const DIG: Program = Program { path: "/usr/bin/dig", package: "bind9-dnsutils" };
const NSUPDATE: Program = Program { path: "/usr/bin/nsupdate", package: "bind9-dnsutils" };

/// What dig prints when it asks the server at `addr`, whatever becomes of the question.
pub fn dig(addr: SocketAddr, args: &[&str]) -> String {
    let output = DIG
        .command()
        // Without -r the developer's own ~/.digrc would have a say.
        .args(["-r", &format!("@{}", addr.ip()), "-p", &addr.port().to_string()])
        .args(["+time=2", "+tries=2"])
        .args(args)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The serial of the zone's SOA at `addr`, or `None` when there is no such answer.
pub fn serial(addr: SocketAddr, zone: &str) -> Option<u32> {
    dig(addr, &["+short", zone, "SOA"]).split_whitespace().nth(2)?.parse().ok()
}

/// The records of a zone but its SOA, one a line as `owner ttl class type data`, sorted.
///
/// # Panics
/// When the transfer fails; the message holds what dig printed.
pub fn axfr(addr: SocketAddr, zone: &str, key: &Key) -> Vec<String> {
    let output = dig(addr, &["-y", &key.dig_arg(), "+noall", "+answer", zone, "AXFR"]);
    let mut records: Vec<String> = output
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with(';'))
        .map(normalised)
        .collect();
    let whole = records.len();
    records.retain(|record| record.split(' ').nth(3) != Some("SOA"));
    // A transfer begins and ends with the SOA: anything else was cut short or refused.
    assert_eq!(whole, records.len() + 2, "AXFR of {zone} from {addr} failed:\n{output}");
    records.sort_unstable();
    records
}

/// One blank between fields and the owner in lower case; the data stays, for a TXT may hold both
/// blanks and capitals.
fn normalised(line: &str) -> String {
    let mut rest = line;
    let mut fields = [""; 4];
    for field in &mut fields {
        (*field, rest) = rest.split_once(char::is_whitespace).expect("five fields in a record");
        rest = rest.trim_start();
    }
    let [owner, ttl, class, kind] = fields;
    format!("{} {ttl} {class} {kind} {rest}", owner.to_lowercase())
}

/// Sends one dynamic update of nsupdate lines such as `add www.example.test. 60 A 192.0.2.1`.
///
/// # Errors
/// What nsupdate printed, when the server does not accept the update.
pub fn nsupdate(addr: SocketAddr, zone: &str, key: &Key, lines: &[&str]) -> Result<(), String> {
    let mut child = NSUPDATE
        .command()
        .args(["-t", "5", "-y", &key.dig_arg()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let script =
        format!("server {} {}\nzone {zone}\n{}\nsend\n", addr.ip(), addr.port(), lines.join("\n"));
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&printed).into_owned())
}
