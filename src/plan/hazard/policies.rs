//! I7: no TLS policy that senders hold shuts out a host to which their mail goes.

use super::delivery::{hosts, mx};
use super::moment::Moment;
use super::path::ADDRESSES;
use super::{Hazard, Invariant};
use crate::dns::{Answer, Name, Rdata, RrKey, Rtype};
use crate::mail::sts;
use std::collections::BTreeSet;

pub(super) fn judge(moment: &Moment<'_>) -> Vec<Hazard> {
    let mut found = stale_policy(moment);
    found.extend(stale_certificates(moment));
    found
}

/// Senders keep an MTA-STS policy until they see another id, and refuse hosts that it does not
/// list (RFC 8461 §3.1, §5.1). On the way back they hold that of the move, which lists both.
fn stale_policy(moment: &Moment<'_>) -> Vec<Hazard> {
    let mx = mx(moment);
    let Ok(owner) = Name::parse_in("_mta-sts", moment.apex()) else { return Vec::new() };
    let key = RrKey::new(owner, Rtype::TXT);
    let before = &moment.zones[0];
    let Some(id) = policy_id(Answer::of(before, &key)).filter(|_| moment.is_forward()) else {
        return Vec::new();
    };
    let listed: Vec<_> = hosts(Answer::of(before, &mx)).collect();
    let moved = moment
        .answers(&mx)
        .into_iter()
        .find(|answer| !listed.is_empty() && hosts(*answer).any(|host| !listed.contains(&host)));
    let stale = moved.and_then(|moved| {
        // Without a record they keep the policy that they have.
        let is_stale = |answer: &Answer<'_>| match answer {
            Answer::Data(_) => policy_id(*answer).is_none_or(|now| now == id),
            Answer::Absent => true,
            Answer::Alias(_) | Answer::Elsewhere => false,
        };
        Some((moved, moment.answers(&key).into_iter().find(is_stale)?))
    });
    let hazard = stale.map(|(moved, answer)| {
        let mixture = vec![moment.held(&mx, moved), moment.held(&key, answer)];
        let problem = "keeps a policy that does not list the new hosts".to_owned();
        moment.hazard(Invariant::Policies, &key.owner, problem, mixture)
    });
    hazard.into_iter().collect()
}

/// The id of an MTA-STS record that senders can read.
fn policy_id(answer: Answer<'_>) -> Option<sts::Id> {
    let mut texts = answer.data().iter().filter_map(Rdata::text);
    texts.find_map(|text| Some(sts::Record::parse(&text).ok()?.id))
}

/// A host that changes machines must publish the certificates of both (RFC 7671 §8.1): who holds
/// one machine's address beside the other's TLSA refuses it.
fn stale_certificates(moment: &Moment<'_>) -> Vec<Hazard> {
    let mut all = BTreeSet::new();
    for answer in moment.answers(&mx(moment)) {
        all.extend(hosts(answer).filter(|host| host.is_within(moment.apex())));
    }
    let moving = all.into_iter().filter_map(|host| {
        let keys = ADDRESSES.iter().map(|rtype| RrKey::new(host.clone(), *rtype));
        let key = keys.into_iter().find(|key| moment.answers(key).len() > 1)?;
        refused(moment, host, &key)
    });
    moving.collect()
}

/// What goes wrong for a host that has several answers to this question.
fn refused(moment: &Moment<'_>, host: &Name, address: &RrKey) -> Option<Hazard> {
    let key = RrKey::new(Name::parse_in("_25._tcp", host).ok()?, Rtype::TLSA);
    let sides = [&moment.zones[0], moment.last()].map(|zone| Answer::of(zone, &key));
    let needed: BTreeSet<_> = sides.iter().flat_map(|answer| answer.data()).collect();
    let lacks = |answer: &Answer<'_>| match answer {
        Answer::Data(data) => needed.iter().any(|one| !data.contains(one)),
        _ => false,
    };
    let published = moment.alive().find(|(_, zone)| lacks(&Answer::of(zone, &key)))?.1;
    let there = Answer::of(published, address);
    let elsewhere = moment.answers(address).into_iter().find(|answer| *answer != there)?;
    let mixture =
        vec![moment.held(address, elsewhere), moment.held(&key, Answer::of(published, &key))];
    let problem = "reaches one machine and expects the certificate of the other".to_owned();
    Some(moment.hazard(Invariant::Policies, &key.owner, problem, mixture))
}
