//! Somebody lowers all TTLs by hand just before the move; the slowest server has not heard of it.

use crate::diary::Cut;
use crate::domain::{DAY, MINUTE, Ttls, before, short, transition};
use crate::moving::{Move, setting};

/// The plan knows the low TTLs only, a server still answers with the high ones.
async fn moving() -> Move {
    let ttls = Ttls::all(DAY);
    let mut moving = Move::new(&transition(&ttls, &short()), &setting(10 * MINUTE));
    moving.net.state().write(&before(&Ttls::all(10 * MINUTE)));
    moving.sleep(20 * MINUTE).await;
    let plan = Move::plan(&moving.transition, &moving.net.zone(), &short());
    moving.replan(plan);
    moving
}

#[tokio::test]
async fn a_version_that_nobody_planned_is_waited_for() {
    for waits in [true, false] {
        let mut moving = moving().await;
        moving.waits = waits;
        moving.finish().await.unwrap();
        assert_eq!(moving.net.violations(), Vec::<String>::new(), "waits: {waits}");
    }
}

#[tokio::test]
async fn it_is_remembered_through_a_power_cut() {
    for number in 5..9 {
        let mut moving = moving().await;
        moving.waits = true;
        moving.diary.cut(Some(Cut::After(number)));
        moving.finish().await.unwrap_err();
        moving.sleep(45 * MINUTE).await;
        moving.restart();
        moving.finish().await.unwrap();
        assert_eq!(moving.net.violations(), Vec::<String>::new(), "entry {number}");
    }
}
