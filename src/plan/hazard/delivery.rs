//! I1: mail finds a host, and the host an address.

use super::moment::Moment;
use super::path::ADDRESSES;
use super::{Direction, Hazard, Invariant};
use crate::dns::{Answer, Name, Rdata, RrKey, Rtype, Zone};
use crate::mail::Side;

pub(super) fn judge(moment: &Moment<'_>) -> Vec<Hazard> {
    let key = mx(moment);
    let answers = moment.answers(&key).into_iter();
    let judged = answers.map(|answer| {
        let stopped = stops(moment, answer).map(|problem| {
            let held = vec![moment.held(&key, answer)];
            moment.hazard(Invariant::Delivery, &key.owner, problem, held)
        });
        stopped.into_iter().chain(lost_hosts(moment, answer)).collect::<Vec<_>>()
    });
    judged.flatten().collect()
}

/// The question for the zone's own mail.
pub(super) fn mx(moment: &Moment<'_>) -> RrKey {
    RrKey::new(moment.apex().clone(), Rtype::MX)
}

/// The hosts that MX records name; the null MX is none (RFC 7505 §3).
pub(super) fn hosts<'z>(answer: Answer<'z>) -> impl Iterator<Item = &'z Name> {
    answer.data().iter().filter_map(|data| match data {
        Rdata::Mx(mx) => Some(&mx.exchange).filter(|host| **host != Name::root()),
        _ => None,
    })
}

/// How an answer tells senders that no mail is taken, though some was before.
///
/// That a domain begins to take mail cannot be had without a time in which some do not know it.
fn stops(moment: &Moment<'_>, answer: Answer<'_>) -> Option<String> {
    let key = mx(moment);
    let takes = |zone: &Zone| hosts(Answer::of(zone, &key)).next().is_some();
    let is = |zone: &Zone| Answer::of(zone, &key) == answer;
    let began = moment.zones.iter().position(takes)?;
    let is_after = moment.alive().any(|(at, zone)| at > began && is(zone));
    let takes_none = |side: &Side| side.mx.iter().all(|mx| mx.exchange == Name::root());
    let is_meant = match moment.plan.direction {
        // Where `new` names no MX at all, somebody has forgotten it.
        Direction::Forward => !moment.intent.new.mx.is_empty() && takes_none(&moment.intent.new),
        Direction::Back(_) => takes_none(&moment.intent.old),
    };
    let is_null = answer.data().len() > hosts(answer).count();
    match answer {
        Answer::Data(_) if is_null && takes_any(answer) => {
            let is_old = is(&moment.zones[0]);
            (!is_old)
                .then(|| "is told both that there is a mail host and that there is none".into())
        }
        Answer::Data(_) if is_null && is_after && !is_meant => {
            Some("is told that the domain takes no mail: mail bounces".into())
        }
        Answer::Absent if is_after && !is_meant => {
            Some("finds no mail host: mail goes to the address of the domain itself".into())
        }
        _ => None,
    }
}

fn takes_any(answer: Answer<'_>) -> bool {
    hosts(answer).next().is_some()
}

/// A host in the zone that somebody finds no address of.
fn lost_hosts(moment: &Moment<'_>, answer: Answer<'_>) -> Vec<Hazard> {
    let key = mx(moment);
    let before = Answer::of(&moment.zones[0], &key);
    let lost = hosts(answer).filter_map(|host| {
        let was_lost = hosts(before).any(|other| other == host)
            && moment.alone(0).lost(host, ADDRESSES).is_some();
        let path = moment.lost(host, ADDRESSES).filter(|_| !was_lost)?;
        let mut mixture = vec![moment.held(&key, answer)];
        mixture.extend(path);
        let problem = format!("finds no address of `{host}`: mail bounces");
        Some(moment.hazard(Invariant::Delivery, &key.owner, problem, mixture))
    });
    lost.collect()
}
