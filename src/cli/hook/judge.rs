//! Which zones a push touches, and whether it may.

use crate::cli::check::told;
use crate::cli::propose::{is_under_way, propose};
use crate::cli::session::{Session, each};
use crate::cli::tally::Tally;
use crate::cli::{Failure, Terminal, exit};
use crate::config::{ZoneSpec, weighed};
use crate::mail::{Finding, Severity, lint};
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
    for (spec, (found, failure)) in
        each(zones, async |spec| (spec, judge(session, spec).await)).await
    {
        let zone = &spec.intent.zone;
        let is_good = found.iter().all(|one| one.severity < Severity::Error);
        let told = told(session, spec, found);
        // An empty note would be an empty line.
        if !told.is_empty() {
            terminal.note(&told);
        }
        match failure {
            Some(failure) => tally.fail(zone, failure, terminal),
            None => tally.add(zone, if is_good { exit::DONE } else { exit::UNSAFE }),
        }
    }
    if tally.code() == exit::DONE {
        let zones = if count == 1 { "zone is" } else { "zones are" };
        terminal.note(&format!("{count} {zones} touched, and nothing speaks against this push"));
    } else if let Some(summary) = tally.summary() {
        terminal.note(&summary);
    }
    tally.code()
}

/// What is found in the file and by its plan, and why there is no plan.
async fn judge(session: &Session<'_>, spec: &ZoneSpec) -> (Vec<Finding>, Option<Failure>) {
    let written = lint::softened(lint::intent(&spec.intent), &spec.intent).into_iter();
    let written = written.map(|finding| weighed(finding, &spec.accepted));
    let (mut found, failure) = match propose(session, spec, session.now(), false).await {
        Ok(proposal) => (proposal.findings, None),
        Err(failure) => (Vec::new(), Some(failure)),
    };
    // Where a plan is under way, or none can be made, nobody has looked at the file.
    let missing: Vec<_> = written.filter(|one| !found.contains(one)).collect();
    found.extend(missing);
    (found, failure)
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
