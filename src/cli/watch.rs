//! `cutover watch`: who answers with what, until all have the new.

use super::eye::{Asking, Eye};
use super::herald::Herald;
use super::lookout::open;
use super::resolvers::watched;
use super::session::{Session, each};
use super::{Failure, args, exit};
use crate::dashboard::{Scene, ZoneScene, serve};
use crate::plan::Timestamp;
use crate::port::{Clock as _, Journal as _};
use crate::report::{When, json, text};
use crate::run::Run;
use crate::watch::{Matrix, frames, observations};
use std::sync::Arc;
use tokio::sync::watch as channel;

/// Looks until everything is settled, or the time is up; who serves a page looks on.
pub(super) async fn watch(session: &Session<'_>, args: &args::Watch) -> Result<u8, Failure> {
    if args.replay {
        return replay(session, args);
    }
    let (scenes, scene) = channel::channel(Arc::new(Scene::default()));
    match args.serve {
        None => look(session, args, &scenes).await,
        Some(address) => {
            let door = open(session.terminal, address).await?;
            tokio::select! {
                code = look(session, args, &scenes) => code,
                served = serve(door, scene) => served.map(|()| exit::DONE).map_err(Failure::from),
            }
        }
    }
}

async fn look(
    session: &Session<'_>,
    args: &args::Watch,
    scenes: &channel::Sender<Arc<Scene>>,
) -> Result<u8, Failure> {
    let mut herald = Herald::new(session)?;
    let code = look_on(session, args, scenes, &mut herald).await;
    if let Some(herald) = herald {
        herald.finish().await;
    }
    code
}

async fn look_on(
    session: &Session<'_>,
    args: &args::Watch,
    scenes: &channel::Sender<Arc<Scene>>,
    herald: &mut Option<Herald>,
) -> Result<u8, Failure> {
    let resolvers = watched(&session.project.settings.resolvers)?;
    let asking = Asking { resolvers: &resolvers, samples: args.samples };
    let begun = session.now();
    let zones = session.zones(&args.zones)?;
    let mut eyes: Vec<_> = zones.iter().map(|spec| Eye::new(&spec.intent.zone)).collect();
    let mut last = Shown::default();
    loop {
        let looks = each(eyes.iter_mut(), |eye| eye.look(session, asking)).await;
        let zones = looks.into_iter().collect::<Result<Vec<_>, _>>()?;
        for (zone, problem) in zones.iter().filter_map(|one| Some((one, one.problem.as_ref()?))) {
            // A name server that stumbles tonight must not end the watch.
            session.terminal.note(&format!("{}: {problem}", text::plain(&zone.zone)));
        }
        let all = |most| zones.iter().map(|zone| shown(args, zone, most)).collect();
        last.show(session, args, all, zones.len());
        let settled = zones.iter().all(is_settled);
        if let Some(herald) = herald {
            zones.iter().for_each(|zone| herald.look(session, zone));
        }
        // Nobody may be looking at the page just now.
        let _ = scenes.send(Arc::new(Scene { zones }));
        if settled && args.serve.is_none() {
            return Ok(exit::DONE);
        }
        if args.timeout.is_some_and(|timeout| session.now() >= begun + timeout) {
            return Err(Failure::with(exit::TIMED_OUT, "not everybody has the new in time"));
        }
        session.clock.sleep_until(session.now() + args.interval).await;
    }
}

/// A zone whose move has not begun holds nothing up.
fn is_settled(zone: &ZoneScene) -> bool {
    match &zone.matrix {
        Some(matrix) => zone.problem.is_none() && matrix.is_settled(),
        None => zone.view.is_none(),
    }
}

/// What is known of a zone, with so many lines of its table at most.
fn shown(args: &args::Watch, zone: &ZoneScene, most: Option<usize>) -> String {
    if zone.problem.is_some() {
        return String::new();
    }
    let name = text::plain(&zone.zone);
    let when = When { now: zone.at, zone: zone.time_zone };
    match (&zone.view, &zone.matrix) {
        (_, Some(matrix)) if args.json => format!("{}\n", json::matrix(matrix)),
        (Some(view), Some(matrix)) => {
            let progress = text::progress(view, matrix, &when);
            text::heading(view, &when) + &progress + &text::matrix(matrix, &when, most)
        }
        _ if args.json => format!("{}\n", json::unbegun(&zone.zone)),
        _ => format!("{name}: not begun; nothing to watch\n"),
    }
}

/// What was shown last.
#[derive(Default)]
struct Shown {
    text: String,
    /// How many rows of the terminal it took.
    height: usize,
}

impl Shown {
    /// On a terminal a look takes the place of the one before; elsewhere each that differs is kept.
    fn show(
        &mut self,
        session: &Session<'_>,
        args: &args::Watch,
        render: impl Fn(Option<usize>) -> String,
        tables: usize,
    ) {
        let terminal = session.terminal;
        let screen = terminal.screen().filter(|_| !args.json);
        let text = match screen {
            Some(screen) => screen.fit(tables, &render),
            None => render(None),
        };
        match screen {
            Some(screen) => {
                let back = match self.height {
                    0 => String::new(),
                    rows => format!("\x1b[{rows}A\x1b[J"),
                };
                terminal.print(&format!("{back}{text}"));
                self.height = screen.height(&text);
            }
            None if self.text != text => terminal.print(&text),
            None => (),
        }
        self.text = text;
    }
}

/// Shows what earlier watches have seen, one matrix for each change.
fn replay(session: &Session<'_>, args: &args::Watch) -> Result<u8, Failure> {
    for spec in session.zones(&args.zones)? {
        let zone = &spec.intent.zone;
        let Some(mut journal) = session.store.open(zone)? else { continue };
        let entries = journal.news()?;
        let targets = |at: Timestamp| {
            let before = entries.iter().filter(|entry| entry.at <= at);
            Run::replay(before).map(|run| run.targets()).unwrap_or_default()
        };
        let seen = observations(&session.store.observations(zone))?;
        for matrix in frames(zone, &seen, targets) {
            let when = When { now: matrix.at, zone: spec.time_zone };
            session.terminal.print(&told(args, &matrix, &when));
        }
    }
    Ok(exit::DONE)
}

fn told(args: &args::Watch, matrix: &Matrix, when: &When) -> String {
    match args.json {
        true => format!("{}\n", json::matrix(matrix)),
        false => format!("{}\n{}\n", when.at(matrix.at), text::matrix(matrix, when, None)),
    }
}
