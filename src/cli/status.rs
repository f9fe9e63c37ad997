//! `cutover status`: where each transition stands.

use super::args;
use super::session::{Session, each};
use super::tally::Tally;
use super::{Failure, exit};
use crate::config::ZoneSpec;
use crate::plan::Drift;
use crate::report::{json, text};
use crate::run::Run;
use serde_json::Value;

/// A zone, its run if it has begun, and, if that was asked, where the live zone is not as the run
/// left it.
type Stand<'a> = (&'a ZoneSpec, Option<Run>, Result<Option<Vec<Drift>>, Failure>);

/// Shows the runs of zones; looks only, so it needs no lease.
pub(super) async fn status(session: &Session<'_>, args: &args::Status) -> Result<u8, Failure> {
    let mut known = Vec::new();
    for spec in session.zones(&args.zones)? {
        known.push((spec, session.run(&spec.intent.zone)?.map(|(run, _)| run)));
    }
    let stands = each(known, async |(spec, run): (&ZoneSpec, Option<Run>)| -> Stand<'_> {
        let drift = match &run {
            Some(run) if args.live => drift(session, spec, run).await.map(Some),
            _ => Ok(None),
        };
        (spec, run, drift)
    });
    let (mut documents, mut tally) = (Vec::new(), Tally::default());
    for (spec, run, drift) in stands.await {
        let zone = &spec.intent.zone;
        let (drift, problem) = match drift {
            Ok(drift) => (drift, None),
            Err(failure) => (None, Some(failure)),
        };
        match args.json {
            true => documents.push(document(session, spec, run.as_ref(), drift.as_deref())),
            false => session.terminal.print(&told(session, spec, run.as_ref(), drift.as_deref())),
        }
        match problem {
            Some(failure) => tally.fail(zone, failure, session.terminal),
            None => tally.add(zone, code(drift.as_deref())),
        }
    }
    if args.json {
        let document = match <[_; 1]>::try_from(documents) {
            Ok([one]) => one,
            Err(many) => Value::Array(many),
        };
        session.terminal.print(&format!("{document:#}\n"));
    }
    Ok(tally.code())
}

/// Compares the live zone with what the run has made of it.
async fn drift(session: &Session<'_>, spec: &ZoneSpec, run: &Run) -> Result<Vec<Drift>, Failure> {
    let world = session.world(spec).await?;
    Ok(run.drift(&world.zone(&spec.intent.zone).await?))
}

fn code(drift: Option<&[Drift]>) -> u8 {
    match drift {
        Some([_, ..]) => exit::DRIFT,
        _ => exit::DONE,
    }
}

fn document(
    session: &Session<'_>,
    spec: &ZoneSpec,
    run: Option<&Run>,
    drift: Option<&[Drift]>,
) -> Value {
    let Some(run) = run else { return json::unbegun(&spec.intent.zone) };
    let mut document = json::status(&run.view(session.now()));
    if let Some(drift) = drift {
        document["drift"] = drift.iter().map(json::drift).collect();
    }
    document
}

fn told(
    session: &Session<'_>,
    spec: &ZoneSpec,
    run: Option<&Run>,
    drift: Option<&[Drift]>,
) -> String {
    let Some(run) = run else {
        let zone = text::plain(&spec.intent.zone);
        return format!("{zone}: not begun; see `cutover plan`\n");
    };
    let stands = text::status(&run.view(session.now()), &session.when(spec));
    stands + &drift.map(text::drift).unwrap_or_default()
}
