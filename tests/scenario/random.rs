//! Any TTLs, lags and windows: whoever obeys TTLs never sees a bad minute.

use crate::authority::Authority;
use crate::domain::{DAY, HOUR, MINUTE, Ttls, after, short, transition};
use crate::internet::Setting;
use crate::moving::{Move, at, resolvers, wait_for};
use crate::transition::BEGIN;
use cutover::dns::Ttl;
use cutover::plan::{Policy, Stage, Window};
use proptest::prelude::*;
use std::time::Duration;

/// From seconds to days, each order of magnitude as likely as the next.
fn ttl() -> impl Strategy<Value = u64> {
    prop_oneof![10..=60_u64, 60..=600_u64, 600..=3_600_u64, HOUR..=2 * DAY]
}

fn ttls() -> impl Strategy<Value = Ttls> {
    let all = (ttl(), ttl(), ttl(), ttl(), 10..=3 * HOUR);
    all.prop_map(|(mx, txt, hosts, key, negative)| Ttls { mx, txt, hosts, key, negative })
}

fn policy() -> impl Strategy<Value = Policy> {
    use Stage::{Delivery, Retrieval, Submission};
    let order = Just([Submission, Delivery, Retrieval]).prop_shuffle();
    let window = prop::option::of((0..=3 * DAY, HOUR..=8 * HOUR));
    let offsets = (0..=HOUR, 0..=HOUR, 0..=2 * HOUR);
    (window, 60..=900_u32, order, offsets).prop_map(|(window, low, order, offsets)| Policy {
        window: window.map(|(opens, length)| Window {
            opens: at(opens),
            length: Duration::from_secs(length),
        }),
        ttl: Ttl::from_secs(low),
        order,
        at: [(Submission, offsets.0), (Delivery, offsets.1), (Retrieval, offsets.2)]
            .map(|(stage, offset)| (stage, Duration::from_secs(offset)))
            .into(),
        ..short()
    })
}

/// Up to three secondaries; the first falls silent for some time.
fn lags() -> impl Strategy<Value = (Vec<u64>, u64, u64)> {
    (prop::collection::vec(0..=90 * MINUTE, 0..=3), 0..=2 * DAY, 0..=2 * HOUR)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 32, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn nobody_who_obeys_has_trouble(
        ttls in ttls(),
        policy in policy(),
        (lags, silent, hush) in lags(),
    ) {
        let dead = BEGIN + silent as i64;
        let mut servers = vec![Authority::new("ns1", 0)];
        servers.extend(["ns2", "ns3", "ns4"].into_iter().zip(lags).map(|(name, lag)| {
            Authority::new(name, lag)
        }));
        if let Some(second) = servers.get_mut(1) {
            *second = second.clone().dead(dead..dead + hush as i64);
        }
        let setting = Setting { servers, resolvers: resolvers(), late: 0 };
        let mut moving = Move::new(&transition(&ttls, &policy), &setting);
        wait_for(async {
            moving.finish().await.unwrap();
            moving.sleep(2 * DAY).await;
        });
        prop_assert_eq!(moving.net.text(), after(&ttls).to_text());
        prop_assert_eq!(moving.net.violations(), Vec::<String>::new());
    }
}
