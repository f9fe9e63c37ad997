//! `cutover runbook`, `cutover notices` and `cutover calendar`: the plan on paper.

use super::args;
use super::propose::{is_under_way, propose};
use super::session::{Session, each};
use super::tally::Tally;
use super::{Failure, exit};
use crate::config::ZoneSpec;
use crate::plan::{Direction, Policy, Timestamp};
use crate::report::notices::{Form, Notice, notices};
use crate::report::{Dossier, When, calendar, runbook, text};
use std::fs;
use std::path::Path;

/// Writes the execution plan.
pub(super) async fn runbook(session: &Session<'_>, args: &args::Runbook) -> Result<u8, Failure> {
    let (dossiers, code) = dossiers(session, &args.what).await?;
    if dossiers.is_empty() {
        return Ok(code);
    }
    let paper = runbook::runbook(&dossiers);
    let text = if args.html { paper.html() } else { paper.markdown() };
    hand_out(session, args.out.as_deref(), &text)?;
    Ok(code)
}

/// Writes the letters to users and others.
pub(super) async fn notices_of(session: &Session<'_>, args: &args::Notices) -> Result<u8, Failure> {
    let (dossiers, code) = dossiers(session, &args.what).await?;
    let form = match args.format {
        args::LetterFormat::Text => Form::Text,
        args::LetterFormat::Markdown => Form::Markdown,
    };
    let mut printed = Vec::new();
    for dossier in &dossiers {
        let wanted = |letter: &Notice| {
            args.only.as_ref().is_none_or(|only| only.eq_ignore_ascii_case(letter.id))
        };
        for letter in notices(dossier).into_iter().filter(wanted) {
            let text = letter.print(form, &dossier.when);
            match &args.out {
                Some(folder) => file(session, folder, dossier, &letter, form, &text)?,
                None => printed.push(text),
            }
        }
    }
    // Letters are told apart as in a mailbox file: by a line that none of them has.
    session.terminal.print(&printed.join("\n----\n\n"));
    Ok(code)
}

/// Writes deadlines, stages and letters for calendars.
pub(super) async fn calendar(session: &Session<'_>, args: &args::Calendar) -> Result<u8, Failure> {
    let (dossiers, code) = dossiers(session, &args.what).await?;
    if !dossiers.is_empty() {
        hand_out(session, args.out.as_deref(), &calendar::calendar(&dossiers))?;
    }
    Ok(code)
}

/// All that is known of each zone, and the exit code so far.
async fn dossiers<'s>(
    session: &'s Session<'_>,
    args: &args::Papers,
) -> Result<(Vec<Dossier<'s>>, u8), Failure> {
    let now = args.at.unwrap_or_else(|| session.now());
    let zones = session.zones(&args.zones)?;
    let all = each(zones, async |spec| (spec, dossier(session, spec, now, args.accept_tail).await));
    let (mut dossiers, mut tally) = (Vec::new(), Tally::default());
    for (spec, result) in all.await {
        let zone = &spec.intent.zone;
        match result {
            Ok(dossier) => {
                let is_feasible = dossier.proposal.is_feasible();
                if !is_feasible {
                    session.terminal.note(&text::findings(&dossier.proposal.findings));
                }
                tally.add(zone, if is_feasible { exit::DONE } else { exit::UNSAFE });
                dossiers.push(dossier);
            }
            Err(failure) => tally.fail(zone, failure, session.terminal),
        }
    }
    Ok((dossiers, tally.code()))
}

async fn dossier<'s>(
    session: &Session<'_>,
    spec: &'s ZoneSpec,
    now: Timestamp,
    accept_tail: bool,
) -> Result<Dossier<'s>, Failure> {
    let proposal = propose(session, spec, now, accept_tail).await?;
    if proposal.plan.direction != Direction::Forward {
        let message = "is on its way back; papers are written of the way forward";
        return Err(Failure::with(exit::NOT_YET, message)
            .hint("`cutover status` shows how far it is; then plan again"));
    }
    let live = session.world(spec).await?.zone(&spec.intent.zone).await?;
    let start = match session.run(&spec.intent.zone)? {
        Some((run, _)) if is_under_way(&run) => run.plan().start(run.done(), &live),
        _ => live,
    };
    let policy = Policy { accept_tail, ..spec.policy.clone() };
    let when = When { now, zone: spec.time_zone };
    Ok(Dossier { spec, proposal, policy, start, when })
}

/// Writes one letter into a file of its own.
fn file(
    session: &Session<'_>,
    folder: &Path,
    dossier: &Dossier<'_>,
    letter: &Notice,
    form: Form,
    text: &str,
) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
    let ending = if form == Form::Text { "txt" } else { "md" };
    let name =
        format!("{}-{}-{}.{ending}", dossier.zone(), letter.id, letter.name.replace(' ', "-"));
    hand_out(session, Some(&folder.join(name)), text)
}

/// Into a file, or to standard output.
fn hand_out(session: &Session<'_>, out: Option<&Path>, text: &str) -> Result<(), Failure> {
    match out {
        Some(path) => {
            fs::write(path, text).map_err(|error| unwritten(path, &error))?;
            session.terminal.note(&format!("wrote `{}`", path.display()));
        }
        None => session.terminal.print(text),
    }
    Ok(())
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::error(format!("cannot write `{}`: {error}", path.display()))
}
