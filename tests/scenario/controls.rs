//! Negative controls: what makes a move safe, taken away piece by piece, is missed by somebody.

use crate::domain::{DAY, MINUTE, Ttls, after, before, short, transition};
use crate::internet::UNLUCKY;
use crate::judge::{NEW_SPF, NO_HOST, NO_NEW_KEY, NO_OLD_KEY, OFF, OLD_SPF};
use crate::moving::{Move, setting};
use cutover::plan::{Gate, Phase, Plan, Stage, diff};

/// Walks a plan that somebody has tampered with; these complaints must be among all.
async fn check(tamper: impl Fn(&mut Plan), is_blind: bool, expected: &[&str]) {
    let ttls = Ttls::all(DAY);
    let mut moving = Move::new(&transition(&ttls, &short()), &setting(10 * MINUTE));
    moving.net.state().is_blind = is_blind;
    let mut plan = moving.run.plan().clone();
    tamper(&mut plan);
    moving.replan(plan);
    moving.finish().await.unwrap();
    moving.sleep(2 * DAY).await;
    assert_eq!(moving.net.text(), after(&ttls).to_text(), "unsafe, but it gets there");
    let complaints = moving.net.complaints_of(UNLUCKY);
    let missing = expected.iter().filter(|what| !complaints.contains_key(**what));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&&str>::new(), "{complaints:?}");
    let sampled = moving.net.violations().iter().any(|who| !who.starts_with(UNLUCKY));
    assert!(sampled, "no single resolver noticed");
}

fn without(plan: &mut Plan, is_bad: impl Fn(&Gate) -> bool) {
    plan.phases.iter_mut().for_each(|phase| phase.gates.retain(|gate| !is_bad(gate)));
}

#[tokio::test]
async fn without_drains_the_new_platform_sends_too_early() {
    let tamper = |plan: &mut Plan| without(plan, |gate| matches!(gate, Gate::Drained(_)));
    check(tamper, false, &[NEW_SPF, NO_NEW_KEY]).await;
}

#[tokio::test]
async fn without_the_soak_the_old_platform_is_cut_off() {
    let tamper = |plan: &mut Plan| without(plan, |gate| matches!(gate, Gate::Held { .. }));
    check(tamper, false, &[OLD_SPF, NO_OLD_KEY]).await;
}

#[tokio::test]
async fn a_jump_breaks_everything_for_a_day() {
    let jump = |plan: &mut Plan| {
        let ttls = Ttls::all(DAY);
        let changes = diff(&before(&ttls), &after(&ttls));
        plan.phases = vec![Phase { stage: Stage::Delivery, changes, gates: Vec::new() }];
    };
    check(jump, false, &[OLD_SPF, NEW_SPF, NO_OLD_KEY, NO_NEW_KEY, NO_HOST]).await;
}

#[tokio::test]
async fn retiring_with_the_move_leads_mail_to_a_server_that_is_off() {
    let hasty = |plan: &mut Plan| {
        let ttls = Ttls::all(DAY);
        let changes = diff(&before(&ttls), &after(&ttls));
        plan.phases = vec![Phase { stage: Stage::Retire, changes, gates: Vec::new() }];
    };
    check(hasty, false, &[OFF]).await;
}

#[tokio::test]
async fn who_looks_at_the_primary_only_forgets_the_slowest_server() {
    check(|_| (), true, &[NEW_SPF, OLD_SPF]).await;
}
