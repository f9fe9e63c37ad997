//! Names of the zone that mean something else once the walk has begun.

use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Zone};
use crate::mail::Severity::{Error, Warning};
use crate::mail::lint::{Check, Hit, Rule};
use crate::mail::spf::{Mechanism, Spf, is_spf};
use crate::plan::Walk;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const OWN_INCLUDES: Rule = Rule {
    id: "SPF19",
    severity: Error,
    says: "What SPF includes from this zone lets the same hosts send throughout the move.",
    reference: "RFC 7208 §5.2",
    bad: "@ 60 TXT \"v=spf1 include:_spf.example.net -all\"\n\
        _spf 60 TXT \"v=spf1 a:mail.example.net -all\", and `mail` moves",
    good: "@ 60 TXT \"v=spf1 include:_spf.example.net -all\"\n\
        _spf 60 TXT \"v=spf1 ip4:192.0.2.10 -all\", and `mail` moves",
    check: Check::Elsewhere,
};

pub(super) const WILDCARDS: Rule = Rule {
    id: "ZN10",
    severity: Warning,
    says: "No new name takes from a wildcard what somebody uses.",
    reference: "RFC 4592 §2.2.2",
    bad: "* 60 MX 10 mx.example.org., and `imap` is new",
    good: "* 60 MX 10 mx.example.org., and `imap` has an MX of its own",
    check: Check::Elsewhere,
};

/// `mx` and `a` of the record itself are frozen to addresses, and so are those of a record that it
/// includes and that both sides have; others are not ours to rewrite.
pub(super) fn own_includes(walk: &Walk) -> Vec<Hit> {
    let (start, apex) = (&walk.start, walk.start.apex());
    let included = included(start, apex, &mut BTreeSet::new());
    let moving = walk.steps.iter().filter(|(stage, _)| !stage.is_final());
    let found = included.iter().filter_map(|name| {
        let means = meaning(start, name);
        moving.clone().find_map(|(stage, zone)| {
            if records(zone, name).len() > 1 {
                let message = format!(
                    "SPF includes `{name}`, where two records stand from {stage} on, so that \
                     receivers fail all mail: write one record for both platforms there"
                );
                return Some((apex.clone(), message));
            }
            if let ([was], [is]) = (&records(start, name)[..], &records(zone, name)[..])
                && was != is
            {
                let [was, is] =
                    [(was, start), (is, zone)].map(|(spf, zone)| spf.frozen_at(name, zone));
                let missing = is.uncovered(&was)?;
                let message = format!(
                    "SPF includes `{name}`, which may not let `{missing}` pass from {stage} on; \
                     the old platform still sends: let it pass there"
                );
                return Some((apex.clone(), message));
            }
            let now = meaning(zone, name);
            let is_lost = |(key, data): &(&RrKey, &BTreeSet<Rdata>)| {
                now.get(key).is_none_or(|now| !data.is_subset(now))
            };
            let (key, _) = means.iter().find(is_lost)?;
            let message = format!(
                "SPF includes `{name}`, which by `{key}` lets other hosts send from {stage} on; \
                 the old ones still do: write their addresses there"
            );
            Some((apex.clone(), message))
        })
    });
    found.collect()
}

/// The SPF records of a name that can be read.
fn records(zone: &Zone, owner: &Name) -> Vec<Spf> {
    let all = zone.find(owner, Rtype::TXT).map(RrSet::rdata).unwrap_or_default();
    let texts = all.iter().filter_map(Rdata::text).filter(|text| is_spf(text));
    texts.filter_map(|text| Spf::parse(&text).ok()).collect()
}

/// The names in this zone that a name's record includes, and that these include.
fn included(zone: &Zone, owner: &Name, seen: &mut BTreeSet<Name>) -> BTreeSet<Name> {
    let mut all = BTreeSet::new();
    for spf in records(zone, owner) {
        for name in spf.included_within(zone.apex()) {
            if seen.insert(name.clone()) {
                all.extend(included(zone, &name, seen));
                all.insert(name);
            }
        }
    }
    all
}

/// What stands behind `a` and `mx` of a name's record, as far as this zone says.
fn meaning(zone: &Zone, owner: &Name) -> BTreeMap<RrKey, BTreeSet<Rdata>> {
    let mut asked = Vec::new();
    for spf in records(zone, owner) {
        for (_, mechanism) in spf.directives() {
            let (target, rtypes) = match mechanism {
                Mechanism::A(target) => (target, &HOST[..]),
                Mechanism::Mx(target) => (target, &[Rtype::MX][..]),
                _ => continue,
            };
            let name = match target.domain {
                None => Some(owner.clone()),
                Some(_) => target.name_within(zone.apex()),
            };
            asked.extend(name.into_iter().flat_map(|name| keys(&name, rtypes)));
        }
    }
    let mut found = BTreeMap::new();
    while let Some(key) = asked.pop() {
        let Some(set) = zone.get(&key).filter(|_| !found.contains_key(&key)) else { continue };
        for data in set.rdata() {
            match data {
                Rdata::Mx(mx) => asked.extend(keys(&mx.exchange, &HOST)),
                Rdata::Cname(target) => asked.extend(keys(target, &HOST)),
                _ => (),
            }
        }
        found.insert(key, set.rdata().iter().cloned().collect());
    }
    found
}

const HOST: [Rtype; 3] = [Rtype::A, Rtype::AAAA, Rtype::CNAME];

fn keys(name: &Name, rtypes: &[Rtype]) -> Vec<RrKey> {
    rtypes.iter().map(|rtype| RrKey::new(name.clone(), *rtype)).collect()
}

/// A name that comes to exist is no longer answered for by the wildcard above it, nor are the names
/// between (RFC 4592 §2.2.2). That caches hold its answers for a while, plans wait for.
pub(super) fn wildcards(walk: &Walk) -> Vec<Hit> {
    let start = &walk.start;
    let owners = walk.steps.iter().flat_map(|(_, zone)| zone.rrsets().map(RrSet::owner));
    let new: BTreeSet<_> = owners.filter(|owner| !start.has_name(owner)).collect();
    let mut told = BTreeMap::new();
    for owner in new.into_iter().filter(|owner| !owner.is_wildcard()) {
        let above = std::iter::successors(owner.parent(), Name::parent);
        let between = above.take_while(|name| !start.has_name(name));
        // Nobody sends mail to service labels, or looks for a host there.
        let is_host = |name: &Name| name.labels().next().is_some_and(|l| !l.starts_with(b"_"));
        let hidden = between.filter(is_host).map(|name| (name, false));
        for (name, has_records) in [(owner.clone(), true)].into_iter().chain(hidden) {
            let Some(wild) = start.wildcard_over(owner) else { continue };
            let is_missed = |set: &&RrSet| match has_records {
                true => set.rtype() == Rtype::MX && !is_served(walk, owner) && is_host(owner),
                false => true,
            };
            if let Some(set) = start.at(&wild).find(is_missed) {
                told.entry(wild.clone()).or_insert_with(|| (name, set.rtype()));
            }
        }
    }
    let message = |name, rtype| {
        format!("no longer answers for `{name}`, which is new, when somebody asks for {rtype}")
    };
    told.into_iter().map(|(wild, (name, rtype))| (wild, message(name, rtype))).collect()
}

/// Whether a name gets an MX of its own.
fn is_served(walk: &Walk, owner: &Name) -> bool {
    walk.steps.iter().any(|(_, zone)| zone.find(owner, Rtype::MX).is_some())
}
