//! `cutover watch`: who answers with what, until all have the new.

use super::resolvers::watched;
use super::session::Session;
use super::{Failure, args, exit};
use crate::config::ZoneSpec;
use crate::port::{Clock as _, LookupError, Recursor, Server};
use crate::report::{json, text};
use crate::watch::{Matrix, Watch};

/// Looks until everything is settled, or the time is up.
pub(super) async fn watch(session: &Session<'_>, args: &args::Watch) -> Result<u8, Failure> {
    let resolvers = watched(&session.project.resolvers)?;
    let resolvers = in_the_clear(session, resolvers);
    let begun = session.now();
    let mut last = String::new();
    loop {
        let mut settled = true;
        let mut shown = String::new();
        for spec in session.zones(&args.zones)? {
            let zone = text::plain(&spec.intent.zone);
            let matrix = match look(session, spec, &resolvers).await? {
                None => {
                    shown += &format!("{zone}: not begun; nothing to watch\n");
                    continue;
                }
                // A name server that stumbles tonight must not end the watch.
                Some(Err(problem)) => {
                    session.terminal.note(&format!("{zone}: {problem}"));
                    settled = false;
                    continue;
                }
                Some(Ok(matrix)) => matrix,
            };
            settled &= matrix.is_settled();
            shown += &match args.json {
                true => format!("{}\n", json::matrix(&matrix)),
                false => text::matrix(&matrix, &spec.intent.zone, &session.when(spec)),
            };
        }
        show(session, args, &shown, &mut last);
        if settled {
            return Ok(exit::DONE);
        }
        if args.timeout.is_some_and(|timeout| session.now() >= begun + timeout) {
            return Err(Failure::with(exit::TIMED_OUT, "not everybody has the new in time"));
        }
        session.clock.sleep_until(session.now() + args.interval).await;
    }
}

/// One look at a zone; `None` before its transition has begun.
async fn look(
    session: &Session<'_>,
    spec: &ZoneSpec,
    resolvers: &[Server],
) -> Result<Option<Result<Matrix, LookupError>>, Failure> {
    let zone = &spec.intent.zone;
    let Some((run, _)) = session.run(zone)? else {
        return Ok(None);
    };
    let watch = Watch {
        lookup: &*session.lookup(spec)?,
        poller: &session.poller,
        resolvers,
        clock: &*session.clock,
    };
    Ok(Some(watch.look(zone, &run.targets()).await))
}

/// On a terminal a look takes the place of the one before; elsewhere each that differs is kept.
fn show(session: &Session<'_>, args: &args::Watch, shown: &str, last: &mut String) {
    if session.terminal.is_watched() && !args.json {
        let lines = last.lines().count();
        let up = if lines > 0 { format!("\x1b[{lines}A\x1b[J") } else { String::new() };
        session.terminal.print(&format!("{up}{shown}"));
    } else if *last != shown {
        session.terminal.print(shown);
    }
    shown.clone_into(last);
}

/// Those that can be asked so far; of the others, those that a person has listed are told.
fn in_the_clear(session: &Session<'_>, resolvers: Vec<Recursor>) -> Vec<Server> {
    let server = |one: Recursor| match one.way.plain() {
        Some(address) => Some(Server { name: one.name, address }),
        None if one.operator.is_some() => None,
        None => {
            session.terminal.note(&format!("{one} is not asked: only addresses are, so far"));
            None
        }
    };
    resolvers.into_iter().filter_map(server).collect()
}
