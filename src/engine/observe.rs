//! Publication: every address of every name server answers with the changes, twice in a row.

use super::{Error, Notice, Options, Outcome, RETRY, Tell, World, ahead, note};
use crate::dns::{Name, RrKey, RrSet};
use crate::plan::{Change, Phase, Served, Sighting, matches};
use crate::port::{Lookup, LookupError, ProviderError, Server};
use crate::run::{Event, Run, Timestamp};
use futures_util::{StreamExt as _, stream};

/// How many questions are under way at once: enough for speed, few enough for anybody's firewall.
const AT_ONCE: usize = 64;

/// What one look at all servers has shown.
struct Look {
    /// Servers that do not answer with every change, and why.
    lagging: Vec<String>,
    /// What the journal does not know yet.
    news: Vec<Sighting>,
    /// Whether a server answers what this phase neither found nor brought.
    is_strange: bool,
}

/// Looks until the phase is published, or patience ends.
pub(super) async fn observe(
    run: &mut Run,
    world: &mut World<'_>,
    phase: &Phase,
    options: Options,
    tell: Tell<'_>,
) -> Result<Option<Outcome>, Error> {
    let begun = world.clock.now();
    let mut since: Option<Timestamp> = None;
    let mut is_compared = false;
    loop {
        let seen = tokio::select! {
            seen = look(run, world.lookup, phase) => seen,
            () = world.stop.asked() => return Ok(Some(Outcome::Stopped)),
        };
        let look = match seen {
            Ok(look) => look,
            Err(problem) if options.wait => {
                tell(Notice::Trouble(problem.to_string()));
                world.rest_until(world.clock.now() + RETRY).await;
                return Ok(None);
            }
            Err(problem) => return Err(problem.into()),
        };
        let now = world.clock.now();
        // At once, since whoever looks next may not find it any more.
        if !look.news.is_empty() {
            let (stage, seen) = (phase.stage, look.news);
            note(run, world, tell, Event::Seen { stage, seen })?;
        }
        // A journal that has lost its end waits for what has long been replaced.
        if look.is_strange && !is_compared {
            match ahead(run, world).await {
                Ok(Some(stage)) => {
                    note(run, world, tell, Event::Found(stage))?;
                    return Ok(None);
                }
                Ok(None) => is_compared = true,
                Err(Error::Provider(ProviderError::Busy(problem))) => {
                    tell(Notice::Trouble(problem));
                }
                Err(error) => return Err(error),
            }
        }
        if look.lagging.is_empty() {
            // The first clean look is when the last old answer can have been given.
            if let Some(since) = since {
                note(run, world, tell, Event::Published { stage: phase.stage, since })?;
                return Ok(None);
            }
            since = Some(now);
        } else {
            since = None;
            tell(Notice::Lagging(&look.lagging));
            if !options.wait && now >= begun + options.patience {
                return Ok(Some(Outcome::Unpublished(look.lagging)));
            }
        }
        world.rest_until(now + options.pace).await;
    }
}

async fn look(run: &Run, lookup: &dyn Lookup, phase: &Phase) -> Result<Look, LookupError> {
    let servers = lookup.servers(&run.plan().zone).await?;
    let questions = servers.iter().flat_map(|server| {
        phase.changes.iter().map(move |change| ask(run, lookup, server, change))
    });
    let answers: Vec<_> = stream::iter(questions).buffer_unordered(AT_ONCE).collect().await;
    let (problems, seen): (Vec<_>, Vec<_>) = answers.into_iter().unzip();
    let mut lagging: Vec<_> = problems.into_iter().flatten().collect();
    lagging.sort();
    lagging.dedup();
    let mut seen: Vec<_> = seen.into_iter().flatten().collect();
    let is_other = |one: &Sighting| matches!(one.served, Served::Other(_));
    let is_strange = !lagging.is_empty() && seen.iter().any(is_other);
    seen.retain(|sighting| run.is_news(sighting));
    Ok(Look { lagging, news: seen, is_strange })
}

/// Asks one server for one change: what is wrong, if it does not answer as wanted, and what it
/// said, if it said anything.
async fn ask(
    run: &Run,
    lookup: &dyn Lookup,
    server: &Server,
    change: &Change,
) -> (Option<String>, Option<Sighting>) {
    let key = change.key();
    let answer = match lookup.ask(server, key).await {
        Ok(answer) => answer,
        Err(problem) => return (Some(problem.to_string()), None),
    };
    let (live, wanted) = (answer.rrset(), run.aim(change));
    let scope = run.plan().scope(key);
    let is_wanted = matches(live, wanted, scope)
        || match (live, wanted) {
            (Some(live), None) => is_from_wildcard(run, lookup, server, live).await,
            _ => false,
        };
    let is_before = matches(live, change.before(), scope)
        && answer.ttl() <= change.before().map_or(run.plan().negative_ttl, RrSet::ttl);
    let (problem, served) = match (is_wanted, is_before) {
        (true, _) if wanted == change.after() => (None, Served::After),
        (true, _) => (None, Served::Other(answer)),
        (false, true) => (Some(format!("{server} still answers the old `{key}`")), Served::Before),
        (false, false) => {
            (Some(format!("{server} answers an unplanned `{key}`")), Served::Other(answer))
        }
    };
    (problem, Some(Sighting { server: Some(server.to_string()), key: key.clone(), served }))
}

