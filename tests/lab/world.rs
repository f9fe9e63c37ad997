//! What the tests share: a clock that can be wrong, a key, a server and its driver.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use cutover::dns::{Name, RrKey, RrSet, Rtype, Zone, parse_rrset};
use cutover::lab::{Authority, Running};
use cutover::plan::{Change, diff};
use cutover::port::{Clock, Provider};
use cutover::provider::{Rfc2136, Settings};
use cutover::wire::{Algorithm, Connection, TsigKey};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const ZONE: &str = r#"
@ 3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@ 3600 IN NS ns1
@ 3600 IN MX 10 mail
@ 3600 IN TXT "v=spf1 mx -all"
ns1 3600 IN A 127.0.0.1
mail 3600 IN A 192.0.2.10
smtp 3600 IN A 192.0.2.10
"#;

/// A clock that goes wrong by so many seconds.
pub(crate) struct Off(pub(crate) i64);

#[async_trait]
impl Clock for Off {
    #[expect(clippy::disallowed_methods, reason = "servers check signatures by the real time")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.0)
    }

    async fn sleep_until(&self, _: DateTime<Utc>) {}
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn apex() -> Name {
    name("example.net.")
}

pub(crate) fn zone(text: &str) -> Zone {
    Zone::parse(text, &apex()).unwrap()
}

/// One RRset from lines in zone-file form.
pub(crate) fn rrset(lines: &str) -> RrSet {
    let mut rrsets = lines.lines().map(|line| parse_rrset(line, &apex()).unwrap().0);
    let first = rrsets.next().unwrap();
    rrsets.fold(first, |all, one| all.with(one.rdata()[0].clone()).unwrap())
}

pub(crate) fn key_of(owner: &str, rtype: Rtype) -> RrKey {
    RrKey::new(name(owner), rtype)
}

pub(crate) fn tsig(name: &str, secret: &str) -> TsigKey {
    TsigKey::new(self::name(name), Algorithm::HmacSha256, secret.as_bytes())
}

pub(crate) fn any_port() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// A server with one zone, and a driver for it.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) running: Running,
    pub(crate) driver: Rfc2136,
}

impl World {
    pub(crate) async fn new(text: &str) -> Self {
        Self::with(zone(text), |authority| authority).await
    }

    pub(crate) async fn with(zone: Zone, adapt: impl FnOnce(Authority) -> Authority) -> Self {
        let authority = Authority::new("lab", Arc::new(Off(0)))
            .with_key(tsig("cutover-key.", "secret"))
            .with_zone(zone);
        let authority = adapt(authority);
        let running = authority.serve(any_port()).await.unwrap();
        let key = Some(tsig("Cutover-Key.", "secret"));
        let driver = driver(running.address(), key, 0);
        Self { authority, running, driver }
    }

    pub(crate) fn now(&self) -> Zone {
        Zone::clone(&self.authority.zone(&apex()).unwrap())
    }

    pub(crate) fn serial(&self) -> u32 {
        self.now().soa().unwrap().1.serial
    }

    /// Turns the zone into another one by the driver.
    pub(crate) async fn turn_into(&self, text: &str) -> Vec<Change> {
        let changes = diff(&self.now(), &zone(text));
        self.driver.apply(&apex(), &changes).await.unwrap();
        changes
    }
}

pub(crate) fn driver(server: SocketAddr, key: Option<TsigKey>, off: i64) -> Rfc2136 {
    Rfc2136::new(Settings { server, transfer: server, key, clock: Arc::new(Off(off)) })
}

/// What becomes of a message on its way back.
pub(crate) enum Fate {
    Pass(Vec<u8>),
    Lose,
    HangUp,
}

/// Stands before a server and decides on each of its messages, which it counts from zero.
pub(crate) async fn proxy(
    server: SocketAddr,
    decide: impl Fn(usize, Vec<u8>) -> Fate + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind(any_port()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (decide, count) = (Arc::new(decide), Arc::new(AtomicUsize::new(0)));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let upstream = Connection::open(server, Duration::from_secs(60)).await.unwrap();
            let (decide, count) = (Arc::clone(&decide), Arc::clone(&count));
            let decide = move |message| decide(count.fetch_add(1, Ordering::Relaxed), message);
            tokio::spawn(pass(client, upstream, decide));
        }
    });
    address
}

async fn pass(client: TcpStream, mut upstream: Connection, decide: impl Fn(Vec<u8>) -> Fate) {
    let (mut reader, mut writer) = client.into_split();
    let (sender, mut requests) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok(length) = reader.read_u16().await {
            let mut request = vec![0; length.into()];
            reader.read_exact(&mut request).await.unwrap();
            sender.send(request).unwrap();
        }
    });
    loop {
        let message = tokio::select! {
            request = requests.recv() => {
                let Some(request) = request else { return };
                upstream.send(&request).await.unwrap();
                continue;
            }
            message = upstream.receive() => message,
        };
        match message.map(&decide) {
            Ok(Fate::Pass(message)) => {
                let length = u16::try_from(message.len()).unwrap();
                if writer.write_u16(length).await.is_err() {
                    return;
                }
                writer.write_all(&message).await.unwrap();
            }
            Ok(Fate::Lose) => (),
            Ok(Fate::HangUp) | Err(_) => return,
        }
    }
}
