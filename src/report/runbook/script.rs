//! Every step from the first to the last: which there are, and when each is done.

use super::people::owner;
use super::{Part, at, sheet};
use crate::plan::schedule::Times;
use crate::plan::{Checkpoint, Gate, Phase, Place, Stage, Timestamp};
use crate::report::paper::{Paper, code, escape, prose};
use crate::report::{BLANK, Dossier, Host, clients, settings};

/// In which part of the work a step stands.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Time {
    Before,
    Window,
    After,
}

/// One step: a stage that the program applies, or something that a person does.
pub(super) struct Step<'a> {
    pub(super) id: String,
    pub(super) time: Time,
    pub(super) does: Does<'a>,
    /// From when on.
    pub(super) from: Option<Timestamp>,
    /// By when.
    pub(super) until: Option<Timestamp>,
}

pub(super) enum Does<'a> {
    Apply(&'a Phase, &'a Times),
    Confirm(&'a Checkpoint),
}

/// What is ready beforehand, but done only when the window opens.
const AT_OPENING: &str = "old-access-off";
/// What waits for the end of the old system, and not for the next stage.
const AT_THE_END: &str = "old-mta-off";

/// All steps in their order, numbered by the part of the work.
fn steps<'a>(dossier: &'a Dossier<'_>) -> Vec<Step<'a>> {
    let mut all: Vec<Step<'a>> = Vec::new();
    let mut earlier = None;
    let mut push = |time, does, from, until| {
        let letter = match time {
            Time::Before => 'P',
            Time::Window => 'W',
            Time::After => 'A',
        };
        let number = all.iter().filter(|step| step.time == time).count() + 1;
        all.push(Step { id: format!("{letter}{number}"), time, does, from, until });
    };
    for (phase, times) in dossier.phases() {
        let points = phase.gates.iter().filter_map(|gate| match gate {
            Gate::Confirmed(point) => Some(point),
            _ => None,
        });
        for point in points {
            let time = time_of(dossier, point, phase);
            let from = match time {
                Time::Before => begin(dossier, point),
                Time::Window => earlier.or(dossier.opening()),
                Time::After => dossier
                    .proposal
                    .schedule
                    .milestones
                    .decommission_at
                    .filter(|_| point.id == AT_THE_END),
            };
            push(time, Does::Confirm(point), from, due(dossier, point, phase, times));
        }
        let (time, until) = match phase.stage {
            Stage::Prepare => (Time::Before, times.apply_by),
            stage if stage.is_middle() => {
                (Time::Window, dossier.proposal.schedule.milestones.last_change)
            }
            _ => (Time::After, None),
        };
        push(time, Does::Apply(phase, times), Some(times.begins), until);
        if phase.stage.is_middle() {
            earlier = Some(times.begins);
        }
    }
    all.sort_by_key(|step| step.time as u8);
    all
}

/// In which part of the work a manual step stands that waits before a phase.
fn time_of(dossier: &Dossier<'_>, point: &Checkpoint, phase: &Phase) -> Time {
    let first = dossier.middle().next().map(|(phase, _)| phase.stage);
    let is_ready = [Place::After(Stage::Prepare), Place::Before(Stage::Prepare)];
    match point.place {
        _ if phase.stage == Stage::Prepare => Time::Before,
        place if is_ready.contains(&place) && point.id != AT_OPENING => Time::Before,
        _ if Some(phase.stage) == first || phase.stage.is_middle() => Time::Window,
        Place::After(stage) if stage.is_middle() => Time::Window,
        _ => Time::After,
    }
}

/// By when a manual step is done.
fn due(
    dossier: &Dossier<'_>,
    point: &Checkpoint,
    phase: &Phase,
    times: &Times,
) -> Option<Timestamp> {
    match time_of(dossier, point, phase) {
        Time::Before if phase.stage == Stage::Prepare => times.apply_by,
        Time::Before => dossier.opening(),
        Time::Window if phase.stage.is_middle() => Some(times.begins),
        // What decides whether to stay is seen while one still may turn back.
        Time::Window if point.id.ends_with("-tested") => {
            dossier.proposal.schedule.milestones.last_rollback
        }
        Time::Window => dossier.plan().window.map(|window| window.closes()),
        Time::After => Some(times.begins).filter(|_| point.id != AT_THE_END),
    }
}

