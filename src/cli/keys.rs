//! Keys of the old platform that are to be copied: looks them up, and compares those written.

use super::inquiry::answered;
use super::session::Session;
use crate::config::{ZoneSpec, weighed};
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Zone};
use crate::mail::copies::{Found, find};
use crate::mail::{Evidence, Finding, lint};
use crate::plan::{Change, Facts, Plan};
use std::borrow::Cow;

/// The zone file with the keys to which old selectors lead, where they are to be copied as they are
/// now, and what is to be said of all copies.
///
/// What a plan under way has brought, or is about to, stays; and where the alias is gone, the key
/// is what stands in its place.
pub(super) async fn with_keys<'s>(
    session: &Session<'_>,
    spec: &'s ZoneSpec,
    live: &Zone,
    plan: Option<&Plan>,
    facts: &Facts,
) -> (Cow<'s, ZoneSpec>, Vec<Finding>) {
    if spec.intent.copies().next().is_none() {
        return (Cow::Borrowed(spec), Vec::new());
    }
    let look = |evidence: &Evidence| {
        let view = evidence.beside(live);
        let intent = spec.intent.with_keys(|owner, target| {
            let known = plan.and_then(|plan| planned(plan, owner));
            let known = known.cloned().or_else(|| key(find(live, owner)));
            known.or_else(|| key(find(&view, target)))
        });
        let found = lint::asked(&intent, &view);
        (intent, found)
    };
    let (intent, found) = answered(session, spec, facts, &mut Evidence::default(), look).await;
    let found = found.into_iter().map(|finding| weighed(finding, &spec.accepted)).collect();
    (Cow::Owned(ZoneSpec { intent, ..spec.clone() }), found)
}

/// The text that a plan puts in the place of an alias.
fn planned<'p>(plan: &'p Plan, owner: &Name) -> Option<&'p Rdata> {
    let key = RrKey::new(owner.clone(), Rtype::TXT);
    let mut changes = plan.phases.iter().flat_map(|phase| &phase.changes);
    let text = changes.find(|change| *change.key() == key).and_then(Change::after);
    text.map(RrSet::rdata).and_then(<[_]>::first)
}

fn key(found: Found) -> Option<Rdata> {
    match found {
        Found::Key(key) => Some(key),
        _ => None,
    }
}
