//! What speaks against a plan's times, and the ways out, cheapest first.

use super::{Due, Late, Schedule};
use crate::dns::{RrKey, Ttl};
use crate::mail::lint::Rule;
use crate::mail::{Finding, Side};
use crate::plan::rules::times::{
    CLOSED, HASTY, KEYS, LATE, NARROW, OUTLIVED, POLICY_AGE, STRICT, TAIL,
};
use crate::plan::{Direction, Phase, Plan, Policy, Stage, Timestamp, span};
use chrono::{NaiveDate, NaiveTime};
use std::time::Duration;

/// Everything about a plan's times that a careful person would change.
pub fn timing(plan: &Plan, policy: &Policy, schedule: &Schedule, now: Timestamp) -> Vec<Finding> {
    // Where nothing is left to do, no time is too late.
    if plan.direction != Direction::Forward || plan.phases.is_empty() {
        return Vec::new();
    }
    let told = [
        closed(plan, now),
        late(plan, policy, schedule, now),
        tail(plan, policy, schedule),
        too_long(plan, schedule),
        unverified(plan, policy, schedule),
        strict(plan, policy, schedule),
        hasty(plan, policy),
        forgetful(plan, policy),
        lasting(plan, policy),
    ];
    let told = told.into_iter().flatten();
    told.map(|(rule, message)| rule.finding(plan.zone.clone(), message)).collect()
}

/// That the old platform ends while the plan still needs it.
pub fn outlived(plan: &Plan, schedule: &Schedule, old: &Side) -> Option<Finding> {
    let (name, day) = old.ending()?;
    let end = day.parse::<NaiveDate>().ok()?.succ_opt()?.and_time(NaiveTime::MIN).and_utc();
    let needed = schedule.milestones.decommission_at.filter(|needed| *needed > end)?;
    let message = format!(
        "platform `{name}` ends on {day}, but is needed until {} at least: mail would be lost that \
         still goes there, and keys that it holds; move earlier, or shorten `soak`",
        utc(needed)
    );
    Some(OUTLIVED.finding(plan.zone.clone(), message))
}

