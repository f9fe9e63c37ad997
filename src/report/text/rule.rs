//! A rule, with its examples.

use super::{ADDED, REMOVED, STRONG, Styled};
use crate::mail::lint::Rule;

/// What a rule wants, and how it looks.
pub fn rule(rule: &Rule) -> String {
    let Rule { id, severity, says, reference, bad, good, .. } = rule;
    let lines = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let title = Styled(STRONG, id);
    let (wrong, right) = (Styled(REMOVED, "wrong"), Styled(ADDED, "right"));
    let (bad, good) = (lines(bad), lines(good));
    format!("{title} ({severity}, {reference})\n  {says}\n\n  {wrong}\n{bad}\n  {right}\n{good}")
}
