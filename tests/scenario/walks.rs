//! Whole walks: from the old zone to the new without a bad minute.

use crate::domain::{DAY, HOUR, MINUTE, Ttls, after, short, transition};
use crate::moving::{Move, at, setting};
use cutover::engine::Outcome;
use cutover::plan::{Policy, Window};
use std::time::Duration;

/// TTLs of a day, and a window a week ahead.
fn with_window() -> Policy {
    let window = Window { opens: at(7 * DAY), length: Duration::from_secs(6 * HOUR) };
    Policy { window: Some(window), ..Policy::default() }
}

/// Walks to the end, and looks on for a week more.
async fn check(ttls: &Ttls, policy: &Policy, silent: u64, waits: bool) {
    let mut moving = Move::new(&transition(ttls, policy), &setting(silent));
    moving.waits = waits;
    moving.finish().await.unwrap();
    assert_eq!(moving.net.zone(), after(ttls));
    moving.sleep(7 * DAY).await;
    assert_eq!(moving.net.violations(), Vec::<String>::new());
    let writes = moving.net.state().writes;
    assert_eq!(writes, moving.run.plan().phases.len(), "every phase is written once");
}

#[tokio::test]
async fn a_move_with_a_window_next_week_has_no_bad_minute() {
    // One name server falls silent just when submission is to move.
    check(&Ttls::all(DAY), &with_window(), 7 * DAY - 15 * MINUTE, false).await;
}

#[tokio::test]
async fn one_drive_goes_through_all_waits() {
    check(&Ttls::all(6 * HOUR), &short(), 10 * MINUTE, true).await;
}

#[tokio::test]
async fn a_move_without_a_window_takes_the_time_that_caches_need() {
    let absence = Ttls { negative: 3 * HOUR, ..Ttls::all(5 * MINUTE) };
    check(&absence, &short(), MINUTE, false).await;
    check(&Ttls::all(2 * DAY), &short(), MINUTE, false).await;
    check(&Ttls::all(5 * MINUTE), &short(), 20 * MINUTE, false).await;
}

#[tokio::test]
async fn the_old_platform_stays_for_those_who_are_moved_late() {
    let ttls = Ttls::all(HOUR);
    let mut moving = Move::new(&transition(&ttls, &short()), &setting(10 * MINUTE));
    while !matches!(moving.drive(None).await.unwrap(), Outcome::Asked(_)) {
        moving.sleep(5 * MINUTE).await;
    }
    // Longer than the soak: mailboxes are many.
    moving.sleep(3 * DAY).await;
    moving.finish().await.unwrap();
    assert_eq!(moving.net.violations(), Vec::<String>::new());
}
