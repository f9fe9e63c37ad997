//! `cutover plan` for a thousand zones of twenty records, and `check` of ten thousand, from files
//! on disk.
//!
//! ```text
//! cargo bench
//! ```
//!
//! The limit that it is compared with is what nobody can avoid: to read and parse the same files,
//! in this process, by the same parsers. Times are of the CPU, user and system together, the best
//! of several runs.
// Its figures are its output.
#![allow(clippy::disallowed_macros)]

use cutover::config;
use cutover::dns::{Name, Zone};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const PLANNED: usize = 1_000;
const CHECKED: usize = 10_000;
/// SOA and NS of each zone among them.
const RECORDS: usize = 20;
const RUNS: usize = 7;
/// What `/proc` counts in, on every architecture (proc_pid_stat(5), USER_HZ).
const TICK: Duration = Duration::from_millis(10);

const SETTINGS: &str = "version: 1\nresolvers: []\n";
const PROVIDER: &str = "\
version: 1
driver: zonefile
path: db.{zone}
published:
  - {name: ns1, address: 127.0.0.1:5301}
";

fn main() {
    compare("plan", &["plan", "--json", "--at", "2027-01-10T12:00:00Z"], PLANNED, |folder| {
        let records = zones(folder).map(|zone| records(folder, &zone));
        assert_eq!(records.sum::<usize>(), PLANNED * RECORDS);
    });
    compare("check", &["check"], CHECKED, |folder| assert_eq!(zones(folder).count(), CHECKED));
}

/// Prints how long the program takes, and how long its parsers do.
fn compare(name: &str, args: &[&str], count: usize, parse: impl Fn(&Path)) {
    let folder = written(count);
    let ran = best(|| {
        let before = used(Of::Children);
        run(folder.path(), args);
        used(Of::Children) - before
    });
    let parsed = best(|| {
        let before = used(Of::Myself);
        parse(folder.path());
        used(Of::Myself) - before
    });
    let ratio = ran.as_secs_f64() / parsed.as_secs_f64();
    let (ran, parsed) = (ran.as_millis(), parsed.as_millis());
    println!("{name} of {count} zones: {ran} ms of CPU, {ratio:.1} x reading them ({parsed} ms)");
}

/// A project with all the zones.
fn written(count: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let put = |path: &str, text: &str| {
        fs::write(folder.path().join(path), text).expect("the temporary directory is writable");
    };
    for part in ["zones", "providers"] {
        fs::create_dir(folder.path().join(part)).expect("the temporary directory is writable");
    }
    put("cutover.yaml", SETTINGS);
    put("providers/by-hand.yaml", PROVIDER);
    for at in 0..count {
        let zone = format!("d{at:04}.example");
        put(&format!("zones/{zone}.yaml"), &transition(&zone));
        put(&format!("db.{zone}"), &master(at));
    }
    folder
}

fn transition(zone: &str) -> String {
    format!(
        "\
version: 1
zone: {zone}
provider: by-hand
old:
  platform: self-hosted
  mx: [10 mail, 20 mx2]
  spf: v=spf1 mx ip4:192.0.2.27 -all
  dkim: {{s2024: \"v=DKIM1; p=b2xk\"}}
  dmarc: v=DMARC1; p=none
  submission: {{smtp: [192.0.2.25]}}
  retrieval: {{imap: [192.0.2.25], pop: [192.0.2.25]}}
new:
  platform: self-hosted
  mx: [10 mx1.post.example.]
  spf: v=spf1 include:_spf.post.example -all
  dkim: {{s2027: {{cname: s2027.dkim.post.example.}}}}
  dmarc: v=DMARC1; p=none
  submission: {{smtp: smtp.post.example.}}
  retrieval: {{imap: imap.post.example., pop: imap.post.example.}}
transition:
  window: {{opens: 2027-01-16T21:00:00Z, length: 6h}}
  ttl: 5m
"
    )
}

fn master(at: usize) -> String {
    let net = format!("198.51.100.{}", at % 256);
    let mut text = "\
$TTL 86400
@ SOA ns1 hostmaster 2026112600 7200 3600 1209600 3600
@ NS ns1
@ MX 10 mail
@ MX 20 mx2
@ TXT \"v=spf1 mx ip4:192.0.2.27 -all\"
_dmarc TXT \"v=DMARC1; p=none\"
s2024._domainkey TXT \"v=DKIM1; p=b2xk\"
ns1 A 192.0.2.53
mail A 192.0.2.25
mx2 A 192.0.2.26
smtp A 192.0.2.25
imap A 192.0.2.25
pop A 192.0.2.25
"
    .to_owned();
    let known = text.lines().count() - 1;
    text.extend((known..RECORDS).map(|host| format!("host{host} A {net}\n")));
    text
}

fn run(folder: &Path, args: &[&str]) {
    let program = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(args)
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()
        .expect("the program starts");
    assert!(program.success(), "{program}");
}

/// No project here is on a branch.
fn none(_: &config::Branch) -> std::io::Result<std::sync::Arc<dyn config::Files>> {
    Err(std::io::Error::other("no branch"))
}

fn zones(folder: &Path) -> impl Iterator<Item = Name> {
    let (project, _) =
        config::project::<()>(folder, &[], &none).expect("the project is well-formed");
    project.zones.into_iter().map(|spec| spec.intent.zone)
}

fn records(folder: &Path, apex: &Name) -> usize {
    let file = format!("db.{}", apex.to_string().trim_end_matches('.'));
    let text = fs::read_to_string(folder.join(file)).expect("the file is there");
    let zone = Zone::parse(&text, apex).expect("the file is a zone");
    zone.rrsets().map(|rrset| rrset.rdata().len()).sum()
}

fn best(run: impl FnMut() -> Duration) -> Duration {
    std::iter::repeat_with(run).take(RUNS).min().unwrap_or_default()
}

/// Whose time.
#[derive(Clone, Copy)]
enum Of {
    Myself,
    Children,
}

/// The CPU time so far.
fn used(of: Of) -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux tells CPU times");
    // Fields are counted behind the command, which may hold anything.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let times = fields.skip(11).map(|field| field.parse::<u32>().expect("a count of ticks"));
    let times: Vec<_> = times.take(4).collect();
    match of {
        Of::Myself => TICK * (times[0] + times[1]),
        Of::Children => TICK * (times[2] + times[3]),
    }
}
