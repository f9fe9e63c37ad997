//! A run's state, and its facts as they come.

use super::{QUIET, REMOVED, STRONG, Styled, plain};
use crate::plan::{Direction, Drift, Gate, Served, Sighting, Stage};
use crate::report::{When, span};
use crate::run::view::{GateView, NextView, PhaseView, Price, Progress, View};
use crate::run::{Entry, Event};
use std::fmt::Write as _;

/// Where a run stands, what comes next, and what turning back would cost.
pub fn status(view: &View, when: &When) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write(&mut out, view, when);
    out
}

fn write(out: &mut String, view: &View, when: &When) -> std::fmt::Result {
    let way = match view.direction {
        Direction::Forward => String::new(),
        Direction::Back(None) => ", turning back to the beginning".to_owned(),
        Direction::Back(Some(stage)) => format!(", turning back to {stage}"),
    };
    let planned = format!("plan {} of {}{way}", &view.digest[..12], when.at(view.planned));
    let head = Styled(STRONG, format!("{}:", plain(&view.zone)));
    writeln!(out, "{head} {}", Styled(QUIET, planned))?;
    for phase in &view.phases {
        writeln!(out, "  {:<12} {}", phase.stage, progress(phase, when))?;
        if phase.progress == Progress::Planned {
            for gate in &phase.gates {
                writeln!(out, "               {}", Styled(QUIET, gate_line(gate, when)))?;
            }
        }
    }
    writeln!(out, "  next: {}", next(&view.next, when))?;
    if let Some(Price { takes, until }) = view.rollback {
        let until = when.at(until);
        writeln!(
            out,
            "  turning back now takes {}: caches keep the new until {until}",
            span(takes)
        )?;
    }
    Ok(())
}

/// Where the live zone is not as the transition left it.
pub fn drift(found: &[Drift]) -> String {
    if found.is_empty() {
        return "  the live zone is as it should be\n".to_owned();
    }
    let each = found.iter().map(|drift| format!("  {}: {drift}\n", Styled(REMOVED, "drift")));
    each.collect()
}

fn progress(phase: &PhaseView, when: &When) -> String {
    match phase.progress {
        Progress::Planned => "planned".to_owned(),
        Progress::Applying => "sent, outcome unknown".to_owned(),
        Progress::Applied(at) => format!("applied {}, not yet on every name server", when.at(at)),
        Progress::Draining(until) => format!("published; caches forget by {}", when.full(until)),
        Progress::Drained(at) => format!("done, drained {}", when.full(at)),
    }
}

/// What a gate waits for, and when it opens.
pub fn gate_line(view: &GateView, when: &When) -> String {
    let opens = view.opens.map(|time| when.full(time));
    match (&view.gate, opens) {
        (Gate::Confirmed(point), _) => match &view.confirmed {
            Some(by) => format!("`{}` confirmed by {}, {}", point.id, by.by, when.at(by.at)),
            None => format!("waits for `{}`: {}", point.id, point.ask),
        },
        (Gate::Probed(probe), _) => match &view.confirmed {
            Some(by) => format!("`{}` vouched for by {}, {}", probe.id, by.by, when.at(by.at)),
            None => format!("waits for {probe}"),
        },
        (Gate::NotBefore(_), Some(opens)) => format!("not before {opens}"),
        (Gate::Drained(stage), Some(opens)) => format!("{stage} drained {opens}"),
        (Gate::Drained(stage), None) => format!("waits for {stage} to drain"),
        (Gate::Usable(stage), Some(opens)) => format!("{stage} known everywhere {opens}"),
        (Gate::Usable(stage), None) => format!("waits for {stage} to be known everywhere"),
        (Gate::Held { since, why, .. }, Some(opens)) => format!("{why} since {since}: {opens}"),
        (Gate::Held { since, wait, why }, None) => {
            format!("{why}: {} after {since}", span(*wait))
        }
        (Gate::Arrived { since, .. }, Some(opens)) => {
            format!("mail from before {since} arrived {opens}")
        }
        (Gate::Arrived { since, wait }, None) => {
            format!("waits {} for mail under way, once {since} has drained", span(*wait))
        }
        (Gate::NotBefore(_), None) => String::new(),
    }
}

/// What comes next.
pub fn next(next: &NextView, when: &When) -> String {
    match next {
        NextView::Apply(stage) => format!("{stage} can be applied"),
        NextView::Reconcile(stage) => format!("{stage} is compared and completed"),
        NextView::Observe(stage) => format!("{stage} waits for the last name server"),
        NextView::Wait(until, what) => format!("waits for {what}: {}", when.full(*until)),
        NextView::Ask(id, ask) => format!("waits for a person to confirm `{id}`: {ask}"),
        NextView::Probe(_, what) => format!("waits for {what}"),
        NextView::Missed(closed) => {
            format!(
                "nothing: the window closed {}, unused; see `cutover rollback`",
                when.full(*closed)
            )
        }
        NextView::Done => "nothing, all is done".to_owned(),
    }
}

/// What servers were seen with, unplanned versions before all.
fn sighted(stage: Stage, seen: &[Sighting]) -> String {
    let strays = seen.iter().filter(|one| matches!(one.served, Served::Other(_)));
    let mut keys: Vec<_> = strays.map(|one| one.key.to_string()).collect();
    keys.dedup();
    if !keys.is_empty() {
        return format!("{stage}: caches may also hold an unplanned {}", keys.join(", "));
    }
    let mut servers: Vec<_> = seen.iter().filter_map(|one| one.server.clone()).collect();
    servers.sort();
    servers.dedup();
    format!("{stage}: {} answers with it", servers.join(", "))
}

/// A fact, in a line.
pub fn fact(zone: &crate::dns::Name, entry: &Entry, when: &When) -> String {
    format!("{} {}: {}\n", when.clock(entry.at), plain(zone), happened(entry, when))
}

/// A fact without its time and zone.
pub fn happened(entry: &Entry, when: &When) -> String {
    match &entry.event {
        Event::Planned(plan) => format!("plan {} approved", &plan.digest()[..12]),
        Event::ApplyBegan(stage) => format!("{stage}: sending"),
        Event::Applied(stage, _) => format!("{stage}: the provider has it"),
        Event::Seen { stage, seen } => sighted(*stage, seen),
        Event::Found(stage) => {
            format!("the live zone is as after {stage}, which the journal does not know")
        }
        Event::Probed { probe, found } => format!("`{probe}` passed: {found}"),
        Event::Revised(plan) => format!("goes on by the edited plan {}", &plan.digest()[..12]),
        Event::Published { stage, since } => {
            format!("{stage}: every name server answers with it since {}", when.clock(*since))
        }
        Event::Confirmed { checkpoint, by, .. } => format!("`{checkpoint}` confirmed by {by}"),
    }
}
