//! Publication: every address of every name server answers with the changes, twice in a row.

use super::{Error, Notice, Options, Outcome, RETRY, Tell, World, note};
use crate::dns::RrKey;
use crate::plan::{Change, Phase, matches};
use crate::port::{Answer, Lookup, LookupError, Server};
use crate::run::{Event, Run, Timestamp};
use futures_util::{StreamExt as _, stream};

/// How many questions are under way at once: enough for speed, few enough for anybody's firewall.
const AT_ONCE: usize = 64;

/// What one look at all servers has shown.
struct Look {
    /// Servers that do not answer with every change, and why.
    lagging: Vec<String>,
    /// What they answered instead, unless the plan knows it as what was before.
    seen: Vec<(RrKey, Answer)>,
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
    loop {
        let look = match look(run, world.lookup, phase).await {
            Ok(look) => look,
            Err(problem) if options.wait => {
                tell(Notice::Trouble(problem.to_string()));
                world.clock.sleep_until(world.clock.now() + RETRY).await;
                return Ok(None);
            }
            Err(problem) => return Err(problem.into()),
        };
        let now = world.clock.now();
        // At once, since whoever looks next may not find them any more.
        let strays = look.seen.into_iter().filter(|(key, served)| !run.has_seen(key, served));
        let seen: Vec<_> = strays.collect();
        if !seen.is_empty() {
            note(run, world, tell, Event::Seen { stage: phase.stage, seen })?;
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
        world.clock.sleep_until(now + options.pace).await;
    }
}

async fn look(run: &Run, lookup: &dyn Lookup, phase: &Phase) -> Result<Look, LookupError> {
    let servers = lookup.servers(&run.plan().zone).await?;
    let questions = servers.iter().flat_map(|server| {
        phase.changes.iter().map(move |change| ask(run, lookup, server, change))
    });
    let answers: Vec<_> = stream::iter(questions).buffer_unordered(AT_ONCE).collect().await;
    let (mut lagging, mut seen) = (Vec::new(), Vec::new());
    for (problem, other) in answers.into_iter().flatten() {
        lagging.push(problem);
        seen.extend(other.filter(|other| !seen.contains(other)));
    }
    lagging.sort();
    lagging.dedup();
    Ok(Look { lagging, seen })
}

type Shortfall = (String, Option<(RrKey, Answer)>);

/// Asks one server for one change: `None` when it answers as wanted.
async fn ask(
    run: &Run,
    lookup: &dyn Lookup,
    server: &Server,
    change: &Change,
) -> Option<Shortfall> {
    let key = change.key();
    let served = match lookup.ask(server, key).await {
        Ok(answer) => answer,
        Err(problem) => return Some((problem.to_string(), None)),
    };
    let live = served.rrset();
    let scope = run.plan().scope(key);
    if matches(live, change.after(), scope) {
        return None;
    }
    let is_before = matches(live, change.before(), scope)
        && served.ttl() <= change.before().map_or(run.plan().negative_ttl, |set| set.ttl());
    let problem = match is_before {
        true => format!("{server} still answers the old `{key}`"),
        false => format!("{server} answers an unplanned `{key}`"),
    };
    Some((problem, (!is_before).then(|| (key.clone(), served))))
}
