//! Reads a journal as it is written, and says which phase began too early.
//!
//! It knows nothing of the program's own ledger: until a phase was sent, servers answered what was
//! before, so caches may hold that for its TTL at least.

use cutover::run::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// What is wrong with a journal.
pub(crate) fn complaints(journal: &str) -> Vec<String> {
    let lines: Vec<Value> =
        journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let plans: Vec<_> = facts(&lines, "planned").collect();
    let [(_, planned)] = &plans[..] else { return vec![format!("{} plans", plans.len())] };
    let plan = &planned["plan"];
    let began = firsts(&lines, "apply-began");
    let applied = firsts(&lines, "applied");
    let published = firsts(&lines, "published");
    let mut confirmed = BTreeMap::new();
    for (at, fact) in facts(&lines, "confirmed") {
        confirmed.entry(fact["checkpoint"].as_str().unwrap().to_owned()).or_insert(at);
    }
    let phases = plan["phases"].as_array().unwrap();
    let name = |phase: &Value| phase["stage"].as_str().unwrap().to_owned();
    let mut wrong = Vec::new();
    let mut before = None;
    for phase in phases {
        let stage = name(phase);
        let (Some(at), Some(end)) = (began.get(&stage), published.get(&stage)) else {
            wrong.push(format!("{stage} was not published"));
            continue;
        };
        if applied.get(&stage).is_none_or(|applied| applied < at || end < applied) {
            wrong.push(format!("{stage} is out of order"));
        }
        if before.is_some_and(|before| *at < before) {
            wrong.push(format!("{stage} began before the phase before was published"));
        }
        before = Some(*end);
        // When the old of all phases up to a stage can be gone at the earliest.
        let gone = |upto: &str| -> Option<Timestamp> {
            let last = phases.iter().position(|phase| name(phase) == upto)?;
            phases[..=last]
                .iter()
                .map(|phase| Some(*began.get(&name(phase))? + ttl(plan, phase)))
                .max()?
        };
        for gate in phase["gates"].as_array().unwrap() {
            let (kind, gate) = gate.as_object().unwrap().iter().next().unwrap();
            let since = gate["since"].as_str().unwrap_or_default();
            let wait = Duration::from_secs(gate["wait"].as_u64().unwrap_or_default());
            let opens = match kind.as_str() {
                "not-before" => Some(gate.as_str().unwrap().parse().unwrap()),
                "drained" | "usable" => gone(gate.as_str().unwrap()),
                "held" => applied.get(since).map(|applied| *applied + wait),
                "arrived" => gone(since).map(|gone| gone + wait),
                "confirmed" | "probed" => confirmed.get(gate["id"].as_str().unwrap()).copied(),
                other => panic!("a gate `{other}` is unknown here"),
            };
            if opens.is_none_or(|opens| *at < opens) {
                wrong.push(format!("{stage} began at {at}, before {kind} {gate}: {opens:?}"));
            }
        }
    }
    wrong
}

/// How long caches may hold what a phase replaces.
fn ttl(plan: &Value, phase: &Value) -> Duration {
    let changes = phase["changes"].as_array().unwrap().iter();
    let seconds = changes.map(|change| {
        let before = change["before"]["ttl"].as_u64();
        before.unwrap_or_else(|| plan["negative_ttl"].as_u64().unwrap())
    });
    Duration::from_secs(seconds.max().unwrap())
}

fn facts<'a>(lines: &'a [Value], event: &str) -> impl Iterator<Item = (Timestamp, &'a Value)> {
    lines.iter().filter_map(move |line| {
        let fact = line["event"].get(event)?;
        Some((line["at"].as_str().unwrap().parse().unwrap(), fact))
    })
}

/// When each stage had this event first.
fn firsts(lines: &[Value], event: &str) -> BTreeMap<String, Timestamp> {
    let mut firsts = BTreeMap::new();
    for (at, fact) in facts(lines, event) {
        firsts.entry(fact["stage"].as_str().unwrap().to_owned()).or_insert(at);
    }
    firsts
}

/// The journal as if a stage had begun so much earlier.
pub(crate) fn hurried(journal: &str, stage: &str, by: Duration) -> String {
    let line = |text: &str| {
        let mut line: Value = serde_json::from_str(text).unwrap();
        if line["event"]["apply-began"]["stage"] == stage {
            let at: Timestamp = line["at"].as_str().unwrap().parse().unwrap();
            line["at"] = (at - by).to_rfc3339().into();
        }
        format!("{line}\n")
    };
    journal.lines().map(line).collect()
}

/// The journal as if nobody had confirmed anything.
pub(crate) fn unconfirmed(journal: &str) -> String {
    let lines = journal.lines().filter(|line| !line.contains("\"confirmed\":{\"checkpoint\""));
    lines.map(|line| format!("{line}\n")).collect()
}
