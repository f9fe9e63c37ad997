//! A round of the watch over a thousand zones, with five RRsets each, at twenty addresses, beside
//! dnsperf with the same hundred thousand questions to the same name server.
//!
//! ```text
//! cargo bench --bench watch
//! MINUTES=10 cargo bench --bench watch    # goes on looking; tells memory and sockets as well
//! ```
//!
//! It needs NSD and dnsperf (Debian: `nsd`, `dnsperf`).
// Its figures are its output, and its times are real.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods)]

use cutover::clock::SystemClock;
use cutover::dns::{Name, RrKey, Rtype, Ttl, Zone};
use cutover::lookup::{NameServers, Source};
use cutover::plan::Scope;
use cutover::port::Server;
use cutover::run::{Target, Verdict};
use cutover::watch::{Memory, Watch};
use cutover::wire::{Poller, Secure};
use futures_util::{StreamExt as _, stream};
use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const ZONES: usize = 1_000;
const ADDRESSES: u8 = 20;
const ZONE: &str = "$TTL 300\n@ SOA ns hostmaster 1 3600 600 604800 300\n@ NS ns\nns A 127.0.0.1\n\
    @ MX 10 mail\n@ TXT \"v=spf1 mx -all\"\nimap CNAME mail\nsmtp CNAME mail\n_dmarc TXT v=DMARC1\n\
    mail A 192.0.2.1\n";
const KEYS: [(&str, Rtype); 5] = [
    ("@", Rtype::MX),
    ("@", Rtype::TXT),
    ("imap", Rtype::CNAME),
    ("smtp", Rtype::CNAME),
    ("_dmarc", Rtype::TXT),
];

/// The name server; it ends with the benchmark.
struct Nsd(Child);

impl Drop for Nsd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = socket.local_addr().expect("an address").port();
    drop(socket);
    let _nsd = serve(folder.path(), port);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let minutes = std::env::var("MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let ours = runtime.block_on(look(port, Duration::from_secs(60 * minutes)));
    let theirs = dnsperf(folder.path(), port);
    println!(
        "watch is at {:.2} of dnsperf's pace, with {:.1} times its CPU",
        theirs.0 / ours.0,
        ours.1 / theirs.1
    );
}

fn name(zone: usize) -> Name {
    Name::parse(&format!("zone{zone}.example.")).expect("a name")
}

fn serve(folder: &Path, port: u16) -> Nsd {
    let mut config =
        "server:\n server-count: 1\n username: \"\"\n chroot: \"\"\n zonesdir: \".\"\n \
        xfrdir: \".\"\n zonelistfile: \"l\"\n xfrdfile: \"x\"\n pidfile: \"\"\n logfile: \"log\"\n \
        database: \"\"\n rrl-ratelimit: 0\n rrl-whitelist-ratelimit: 0\n"
            .to_owned();
    for last in 1..=ADDRESSES {
        let _ = writeln!(config, " ip-address: 127.0.0.{last}@{port}");
    }
    config += "remote-control:\n control-enable: no\n";
    for zone in 0..ZONES {
        let _ = writeln!(config, "zone:\n name: {}\n zonefile: zone", name(zone));
    }
    fs::write(folder.join("nsd.conf"), config).expect("written");
    fs::write(folder.join("zone"), ZONE).expect("written");
    let mut command = Command::new("/usr/sbin/nsd");
    let child = command.args(["-d", "-c", "nsd.conf"]).current_dir(folder).spawn();
    Nsd(child.expect("nsd is installed"))
}

/// All questions of a round, as targets with the content that they have.
fn targets(apex: &Name) -> Vec<Target> {
    let zone = Zone::parse(ZONE, apex).expect("a zone");
    let target = |(owner, rtype): (&str, Rtype)| {
        let key = RrKey::new(Name::parse_in(owner, apex).expect("a name"), rtype);
        let new = zone.get(&key).cloned();
        let (scope, negative_ttl) = (Scope::Whole, Ttl::from_secs(300));
        Target { key, new, old: Vec::new(), scope, negative_ttl, published: None, safe: None }
    };
    KEYS.map(target).to_vec()
}

