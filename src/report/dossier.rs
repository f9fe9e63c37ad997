//! What papers about one zone's move are written from.

use super::{Proposal, When};
use crate::config::{Platform, Runbook, ZoneSpec, platform};
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Zone};
use crate::mail::{Role, Side};
use crate::plan::schedule::Times;
use crate::plan::{Checkpoint, Gate, Kind, Phase, Plan, Policy, Stage, Timestamp, overlay};
use std::collections::BTreeSet;

/// A zone file, its plan and its times, together.
#[derive(Clone, Debug)]
pub struct Dossier<'a> {
    /// What the zone file says.
    pub spec: &'a ZoneSpec,
    /// The plan, and what was found on the way to it.
    pub proposal: Proposal,
    /// The policy by which the plan was made.
    pub policy: Policy,
    /// The zone before the first stage.
    pub start: Zone,
    /// How times are told.
    pub when: When,
}

/// A fact that nobody has written down yet.
pub const BLANK: char = '▢';

impl Dossier<'_> {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.proposal.plan
    }

    /// What only people know.
    pub fn runbook(&self) -> &Runbook {
        &self.spec.runbook
    }

    /// The zone's name as people write it.
    pub fn zone(&self) -> String {
        super::text::plain(&self.proposal.zone)
    }

    /// A name as people write it: without the dot at its end.
    pub fn plain(name: &Name) -> String {
        super::text::plain(name)
    }

    /// Phases with their times.
    pub fn phases(&self) -> impl DoubleEndedIterator<Item = (&Phase, &Times)> {
        self.plan().phases.iter().zip(&self.proposal.schedule.phases)
    }

    /// One of them.
    pub fn phase(&self, stage: Stage) -> Option<(&Phase, &Times)> {
        self.phases().find(|(phase, _)| phase.stage == stage)
    }

    /// Those that users notice.
    pub fn middle(&self) -> impl Iterator<Item = (&Phase, &Times)> {
        self.phases().filter(|(phase, _)| phase.stage.is_middle())
    }

    /// When users begin to notice: the window's opening, or else the first stage that they see.
    pub fn opening(&self) -> Option<Timestamp> {
        let first = self.middle().map(|(_, times)| times.begins).min();
        self.plan().window.map(|window| window.opens).or(first)
    }

    /// When nothing that users notice is in any cache any more as it was.
    pub fn moved_by(&self) -> Option<Timestamp> {
        self.middle().map(|(_, times)| times.drained_by).max()
    }

    /// The day by which users must have done their share, where they move by themselves.
    pub fn deadline(&self) -> Option<Timestamp> {
        let own = self.policy.kind == Some(Kind::InstituteToCentral);
        self.plan().window.filter(|_| own).map(|window| window.closes())
    }

    /// Manual steps with the phase before which each is done, in their order.
    pub fn checkpoints(&self) -> impl Iterator<Item = (&Checkpoint, &Phase, &Times)> {
        self.phases().flat_map(|(phase, times)| {
            phase.gates.iter().filter_map(move |gate| match gate {
                Gate::Confirmed(point) => Some((point, phase, times)),
                _ => None,
            })
        })
    }

    /// Whether the plan has this manual step.
    pub fn has(&self, id: &str) -> bool {
        self.checkpoints().any(|(point, ..)| point.id == id)
    }

    /// The zone after each stage.
    pub fn zones(&self) -> Vec<(Stage, Zone)> {
        let mut zone = self.start.clone();
        let plan = self.plan();
        let after = |phase: &Phase| {
            for change in &phase.changes {
                overlay(&mut zone, change, plan.scope(change.key()));
            }
            (phase.stage, zone.clone())
        };
        plan.phases.iter().map(after).collect()
    }

    /// The zone after the last stage.
    pub fn end(&self) -> Zone {
        self.zones().pop().map_or_else(|| self.start.clone(), |(_, zone)| zone)
    }

    /// What the preset of a side knows.
    pub fn platform(&self, side: &Side) -> Option<Platform> {
        platform(side.platform.as_deref()?, &self.spec.intent.zone)
    }

    /// A side's platform, in words.
    pub fn called(&self, side: &Side) -> String {
        let about = self.platform(side).map(|platform| platform.about);
        about.unwrap_or_else(|| "servers that no preset describes".to_owned())
    }

    /// The same in a word or two, for letters and sketches.
    pub fn nickname(&self, side: &Side) -> String {
        let called = self.called(side);
        let short = called.split(',').next().unwrap_or_default();
        short.split(" on ").next().unwrap_or_default().to_owned()
    }

    /// The name servers of the zone, as it says itself.
    pub fn servers(&self) -> Vec<Name> {
        let ns = self.start.find(self.start.apex(), Rtype::NS).map(RrSet::rdata);
        let names = ns.unwrap_or_default().iter().filter_map(|rdata| match rdata {
            Rdata::Ns(name) => Some(name.clone()),
            _ => None,
        });
        names.collect()
    }

    /// Whose an RRset is, in words.
    pub fn whose(&self, key: &RrKey) -> String {
        let intent = &self.spec.intent;
        let role = |side: &Side| {
            let claims = side.claims(&intent.zone);
            let found = claims.into_iter().find(|one| one.key == *key && !one.rdata.is_empty());
            found.map(|claim| claim.role)
        };
        let sides = match (role(&intent.old), role(&intent.new)) {
            (Some(role), Some(_)) => format!("{}, old and new", word(role)),
            (Some(role), None) => format!("{}, old", word(role)),
            (None, Some(role)) => format!("{}, new", word(role)),
            (None, None) => return "not of this move".to_owned(),
        };
        let others = self.plan().scope(key).others(self.start.get(key));
        if others.is_empty() { sides } else { format!("{sides}; shared with others") }
    }

    /// Values of other people in RRsets that the plan touches.
    pub fn neighbours(&self) -> Vec<(RrKey, Rdata)> {
        let keys: BTreeSet<_> = self.plan().scopes.keys().collect();
        let others = keys.into_iter().flat_map(|key| {
            let others = self.plan().scope(key).others(self.start.get(key));
            others.into_iter().map(move |rdata| (key.clone(), rdata.clone()))
        });
        others.collect()
    }

    /// The addresses of a host, as far as a zone tells.
    pub fn addresses(zone: &Zone, host: &Name) -> Vec<String> {
        let sets = [Rtype::A, Rtype::AAAA].into_iter().filter_map(|rtype| zone.find(host, rtype));
        sets.flat_map(RrSet::rdata).map(ToString::to_string).collect()
    }
}

/// What a role is, in a word.
fn word(role: Role) -> &'static str {
    match role {
        Role::Spf => "senders (SPF)",
        Role::Dkim => "signatures (DKIM)",
        Role::Dmarc => "policy (DMARC)",
        Role::Submission => "sending by users",
        Role::Delivery => "incoming mail",
        Role::Retrieval => "reading by users",
        Role::Other => "further",
    }
}
