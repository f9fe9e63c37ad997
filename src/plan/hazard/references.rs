//! I10: what refers to a name finds it.

use super::clients;
use super::moment::Moment;
use super::path::ADDRESSES;
use super::{Hazard, Held, Invariant, Stage};
use crate::dns::{Answer, Name, Rdata, RrKey, RrSet, Rtype, Zone};
use crate::mail::spf::{self, Mechanism, Spf, Target};
use std::collections::{BTreeMap, BTreeSet};

/// What leads from one record to a name within the zone.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Reference {
    from: RrKey,
    to: Name,
    /// What is looked for there; none means whatever there is.
    wanted: Option<Rtype>,
}

/// Names that a plan takes away before nobody is led there any more.
///
/// The zone's own MX and the names of users have invariants of their own.
pub(super) fn judge(moment: &Moment<'_>) -> Vec<Hazard> {
    let mut all: BTreeMap<Reference, BTreeSet<usize>> = BTreeMap::new();
    for (at, zone) in moment.alive() {
        for (reference, _) in references(zone) {
            all.entry(reference).or_default().insert(at);
        }
    }
    let judged = clients::judged(moment);
    let sides = [&moment.intent.old, &moment.intent.new];
    let clients = sides.map(|side| clients::names(side, moment.apex()));
    let is_client = |Reference { from, to, .. }: &Reference| {
        let is_alias = from.rtype == Rtype::CNAME;
        judged.contains(to) || (is_alias && clients.iter().any(|names| names.contains(&from.owner)))
    };
    let before: BTreeSet<_> =
        references(&moment.zones[0]).map(|(reference, _)| reference).collect();
    let hazards = all.iter().filter(|(reference, _)| !is_client(reference)).filter_map(
        |(reference, zones)| {
            let path = lost(moment, reference, zones, before.contains(reference))?;
            let mut mixture = vec![held(moment, reference)];
            mixture.extend(path);
            let problem = format!("finds nothing at `{}`, to which that leads", reference.to);
            let owner = &reference.from.owner;
            Some(moment.hazard(Invariant::References, owner, problem, mixture))
        },
    );
    hazards.collect()
}

/// Answers with which a reference in these zones leads to nothing, unless it did so all along.
///
/// Where it comes or goes altogether, who holds nothing in its place fares no better; then its
/// versions are judged one by one only.
fn lost(
    moment: &Moment<'_>,
    reference: &Reference,
    zones: &BTreeSet<usize>,
    is_old: bool,
) -> Option<Vec<Held>> {
    let lost_in =
        |versions: &Moment<'_>| versions.lost(&reference.to, &wanted(versions, reference));
    let lost_at = |at: usize| lost_in(&moment.alone(at));
    if is_old && lost_at(0).is_some() {
        return None;
    }
    // Who sent by the old platform does so no more. An include without a record fails everybody.
    let is_given_up = reference.from.rtype == Rtype::TXT
        && reference.wanted != Some(Rtype::TXT)
        && moment.has_reached(Stage::is_final)
        && !zones.contains(moment.alive.end());
    let is_always_served = || moment.alive().all(|(_, zone)| is_served(zone, reference));
    let mixed = || match !is_given_up && is_always_served() {
        true => lost_in(moment),
        false => None,
    };
    zones.iter().find_map(|at| lost_at(*at)).or_else(mixed)
}

/// Whether a zone has something in the place of this reference, itself or another.
fn is_served(zone: &Zone, reference: &Reference) -> bool {
    match reference.from.rtype {
        Rtype::CNAME => zone.at(&reference.from.owner).next().is_some(),
        _ => Answer::of(zone, &reference.from) != Answer::Absent,
    }
}

/// What must be found: addresses where there are any, else whatever there is.
fn wanted(moment: &Moment<'_>, reference: &Reference) -> Vec<Rtype> {
    match reference.wanted {
        Some(Rtype::A) => ADDRESSES.to_vec(),
        Some(rtype) => vec![rtype],
        None => {
            let found = types_at(moment, &reference.to, &mut BTreeSet::new());
            match found.is_empty() || ADDRESSES.iter().any(|rtype| found.contains(rtype)) {
                true => ADDRESSES.to_vec(),
                false => found.into_iter().collect(),
            }
        }
    }
}

/// The types that any version has at a name, aliases followed.
fn types_at(moment: &Moment<'_>, name: &Name, seen: &mut BTreeSet<Name>) -> BTreeSet<Rtype> {
    let mut found = BTreeSet::new();
    if !seen.insert(name.clone()) {
        return found;
    }
    for (_, zone) in moment.alive() {
        let source =
            if zone.has_name(name) { Some(name.clone()) } else { zone.wildcard_over(name) };
        for set in source.iter().flat_map(|source| zone.at(source)) {
            match set.rdata() {
                [Rdata::Cname(target), ..] => found.extend(types_at(moment, target, seen)),
                _ => drop(found.insert(set.rtype())),
            }
        }
    }
    found
}

/// Everything in a zone that leads to a name within it, with the record that does.
fn references(zone: &Zone) -> impl Iterator<Item = (Reference, &Rdata)> {
    let records = zone.rrsets().flat_map(|set| set.rdata().iter().map(move |data| (set, data)));
    records.flat_map(|(set, data)| {
        let leads = targets(zone.apex(), set, data).into_iter();
        leads
            .filter(|(to, _)| to.is_within(zone.apex()))
            .map(move |(to, wanted)| (Reference { from: set.key().clone(), to, wanted }, data))
    })
}

/// The names to which one record leads, and what is looked for there.
fn targets(apex: &Name, set: &RrSet, data: &Rdata) -> Vec<(Name, Option<Rtype>)> {
    match data {
        Rdata::Mx(mx) if set.owner() != apex => vec![(mx.exchange.clone(), Some(Rtype::A))],
        Rdata::Srv(srv) => vec![(srv.target.clone(), Some(Rtype::A))],
        Rdata::Cname(target) => vec![(target.clone(), None)],
        Rdata::Txt(txt) => {
            let spf = Some(txt.text()).filter(|text| spf::is_spf(text));
            spf.and_then(|text| Spf::parse(&text).ok()).map(|spf| named(&spf)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// The names that a record asks for.
fn named(spf: &Spf) -> Vec<(Name, Option<Rtype>)> {
    let domain = |domain: &str| Target { domain: Some(domain.to_owned()), ..Target::default() };
    let redirect = spf.redirect().and_then(|to| Some((domain(to).name()?, Some(Rtype::TXT))));
    let terms = spf.directives().filter_map(|(_, mechanism)| match mechanism {
        Mechanism::A(target) => Some((target.name()?, Some(Rtype::A))),
        Mechanism::Mx(target) => Some((target.name()?, Some(Rtype::MX))),
        Mechanism::Include(to) => Some((domain(to).name()?, Some(Rtype::TXT))),
        _ => None,
    });
    terms.chain(redirect).collect()
}

/// The record that leads there, as what somebody holds.
fn held(moment: &Moment<'_>, reference: &Reference) -> Held {
    let record = moment.alive().find_map(|(_, zone)| record(zone, reference));
    Held {
        key: reference.from.clone(),
        data: record.map(ToString::to_string).into_iter().collect(),
        since: moment.since(|zone| self::record(zone, reference).is_some()),
    }
}

fn record<'z>(zone: &'z Zone, reference: &Reference) -> Option<&'z Rdata> {
    references(zone).find(|(other, _)| other == reference).map(|(_, record)| record)
}