/// Whether a wildcard answers for a name that is gone, with its own data (RFC 4592 §2.2).
async fn is_from_wildcard(run: &Run, lookup: &dyn Lookup, server: &Server, live: &RrSet) -> bool {
    let mut above = live.owner().parent();
    while let Some(base) = above.filter(|base| base.is_within(&run.plan().zone)) {
        if let Ok(owner) = Name::parse_in("*", &base)
            && let Ok(answer) = lookup.ask(server, &RrKey::new(owner, live.rtype())).await
            && answer.rrset().is_some_and(|wildcard| wildcard.same_rdata(live))
        {
            return true;
        }
        above = base.parent();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::Stop;
    use super::*;
    use crate::dns::rdata::Rrsig;
    use crate::dns::{Ttl, Zone};
    use crate::plan::{Direction, Guard, Plan, Probe, Stage};
    use crate::port::{Answer, Clock, Journal, JournalError, NotReady, Prober};
    use crate::run::Entry;
    use async_trait::async_trait;
    use std::collections::BTreeMap;
    use std::time::Duration;

    /// The one server of a zone in which a wildcard answers for all that is gone.
    struct Wild(RrSet);

    #[async_trait]
    impl Lookup for Wild {
        async fn servers(&self, _: &Name) -> Result<Vec<Server>, LookupError> {
            Ok(vec![Server { name: "ns".to_owned(), address: ([127, 0, 0, 1], 53).into() }])
        }

        async fn ask(&self, _: &Server, key: &RrKey) -> Result<Answer, LookupError> {
            let rdata = self.0.rdata().iter().cloned();
            let found = RrSet::of(key.clone(), self.0.ttl(), rdata);
            Ok(found.map_or(Answer::Absent(self.0.ttl()), Answer::Found))
        }

        async fn signatures(&self, _: &Server, _: &RrKey) -> Result<Vec<Rrsig>, LookupError> {
            Ok(Vec::new())
        }
    }

    struct Still;

    #[async_trait]
    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        async fn sleep_until(&self, _: Timestamp) {}
    }

    #[async_trait]
    impl Prober for Still {
        async fn probe(&self, _: &Probe) -> Result<String, NotReady> {
            Ok(String::new())
        }
    }

    #[derive(Default)]
    struct Notes(Vec<&'static str>);

    impl Journal for Notes {
        fn append(&mut self, entry: &Entry) -> Result<(), JournalError> {
            self.0.push(entry.event.name());
            Ok(())
        }

        fn news(&mut self) -> Result<Vec<Entry>, JournalError> {
            Ok(Vec::new())
        }
    }

    fn zone(text: &str) -> Zone {
        Zone::parse(text, &Name::parse("example.").unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_wildcard_in_the_place_of_what_is_gone_is_no_lag() {
        let changes = crate::plan::diff(&zone("old 60 A 192.0.2.1"), &zone(""));
        let phase = Phase { stage: Stage::Retire, changes, gates: Vec::new() };
        let plan = Plan {
            zone: Name::parse("example.").unwrap(),
            direction: Direction::Forward,
            negative_ttl: Ttl::from_secs(60),
            propagation: Duration::ZERO,
            cache_floor: Duration::ZERO,
            window: None,
            phases: vec![phase.clone()],
            scopes: BTreeMap::new(),
            own_ttls: BTreeMap::new(),
            flattened: Vec::new(),
            intent: String::new(),
        };
        let mut run = Run::new(plan, Still.now());
        for event in
            [Event::ApplyBegan(Stage::Retire), Event::Applied(Stage::Retire, Guard::Values)]
        {
            run.record(&Entry { at: Still.now(), event }).unwrap();
        }
        let wildcard = zone("* 60 A 192.0.2.80").rrsets().next().cloned().unwrap();
        let (lookup, mut journal) = (Wild(wildcard), Notes::default());
        let mut world = World {
            providers: &[],
            lookup: &lookup,
            prober: &Still,
            journal: &mut journal,
            clock: &Still,
            stop: &Stop::default(),
        };
        let options = Options { patience: Duration::ZERO, ..Options::default() };
        let outcome = observe(&mut run, &mut world, &phase, options, &mut |_| ()).await.unwrap();
        assert_eq!((journal.0, outcome), (vec!["seen", "published"], None));
    }
}
