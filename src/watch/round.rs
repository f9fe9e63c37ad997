//! One round of questions, and what is remembered from one to the next.

use super::cell::{Cell, Habit, Told};
use super::{Kind, Matrix, Reach, Row};
use crate::dns::{Name, RrKey, Ttl};
use crate::plan::ledger::Answer;
use crate::port::{Clock, Lookup, LookupError, Recursor, Server, Way};
use crate::run::{Target, Timestamp, Verdict};
use crate::wire::{Poller, Rcode, Reply, Secure, WireError};
use futures_util::{StreamExt as _, stream};
use std::collections::HashMap;
use std::time::Duration;

/// Questions of one zone that wait for their turn; the sockets bound what is under way.
const AT_ONCE: usize = 256;
/// How long the set of name servers is taken to be the same: finding it asks many.
const SERVERS_FOR: Duration = Duration::from_secs(60);

/// Who is watched.
pub struct Watch<'a> {
    /// Finds and asks the name servers.
    pub lookup: &'a dyn Lookup,
    /// Asks resolvers in the clear.
    pub poller: &'a Poller,
    /// Asks them over TLS and HTTPS.
    pub secure: &'a Secure,
    /// The resolvers.
    pub resolvers: &'a [Recursor],
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// How many questions a resolver is asked in place of one.
    pub samples: usize,
}

/// What earlier rounds have shown of one zone.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    servers: Option<(Timestamp, Vec<Server>)>,
    resolvers: HashMap<Way, Known>,
}

/// What is known of one resolver.
#[derive(Clone, Debug, Default)]
struct Known {
    habit: Habit,
    cells: HashMap<RrKey, (Option<Timestamp>, Cell)>,
}

impl Known {
    /// What it said about a target; nothing, if that was about an earlier phase.
    fn cell(&self, target: &Target) -> Cell {
        let known = self.cells.get(&target.key);
        let known = known.filter(|(published, _)| *published == target.published);
        known.map_or_else(|| Cell::of(Verdict::Unasked, None), |(_, cell)| cell.clone())
    }
}

/// What a name server said, and when.
type Heard = (Result<Answer, LookupError>, Timestamp);
/// The answers to one question, or to its repetitions.
type Answers = Vec<Result<Told, String>>;

impl Watch<'_> {
    /// Asks everybody about every target: name servers each time, resolvers as often as it does no
    /// harm.
    pub async fn look(
        &self,
        memory: &mut Memory,
        apex: &Name,
        targets: &[Target],
    ) -> Result<Matrix, LookupError> {
        let servers = self.servers(memory, apex).await?;
        let answers = self.ask_servers(&servers, targets).await;
        let reach = reach(&answers);
        let judged = answers.into_iter().zip(targets.iter().cycle());
        let mut cells: Vec<_> =
            judged.map(|(answer, target)| authoritative(answer, target)).collect();
        let resolvers: Vec<_> = self.resolvers.iter().map(|one| (one, way(one, reach))).collect();
        cells.extend(self.ask_resolvers(memory, &resolvers, apex, targets).await);
        let mut cells = cells.into_iter();
        let mut row = |name: &str, place: String, kind| Row {
            name: name.to_owned(),
            place,
            kind,
            country: None,
            operator: None,
            filters: false,
            cells: cells.by_ref().take(targets.len()).collect(),
        };
        let server = |one: &Server| row(&one.name, one.address.to_string(), Kind::Authoritative);
        let mut all: Vec<_> = servers.iter().map(server).collect();
        all.extend(resolvers.iter().map(|(one, way)| Row {
            country: one.country.clone(),
            operator: one.operator.clone(),
            filters: one.filters,
            ..row(&one.name, way.to_string(), Kind::Resolver)
        }));
        let (at, targets) = (self.clock.now(), targets.to_vec());
        let samples = self.samples;
        Ok(Matrix { zone: apex.clone(), at, targets, rows: all, reach, samples })
    }

    async fn servers(&self, memory: &mut Memory, apex: &Name) -> Result<Vec<Server>, LookupError> {
        let now = self.clock.now();
        if let Some((found, servers)) = &memory.servers
            && now < *found + SERVERS_FOR
        {
            return Ok(servers.clone());
        }
        let servers = self.lookup.servers(apex).await?;
        memory.servers = Some((now, servers.clone()));
        Ok(servers)
    }

    async fn ask_servers(&self, servers: &[Server], targets: &[Target]) -> Vec<Heard> {
        let questions = servers.iter().flat_map(|server| {
            targets.iter().map(move |target| async move {
                (self.lookup.ask(server, &target.key).await, self.clock.now())
            })
        });
        stream::iter(questions).buffered(AT_ONCE).collect().await
    }

    async fn ask_resolvers(
        &self,
        memory: &mut Memory,
        resolvers: &[(&Recursor, &Way)],
        apex: &Name,
        targets: &[Target],
    ) -> Vec<Cell> {
        let now = self.clock.now();
        let mut places = Vec::new();
        for (_, way) in resolvers {
            let known = memory.resolvers.entry((*way).clone()).or_default();
            places.extend(targets.iter().map(|target| (*way, target, known.cell(target))));
        }
        let questions = places.iter().map(|(way, target, cell)| async move {
            match target.published.is_some() && cell.is_due(now) {
                true => Some((self.sample(way, apex, &target.key).await, self.clock.now())),
                false => None,
            }
        });
        let answers: Vec<_> = stream::iter(questions).buffered(AT_ONCE).collect().await;
        let mut cells = Vec::with_capacity(places.len());
        for ((way, target, mut cell), answers) in places.into_iter().zip(answers) {
            let known = memory.resolvers.entry(way.clone()).or_default();
            if let Some((answers, at)) = answers {
                cell.take(&answers, target, &mut known.habit, at);
            }
            known.cells.insert(target.key.clone(), (target.published, cell.clone()));
            cells.push(cell);
        }
        cells
    }

    /// One question, and its repetitions from ports of their own.
    async fn sample(&self, way: &Way, apex: &Name, key: &RrKey) -> Answers {
        let told = |reply: Result<Reply, WireError>| match reply {
            Ok(reply) => cached(reply, apex).map_err(|problem| format!("{way} {problem}")),
            Err(problem) => Err(format!("{way}: {problem}")),
        };
        let Some(address) = way.plain() else {
            let repeated = (0..self.samples).map(|_| self.secure.ask(way, key));
            return stream::iter(repeated).buffered(AT_ONCE).map(told).collect().await;
        };
        let first = told(self.poller.ask(address, key, true).await);
        let others = (1..self.samples).map(|_| self.poller.ask_afresh(address, key));
        let mut answers = vec![first];
        answers.extend(stream::iter(others).buffered(AT_ONCE).map(told).collect::<Vec<_>>().await);
        answers
    }
}

