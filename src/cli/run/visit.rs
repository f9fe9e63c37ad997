//! One visit to a zone: take it, begin it if it has not begun, and do what is due.

use super::super::held::{Held, Ready, Shown, begin, hold};
use super::super::news::News;
use super::super::session::Session;
use super::super::{Failure, args, exit};
use crate::config::ZoneSpec;
use crate::dns::Name;
use crate::engine::{Outcome, Stop};
use crate::mail::Severity;
use crate::plan::Direction;
use crate::report::{Proposal, text};
use crate::run::{Next, Run, Timestamp};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How a visit ended.
pub(super) struct Visit {
    pub(super) zone: Name,
    pub(super) end: Result<End, Failure>,
    /// How much of the journal it has read or written.
    pub(super) known: u64,
}

/// Where it left the zone.
pub(super) struct End {
    pub(super) outcome: Outcome,
    /// What comes next, in words.
    pub(super) news: News,
}

/// What all visits share.
#[derive(Clone)]
pub(super) struct Means {
    pub(super) stop: Stop,
    /// How many zones are planned at once: each holds a live zone in memory.
    pub(super) planning: Arc<Semaphore>,
    pub(super) accept_tail: bool,
}

/// As far as it may go without waiting: nobody is asked, since the command is the approval.
const DRIVE: args::Drive = args::Drive { through: None, wait: false, once: true, yes: true };

/// Visits a zone.
pub(super) async fn visit(session: Arc<Session<'_>>, zone: Name, means: Means) -> Visit {
    let mut known = session.store.size(&zone);
    let end = go(&session, &zone, &means, &mut known).await;
    Visit { zone, end, known }
}

async fn go(
    session: &Session<'_>,
    zone: &Name,
    means: &Means,
    known: &mut u64,
) -> Result<End, Failure> {
    let spec = session.zone(zone)?;
    if let Some(end) = settled(session, spec)? {
        return Ok(end);
    }
    let ready = {
        // It fails only when closed, which nobody does.
        let _turn = means.planning.acquire().await;
        if means.stop.is_asked() {
            return Ok(End::of(zone, Outcome::Stopped, "not looked at"));
        }
        // Planning asks others, who may be slow, and has sent nothing.
        tokio::select! {
            ready = take(session, spec, means.accept_tail) => ready?,
            () = means.stop.asked() => {
                return Ok(End::of(zone, Outcome::Stopped, "not planned to the end"));
            }
        }
    };
    let Some(mut ready) = ready else {
        return Ok(End::of(zone, Outcome::Done, "nothing to do: the zone is as wanted"));
    };
    let outcome = ready.go(session, DRIVE, &means.stop).await;
    *known = ready.journal.known().max(*known);
    let outcome = outcome?;
    let news = match &outcome {
        // It would say to come back, and we do.
        Outcome::Waiting(_) => {
            let next = text::next(&ready.run.view(session.now()).next, &session.when(spec));
            News::ending(zone, &outcome, next)
        }
        Outcome::Asked(_) => asked(zone, &ready.run, &outcome),
        _ => in_one_line(ready.ending(session, &outcome)),
    };
    Ok(End { outcome, news })
}

/// A transition that has come to its end stays there until its file says something else; above
/// all, nobody who has turned back wants to see it begin again.
fn settled(session: &Session<'_>, spec: &ZoneSpec) -> Result<Option<End>, Failure> {
    let zone = &spec.intent.zone;
    let Some((run, _)) = session.run(zone)? else { return Ok(None) };
    if run.plan().intent != spec.digest || !matches!(run.poll(session.now()), Next::Done) {
        return Ok(None);
    }
    let text = match run.plan().direction {
        Direction::Forward => "done",
        Direction::Back(_) => "turned back; it begins again once its file is edited",
    };
    Ok(Some(End::of(zone, Outcome::Done, text)))
}

/// What people must do, in one line, and what to type then.
fn asked(zone: &Name, run: &Run, outcome: &Outcome) -> News {
    let steps = run.asked();
    let asks: Vec<_> = steps.iter().map(|one| format!("`{}`: {}", one.id, one.ask)).collect();
    let ids: Vec<_> = steps.iter().map(|one| one.id.as_str()).collect();
    let text = format!("waits for a person to confirm {}", asks.join("; "));
    let hint = format!("`cutover confirm {} {}`", text::plain(zone), ids.join(" "));
    let checkpoint = Some(ids.join(", "));
    News { checkpoint, hint: Some(hint), ..News::ending(zone, outcome, text) }
}

/// The first line is what is; the others say what to do.
fn in_one_line(news: News) -> News {
    match news.text.split_once('\n') {
        Some((text, hint)) => {
            let (text, hint) = (text.to_owned(), Some(hint.to_owned()));
            News { text, hint, ..news }
        }
        None => news,
    }
}

/// The zone, begun; `None` if there is nothing to begin.
async fn take<'a>(
    session: &Session<'_>,
    spec: &'a ZoneSpec,
    accept_tail: bool,
) -> Result<Option<Ready<'a>>, Failure> {
    match hold(session, spec, None, "`cutover run`", accept_tail).await? {
        Held::Ready(ready) => Ok(Some(*ready)),
        Held::Proposed(proposal, _) if !proposal.is_feasible() => Err(refused(&proposal)),
        Held::Proposed(proposal, _) if proposal.plan.phases.is_empty() => Ok(None),
        Held::Proposed(proposal, lease) => {
            begin(session, Shown { spec, plan: proposal.plan, lease }).map(Some)
        }
    }
}

/// A plan that would lose mail, or comes too late, and why.
fn refused(proposal: &Proposal) -> Failure {
    let errors = proposal.findings.iter().filter(|found| found.severity == Severity::Error);
    let errors: Vec<_> =
        errors.map(|found| format!("{} {}: {}", found.id, found.owner, found.message)).collect();
    Failure::with(exit::UNSAFE, format!("the plan is refused: {}", errors.join("; ")))
        .hint("`cutover plan` shows it whole")
}

impl End {
    fn of(zone: &Name, outcome: Outcome, text: &str) -> Self {
        Self { news: News::ending(zone, &outcome, text.to_owned()), outcome }
    }

    /// When the zone can go on by itself, if it can.
    pub(super) fn due(&self, now: Timestamp) -> Option<Timestamp> {
        match self.outcome {
            Outcome::Waiting(until) => Some(until),
            // Somebody slow is looked at all the time.
            Outcome::Unpublished(_) => Some(now),
            _ => None,
        }
    }
}
