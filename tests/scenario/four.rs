//! The four transitions of `examples/`, among two hundred resolvers.

use crate::authority::Authority;
use crate::domain::{DAY, HOUR, MINUTE};
use crate::internet::Setting;
use crate::moving::Move;
use crate::population::population;
use crate::transition::{Transition, content};
use cutover::run::Event;

/// How long the provider's own servers take to answer with what its API shows at once.
pub(crate) const LATE: i64 = 4 * MINUTE as i64;

/// A provider that publishes late, a secondary that lags, and one that falls silent for two hours
/// just when things begin to move.
pub(crate) fn servers(transition: &Transition) -> Vec<Authority> {
    let moves = transition.policy.window.map_or(transition.begin, |one| one.opens.timestamp());
    vec![
        Authority::new("ns1", 0),
        Authority::new("ns2", 40 * MINUTE),
        Authority::new("ns3", 17).dead(moves..moves + 2 * HOUR as i64),
    ]
}

/// When the last phase before `at` was seen on every server.
fn published_before(moving: &Move, at: i64) -> Option<i64> {
    let times = moving.diary.entries().into_iter().filter_map(|entry| match entry.event {
        Event::Published { since, .. } => Some(since.timestamp()),
        _ => None,
    });
    times.filter(|since| *since <= at).max()
}

/// Moves to the end and looks on for a week; who obeys never has trouble, who does not has it
/// for as long as it stretches TTLs.
async fn check(folder: &str) {
    for (transition, seed) in Transition::examples(folder).into_iter().zip(1..) {
        let (servers, resolvers) = (servers(&transition), population(seed));
        let setting = Setting { servers, resolvers: resolvers.clone(), late: LATE };
        let mut moving = Move::new(&transition, &setting);
        moving.finish().await.unwrap();
        moving.sleep(7 * DAY).await;
        assert_eq!(content(&moving.net.zone()), transition.goal(), "{}", transition.name);
        assert_eq!(moving.net.violations(), Vec::<String>::new(), "{}", transition.name);
        for resolver in resolvers.iter().filter(|one| !one.is_obedient()) {
            for (what, span) in moving.net.complaints_of(&resolver.name) {
                let known = published_before(&moving, span.last);
                let until = known.map(|known| known + resolver.stretch());
                assert!(Some(span.last) <= until, "{}: {what} {span:?}", resolver.name);
            }
        }
    }
}

#[tokio::test]
async fn from_exchange_to_bystar_nobody_has_a_bad_minute() {
    check("exchange-to-bystar").await;
}

#[tokio::test]
async fn from_bystar_to_office365_nobody_has_a_bad_minute() {
    check("bystar-to-office365").await;
}

#[tokio::test]
async fn from_iwi_to_central_nobody_has_a_bad_minute() {
    check("iwi-to-central").await;
}

#[tokio::test]
async fn from_linode_to_google_nobody_has_a_bad_minute() {
    check("linode-to-google").await;
}
