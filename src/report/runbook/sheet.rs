//! One step on a sheet: what is done, what it must show, how it is undone, and by whom.

use super::people::owner;
use super::script::{Does, Step};
use super::steps::step as known;
use crate::dns::{RrKey, RrSet};
use crate::plan::schedule::Times;
use crate::plan::{Change, Checkpoint, Gate, Phase, Stage, Timestamp};
use crate::report::paper::{Paper, code, escape, prose};
use crate::report::{BLANK, Dossier, span, text};

pub(super) fn sheet(paper: &mut Paper, dossier: &Dossier<'_>, step: &Step<'_>) {
    let (title, mut rows, owned) = match step.does {
        Does::Apply(phase, times) => {
            let stage = phase.stage;
            let title = format!("{}: {}", code(stage.name()), text::meaning(stage));
            (title, apply(dossier, phase, times), stage.name())
        }
        Does::Confirm(point) => (code(&point.id), confirm(dossier, point), point.id.as_str()),
    };
    rows.insert(0, ("when", span_of(dossier, step)));
    let owner = owner(dossier, owned);
    rows.push(("who", format!("{owner}; done at {BLANK}, initials {BLANK}")));
    let rows = rows.into_iter().filter(|(_, text)| !text.is_empty());
    paper.table(&[&step.id, &title], rows.map(|(what, text)| vec![what.to_owned(), text]));
}

type Rows = Vec<(&'static str, String)>;

/// From when to when.
fn span_of(dossier: &Dossier<'_>, step: &Step<'_>) -> String {
    let at = |time: Timestamp| dossier.when.at(time);
    match (step.from, step.until) {
        (Some(from), Some(until)) if from < until => format!("from {}, by {}", at(from), at(until)),
        (Some(from), _) => format!("from {} on", at(from)),
        (None, Some(until)) => format!("by {}", at(until)),
        (None, None) => String::new(),
    }
}

fn apply(dossier: &Dossier<'_>, phase: &Phase, times: &Times) -> Rows {
    let (zone, stage) = (dossier.zone(), phase.stage);
    let looks = looks(dossier, phase);
    let undo = match stage.is_final() {
        true => "none: a way back is a transition of its own".to_owned(),
        false => format!(
            "{}; {} until no cache has it any more{}",
            code(&format!("cutover rollback {zone}")),
            span(times.rollback_cost),
            price(stage)
        ),
    };
    // A time that is told already needs no gate.
    let told = |gate: &&Gate| !matches!(gate, Gate::Confirmed(_) | Gate::NotBefore(_));
    let waits = phase.gates.iter().filter(told);
    let waits: Vec<_> = waits.map(|gate| prose(&text::wait(gate, &dossier.when))).collect();
    let expect = code(&format!("{stage} is on every name server"));
    vec![
        ("waits", waits.join("; ")),
        ("do", code(&format!("cutover apply {zone} --through {stage}"))),
        ("expect", format!("{expect}, by {}", dossier.when.at(times.published_by))),
        ("check", looks.join("; ")),
        (
            "watch",
            format!(
                "{} until {}: then no cache has the old any more",
                code(&format!("cutover watch {zone}")),
                dossier.when.at(times.drained_by)
            ),
        ),
        ("undo", undo),
    ]
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
    let look = |change: &&Change| {
        let RrKey { owner, rtype } = change.key();
        let answer = change.after().map(RrSet::rdata).unwrap_or_default();
        let answer: Vec<_> = answer.iter().map(ToString::to_string).collect();
        let answer = if answer.is_empty() { "nothing".to_owned() } else { answer.join(", ") };
        let shown = match answer.chars().count() {
            0..=70 => answer,
            _ => answer.chars().take(70).collect::<String>() + "...",
        };
        let ask = code(&format!("dig +short +norec @{server} {owner} {rtype}"));
        format!("{ask} says {}", code(&shown))
    };
    let mut changes: Vec<_> = phase.changes.iter().collect();
    // What comes or becomes another tells more than a TTL.
    changes.sort_by_key(|change| (change.is_ttl_only(), change.after().is_none()));
    changes.iter().take(MOST).map(look).collect()
}

fn confirm(dossier: &Dossier<'_>, point: &Checkpoint) -> Rows {
    let known = known(&point.id);
    let done = dossier.spec.confirmed.iter().find(|one| one.id == point.id);
    let done = done.map(|one| {
        let note: String = one.note.iter().map(|note| format!(": {}", escape(note))).collect();
        format!("the zone file says so, by {}{note}", escape(&one.by))
    });
    let blank = |text: Option<&str>| text.map_or_else(|| BLANK.to_string(), prose);
    let evidence = prose(known.map_or("what was seen", |one| one.evidence));
    vec![
        ("do", prose(&point.ask)),
        ("check", blank(known.map(|one| one.check))),
        ("evidence", format!("{evidence}: {BLANK}")),
        ("then", code(&format!("cutover confirm {} {} --note ...", dossier.zone(), point.id))),
        ("undo", blank(known.map(|one| one.undo))),
        ("done", done.unwrap_or_default()),
    ]
}
