//! The journal has lost its end, and the world is further than it knows.

use crate::domain::{HOUR, MINUTE, Ttls, after, short, transition};
use crate::moving::{Move, setting};
use cutover::plan::Stage;
use cutover::run::Event;

fn moving() -> Move {
    Move::new(&transition(&Ttls::all(2 * HOUR), &short()), &setting(10 * MINUTE))
}

/// The move ends right, nobody has noticed, and the provider was told everything once.
fn check(moving: &Move, story: &str) {
    assert_eq!(moving.net.text(), after(&Ttls::all(2 * HOUR)).to_text(), "{story}");
    assert_eq!(moving.net.violations(), Vec::<String>::new(), "{story}");
    assert_eq!(moving.net.state().writes, moving.run.plan().phases.len(), "{story}");
}

/// All but the first entries are gone, and another process begins.
fn lose(moving: &mut Move, kept: usize) {
    moving.diary.keep(kept);
    moving.restart();
}

#[tokio::test]
async fn every_prefix_of_a_whole_journal_comes_to_the_same_end() {
    let mut whole = moving();
    whole.finish().await.unwrap();
    check(&whole, "nothing lost");
    let entries = whole.diary.entries();
    for kept in 1..entries.len() {
        whole.diary.replace(&entries);
        lose(&mut whole, kept);
        whole.finish().await.unwrap();
        check(&whole, &format!("{kept} of {} entries", entries.len()));
    }
}

#[tokio::test]
async fn whatever_was_lost_half_way_is_found_and_waited_for_again() {
    let stages: Vec<Stage> = moving().run.plan().phases.iter().map(|phase| phase.stage).collect();
    for stage in stages {
        for share in [0, 1, 2] {
            let mut moving = moving();
            moving.go(Some(stage)).await.unwrap();
            let all = moving.diary.entries().len();
            lose(&mut moving, 1 + (all - 1) * share / 3);
            moving.finish().await.unwrap();
            check(&moving, &format!("{stage}, {share}/3"));
        }
    }
}

/// What was found is believed as it is; had its waits been skipped, somebody would notice.
#[tokio::test]
async fn who_does_not_wait_again_is_noticed() {
    let mut moving = moving();
    moving.go(Some(Stage::Prepare)).await.unwrap();
    lose(&mut moving, 1);
    let mut plan = moving.run.plan().clone();
    plan.phases.iter_mut().for_each(|phase| phase.gates.clear());
    moving.replan(plan);
    moving.finish().await.unwrap();
    assert!(!moving.net.violations().is_empty());
    let found =
        moving.diary.entries().into_iter().any(|entry| entry.event == Event::Found(Stage::Prepare));
    assert!(!found, "the same stage is no news");
}
