//! The move that the tests against real servers play: dankolb.net leaves a mail server of its own
//! for Google Workspace, with TTLs and waits of seconds.
//!
//! What is expected is said by other people's programs: `named-compilezone` reads what `export`
//! prints, dig transfers what servers serve, and openssl reads the DKIM key.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::client;
use super::key::Key;
use super::project::Project;
use super::server::Program;

const COMPILEZONE: Program = Program { path: "/usr/bin/named-compilezone", package: "bind9-utils" };

/// The zone's name.
pub const NAME: &str = "dankolb.net";

/// Stages in their order; none of them drops out.
pub const STAGES: [&str; 7] =
    ["prepare", "submission", "delivery", "retrieval", "restore-ttl", "retire", "retire-keys"];

/// Somebody else's value beside ours, which stays through all of it.
pub const NEIGHBOUR: &str = r#""google-site-verification=kept-by-everybody""#;

/// The zone before the move.
pub const ZONE: &str = r#"; dankolb.net, by hand since 2015
$TTL 3
@      IN SOA ns1 hostmaster 2026112201 60 30 604800 2
       IN NS  ns1
; one server does it all
@ 4    IN MX  10 mail
       IN TXT "v=spf1 mx -all"
       IN TXT "google-site-verification=kept-by-everybody" ; not ours to touch
ns1    IN A   127.0.0.1
mail   IN A   192.0.2.10
www    IN A   192.0.2.20
       IN AAAA 2001:db8::20
; how people reach their mail
smtp   IN CNAME mail
imap 4 IN CNAME mail
s2015._domainkey IN TXT ( "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC20sQnJjRrkm"
    "FtAri7w/55iZR/6JKxGgjhqT2ChxX0RqVV1uz4Xfk5aX4rcZ6f/8tFeNXFCc28cHn3p8+kikt0YvUMp8WVnizRnm6t"
    "bBr8tGJnohqiFYZUOrYL4NIMCB1gVB0/YBxmA1I4dop8XWN9e810+KZ0VhQG/+X3F8oH0QIDAQAB" )
"#;

/// The zone file of the project.
pub const MOVE: &str = r#"# The move of dankolb.net to Google Workspace, in seconds.
version: 1
zone: dankolb.net
provider: primary
old:
  mx: [10 mail]
  spf: v=spf1 mx -all
  dkim: {s2015: {file: s2015.txt}}
  submission: {smtp: mail}
  retrieval: {imap: mail}
new:
  platform: google-workspace
  mx:
    - 1 ASPMX.L.GOOGLE.COM.
    - 5 ALT1.ASPMX.L.GOOGLE.COM.
    - 5 ALT2.ASPMX.L.GOOGLE.COM.
    - 10 ALT3.ASPMX.L.GOOGLE.COM.
    - 10 ALT4.ASPMX.L.GOOGLE.COM.
  spf: v=spf1 include:_spf.google.com ~all
  dkim: {google: {file: google-dkim.txt}}
  dmarc: v=DMARC1; p=none; rua=mailto:postmaster@dankolb.net
  submission: {smtp: smtp.gmail.com.}
  retrieval: {imap: imap.gmail.com.}
transition:
  ttl: 2s
  propagation: 2s
  restore-after: 1s
  soak: 2s
  silence: 1s
  queue: 1s
  transit: 1s
  checkpoints: []
"#;

/// What the world says of the platform that the zone moves to.
pub const GOOGLE: &str = r#"
    local-data: "aspmx.l.google.com. 60 A 192.0.2.91"
    local-data: "alt1.aspmx.l.google.com. 60 A 198.51.100.92"
    local-data: "alt2.aspmx.l.google.com. 60 A 198.51.100.93"
    local-data: "alt3.aspmx.l.google.com. 60 A 203.0.113.94"
    local-data: "alt4.aspmx.l.google.com. 60 A 203.0.113.95"
    local-data: '_spf.google.com. 60 TXT "v=spf1 ip4:203.0.113.0/24 ~all"'