type Told = (&'static Rule, String);

/// The share of busy caches that still hold old data so long after every server has changed, if
/// each took it in at a time of its own.
pub fn exposure(since: Duration, ttl: Ttl) -> f64 {
    let ttl = Duration::from(ttl).as_secs_f64();
    if ttl == 0.0 { 0.0 } else { (1.0 - since.as_secs_f64() / ttl).max(0.0) }
}

fn utc(time: Timestamp) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn closed(plan: &Plan, now: Timestamp) -> Option<Told> {
    let closes = plan.window?.closes();
    let message = format!("the window closed at {}; write one that is still to come", utc(closes));
    (closes <= now).then_some((&CLOSED, message))
}

/// The stage that is late the most, why, and three ways out.
fn late(plan: &Plan, policy: &Policy, schedule: &Schedule, now: Timestamp) -> Option<Told> {
    let window = plan.window.filter(|window| now < window.closes())?;
    let Late { stage, wanted, possible } =
        *schedule.late.iter().max_by_key(|late| late.possible - late.wanted)?;
    let shift = (possible - wanted).to_std().ok()?;
    let mut message = format!(
        "{stage} is wanted at {}, but old TTLs have run out and the stages before it have begun \
         only at {}\n  way out: open the window {} later, at {}",
        utc(wanted),
        utc(possible),
        span(shift),
        utc(window.opens + shift)
    );
    if !policy.accept_tail {
        message += &format!("\n  way out: {}", accepted(plan, schedule, stage, wanted));
    }
    if now < window.opens && schedule.phases.first().is_some_and(|times| times.begins == now) {
        message += "\n  in any case: `cutover apply --through prepare` lowers TTLs now, so that \
            every later window comes sooner";
    }
    Some((&LATE, message))
}

/// What `--accept-tail` would mean for a stage.
fn accepted(plan: &Plan, schedule: &Schedule, stage: Stage, wanted: Timestamp) -> String {
    let prepared = plan.phases.iter().zip(&schedule.phases);
    let prepared = prepared.clone().find(|(phase, _)| phase.stage == Stage::Prepare);
    let (Some((prepare, times)), Some(phase)) = (prepared, plan.phase(stage)) else {
        return "none by `--accept-tail`: no TTL is in the way".to_owned();
    };
    if wanted < times.usable_by {
        let usable = utc(times.usable_by);
        return format!(
            "none by `--accept-tail`: what `prepare` adds is known everywhere only at {usable}, \
             and mail would fail before"
        );
    }
    let Some((key, ttl)) = longest(prepare, phase) else {
        return "none by `--accept-tail`: no old TTL is in the way".to_owned();
    };
    let until = times.published_by + Duration::from(ttl);
    let open = (wanted + Duration::from_secs(3_600) - times.published_by).to_std();
    let share = exposure(open.unwrap_or_default(), ttl) * 100.0;
    format!(
        "`--accept-tail`: an hour after {stage}, {share:.1} % of busy caches lead to the old \
         system by `{key}`, the last until {}",
        utc(until)
    )
}

/// The lowered RRset of a phase that had the longest TTL.
fn longest(prepare: &Phase, phase: &Phase) -> Option<(RrKey, Ttl)> {
    let is_moved = |key| phase.changes.iter().any(|change| change.key() == key);
    let lowered = prepare.changes.iter().filter(|change| is_moved(change.key()));
    let before = lowered.filter_map(|change| change.before());
    before.map(|before| (before.key().clone(), before.ttl())).max_by_key(|(_, ttl)| *ttl)
}

/// Of an accepted tail, until when it lasts.
fn tail(plan: &Plan, policy: &Policy, schedule: &Schedule) -> Option<Told> {
    let drained =
        schedule.phases.iter().zip(&plan.phases).find_map(|(times, phase)| {
            (phase.stage == Stage::Prepare).then_some(times.drained_by)
        })?;
    let begins = plan.phases.iter().zip(&schedule.phases);
    let first = begins.filter(|(phase, _)| phase.stage.is_middle()).map(|(_, times)| times.begins);
    let is_open = policy.accept_tail && first.min()? < drained;
    let message = format!(
        "old TTLs run out at {} only, as accepted: until then some are led to the old system, \
         which must go on serving as before",
        utc(drained)
    );
    is_open.then_some((&TAIL, message))
}

/// Whether what users notice ends within the window, caches included.
fn too_long(plan: &Plan, schedule: &Schedule) -> Option<Told> {
    let closes = plan.window?.closes();
    let (stage, drained) = last_visible(plan, schedule)?;
    let message = format!(
        "{stage} is in every cache by {} only, after the window closes at {}; begin it earlier, or \
         make the window longer",
        utc(drained),
        utc(closes)
    );
    (closes < drained).then_some((&NARROW, message))
}

/// Whether one can still turn back within the window when all has been verified.
fn unverified(plan: &Plan, policy: &Policy, schedule: &Schedule) -> Option<Told> {
    let closes = plan.window?.closes();
    let decided = schedule.milestones.last_rollback?;
    let (stage, drained) = last_visible(plan, schedule)?;
    let verified = drained + policy.verify;
    let message = format!(
        "{stage} is in every cache by {} and verified by {}, but turning back must be decided by \
         {} to end within the window\n  way out: make name servers follow within less than {} \
         (NOTIFY, `propagation`)\n  way out: begin {stage} earlier, or make the window longer",
        utc(drained),
        utc(verified),
        utc(decided),
        span(plan.propagation)
    );
    let conflicts = decided < verified && drained <= closes;
    conflicts.then_some((&NARROW, message))
}

fn last_visible(plan: &Plan, schedule: &Schedule) -> Option<(Stage, Timestamp)> {
    let all = plan.phases.iter().zip(&schedule.phases);
    let visible = all.filter(|(phase, _)| phase.stage.is_middle());
    visible.map(|(phase, times)| (phase.stage, times.drained_by)).max_by_key(|(_, at)| *at)
}

/// Senders that keep an MTA-STS policy to the end of its life.
fn strict(plan: &Plan, policy: &Policy, schedule: &Schedule) -> Option<Told> {
    let deadline = schedule.deadlines.iter().find(|deadline| deadline.what == Due::Strict)?;
    let prepare = plan.phases.iter().position(|phase| phase.stage == Stage::Prepare)?;
    let times = schedule.phases.get(prepare)?;
    let until = times.published_by + policy.sts_max_age? + policy.margin;
    let message = format!(
        "a sender that does not fetch a new MTA-STS policy before it gives up may refuse the new \
         MX until {}; those that follow the standard have it in time",
        utc(until)
    );
    (deadline.at < times.begins).then_some((&STRICT, message))
}

/// Waits that are shorter than the pauses of mail servers.
fn hasty(plan: &Plan, policy: &Policy) -> Option<Told> {
    let gap = Duration::from_secs(LARGEST_RETRY_GAP);
    plan.phase(Stage::Retire).filter(|_| policy.silence < gap)?;
    let message = format!(
        "`silence` of {} is shorter than the pause of {} that a stock mail server makes between \
         two tries, so that silence proves nothing",
        span(policy.silence),
        span(gap)
    );
    Some((&HASTY, message))
}

/// Keys that go while other people's servers still try.
fn forgetful(plan: &Plan, policy: &Policy) -> Option<Told> {
    plan.phase(Stage::RetireKeys).filter(|_| policy.transit < SHORTEST_QUEUE)?;
    let message = format!(
        "`transit` of {} is shorter than the {} that other people's servers keep mail at least; \
         what comes later finds no old key any more, and fails",
        span(policy.transit),
        span(SHORTEST_QUEUE)
    );
    Some((&KEYS, message))
}

/// Servers give mail up after 4 or 5 days (RFC 5321 §4.5.4.1).
const SHORTEST_QUEUE: Duration = Duration::from_secs(4 * DAY);

/// MTA-STS policies that protect nobody, or bind senders for long.
fn lasting(plan: &Plan, policy: &Policy) -> Option<Told> {
    let age = policy.sts_max_age?;
    plan.phase(Stage::Delivery)?;
    let message = match age.as_secs() {
        0..DAY => "an MTA-STS policy that lives less than a day is forgotten between two messages",
        DAY..=WEEK => return None,
        _ => {
            "a mistake in an MTA-STS policy binds senders as long; while MX moves, serve one \
            that lives a week at most"
        }
    };
    Some((&POLICY_AGE, format!("`sts-max-age` is {}: {message}", span(age))))
}

const DAY: u64 = 86_400;
const WEEK: u64 = 7 * DAY;

/// qmail tries at 400 s times the square of the try, for 7 days: the last pause is the longest.
const LARGEST_RETRY_GAP: u64 = {
    let mut tries = 1;
    while 400 * tries * tries <= WEEK {
        tries += 1;
    }
    400 * (tries * tries - (tries - 1) * (tries - 1))
};
