//! A real PowerDNS, whose zone is looked at by transfer and meddled with by dynamic update.

use super::fake::{Far, Reply, Request};
use super::forward::forward;
use super::moves;
use super::story::{APEX, SECRET, Story, ZONE};
use super::support::client::{axfr, nsupdate};
use super::support::key::Key;
use super::support::pdns::Pdns;
use super::support::server::Server;
use async_trait::async_trait;
use cutover::dns::{Name, RrSet, Zone};
use cutover::plan::Change;
use std::net::SocketAddr;

pub(crate) struct PowerDns {
    server: Server,
    web: SocketAddr,
    key: Key,
    apex: Name,
}

impl PowerDns {
    pub(crate) fn new(apex: &str, zone: &str) -> Self {
        let key = Key::test("story-key.", "hmac-sha256");
        let text = format!("$TTL 3600\n{zone}");
        let (server, web) = Pdns::with_api(apex.trim_end_matches('.'), &text, &key, SECRET);
        Self { server, web, key, apex: Name::parse(apex).unwrap() }
    }
}

#[async_trait]
impl Far for PowerDns {
    async fn answer(&mut self, request: &Request) -> Reply {
        forward(self.web, request).await
    }

    async fn served(&mut self) -> Zone {
        let text = axfr(self.server.addr, &self.apex.to_string(), &self.key).join("\n");
        Zone::parse(&text, &self.apex).unwrap()
    }

    async fn meddle(&mut self, change: &Change) {
        let key = change.key();
        let delete = format!("update delete {} {}", key.owner, key.rtype);
        let lines = change.after().map(RrSet::to_string).unwrap_or_default();
        let adds = lines.lines().map(|line| format!("update add {line}"));
        let lines: Vec<_> = std::iter::once(delete).chain(adds).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        nsupdate(self.server.addr, &self.apex.to_string(), &self.key, &lines).unwrap();
    }
}

const YAML: &str = "driver: powerdns\nendpoint: {endpoint}\napi-key: file:secret\n";

#[tokio::test]
async fn the_story() {
    Story::open(YAML, PowerDns::new(APEX, ZONE)).await.tell("powerdns").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_killed_goes_on() {
    let host = PowerDns::new("dankolb.net.", &moves::zone());
    let dns = host.server.addr;
    moves::play(YAML, host, Some(dns)).await;
}
