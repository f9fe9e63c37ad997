//! How far each phase in play has come, a line each.

use super::status::gate_line;
use super::{STRONG, Styled};
use crate::report::When;
use crate::report::curve::percent;
use crate::run::Verdict;
use crate::run::view::{GateView, NextView, PhaseView, Progress, View};
use crate::watch::{Kind, Matrix, Row};
use std::fmt::Write as _;

/// Phases that are sent and not yet forgotten, and the next one's gate; when that is what all waits
/// for, the heading tells it.
pub fn progress(view: &View, matrix: &Matrix, when: &When) -> String {
    let mut out = String::new();
    let is_spreading = matches!(view.next, NextView::Observe(_) | NextView::Reconcile(_));
    for (at, phase) in view.phases.iter().enumerate() {
        let text = match phase.progress {
            Progress::Drained(_) => continue,
            Progress::Planned if !is_spreading => break,
            Progress::Planned => waits(phase, when),
            Progress::Applying | Progress::Applied(_) => {
                let (new, all) = servers(&columns(view, at, matrix), matrix);
                format!("{new} of {all} name servers have it")
            }
            Progress::Draining(until) => {
                let seen = observed(&columns(view, at, matrix), matrix);
                let seen = seen.map_or_else(
                    || "nothing observed yet".to_owned(),
                    |share| format!("observed {} new", percent(share)),
                );
                let until = format!("{}, {}", when.clock(until), when.away(until));
                format!("published; old dead at {until}; {seen}")
            }
        };
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "  {} {text}", Styled(STRONG, format!("{:<12}", phase.stage)));
        if phase.progress == Progress::Planned {
            break;
        }
    }
    out
}

/// The gate that opens last, of those that are closed: people after times.
fn waits(phase: &PhaseView, when: &When) -> String {
    let is_closed = |gate: &&GateView| {
        gate.confirmed.is_none() && gate.opens.is_none_or(|opens| when.now < opens)
    };
    let closed: Vec<_> = phase.gates.iter().filter(is_closed).collect();
    let timed = closed.iter().filter(|gate| gate.opens.is_some()).max_by_key(|gate| gate.opens);
    match (timed.or(closed.first()), closed.len()) {
        (None, _) => "next: all its gates are open".to_owned(),
        (Some(gate), 1) => format!("next: {}", gate_line(gate, when)),
        (Some(gate), 2) => format!("next: {}; and one gate more", gate_line(gate, when)),
        (Some(gate), all) => {
            format!("next: {}; and {} gates more", gate_line(gate, when), all - 1)
        }
    }
}

/// The columns that a phase touched last.
fn columns(view: &View, at: usize, matrix: &Matrix) -> Vec<usize> {
    let touches = |phase: &PhaseView, column: usize| {
        phase.changes.iter().any(|change| *change.key() == matrix.targets[column].key)
    };
    let later = view.phases.iter().skip(at + 1).filter(|phase| phase.progress.has_begun());
    (0..matrix.targets.len())
        .filter(|column| touches(&view.phases[at], *column))
        .filter(|column| !later.clone().any(|phase| touches(phase, *column)))
        .collect()
}

fn said<'a>(row: &'a Row, columns: &[usize]) -> Vec<&'a Verdict> {
    columns.iter().filter_map(|at| row.cells.get(*at)).map(|cell| &cell.verdict).collect()
}

fn servers(columns: &[usize], matrix: &Matrix) -> (usize, usize) {
    let servers = matrix.rows.iter().filter(|row| row.kind == Kind::Authoritative);
    let is_new = |row: &&Row| said(row, columns).iter().all(|verdict| **verdict == Verdict::New);
    (servers.clone().filter(is_new).count(), servers.count())
}