/// When a step that takes long must be begun.
fn begin(dossier: &Dossier<'_>, point: &Checkpoint) -> Option<Timestamp> {
    let begin = &dossier.proposal.schedule.milestones.begin_by;
    begin.iter().find(|(id, _)| *id == point.id).map(|(_, time)| *time)
}

/// Steps of one part of the work, each on a sheet.
fn sheets(paper: &mut Paper, dossier: &Dossier<'_>, time: Time) {
    steps(dossier).iter().filter(|step| step.time == time).for_each(|step| {
        sheet::sheet(paper, dossier, step);
    });
}

pub(super) fn preparation(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let zone = dossier.zone();
    let due = dossier.phases().next().and_then(|(_, times)| times.apply_by);
    paper.text(format!(
        "All of it is done before the window opens; `prepare` by {}. The program does not go on \
         while a step is not confirmed.",
        at(dossier, due)
    ));
    commands(
        paper,
        &[
            (format!("cutover check {zone} --live"), "files and live zone"),
            ("cutover providers".to_owned(), "may the account write?"),
            (format!("cutover apply {zone}"), "shows the plan, asks, says what it waits for"),
            (format!("cutover status {zone}"), "what is still missing"),
        ],
    );
    sheets(paper, dossier, Time::Before);
    programs(paper, dossier, part);
}

pub(super) fn window(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let zone = dossier.zone();
    part.below(paper, "All steps at a glance");
    let rows = steps(dossier).into_iter().map(|step| {
        let (name, owned) = match step.does {
            Does::Apply(phase, _) => {
                (format!("apply {}", code(phase.stage.name())), phase.stage.name())
            }
            Does::Confirm(point) => (code(&point.id), point.id.as_str()),
        };
        let time = match (step.from, step.until) {
            (Some(time), _) => dossier.when.at(time),
            (None, Some(time)) => format!("by {}", dossier.when.at(time)),
            (None, None) => String::new(),
        };
        vec![step.id, time, name, owner(dossier, owned), BLANK.to_string()]
    });
    paper.table(&["step", "when", "what", "who", "done (time, initials)"], rows);
    part.below(paper, "In the window");
    let last = dossier.middle().last().map_or("retire-keys", |(phase, _)| phase.stage.name());
    commands(
        paper,
        &[
            (format!("cutover apply {zone} --wait --through {last}"), "one screen: begins on time"),
            (format!("cutover watch {zone} --serve 127.0.0.1:8053"), "another: shows who has what"),
        ],
    );
    sheets(paper, dossier, Time::Window);
}

pub(super) fn afterwards(paper: &mut Paper, dossier: &Dossier<'_>) {
    sheets(paper, dossier, Time::After);
}

/// Commands, and behind each in one column what it is for.
pub(super) fn commands(paper: &mut Paper, all: &[(String, &str)]) {
    let width = all.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
    let line = |(line, why): &(String, &str)| match width {
        0..=64 => format!("{line:width$}  # {why}"),
        _ => format!("# {why}\n{line}"),
    };
    let lines: Vec<_> = all.iter().map(line).collect();
    paper.verbatim("sh", &lines.join("\n"));
}

/// What mail programs need, and which were tried.
fn programs(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    part.below(paper, "Mail programs and what they need");
    let (head, rows) = clients::table(dossier);
    paper.table(&head, rows.into_iter().map(|row| row.map(|cell| escape(&cell)).to_vec()));
    clients::remarks(dossier).iter().for_each(|remark| paper.text(escape(remark)));
    let own = settings(dossier).into_iter().filter_map(|one| match one.host {
        Host::Own(name) => Some(code(&Dossier::plain(&name))),
        Host::Platform(_) => None,
    });
    let own: Vec<_> = own.collect();
    if !own.is_empty() {
        let own = own.join(", ");
        paper.text(format!("{BLANK} certificates to be checked: they must name {own}."));
    }
    let blank = ["Outlook", "Thunderbird", "Apple Mail", "phones"].map(str::to_owned);
    let known = &dossier.runbook().clients;
    let tried = if known.is_empty() { &blank[..] } else { known };
    let rows = tried.iter().map(|name| {
        let blanks = std::iter::repeat_n(BLANK.to_string(), 5);
        std::iter::once(prose(name)).chain(blanks).collect()
    });
    paper.table(&["program", "IMAP", "POP", "sends", "certificate", "signs in"], rows);
}
