//! `cutover apply`: does what is due.

use super::args;
use super::drive::drive;
use super::plan::{is_under_way, proposal, propose, same_intent};
use super::session::Session;
use super::{Failure, exit};
use crate::config::{ZoneSpec, scalar};
use crate::journal::{FileJournal, parse_plan};
use crate::plan::Plan;
use crate::port::Journal as _;
use crate::report::text;
use crate::run::{Entry, Event, Next, Run};
use futures_util::{StreamExt as _, stream};
use std::path::Path;

/// How many zones are driven at once: their waits overlap, their questions share name servers.
const AT_ONCE: usize = 16;

/// A zone that is ready to be driven.
struct Ready<'a> {
    spec: &'a ZoneSpec,
    run: Run,
    journal: FileJournal,
    _lease: crate::journal::Lease,
}

/// Plans where there is no plan yet, asks, and drives.
pub(super) async fn apply(session: &Session<'_>, args: &args::Apply) -> Result<u8, Failure> {
    let (mut ready, mut failed) = (Vec::new(), 0);
    let mut code = exit::DONE;
    for (spec, plan) in targets(session, &args.what)? {
        match begin(session, spec, plan, args).await {
            Ok(Some(one)) => ready.push(one),
            Ok(None) => (),
            Err(failure) => {
                code = combine(code, tell(session, failure.of(&spec.intent.zone)));
                failed += 1;
            }
        }
    }
    let results: Vec<_> = stream::iter(ready)
        .map(|one| go(session, one, args.drive))
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let all = failed + results.len();
    failed += results.iter().filter(|result| result.is_err()).count();
    for result in results {
        code = combine(code, result.unwrap_or_else(|failure| tell(session, failure)));
    }
    Ok(if 0 < failed && failed < all { exit::PARTLY } else { code })
}

fn tell(session: &Session<'_>, failure: Failure) -> u8 {
    session.terminal.note(&failure.to_string());
    failure.code
}

/// The graver of two exit codes: errors before refusals before waits.
fn combine(a: u8, b: u8) -> u8 {
    const GRAVITY: [u8; 6] =
        [exit::ERROR, exit::DRIFT, exit::UNSAFE, exit::PARTLY, exit::NOT_YET, exit::DONE];
    let rank = |code| GRAVITY.iter().position(|known| *known == code).unwrap_or_default();
    if rank(a) <= rank(b) { a } else { b }
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

/// Takes the zone, goes on with its run or plans a new one; `None` when there is nothing to do.
async fn begin<'a>(
    session: &Session<'_>,
    spec: &'a ZoneSpec,
    file: Option<Plan>,
    args: &args::Apply,
) -> Result<Option<Ready<'a>>, Failure> {
    let zone = &spec.intent.zone;
    let who = format!("process {}, `cutover apply`", std::process::id());
    let lease = session.store.lease(zone, &who)?;
    if let Some((run, journal)) = session.run(zone)?
        && (is_under_way(&run) || (run.is_through() && !is_settled(&run, session)))
    {
        same_intent(&run, spec)?;
        if file.is_some_and(|file| file.digest() != run.plan().digest()) {
            let message = "another plan than that of the file is under way";
            return Err(Failure::with(exit::DRIFT, message)
                .hint("`cutover apply` without the file goes on with it"));
        }
        return Ok(Some(Ready { spec, run, journal, _lease: lease }));
    }
    let plan = match file {
        Some(plan) if plan.intent != spec.digest => {
            let message = "the zone file was edited after this plan was made";
            return Err(Failure::with(exit::DRIFT, message).hint("plan again"));
        }
        Some(plan) => in_time(session, spec, plan)?,
        None => match approve(session, spec, args).await? {
            Some(plan) => plan,
            None => return Ok(None),
        },
    };
    let mut journal = session.store.create(zone)?;
    let entries = journal.news()?;
    let entry = Entry { at: session.now(), event: Event::Planned(Box::new(plan)) };
    let run = match Run::replay(&entries) {
        Ok(mut run) => run.record(&entry).map(|()| run)?,
        Err(_) => Run::replay([&entry])?,
    };
    journal.append(&entry)?;
    session.terminal.note(&text::fact(zone, &entry, &session.when(spec)));
    Ok(Some(Ready { spec, run, journal, _lease: lease }))
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

/// Plans, shows and asks; `None` when the zone is as wanted.
async fn approve(
    session: &Session<'_>,
    spec: &ZoneSpec,
    args: &args::Apply,
) -> Result<Option<Plan>, Failure> {
    let proposal = propose(session, spec, session.now(), args.accept_tail).await?;
    session.terminal.print(&text::plan(&proposal, &session.when(spec)));
    if !proposal.is_feasible() {
        return Err(Failure::with(exit::UNSAFE, "the plan is refused; see the errors above"));
    }
    if proposal.plan.phases.is_empty() {
        return Ok(None);
    }
    consent(session, args.drive, "Begin this transition?")?;
    Ok(Some(proposal.plan))
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

async fn go(session: &Session<'_>, ready: Ready<'_>, options: args::Drive) -> Result<u8, Failure> {
    let Ready { spec, mut run, mut journal, _lease } = ready;
    drive(session, spec, &mut run, &mut journal, options).await
}
