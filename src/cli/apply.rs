//! `cutover apply`: does what is due.

use super::args;
use super::drive::{code, drive};
use super::propose::{is_edited, is_under_way, proposal, propose};
use super::session::{Session, each};
use super::tally::Tally;
use super::{Failure, exit};
use crate::config::{Confirmed, ZoneSpec, scalar};
use crate::engine::Outcome;
use crate::journal::{FileJournal, Lease, parse_plan};
use crate::plan::Plan;
use crate::port::Journal as _;
use crate::report::{Proposal, text};
use crate::run::{Entry, Event, Next, Run, Timestamp};
use futures_util::future::join_all;
use std::path::Path;

/// A zone that nobody else drives.
enum Held<'a> {
    /// It has begun.
    Ready(Box<Ready<'a>>),
    /// A person must be asked.
    Proposed(Box<Proposal>, Lease),
}

/// A zone that is ready to be driven.
struct Ready<'a> {
    spec: &'a ZoneSpec,
    run: Run,
    journal: FileJournal,
    _lease: Lease,
}

/// A zone whose plan has been shown.
struct Shown<'a> {
    spec: &'a ZoneSpec,
    plan: Plan,
    lease: Lease,
}

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
    let held =
        each(targets, async |(spec, file)| (spec, hold(session, spec, file, mandate).await)).await;
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

/// Takes the zone, and goes on with its run, begins the plan of a file, or plans.
async fn hold<'a>(
    session: &Session<'_>,
    spec: &'a ZoneSpec,
    file: Option<Plan>,
    mandate: &Mandate,
) -> Result<Held<'a>, Failure> {
    let zone = &spec.intent.zone;
    let who = format!("process {}, {}", std::process::id(), mandate.who);
    let lease = session.store.lease(zone, &who)?;
    if let Some((run, journal)) = session.run(zone)?
        && (is_under_way(&run) || (run.is_through() && !is_settled(&run, session)))
    {
        if is_edited(&run, spec) && file.is_none() {
            let proposal = propose(session, spec, session.now(), mandate.accept_tail).await?;
            return Ok(Held::Proposed(Box::new(proposal), lease));
        }
        if file.is_some_and(|file| file.digest() != run.plan().digest()) {
            let message = "another plan than that of the file is under way";
            return Err(Failure::with(exit::DRIFT, message)
                .hint("`cutover apply` without the file goes on with it"));
        }
        let ready = Ready::new(session, spec, run, journal, lease)?;
        return Ok(Held::Ready(Box::new(ready)));
    }
    match file {
        Some(plan) if plan.intent != spec.digest => {
            let message = "the zone file was edited after this plan was made";
            Err(Failure::with(exit::DRIFT, message).hint("plan again"))
        }
        Some(plan) => {
            let plan = in_time(session, spec, plan)?;
            Ok(Held::Ready(Box::new(begin(session, Shown { spec, plan, lease })?)))
        }
        None => {
            let proposal = propose(session, spec, session.now(), mandate.accept_tail).await?;
            // What was approved and not yet begun is asked about again only if it has become
            // another plan.
            match session.run(zone)? {
                Some((run, journal)) if is_approved(&run, &proposal) => {
                    let ready = Ready::new(session, spec, run, journal, lease)?;
                    Ok(Held::Ready(Box::new(ready)))
                }
                _ => Ok(Held::Proposed(Box::new(proposal), lease)),
            }
        }
    }
}

fn is_approved(run: &Run, proposal: &Proposal) -> bool {
    !run.is_through() && proposal.is_feasible() && run.plan().digest() == proposal.plan.digest()
}

fn is_settled(run: &Run, session: &Session<'_>) -> bool {
    matches!(run.poll(session.now()), Next::Done)
}

/// Refuses the plan of a file that was made too long ago for its window.
fn in_time(session: &Session<'_>, spec: &ZoneSpec, plan: Plan) -> Result<Plan, Failure> {
    let proposal = proposal(spec, plan, &spec.policy, session.now(), Vec::new());
    if proposal.is_feasible() {
        return Ok(proposal.plan);
    }
    session.terminal.note(&text::findings(&proposal.findings));
    Err(Failure::with(exit::UNSAFE, "the plan has become too late").hint("plan again"))
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

/// Puts the plan into the zone's journal, with which it has begun.
fn begin<'a>(session: &Session<'_>, shown: Shown<'a>) -> Result<Ready<'a>, Failure> {
    let Shown { spec, plan, lease } = shown;
    let zone = &spec.intent.zone;
    let mut journal = session.store.create(zone)?;
    let entries = journal.news()?;
    let known = Run::replay(&entries).ok();
    let event = match known.as_ref().filter(|run| is_under_way(run)) {
        Some(_) => Event::Revised(Box::new(plan)),
        None => Event::Planned(Box::new(plan)),
    };
    let entry = Entry { at: session.now(), event };
    let run = match known {
        Some(mut run) => run.record(&entry).map(|()| run)?,
        None => Run::replay([&entry])?,
    };
    journal.append(&entry)?;
    session.terminal.note(&text::fact(zone, &entry, &session.when(spec)));
    Ready::new(session, spec, run, journal, lease)
}

impl<'a> Ready<'a> {
    /// A run to be driven, with what the zone file says is done.
    fn new(
        session: &Session<'_>,
        spec: &'a ZoneSpec,
        mut run: Run,
        mut journal: FileJournal,
        lease: Lease,
    ) -> Result<Self, Failure> {
        let known: Vec<_> = run.checkpoints().map(str::to_owned).collect();
        for Confirmed { id, by, note } in &spec.confirmed {
            if !known.contains(id) {
                let zone = text::plain(&spec.intent.zone);
                let known = known.join(", ");
                let warning = format!(
                    "warning: {zone}: `confirmed` names `{id}`, which is no \
                    checkpoint of its plan; there are: {known}"
                );
                session.terminal.note(&warning);
            } else if !run.is_confirmed(id) {
                let (checkpoint, by, note) = (id.clone(), by.clone(), note.clone());
                let event = Event::Confirmed { checkpoint, by, note };
                let entry = Entry { at: session.now(), event };
                journal.append(&entry)?;
                run.record(&entry)?;
                session.terminal.note(&text::fact(&spec.intent.zone, &entry, &session.when(spec)));
            }
        }
        Ok(Self { spec, run, journal, _lease: lease })
    }
}

/// Drives one zone; its failure is told at once, since the others may go on for days.
async fn go<'a>(
    session: &Session<'_>,
    ready: Ready<'a>,
    options: args::Drive,
) -> (&'a ZoneSpec, u8, Option<Timestamp>) {
    let Ready { spec, mut run, mut journal, _lease } = ready;
    match drive(session, spec, &mut run, &mut journal, options).await {
        Ok(Outcome::Waiting(until)) => (spec, exit::NOT_YET, Some(until)),
        Ok(outcome) => (spec, code(&outcome), None),
        Err(failure) => {
            session.terminal.note(&failure.to_string());
            (spec, failure.code, None)
        }
    }
}