/// The share of the new, of what was said about these columns.
fn observed(columns: &[usize], matrix: &Matrix) -> Option<f64> {
    let resolvers = matrix.rows.iter().filter(|row| row.kind == Kind::Resolver);
    let verdicts: Vec<_> = resolvers.flat_map(|row| said(row, columns)).collect();
    let new = verdicts.iter().filter(|verdict| ***verdict == Verdict::New).count();
    let behind = verdicts.iter().filter(|verdict| verdict.is_behind()).count();
    let count = |number: usize| u32::try_from(number).map_or(f64::MAX, f64::from);
    (new + behind > 0).then(|| count(new) / count(new + behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, RrKey, Rtype, Ttl, Zone};
    use crate::plan::{Checkpoint, Direction, Gate, Guard, Phase, Place, Plan, Stage, diff};
    use crate::run::{Entry, Event, Run, Timestamp};
    use crate::watch::{Observation, frames};
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn zone(text: &str) -> Zone {
        Zone::parse(text, &Name::parse("example.").unwrap()).unwrap()
    }

    /// MX moves; then a name that people read at, once all is synced.
    fn run(events: &[(u64, Event)]) -> Run {
        let (old, new) = ("@ 60 MX 10 a.", "@ 60 MX 10 b.");
        let synced = Checkpoint {
            id: "synced".into(),
            ask: "Sync.".into(),
            place: Place::Before(Stage::Retrieval),
            lead: None,
        };
        let gates = vec![Gate::Confirmed(synced), Gate::NotBefore(at(300))];
        let read = format!("{new}\nimap 60 CNAME c.");
        let delivery = diff(&zone(old), &zone(new));
        let retrieval = diff(&zone(new), &zone(&read));
        let plan = Plan {
            zone: Name::parse("example.").unwrap(),
            direction: Direction::Forward,
            negative_ttl: Ttl::from_secs(30),
            propagation: Duration::ZERO,
            cache_floor: Duration::ZERO,
            window: None,
            phases: vec![
                Phase { stage: Stage::Delivery, changes: delivery, gates: Vec::new() },
                Phase { stage: Stage::Retrieval, changes: retrieval, gates },
            ],
            scopes: BTreeMap::new(),
            own_ttls: BTreeMap::new(),
            flattened: Vec::new(),
            intent: String::new(),
        };
        let mut run = Run::new(plan, at(0));
        for (seconds, event) in events {
            run.record(&Entry { at: at(*seconds), event: event.clone() }).unwrap();
        }
        run
    }

    fn told(run: &Run, now: u64, said: &[(&str, Kind, Verdict)]) -> String {
        let seen: Vec<_> = said
            .iter()
            .map(|(name, kind, verdict)| Observation {
                at: at(now),
                name: (*name).to_owned(),
                place: (*name).to_owned(),
                kind: *kind,
                key: RrKey::new(Name::parse("example.").unwrap(), Rtype::MX),
                verdict: verdict.clone(),
            })
            .collect();
        let apex = Name::parse("example.").unwrap();
        let matrix = frames(&apex, &seen, |_| run.targets()).next().unwrap();
        let when = When { now: at(now), zone: Some(chrono_tz::UTC) };
        anstream::adapter::strip_str(&progress(&run.view(at(now)), &matrix, &when)).to_string()
    }

    fn sent() -> [(u64, Event); 2] {
        [
            (10, Event::ApplyBegan(Stage::Delivery)),
            (11, Event::Applied(Stage::Delivery, Guard::Values)),
        ]
    }

    fn old() -> Verdict {
        Verdict::Old(at(70))
    }

    #[test]
    fn each_phase_in_play_has_a_line() {
        use Kind::{Authoritative, Resolver};
        let servers = [("ns1", Authoritative, Verdict::New), ("ns2", Authoritative, old())];
        let text = told(&run(&sent()), 15, &servers);
        assert!(text.starts_with("  delivery     1 of 2 name servers have it\n"), "{text}");
        let published = [(22, Event::Published { stage: Stage::Delivery, since: at(20) })];
        let run = run(&[&sent()[..], &published].concat());
        let silent = [("c", Resolver, Verdict::Silent(String::new()))];
        let said = [("a", Resolver, Verdict::New), ("b", Resolver, old())];
        let text = told(&run, 30, &[&said[..], &silent].concat());
        let line = "  delivery     published; old dead at 00:01:20, in 50 s; observed 50 % new\n";
        assert_eq!(text, line);
        assert!(told(&run, 30, &silent).contains("nothing observed yet"));
        // What is forgotten is out of play.
        assert_eq!(told(&run, 400, &said), "");
    }

    #[test]
    fn of_gates_the_last_is_told_and_people_after_times() {
        let check = |now: u64, more: &[(u64, Event)], expected: &str| {
            let server = ("ns1", Kind::Authoritative, old());
            let text = told(&run(&[&sent()[..], more].concat()), now, &[server]);
            let (_, line) = text.split_once('\n').unwrap();
            assert_eq!(line, format!("  retrieval    next: {expected}\n"));
        };
        let (checkpoint, by) = ("synced".to_owned(), "ann".to_owned());
        let confirmed = [(12, Event::Confirmed { checkpoint, by, note: None })];
        check(15, &[], "not before 1970-01-01T00:05:00Z, in 4 min 45 s; and one gate more");
        check(15, &confirmed, "not before 1970-01-01T00:05:00Z, in 4 min 45 s");
        check(400, &[], "waits for `synced`: Sync.");
        check(400, &confirmed, "all its gates are open");
    }
}
