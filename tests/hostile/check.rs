//! The one door for all cases: through the poller, and through the watch.

use super::said::{Said, Sent, Stream, with};
use super::server::{Hostile, Tcp, Udp};
use cutover::clock::SystemClock;
use cutover::dns::{Name, RrKey, RrSet, Rtype, Ttl, Zone};
use cutover::lookup::{NameServers, Source};
use cutover::plan::Scope;
use cutover::port::{Clock as _, Recursor, Server, Way};
use cutover::run::{Target, Verdict};
use cutover::watch::{Memory, Watch};
use cutover::wire::{Poller, Rcode, Reply, Secure, WireError};
use futures_util::future::join_all;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Before the move: two hosts, and a text.
const OLD: &str = r#"
@ 60 IN SOA ns1 hostmaster 1 7200 900 1209600 60
@ 60 IN NS ns1
@ 60 IN MX 10 mail-of-old
@ 60 IN MX 20 backup-of-old
gone 60 IN TXT "still here"
"#;

/// After it: two other hosts, and the text is gone.
const NEW: &str = r#"
@ 60 IN SOA ns1 hostmaster 2 7200 900 1209600 60
@ 60 IN NS ns1
@ 60 IN MX 10 inbox-of-somebody-else
@ 60 IN MX 20 reserve-of-somebody-else
"#;

/// The true answer came through.
pub(crate) const TRUTH: &str = "the truth";
/// How long each of three tries may take.
const WAIT: Duration = Duration::from_millis(500);

/// A label, what is sent over UDP, what is sent over TCP, and what the poller makes of it.
pub(crate) struct Case(&'static str, Udp, Tcp, &'static str);

/// The server sends these datagrams, and would tell the truth over TCP.
pub(crate) fn udp(
    name: &'static str,
    udp: impl Fn(&Said) -> Vec<Sent> + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    Case(name, Arc::new(udp), Arc::new(|said| Stream::Message(said.truth.clone())), expected)
}

/// The server sends one datagram.
pub(crate) fn one(
    name: &'static str,
    twist: impl Fn(&Said) -> Vec<u8> + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    udp(name, move |said| vec![Sent::Here(twist(said))], expected)
}

/// The answer has no room in a datagram, and comes over TCP as it comes.
pub(crate) fn tcp(
    name: &'static str,
    tcp: impl Fn(&Said) -> Stream + Send + Sync + 'static,
    expected: &'static str,
) -> Case {
    let cut = |said: &Said| vec![Sent::Here(with(&said.truth, 2, [said.truth[2] | 0x02]))];
    Case(name, Arc::new(cut), Arc::new(tcp), expected)
}

/// Each case is seen as it is expected, by the poller and by the watch, before the move and after.
pub(crate) async fn check<const N: usize>(cases: [Case; N]) {
    join_all(cases.iter().flat_map(|case| [false, true].map(|moved| hold(case, moved)))).await;
}

async fn hold(Case(name, udp, tcp, expected): &Case, moved: bool) {
    let (zones, label) = if moved { ([NEW, OLD], "after") } else { (BEFORE, "before") };
    let server = Hostile::start(zones, Arc::clone(udp), Arc::clone(tcp)).await;
    let poller = Arc::new(Poller::bind(WAIT).await.unwrap());
    let told = told(&poller.ask(server.address, &mx(), true).await, zones[0]);
    assert!(told.contains(expected), "{name}, {label}: {told}");
    for verdict in verdicts(server.address, &poller).await {
        let is_right = match (*expected == TRUTH, moved) {
            (true, true) => verdict == Verdict::New,
            (true, false) => matches!(verdict, Verdict::Old(_)),
            // After the move, what is new is true.
            (false, true) => true,
            (false, false) => verdict != Verdict::New,
        };
        assert!(is_right, "{name}, {label}: {verdict:?}");
    }
}

/// What the poller makes of the question for MX.
fn told(reply: &Result<Reply, WireError>, truth: &str) -> String {
    match reply {
        Ok(Reply { rcode: Rcode::NOERROR, rrset: found, .. }) if *found == rrset(truth, &mx()) => {
            TRUTH.to_owned()
        }
        Ok(reply) => format!("{} {:?}", reply.rcode, reply.rrset),
        Err(problem) => problem.to_string(),
    }
}

/// What the watch makes of two records: as said by a name server, and as said by a resolver.
pub(crate) async fn verdicts(address: SocketAddr, poller: &Arc<Poller>) -> Vec<Verdict> {
    let server = Server { name: "hostile".to_owned(), address };
    let source = Source::Published(vec![server]);
    let watch = Watch {
        lookup: &NameServers::new(Arc::clone(poller), source),
        poller,
        secure: &Secure::new(Duration::from_secs(1)),
        resolvers: &[Recursor::at("hostile", Way::Plain(address))],
        clock: &SystemClock,
        samples: 1,
    };
    let targets = [mx(), RrKey::new(name("gone.example.net."), Rtype::TXT)].map(target);
    let look = watch.look(&mut Memory::default(), &name("example.net."), &targets).await;
    let rows = look.unwrap().rows;
    rows.into_iter().flat_map(|row| row.cells).map(|cell| cell.verdict).collect()
}

fn target(key: RrKey) -> Target {
    let published = SystemClock.now();
    Target {
        new: rrset(NEW, &key),
        old: vec![rrset(OLD, &key)],
        scope: Scope::Whole,
        negative_ttl: Ttl::from_secs(60),
        published: Some(published),
        safe: Some(published + Duration::from_secs(60)),
        key,
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn mx() -> RrKey {
    RrKey::new(name("example.net."), Rtype::MX)
}

fn rrset(zone: &str, key: &RrKey) -> Option<RrSet> {
    Zone::parse(zone, &name("example.net.")).unwrap().get(key).cloned()
}

/// Zones before and after the move, as [`Hostile`] takes them.
pub(crate) const BEFORE: [&str; 2] = [OLD, NEW];
