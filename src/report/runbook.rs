//! The execution plan on paper: what is done when, by whom, how one sees that it worked, and how it
//! is undone.

mod after;
mod decision;
mod flow;
mod gantt;
mod inventory;
mod opening;
mod people;
mod records;
mod risks;
mod script;
mod sheet;
mod steps;
mod timetable;
mod trials;

use super::notices::notices;
use super::paper::{Paper, code, escape, prose};
use super::text::plain;
use super::{BLANK, Dossier};
use crate::mail::Severity;
use crate::plan::Timestamp;
use std::collections::BTreeSet;

/// The paper about these zones. What zones of one file have in common stands once, with the first.
pub fn runbook(dossiers: &[Dossier<'_>]) -> Paper {
    let whose = match dossiers {
        [one] => one.zone(),
        all => format!("{} domains", all.len()),
    };
    let mut paper = Paper::new(format!("Execution plan: the mail of {whose}"));
    head(&mut paper, dossiers);
    let mut files = BTreeSet::new();
    for dossier in dossiers {
        let part = Part {
            level: if dossiers.len() == 1 { 2 } else { 3 },
            is_first: files.insert(&dossier.spec.path),
        };
        if dossiers.len() > 1 {
            paper.heading(2, &escape(&dossier.zone()));
        }
        zone(&mut paper, dossier, part);
    }
    paper
}

/// Where in the paper a zone stands.
#[derive(Clone, Copy)]
struct Part {
    /// The level of its headings.
    level: usize,
    /// Whether no zone of the same file came before.
    is_first: bool,
}

impl Part {
    fn heading(self, paper: &mut Paper, text: &str) {
        paper.heading(self.level, text);
    }

    fn below(self, paper: &mut Paper, text: &str) {
        paper.heading(self.level + 1, text);
    }
}

/// Which program wrote it when, of what.
fn head(paper: &mut Paper, dossiers: &[Dossier<'_>]) {
    let row = |dossier: &Dossier<'_>| {
        let intent = &dossier.spec.intent;
        let way = format!("{} to {}", dossier.called(&intent.old), dossier.called(&intent.new));
        let opening = dossier.opening().map(|time| dossier.when.at(time));
        let rollback = dossier.proposal.schedule.milestones.last_rollback;
        vec![
            code(&dossier.zone()),
            escape(&way),
            opening.unwrap_or_else(|| "nothing moves".to_owned()),
            rollback.map_or_else(|| "no window".to_owned(), |time| dossier.when.at(time)),
            code(&dossier.plan().digest()[..12]),
        ]
    };
    let head = ["domain", "way", "users notice from", "turn back by", "plan"];
    paper.table(&head, dossiers.iter().map(row));
    if let Some(first) = dossiers.first() {
        paper.text(format!(
            "Written by cutover {} on {}, from the zone file and the live zone. Times are told in \
             the time zone of the window, and in UTC. {BLANK} marks what nobody has written down \
             yet: fill it in by hand, or under `runbook:` in the zone file.",
            env!("CARGO_PKG_VERSION"),
            first.when.at(first.when.now)
        ));
    }
}

fn zone(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    warnings(paper, dossier);
    if dossier.plan().phases.is_empty() {
        paper.text("Nothing is to be done: the zone is as its file wants it.");
        return;
    }
    if !part.is_first {
        let file = code(&dossier.spec.path.display().to_string());
        paper.text(format!(
            "Its file, {file}, is that of a domain above: purpose, assumptions, people, tests, \
             risks and what comes after are the same. Here is what is its own."
        ));
    }
    let mut number = 0;
    let mut chapter = |title: &str, paper: &mut Paper| {
        number += 1;
        part.heading(paper, &format!("{number}. {title}"));
    };
    if part.is_first {
        chapter("Purpose", paper);
        opening::purpose(paper, dossier, part);
        chapter("Assumptions", paper);
        opening::assumptions(paper, dossier, part);
    }
    chapter("Inventory", paper);
    inventory::inventory(paper, dossier, part);
    if part.is_first {
        chapter("How mail flows", paper);
        flow::flow(paper, dossier, part);
        chapter("People", paper);
        people::people(paper, dossier);
    }
    chapter("Schedule", paper);
    timetable::timetable(paper, dossier, part);
    chapter("Preparation", paper);
    script::preparation(paper, dossier, part);
    chapter("Script of the window", paper);
    script::window(paper, dossier, part);
    chapter("Go or no-go", paper);
    decision::decision(paper, dossier, part);
    if part.is_first {
        chapter("Tests", paper);
        trials::trials(paper, dossier, part);
    }
    chapter("After the move", paper);
    script::afterwards(paper, dossier);
    if part.is_first {
        after::soak(paper, dossier, part);
        chapter("The old system", paper);
        after::fate(paper, dossier);
        chapter("Notices", paper);
        letters(paper, dossier);
        chapter("Risks", paper);
        risks::risks(paper, dossier);
    }
    chapter("Records to change, stage by stage", paper);
    records::changes(paper, dossier, part);
    chapter("Appendix: every record, before and after", paper);
    records::appendix(paper, dossier, part);
}

/// What speaks against the plan, first of all.
fn warnings(paper: &mut Paper, dossier: &Dossier<'_>) {
    let found = dossier.proposal.findings.iter().filter(|one| one.severity > Severity::Info);
    let lines: String = found
        .map(|one| {
            let word = if one.severity == Severity::Error { "**Refused**" } else { "**Warning**" };
            // Behind the first line stand the ways out.
            let told: Vec<_> = one.message.lines().map(|line| prose(line.trim())).collect();
            let (id, owner) = (code(one.id), code(&plain(&one.owner)));
            format!("- {word} {id}: {owner} {}\n", told.join("\n  - "))
        })
        .collect();
    if !dossier.proposal.is_feasible() {
        paper.text("**This plan is refused: it cannot be carried out as it stands.**");
    }
    if !lines.is_empty() {
        paper.text(lines);
    }
}

fn letters(paper: &mut Paper, dossier: &Dossier<'_>) {
    paper.text(format!("Texts: {}.", code(&format!("cutover notices {}", dossier.zone()))));
    let rows = notices(dossier).into_iter().map(|letter| {
        let sent = letter.sent(&dossier.when);
        vec![
            format!("{} {}", letter.id, letter.name),
            escape(&letter.to),
            escape(&sent),
            escape(&letter.subject),
            BLANK.to_string(),
        ]
    });
    paper.table(&["letter", "to", "send", "subject", "sent"], rows);
}

/// What is known, or a blank that says what is missing.
fn known(fact: Option<&str>, what: &str) -> String {
    fact.map_or_else(|| format!("{BLANK} {what}"), prose)
}

/// A time in both clocks, or that there is none.
fn at(dossier: &Dossier<'_>, time: Option<Timestamp>) -> String {
    time.map_or_else(|| "not before the plan has a window".to_owned(), |time| dossier.when.at(time))
}
