//! Resolvers that stretch TTLs: what is promised to their users, and what is not.

use crate::complaints::Span;
use crate::domain::{DAY, HOUR, MINUTE, Ttls, short, transition};
use crate::judge::{NEW_SPF, NO_NEW_KEY};
use crate::moving::{Move, resolvers, setting};
use crate::resolver::Habit;
use cutover::plan::Stage;
use cutover::run::Event;
use std::collections::BTreeMap;

/// Walks with these TTLs; what users of the resolver with this habit have seen, and from when on
/// every server had what `prepare` brought.
async fn walked(ttl: u64, habit: Habit) -> (BTreeMap<&'static str, Span>, i64) {
    let ttls = Ttls::all(ttl);
    let mut moving = Move::new(&transition(&ttls, &short()), &setting(10 * MINUTE));
    // Just after these resolvers have asked, and before the slowest server can have followed.
    moving.sleep(11 * MINUTE).await;
    moving.finish().await.unwrap();
    assert_eq!(moving.net.violations(), Vec::<String>::new(), "who obeys has no trouble");
    let prepared = moving.diary.entries().into_iter().find_map(|entry| match entry.event {
        Event::Published { stage: Stage::Prepare, since, .. } => Some(since.timestamp()),
        _ => None,
    });
    let resolver =
        resolvers().into_iter().find(|one| one.name.starts_with(&format!("{habit:?},"))).unwrap();
    (moving.net.complaints_of(&resolver.name), prepared.unwrap())
}

/// A resolver that keeps answers for `longest` whatever their TTL.
async fn check(habit: Habit, longest: u64) {
    let (complaints, prepared) = walked(5 * MINUTE, habit).await;
    let problems: Vec<_> = complaints.keys().copied().collect();
    // What it knew before `prepare`: neither the new platform's SPF nor its key, and no worse.
    assert!(problems.contains(&NEW_SPF), "{problems:?}");
    assert!(problems.iter().all(|what| [NEW_SPF, NO_NEW_KEY].contains(what)), "{problems:?}");
    let last = complaints.values().map(|span| span.last).max();
    assert!(last <= Some(prepared + longest as i64), "{complaints:?}");
}

#[tokio::test]
async fn a_floor_is_felt_for_as_long_as_itself() {
    check(Habit::Floor(2 * HOUR as i64), 2 * HOUR).await;
    check(Habit::Floor(DAY as i64), DAY).await;
}

#[tokio::test]
async fn a_stale_answer_is_told_once() {
    check(Habit::StaleFirst, 5 * MINUTE + 45 * MINUTE).await;
}

#[tokio::test]
async fn who_waits_for_long_ttls_waits_for_floors_as_well() {
    for floor in [2 * HOUR, DAY] {
        let (complaints, _) = walked(DAY, Habit::Floor(floor as i64)).await;
        assert_eq!(complaints, BTreeMap::new());
    }
}
