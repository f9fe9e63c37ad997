//! What a check has to say about a zone or a plan.

use crate::dns::Name;
use std::fmt;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works, but a careful person would change it.
    Warning,
    /// Mail would be lost, bounced or delayed: the plan is refused.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that a check found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// A stable name such as `SPF01`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Which name it is about.
    pub owner: Name,
    /// What is wrong and what to do, in one sentence.
    pub message: String,
    /// Where that is written: `RFC 7208 §4.5`.
    pub reference: &'static str,
}
