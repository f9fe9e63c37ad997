//! `cutover check`: mistakes in files, and in live zones.

use super::propose::propose;
use super::session::{Session, read};
use super::{Failure, Terminal, args, exit};
use crate::config::{Diagnostic, Severity as FileSeverity, Source, advice, weighed};
use crate::mail::{Finding, Severity, lint};
use crate::plan::rules;
use crate::report::{json, sarif, text};
use serde_json::json;
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
    let plain = || found.iter().map(|(_, finding)| finding.clone()).collect::<Vec<_>>();
    if args.json {
        let places: Vec<_> = files.0.iter().flat_map(|(source, all)| places(source, all)).collect();
        let findings = json::findings(&plain());
        let document = json!({"version": 1, "files": places, "findings": findings});
        terminal.print(&format!("{document:#}\n"));
    } else if args.sarif {
        let mistakes = files.0.iter().flat_map(|(source, all)| mistakes(source, all));
        let results: Vec<_> = mistakes.chain(found.iter().map(rule)).collect();
        terminal.print(&format!("{:#}\n", sarif::document(&results)));
    } else {
        for (source, problems) in &files.0 {
            terminal.note(&source.render(problems, terminal.is_coloured()));
        }
        terminal.print(&text::findings(&plain()));
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

/// Findings of the zones named, or all, each with its zone file.
async fn lint(
    base: &Path,
    args: &args::Check,
    terminal: &Terminal,
) -> Result<Vec<(PathBuf, Finding)>, Failure> {
    let session = Session::open(base, terminal).await?;
    // A project without zones is a beginning, not a mistake.
    if args.zones.is_empty() && session.project.zones.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for spec in session.zones(&args.zones)? {
        let findings = match args.live {
            true => {
                let proposal = propose(&session, spec, session.now(), false).await;
                proposal.map_err(|failure| failure.of(&spec.intent.zone))?.findings
            }
            false => {
                let found = lint::intent(&spec.intent).into_iter();
                found.map(|finding| weighed(finding, &spec.accepted)).collect()
            }
        };
        found.extend(findings.into_iter().map(|finding| (spec.path.clone(), finding)));
    }
    Ok(found)
}

fn rule((path, finding): &(PathBuf, Finding)) -> sarif::Result {
    sarif::Result {
        rule: finding.id.to_owned(),
        level: match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "note",
        },
        message: format!("{} {} ({})", finding.owner, finding.message, finding.reference),
        file: path.display().to_string(),
        place: None,
    }
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

fn places(source: &Source, found: &[Diagnostic]) -> Vec<serde_json::Value> {
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
