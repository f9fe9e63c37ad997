//! Any platforms, TTLs, servers, windows and faults: a plan is refused with its reason, or whoever
//! obeys TTLs never sees a bad minute.
//!
//! `PROPTEST_CASES=10000` tells more stories, `PROPTEST_RNG_SEED=7` tells them from that seed on.

use crate::authority::Authority;
use crate::diary::Cut;
use crate::domain::{DAY, HOUR, MINUTE, apex, short, zone};
use crate::internet::Setting;
use crate::moving::{Move, at, wait_for};
use crate::platforms::{Owner, Platform, platform};
use crate::population::some;
use crate::transition::{BEGIN, Transition, content};
use crate::world::world;
use cutover::dns::{RrSet, Ttl, Zone};
use cutover::engine::Error;
use cutover::mail::{Intent, Side};
use cutover::plan::{Policy, Stage, Window, hazards};
use cutover::port::ProviderError;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngSeed, TestCaseError, TestCaseResult, TestRunner};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

/// All that may happen to a domain.
#[derive(Clone, Debug)]
struct Story {
    /// None where mail is set up from nothing.
    old: Option<Platform>,
    new: Platform,
    /// Whether the new platform's hosts take over the names of the old one's.
    keeps_hosts: bool,
    has_wildcard: bool,
    /// Of one RRset after another, in seconds.
    ttls: Vec<u64>,
    negative: u64,
    policy: Policy,
    /// How long senders keep an MTA-STS policy, in seconds.
    max_age: u64,
    world: World,
    faults: Faults,
}

/// Name servers and resolvers, times in seconds.
#[derive(Clone, Debug)]
struct World {
    lags: Vec<u64>,
    late: u64,
    /// When a secondary falls silent, and for how long.
    silent: (u64, u64),
    resolvers: u64,
}

/// What goes wrong with the program, or with people.
#[derive(Clone, Debug)]
struct Faults {
    is_mute: bool,
    waits: bool,
    /// After which entries the power goes.
    cuts: Vec<usize>,
    /// When somebody loses heart, for a while.
    turns: Option<Index>,
}

/// How a story ended.
enum End {
    Refused,
    Moved,
}

const OLD: Owner = Owner { word: "old", net: "192.0.2", hosts: ["mail", "mx2"], id: "20260101" };
const NEW: Owner = Owner { word: "new", net: "198.51.100", hosts: ["mx1", "mx3"], id: "20270101" };

/// From seconds to days, each order of magnitude as likely as the next.
fn ttl() -> impl Strategy<Value = u64> {
    prop_oneof![10..=60_u64, 60..=600_u64, 600..=3_600_u64, HOUR..=2 * DAY]
}

fn policy() -> impl Strategy<Value = Policy> {
    use Stage::{Delivery, Retrieval, Submission};
    let order = Just([Submission, Delivery, Retrieval]).prop_shuffle();
    let window = prop::option::of((0..=3 * DAY, HOUR..=8 * HOUR));
    let offsets = (0..=HOUR, 0..=HOUR, 0..=2 * HOUR);
    let ttls = (60..=900_u32, prop::option::of(60..=86_400_u32), any::<bool>());
    (window, ttls, order, offsets).prop_map(|(window, ttls, order, offsets)| Policy {
        window: window.map(|(opens, length)| Window {
            opens: at(opens),
            length: Duration::from_secs(length),
        }),
        ttl: Ttl::from_secs(ttls.0),
        final_ttl: ttls.1.map(Ttl::from_secs),
        accept_tail: ttls.2,
        order,
        at: [(Submission, offsets.0), (Delivery, offsets.1), (Retrieval, offsets.2)]
            .map(|(stage, offset)| (stage, Duration::from_secs(offset)))
            .into(),
        ..short()
    })
}

fn surroundings() -> impl Strategy<Value = World> {
    let lags = prop::collection::vec(0..=90 * MINUTE, 0..=3);
    let late = prop_oneof![Just(0), 0..=10 * MINUTE];
    (lags, late, (0..=2 * DAY, 0..=2 * HOUR), any::<u64>())
        .prop_map(|(lags, late, silent, resolvers)| World { lags, late, silent, resolvers })
}

fn faults() -> impl Strategy<Value = Faults> {
    let cuts = prop::collection::vec(1..=30_usize, 0..=3);
    let turns = prop::option::weighted(0.2, any::<Index>());
    (prop::bool::weighted(0.2), any::<bool>(), cuts, turns).prop_map(
        |(is_mute, waits, mut cuts, turns)| {
            cuts.sort_unstable();
            Faults { is_mute, waits, cuts, turns }
        },
    )
}

fn story() -> impl Strategy<Value = Story> {
    let platforms = (prop::option::weighted(0.95, platform()), platform());
    let zone = (
        any::<bool>(),
        prop::bool::weighted(0.1),
        prop::collection::vec(ttl(), 1..=6),
        10..=3 * HOUR,
    );
    let max_age = select(&[HOUR, DAY, 7 * DAY, 30 * DAY]);
    (platforms, zone, policy(), max_age, surroundings(), faults()).prop_map(
        |(platforms, zone, policy, max_age, world, faults)| Story {
            old: platforms.0,
            new: platforms.1,
            keeps_hosts: zone.0,
            has_wildcard: zone.1,
            ttls: zone.2,
            negative: zone.3,
            policy,
            max_age,
            world,
            faults,
        },
    )
}

