//! `cutover rollback`: walks back.

use super::apply::consent;
use super::args;
use super::drive::{code, drive, ending};
use super::news::News;
use super::propose::proposal;
use super::session::Session;
use super::{Failure, exit};
use crate::engine::Stop;
use crate::plan::{Direction, Stage};
use crate::port::Journal as _;
use crate::report::text;
use crate::run::{Entry, Event};

/// Plans the way back, shows it, asks, and drives it.
pub(super) async fn rollback(session: &Session<'_>, args: &args::Rollback) -> Result<u8, Failure> {
    let to = match args.to.as_str() {
        "start" => None,
        name => Some(Stage::parse(name).filter(|stage| !stage.is_final()).ok_or_else(|| {
            Failure::with(exit::USAGE, format!("there is no way back to `{name}`"))
                .hint("write a stage up to `restore-ttl`, or `start`")
        })?),
    };
    let spec = session.zone(&args.zone)?;
    let zone = &spec.intent.zone;
    let who = format!("process {}, `cutover rollback`", std::process::id());
    let _lease = session.store.lease(zone, &who)?;
    let Some((mut run, mut journal)) = session.run(zone)? else {
        return Err(Failure::error(format!("`{zone}` has no transition to turn back")));
    };
    if run.plan().direction != Direction::Forward && !run.is_through() {
        return Err(Failure::error(format!("`{zone}` is turning back already"))
            .hint("`cutover apply` goes on with it"));
    }
    if run.plan().direction == Direction::Forward {
        let back = run.plan().back(run.applied(), to)?;
        if run.applied() == 0 {
            session.terminal.note(&format!("`{zone}` has nothing to turn back from"));
            return Ok(exit::DONE);
        }
        if back.phases.is_empty() && run.applied() > run.published() {
            let message = format!("`{zone}` is not yet as planned on every name server");
            return Err(Failure::with(exit::NOT_YET, message)
                .hint("`cutover apply` waits until it is; then the plan can be given up"));
        }
        if back.phases.is_empty() {
            let stays = "what was done harms nobody and stays; the plan itself is given up";
            session.terminal.print(&format!("{}: {stays}\n", text::plain(zone)));
        } else {
            let proposal = proposal(spec, back.clone(), &spec.policy, session.now(), Vec::new());
            session.terminal.print(&text::plan(&proposal, &session.when(spec)));
        }
        consent(session, args.drive, "Turn back?")?;
        let entry = Entry { at: session.now(), event: Event::Planned(Box::new(back)) };
        run.record(&entry)?;
        journal.append(&entry)?;
        // What was appended by us is known; what others appended comes with the drive.
    }
    let stop = Stop::default();
    let outcome = drive(session, spec, &mut run, &mut journal, args.drive, &stop).await;
    let outcome = outcome.map_err(|failure| failure.of(zone))?;
    session.terminal.tell(&News::ending(zone, &outcome, ending(session, spec, &run, &outcome)));
    Ok(code(&outcome))
}
