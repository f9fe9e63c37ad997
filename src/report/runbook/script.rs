//! Every step from the first to the last, with what it expects, how it is checked and undone.

use super::people::owner;
use super::steps::step;
use super::{Part, at};
use crate::dns::{RrKey, RrSet};
use crate::plan::schedule::Times;
use crate::plan::{Change, Checkpoint, Gate, Phase, Place, Stage, Timestamp};
use crate::report::paper::{Paper, code, escape};
use crate::report::{BLANK, Dossier, span};

/// In which part of the work a step stands.
#[derive(Clone, Copy, Eq, PartialEq)]
enum When {
    Before,
    Window,
    After,
}

/// One step: a stage that the program applies, or something that a person does.
struct Step<'a> {
    id: String,
    when: When,
    does: Does<'a>,
    /// From when on.
    from: Option<Timestamp>,
    /// Until when, for the next stage to begin on time.
    until: Option<Timestamp>,
}

enum Does<'a> {
    Apply(&'a Phase, &'a Times),
    Confirm(&'a Checkpoint),
}

/// All steps in their order, numbered by the part of the work.
fn steps<'a>(dossier: &'a Dossier<'_>) -> Vec<Step<'a>> {
    let first = dossier.middle().next().map(|(phase, _)| phase.stage);
    let mut before = None;
    let mut all: Vec<Step<'a>> = Vec::new();
    let mut count = [0_u32; 3];
    let mut push = |all: &mut Vec<Step<'a>>, when, does, from, until| {
        let (at, letter) = match when {
            When::Before => (0, 'P'),
            When::Window => (1, 'W'),
            When::After => (2, 'A'),
        };
        count[at] += 1;
        all.push(Step { id: format!("{letter}{}", count[at]), when, does, from, until });
    };
    for (phase, times) in dossier.phases() {
        let points = phase.gates.iter().filter_map(|gate| match gate {
            Gate::Confirmed(point) => Some(point),
            _ => None,
        });
        for point in points {
            let is_ready =
                matches!(point.place, Place::After(Stage::Prepare) | Place::Before(Stage::Prepare));
            let when = match phase.stage {
                Stage::Prepare => When::Before,
                stage if Some(stage) == first && is_ready && point.id != AT_OPENING => When::Before,
                stage if stage.is_middle() => When::Window,
                _ => When::After,
            };
            let from = if when == When::Window {
                before.or(dossier.opening())
            } else {
                begin(dossier, point)
            };
            let until = if when == When::Before { dossier.opening() } else { Some(times.begins) };
            let until = if phase.stage == Stage::Prepare { times.apply_by } else { until };
            let until = if is_last_call(phase, dossier) { None } else { until };
            push(&mut all, when, Does::Confirm(point), from, until);
        }
        let when = match phase.stage {
            Stage::Prepare => When::Before,
            stage if stage.is_middle() => When::Window,
            _ => When::After,
        };
        let until = times.apply_by.or_else(|| latest(dossier, phase));
        push(&mut all, when, Does::Apply(phase, times), Some(times.begins), until);
        if phase.stage.is_middle() {
            before = Some(times.begins);
        }
    }
    all.sort_by_key(|step| step.when as u8);
    all
}

/// What is ready beforehand, but done only when the window opens.
const AT_OPENING: &str = "old-access-off";

/// When a step that takes long must be begun.
fn begin(dossier: &Dossier<'_>, point: &Checkpoint) -> Option<Timestamp> {
    let begin = &dossier.proposal.schedule.milestones.begin_by;
    begin.iter().find(|(id, _)| *id == point.id).map(|(_, time)| *time)
}

/// Steps behind the last thing that users notice wait for no time.
fn is_last_call(phase: &Phase, dossier: &Dossier<'_>) -> bool {
    phase.stage.is_final() && dossier.plan().window.is_none()
}

/// The last begin of a stage with which turning back still ends within the window.
fn latest(dossier: &Dossier<'_>, phase: &Phase) -> Option<Timestamp> {
    dossier.proposal.schedule.milestones.last_change.filter(|_| phase.stage.is_middle())
}

