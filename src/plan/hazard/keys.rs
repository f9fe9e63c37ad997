//! I6: every signature can be verified, as long as mail that bears it may be under way.

use super::moment::Moment;
use super::{Hazard, Invariant, Stage};
use crate::dns::{Answer, Rdata, RrKey, Rtype};
use crate::mail::Side;

pub(super) fn judge(moment: &Moment<'_>) -> Vec<Hazard> {
    let mut found = Vec::new();
    if !moment.has_reached(|stage| stage == Stage::RetireKeys) {
        found.extend(unverified(moment, &moment.intent.old, true));
    }
    if moment.new_sends() {
        found.extend(unverified(moment, &moment.intent.new, false));
    }
    found
}

/// Selectors of one side that somebody does not find as they are. The old side has lived with what
/// the first zone answers.
fn unverified(moment: &Moment<'_>, side: &Side, is_old: bool) -> Vec<Hazard> {
    let lost = side.dkim.iter().flat_map(|(owner, wanted)| {
        let key = RrKey::new(owner.clone(), Rtype::TXT);
        let before = is_old.then(|| Answer::of(&moment.zones[0], &key));
        let answers = moment.answers(&key).into_iter();
        let copy = side.copy(owner);
        let is_key = move |answer| is_key(answer, wanted, copy);
        let bad = answers.filter(move |answer| !is_key(*answer) && Some(*answer) != before);
        bad.map(move |answer| {
            let whose = if is_old { "old" } else { "new" };
            let problem = format!("cannot verify what the {whose} platform signs");
            let mixture = vec![moment.held(&key, answer)];
            moment.hazard(Invariant::Keys, owner, problem, mixture)
        })
    });
    lost.collect()
}

/// Whether it is the key, the alias that leads to it, or the copy that takes the alias's place.
fn is_key(answer: Answer<'_>, wanted: &Rdata, copy: Option<&Rdata>) -> bool {
    match answer {
        Answer::Data([one]) => one == wanted || copy == Some(one),
        Answer::Data(_) => false,
        Answer::Alias(target) => matches!(wanted, Rdata::Cname(wanted) if wanted == target),
        Answer::Absent => false,
        Answer::Elsewhere => true,
    }
}
