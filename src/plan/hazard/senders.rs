//! I2: both platforms pass SPF as long as they may send.

use super::moment::Moment;
use super::{Hazard, Held, Invariant};
use crate::dns::{Answer, Name, Rdata, RrKey, Rtype, Zone};
use crate::mail::spf::{self, Mechanism, Qualifier, Spf, SpfError, Target, Term};
use crate::plan::union::{frozen, stands};
use std::collections::BTreeSet;

pub(super) fn judge(moment: &Moment<'_>) -> Vec<Hazard> {
    let mut found = Vec::new();
    if !moment.has_reached(|stage| moment.is_unsent_in(stage)) {
        found.extend(refused(moment, true));
    }
    if moment.new_sends() {
        found.extend(refused(moment, false));
    }
    found
}

/// What is wrong with the records that somebody may judge one side's mail by.
fn refused(moment: &Moment<'_>, is_old: bool) -> Vec<Hazard> {
    let (start, intent) = (&moment.zones[0], moment.intent);
    // Of the new hosts, DNS may still say what they were before.
    let (side, whose, hosts) = match is_old {
        true => (&intent.old, "old", start.clone()),
        false => (&intent.new, "new", Zone::new(start.apex().clone())),
    };
    if side.spf.is_none() && side.mx.is_empty() {
        return Vec::new();
    }
    let stands = stands(&moment.plan.flattened);
    let senders =
        side.spf.as_ref().map(|spf| frozen(start.apex(), &spf.flattened(&stands), side, hosts));
    let problem = |moment: &Moment<'_>, zone| problem(moment, zone, senders.as_ref());
    // What the old side does not have today, the plan cannot take from it.
    let bears = is_old && problem(&moment.alone(0), start).is_some();
    let bad = moment.alive().filter(|(_, zone)| !(bears && texts(zone) == texts(start)));
    let hazards = bad.filter_map(|(_, zone)| {
        let (why, unsteady) = problem(moment, zone)?;
        let mut mixture = vec![held(moment, zone)];
        mixture.extend(unsteady.iter().filter_map(|key| other(moment, zone, key)));
        let problem = format!("judges mail from the {whose} platform by {why}");
        Some(moment.hazard(Invariant::Senders, moment.apex(), problem, mixture))
    });
    hazards.collect()
}

/// Why the record of one version does not let these senders pass, and the names it depends on
/// that somebody holds other answers for. Senders without a record must not be judged.
fn problem(
    moment: &Moment<'_>,
    zone: &Zone,
    senders: Option<&Spf>,
) -> Option<(String, BTreeSet<RrKey>)> {
    let none = BTreeSet::new();
    match (&record(zone)[..], senders) {
        ([], None) => None,
        ([], Some(_)) => Some(("no SPF record".to_owned(), none)),
        ([Ok(spf)], None) => {
            let judges = || ("an SPF record that does not name it".to_owned(), none);
            (!spf.spares_strangers()).then(judges)
        }
        ([Ok(spf)], Some(senders)) => {
            // For whom addresses stand, they stand wherever he is included.
            let spf = spf.flattened(&stands(&moment.plan.flattened));
            let (spf, unsteady) = meant(moment, zone, &spf);
            let missing = spf.uncovered(&senders.frozen(zone))?;
            Some((format!("an SPF record that may not let `{missing}` pass"), unsteady))
        }
        ([Err(e)], _) => Some((format!("an SPF record that cannot be read: {e}"), none)),
        (many, _) => Some((format!("{} SPF records, which is an error", many.len()), none)),
    }
}

/// A record with the names of this zone turned into addresses, as far as everybody gets the same;
/// and the questions for which not everybody does.
fn meant(moment: &Moment<'_>, zone: &Zone, spf: &Spf) -> (Spf, BTreeSet<RrKey>) {
    let mut unsteady = BTreeSet::new();
    let terms = spf.terms.iter().flat_map(|term| {
        let changing = changing(moment, term);
        let passes = matches!(term, Term::Directive(Qualifier::Pass, _));
        let is_steady = changing.is_empty();
        unsteady.extend(changing);
        match (is_steady, passes) {
            (true, _) => Spf { terms: vec![term.clone()] }.frozen(zone).terms,
            // It may mean anybody: too few to rely on, and enough to deny.
            (false, true) => Vec::new(),
            (false, false) => vec![term.clone()],
        }
    });
    (Spf { terms: terms.collect() }, unsteady)
}

/// The questions behind `a` and `mx` of a name in the zone to which several answers are alive.
fn changing(moment: &Moment<'_>, term: &Term) -> BTreeSet<RrKey> {
    let within = |target: &Target| target.name_within(moment.apex());
    let mut asked: Vec<RrKey> = match term {
        Term::Directive(_, Mechanism::A(target)) => {
            within(target).map(addresses).into_iter().flatten().collect()
        }
        Term::Directive(_, Mechanism::Mx(target)) => {
            within(target).map(|name| RrKey::new(name, Rtype::MX)).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let (mut seen, mut changing) = (BTreeSet::new(), BTreeSet::new());
    while let Some(key) = asked.pop() {
        if !seen.insert(key.clone()) {
            continue;
        }
        let answers = moment.answers(&key);
        for answer in &answers {
            if let Answer::Alias(target) = answer {
                asked.push(RrKey::new((*target).clone(), key.rtype));
            }
            asked.extend(super::delivery::hosts(*answer).cloned().flat_map(addresses));
        }
        if answers.len() > 1 {
            changing.insert(key);
        }
    }
    changing
}

fn addresses(name: Name) -> [RrKey; 2] {
    [RrKey::new(name.clone(), Rtype::A), RrKey::new(name, Rtype::AAAA)]
}

/// The SPF records of a zone, as receivers read them.
fn record(zone: &Zone) -> Vec<Result<Spf, SpfError>> {
    let read = |data: &&Rdata| match data {
        Rdata::Txt(txt) => Some(Spf::parse(&txt.text())),
        _ => None,
    };
    texts(zone).iter().filter_map(read).collect()
}

/// The values of the zone's own name that are SPF records.
fn texts(zone: &Zone) -> Vec<&Rdata> {
    let is_spf = |data: &&Rdata| matches!(data, Rdata::Txt(txt) if spf::is_spf(&txt.text()));
    let all = zone.find(zone.apex(), Rtype::TXT).map(|set| set.rdata()).unwrap_or_default();
    all.iter().filter(is_spf).collect()
}

/// The SPF records of one version, as what somebody holds; neighbours' texts do not matter.
fn held(moment: &Moment<'_>, zone: &Zone) -> Held {
    Held {
        key: RrKey::new(moment.apex().clone(), Rtype::TXT),
        data: texts(zone).into_iter().map(ToString::to_string).collect(),
        since: moment.since(|other| texts(other) == texts(zone)),
    }
}

/// Another answer than this version's, held beside it.
fn other(moment: &Moment<'_>, zone: &Zone, key: &RrKey) -> Option<Held> {
    let own = Answer::of(zone, key);
    let other = moment.answers(key).into_iter().find(|answer| *answer != own)?;
    Some(moment.held(key, other))
}
