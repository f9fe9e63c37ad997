//! A whole move at a DNS host, killed in the middle, with a clock that goes faster: TTLs are those
//! that hosts take.

use super::fake::{Fake, Far};
use super::story::{SECRET, same};
use super::support::dankolb::{self, MOVE, NAME, STAGES};
use super::support::project::{Project, Running};
use cutover::clock::SystemClock;
use cutover::dns::{Name, RrKey, Rtype, Zone};
use cutover::lab::Authority;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How many times as fast the program's clock goes: its patience with name servers shrinks too.
const FASTER: u32 = 90;

/// The other half of a credential, where there is one.
pub(crate) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// The zone of the move, with TTLs that every host takes.
pub(crate) fn zone() -> String {
    let zone = dankolb::ZONE.replace("$TTL 3", "$TTL 600").replace("@ 4 ", "@ 900 ");
    zone.replace("imap 4 ", "imap 900 ")
}

/// Plays the move; without an address the fake's zone is shown by a server of its own.
pub(crate) async fn play(yaml: &str, far: impl Far + 'static, dns: Option<SocketAddr>) {
    through(yaml, far, dns, &STAGES).await;
}

/// The same through these stages.
pub(crate) async fn through(
    yaml: &str,
    far: impl Far + 'static,
    dns: Option<SocketAddr>,
    stages: &[&str],
) {
    let fake = Fake::start(far).await;
    let apex = Name::parse(&format!("{NAME}.")).unwrap();
    for rtype in [Rtype::MX, Rtype::TXT] {
        fake.watch(RrKey::new(apex.clone(), rtype)).await;
    }
    let authority = Authority::new("ns1", Arc::new(SystemClock));
    fake.publish(authority.clone()).await;
    let running = authority.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let published = dankolb::published(&[dns.unwrap_or(running.address())]);
    let yaml = yaml.replace("{endpoint}", &format!("http://{}", fake.addr));
    let times = "transition:\n  ttl: 5m\n  propagation: 10s\n  soak: 5m\n  silence: 1m\n  \
        queue: 1m\n  transit: 1m\n  restore-after: 1m\n  checkpoints: []\n";
    let plan = format!("{}{times}", MOVE.split_once("transition:").unwrap().0);
    let project = dankolb::project(&format!("version: 1\n{yaml}{published}"))
        .zone(&plan)
        .file("secret", SECRET)
        .file("id", KEY);
    // The program runs beside; its host lives in this process.
    let project = Arc::new(project);
    let told = blocking(&project, |project| {
        project.run(&["providers"]).exits(0);
        project.run(&["plan"]).exits(0);
        project.run(&["export", NAME, "--format", "bind", "--stage", "retire-keys"]).exits(0).stdout
    });
    let end = Zone::parse(&told.await, &apex).unwrap();

    let begun = Instant::now();
    let first = project.hurried(FASTER, begun.elapsed(), &["apply", "--yes", "--wait"]);
    fake.requests().await;
    wait_for_delivery(&project, &fake, &first).await;
    first.kill();
    blocking(&project, move |project| {
        project.hurried(FASTER, begun.elapsed(), &["apply", "--yes", "--wait"]).wait().exits(0);
    })
    .await;

    same(&fake.served().await, &end);
    assert_eq!(fake.lapses().await, [""; 0]);
    for stage in stages {
        let events = project.events(NAME, stage);
        assert!(events.ends_with(&["applied".to_owned(), "published".to_owned()]), "{events:?}");
    }
    blocking(&project, |project| {
        let again = project.run(&["plan"]).exits(0).stdout;
        assert!(again.contains("No changes."), "{again}");
    })
    .await;
}

/// Until the host has been asked to write something of this stage.
async fn wait_for_delivery(project: &Project, fake: &Fake, running: &Running) {
    for _ in 0..12_000 {
        if !project.events(NAME, "delivery").is_empty() && !fake.writes().await.is_empty() {
            return;
        }
        if project.events(NAME, "delivery").is_empty() {
            fake.writes().await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("delivery has not begun\n{}\n{}", running.stdout(), running.stderr());
}

async fn blocking<T: Send + 'static>(
    project: &Arc<Project>,
    work: impl FnOnce(&Project) -> T + Send + 'static,
) -> T {
    let project = project.clone();
    tokio::task::spawn_blocking(move || work(&project)).await.unwrap()
}