impl Story {
    fn transition(&self) -> Transition {
        let hosts = if self.keeps_hosts { OLD.hosts } else { NEW.hosts };
        let old = self.old.as_ref().map_or(Side::default(), |old| old.side(&OLD));
        let new = self.new.side(&Owner { hosts, ..NEW });
        let new = Side { copies: BTreeMap::new(), ..new };
        let intent = Intent { zone: apex(), old, new };
        let live = self.live(&intent.old);
        let max_age = self.max_age as i64;
        let begin = BEGIN;
        Transition { begin, max_age, ..Transition::new(live, intent, self.policy.clone()) }
    }

    /// The zone as it is, strangers among it.
    fn live(&self, old: &Side) -> Zone {
        let wildcard = if self.has_wildcard { "* 7200 A 192.0.2.80" } else { "" };
        let base = zone(&format!(
            "@ {DAY} SOA ns1 hostmaster 1 3600 600 604800 {}\n@ {DAY} NS ns1\n\
             ns1 {DAY} A 192.0.2.53\nwww {DAY} A 192.0.2.80\n@ {DAY} TXT neighbour\n{wildcard}",
            self.negative
        ));
        let mut live = world(&base, old);
        let mut ttls = self.ttls.iter().cycle();
        let ours = live.rrsets().filter(|set| base.get(set.key()) != Some(set));
        for set in ours.cloned().collect::<Vec<_>>() {
            let ttl = Ttl::from_secs(*ttls.next().unwrap() as u32);
            live.put(RrSet::of(set.key().clone(), ttl, set.rdata().iter().cloned()).unwrap());
        }
        live
    }

    fn setting(&self) -> Setting {
        let World { lags, late, silent: (silent, hush), resolvers } = &self.world;
        let dead = BEGIN + *silent as i64;
        let mut servers = vec![Authority::new("ns1", 0)];
        let names = ["ns2", "ns3", "ns4"].into_iter();
        servers.extend(names.zip(lags).map(|(name, lag)| Authority::new(name, *lag)));
        if let Some(second) = servers.get_mut(1) {
            *second = second.clone().dead(dead..dead + *hush as i64);
        }
        Setting { servers, resolvers: some(4, *resolvers), late: *late as i64 }
    }

    async fn tell(&self) -> Result<End, TestCaseError> {
        let transition = self.transition();
        let plan = Move::plan(&transition, &transition.live, &transition.policy);
        if !hazards(&transition.live, &plan, &transition.intent).is_empty() {
            return Ok(End::Refused);
        }
        let stages: Vec<_> = plan.phases.iter().map(|phase| phase.stage).collect();
        let mut moving = Move::by(plan, &transition, &self.setting());
        moving.net.state().is_mute = self.faults.is_mute;
        moving.waits = self.faults.waits;
        if let Some(turns) = self.faults.turns.filter(|_| !stages.is_empty()) {
            self.go(&mut moving, Some(*turns.get(&stages))).await;
            if let Ok(back) = moving.run.plan().back(moving.run.applied(), Some(Stage::Prepare)) {
                moving.replan(back);
                self.go(&mut moving, None).await;
                let own_ttls = moving.run.plan().own_ttls.clone();
                let policy = Policy { own_ttls, window: None, ..transition.policy.clone() };
                moving.replan(Move::plan(&transition, &moving.net.zone(), &policy));
            }
        }
        self.go(&mut moving, None).await;
        moving.sleep(2 * DAY).await;
        prop_assert_eq!(content(&moving.net.zone()), transition.goal());
        prop_assert_eq!(moving.net.violations(), Vec::<String>::new());
        Ok(End::Moved)
    }

    /// Goes on through power cuts and lost answers.
    async fn go(&self, moving: &mut Move, through: Option<Stage>) {
        let known = moving.diary.entries().len();
        let mut cuts = self.faults.cuts.iter().map(|cut| Cut::After(known + cut));
        loop {
            moving.diary.cut(cuts.next());
            match moving.go(through).await {
                Ok(()) => return moving.diary.cut(None),
                Err(Error::Journal(_) | Error::Provider(ProviderError::Busy(_))) => {
                    moving.sleep(7 * MINUTE).await;
                    moving.restart();
                }
                Err(other) => panic!("{other}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_plan_is_refused_or_nobody_who_obeys_has_trouble() {
    let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 60;
    }
    if let RngSeed::Random = config.rng_seed {
        config.rng_seed = RngSeed::Fixed(rand::random());
    }
    let (refused, moved) = (Cell::new(0), Cell::new(0));
    let tell = |story: Story| -> TestCaseResult {
        let end = match wait_for(story.tell())? {
            End::Refused => &refused,
            End::Moved => &moved,
        };
        end.set(end.get() + 1);
        Ok(())
    };
    let seed = config.rng_seed;
    let told = TestRunner::new(config).run(&story(), tell);
    let (refused, moved) = (refused.get(), moved.get());
    let _ = writeln!(std::io::stderr(), "{seed:?}: {moved} moved, {refused} refused");
    assert!(told.is_ok(), "PROPTEST_RNG_SEED of {seed:?}: {}", told.unwrap_err());
    assert!(moved > 2 * refused, "most stories are worth telling");
}
