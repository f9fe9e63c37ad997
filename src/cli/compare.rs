//! Asks all name servers of a zone, and its parent, to see whether they agree.

use super::resolvers::asked;
use super::session::Session;
use crate::config::ZoneSpec;
use crate::dns::{Name, Rdata, RrKey, Rtype};
use crate::lookup::{NameServers, Source};
use crate::mail::lint::{self, Says, Testimony, asked_of_servers};
use crate::mail::{Finding, Said};
use crate::port::{Answer, Lookup, Resolver as _, Server};
use futures_util::future::{join, join_all};
use std::collections::BTreeMap;

/// What the name servers of a zone and its parent show, side by side; nothing where they would have
/// to be found by asking, and nobody may be asked.
pub(super) async fn compare(session: &Session<'_>, spec: &ZoneSpec) -> Vec<Finding> {
    let apex = &spec.intent.zone;
    let may_ask = session.resolver.is_some()
        || session.published(&spec.providers).is_ok_and(|s| !s.is_empty());
    let Some(lookup) = session.lookup(spec).ok().filter(|_| may_ask) else { return Vec::new() };
    let own = async {
        match lookup.servers(apex).await {
            Ok(servers) => join_all(servers.iter().map(|one| ask(&*lookup, one, apex))).await,
            Err(error) => {
                let answers = asked_of_servers(apex).map(|key| (key, Err(error.to_string())));
                vec![Says { server: String::new(), answers: answers.into() }]
            }
        }
    };
    let (servers, parent) = join(own, parent(session, apex)).await;
    let now = session.now().timestamp().rem_euclid(1 << 32);
    let now = u32::try_from(now).unwrap_or_default();
    lint::servers(&Testimony { apex: apex.clone(), servers, parent, now })
}

/// What one server says; of a signed zone with its signatures.
async fn ask(lookup: &dyn Lookup, server: &Server, apex: &Name) -> Says {
    let questions = asked_of_servers(apex).map(async |key| {
        let said = match lookup.ask(server, &key).await {
            Ok(Answer::Found(set)) => Ok(set.rdata().to_vec()),
            Ok(Answer::Absent(_)) => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        };
        (key, said)
    });
    let mut answers: BTreeMap<_, _> = join_all(questions).await.into_iter().collect();
    let there = answers.iter().filter(|(_, said)| said.as_ref().is_ok_and(|data| !data.is_empty()));
    let there: Vec<_> = there.map(|(key, _)| key.clone()).collect();
    if there.iter().any(|key| key.rtype == Rtype::DNSKEY) {
        let found = join_all(there.iter().map(|key| lookup.signatures(server, key))).await;
        // What could not be fetched now is not held against anybody.
        let signatures = found.into_iter().flatten().flatten().map(Rdata::Rrsig);
        answers.insert(RrKey::new(apex.clone(), Rtype::RRSIG), Ok(signatures.collect()));
    }
    Says { server: server.to_string(), answers }
}

/// What the parent says, as far as somebody may be asked who knows.
async fn parent(session: &Session<'_>, apex: &Name) -> BTreeMap<Rtype, Vec<Rdata>> {
    let Some(resolver) = &session.resolver else { return BTreeMap::new() };
    let key = RrKey::new(apex.clone(), Rtype::DS);
    let signers = match session.heard.said(&key, async || resolver.resolve(&key).await).await {
        Said::Data(data) => data,
        Said::Absent => Vec::new(),
        // Whoever does not say this does not lead to the parent either.
        Said::Alias(_) | Said::Nothing => return BTreeMap::new(),
    };
    let resolvers = asked(&session.project.settings.resolvers).unwrap_or_default();
    let source = Source::Discovered { resolvers, port: 53 };
    let servers = NameServers::new(session.poller.clone(), source).delegation(apex).await;
    let servers = servers.map(|hosts| (Rtype::NS, hosts.into_iter().map(Rdata::Ns).collect()));
    [(Rtype::DS, signers)].into_iter().chain(servers.ok()).collect()
}