/// Seconds and CPU seconds of a round.
async fn look(port: u16, go_on: Duration) -> (f64, f64) {
    let servers = (1..=ADDRESSES).map(|last| {
        let address = SocketAddr::new(Ipv4Addr::new(127, 0, 0, last).into(), port);
        Server { name: format!("ns{last}"), address }
    });
    let poller = Arc::new(Poller::bind(Duration::from_secs(2)).await.expect("sockets"));
    let lookup = NameServers::new(Arc::clone(&poller), Source::Published(servers.collect()));
    let secure = Secure::new(Duration::from_secs(2));
    let watch = Watch {
        lookup: &lookup,
        poller: &poller,
        secure: &secure,
        resolvers: &[],
        clock: &SystemClock,
        samples: 1,
    };
    let zones: Vec<_> = (0..ZONES).map(name).map(|apex| (targets(&apex), apex)).collect();
    let mut memories = vec![Memory::default(); ZONES];
    let begun = Instant::now();
    let mut first = None;
    loop {
        let (before, cpu) = (Instant::now(), cpu()[0]);
        let looks = zones.iter().zip(&mut memories);
        let looks = looks.map(|((targets, apex), memory)| watch.look(memory, apex, targets));
        let found: Vec<_> = stream::iter(looks).buffered(64).collect().await;
        let cells = found.iter().flatten().flat_map(|one| &one.rows).flat_map(|row| &row.cells);
        let (mut all, mut new) = (0, 0);
        for cell in cells {
            all += 1;
            new += usize::from(cell.verdict == Verdict::New);
        }
        let (took, used) = (before.elapsed().as_secs_f64(), self::cpu()[0] - cpu);
        // The name server may not have been up yet.
        if new == all {
            let pace = f64::from(u32::try_from(all).expect("few")) / took;
            println!(
                "watch: {all} questions in {took:.2} s, {pace:.0} a second, {used:.2} s of CPU; \
                 {} KiB in memory, {} files open",
                memory(),
                fs::read_dir("/proc/self/fd").expect("Linux").count()
            );
            first = first.or(Some((took, used)));
        }
        if let Some(first) = first.filter(|_| begun.elapsed() >= go_on) {
            return first;
        }
        tokio::time::sleep(Duration::from_secs(if go_on.is_zero() { 1 } else { 10 })).await;
    }
}

/// The same for dnsperf, with as many questions under way.
fn dnsperf(folder: &Path, port: u16) -> (f64, f64) {
    let mut list = String::new();
    for zone in 0..ZONES {
        for key in targets(&name(zone)).iter().map(|target| &target.key) {
            let _ = writeln!(list, "{} {}", key.owner, key.rtype);
        }
    }
    fs::write(folder.join("list"), list).expect("written");
    let (port, rounds) = (port.to_string(), ADDRESSES.to_string());
    let (begun, before) = (Instant::now(), cpu()[1]);
    let output = Command::new("dnsperf")
        .args(["-s", "127.0.0.1", "-p", &port, "-d", "list", "-n", &rounds, "-q", "128", "-e"])
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()
        .expect("dnsperf is installed");
    let (took, used) = (begun.elapsed().as_secs_f64(), cpu()[1] - before);
    let said = String::from_utf8_lossy(&output.stdout);
    let lines = said.lines().filter(|line| line.contains("Queries"));
    lines.for_each(|line| println!("dnsperf: {}", line.trim()));
    println!("dnsperf: {took:.2} s, {used:.2} s of CPU");
    (took, used)
}

/// CPU seconds of this process, and of those that it has waited for.
fn cpu() -> [f64; 2] {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    let ticks: Vec<f64> =
        fields.split(' ').skip(11).take(4).filter_map(|t| t.parse().ok()).collect();
    // A hundred ticks a second, on every Linux.
    [(ticks[0] + ticks[1]) / 100.0, (ticks[2] + ticks[3]) / 100.0]
}

fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}
