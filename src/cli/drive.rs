//! Drives one run from the command line, and says where it ended.

use super::args;
use super::news::{Level, News};
use super::session::Session;
use super::{Failure, exit};
use crate::config::ZoneSpec;
use crate::engine::{self, Notice, Options, Outcome, Stop};
use crate::journal::FileJournal;
use crate::plan::{Plan, Policy, Stage, order};
use crate::probe::Smtp;
use crate::report::{When, text};
use crate::run::{Next, Run};
use std::time::Duration;

/// Drives a run as far as it may go.
pub(super) async fn drive(
    session: &Session<'_>,
    spec: &ZoneSpec,
    run: &mut Run,
    journal: &mut FileJournal,
    wanted: args::Drive,
    stop: &Stop,
) -> Result<Outcome, Failure> {
    let zone = spec.intent.zone.clone();
    let world = session.world_to_write(spec).await?;
    let by_hand = world.providers.iter().any(|provider| provider.facts().by_hand);
    if let (true, Next::Observe(phase)) = (by_hand, run.poll(session.now())) {
        // Told before, but to a terminal that may be gone.
        session.terminal.print(&text::by_hand(&zone, &phase.changes));
    }
    let mut last = String::new();
    let mut tell = |notice: Notice<'_>| {
        let when = session.when(spec);
        let news = match notice {
            Notice::Entry(entry) => News::fact(&zone, entry, &when),
            Notice::Sending { changes, by_hand } => {
                if by_hand {
                    session.terminal.print(&text::by_hand(&zone, changes));
                }
                return;
            }
            Notice::Lagging(servers) => {
                let text = format!("not yet: {}", servers.join("; "));
                News::of(&zone, "lagging", text).at(&when)
            }
            Notice::Trouble(problem) => {
                News::of(&zone, "trouble", problem).at(&when).level(Level::Warning)
            }
        };
        // The time apart, the same news every few seconds is none.
        if news.text != last {
            session.terminal.tell(&news);
        }
        last = news.text;
    };
    let options = Options {
        through: wanted.through.map(|stage| upto(stage, run.plan(), &spec.policy)),
        wait: wanted.wait,
        pace: pace(run.plan()),
        ..Options::default()
    };
    let mut world = engine::World {
        providers: &world.providers,
        lookup: &*world.lookup,
        prober: &Smtp,
        journal,
        clock: &*session.clock,
        stop,
    };
    Ok(engine::drive(run, &mut world, options, &mut tell).await?)
}

/// The last stage on the plan up to this one, in the order that the zone file asks for.
fn upto(stage: Stage, plan: &Plan, policy: &Policy) -> Stage {
    let mut upto: Vec<_> = order(policy).take_while(|other| *other != stage).collect();
    upto.push(stage);
    let found = upto.into_iter().rev().find(|other| plan.phase(*other).is_some());
    found.unwrap_or(stage)
}

/// A look every five seconds, but no rarer than a tenth of the shortest TTL in play.
fn pace(plan: &Plan) -> Duration {
    let rrsets = plan.phases.iter().flat_map(|phase| &phase.changes).filter_map(|c| c.after());
    let shortest = rrsets.map(|rrset| rrset.ttl().secs()).min().unwrap_or(600);
    Duration::from_secs(shortest.into()).div_f32(10.0).clamp(FASTEST, Options::default().pace)
}

const FASTEST: Duration = Duration::from_millis(200);

/// The exit code of a zone that ended there.
pub(super) fn code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Done | Outcome::Through(_) | Outcome::Stopped => exit::DONE,
        Outcome::Waiting(_)
        | Outcome::Asked(_)
        | Outcome::Unready(..)
        | Outcome::Unpublished(_) => exit::NOT_YET,
        Outcome::Missed(_) => exit::UNSAFE,
    }
}

/// Says where a drive ended, and what to type next.
pub(super) fn ending(
    session: &Session<'_>,
    spec: &ZoneSpec,
    run: &Run,
    outcome: &Outcome,
) -> String {
    let zone = text::plain(&spec.intent.zone);
    let when: When = session.when(spec);
    match outcome {
        Outcome::Done => "done".to_owned(),
        Outcome::Stopped => "stopped between two steps".to_owned(),
        Outcome::Through(stage) => format!("{stage} is on every name server"),
        Outcome::Waiting(until) => {
            format!("not yet: run `cutover apply` again at {}", when.full(*until))
        }
        Outcome::Asked(_) => {
            let steps = run.asked();
            let asks: Vec<_> =
                steps.iter().map(|one| format!("\n  {}: {}", one.id, one.ask)).collect();
            let ids: Vec<_> = steps.iter().map(|one| one.id.as_str()).collect();
            let then = format!("Then run `cutover confirm {zone} {}`", ids.join(" "));
            format!("not yet:{}\n{then}", asks.concat())
        }
        Outcome::Missed(closed) => {
            let closed = when.full(*closed);
            let hint = "`cutover rollback` gives the plan up; then write another window";
            format!("refused: the window closed {closed}, unused\n{hint}")
        }
        Outcome::Unready(id, problem) => {
            let then = format!("Mend it, or run `cutover confirm {zone} {id}` to vouch for it");
            format!("not yet: {problem}\n{then}")
        }
        Outcome::Unpublished(servers) => {
            format!("not yet on every name server: {}", servers.join("; "))
        }
    }
}