pub(super) fn preparation(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let first = dossier.phases().next().and_then(|(_, times)| times.apply_by);
    paper.text(format!(
        "All of it is done before the window opens; `prepare` by {}. The program refuses to go on \
         while a step is not confirmed.",
        at(dossier, first)
    ));
    paper.verbatim(
        "sh",
        &format!(
            "cutover check {0} --live       # files and live zone\n\
             cutover providers             # may the account write?\n\
             cutover apply {0}             # shows the plan, asks, says what it waits for\n\
             cutover status {0}            # what is still missing",
            dossier.zone()
        ),
    );
    let all = steps(dossier);
    for one in all.iter().filter(|step| step.when == When::Before) {
        show(paper, dossier, one, part);
    }
    clients(paper, dossier, part);
}

pub(super) fn window(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let zone = dossier.zone();
    let all = steps(dossier);
    part.below(paper, "All steps at a glance");
    let rows = all.iter().map(|step| {
        let (name, owned) = match step.does {
            Does::Apply(phase, _) => {
                (format!("apply {}", code(phase.stage.name())), phase.stage.name())
            }
            Does::Confirm(point) => (code(&point.id), point.id.as_str()),
        };
        let when = step.from.or(step.until).map(|time| dossier.when.at(time));
        let by = if step.from.is_none() && step.until.is_some() { "by " } else { "" };
        vec![
            step.id.clone(),
            format!("{by}{}", when.unwrap_or_default()),
            name,
            owner(dossier, owned),
            BLANK.to_string(),
        ]
    });
    paper.table(&["step", "when", "what", "who", "done (time, initials)"], rows);
    part.below(paper, "Two screens");
    paper.verbatim(
        "sh",
        &format!(
            "# the first drives: it begins each stage on time, and waits for people\n\
             cutover apply {zone} --wait --through {}\n\
             # the second watches, and is where steps are confirmed\n\
             cutover watch {zone} --serve 127.0.0.1:8053",
            dossier.middle().last().map_or("retire-keys", |(phase, _)| phase.stage.name())
        ),
    );
    for one in all.iter().filter(|step| step.when == When::Window) {
        show(paper, dossier, one, part);
    }
}

pub(super) fn afterwards(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    for one in steps(dossier).iter().filter(|step| step.when == When::After) {
        show(paper, dossier, one, part);
    }
}

/// One step as a small table.
fn show(paper: &mut Paper, dossier: &Dossier<'_>, step: &Step<'_>, part: Part) {
    match step.does {
        Does::Apply(phase, times) => apply(paper, dossier, step, phase, times, part),
        Does::Confirm(point) => confirm(paper, dossier, step, point, part),
    }
}

fn apply(
    paper: &mut Paper,
    dossier: &Dossier<'_>,
    step: &Step<'_>,
    phase: &Phase,
    times: &Times,
    part: Part,
) {
    let (zone, stage) = (dossier.zone(), phase.stage);
    part.below(paper, &format!("{}: {stage} {}", step.id, crate::report::text::meaning(stage)));
    let looks: Vec<_> = looks(dossier, phase).into_iter().map(|line| code(&line)).collect();
    let undo = match stage.is_final() {
        true => "none: a way back is a transition of its own".to_owned(),
        false => format!(
            "{}; {} until no cache has it any more{}",
            code(&format!("cutover rollback {zone}")),
            span(times.rollback_cost),
            price(stage)
        ),
    };
    let waits: Vec<_> = phase
        .gates
        .iter()
        .filter(|gate| !matches!(gate, Gate::Confirmed(_)))
        .map(|gate| escape(&crate::report::text::wait(gate, &dossier.when)))
        .collect();
    let row = |what: &str, text: String| vec![what.to_owned(), text];
    let rows = [
        row("begins", format!("{} at the earliest", dossier.when.at(times.begins))),
        row("latest", step.until.map(|time| dossier.when.at(time)).unwrap_or_default()),
        row("waits", waits.join("; ")),
        row("do", code(&format!("cutover apply {zone} --through {stage}"))),
        row("changes", format!("{} RRsets, listed below by stage", phase.changes.len())),
        row(
            "expect",
            format!(
                "{} on all servers by {}",
                code(&format!("{stage} is on every name server")),
                dossier.when.at(times.published_by)
            ),
        ),
        row("check", looks.join(" ")),
        row(
            "watch",
            format!(
                "{} until {}: then no cache has the old any more",
                code(&format!("cutover watch {zone}")),
                dossier.when.at(times.drained_by)
            ),
        ),
        row("undo", undo),
        row("who, initials, time", format!("{} {BLANK}", owner(dossier, stage.name()))),
    ];
    paper.table(&["", ""], rows.into_iter().filter(|row| !row[1].is_empty()));
}

