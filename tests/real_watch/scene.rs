//! A domain whose MX moves, and whose DKIM key is new, in seconds.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::support::client::dig;
use super::support::dankolb;
use super::support::project::Project;
use super::support::server::{Server, eventually};

/// The zone's name.
pub(crate) const NAME: &str = "example.net";
/// The zone's name as the program prints it, and the one that the move brings.
pub(crate) const APEX: &str = "example.net.";
pub(crate) const SELECTOR: &str = "s2027._domainkey.example.net.";
/// Longer than anything here takes.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);
/// What a cache must say to be believed about whom it asked and when.
pub(crate) const LOGS: &str = "    log-queries: yes\n";

const ZONE: &str = r#"
$TTL 3600
@      IN SOA ns1 hostmaster 1 REFRESH 2 604800 ABSENT
       IN NS  ns1
@ MXTTL IN MX 10 old
ns1    IN A   127.0.0.1
old    IN A   192.0.2.10
new    IN A   192.0.2.20
"#;

const MOVE: &str = r#"
version: 1
zone: example.net
provider: primary
old: {mx: [10 old]}
new:
  mx: [10 new]
  dkim: {s2027: {file: google-dkim.txt}}
transition:
  ttl: LOWERED
  checkpoints: []
"#;

/// Times of the zone, in seconds.
pub(crate) struct Times {
    /// The TTL of MX before the move, and the lowered one.
    pub(crate) mx: [u32; 2],
    /// For how long caches keep that there is no key.
    pub(crate) absent: u32,
    /// How often secondaries look by themselves.
    pub(crate) refresh: u32,
}

impl Times {
    /// The text of the zone file.
    pub(crate) fn zone(&self) -> String {
        let zone = ZONE.replace("REFRESH", &self.refresh.to_string());
        let zone = zone.replace("ABSENT", &self.absent.to_string());
        zone.replace("MXTTL", &self.mx[0].to_string())
    }

    /// A project that moves the zone; the first of the servers takes the updates.
    pub(crate) fn project(&self, servers: &[SocketAddr], caches: &[(&str, &Server)]) -> Project {
        let caches: Vec<_> = caches.iter().map(|(name, cache)| (*name, cache.addr)).collect();
        self.project_at(servers, &caches)
    }

    /// The same with resolvers at these addresses.
    pub(crate) fn project_at(
        &self,
        servers: &[SocketAddr],
        resolvers: &[(&str, SocketAddr)],
    ) -> Project {
        let mut settings = "version: 1\nresolvers:\n".to_owned();
        for (name, address) in resolvers {
            writeln!(settings, "  - {{name: {name}, address: {address}}}").unwrap();
        }
        Project::new()
            .settings(&settings)
            .zone(&MOVE.replace("LOWERED", &format!("{}s", self.mx[1])))
            .file(
                "google-dkim.txt",
                include_str!("../../examples/linode-to-google/google-dkim.txt"),
            )
            .provider(&dankolb::rfc2136(servers[0], servers))
            .env("CUTOVER_TSIG_SECRET", &dankolb::key().secret_base64)
    }
}

/// What time it is.
#[expect(clippy::disallowed_methods, reason = "caches of other people's go by the real time")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

/// Users ask a cache for the MX.
pub(crate) fn ask_mx(cache: SocketAddr, expected: &str) {
    let said = dig(cache, &["+short", NAME, "MX"]);
    assert_eq!(said.trim(), format!("10 {expected}.example.net."), "{cache}");
}

/// Waits until the journal tells that this happened to a stage; says when.
pub(crate) fn wait_for(project: &Project, stage: &str, event: &str) -> DateTime<Utc> {
    let happened = || project.events(NAME, stage).iter().any(|one| one == event);
    assert!(eventually(LIMIT, happened), "{stage} was not {event}");
    let journal = project.read(&format!(".cutover/{NAME}.jsonl"));
    let mut lines = journal.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let line = lines.find(|line| line["event"][event]["stage"] == stage).unwrap();
    // A phase is published from when nobody was seen with the old any more.
    let since = line["event"][event].get("since");
    time(since.unwrap_or(&line["at"])).unwrap()
}

/// A time in JSON.
pub(crate) fn time(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().map(|text| text.parse().unwrap())
}

/// When a cache was asked for this record, by whomever: whole seconds of its own log.
pub(crate) fn asked(cache: &Server, (owner, rtype): (&str, &str)) -> Vec<i64> {
    let log = cache.log();
    let question = format!(" {owner} {rtype} IN");
    let lines = log.lines().filter(|line| line.ends_with(&question));
    let second = |line: &str| line.strip_prefix('[')?.split(']').next()?.parse().ok();
    lines.map(|line| second(line).unwrap_or_else(|| panic!("no time in `{line}`"))).collect()
}
