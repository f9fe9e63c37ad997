//! The stage: servers, caches, their users, and the files, all gone when it is dropped.

use crate::cli::Failure;
use crate::clock::SystemClock;
use crate::config::{Source as File, ZoneSpec, zone_file};
use crate::dns::{Name, RrKey, Rtype, Ttl, Zone};
use crate::journal::Store;
use crate::lab::{Authority, Cache, Following, Habit, Running};
use crate::lookup::{NameServers, Source};
use crate::port::{Clock as _, Lookup, Provider, Server};
use crate::provider::{Rfc2136, Settings};
use crate::wire::{Algorithm, Poller, TsigKey};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::AbortHandle;

/// The zones that are moved.
const ZONES: [&str; 2] = ["dankolb.net", "dankolb.org"];

/// How far the second name server is behind the first.
const LAG: Duration = Duration::from_millis(1_500);

/// How often users ask each cache.
const USERS_ASK_EVERY: Duration = Duration::from_millis(400);

/// Everything that the demo plays on.
pub(super) struct Theatre {
    pub(super) clock: Arc<SystemClock>,
    pub(super) providers: Vec<Box<dyn Provider>>,
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) poller: Arc<Poller>,
    pub(super) resolvers: Vec<Server>,
    pub(super) store: Store,
    folder: TempDir,
    caches: Vec<Cache>,
    _following: Vec<Following>,
    _running: Vec<Running>,
    users: AbortHandle,
}

impl Drop for Theatre {
    fn drop(&mut self) {
        self.users.abort();
    }
}

impl Theatre {
    /// Starts everything on free ports of loopback.
    pub(super) async fn open() -> Result<Self, Failure> {
        let clock = Arc::new(SystemClock);
        // A secret that nobody else gets to know.
        let secret: [u8; 32] = rand::random();
        let key = TsigKey::new(name("demo-key.")?, Algorithm::HmacSha256, &secret);
        let first = Authority::new("ns1", clock.clone()).with_key(key.clone());
        let second = Authority::new("ns2", clock.clone());
        let mut following = Vec::new();
        let mut apexes = Vec::new();
        for zone in ZONES {
            let apex = name(&format!("{zone}."))?;
            let content = Zone::parse(include_str!("zone.db"), &apex);
            first.put(content.map_err(|error| Failure::error(error.to_string()))?);
            following.extend(second.follow(&first, &apex, LAG));
            apexes.push(apex);
        }
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut running = vec![first.serve(free).await?, second.serve(free).await?];
        let servers = [("ns1", running[0].address()), ("ns2", running[1].address())]
            .map(|(name, address)| Server { name: name.to_owned(), address });
        let mut caches = Vec::new();
        let mut resolvers = Vec::new();
        for (name, habit) in HABITS {
            let upstreams = servers.iter().map(|server| server.address).collect::<Vec<_>>();
            let zones = apexes.iter().map(|apex| (apex.clone(), upstreams.clone())).collect();
            let cache = Cache::new(name, habit, zones).await?;
            let serving = cache.serve(free).await?;
            resolvers.push(Server { name: name.to_owned(), address: serving.address() });
            running.push(serving);
            caches.push(cache);
        }
        let poller = Arc::new(Poller::bind(Duration::from_millis(500)).await?);
        let server = servers[0].address;
        let settings = Settings { server, transfer: server, key: Some(key), clock: clock.clone() };
        let source = Source::Published(servers.to_vec());
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("google-dkim.txt"), DKIM)?;
        Ok(Self {
            users: users(poller.clone(), resolvers.clone(), apexes, clock.clone()),
            providers: vec![Box::new(Rfc2136::new(settings))],
            lookup: Arc::new(NameServers::new(poller.clone(), source)),
            store: Store::new(folder.path().join("state")),
            clock,
            poller,
            resolvers,
            folder,
            caches,
            _following: following,
            _running: running,
        })
    }

    /// What the zone file says of a zone.
    pub(super) fn spec(&self, zone: &str) -> Result<ZoneSpec, Failure> {
        let text = include_str!("zone.yaml").replace("dankolb.net", zone);
        let file = File::new("demo/zone.yaml", &text);
        let (specs, found) = zone_file(&file, self.folder.path());
        let told: String = found.iter().map(|found| found.line(&file) + "\n").collect();
        specs.into_iter().next().ok_or_else(|| Failure::error(told))
    }

    /// Whether users ask for this RRset, so that caches hold it.
    pub(super) fn is_asked_for(&self, key: &RrKey) -> bool {
        let first = key.owner.labels().next();
        key.rtype == Rtype::MX || (key.rtype == Rtype::CNAME && first == Some(b"imap"))
    }

    /// How many questions the caches have asked so far.
    pub(super) fn asked(&self) -> usize {
        self.caches.iter().map(Cache::asked).sum()
    }
}

const DKIM: &str = include_str!("../../../examples/linode-to-google/google-dkim.txt");

const HABITS: [(&str, Habit); 4] = [
    ("obeys", Habit::Obey),
    ("at-least-6s", Habit::Floor(Ttl::from_secs(6))),
    ("at-most-2s", Habit::Cap(Ttl::from_secs(2))),
    ("serves-stale", Habit::ServeStale),
];

/// People who send and read mail: each cache is asked for MX and imap all the time.
fn users(
    poller: Arc<Poller>,
    resolvers: Vec<Server>,
    apexes: Vec<Name>,
    clock: Arc<SystemClock>,
) -> AbortHandle {
    let mut questions = Vec::new();
    for server in &resolvers {
        for apex in &apexes {
            questions.push((server.address, RrKey::new(apex.clone(), Rtype::MX)));
            let imap = Name::parse_in("imap", apex).ok();
            questions.extend(imap.map(|owner| (server.address, RrKey::new(owner, Rtype::CNAME))));
        }
    }
    let task = tokio::spawn(async move {
        loop {
            for (address, key) in &questions {
                // Users do not tell us what they got; the watch asks for itself.
                drop(poller.ask(*address, key, true).await);
            }
            clock.sleep_until(clock.now() + USERS_ASK_EVERY).await;
        }
    });
    task.abort_handle()
}

fn name(text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|error| Failure::error(error.to_string()))
}
