//! Whether to stay or to turn back: by what, until when, how, and at which price.

use super::opening::list;
use super::script::commands;
use super::{Part, at, known};
use crate::plan::Stage;
use crate::report::paper::{Paper, code};
use crate::report::{Dossier, span};

pub(super) fn decision(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let times = &dossier.proposal.schedule.milestones;
    let zone = dossier.zone();
    paper.text(format!(
        "**Last moment to turn back so that it ends within the window: {}.** {} decides; whoever \
         is not heard by then is taken for a yes to turning back.",
        at(dossier, times.last_rollback),
        known(dossier.runbook().decision.as_deref(), "decision maker")
    ));
    let before = dossier.phases().find(|(phase, _)| phase.stage.is_middle());
    let before = before.map(|(phase, _)| phase.stage.name()).unwrap_or_default();
    part.below(paper, "Go, at the opening");
    paper.text(list(
        "",
        [
            format!("[ ] {} shows no error", code(&format!("cutover check {zone} --live"))),
            format!(
                "[ ] {} waits for nothing but the time of `{before}`",
                code(&format!("cutover status {zone}"))
            ),
            "[ ] all that prepares (P) is confirmed, with its evidence".to_owned(),
            "[ ] the new platform takes a test message on every MX host".to_owned(),
            "[ ] decision maker, DNS, old and new system are present; the channel works".to_owned(),
            "[ ] the old server's outgoing queue is short".to_owned(),
        ]
        .into_iter(),
    ));
    part.below(paper, "Stay, before the last moment");
    paper.text(list(
        "",
        [
            "[ ] tests of the part below have passed, or what failed is harmless and written down"
                .to_owned(),
            "[ ] nothing bounces at old or new".to_owned(),
            "[ ] numbers of messages on both sides agree".to_owned(),
            "[ ] what is left fits before the window closes".to_owned(),
        ]
        .into_iter(),
    ));
    paper.text(
        "Turn back at once if mail is refused for good (5xx) that should be taken, if mail is \
         lost or loops, or if the new platform is not reachable and nobody knows for how long. A \
         delay alone is no reason: senders try again for days.",
    );
    part.below(paper, "What turning back takes");
    prices(paper, dossier);
    part.below(paper, "Script of the way back");
    let back = format!("cutover rollback {zone}");
    let mut lines = vec![
        (back.clone(), "names and MX, in reverse order"),
        (format!("cutover watch {zone}"), "until no cache has the new any more"),
    ];
    if dossier.phase(Stage::Prepare).is_some() {
        lines.push((format!("{back} --to start"), "days later: what was added, too"));
    }
    commands(paper, &lines);
    let has = |id: &str| dossier.has(id);
    let by_hand = [
        (has("forwards-set"), "take the forwards to the new platform out, or mail loops"),
        (has("mailboxes-locked"), "release mailboxes that are held"),
        (has("old-access-off"), "start IMAP, POP, web and submission on the old server again"),
        (
            true,
            "copy or forward back what has arrived at the new platform; it goes on accepting \
            mail until no cache leads to it",
        ),
        (true, "send notice N7"),
        (has("sts-policy-both"), "leave the MTA-STS policy with both MX in place"),
    ];
    let by_hand = by_hand.into_iter().filter(|(is, _)| *is);
    paper.text(list("By hand, in this order:", by_hand.map(|(_, what)| format!("[ ] {what}"))));
}

/// The price at each state, if one turns back just then.
fn prices(paper: &mut Paper, dossier: &Dossier<'_>) {
    let mut undone = Vec::new();
    let mut rows = Vec::new();
    for (phase, times) in dossier.phases() {
        let stage = phase.stage;
        if stage.is_final() {
            rows.push(vec![
                code(stage.name()),
                "no way back".to_owned(),
                "a transition of its own, from backups".to_owned(),
            ]);
            continue;
        }
        if stage != Stage::Prepare {
            undone.push(times.rollback_cost);
        }
        let cost = undone.iter().max().copied().unwrap_or_default();
        let what = match stage {
            Stage::Prepare => "nothing that anybody notices",
            Stage::Submission => "mail sent by the new platform stays sent",
            Stage::Delivery => "what has arrived at the new platform is brought back",
            Stage::Retrieval => "and what users changed there, or it is lost",
            _ => "all of that since the move, and higher TTLs: it takes longer",
        };
        let time = if cost.is_zero() { "at once".to_owned() } else { span(cost) };
        rows.push(vec![code(stage.name()), time, what.to_owned()]);
    }
    paper.table(&["after stage", "until caches lead back", "besides"], rows);
}
