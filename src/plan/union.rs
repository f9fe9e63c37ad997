//! SPF while mail moves, and the addresses that stand in it for includes.

use super::Timestamp;
use crate::dns::{Name, Rdata, RrSet, Rtype, Ttl, Zone};
use crate::mail::intent::text;
use crate::mail::spf::{Flat, MOST_LOOKUPS, Obstacle, census, flat};
use crate::mail::view::View;
use crate::mail::{Claim, Intent, Side, Spf};
use std::collections::BTreeMap;

/// An include in whose place addresses stand while mail moves.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Flattened {
    /// The domain, as the record that includes it writes it.
    pub domain: String,
    /// What stands in its place.
    pub passes: Spf,
    /// When it was asked what that is.
    pub asked: Timestamp,
    /// From when on it may be something else, without anybody's breaking a promise: the shortest
    /// TTL met on the way.
    pub until: Timestamp,
    /// Whose TTL that is.
    pub owner: Name,
}

/// What includes stand for, and which of them stay.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Flattening {
    /// In whose place addresses may stand.
    pub flat: Vec<Flat>,
    /// In whose place nothing else can stand, and why.
    pub kept: Vec<(String, Obstacle)>,
}

/// What the includes of a union stand for, by what `view` says now: those of `old` alone; those of
/// `new` too where receivers would still ask too often.
pub fn flattening(live: &Zone, intent: &Intent, view: &dyn View) -> Flattening {
    let (old, new) = (replaceable(&intent.old), replaceable(&intent.new));
    let mut found = Flattening::default();
    found.take_in(view, old.into_iter().filter(|domain| !new.contains(domain)));
    let stands = found.flat.iter().map(|flat| (flat.domain.as_str(), &flat.passes)).collect();
    let union = union(live, intent, &stands);
    let asks_much = |spf: Spf| census(view, live.apex(), &spf).lookups > MOST_LOOKUPS;
    if union.is_some_and(asks_much) {
        found.take_in(view, new.into_iter());
    }
    found
}

impl Flattening {
    fn take_in<'d>(&mut self, view: &dyn View, domains: impl Iterator<Item = &'d str>) {
        for domain in domains {
            match flat(view, domain) {
                Ok(flat) => self.flat.push(flat),
                Err(why) => self.kept.push((domain.to_owned(), why)),
            }
        }
    }
}

fn replaceable(side: &Side) -> Vec<&str> {
    side.spf.iter().flat_map(Spf::replaceable).collect()
}

/// What stands for which include.
pub(super) type Stands<'a> = BTreeMap<&'a str, &'a Spf>;

/// The same as a look-up.
pub(super) fn stands(flattened: &[Flattened]) -> Stands<'_> {
    flattened.iter().map(|one| (one.domain.as_str(), &one.passes)).collect()
}

/// The record that holds for both sides between `prepare` and `retire`, with what stands for
/// includes in their place; `None` where none is needed.
pub(super) fn union(live: &Zone, intent: &Intent, stands: &Stands<'_>) -> Option<Spf> {
    let (old, new) = (&intent.old, &intent.new);
    if old.spf == new.spf && senders(old, live.apex()) == senders(new, live.apex()) {
        return None;
    }
    let flattened = |side: &Side| side.spf.as_ref().map(|spf| spf.flattened(stands));
    let before = flattened(old).map(|spf| frozen(&intent.zone, &spf, old, live.clone()));
    // Of the new hosts, DNS may still say what they were before.
    let after =
        flattened(new).map(|spf| frozen(&intent.zone, &spf, new, Zone::new(intent.zone.clone())));
    let union = match (before, after) {
        (None, None) => return None,
        // Nobody sends yet, so there is nobody to be lenient with.
        (None, Some(after)) if old.mx.is_empty() => after,
        (before, after) => Spf::union(&before.unwrap_or_default(), &after.unwrap_or_default()),
    };
    Some(if stands.is_empty() { union } else { union.merged() })
}

/// The texts that a name holds for both sides: beside each other, but for their SPF records, of
/// which receivers fail two (RFC 7208 §4.5).
pub(super) fn texts(
    owner: &Name,
    [old, new]: [&[Rdata]; 2],
    intent: &Intent,
    live: &Zone,
) -> Vec<Rdata> {
    let union = match (records(old).as_slice(), records(new).as_slice()) {
        ([old], [new]) if old != new => {
            let old = frozen(owner, old, &intent.old, live.clone());
            let empty = Zone::new(intent.zone.clone());
            let new = frozen(owner, new, &intent.new, empty);
            vec![text(&Spf::union(&old, &new).to_string())]
        }
        ([_], [_]) => old.iter().find(|one| record(one).is_some()).cloned().into_iter().collect(),
        _ => return old.iter().chain(new).cloned().collect(),
    };
    let others = old.iter().chain(new).filter(|one| record(one).is_none());
    others.cloned().chain(union).collect()
}

/// Whether one of the values is an SPF record.
pub(super) fn has_spf(values: &[Rdata]) -> bool {
    values.iter().any(|one| record(one).is_some())
}

fn records(values: &[Rdata]) -> Vec<Spf> {
    values.iter().filter_map(record).collect()
}

fn record(value: &Rdata) -> Option<Spf> {
    Spf::parse(&value.text()?).ok()
}

/// What `mx` and `a` may lead to on one side: while it stays, a record that stays means the same.
fn senders(side: &Side, zone: &Name) -> Vec<Claim> {
    let types = [Rtype::MX, Rtype::A, Rtype::AAAA, Rtype::CNAME];
    let leads = |claim: &Claim| types.contains(&claim.key.rtype);
    side.claims(zone).into_iter().filter(leads).collect()
}

/// A name's record with `mx` and `a` meaning the hosts of its own side, whatever DNS says by now;
/// what that side does not say is as in `zone`.
pub(super) fn frozen(owner: &Name, spf: &Spf, side: &Side, mut zone: Zone) -> Spf {
    for Claim { key, rdata, .. } in side.claims(zone.apex()) {
        if let Some(rrset) = RrSet::of(key, Ttl::from_secs(0), rdata) {
            zone.put(rrset);
        }
    }
    spf.frozen_at(owner, &zone)
}
