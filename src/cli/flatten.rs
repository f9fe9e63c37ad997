//! Asks what SPF includes stand for now, where the zone file wants addresses in their place.

use super::inquiry::ROUNDS;
use super::session::Session;
use crate::config::ZoneSpec;
use crate::dns::{Name, RrKey, RrSet, Ttl, Zone};
use crate::mail::spf::Flat;
use crate::mail::{Evidence, Said};
use crate::plan::{Facts, Flattened, Flattening, flattening};
use crate::run::Timestamp;
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::time::Duration;

/// What addresses stand for the includes of a zone's SPF, and for which none can.
pub(super) async fn flatten(
    session: &Session<'_>,
    spec: &ZoneSpec,
    live: &Zone,
    facts: &Facts,
) -> (Vec<Flattened>, Flattening) {
    if !spec.policy.flatten {
        return <_>::default();
    }
    let mut evidence = match facts.by_hand {
        true => Evidence::of_part(spec.intent.keys()),
        false => Evidence::default(),
    };
    let (asked, mut ttls) = (session.now(), BTreeMap::new());
    let mut found = flattening(live, &spec.intent, &evidence.beside(live));
    for _ in 0..ROUNDS {
        let questions = evidence.questions();
        if questions.is_empty() {
            break;
        }
        let answers = join_all(questions.iter().map(|key| ask(session, key))).await;
        for (key, (said, ttl)) in questions.into_iter().zip(answers) {
            ttls.extend(ttl.map(|ttl| (key.clone(), ttl)));
            evidence.learn(key, said);
        }
        found = flattening(live, &spec.intent, &evidence.beside(live));
    }
    (found.flat.iter().map(|flat| dated(flat, asked, live, &ttls)).collect(), found)
}

/// Asks a resolver, but about nothing that this project moves: the old would stay in its cache.
async fn ask(session: &Session<'_>, key: &RrKey) -> (Said, Option<Ttl>) {
    let mut above = std::iter::successors(Some(key.owner.clone()), Name::parent);
    let is_moving = above.any(|name| session.project.zone(&name).is_some());
    match &session.resolver {
        Some(resolver) if !is_moving => {
            resolver.remembered(key).await.unwrap_or((Said::Nothing, None))
        }
        _ => (Said::Nothing, None),
    }
}

/// With the time until which nobody has given notice of another answer.
fn dated(flat: &Flat, asked: Timestamp, live: &Zone, ttls: &BTreeMap<RrKey, Ttl>) -> Flattened {
    let ttl = |key: &RrKey| {
        let own = live.at(&key.owner).map(RrSet::ttl).min();
        ttls.get(key).copied().or(own)
    };
    let shortest = flat.rests_on.iter().filter_map(|key| Some((ttl(key)?, &key.owner))).min();
    let (ttl, owner) = shortest.unwrap_or((Ttl::from_secs(0), live.apex()));
    Flattened {
        domain: flat.domain.clone(),
        passes: flat.passes.clone(),
        asked,
        until: asked + Duration::from(ttl),
        owner: owner.clone(),
    }
}
