//! Caches and secondaries while the clock runs as fast as the test likes.

use crate::world::{World, ZONE, any_port, apex, key_of, rrset, zone};
use cutover::dns::{RrSet, Rtype, Ttl};
use cutover::lab::{Authority, Cache, Habit, Running};
use cutover::plan::Change;
use cutover::port::Provider;
use cutover::wire::{Poller, Rcode, Reply};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{advance, sleep};

const SHORT: &str = r#"
@ 3600 IN SOA ns1 hostmaster 1 7200 900 1209600 60
@ 3600 IN NS ns1
@ 300 IN MX 10 old
web 300 IN CNAME www
www 60 IN A 192.0.2.1
"#;

struct Net {
    world: World,
    cache: Cache,
    running: Running,
    poller: Poller,
}

impl Net {
    async fn new(habit: Habit) -> Self {
        let world = World::new(SHORT).await;
        let upstreams = vec![(apex(), vec![world.running.address()])];
        let cache = Cache::new("cache-1", habit, upstreams).await.unwrap();
        let running = cache.serve(any_port()).await.unwrap();
        let poller = Poller::bind(Duration::from_secs(5)).await.unwrap();
        Self { world, cache, running, poller }
    }

    async fn ask(&self, owner: &str, rtype: Rtype) -> Reply {
        let key = key_of(owner, rtype);
        self.poller.ask(self.running.address(), &key, true).await.unwrap()
    }

    /// The MX RRset as the cache has it: its first host and what is left of its TTL.
    async fn mx(&self) -> (String, u32) {
        let rrset = self.ask("example.net.", Rtype::MX).await.rrset.unwrap();
        (rrset.rdata()[0].to_string(), rrset.ttl().secs())
    }

    async fn replace_mx(&self) {
        let change =
            Change::Replace { before: rrset("@ 300 MX 10 old"), after: rrset("@ 300 MX 10 new") };
        self.world.driver.apply(&apex(), &[change]).await.unwrap();
    }
}

fn old(ttl: u32) -> (String, u32) {
    ("10 old.example.net.".to_owned(), ttl)
}

fn new(ttl: u32) -> (String, u32) {
    ("10 new.example.net.".to_owned(), ttl)
}

async fn wait(seconds: u64) {
    advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn an_obedient_cache_counts_down_and_flips_in_time() {
    let net = Net::new(Habit::Obey).await;
    assert_eq!(net.mx().await, old(300));
    net.replace_mx().await;
    wait(299).await;
    assert_eq!(net.mx().await.0, old(0).0);
    wait(2).await;
    assert_eq!(net.mx().await, new(300));
}

#[tokio::test(start_paused = true)]
async fn a_cache_with_a_floor_flips_late() {
    let net = Net::new(Habit::Floor(Ttl::from_secs(900))).await;
    assert_eq!(net.mx().await, old(900));
    net.replace_mx().await;
    wait(898).await;
    assert_eq!(net.mx().await.0, old(0).0);
    wait(3).await;
    assert_eq!(net.mx().await, new(900));
}

#[tokio::test(start_paused = true)]
async fn a_cache_with_a_cap_flips_early() {
    let net = Net::new(Habit::Cap(Ttl::from_secs(30))).await;
    assert_eq!(net.mx().await, old(30));
    net.replace_mx().await;
    wait(31).await;
    assert_eq!(net.mx().await, new(30));
}

#[tokio::test(start_paused = true)]
async fn a_cache_may_answer_for_servers_that_are_gone() {
    let check = async |habit, expected: Option<(String, u32)>| {
        let Net { world, cache: _cache, running, poller } = Net::new(habit).await;
        let key = key_of("example.net.", Rtype::MX);
        poller.ask(running.address(), &key, true).await.unwrap();
        drop(world);
        wait(301).await;
        let reply = poller.ask(running.address(), &key, true).await.unwrap();
        let served = reply.rrset.map(|set| (set.rdata()[0].to_string(), set.ttl().secs()));
        assert_eq!((served, reply.stale), (expected.clone(), expected.is_some()));
        let rcode = if expected.is_some() { Rcode::NOERROR } else { Rcode::SERVFAIL };
        assert_eq!(reply.rcode, rcode);
    };
    check(Habit::Obey, None).await;
    check(Habit::ServeStale, Some(old(30))).await;
}

#[tokio::test(start_paused = true)]
async fn absence_is_kept_for_the_negative_ttl() {
    let net = Net::new(Habit::Obey).await;
    let ask = async || net.ask("new.example.net.", Rtype::A).await;
    let reply = ask().await;
    assert_eq!((reply.rcode, reply.negative_ttl), (Rcode::NXDOMAIN, Some(Ttl::from_secs(60))));
    let change = Change::Create(rrset("new 60 A 192.0.2.9"));
    net.world.driver.apply(&apex(), &[change]).await.unwrap();
    wait(40).await;
    let reply = ask().await;
    assert_eq!(reply.rcode, Rcode::NXDOMAIN);
    assert!(reply.negative_ttl.unwrap() <= Ttl::from_secs(20));
    wait(21).await;
    assert!(ask().await.rrset.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_kept_for_itself_and_its_target() {
    let net = Net::new(Habit::Obey).await;
    let reply = net.ask("web.example.net.", Rtype::A).await;
    assert_eq!(reply.alias.unwrap().ttl(), Ttl::from_secs(300));
    assert_eq!(net.cache.asked(), 2);
    wait(61).await;
    net.ask("web.example.net.", Rtype::A).await;
    assert_eq!(net.cache.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn only_recursive_questions_are_answered() {
    let net = Net::new(Habit::Obey).await;
    let key = key_of("example.net.", Rtype::MX);
    let reply = net.poller.ask(net.running.address(), &key, false).await.unwrap();
    assert_eq!((reply.rcode, net.cache.asked()), (Rcode::REFUSED, 0));
    let reply = net.ask("example.net.", Rtype::MX).await;
    assert!(reply.recursion_available && !reply.authoritative);
    assert_eq!(reply.nsid.as_deref(), Some("cache-1"));
    assert_eq!(net.ask("example.org.", Rtype::MX).await.rcode, Rcode::SERVFAIL);
}

#[tokio::test(start_paused = true)]
async fn a_secondary_is_behind_by_its_lag() {
    let world = World::new(ZONE).await;
    let secondary = Authority::new("second", Arc::new(crate::world::Off(0)));
    let following = secondary.follow(&world.authority, &apex(), Duration::from_secs(90)).unwrap();
    let mx = || {
        let zone = secondary.zone(&apex()).unwrap();
        zone.get(&key_of("example.net.", Rtype::MX)).map(RrSet::to_string).unwrap()
    };
    let first = mx();
    let mut next = zone(ZONE);
    next.put(rrset("@ 300 MX 10 new"));
    world.authority.put(next);
    sleep(Duration::from_secs(89)).await;
    assert_eq!(mx(), first);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(mx(), "example.net. 300 IN MX 10 new.example.net.");
    following.set_lag(Duration::from_secs(5));
    world.authority.put(zone(ZONE));
    sleep(Duration::from_secs(6)).await;
    assert_eq!(mx(), first);
}