/// How to ask a resolver where questions in the clear come no further.
fn way(recursor: &Recursor, reach: Reach) -> &Way {
    let out = recursor.fallback.first().filter(|_| reach != Reach::Open);
    out.unwrap_or(&recursor.way)
}

fn authoritative((answer, at): Heard, target: &Target) -> Cell {
    let verdict = match answer {
        Ok(answer) => target.judge_server(&answer, at),
        Err(problem) => Verdict::Silent(problem.to_string()),
    };
    Cell::of(verdict, Some(at))
}

/// What the name servers' answers show of the way to them.
fn reach(answers: &[Heard]) -> Reach {
    let all_are = |is: fn(&LookupError) -> bool| {
        !answers.is_empty() && answers.iter().all(|(answer, _)| answer.as_ref().is_err_and(is))
    };
    match () {
        () if all_are(|problem| matches!(problem, LookupError::Silent(_))) => Reach::Blocked,
        () if all_are(|problem| matches!(problem, LookupError::NoAuthority(_))) => {
            Reach::Intercepted
        }
        () => Reach::Open,
    }
}

/// What a resolver's answer says; a failure says nothing about the record.
fn cached(reply: Reply, apex: &Name) -> Result<Told, String> {
    match reply.rcode {
        Rcode::NOERROR | Rcode::NXDOMAIN => (),
        rcode => return Err(format!("answers `{rcode}`")),
    }
    let (is_stale, nsid) = (reply.stale, reply.nsid.clone());
    let answer = match (&reply.rrset, &reply.alias) {
        (Some(rrset), _) => Answer::Found(rrset.clone()),
        (None, Some(alias)) => Answer::Absent(alias.ttl()),
        (None, None) => Answer::Absent(denied(&reply, apex)?),
    };
    Ok(Told { answer, is_stale, nsid })
}

/// For how long a resolver keeps that there is no such record, if it says that the zone says so.
///
/// Its entry lasts as long as its SOA: a cache that stretches TTLs goes beyond the MINIMUM.
fn denied(reply: &Reply, apex: &Name) -> Result<Ttl, String> {
    let resolves = reply.recursion_available || reply.authoritative;
    match &reply.soa {
        _ if !resolves || reply.referral.is_some() => Err("does not resolve for us".to_owned()),
        Some(soa) if !soa.owner().is_within(apex) => {
            Err(format!("knows no such zone below `{}`", soa.owner()))
        }
        Some(_) if reply.authoritative => Ok(reply.negative_ttl.unwrap_or(Ttl::from_secs(0))),
        Some(soa) => Ok(soa.ttl()),
        None => Err("says neither what there is nor that there is nothing".to_owned()),
    }
}
