//! Which zones a push touches, and whether it may.

use crate::cli::check::told;
use crate::cli::propose::{is_edited, is_under_way, propose};
use crate::cli::session::{Session, each};
use crate::cli::tally::Tally;
use crate::cli::{Failure, Terminal, exit};
use crate::config::{ZoneSpec, weighed};
use crate::mail::{Finding, lint};
use crate::report::text;

/// The zones that are new, or of which the files say something else than before.
pub(super) fn touched<'a>(before: &[ZoneSpec], after: &'a [ZoneSpec]) -> Vec<&'a ZoneSpec> {
    let is_as_before = |spec: &&ZoneSpec| before.iter().any(|old| is_same(old, spec));
    after.iter().filter(|spec| !is_as_before(spec)).collect()
}

/// A digest tells of old, new and the way; the rest is beside it.
fn is_same(one: &ZoneSpec, other: &ZoneSpec) -> bool {
    let beside =
        |spec: &ZoneSpec| (spec.providers.clone(), spec.confirmed.clone(), spec.accepted.clone());
    one.intent.zone == other.intent.zone
        && one.digest == other.digest
        && beside(one) == beside(other)
}

/// Plans what is touched, tells what is found, and says how it ends: 0 lets the push in.
pub(super) async fn judged(session: &Session<'_>, before: &[ZoneSpec], terminal: &Terminal) -> u8 {
    let mut tally = Tally::default();
    let gone = before.iter().filter(|old| session.project.zone(&old.intent.zone).is_none());
    for old in gone {
        match may_go(session, old) {
            Ok(()) => tally.add(&old.intent.zone, exit::DONE),
            Err(failure) => tally.fail(&old.intent.zone, failure, terminal),
        }
    }
    let zones = touched(before, &session.project.zones);
    let count = zones.len();
    for (spec, found) in each(zones, async |spec| (spec, found(session, spec).await)).await {
        let zone = &spec.intent.zone;
        match found {
            Ok(found) => {
                let is_good = found.iter().all(|one| one.severity < crate::mail::Severity::Error);
                let told = told(session, spec, found);
                // An empty note would be an empty line.
                if !told.is_empty() {
                    terminal.note(&told);
                }
                tally.add(zone, if is_good { exit::DONE } else { exit::UNSAFE });
            }
            Err(failure) => tally.fail(zone, failure, terminal),
        }
    }
    if let Some(summary) = tally.summary() {
        terminal.note(&summary);
    }
    if tally.code() == exit::DONE {
        let zones = if count == 1 { "zone is" } else { "zones are" };
        terminal.note(&format!("{count} {zones} touched, and nothing speaks against this push"));
    }
    tally.code()
}

/// All that `check --live` would tell, and of a plan under way also what `check` would.
async fn found(session: &Session<'_>, spec: &ZoneSpec) -> Result<Vec<Finding>, Failure> {
    let mut found = propose(session, spec, session.now(), false).await?.findings;
    let is_revised = session.run(&spec.intent.zone)?.is_some_and(|(run, _)| is_edited(&run, spec));
    if is_revised {
        let written = lint::softened(lint::intent(&spec.intent), &spec.intent).into_iter();
        found.extend(written.map(|finding| weighed(finding, &spec.accepted)));
    }
    Ok(found)
}

/// A file that a plan under way needs must stay.
fn may_go(session: &Session<'_>, old: &ZoneSpec) -> Result<(), Failure> {
    match session.run(&old.intent.zone)? {
        Some((run, _)) if is_under_way(&run) => {
            let path = old.path.display();
            let message = format!("its transition is under way, and `{path}` says nothing of it");
            let zone = text::plain(&old.intent.zone);
            Err(Failure::with(exit::DRIFT, message).hint(format!(
                "put the zone back, or have `cutover rollback {zone}` run on the server first"
            )))
        }
        _ => Ok(()),
    }
}
