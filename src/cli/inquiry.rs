//! Asks others what a zone's records lead to, and judges by what they say.

use super::resolvers::asked;
use super::session::Session;
use crate::config::{Project, ZoneSpec};
use crate::dns::{Name, Rdata, RrKey, Rtype, Zone};
use crate::lookup::Recursive;
use crate::mail::lint::UNANSWERED;
use crate::mail::{Evidence, Finding, Said, Shown, Visit, lint};
use crate::plan::Facts;
use crate::port::{Answer, LookupError, Resolver as _, Visitor};
use futures_util::future::{join, join_all};
use futures_util::{StreamExt as _, stream};
use std::collections::BTreeSet;

/// How often answers may lead to further questions: ten includes within each other, each with an
/// alias or two on its way.
pub(super) const ROUNDS: usize = 30;
/// How many hosts are visited at once for one zone.
const VISITS: usize = 8;

/// What is found in a zone and its stages, with everybody asked to whom they lead. Of a zone that
/// somebody keeps by hand only what the move needs was seen.
pub(super) async fn judge(
    session: &Session<'_>,
    spec: &ZoneSpec,
    stages: &[&Zone],
    facts: &Facts,
) -> Vec<Finding> {
    let mut evidence = match facts.by_hand {
        true => Evidence::of_part(spec.intent.keys()),
        false => Evidence::default(),
    };
    let look = |evidence: &Evidence| -> Vec<Finding> {
        let Some((live, planned)) = stages.split_first() else { return Vec::new() };
        let planned = planned.iter().map(|zone| (zone, evidence.after(live, zone)));
        let views = [(live, evidence.beside(live))].into_iter().chain(planned);
        views.flat_map(|(zone, view)| lint::zone(zone, &view)).collect()
    };
    let mut found = answered(session, spec, facts, &mut evidence, look).await;
    found.extend(unanswered(spec, &evidence));
    found
}

/// Looks, asks what came up, and looks again, until no question is left.
pub(super) async fn answered<T>(
    session: &Session<'_>,
    spec: &ZoneSpec,
    facts: &Facts,
    evidence: &mut Evidence,
    look: impl Fn(&Evidence) -> T,
) -> T {
    let mut found = look(evidence);
    for _ in 0..ROUNDS {
        let (questions, visits) = (evidence.questions(), evidence.visits());
        let is_settled = questions.is_empty() && (visits.is_empty() || session.visitor.is_none());
        if is_settled || session.resolver.is_none() {
            break;
        }
        let answers = questions.iter().map(|key| ask(session, spec, facts, key));
        let (answers, shown) =
            join(join_all(answers), visit(session.visitor.as_deref(), visits)).await;
        for (key, said) in questions.into_iter().zip(answers) {
            evidence.learn(key, said);
        }
        for (visit, shown) in shown {
            evidence.see(visit, shown);
        }
        found = look(evidence);
    }
    found
}

/// Asks the servers of a zone that this project moves, and about everything else a resolver, in
/// whose cache the old would stay. What is not known of a zone seen whole is below a cut in it.
async fn ask(session: &Session<'_>, spec: &ZoneSpec, facts: &Facts, key: &RrKey) -> Said {
    let mut above = std::iter::successors(Some(key.owner.clone()), Name::parent);
    let moving = above.find_map(|name| session.project.zone(&name));
    let is_whole = |zone: &Name| *zone == spec.intent.zone && !facts.by_hand;
    let moving = moving.filter(|moving| key.rtype != Rtype::DS && !is_whole(&moving.intent.zone));
    let resolve = async || match &session.resolver {
        Some(resolver) => resolver.resolve(key).await,
        None => Ok(Said::Nothing),
    };
    let asked = async || match moving {
        Some(moving) => match ask_servers(session, moving, key).await {
            // What is below a cut does not move with the zone.
            Err(LookupError::Elsewhere { .. }) => resolve().await,
            said => said,
        },
        None => resolve().await,
    };
    session.heard.said(key, asked).await
}

/// What visits show, if anybody makes them; a few at a time, since each takes a connection.
async fn visit(visitor: Option<&dyn Visitor>, wanted: BTreeSet<Visit>) -> Vec<(Visit, Shown)> {
    let Some(visitor) = visitor else { return Vec::new() };
    let visits = wanted.into_iter().map(async |visit| {
        let shown = visitor.visit(&visit).await;
        (visit, shown)
    });
    stream::iter(visits).buffer_unordered(VISITS).collect().await
}

/// What the first name server says that answers.
async fn ask_servers(
    session: &Session<'_>,
    spec: &ZoneSpec,
    key: &RrKey,
) -> Result<Said, LookupError> {
    let apex = &spec.intent.zone;
    let Ok(lookup) = session.lookup(spec) else {
        return Err(LookupError::NoServers(apex.clone()));
    };
    let alias = RrKey::new(key.owner.clone(), Rtype::CNAME);
    let mut failure = LookupError::NoServers(apex.clone());
    for server in lookup.servers(apex).await? {
        let found = match lookup.ask(&server, key).await {
            Ok(Answer::Absent(_)) => lookup.ask(&server, &alias).await,
            found => found,
        };
        match found {
            Ok(Answer::Found(set)) => {
                return Ok(match set.rdata() {
                    [Rdata::Cname(target)] if set.rtype() != key.rtype => {
                        Said::Alias(target.clone())
                    }
                    data => Said::Data(data.to_vec()),
                });
            }
            Ok(Answer::Absent(_)) => return Ok(Said::Absent),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// What was not judged, since nobody answered.
fn unanswered(spec: &ZoneSpec, evidence: &Evidence) -> Option<Finding> {
    let keys = evidence.unanswered().map(|key| format!("`{key}`"));
    let keys: Vec<_> = evidence.unseen().map(Visit::to_string).chain(keys).collect();
    let (first, rest) = keys.split_at(keys.len().min(3));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    let message = format!("nobody answers about {}{more}; not judged by it", first.join(", "));
    (!keys.is_empty()).then(|| UNANSWERED.finding(spec.intent.zone.clone(), message))
}

/// Whom the project lets ask: nobody if its list of resolvers is empty.
pub(super) fn resolver(project: &Project<impl Sized>) -> Option<Recursive> {
    Recursive::new(&asked(&project.settings.resolvers)?).ok()
}

#[cfg(test)]
mod tests;
