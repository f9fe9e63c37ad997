//! `cutover check`: mistakes in files, and in live zones.

use super::compare::compare;
use super::propose::propose;
use super::session::{Session, read};
use super::{Failure, Terminal, args, exit};
use crate::config::{
    Diagnostic, Severity as FileSeverity, Source, ZoneSpec, advice, places, weighed,
};
use crate::mail::{Finding, Severity, lint};
use crate::plan::rules;
use crate::port::Visitor;
use crate::probe::Visits;
use crate::report::{json, sarif, text};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Reads and lints; nothing is changed.
pub(super) async fn check(
    base: &Path,
    args: &args::Check,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    if let Some(id) = &args.explain {
        return explain(id, terminal);
    }
    let (_, files) = read(base)?;
    let found = if files.has_errors() { Vec::new() } else { lint(base, args, terminal).await? };
    let plain = || found.iter().map(|found| found.finding.clone()).collect::<Vec<_>>();
    if args.json {
        let files: Vec<_> =
            files.0.iter().flat_map(|(source, all)| problems(source, all)).collect();
        let findings: Vec<_> = found.iter().map(Found::json).collect();
        let document = json!({"version": 1, "files": files, "findings": findings});
        terminal.print(&format!("{document:#}\n"));
    } else if args.sarif {
        let mistakes = files.0.iter().flat_map(|(source, all)| mistakes(source, all));
        let results: Vec<_> = mistakes.chain(found.iter().map(Found::sarif)).collect();
        terminal.print(&format!("{:#}\n", sarif::document(&results)));
    } else {
        for (source, found) in &files.0 {
            terminal.note(&source.render(found, terminal.is_coloured()));
        }
        let placed = found.iter().map(|found| (&found.finding, found.at()));
        terminal.print(&text::placed_findings(placed));
    }
    Ok(verdict(files.has_errors(), &plain()))
}

/// Tells what a rule wants, whoever keeps it.
fn explain(id: &str, terminal: &Terminal) -> Result<u8, Failure> {
    let all: Vec<_> = lint::rules().copied().chain(rules::rules()).collect();
    let wanted = id.to_ascii_uppercase();
    let unknown = || {
        let ids: Vec<_> = all.iter().map(|rule| rule.id).collect();
        let message = format!("there is no rule `{id}`; {}", advice(&wanted, &ids));
        Failure::with(exit::USAGE, message)
    };
    terminal.print(&text::rule(all.iter().find(|rule| rule.id == wanted).ok_or_else(unknown)?));
    Ok(exit::DONE)
}

/// A finding with the file that is about its zone, and its place there if the file causes it.
struct Found {
    path: PathBuf,
    place: Option<(usize, usize)>,
    finding: Finding,
}

impl Found {
    /// `zones/example.com.yaml:12:8`, for editors.
    fn at(&self) -> Option<String> {
        let (line, column) = self.place?;
        Some(format!("{}:{line}:{column}", self.path.display()))
    }

    fn json(&self) -> Value {
        let mut finding = json::finding(&self.finding);
        finding["file"] = self.path.display().to_string().into();
        if let Some((line, column)) = self.place {
            (finding["line"], finding["column"]) = (line.into(), column.into());
        }
        finding
    }

    fn sarif(&self) -> sarif::Result {
        let Finding { id, severity, owner, message, reference } = &self.finding;
        sarif::Result {
            rule: (*id).to_owned(),
            level: match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "note",
            },
            message: format!("{owner} {message} ({reference})"),
            file: self.path.display().to_string(),
            place: self.place,
        }
    }
}

/// Findings of the zones named, or all.
async fn lint(base: &Path, args: &args::Check, terminal: &Terminal) -> Result<Vec<Found>, Failure> {
    let mut session = Session::open(base, terminal).await?;
    session.visitor = args.live.then(|| Box::new(Visits::new()) as Box<dyn Visitor>);
    // A project without zones is a beginning, not a mistake.
    if args.zones.is_empty() && session.project.zones.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for spec in session.zones(&args.zones)? {
        let findings: Vec<_> = match args.live {
            true => {
                let proposal = propose(&session, spec, session.now(), false).await;
                let proposal = proposal.map_err(|failure| failure.of(&spec.intent.zone))?;
                let compared = compare(&session, spec).await.into_iter();
                let compared = compared.map(|finding| weighed(finding, &spec.accepted));
                proposal.findings.into_iter().chain(compared).collect()
            }
            false => {
                let found = lint::intent(&spec.intent).into_iter();
                found.map(|finding| weighed(finding, &spec.accepted)).collect()
            }
        };
        found.extend(located(&session, spec, findings));
    }
    Ok(found)
}

/// Findings with what in the zone's file causes them.
fn located(session: &Session<'_>, spec: &ZoneSpec, findings: Vec<Finding>) -> Vec<Found> {
    // A file that is gone by now has no places.
    let text = session.project.files.read(&spec.path).unwrap_or_default();
    let places = places(&Source::new(&spec.path, &text), spec, &findings);
    let found = |(finding, place)| Found { path: spec.path.clone(), place, finding };
    findings.into_iter().zip(places).map(found).collect()
}

/// Findings of one zone as `check` tells them.
pub(super) fn told(session: &Session<'_>, spec: &ZoneSpec, findings: Vec<Finding>) -> String {
    let found = located(session, spec, findings);
    text::placed_findings(found.iter().map(|found| (&found.finding, found.at())))
}

fn mistakes(source: &Source, found: &[Diagnostic]) -> Vec<sarif::Result> {
    let each = found.iter().map(|one| sarif::Result {
        rule: one.id.unwrap_or("CONFIG").to_owned(),
        level: level(one.severity),
        message: one.message.clone(),
        file: source.path.display().to_string(),
        place: Some(one.place(source)),
    });
    each.collect()
}

fn level(severity: FileSeverity) -> &'static str {
    match severity {
        FileSeverity::Error => "error",
        FileSeverity::Warning => "warning",
    }
}

/// A file that cannot be read is an error; a zone that would lose mail is refused.
fn verdict(files: bool, found: &[Finding]) -> u8 {
    let is_unsafe = found.iter().any(|finding| finding.severity == Severity::Error);
    match (files, is_unsafe) {
        (true, _) => exit::ERROR,
        (false, true) => exit::UNSAFE,
        (false, false) => exit::DONE,
    }
}

fn problems(source: &Source, found: &[Diagnostic]) -> Vec<serde_json::Value> {
    let each = found.iter().map(|one| {
        let (line, column) = one.place(source);
        json!({
            "file": source.path.display().to_string(),
            "line": line,
            "column": column,
            "id": one.id,
            "severity": level(one.severity),
            "message": one.message,
            "help": one.help,
        })
    });
    each.collect()
}
