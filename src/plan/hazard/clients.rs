//! I5: names that users know lead somewhere, all the time.

use super::moment::Moment;
use super::path::ADDRESSES;
use super::{Hazard, Invariant, Stage};
use crate::dns::{Name, Rdata};
use crate::mail::Side;
use std::collections::BTreeSet;

pub(super) fn judge(moment: &Moment<'_>) -> Vec<Hazard> {
    let judged = judged(moment);
    let lost = judged.iter().filter_map(|name| {
        let mixture = moment.lost(name, ADDRESSES)?;
        let problem = format!("finds no address of `{name}`: users cannot connect");
        Some(moment.hazard(Invariant::Clients, name, problem, mixture))
    });
    lost.collect()
}

/// The names that must lead somewhere in this phase.
///
/// The target side's must, and on the way forward the old side's until it retires; each as soon as
/// no version is alive in which nobody knew it yet.
pub(super) fn judged(moment: &Moment<'_>) -> BTreeSet<Name> {
    let (old, new) = (&moment.intent.old, &moment.intent.new);
    let (old, new) = (names(old, moment.apex()), names(new, moment.apex()));
    let mut wanted = if moment.is_forward() { new } else { old.clone() };
    if moment.is_forward() && !moment.has_reached(Stage::is_final) {
        wanted.extend(old);
    }
    let known = |at: &usize, name: &Name| moment.alone(*at).lost(name, ADDRESSES).is_none();
    wanted.retain(|name| (0..=*moment.alive.start()).any(|at| known(&at, name)));
    wanted
}

/// The names within the zone by which one side's users connect.
pub(super) fn names(side: &Side, apex: &Name) -> BTreeSet<Name> {
    let hosts = side.submission.iter().chain(&side.retrieval);
    let own = hosts.filter(|(_, data)| !data.is_empty()).map(|(name, _)| name);
    let records = side.records.iter().flat_map(|(rrset, _)| rrset.rdata());
    let targets = records.filter_map(|data| match data {
        Rdata::Srv(srv) => Some(&srv.target),
        _ => None,
    });
    own.chain(targets).filter(|name| name.is_within(apex)).cloned().collect()
}
