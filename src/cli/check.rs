//! `cutover check`: mistakes in files, and in live zones.

use super::plan::propose;
use super::session::{Session, read};
use super::{Failure, Terminal, args, exit};
use crate::config::{Diagnostic, Severity as FileSeverity, Source};
use crate::mail::{Finding, Severity, lint};
use crate::report::{json, text};
use serde_json::json;
use std::path::Path;

/// Reads and lints; nothing is changed.
pub(super) async fn check(
    base: &Path,
    args: &args::Check,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    let (_, files) = read(base)?;
    let mut found = Vec::new();
    if !files.has_errors() {
        let session = Session::open(base, terminal).await?;
        // A project without zones is a beginning, not a mistake.
        let is_new = args.zones.is_empty() && session.project.zones.is_empty();
        for spec in if is_new { Vec::new() } else { session.zones(&args.zones)? } {
            found.extend(match args.live {
                true => {
                    let proposal = propose(&session, spec, session.now()).await;
                    proposal.map_err(|failure| failure.of(&spec.intent.zone))?.findings
                }
                false => lint::intent(&spec.intent),
            });
        }
    }
    if args.json {
        let places: Vec<_> = files.0.iter().flat_map(|(source, all)| places(source, all)).collect();
        let document = json!({"version": 1, "files": places, "findings": json::findings(&found)});
        terminal.print(&format!("{document:#}\n"));
    } else {
        for (source, problems) in &files.0 {
            terminal.note(&source.render(problems, terminal.is_coloured()));
        }
        terminal.print(&text::findings(&found));
    }
    Ok(verdict(files.has_errors(), &found))
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
        let severity = match one.severity {
            FileSeverity::Error => "error",
            FileSeverity::Warning => "warning",
        };
        json!({
            "file": source.path.display().to_string(),
            "line": line,
            "column": column,
            "severity": severity,
            "message": one.message,
            "help": one.help,
        })
    });
    each.collect()
}
