//! Whole zones, and streams that are not one.

use crate::world::{Fate, World, ZONE, apex, driver, name, proxy, tsig, zone};
use cutover::dns::{Name, Rdata, RrSet, Rtype, Ttl, Zone};
use cutover::port::{Provider, ProviderError};

/// A zone of about so many records.
fn large(records: usize) -> Zone {
    let mut zone = zone(ZONE);
    for i in 0..records {
        let owner = Name::parse_in(&format!("host-{i}.some.where"), &apex()).unwrap();
        let text = format!("\"record number {i} of a zone that takes several messages\"");
        zone.put(RrSet::new(
            owner,
            Ttl::from_secs(300),
            Rdata::parse(Rtype::TXT, &text, None).unwrap(),
        ));
    }
    zone
}

#[tokio::test]
async fn five_thousand_records_come_whole_however_often_they_are_signed() {
    let zone = large(5_000);
    for every in [1, 10, 50] {
        let world = World::with(zone.clone(), |authority| authority.sign_every(every)).await;
        assert_eq!(world.driver.zone(&apex()).await.unwrap(), zone, "every {every}");
    }
}

#[tokio::test]
async fn a_stream_that_was_touched_is_no_zone() {
    let world = World::with(large(5_000), |authority| authority.sign_every(10)).await;
    let check = async |tamper: fn(usize, Vec<u8>) -> Fate, problem: Option<&str>| {
        let proxy = proxy(world.running.address(), tamper).await;
        let result = driver(proxy, Some(tsig("cutover-key.", "secret")), 0).zone(&apex()).await;
        match (result, problem) {
            (Ok(zone), None) => assert_eq!(zone, world.now()),
            (Err(error), Some(problem)) => {
                assert!(!matches!(error, ProviderError::Busy(_)), "{error}");
                assert!(error.to_string().contains(problem), "{error}");
            }
            (result, _) => panic!("{:?} {problem:?}", result.map(|zone| zone.rrsets().count())),
        }
    };
    check(|_, message| Fate::Pass(message), None).await;
    check(
        |i, message| if i == 5 { Fate::Lose } else { Fate::Pass(message) },
        Some("signature is not by"),
    )
    .await;
    let flip = |i, mut message: Vec<u8>| {
        if i == 5 {
            message[100] ^= 1;
        }
        Fate::Pass(message)
    };
    check(flip, Some("signature is not by")).await;
    check(
        |i, message| if i == 0 { Fate::Lose } else { Fate::Pass(message) },
        Some("without a signature"),
    )
    .await;
}

#[tokio::test]
async fn a_zone_below_another_is_not_taken_for_it() {
    let below = Zone::parse(ZONE, &name("sub.example.net.")).unwrap();
    let world = World::with(zone(ZONE), |authority| authority.with_zone(below.clone())).await;
    assert_eq!(world.driver.zone(&name("sub.example.net.")).await.unwrap(), below);
    assert_eq!(world.driver.zone(&apex()).await.unwrap(), zone(ZONE));
}
