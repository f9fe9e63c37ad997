//! I11: an alias has its name to itself.

use super::moment::Moment;
use super::{Hazard, Held, Invariant};
use crate::dns::{Name, RrSet, Zone};
use crate::mail::lint;
use std::collections::BTreeSet;

/// Aliases that a phase puts beside other records, or others beside them.
pub(super) fn judge(moment: &Moment<'_>) -> Vec<Hazard> {
    let before = crowded(&moment.zones[0]);
    let crowded = crowded(moment.newest()).into_iter().filter(|owner| !before.contains(owner));
    let hazards = crowded.map(|owner| {
        let beside = moment.newest().at(owner).map(|set| Held {
            key: set.key().clone(),
            data: set.rdata().iter().map(ToString::to_string).collect(),
            since: None,
        });
        let problem = "gets one or the other: an alias stands alone".to_owned();
        moment.hazard(Invariant::Aliases, owner, problem, beside.collect())
    });
    hazards.collect()
}

fn crowded(zone: &Zone) -> BTreeSet<&Name> {
    lint::crowded_aliases(zone).map(RrSet::owner).collect()
}