"#;

/// The key that all servers know.
pub fn key() -> Key {
    Key::test("cutover-key.", "hmac-sha256")
}

/// A project that moves the zone by this provider file.
pub fn project(provider: &str) -> Project {
    let old_key = ZONE.split_once("( ").and_then(|(_, rest)| rest.split_once(" )")).unwrap().0;
    Project::new()
        .zone(MOVE)
        .file("s2015.txt", old_key)
        .file("google-dkim.txt", include_str!("../../examples/linode-to-google/google-dkim.txt"))
        .provider(provider)
        .env("CUTOVER_TSIG_SECRET", &key().secret_base64)
}

/// A provider file for a server that takes updates.
///
/// They go to `server`, which may be a proxy; the whole zone is asked of the first of those that
/// the world asks.
pub fn rfc2136(server: SocketAddr, published: &[SocketAddr]) -> String {
    let Key { name, algorithm, .. } = key();
    format!(
        "version: 1\ndriver: rfc2136\nserver: {server}\ntransfer: {}\n\
         tsig: {{name: {name}, algorithm: {algorithm}, secret: env:CUTOVER_TSIG_SECRET}}\n{}",
        published[0],
        self::published(published),
    )
}

/// The list of servers that the world asks, as each provider file may have it.
pub fn published(servers: &[SocketAddr]) -> String {
    servers.iter().fold(String::from("published:\n"), |mut list, addr| {
        writeln!(list, "  - {addr}").unwrap();
        list
    })
}

/// The zone after a stage, as `export` foretells it now and BIND reads it.
pub fn foretold(project: &Project, stage: &str) -> Vec<String> {
    let export = project.run(&["export", NAME, "--format", "bind", "--stage", stage]).exits(0);
    project.write("export.db", &export.stdout);
    // Without its checks: what may be in a zone is for the program under test to know.
    let options = "-q -s full -i none -k ignore -m ignore -M ignore -n ignore -r ignore -o -";
    let output = COMPILEZONE
        .command()
        .args(options.split(' '))
        .arg(NAME)
        .arg(project.path("export.db"))
        .output()
        .unwrap();
    let [text, log] = [output.stdout, output.stderr].map(|out| String::from_utf8(out).unwrap());
    assert!(output.status.success(), "{log}\n{}", export.stdout);
    canonical(text.lines().filter(|line| line.split_whitespace().nth(3) != Some("SOA")))
}

/// The zone as a server serves it.
pub fn served(server: SocketAddr) -> Vec<String> {
    canonical(client::axfr(server, NAME, &key()).iter().map(String::as_str))
}

/// Sorted records with one blank between fields, in lower case but for texts: names in data count
/// as equal in any case, and PowerDNS keeps them in lower case.
fn canonical<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut records: Vec<_> = lines
        .map(|line| match line.split_once('"') {
            None => line.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase(),
            Some((head, text)) => {
                let head: Vec<_> = head.split_whitespace().collect();
                format!("{} \"{text}", head.join(" "))
            }
        })
        .collect();
    records.sort_unstable();
    records
}

/// The values of an RRset with their TTLs, such as `3 10 mail.dankolb.net.`, in a zone from
/// [`served`] or [`foretold`].
pub fn values(zone: &[String], owner: &str, rtype: &str) -> Vec<String> {
    let fields = zone.iter().map(|record| record.splitn(5, ' ').collect::<Vec<_>>());
    let ours = fields.filter(|f| f[0] == owner && f[3].eq_ignore_ascii_case(rtype));
    ours.map(|f| format!("{} {}", f[1], f[4])).collect()
}

/// Changes the zone behind the program's back.
pub fn meddle(server: SocketAddr, lines: &[&str]) {
    client::nsupdate(server, NAME, &key(), lines).unwrap();
}
