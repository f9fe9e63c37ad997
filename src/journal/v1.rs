//! Lines as written, version 1. Records cross as presentation text.

use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use crate::mail::Spf;
use crate::plan::ledger::Answer;
use crate::plan::{
    Change, Checkpoint, Direction, Flattened, Gate, Guard, Phase, Place, Plan, Probe, Scope,
    Served, Sighting, Stage, Timestamp, Window,
};
use crate::run::{Entry, Event};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

type Result<T> = std::result::Result<T, String>;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct LineV1 {
    v: u8,
    at: Timestamp,
    event: EventV1,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum EventV1 {
    Planned { plan: Box<PlanV1>, digest: String },
    ApplyBegan { stage: String },
    Applied { stage: String, guard: Option<String> },
    Seen { stage: String, seen: Vec<SeenV1> },
    Published { stage: String, since: Timestamp },
    Found { stage: String },
    Probed { probe: String, found: String },
    Revised { plan: Box<PlanV1>, digest: String },
    Confirmed { checkpoint: String, by: String, note: Option<String> },
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PlanV1 {
    zone: String,
    /// `forward`, `back`, or `back` with the stage to end at.
    direction: String,
    back_to: Option<String>,
    negative_ttl: u32,
    propagation: u64,
    #[serde(default)]
    cache_floor: u64,
    window: Option<(Timestamp, u64)>,
    phases: Vec<PhaseV1>,
    shared: Vec<ScopeV1>,
    own_ttls: Vec<(String, String, u32)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    flattened: Vec<FlattenedV1>,
    intent: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct FlattenedV1 {
    domain: String,
    passes: String,
    asked: Timestamp,
    until: Timestamp,
    owner: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct PhaseV1 {
    stage: String,
    changes: Vec<ChangeV1>,
    gates: Vec<GateV1>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ChangeV1 {
    owner: String,
    #[serde(rename = "type")]
    rtype: String,
    before: Option<SetV1>,
    after: Option<SetV1>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SetV1 {
    ttl: u32,
    rdata: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum GateV1 {
    NotBefore(Timestamp),
    Drained(String),
    Usable(String),
    Probed {
        id: String,
        hosts: Vec<String>,
        port: u16,
    },
    Held {
        since: String,
        wait: u64,
        why: String,
    },
    Arrived {
        since: String,
        wait: u64,
    },
    Confirmed {
        id: String,
        ask: String,
        before: Option<String>,
        after: Option<String>,
        #[serde(default)]
        lead: Option<u64>,
    },
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ScopeV1 {
    owner: String,
    #[serde(rename = "type")]
    rtype: String,
    spf: bool,
    exact: Vec<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SeenV1 {
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
    owner: String,
    #[serde(rename = "type")]
    rtype: String,
    served: ServedV1,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ServedV1 {
    Before,
    After,
    Other { ttl: u32, rdata: Vec<String> },
}

/// One entry as a line without its end.
pub(super) fn print(entry: &Entry) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&LineV1 { v: 1, at: entry.at, event: EventV1::of(&entry.event) })
}

/// Reads one line, its end included.
pub(super) fn parse(line: &[u8]) -> Result<Entry> {
    let line: LineV1 = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    match line.v {
        1 => Ok(Entry { at: line.at, event: line.event.lower()? }),
        v => Err(format!("version {v} is newer than this program")),
    }
}

/// The plan file of `plan --out`: the line that a journal would begin with.
pub fn parse_plan(text: &str) -> Result<Plan> {
    match parse(text.as_bytes())?.event {
        Event::Planned(plan) => Ok(*plan),
        other => Err(format!("it holds `{}`, not a plan", other.name())),
    }
}

/// A plan as a plan file holds it.
pub fn print_plan(plan: &Plan, at: Timestamp) -> serde_json::Result<String> {
    let entry = Entry { at, event: Event::Planned(Box::new(plan.clone())) };
    print(&entry).map(|line| String::from_utf8_lossy(&line).into_owned())
}

impl EventV1 {
    fn of(event: &Event) -> Self {
        match event {
            Event::Planned(plan) => {
                Self::Planned { plan: Box::new(PlanV1::of(plan)), digest: plan.digest() }
            }
            Event::ApplyBegan(stage) => Self::ApplyBegan { stage: stage.to_string() },
            Event::Applied(stage, guard) => {
                Self::Applied { stage: stage.to_string(), guard: Some(guard.name().to_owned()) }
            }
            Event::Seen { stage, seen } => {
                Self::Seen { stage: stage.to_string(), seen: seen.iter().map(SeenV1::of).collect() }
            }
            Event::Published { stage, since } => {
                Self::Published { stage: stage.to_string(), since: *since }
            }
            Event::Found(stage) => Self::Found { stage: stage.to_string() },
            Event::Probed { probe, found } => {
                Self::Probed { probe: probe.clone(), found: found.clone() }
            }
            Event::Revised(plan) => {
                Self::Revised { plan: Box::new(PlanV1::of(plan)), digest: plan.digest() }
            }
            Event::Confirmed { checkpoint, by, note } => Self::Confirmed {
                checkpoint: checkpoint.clone(),
                by: by.clone(),
                note: note.clone(),
            },
        }
    }

    fn lower(self) -> Result<Event> {
        Ok(match self {
            Self::Planned { plan, digest } => Event::Planned(plan.verified(&digest)?),
            Self::Revised { plan, digest } => Event::Revised(plan.verified(&digest)?),
            Self::Probed { probe, found } => Event::Probed { probe, found },
            Self::Found { stage: name } => Event::Found(stage(&name)?),
            Self::ApplyBegan { stage: name } => Event::ApplyBegan(stage(&name)?),
            Self::Applied { stage: name, guard } => {
                let known = |name: String| {
                    Guard::parse(&name).ok_or_else(|| format!("`{name}` is not a guard"))
                };
                let guard = guard.map_or(Ok(Guard::Reading), known)?;
                Event::Applied(stage(&name)?, guard)
            }
            Self::Seen { stage: name, seen } => Event::Seen {
                stage: stage(&name)?,
                seen: seen.into_iter().map(SeenV1::lower).collect::<Result<_>>()?,
            },
            Self::Published { stage: name, since } => {
                Event::Published { stage: stage(&name)?, since }
            }
            Self::Confirmed { checkpoint, by, note } => Event::Confirmed { checkpoint, by, note },
        })
    }
}

impl PlanV1 {
    fn of(plan: &Plan) -> Self {
        let (direction, back_to) = match plan.direction {
            Direction::Forward => ("forward", None),
            Direction::Back(to) => ("back", to.map(|stage| stage.to_string())),
        };
        let own =
            |(key, ttl): (&RrKey, &Ttl)| (key.owner.to_string(), key.rtype.to_string(), ttl.secs());
        Self {
            zone: plan.zone.to_string(),
            direction: direction.to_owned(),
            back_to,
            negative_ttl: plan.negative_ttl.secs(),
            propagation: plan.propagation.as_secs(),
            cache_floor: plan.cache_floor.as_secs(),
            window: plan.window.map(|window| (window.opens, window.length.as_secs())),
            phases: plan.phases.iter().map(PhaseV1::of).collect(),
            shared: plan.scopes.iter().filter_map(ScopeV1::of).collect(),
            own_ttls: plan.own_ttls.iter().map(own).collect(),
            flattened: plan.flattened.iter().map(FlattenedV1::of).collect(),
            intent: plan.intent.clone(),
        }
    }

    fn verified(self, digest: &str) -> Result<Box<Plan>> {
        let plan = self.lower()?;
        match plan.digest() == digest {
            true => Ok(Box::new(plan)),
            false => Err("the plan is not the one that its digest was made from".to_owned()),
        }
    }

    fn lower(self) -> Result<Plan> {
        let direction = match (self.direction.as_str(), self.back_to) {
            ("forward", None) => Direction::Forward,
            ("back", to) => Direction::Back(to.map(|name| stage(&name)).transpose()?),
            (other, _) => return Err(format!("`{other}` is not a direction")),
        };
        let own = |(owner, rtype, secs): (String, String, u32)| {
            Ok((key(&owner, &rtype)?, Ttl::from_secs(secs)))
        };
        Ok(Plan {
            zone: name(&self.zone)?,
            direction,
            negative_ttl: Ttl::from_secs(self.negative_ttl),
            propagation: Duration::from_secs(self.propagation),
            cache_floor: Duration::from_secs(self.cache_floor),
            window: self
                .window
                .map(|(opens, length)| Window { opens, length: Duration::from_secs(length) }),
            phases: self.phases.into_iter().map(PhaseV1::lower).collect::<Result<_>>()?,
            scopes: self.shared.into_iter().map(ScopeV1::lower).collect::<Result<_>>()?,
            own_ttls: self.own_ttls.into_iter().map(own).collect::<Result<BTreeMap<_, _>>>()?,
            flattened: self.flattened.into_iter().map(FlattenedV1::lower).collect::<Result<_>>()?,
            intent: self.intent,
        })
    }
}

impl FlattenedV1 {
    fn of(Flattened { domain, passes, asked, until, owner }: &Flattened) -> Self {
        let (passes, owner) = (passes.to_string(), owner.to_string());
        Self { domain: domain.clone(), passes, asked: *asked, until: *until, owner }
    }

    fn lower(self) -> Result<Flattened> {
        let Self { domain, passes, asked, until, owner } = self;
        let passes = Spf::parse(&passes).map_err(|error| error.to_string())?;
        Ok(Flattened { domain, passes, asked, until, owner: name(&owner)? })
    }
}

impl PhaseV1 {
    fn of(phase: &Phase) -> Self {
        Self {
            stage: phase.stage.to_string(),
            changes: phase.changes.iter().map(ChangeV1::of).collect(),
            gates: phase.gates.iter().map(GateV1::of).collect(),
        }
    }

    fn lower(self) -> Result<Phase> {
        Ok(Phase {
            stage: stage(&self.stage)?,
            changes: self.changes.into_iter().map(ChangeV1::lower).collect::<Result<_>>()?,
            gates: self.gates.into_iter().map(GateV1::lower).collect::<Result<_>>()?,
        })
    }
}

impl ChangeV1 {
    fn of(change: &Change) -> Self {
        let side = |set: &RrSet| SetV1 { ttl: set.ttl().secs(), rdata: texts(set.rdata()) };
        Self {
            owner: change.key().owner.to_string(),
            rtype: change.key().rtype.to_string(),
            before: change.before().map(side),
            after: change.after().map(side),
        }
    }

    fn lower(self) -> Result<Change> {
        let key = key(&self.owner, &self.rtype)?;
        let side = |side: SetV1| rrset(&key, side.ttl, &side.rdata);
        let (before, after) =
            (self.before.map(side).transpose()?, self.after.map(side).transpose()?);
        Change::between(before, after).ok_or_else(|| format!("`{key}` does not change"))
    }
}

impl GateV1 {
    fn of(gate: &Gate) -> Self {
        match gate {
            Gate::NotBefore(time) => Self::NotBefore(*time),
            Gate::Drained(stage) => Self::Drained(stage.to_string()),
            Gate::Usable(stage) => Self::Usable(stage.to_string()),
            Gate::Probed(Probe { id, hosts, port }) => Self::Probed {
                id: id.clone(),
                hosts: hosts.iter().map(ToString::to_string).collect(),
                port: *port,
            },
            Gate::Held { since, wait, why } => {
                Self::Held { since: since.to_string(), wait: wait.as_secs(), why: why.clone() }
            }
            Gate::Arrived { since, wait } => {
                Self::Arrived { since: since.to_string(), wait: wait.as_secs() }
            }
            Gate::Confirmed(Checkpoint { id, ask, place, lead }) => {
                let (before, after) = match place {
                    Place::Before(stage) => (Some(stage.to_string()), None),
                    Place::After(stage) => (None, Some(stage.to_string())),
                };
                let lead = lead.map(|lead| lead.as_secs());
                Self::Confirmed { id: id.clone(), ask: ask.clone(), before, after, lead }
            }
        }
    }

    fn lower(self) -> Result<Gate> {
        Ok(match self {
            Self::NotBefore(time) => Gate::NotBefore(time),
            Self::Drained(name) => Gate::Drained(stage(&name)?),
            Self::Usable(name) => Gate::Usable(stage(&name)?),
            Self::Probed { id, hosts, port } => {
                let hosts = hosts.iter().map(|host| name(host)).collect::<Result<_>>()?;
                Gate::Probed(Probe { id, hosts, port })
            }
            Self::Held { since, wait, why } => {
                Gate::Held { since: stage(&since)?, wait: Duration::from_secs(wait), why }
            }
            Self::Arrived { since, wait } => {
                Gate::Arrived { since: stage(&since)?, wait: Duration::from_secs(wait) }
            }
            Self::Confirmed { id, ask, before, after, lead } => {
                let place = match (before, after) {
                    (Some(name), None) => Place::Before(stage(&name)?),
                    (None, Some(name)) => Place::After(stage(&name)?),
                    _ => return Err(format!("the checkpoint `{id}` has no place")),
                };
                let lead = lead.map(Duration::from_secs);
                Gate::Confirmed(Checkpoint { id, ask, place, lead })
            }
        })
    }
}

impl ScopeV1 {
    fn of((key, scope): (&RrKey, &Scope)) -> Option<Self> {
        let Scope::Values { spf, exact } = scope else {
            return None;
        };
        let (owner, rtype) = (key.owner.to_string(), key.rtype.to_string());
        Some(Self { owner, rtype, spf: *spf, exact: texts(exact) })
    }

    fn lower(self) -> Result<(RrKey, Scope)> {
        let key = key(&self.owner, &self.rtype)?;
        let exact = self.exact.iter().map(|text| rdata(key.rtype, text)).collect::<Result<_>>()?;
        Ok((key, Scope::Values { spf: self.spf, exact }))
    }
}

impl SeenV1 {
    fn of(Sighting { server, key, served }: &Sighting) -> Self {
        let served = match served {
            Served::Before => ServedV1::Before,
            Served::After => ServedV1::After,
            Served::Other(answer) => ServedV1::Other {
                ttl: answer.ttl().secs(),
                rdata: answer.rrset().map(|set| texts(set.rdata())).unwrap_or_default(),
            },
        };
        let (owner, rtype) = (key.owner.to_string(), key.rtype.to_string());
        Self { server: server.clone(), owner, rtype, served }
    }

    fn lower(self) -> Result<Sighting> {
        let key = key(&self.owner, &self.rtype)?;
        let served = match self.served {
            ServedV1::Before => Served::Before,
            ServedV1::After => Served::After,
            ServedV1::Other { ttl, rdata } if rdata.is_empty() => {
                Served::Other(Answer::Absent(Ttl::from_secs(ttl)))
            }
            ServedV1::Other { ttl, rdata } => {
                Served::Other(Answer::Found(rrset(&key, ttl, &rdata)?))
            }
        };
        Ok(Sighting { server: self.server, key, served })
    }
}

fn texts<'a>(rdata: impl IntoIterator<Item = &'a Rdata>) -> Vec<String> {
    rdata.into_iter().map(ToString::to_string).collect()
}

fn stage(name: &str) -> Result<Stage> {
    Stage::parse(name).ok_or_else(|| format!("`{name}` is not a stage"))
}

fn name(text: &str) -> Result<Name> {
    Name::parse(text).map_err(|error| error.to_string())
}

fn key(owner: &str, rtype: &str) -> Result<RrKey> {
    let known = Rtype::parse(rtype).ok_or_else(|| format!("`{rtype}` is not a record type"))?;
    Ok(RrKey::new(name(owner)?, known))
}

fn rdata(rtype: Rtype, text: &str) -> Result<Rdata> {
    Rdata::parse(rtype, text, None).map_err(|error| error.to_string())
}

fn rrset(key: &RrKey, ttl: u32, texts: &[String]) -> Result<RrSet> {
    let rdata = texts.iter().map(|text| rdata(key.rtype, text)).collect::<Result<Vec<_>>>()?;
    RrSet::of(key.clone(), Ttl::from_secs(ttl), rdata).ok_or_else(|| format!("`{key}` is empty"))
}
