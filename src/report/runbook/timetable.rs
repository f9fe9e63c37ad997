//! When: deadlines with what they are made of, stages, and the days of the plan as a whole.

use super::{Part, gantt};
use crate::plan::schedule::{Deadline, Due};
use crate::plan::{Stage, Timestamp};
use crate::report::paper::{Paper, code, prose};
use crate::report::{Dossier, span};
use std::collections::BTreeMap;

pub(super) fn timetable(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let (plan, when) = (dossier.plan(), &dossier.when);
    paper.text(format!(
        "What counts: name servers follow within D = {}; the TTL while mail moves is {}; absence \
         is cached for N = {}; margin M = {}. A record is on every server D after it is sent, and \
         what was before it is out of every cache one old TTL later; a new record is known \
         everywhere N later.",
        span(plan.propagation),
        span(dossier.policy.ttl.into()),
        span(plan.negative_ttl.into()),
        span(dossier.policy.margin)
    ));
    part.below(paper, "Stages");
    let rows = dossier.phases().map(|(phase, times)| {
        vec![
            code(phase.stage.name()),
            when.at(times.begins),
            when.at(times.published_by),
            when.at(times.drained_by),
            span(times.rollback_cost),
        ]
    });
    let head = ["stage", "begins", "on all servers by", "old forgotten by", "to undo it takes"];
    paper.table(&head, rows);
    gantt::pictures(paper, dossier);
    deadlines(paper, dossier, part);
    part.below(paper, "When old answers are gone");
    paper.text("The later of: cut + D + TTL now, and `prepare` + D + TTL from before.");
    let rows = dossier
        .proposal
        .schedule
        .old_dead
        .iter()
        .map(|(key, time)| vec![code(&key.to_string()), when.at(*time)]);
    paper.table(&["record", "old answer gone by"], rows);
    milestones(paper, dossier, part);
}

/// What must be done by when, those of one time in one row.
fn deadlines(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let when = &dossier.when;
    let mut due: BTreeMap<(Timestamp, &'static str, String), Vec<&Deadline>> = BTreeMap::new();
    for one in &dossier.proposal.schedule.deadlines {
        due.entry((one.at, one.what.name(), formula(dossier, one))).or_default().push(one);
    }
    if due.is_empty() {
        return;
    }
    part.below(paper, "Deadlines");
    let rows = due.into_iter().map(|((at, _, formula), all)| {
        let keys: Vec<_> = all.iter().map(|one| code(&one.key.to_string())).collect();
        let what = all.first().map(|one| what(one.what)).unwrap_or_default();
        vec![when.at(at), what.to_owned(), keys.join(", "), formula]
    });
    paper.table(&["by", "what", "record", "first use less ..."], rows);
}

fn formula(dossier: &Dossier<'_>, deadline: &Deadline) -> String {
    let parts =
        deadline.lead.iter().map(|(lead, time)| format!("{} {}", lead.words(), span(*time)));
    let parts: Vec<_> = parts.collect();
    format!("{} − ({})", dossier.when.at(deadline.first_use()), parts.join(" + "))
}

fn what(due: Due) -> &'static str {
    match due {
        Due::Lower => "lower its TTL",
        Due::Publish => "publish it",
        Due::Policy => "serve the MTA-STS policy with both MX",
        Due::Strict => "publish it, for senders that keep policies to their end",
    }
}

fn milestones(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    part.below(paper, "Days of the plan");
    let (policy, plan) = (&dossier.policy, dossier.plan());
    let times = &dossier.proposal.schedule.milestones;
    let servers = span(plan.propagation);
    let kept = dossier.middle().flat_map(|(phase, _)| &phase.changes);
    let kept = kept.filter(|change| change.after().is_some());
    let kept = kept.map(|change| plan.persistence(change)).max().unwrap_or_default();
    let lasts = [
        (
            "last change that ends within the window",
            times.last_change,
            format!("window's end − (servers follow {servers} + TTL {})", span(kept)),
        ),
        (
            "**last moment to turn back**",
            times.last_rollback,
            format!(
                "window's end − (servers follow {servers} + TTL {} + tests {})",
                span(kept),
                span(policy.verify)
            ),
        ),
        (
            "the new platform has noticed the MX",
            times.mx_noticed_by,
            format!("`delivery` + {}", span(policy.mx_wait)),
        ),
        ("soak until", times.soak_until, format!("`delivery` + {}", span(policy.soak))),
        (
            "old server quiet for long enough",
            times.quiet_at,
            format!(
                "last wanted mail {} + {}",
                policy.quiet_since.map(|time| dossier.when.at(time)).unwrap_or_default(),
                span(policy.silence)
            ),
        ),
        (
            "old DKIM keys needed until, at least",
            times.old_keys_until,
            format!(
                "window's opening + old queue {} + queues elsewhere {}",
                span(policy.queue),
                span(policy.transit)
            ),
        ),
        (
            "old DKIM keys go",
            dossier.phase(Stage::RetireKeys).map(|(_, times)| times.begins),
            format!(
                "`delivery` + soak {} + queues elsewhere {}, and all gates",
                span(policy.soak),
                span(policy.transit)
            ),
        ),
        (
            "the old system may end",
            times.decommission_at,
            "the latest of soak, silence, last use, and MX out of caches + 3 d".to_owned(),
        ),
        (
            "old machines and addresses may serve again",
            times.repurpose_at,
            format!("window's end + {}", span(policy.repurpose_after)),
        ),
    ];
    let begin = times.begin_by.iter().map(|(id, time)| {
        let lead = dossier.opening().and_then(|opening| (opening - *time).to_std().ok());
        (
            *time,
            vec![
                dossier.when.at(*time),
                format!("begin {} by", code(id)),
                format!("window's opening − {}", span(lead.unwrap_or_default())),
            ],
        )
    });
    let lasts = lasts.into_iter().filter_map(|(what, time, formula)| {
        Some((time?, vec![dossier.when.at(time?), what.to_owned(), prose(&formula)]))
    });
    let mut rows: Vec<_> = begin.chain(lasts).collect();
    rows.sort_by_key(|(time, _)| *time);
    paper.table(&["when", "what", "is"], rows.into_iter().map(|(_, row)| row));
}
