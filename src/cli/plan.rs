//! `cutover plan`: the way from old to new.

use super::args;
use super::propose::{is_edited, is_under_way, propose};
use super::session::{Session, each};
use super::tally::Tally;
use super::{Failure, exit};
use crate::config::ZoneSpec;
use crate::journal::print_plan;
use crate::report::{Proposal, When, json, markdown, text};
use crate::run::Timestamp;
use std::path::Path;

/// Shows the plans of zones.
pub(super) async fn plan(session: &Session<'_>, args: &args::Plan) -> Result<u8, Failure> {
    let now = args.at.unwrap_or_else(|| session.now());
    let zones = session.zones(&args.zones)?;
    let asked = zones.len();
    let results =
        each(zones, async |spec| (spec, propose(session, spec, now, args.accept_tail).await)).await;
    let (mut proposals, mut tally) = (Vec::new(), Tally::default());
    for (spec, result) in results {
        let zone = &spec.intent.zone;
        match result {
            Ok(proposal) => {
                tally.add(zone, verdict(&proposal, args));
                proposals.push((spec, proposal));
            }
            Err(failure) => tally.fail(zone, failure, session.terminal),
        }
    }
    // A plan that is refused must not come back as a file that `apply` takes.
    let is_good = proposals.len() == asked && proposals.iter().all(|(_, one)| one.is_feasible());
    match &args.out {
        Some(path) if is_good => write(path, &proposals, now)?,
        Some(path) => session.terminal.note(&format!("`{}` was not written", path.display())),
        None => (),
    }
    if args.json {
        let documents = proposals.iter().map(|(_, proposal)| json::plan(proposal));
        // Whether it is a list goes by what was asked for, not by what could be answered.
        match asked {
            1 => documents.for_each(|one| session.terminal.print(&format!("{one:#}\n"))),
            _ => session.terminal.print(&json::list(documents).map_err(unprintable)?),
        }
    } else {
        let mut comment = Vec::new();
        for (spec, proposal) in &proposals {
            let when = When { now, zone: spec.time_zone };
            // What was foretold when it was approved is by now partly done.
            let known = session.run(&spec.intent.zone)?;
            let known = known.filter(|(run, _)| is_under_way(run) && !is_edited(run, spec));
            match (known, args.markdown) {
                (Some((run, _)), true) => comment.push(markdown::standing(&run.view(now), &when)),
                (None, true) => comment.push(markdown::plan(proposal, &when)),
                (Some((run, _)), false) => {
                    session.terminal.print(&text::status(&run.view(now), &when));
                }
                (None, false) => session.terminal.print(&text::plan(proposal, &when)),
            }
        }
        session.terminal.print(&markdown::document(comment));
    }
    Ok(tally.code())
}

/// The exit code of one zone's plan.
fn verdict(proposal: &Proposal, args: &args::Plan) -> u8 {
    match (proposal.is_feasible(), proposal.plan.phases.is_empty()) {
        (false, _) => exit::UNSAFE,
        (true, false) if args.detailed_exitcode => exit::PENDING,
        (true, _) => exit::DONE,
    }
}

fn unprintable(error: serde_json::Error) -> Failure {
    Failure::error(format!("cannot print: {error}"))
}

fn write(path: &Path, proposals: &[(&ZoneSpec, Proposal)], now: Timestamp) -> Result<(), Failure> {
    let [(_, proposal)] = proposals else {
        return Err(Failure::with(exit::USAGE, "a plan file holds one zone; name it"));
    };
    let line = print_plan(&proposal.plan, now).map_err(|e| Failure::error(e.to_string()))?;
    std::fs::write(path, line + "\n")
        .map_err(|error| Failure::error(format!("cannot write `{}`: {error}", path.display())))
}
