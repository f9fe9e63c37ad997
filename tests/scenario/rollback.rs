//! Turning back from delivery, at whatever minute somebody loses heart.

use crate::domain::{DAY, HOUR, MINUTE, Ttls, after, before, short, transition};
use crate::moving::{Move, setting, wait_for};
use crate::ports::applied;
use cutover::engine::Outcome;
use cutover::plan::{Policy, Stage};
use proptest::prelude::*;

/// Moves until delivery is sent, and turns back to `prepare` some minutes later.
///
/// When `looks`, the program has been called again before: it may know what is published.
async fn check(minutes: u64, looks: bool) -> Move {
    let ttls = Ttls::all(DAY);
    let mut moving = Move::new(&transition(&ttls, &short()), &setting(10 * MINUTE));
    moving.go(Some(Stage::Submission)).await.unwrap();
    while !matches!(moving.drive(None).await.unwrap(), Outcome::Unpublished(_)) {
        moving.sleep(MINUTE).await;
    }
    moving.sleep(minutes * MINUTE).await;
    if looks {
        moving.drive(None).await.unwrap();
    }
    let prepare = moving.run.plan().phases[0].changes.clone();
    moving.turn_back(Some(Stage::Prepare));
    moving.finish().await.unwrap();
    let prepared = applied(before(&ttls), &prepare).unwrap();
    assert_eq!(moving.net.text(), prepared.to_text(), "the old zone with low TTLs");
    moving.sleep(3 * DAY).await;
    assert_eq!(moving.net.violations(), Vec::<String>::new(), "{minutes} min");
    moving
}

#[tokio::test]
async fn one_can_turn_back_while_the_slowest_server_follows() {
    for minutes in [0, 1, 47, 48, 49, 50] {
        check(minutes, false).await;
        check(minutes, true).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 12, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn one_can_turn_back_at_any_minute(minutes in 0..=3 * DAY / MINUTE, looks: bool) {
        wait_for(check(minutes, looks));
    }
}

#[tokio::test]
async fn a_second_try_ends_with_the_first_ttls() {
    let mut moving = check(20, true).await;
    let policy = Policy { own_ttls: moving.run.plan().own_ttls.clone(), ..short() };
    let plan = Move::plan(&moving.transition, &moving.net.zone(), &policy);
    assert_eq!(plan.phases[0].stage, Stage::Submission, "prepared it is already");
    moving.replan(plan);
    moving.finish().await.unwrap();
    assert_eq!(moving.net.text(), after(&Ttls::all(DAY)).to_text());
    moving.sleep(2 * DAY).await;
    assert_eq!(moving.net.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn from_retire_nothing_leads_back() {
    let ttls = Ttls::all(HOUR);
    let mut moving = Move::new(&transition(&ttls, &short()), &setting(10 * MINUTE));
    moving.go(Some(Stage::Retire)).await.unwrap();
    let back = moving.run.plan().back(moving.run.applied(), Some(Stage::Prepare));
    assert_eq!(back.unwrap_err().0, Stage::Retire);
}

#[tokio::test]
async fn to_the_start_one_goes_when_no_mail_is_under_way() {
    let ttls = Ttls::all(DAY);
    let mut moving = Move::new(&transition(&ttls, &short()), &setting(10 * MINUTE));
    moving.go(Some(Stage::Delivery)).await.unwrap();
    moving.sleep(HOUR).await;
    moving.turn_back(None);
    moving.finish().await.unwrap();
    moving.sleep(3 * DAY).await;
    assert_eq!(moving.net.violations(), Vec::<String>::new());
    assert_eq!(moving.net.text(), before(&ttls).to_text());
}
