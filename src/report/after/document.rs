//! The report as JSON; what is unknown is `null`.

use super::{After, Gone, Leg, Moved, Passage, Spread};
use crate::plan::{Direction, Guard};
use crate::report::json::{change, side, time};
use serde_json::{Value, json};

/// One zone's report, as `report --json` prints it.
pub fn document(after: &After) -> Value {
    let late = after.late.iter().map(|one| {
        json!({
            "owner": one.key.owner.to_string(),
            "type": one.key.rtype.to_string(),
            "resolver": one.resolver,
            "seen": time(one.seen),
            "until": time(one.until),
            "suspects": one.suspects,
        })
    });
    let breaches = after.breaches.iter().map(|one| {
        let keys: Vec<_> = one.keys.iter().map(ToString::to_string).collect();
        json!({
            "resolver": one.resolver,
            "verdict": one.verdict.name(),
            "rrsets": keys,
            "seen": time(one.seen),
        })
    });
    let records = after.records().into_iter().map(|Moved { key, before, after }| {
        json!({
            "owner": key.owner.to_string(),
            "type": key.rtype.to_string(),
            "before": before.as_ref().map(side),
            "after": after.as_ref().map(side),
        })
    });
    let (from, to) = &after.platforms;
    json!({
        "version": 1,
        "zone": after.view.zone.to_string(),
        "at": time(after.at),
        "from": from,
        "to": to,
        "began": after.began().map(time),
        "ended": after.ended().map(time),
        "watched": after.watched.map(|(from, to)| json!({"from": time(from), "to": time(to)})),
        "plans": after.legs.iter().map(leg).collect::<Vec<_>>(),
        "alarms": late.collect::<Vec<_>>(),
        "ttl_breaches": breaches.collect::<Vec<_>>(),
        "records": records.collect::<Vec<_>>(),
    })
}

fn leg(leg: &Leg) -> Value {
    let revisions =
        leg.revisions.iter().map(|(at, digest)| json!({"at": time(*at), "digest": digest}));
    let words = leg.words.iter().map(
        |word| json!({"at": time(word.at), "what": word.about, "by": word.by, "said": word.said}),
    );
    json!({
        "digest": leg.plan.digest(),
        "back": leg.plan.direction != Direction::Forward,
        "planned": time(leg.planned),
        "replaced": leg.left.map(time),
        "revisions": revisions.collect::<Vec<_>>(),
        "confirmed": words.collect::<Vec<_>>(),
        "phases": leg.passages.iter().map(passage).collect::<Vec<_>>(),
    })
}

fn passage(one: &Passage) -> Value {
    let servers = one.followers.iter().map(|server| {
        json!({
            "server": server.server,
            "new": server.new.map(time),
            "behind_s": server.behind.map(|behind| behind.as_secs_f64()),
            "relapses": server.relapses,
        })
    });
    let strays = one.strays.iter().map(|stray| {
        json!({
            "at": time(stray.at),
            "owner": stray.key.owner.to_string(),
            "type": stray.key.rtype.to_string(),
            "server": stray.server,
        })
    });
    json!({
        "stage": one.phase.stage.name(),
        "changes": one.phase.changes.iter().map(change).collect::<Vec<_>>(),
        "foreseen": {
            "begins": time(one.foreseen.begins),
            "published_by": time(one.foreseen.published_by),
            "drained_by": time(one.foreseen.drained_by),
        },
        "began": one.began.map(time),
        "tries": one.tries,
        "guard": one.guard.map(Guard::name),
        "found": one.found.map(time),
        "applied": one.phase.applied.map(time),
        "published": one.phase.published.map(time),
        "drained": one.dead().map(time),
        "propagation_s": one.propagation().map(|took| took.as_secs_f64()),
        "propagation_bound_s": one.bound().as_secs(),
        "servers": servers.collect::<Vec<_>>(),
        "unplanned": strays.collect::<Vec<_>>(),
        "observed": one.spread.as_ref().map(spread),
    })
}

fn spread(spread: &Spread) -> Value {
    let holders = spread.holders.iter().map(|one| {
        json!({
            "resolver": one.resolver,
            "owner": one.key.owner.to_string(),
            "type": one.key.rtype.to_string(),
            "old_last_seen": time(one.last),
            "old_until": one.until.map(time),
            "new_seen": one.new.map(time),
        })
    });
    let points = spread.points.iter().map(|point| {
        json!({"at": time(point.at), "observed": point.observed, "forecast": point.forecast})
    });
    let gone = match spread.gone() {
        Some(Gone::By(_, at) | Gone::Unseen(at)) => Some(time(at)),
        Some(Gone::Open(_)) | None => None,
    };
    json!({
        "since": time(spread.since),
        "answered": spread.answered,
        "mute": spread.mute,
        "old_gone_by": gone,
        "holders": holders.collect::<Vec<_>>(),
        "curve": points.collect::<Vec<_>>(),
    })
}
