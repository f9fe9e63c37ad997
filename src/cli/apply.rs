//! `cutover apply`: does what is due.

use super::args;
use super::drive::code;
use super::held::{Held, Ready, Shown, begin, hold};
use super::session::{Session, each};
use super::tally::Tally;
use super::{Failure, exit};
use crate::config::{ZoneSpec, scalar};
use crate::engine::{Outcome, Stop};
use crate::journal::parse_plan;
use crate::plan::Plan;
use crate::report::{Proposal, text};
use crate::run::Timestamp;
use futures_util::future::join_all;
use std::path::Path;

/// What may be done with zones, and by whom.
pub(super) struct Mandate {
    pub(super) accept_tail: bool,
    pub(super) drive: args::Drive,
    /// Who is told to hold the zones.
    pub(super) who: String,
}

/// Does what the command line asks for.
pub(super) async fn apply(session: &Session<'_>, args: &args::Apply) -> Result<u8, Failure> {
    let who = "`cutover apply`".to_owned();
    let mandate = Mandate { accept_tail: args.accept_tail, drive: args.drive, who };
    carry_out(session, targets(session, &args.what)?, &mandate).await
}

/// Plans where there is no plan yet, asks once for all, and drives.
pub(super) async fn carry_out(
    session: &Session<'_>,
    targets: Vec<(&ZoneSpec, Option<Plan>)>,
    mandate: &Mandate,
) -> Result<u8, Failure> {
    let held = each(targets, async |(spec, file)| {
        (spec, hold(session, spec, file, &mandate.who, mandate.accept_tail).await)
    });
    let held = held.await;
    let (mut tally, mut ready, mut shown) = (Tally::default(), Vec::new(), Vec::new());
    for (spec, held) in held {
        match held {
            Ok(Held::Ready(one)) => ready.push(*one),
            Ok(Held::Proposed(proposal, lease)) => match show(session, spec, *proposal) {
                Ok(Some(plan)) => shown.push(Shown { spec, plan, lease }),
                Ok(None) => tally.add(&spec.intent.zone, exit::DONE),
                Err(failure) => tally.fail(&spec.intent.zone, failure, session.terminal),
            },
            Err(failure) => tally.fail(&spec.intent.zone, failure, session.terminal),
        }
    }
    ready.extend(approve(session, shown, mandate.drive, &mut tally)?);
    // All at once, since a drive is mostly waiting: accounts and name servers are asked with
    // bounds of their own.
    for (spec, code, next) in
        join_all(ready.into_iter().map(|one| go(session, one, mandate.drive))).await
    {
        tally.add(&spec.intent.zone, code);
        next.into_iter().for_each(|at| tally.goes_on(at));
    }
    if let Some(summary) = tally.summary() {
        session.terminal.note(&summary);
    }
    Ok(tally.code())
}

/// The zones that the arguments mean; with a plan file, its zone and its plan.
fn targets<'a>(
    session: &'a Session<'_>,
    what: &[String],
) -> Result<Vec<(&'a ZoneSpec, Option<Plan>)>, Failure> {
    if let [path] = what
        && Path::new(path).is_file()
    {
        let content = std::fs::read_to_string(path)?;
        let plan = parse_plan(&content)
            .map_err(|problem| Failure::error(format!("`{path}` is no plan file: {problem}")))?;
        let spec = session.zone(&plan.zone)?;
        return Ok(vec![(spec, Some(plan))]);
    }
    let names = what.iter().map(|text| {
        scalar::domain(text).map_err(|error| Failure::with(exit::USAGE, error.to_string()))
    });
    let names = names.collect::<Result<Vec<_>, _>>()?;
    Ok(session.zones(&names)?.into_iter().map(|spec| (spec, None)).collect())
}

/// Shows a plan; `None` when the zone is as wanted.
fn show(
    session: &Session<'_>,
    spec: &ZoneSpec,
    proposal: Proposal,
) -> Result<Option<Plan>, Failure> {
    session.terminal.print(&text::plan(&proposal, &session.when(spec)));
    if !proposal.is_feasible() {
        return Err(Failure::with(exit::UNSAFE, "the plan is refused; see the errors above"));
    }
    Ok(Some(proposal.plan).filter(|plan| !plan.phases.is_empty()))
}

/// Asks once for all that was shown, and begins it.
fn approve<'a>(
    session: &Session<'_>,
    shown: Vec<Shown<'a>>,
    drive: args::Drive,
    tally: &mut Tally,
) -> Result<Vec<Ready<'a>>, Failure> {
    let question = match shown.len() {
        0 => return Ok(Vec::new()),
        1 => "Begin this transition?".to_owned(),
        many => format!("Begin these {many} transitions?"),
    };
    match consent(session, drive, &question) {
        Ok(()) => (),
        // With nobody to ask, what has begun long ago must not stand still.
        Err(failure) if failure.code == exit::USAGE => {
            session.terminal.note(&failure.to_string());
            shown.iter().for_each(|one| tally.add(&one.spec.intent.zone, failure.code));
            return Ok(Vec::new());
        }
        Err(refusal) => return Err(refusal),
    }
    let mut begun = Vec::new();
    for one in shown {
        let spec = one.spec;
        match begin(session, one) {
            Ok(ready) => begun.push(ready),
            Err(failure) => tally.fail(&spec.intent.zone, failure, session.terminal),
        }
    }
    Ok(begun)
}

/// Asks whether to go on, unless told not to ask.
pub(super) fn consent(
    session: &Session<'_>,
    drive: args::Drive,
    question: &str,
) -> Result<(), Failure> {
    match drive.yes
        || session.terminal.ask(question).ok_or_else(|| {
            Failure::with(exit::USAGE, "there is no terminal to ask on")
                .hint("read the plan, then run the same command with `--yes`")
        })? {
        true => Ok(()),
        false => Err(Failure::error("not confirmed; nothing was changed")),
    }
}

/// Drives one zone; its failure is told at once, since the others may go on for days.
async fn go<'a>(
    session: &Session<'_>,
    mut ready: Ready<'a>,
    options: args::Drive,
) -> (&'a ZoneSpec, u8, Option<Timestamp>) {
    let spec = ready.spec;
    match ready.go(session, options, &Stop::default()).await {
        Ok(outcome) => {
            session.terminal.tell(&ready.ending(session, &outcome));
            let until = match outcome {
                Outcome::Waiting(until) => Some(until),
                _ => None,
            };
            (spec, code(&outcome), until)
        }
        Err(failure) => {
            let code = failure.code;
            session.terminal.fail(Some(&spec.intent.zone), failure);
            (spec, code, None)
        }
    }
}
