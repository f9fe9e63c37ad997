//! A zone that nobody else drives: taken, begun, and driven.

use super::drive::{drive, ending};
use super::news::News;
use super::propose::{is_edited, is_under_way, proposal, propose};
use super::session::Session;
use super::{Failure, args, exit};
use crate::config::{Confirmed, ZoneSpec};
use crate::engine::{Outcome, Stop};
use crate::journal::{FileJournal, Lease};
use crate::plan::Plan;
use crate::port::Journal as _;
use crate::report::{Proposal, text};
use crate::run::{Entry, Event, Next, Run};

/// A zone that nobody else drives.
pub(super) enum Held<'a> {
    /// It has begun.
    Ready(Box<Ready<'a>>),
    /// Somebody must approve this.
    Proposed(Box<Proposal>, Lease),
}

/// A zone that is ready to be driven.
pub(super) struct Ready<'a> {
    pub(super) spec: &'a ZoneSpec,
    pub(super) run: Run,
    pub(super) journal: FileJournal,
    _lease: Lease,
}

/// A zone whose plan has been approved, or waits to be.
pub(super) struct Shown<'a> {
    pub(super) spec: &'a ZoneSpec,
    pub(super) plan: Plan,
    pub(super) lease: Lease,
}

/// Takes the zone, and goes on with its run, begins the plan of a file, or plans.
pub(super) async fn hold<'a>(
    session: &Session<'_>,
    spec: &'a ZoneSpec,
    file: Option<Plan>,
    who: &str,
    accept_tail: bool,
) -> Result<Held<'a>, Failure> {
    let zone = &spec.intent.zone;
    let who = format!("process {}, {who}", std::process::id());
    let lease = session.store.lease(zone, &who)?;
    if let Some((run, journal)) = session.run(zone)?
        && (is_under_way(&run) || (run.is_through() && !is_settled(&run, session)))
    {
        if is_edited(&run, spec) && file.is_none() {
            let proposal = propose(session, spec, session.now(), accept_tail).await?;
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
            let proposal = propose(session, spec, session.now(), accept_tail).await?;
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

/// Puts the plan into the zone's journal, with which it has begun.
pub(super) fn begin<'a>(session: &Session<'_>, shown: Shown<'a>) -> Result<Ready<'a>, Failure> {
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
    session.terminal.tell(&News::fact(zone, &entry, &session.when(spec)));
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
                    "{zone}: `confirmed` names `{id}`, which is no \
                    checkpoint of its plan; there are: {known}"
                );
                session.warn(&warning);
            } else if !run.is_confirmed(id) {
                let (checkpoint, by, note) = (id.clone(), by.clone(), note.clone());
                let event = Event::Confirmed { checkpoint, by, note };
                let entry = Entry { at: session.now(), event };
                journal.append(&entry)?;
                run.record(&entry)?;
                let news = News::fact(&spec.intent.zone, &entry, &session.when(spec));
                session.terminal.tell(&news);
            }
        }
        Ok(Self { spec, run, journal, _lease: lease })
    }

    /// Drives it as far as it may go.
    pub(super) async fn go(
        &mut self,
        session: &Session<'_>,
        options: args::Drive,
        stop: &Stop,
    ) -> Result<Outcome, Failure> {
        drive(session, self.spec, &mut self.run, &mut self.journal, options, stop).await
    }

    /// Where the drive ended, and what to type next.
    pub(super) fn ending(&self, session: &Session<'_>, outcome: &Outcome) -> News {
        let text = ending(session, self.spec, &self.run, outcome);
        News::ending(&self.spec.intent.zone, outcome, text)
    }
}
