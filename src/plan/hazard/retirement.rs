//! I3: once the old platform may be off, nobody is led there.

use super::clients;
use super::delivery::{hosts, mx};
use super::moment::Moment;
use super::path::ADDRESSES;
use super::{Hazard, Invariant, Stage};
use crate::dns::{Answer, RrKey};

pub(super) fn judge(moment: &Moment<'_>) -> Vec<Hazard> {
    if !moment.has_reached(Stage::is_final) {
        return Vec::new();
    }
    let key = mx(moment);
    let kept: Vec<_> = hosts(Answer::of(moment.last(), &key)).collect();
    let mut stale = Vec::new();
    for answer in moment.answers(&key) {
        if hosts(answer).any(|host| !kept.contains(&host)) {
            stale.push((key.clone(), answer));
        }
    }
    let end = moment.alone(moment.zones.len() - 1);
    let names = clients::names(&moment.intent.new, moment.apex()).into_iter();
    for name in names.filter(|name| end.lost(name, ADDRESSES).is_none()) {
        for key in ADDRESSES.iter().map(|rtype| RrKey::new(name.clone(), *rtype)) {
            let kept = Answer::of(moment.last(), &key);
            let answers = moment.answers(&key).into_iter();
            // Who finds nothing is led nowhere.
            let led = answers.filter(|answer| *answer != kept && *answer != Answer::Absent);
            stale.extend(led.map(|answer| (key.clone(), answer)));
        }
    }
    let hazards = stale.into_iter().map(|(key, answer)| {
        let problem = "is led to the platform that retires".to_owned();
        let mixture = vec![moment.held(&key, answer)];
        moment.hazard(Invariant::Retirement, &key.owner, problem, mixture)
    });
    hazards.collect()
}
