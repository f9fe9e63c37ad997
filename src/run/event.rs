//! Facts about a run, as they are journalled.

use crate::plan::{Guard, Plan, Sighting, Stage, Timestamp};

/// A fact with its time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// What can happen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// A plan was approved; it takes the place of one that is done or turned back.
    Planned(Box<Plan>),
    /// A phase is about to be sent: written before the provider is called.
    ApplyBegan(Stage),
    /// The providers hold the phase's changes; what the weakest of them compared before it wrote.
    Applied(Stage, Guard),
    /// Servers changed what they answer. What nobody planned may be answered until `Published`.
    Seen {
        /// While this phase was being published.
        stage: Stage,
        /// Who, and what.
        seen: Vec<Sighting>,
    },
    /// Every authoritative server answers with them.
    Published {
        /// Which phase.
        stage: Stage,
        /// From when on no server answered anything else.
        since: Timestamp,
    },
    /// The live zone was found to be as after this stage, which the journal does not know.
    Found(Stage),
    /// The zone file was edited; what has been done comes out the same.
    Revised(Box<Plan>),
    /// A check has passed.
    Probed {
        /// Its name.
        probe: String,
        /// What was found.
        found: String,
    },
    /// A person did a manual step.
    Confirmed {
        /// The checkpoint's name.
        checkpoint: String,
        /// Who.
        by: String,
        /// In their words.
        note: Option<String>,
    },
}

impl Event {
    /// A word for messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Planned(_) => "planned",
            Self::ApplyBegan(_) => "apply-began",
            Self::Applied(..) => "applied",
            Self::Seen { .. } => "seen",
            Self::Published { .. } => "published",
            Self::Found(_) => "found",
            Self::Revised(_) => "revised",
            Self::Probed { .. } => "probed",
            Self::Confirmed { .. } => "confirmed",
        }
    }

    /// The stage that it is about, if it is about one.
    pub fn stage(&self) -> Option<Stage> {
        match self {
            Self::ApplyBegan(stage)
            | Self::Applied(stage, _)
            | Self::Seen { stage, .. }
            | Self::Published { stage, .. }
            | Self::Found(stage) => Some(*stage),
            Self::Planned(_) | Self::Revised(_) | Self::Probed { .. } | Self::Confirmed { .. } => {
                None
            }
        }
    }
}
