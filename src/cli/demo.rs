//! `cutover demo`: the whole job on servers of its own, in about a minute.
//!
//! Name servers and caches are those of [`crate::lab`], on free ports of loopback, with TTLs of
//! seconds. Engine, driver, journal and watch are the real ones. Nothing is left behind.

mod stage;

use super::{Failure, Terminal, exit};
use crate::engine::{Notice, Options, Outcome, Stop, drive};
use crate::journal::FileJournal;
use crate::plan::{Plan, Stage, schedule, walk};
use crate::port::{Clock as _, Journal as _, Recursor, Server, Way};
use crate::probe::Smtp;
use crate::report::{Proposal, When, text};
use crate::run::{Entry, Event, Run};
use crate::watch::{Matrix, Memory, Watch};
use crate::wire::Secure;
use stage::Theatre;
use std::time::Duration;

/// How often the matrix is looked at: a few times within the shortest TTL.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Moves one zone to the end, and another one there and back.
pub(super) async fn demo(terminal: &Terminal) -> Result<u8, Failure> {
    terminal.print(INTRODUCTION);
    let theatre = Theatre::open().await?;
    let begun = theatre.clock.now();

    terminal.print("\n== dankolb.net moves from its own server to Google Workspace ==\n\n");
    let (mut run, mut journal) = plan(&theatre, "dankolb.net", terminal).await?;
    act(&theatre, &mut run, &mut journal, None, terminal).await?;

    terminal.print("\n== dankolb.org moves its incoming mail, and turns back ==\n\n");
    let (mut run, mut journal) = plan(&theatre, "dankolb.org", terminal).await?;
    act(&theatre, &mut run, &mut journal, Some(Stage::Delivery), terminal).await?;
    let back = run.plan().back(run.applied(), Some(Stage::Prepare))?;
    terminal.print("\nThe new server refuses mail. Turning back:\n");
    note(&theatre, &mut run, &mut journal, Event::Planned(Box::new(back)), terminal)?;
    act(&theatre, &mut run, &mut journal, None, terminal).await?;

    let took = (theatre.clock.now() - begun).num_seconds();
    terminal
        .print(&format!("\ndone in {took} s; {} questions asked by the caches\n", theatre.asked()));
    Ok(exit::DONE)
}

const INTRODUCTION: &str = "\
Two name servers, of which the second follows the first 1.5 s later, and four caches:
one obeys TTLs, one keeps everything at least 6 s, one at most 2 s, one serves stale answers.
Their users ask for MX and imap all the time, so every cache holds the old when it changes.
";

/// Plans a zone's move from its live zone, shows the plan, and approves it.
async fn plan(
    theatre: &Theatre,
    zone: &str,
    terminal: &Terminal,
) -> Result<(Run, FileJournal), Failure> {
    let spec = theatre.spec(zone)?;
    let provider = &theatre.providers[0];
    let live = provider.zone(&spec.intent.zone).await?;
    let way = walk(&live, &spec.intent, &spec.policy, &provider.facts());
    let plan = Plan::forward(&way, &spec.policy, spec.digest.clone());
    let now = theatre.clock.now();
    let proposal = Proposal {
        zone: spec.intent.zone.clone(),
        platforms: (Some("its own server".to_owned()), spec.intent.new.platform.clone()),
        schedule: schedule(&plan, &spec.policy, now),
        plan: plan.clone(),
        findings: Vec::new(),
        guard: Some(provider.facts().guard),
    };
    if zone == "dankolb.net" {
        terminal.print(&text::plan(&proposal, &When { now, zone: None }));
        terminal.print("\n");
    }
    let mut journal = theatre.store.create(&spec.intent.zone)?;
    let entry = Entry { at: now, event: Event::Planned(Box::new(plan)) };
    let run = Run::replay([&entry])?;
    journal.append(&entry)?;
    Ok((run, journal))
}

fn note(
    theatre: &Theatre,
    run: &mut Run,
    journal: &mut FileJournal,
    event: Event,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let entry = Entry { at: theatre.clock.now(), event };
    run.record(&entry)?;
    journal.append(&entry)?;
    let when = When { now: entry.at, zone: None };
    terminal.print(&text::fact(&run.plan().zone, &entry, &when));
    Ok(())
}

/// Drives a run while its matrix is watched from the journal, as another terminal would.
async fn act(
    theatre: &Theatre,
    run: &mut Run,
    journal: &mut FileJournal,
    through: Option<Stage>,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let zone = run.plan().zone.clone();
    let options = Options { through, wait: true, pace: LOOK_EVERY, ..Options::default() };
    let mut tell = |notice: Notice<'_>| {
        let when = When { now: theatre.clock.now(), zone: None };
        if let Notice::Entry(entry) = notice {
            terminal.print(&text::fact(&zone, entry, &when));
        }
    };
    let mut world = crate::engine::World {
        providers: &theatre.providers,
        lookup: &*theatre.lookup,
        prober: &Smtp,
        journal,
        clock: &*theatre.clock,
        stop: &Stop::default(),
    };
    let outcome = tokio::select! {
        outcome = drive(run, &mut world, options, &mut tell) => outcome?,
        failure = show(theatre, &zone, terminal) => return Err(failure),
    };
    match outcome {
        Outcome::Done | Outcome::Through(_) => Ok(()),
        other => Err(Failure::error(format!("the demo stopped early: {other:?}"))),
    }
}

/// Prints the matrix each time that somebody changes their answer; ends only by a failure.
async fn show(theatre: &Theatre, zone: &crate::dns::Name, terminal: &Terminal) -> Failure {
    let (mut last, mut memory) = (Vec::new(), Memory::default());
    loop {
        match look(theatre, zone, &mut memory).await {
            Ok(Some(matrix)) => {
                let verdicts = kinds(&matrix);
                if verdicts != last {
                    let when = When { now: matrix.at, zone: None };
                    terminal.print(&format!("{}\n", text::matrix(&matrix, &when, None)));
                    last = verdicts;
                }
            }
            Ok(None) => (),
            Err(failure) => return failure,
        }
        theatre.clock.sleep_until(theatre.clock.now() + LOOK_EVERY).await;
    }
}

async fn look(
    theatre: &Theatre,
    zone: &crate::dns::Name,
    memory: &mut Memory,
) -> Result<Option<Matrix>, Failure> {
    let Some(mut journal) = theatre.store.open(zone)? else {
        return Ok(None);
    };
    let run = Run::replay(&journal.news()?)?;
    let mut targets = run.targets();
    targets.retain(|target| theatre.is_asked_for(&target.key));
    if targets.is_empty() {
        return Ok(None);
    }
    let recursor = |one: &Server| Recursor::at(&one.name, Way::Plain(one.address));
    let resolvers: Vec<_> = theatre.resolvers.iter().map(recursor).collect();
    let watch = Watch {
        lookup: &*theatre.lookup,
        poller: &theatre.poller,
        secure: &Secure::new(LOOK_EVERY),
        resolvers: &resolvers,
        clock: &*theatre.clock,
        samples: 1,
    };
    Ok(Some(watch.look(memory, zone, &targets).await?))
}

/// The verdicts without their times, by which one look differs from the next.
fn kinds(matrix: &Matrix) -> Vec<std::mem::Discriminant<crate::run::Verdict>> {
    let cells = matrix.rows.iter().flat_map(|row| &row.cells);
    cells.map(|cell| std::mem::discriminant(&cell.verdict)).collect()
}
