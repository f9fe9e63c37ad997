//! What is written to whom, and when: one letter an audience.

mod letter;
mod others;
mod users;

pub use letter::{Block, Form, Notice};

use super::{BLANK, Dossier, span};
use crate::plan::{Kind, Timestamp};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// All letters about one zone, in the order of their numbers; none where nothing moves that people
/// notice.
pub fn notices(dossier: &Dossier<'_>) -> Vec<Notice> {
    let Some(at) = Dates::of(dossier) else { return Vec::new() };
    let facts = Facts { dossier, at };
    vec![
        users::announce(&facts),
        users::instruct(&facts),
        users::remind(&facts),
        others::helpdesk(&facts),
        users::freeze(&facts),
        users::done(&facts),
        users::not_done(&facts),
        others::partners(&facts),
        users::chase(&facts),
        users::farewell(&facts),
        others::senders(&facts),
    ]
}

/// The days on which letters are sent and of which they speak.
struct Dates {
    /// When users begin to notice.
    opens: Timestamp,
    /// When they have noticed all of it.
    closes: Timestamp,
    /// When the last cache has forgotten.
    moved: Timestamp,
    /// When the old system ends.
    off: Timestamp,
    /// By when users must have done their share, where they move by themselves.
    deadline: Option<Timestamp>,
}

impl Dates {
    fn of(dossier: &Dossier<'_>) -> Option<Self> {
        let opens = dossier.opening()?;
        let moved = dossier.moved_by()?;
        let closes = dossier.plan().window.map_or(moved, |window| window.closes());
        let off = dossier.proposal.schedule.milestones.decommission_at.unwrap_or(moved);
        Some(Self { opens, closes, moved, off, deadline: dossier.deadline() })
    }
}

/// What letters are made of.
struct Facts<'a> {
    dossier: &'a Dossier<'a>,
    at: Dates,
}

impl Facts<'_> {
    /// Whose mail it is.
    fn organisation(&self) -> String {
        self.dossier.runbook().organisation.clone().unwrap_or_else(|| self.dossier.zone())
    }

    /// Where help is found.
    fn help(&self) -> String {
        let known = self.dossier.runbook().helpdesk.clone();
        known.unwrap_or_else(|| format!("{BLANK} helpdesk"))
    }

    /// The old and the new, in words.
    fn platforms(&self) -> (String, String) {
        let intent = &self.dossier.spec.intent;
        (self.dossier.nickname(&intent.old), self.dossier.nickname(&intent.new))
    }

    /// A day and hour, for people.
    fn day(&self, time: Timestamp) -> String {
        self.dossier.when.day(time)
    }

    /// Whether the old system's doors are closed at the beginning.
    fn is_in_a_night(&self) -> bool {
        self.dossier.policy.kind != Some(Kind::InstituteToCentral)
    }

    /// How long users notice it.
    fn length(&self) -> String {
        span((self.at.closes - self.at.opens).to_std().unwrap_or_default())
    }

    /// The settings, and what is to be said of them.
    fn settings(&self) -> Vec<Block> {
        let (head, rows) = super::clients::table(self.dossier);
        let table = Block::Table(
            head.iter().map(|&cell| cell.to_owned()).collect(),
            rows.into_iter().map(Vec::from).collect(),
        );
        let remarks = super::clients::remarks(self.dossier);
        let found = super::clients::discovery(self.dossier);
        let finds = (!found.is_empty()).then(|| {
            let names: Vec<_> = found.iter().map(Dossier::plain).collect();
            format!(
                "Programs that ask for the mail address only find all this by {}.",
                names.join(" and ")
            )
        });
        let points: Vec<_> = remarks.into_iter().chain(finds).collect();
        let points = (!points.is_empty()).then_some(Block::Points(points));
        [table].into_iter().chain(points).collect()
    }
}
