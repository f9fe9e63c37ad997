//! Floor 7: plans, runs and matrices as text, Markdown, JSON and SARIF, and the papers that people
//! carry along. Renders, never decides.

pub mod after;
pub mod calendar;
mod clients;
mod country;
pub mod curve;
mod dossier;
pub mod json;
pub mod markdown;
pub mod notices;
pub mod paper;
pub mod runbook;
pub mod sarif;
mod scale;
pub mod text;
mod when;

pub use crate::plan::span;
pub use clients::{Host, Setting, settings};
pub use country::country;
pub use dossier::{BLANK, Dossier};
pub use scale::Scale;
pub use when::{When, clock_change};

use crate::dns::Name;
use crate::mail::Finding;
use crate::plan::{Facts, Guard, Plan, Schedule};
use crate::port::{Access, ProviderError};

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
    /// What the host compares before it writes, if it was asked.
    pub guard: Option<Guard>,
}

/// What one account says of one zone.
#[derive(Debug)]
pub struct Standing {
    /// The account: its file's name.
    pub account: String,
    /// What drives it.
    pub driver: String,
    /// The zone; `None` where no zone file uses the account.
    pub zone: Option<Name>,
    /// What can be done there, as far as it was found out.
    pub facts: Option<Facts>,
    /// Whether it may be written.
    pub access: Access,
    /// What went wrong.
    pub problem: Option<ProviderError>,
}

impl Proposal {
    /// Whether nothing found forbids it.
    pub fn is_feasible(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity < crate::mail::Severity::Error)
    }
}
