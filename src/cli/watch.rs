//! `cutover watch`: who answers with what, until all have the new.

use super::session::Session;
use super::{Failure, args, exit};
use crate::config::ZoneSpec;
use crate::port::{Clock as _, LookupError, Server};
use crate::report::{json, text};
use crate::run::View;
use crate::watch::{Matrix, Memory, Watch};
use futures_util::future::join_all;
use std::net::{IpAddr, SocketAddr};

/// Public resolvers with habits of their own: each caps TTLs otherwise, some serve stale answers.
const PUBLIC: [(&str, [u8; 4]); 4] = [
    ("google", [8, 8, 8, 8]),
    ("cloudflare", [1, 1, 1, 1]),
    ("quad9", [9, 9, 9, 9]),
    ("opendns", [208, 67, 222, 222]),
];

/// Looks until everything is settled, or the time is up.
pub(super) async fn watch(session: &Session<'_>, args: &args::Watch) -> Result<u8, Failure> {
    let resolvers = session.project.resolvers.clone().unwrap_or_else(public);
    let begun = session.now();
    let zones = session.zones(&args.zones)?;
    let mut memories: Vec<_> = zones.iter().map(|_| Memory::default()).collect();
    let mut last = String::new();
    loop {
        let looks = zones.iter().zip(&mut memories).map(|(spec, memory)| {
            look(session, spec, memory, Asking { resolvers: &resolvers, samples: args.samples })
        });
        let mut settled = true;
        let mut shown = String::new();
        for (spec, look) in zones.iter().zip(join_all(looks).await) {
            let zone = text::plain(&spec.intent.zone);
            match look? {
                None => shown += &format!("{zone}: not begun; nothing to watch\n"),
                // A name server that stumbles tonight must not end the watch.
                Some(Err(problem)) => {
                    session.terminal.note(&format!("{zone}: {problem}"));
                    settled = false;
                }
                Some(Ok((view, matrix))) => {
                    settled &= matrix.is_settled();
                    let when = session.when(spec);
                    shown += &match args.json {
                        true => format!("{}\n", json::matrix(&matrix)),
                        false => text::heading(&view, &when) + &text::matrix(&matrix, &when),
                    };
                }
            }
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

/// Whom to ask beside name servers, and how often.
#[derive(Clone, Copy)]
struct Asking<'a> {
    resolvers: &'a [Server],
    samples: usize,
}

/// A run and its matrix, unless nobody could be asked.
type Look = Result<(View, Matrix), LookupError>;

/// One look at a zone; `None` before its transition has begun.
async fn look(
    session: &Session<'_>,
    spec: &ZoneSpec,
    memory: &mut Memory,
    Asking { resolvers, samples }: Asking<'_>,
) -> Result<Option<Look>, Failure> {
    let zone = &spec.intent.zone;
    let Some((run, _)) = session.run(zone)? else {
        return Ok(None);
    };
    let watch = Watch {
        lookup: &*session.lookup(spec)?,
        poller: &session.poller,
        resolvers,
        clock: &*session.clock,
        samples,
    };
    let matrix = watch.look(memory, zone, &run.targets()).await;
    Ok(Some(matrix.map(|matrix| (run.view(matrix.at), matrix))))
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

fn public() -> Vec<Server> {
    let server = |(name, address): (&str, [u8; 4])| Server {
        name: name.to_owned(),
        address: SocketAddr::new(IpAddr::from(address), 53),
    };
    PUBLIC.map(server).to_vec()
}
