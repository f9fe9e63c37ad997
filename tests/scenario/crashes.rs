//! The power goes at every entry of the journal, and somebody starts the program again.

use crate::diary::Cut;
use crate::domain::{DAY, HOUR, MINUTE, Ttls, after, short, transition};
use crate::moving::{Move, setting};
use cutover::engine::Error;
use cutover::plan::{Policy, Stage};
use cutover::port::{Clock as _, ProviderError};
use cutover::run::Event;

fn moving() -> Move {
    let ttls = Ttls::all(2 * HOUR);
    Move::new(&transition(&ttls, &short()), &setting(10 * MINUTE))
}

/// The move is done, nobody has noticed, and every phase has been applied and written once.
fn check(moving: &Move, story: &str) {
    assert_eq!(moving.net.text(), after(&Ttls::all(2 * HOUR)).to_text(), "{story}");
    assert_eq!(moving.net.violations(), Vec::<String>::new(), "{story}");
    let applied = moving.diary.entries().into_iter().filter_map(|entry| match entry.event {
        Event::Applied(stage, _) => Some(stage),
        _ => None,
    });
    let stages: Vec<Stage> = moving.run.plan().phases.iter().map(|phase| phase.stage).collect();
    assert_eq!(applied.collect::<Vec<_>>(), stages, "{story}");
    assert_eq!(moving.net.state().writes, stages.len(), "{story}");
}

#[tokio::test]
async fn a_power_cut_at_any_entry_changes_nothing() {
    let mut whole = moving();
    whole.finish().await.unwrap();
    check(&whole, "no cut");
    for number in 1..whole.diary.entries().len() {
        for cut in [Cut::Before(number), Cut::After(number)] {
            let mut moving = moving();
            moving.diary.cut(Some(cut));
            match moving.finish().await {
                Err(Error::Journal(_)) => moving.sleep(7 * MINUTE).await,
                // People write themselves, whatever happens to the program.
                other => other.unwrap(),
            }
            moving.restart();
            moving.finish().await.unwrap();
            check(&moving, &format!("{cut:?}"));
        }
    }
}

#[tokio::test]
async fn a_stop_after_any_entry_leaves_nothing_half_done() {
    let story = |stop_after| async move {
        let mut moving = Move { stop_after, ..moving() };
        moving.finish().await.unwrap();
        check(&moving, &format!("{stop_after:?}"));
        moving
    };
    let entries = story(None).await.diary.entries().len();
    // The first is the plan.
    let mut heeded = 0;
    for number in 2..entries {
        heeded += usize::from(story(Some(number)).await.stop_after.is_none());
    }
    assert!(heeded > entries / 2, "{heeded} of {entries}");
}

#[tokio::test]
async fn a_provider_that_does_not_say_what_it_did_is_asked_again() {
    for waits in [true, false] {
        let mut moving = moving();
        moving.net.state().is_mute = true;
        moving.waits = waits;
        while let Err(error) = moving.finish().await {
            assert!(!waits && matches!(error, Error::Provider(ProviderError::Busy(_))), "{error}");
            moving.restart();
        }
        check(&moving, "mute");
    }
}

/// After `prepare` the journal is lost: the plan is made anew from the live zone.
async fn without_a_past(is_careful: bool) -> Move {
    let ttls = Ttls::all(DAY);
    let all = transition(&ttls, &short());
    let mut moving = Move::new(&all, &setting(10 * MINUTE));
    moving.go(Some(Stage::Prepare)).await.unwrap();
    let unknown_before = is_careful.then(|| moving.net.now());
    let plan = Move::plan(&all, &moving.net.zone(), &Policy { unknown_before, ..short() });
    let mut moving = Move::of(moving.net.clone(), &all, plan);
    moving.finish().await.unwrap();
    moving
}

#[tokio::test]
async fn a_lost_journal_costs_waiting_not_mail() {
    let careful = without_a_past(true).await;
    assert_eq!(careful.net.violations(), Vec::<String>::new());
    assert!(!without_a_past(false).await.net.violations().is_empty());
}
