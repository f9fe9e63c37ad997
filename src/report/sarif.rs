//! SARIF 2.1.0, the form in which code hosts take findings in.

use serde_json::{Value, json};

/// One finding with its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Result {
    /// The rule, such as `SPF01`; files that cannot be read are all `CONFIG`.
    pub rule: String,
    /// `error`, `warning` or `note`.
    pub level: &'static str,
    /// What is wrong and what to do.
    pub message: String,
    /// The file, relative to the project.
    pub file: String,
    /// Line and column, from 1; `None` for the file as a whole.
    pub place: Option<(usize, usize)>,
}

/// One document of one run of this program.
pub fn document(results: &[Result]) -> Value {
    let each = results.iter().map(|Result { rule, level, message, file, place }| {
        let mut location = json!({"artifactLocation": {"uri": file}});
        if let Some((line, column)) = place {
            location["region"] = json!({"startLine": line, "startColumn": column});
        }
        json!({
            "ruleId": rule,
            "level": level,
            "message": {"text": message},
            "locations": [{"physicalLocation": location}],
        })
    });
    let driver = json!({"name": "cutover", "version": env!("CARGO_PKG_VERSION")});
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": each.collect::<Vec<_>>()}],
    })
}
