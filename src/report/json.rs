//! JSON for programs: one document, version 1, times in RFC 3339 UTC.

use super::{Proposal, Standing};
use crate::config::{Platform, SignIn};
use crate::dns::{Name, RrKey, RrSet, Ttl};
use crate::mail::Finding;
use crate::plan::ledger::Version;
use crate::plan::schedule::Times;
use crate::plan::{Change, Drift, Flattened, Gate, Guard, Phase, Probe, Stage, Timestamp};
use crate::port::{Access, ProviderError};
use crate::run::Verdict;
use crate::run::view::{NextView, PhaseView, Progress, View};
use crate::watch::{Matrix, Reach};
use chrono::SecondsFormat;
use serde::Serializer as _;
use serde::ser::Error as _;
use serde_json::{Value, json};

pub(super) fn time(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Many documents as one list, each made when its turn comes and forgotten then.
pub fn list(documents: impl Iterator<Item = Value>) -> serde_json::Result<String> {
    let mut text = Vec::new();
    serde_json::Serializer::pretty(&mut text).collect_seq(documents)?;
    text.push(b'\n');
    String::from_utf8(text).map_err(serde_json::Error::custom)
}

/// A plan, as `plan --json` prints it.
pub fn plan(proposal: &Proposal) -> Value {
    let Proposal { plan, schedule, findings: found, .. } = proposal;
    let begins = |stage| {
        let at = plan.phases.iter().position(|phase| phase.stage == stage)?;
        schedule.phases.get(at).map(|times| time(times.begins))
    };
    let phases = plan.phases.iter().zip(&schedule.phases);
    let deadlines = schedule.deadlines.iter().map(|deadline| {
        let RrKey { owner, rtype } = &deadline.key;
        let (owner, rtype) = (owner.to_string(), rtype.to_string());
        let (what, at) = (deadline.what.name(), time(deadline.at));
        json!({"owner": owner, "type": rtype, "what": what, "at": at})
    });
    let old_dead = schedule.old_dead.iter().map(|(RrKey { owner, rtype }, at)| {
        json!({"owner": owner.to_string(), "type": rtype.to_string(), "at": time(*at)})
    });
    let milestones = &schedule.milestones;
    let begin_by =
        milestones.begin_by.iter().map(|(id, at)| json!({"checkpoint": id, "at": time(*at)}));
    json!({
        "version": 1,
        "zone": plan.zone.to_string(),
        "digest": plan.digest(),
        "guard": proposal.guard.map(Guard::name),
        "feasible": proposal.is_feasible(),
        "phases": phases.map(|(phase, times)| self::phase(phase, times)).collect::<Vec<_>>(),
        "deadlines": deadlines.collect::<Vec<_>>(),
        "old_dead": old_dead.collect::<Vec<_>>(),
        "negative_ttl": plan.negative_ttl.secs(),
        "propagation_s": plan.propagation.as_secs(),
        "window": plan.window.map(|window| {
            json!({"opens": time(window.opens), "closes": time(window.closes())})
        }),
        "last_change": milestones.last_change.map(time),
        "last_rollback": milestones.last_rollback.map(time),
        "mx_noticed_by": milestones.mx_noticed_by.map(time),
        "soak_until": milestones.soak_until.map(time),
        "quiet_at": milestones.quiet_at.map(time),
        "old_keys_until": milestones.old_keys_until.map(time),
        "decommission_at": milestones.decommission_at.map(time),
        "repurpose_at": milestones.repurpose_at.map(time),
        "begin_by": begin_by.collect::<Vec<_>>(),
        "retire_at": begins(Stage::Retire),
        "retire_keys_at": begins(Stage::RetireKeys),
        "flattened": plan.flattened.iter().map(flattened).collect::<Vec<_>>(),
        "findings": findings(found),
    })
}

fn flattened(Flattened { domain, passes, asked, until, owner }: &Flattened) -> Value {
    let passes: Vec<_> = passes.terms.iter().map(ToString::to_string).collect();
    json!({
        "include": domain,
        "passes": passes,
        "asked_at": time(*asked),
        "until": time(*until),
        "owner": owner.to_string(),
    })
}

fn phase(phase: &Phase, times: &Times) -> Value {
    json!({
        "stage": phase.stage.name(),
        "changes": phase.changes.iter().map(change).collect::<Vec<_>>(),
        "apply_by": times.apply_by.map(time),
        "not_before": time(times.begins),
        "published_by": time(times.published_by),
        "usable_by": time(times.usable_by),
        "drained_by": time(times.drained_by),
        "gates": phase.gates.iter().map(gate).collect::<Vec<_>>(),
        "rollback_cost_s": times.rollback_cost.as_secs(),
    })
}

pub(super) fn change(change: &Change) -> Value {
    let action = match change {
        Change::Create(_) => "create",
        Change::Replace { .. } => "replace",
        Change::Delete(_) => "delete",
    };
    let RrKey { owner, rtype } = change.key();
    json!({
        "action": action,
        "owner": owner.to_string(),
        "type": rtype.to_string(),
        "before": change.before().map(side),
        "after": change.after().map(side),
    })
}

pub(super) fn side(rrset: &RrSet) -> Value {
    let rdata: Vec<_> = rrset.rdata().iter().map(ToString::to_string).collect();
    json!({"ttl": rrset.ttl().secs(), "rdata": rdata})
}

fn gate(gate: &Gate) -> Value {
    match gate {
        Gate::NotBefore(at) => json!({"kind": "not_before", "at": time(*at)}),
        Gate::Drained(stage) => json!({"kind": "drained", "stage": stage.name()}),
        Gate::Usable(stage) => json!({"kind": "usable", "stage": stage.name()}),
        Gate::Held { since, wait, why } => {
            json!({"kind": "held", "since": since.name(), "wait_s": wait.as_secs(), "why": why})
        }
        Gate::Arrived { since, wait } => {
            json!({"kind": "arrived", "since": since.name(), "wait_s": wait.as_secs()})
        }
        Gate::Confirmed(point) => {
            json!({"kind": "confirmed", "checkpoint": point.id, "ask": point.ask})
        }
        Gate::Probed(Probe { id, hosts, port }) => {
            let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
            json!({"kind": "probed", "probe": id, "hosts": hosts, "port": port})
        }
    }
}

/// Findings, as every `--json` lists them.
pub fn findings(found: &[Finding]) -> Value {
    found.iter().map(finding).collect()
}

/// One finding.
pub fn finding(Finding { id, severity, owner, message, reference }: &Finding) -> Value {
    json!({
        "id": id,
        "severity": severity.to_string(),
        "owner": owner.to_string(),
        "message": message,
        "rfc": reference,
    })
}

/// A run, as `status --json` prints it.
pub fn status(view: &View) -> Value {
    let (kind, at) = match &view.next {
        NextView::Apply(stage) => (format!("apply {stage}"), None),
        NextView::Reconcile(stage) => (format!("reconcile {stage}"), None),
        NextView::Observe(stage) => (format!("observe {stage}"), None),
        NextView::Wait(until, what) => (format!("wait for {what}"), Some(time(*until))),
        NextView::Ask(id, _) => (format!("confirm {id}"), None),
        NextView::Probe(id, _) => (format!("probe {id}"), None),
        NextView::Missed(closed) => ("missed the window".to_owned(), Some(time(*closed))),
        NextView::Done => ("done".to_owned(), None),
    };
    json!({
        "version": 1,
        "zone": view.zone.to_string(),
        "digest": view.digest,
        "planned": time(view.planned),
        "phases": view.phases.iter().map(phase_view).collect::<Vec<_>>(),
        "next": {"what": kind, "at": at},
        "versions": view.versions.iter().map(version).collect::<Vec<_>>(),
        "rollback": view.rollback.map(|price| {
            json!({"cost_s": price.takes.as_secs(), "until": time(price.until)})
        }),
    })
}

/// What is known of platforms.
pub fn platforms(all: &[Platform]) -> Value {
    let one = |one: &Platform| {
        let settings = one.settings.iter().map(|(name, found)| {
            let host = one.derived.get(name);
            json!({"name": name, "found": found, "first_label_of": host})
        });
        json!({
            "name": one.name,
            "about": one.about,
            "source": one.source,
            "confidence": one.confidence,
            "checked": one.checked,
            "ends": one.ends,
            "within": one.domains.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "clients": one.clients,
            "smtp_port": one.smtp_port,
            "sign_in": one.sign_in.map(SignIn::name),
            "settings": settings.collect::<Vec<_>>(),
            "brings": one.keys,
            "yaml": one.body,
        })
    };
    json!({"version": 1, "platforms": all.iter().map(one).collect::<Vec<_>>()})
}

/// Accounts, and what they can do.
pub fn standings(all: &[Standing]) -> Value {
    let one = |one: &Standing| {
        let (may_write, because) = match &one.access {
            Access::Granted(why) => (Some(true), Some(why)),
            Access::Denied(why) => (Some(false), Some(why)),
            Access::Untried => (None, None),
        };
        let facts = one.facts.as_ref();
        // What nobody found out is `null`.
        let [reachable, authorised, found] = match &one.problem {
            None => [one.zone.is_some().then_some(true); 3],
            Some(ProviderError::Busy(_)) => [Some(false), None, None],
            Some(ProviderError::Unauthorized(_)) => [Some(true), Some(false), None],
            Some(ProviderError::NoZone(_) | ProviderError::Enclosed { .. }) => {
                [Some(true), Some(true), Some(false)]
            }
            Some(_) => [Some(true), None, None],
        };
        json!({
            "account": one.account,
            "driver": one.driver,
            "zone": one.zone.as_ref().map(ToString::to_string),
            "reachable": reachable,
            "authorised": authorised,
            "zone_found": found,
            "may_write": may_write,
            "because": because,
            "ttl_floor": facts.map(|facts| facts.lowest().secs()),
            "guard": facts.map(|facts| facts.guard.name()),
            "atomic": facts.map(|facts| facts.atomic),
            "error": one.problem.as_ref().map(ToString::to_string),
        })
    };
    json!({"version": 1, "providers": all.iter().map(one).collect::<Vec<_>>()})
}

/// A version of an RRset: its last time is the last at which it may have been served.
fn version((RrKey { owner, rtype }, version): &(RrKey, Version)) -> Value {
    let served = &version.served;
    let rdata = served.rrset().map(RrSet::rdata).unwrap_or_default();
    let servers: serde_json::Map<_, _> =
        version.servers.iter().map(|(name, at)| (name.clone(), json!(time(*at)))).collect();
    json!({
        "owner": owner.to_string(),
        "type": rtype.to_string(),
        "ttl": served.ttl().secs(),
        "rdata": rdata.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "first": time(version.first),
        "last": time(version.last),
        "servers": servers,
    })
}

fn phase_view(phase: &PhaseView) -> Value {
    let (state, at) = match phase.progress {
        Progress::Planned => ("planned", None),
        Progress::Applying => ("applying", None),
        Progress::Applied(at) => ("applied", Some(at)),
        Progress::Draining(until) => ("draining", Some(until)),
        Progress::Drained(at) => ("drained", Some(at)),
    };
    let gates: Vec<_> = phase
        .gates
        .iter()
        .map(|view| {
            let mut value = gate(&view.gate);
            value["opens"] = json!(view.opens.map(time));
            value["confirmed_by"] = json!(view.confirmed.as_ref().map(|c| &c.by));
            value
        })
        .collect();
    let changes: Vec<_> = phase.changes.iter().map(change).collect();
    let (stage, at) = (phase.stage.name(), at.map(time));
    json!({"stage": stage, "state": state, "at": at, "gates": gates, "changes": changes})
}

/// A zone whose move has not begun, in the place of its status or its matrix.
pub fn unbegun(zone: &Name) -> Value {
    json!({"version": 1, "zone": zone.to_string()})
}

/// An RRset that is not as the transition left it.
pub fn drift(drift: &Drift) -> Value {
    let Drift { key, expected, found } = drift;
    json!({
        "owner": key.owner.to_string(),
        "type": key.rtype.to_string(),
        "expected": expected,
        "found": found,
    })
}

/// A matrix, as `watch --json` prints it, one a line.
pub fn matrix(matrix: &Matrix) -> Value {
    let rows = matrix.rows.iter().map(|row| {
        let cells = row.cells.iter().zip(&matrix.targets).map(|(cell, target)| {
            let RrKey { owner, rtype } = &target.key;
            let why = match &cell.verdict {
                Verdict::Silent(why) => Some(why),
                _ => None,
            };
            json!({
                "owner": owner.to_string(),
                "type": rtype.to_string(),
                "verdict": cell.verdict.name(),
                "until": cell.verdict.until().map(time),
                "why": why,
                "asked": cell.asked.map(time),
                "left_s": cell.left.map(Ttl::secs),
                "caches": cell.caches,
            })
        });
        json!({
            "server": row.name,
            "address": row.place,
            "operator": row.operator,
            "country": row.country,
            "filters": row.filters,
            "kind": row.kind.name(),
            "rrsets": cells.collect::<Vec<_>>(),
        })
    });
    let alarms = matrix.alarms().into_iter().map(|alarm| {
        json!({
            "owner": alarm.key.owner.to_string(),
            "type": alarm.key.rtype.to_string(),
            "resolver": alarm.resolver,
            "until": time(alarm.until),
            "suspects": alarm.suspects,
        })
    });
    let reach = match matrix.reach {
        Reach::Open => "open",
        Reach::Blocked => "blocked",
        Reach::Intercepted => "intercepted",
    };
    json!({
        "version": 1,
        "zone": matrix.zone.to_string(),
        "at": time(matrix.at),
        "settled": matrix.is_settled(),
        "published": matrix.is_published(),
        "safe_at": matrix.safe().map(time),
        "observed": matrix.observed(),
        "flips_by": matrix.flips_by().map(time),
        "reach": reach,
        "alarms": alarms.collect::<Vec<_>>(),
        "rows": rows.collect::<Vec<_>>(),
    })
}
