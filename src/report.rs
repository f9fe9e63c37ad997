//! Floor 7: plans, runs and matrices as text, Markdown, JSON and SARIF. Renders, never
//! decides.

pub mod json;
pub mod markdown;
pub mod sarif;
pub mod text;
mod when;

pub use crate::plan::span;
pub use when::{When, clock_change};

use crate::dns::Name;
use crate::mail::Finding;
use crate::plan::{Plan, Schedule};

/// A plan with what was found on the way to it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The zone.
    pub zone: Name,
    /// The platforms' names, where the zone file gives them: from and to.
    pub platforms: (Option<String>, Option<String>),
    /// The plan.
    pub plan: Plan,
    /// Its times, if it begins now.
    pub schedule: Schedule,
    /// What speaks for or against it.
    pub findings: Vec<Finding>,
}

impl Proposal {
    /// Whether nothing found forbids it.
    pub fn is_feasible(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity < crate::mail::Severity::Error)
    }
}
