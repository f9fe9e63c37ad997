//! Findings that somebody accepts, with the reason.

use super::reader::{Read, Reader, advice, scalar, text};
use super::{Diagnostic, Node};
use crate::dns::TextError;
use crate::mail::{Finding, Severity, lint};
use crate::plan::rules;

/// A rule that a zone may break, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// The rule's name.
    pub id: &'static str,
    /// Why it is broken knowingly.
    pub because: String,
}

/// `{id: SPF09, because: "..."}`.
pub(super) fn accepted(reader: &Reader<'_>, node: &Node) -> Read<Accepted> {
    let mut table = reader.table(node)?;
    let (id, because) = (table.need("id", scalar(rule)), table.need("because", text));
    table.finish();
    let because = because?;
    if because.trim().is_empty() {
        let found = Diagnostic::error("nothing is accepted without a reason");
        reader
            .tell(found.at(node.span.clone()).help("say in `because` why this is as it shall be"));
        return None;
    }
    Some(Accepted { id: id?, because })
}

fn rule(text: &str) -> Result<&'static str, TextError> {
    let mut known = lint::rules().chain(rules::of_walks()).map(|rule| rule.id);
    let message = match known.find(|id| id.eq_ignore_ascii_case(text)) {
        Some(id) => return Ok(id),
        None if rules::rules().any(|rule| rule.id.eq_ignore_ascii_case(text)) => {
            format!("`{text}` is no rule that a zone may break, whatever the reason")
        }
        None => {
            let known: Vec<_> = lint::rules().map(|rule| rule.id).collect();
            format!("there is no rule `{text}`; {}", advice(text, &known))
        }
    };
    Err(TextError { at: 0, len: text.len().max(1), message })
}

/// The finding as it counts where these are accepted: told still, but in nobody's way.
pub fn weighed(finding: Finding, accepted: &[Accepted]) -> Finding {
    match accepted.iter().find(|one| one.id == finding.id) {
        None => finding,
        Some(Accepted { because, .. }) => Finding {
            severity: Severity::Info,
            message: format!("{} (accepted: {because})", finding.message),
            ..finding
        },
    }
}