/// What turning back costs besides time.
fn price(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepare => "; what it added may also stay, and harms nobody",
        Stage::Submission => "; what was sent by the new platform stays sent",
        Stage::Delivery => {
            "; what arrived at the new platform is copied or forwarded back, and it goes on \
             accepting mail until then"
        }
        Stage::Retrieval => {
            "; what users changed at the new platform (flags, folders, sent mail) is copied back, \
             or lost"
        }
        _ => "",
    }
}

/// Questions to a name server, with what it must answer.
fn looks(dossier: &Dossier<'_>, phase: &Phase) -> Vec<String> {
    /// So many show that the stage is there; `watch` looks at all.
    const MOST: usize = 2;
    let Some(server) = dossier.servers().into_iter().next() else { return Vec::new() };
    let server = Dossier::plain(&server);
    let look = |change: &Change| {
        let RrKey { owner, rtype } = change.key();
        let answer = change.after().map(RrSet::rdata).unwrap_or_default();
        let answer: Vec<_> = answer.iter().map(ToString::to_string).collect();
        let mut shown = answer.join(", ");
        if shown.is_empty() {
            shown = "nothing".to_owned();
        }
        if shown.chars().count() > 70 {
            shown = shown.chars().take(70).collect::<String>() + "...";
        }
        format!("dig +short +norec @{server} {owner} {rtype} → {shown}")
    };
    let mut changes: Vec<_> = phase.changes.iter().collect();
    // What comes or becomes another tells more than a TTL.
    changes.sort_by_key(|change| (change.is_ttl_only(), change.after().is_none()));
    changes.into_iter().take(MOST).map(look).collect()
}

fn confirm(
    paper: &mut Paper,
    dossier: &Dossier<'_>,
    step: &Step<'_>,
    point: &Checkpoint,
    part: Part,
) {
    part.below(paper, &format!("{}: {}", step.id, point.id));
    let known = self::step(&point.id);
    let time = |time: Option<Timestamp>| time.map(|time| dossier.when.at(time)).unwrap_or_default();
    let done = dossier.spec.confirmed.iter().find(|one| one.id == point.id);
    let done = done.map(|one| {
        let note = one.note.iter().map(|note| format!(": {}", escape(note))).collect::<String>();
        format!("the zone file says so, by {}{note}", escape(&one.by))
    });
    let row = |what: &str, text: String| vec![what.to_owned(), text];
    let blank = |text: Option<&str>| text.map_or_else(|| BLANK.to_string(), escape);
    let rows = [
        row("begins", time(step.from)),
        row("done by", time(step.until)),
        row("do", escape(&point.ask)),
        row("check", blank(known.map(|one| one.check))),
        row("evidence", format!("{}: {BLANK}", known.map_or("what was seen", |one| one.evidence))),
        row("then", code(&format!("cutover confirm {} {} --note ...", dossier.zone(), point.id))),
        row("undo", blank(known.map(|one| one.undo))),
        row("done", done.unwrap_or_default()),
        row("who, initials, time", format!("{} {BLANK}", owner(dossier, &point.id))),
    ];
    paper.table(&["", ""], rows.into_iter().filter(|row| !row[1].is_empty()));
}

/// Which program was tried with what.
fn clients(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    part.below(paper, "Mail programs and what they need");
    let (head, rows) = crate::report::clients::table(dossier);
    paper.table(&head, rows.into_iter().map(|row| row.iter().map(|cell| escape(cell)).collect()));
    for remark in crate::report::clients::remarks(dossier) {
        paper.text(escape(&remark));
    }
    let own = crate::report::settings(dossier).into_iter().filter_map(|one| match one.host {
        crate::report::Host::Own(name) => Some(code(&Dossier::plain(&name))),
        crate::report::Host::Platform(_) => None,
    });
    let own: Vec<_> = own.collect();
    if !own.is_empty() {
        paper.text(format!(
            "{BLANK} certificates to be checked: they must have {}.",
            own.join(", ")
        ));
    }
    let tried = &dossier.runbook().clients;
    let blank = ["Outlook", "Thunderbird", "Apple Mail", "phones"].map(str::to_owned).to_vec();
    let rows = if tried.is_empty() { &blank } else { tried };
    let box_ = BLANK.to_string();
    let rows = rows.iter().map(|name| {
        let mut row = vec![escape(name)];
        row.extend(std::iter::repeat_n(box_.clone(), 5));
        row
    });
    paper.table(&["program", "IMAP", "POP", "sends", "certificate", "signs in"], rows);
}
