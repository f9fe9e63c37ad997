//! Floor 5: asks name servers and resolvers what they answer, all at once.
//!
//! It never changes a run. Resolvers are asked only about what every name server answers already:
//! a question before that would fill their caches with the old.

mod builtin;

use crate::dns::Ttl;
use crate::plan::ledger::Answer;
use crate::port::{Clock, Lookup, LookupError, Server};
use crate::run::{Target, Timestamp, Verdict};
use crate::wire::{Poller, Rcode, Reply};
pub use builtin::{Public, builtin};
use futures_util::{StreamExt as _, stream};

/// How many questions are under way at once.
const AT_ONCE: usize = 64;

/// Who is asked.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// A name server of the zone.
    Authoritative,
    /// A caching resolver.
    Resolver,
}

/// One line of the matrix.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// Who.
    pub server: Server,
    /// In which role.
    pub kind: Kind,
    /// One verdict a target.
    pub cells: Vec<Verdict>,
}

/// The propagation matrix: what everybody says at one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Matrix {
    /// When the answers were in.
    pub at: Timestamp,
    /// The columns.
    pub targets: Vec<Target>,
    /// The lines, name servers first.
    pub rows: Vec<Row>,
}

impl Matrix {
    /// Whether everybody has the new content of everything.
    pub fn is_settled(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.cells).all(|cell| *cell == Verdict::New)
    }

    /// How many of a kind have the new content everywhere, and how many there are.
    pub fn count(&self, kind: Kind) -> (usize, usize) {
        let rows = || self.rows.iter().filter(|row| row.kind == kind);
        let new = rows().filter(|row| row.cells.iter().all(|cell| *cell == Verdict::New));
        (new.count(), rows().count())
    }

    /// When the last cache that was seen with old content drops it.
    pub fn flips_by(&self) -> Option<Timestamp> {
        let cells = self.rows.iter().filter(|row| row.kind == Kind::Resolver);
        let times = cells.flat_map(|row| &row.cells).filter_map(|cell| match cell {
            Verdict::Old(until) | Verdict::Late(until) => Some(*until),
            _ => None,
        });
        times.max()
    }
}

/// Who is watched.
pub struct Watch<'a> {
    /// Finds and asks the name servers.
    pub lookup: &'a dyn Lookup,
    /// Asks the resolvers.
    pub poller: &'a Poller,
    /// The resolvers.
    pub resolvers: &'a [Server],
    /// What time it is.
    pub clock: &'a dyn Clock,
}

impl Watch<'_> {
    /// Asks everybody about every target, once.
    pub async fn look(
        &self,
        apex: &crate::dns::Name,
        targets: &[Target],
    ) -> Result<Matrix, LookupError> {
        let servers = self.lookup.servers(apex).await?;
        let servers = servers.into_iter().map(|server| (server, Kind::Authoritative));
        let resolvers = self.resolvers.iter().cloned().map(|server| (server, Kind::Resolver));
        let everybody: Vec<_> = servers.chain(resolvers).collect();
        let questions = everybody.iter().flat_map(|(server, kind)| {
            targets.iter().map(move |target| self.ask(server, *kind, target))
        });
        let cells: Vec<_> = stream::iter(questions).buffered(AT_ONCE).collect().await;
        let mut cells = cells.into_iter();
        let rows = everybody.iter().map(|(server, kind)| Row {
            server: server.clone(),
            kind: *kind,
            cells: cells.by_ref().take(targets.len()).collect(),
        });
        let rows = rows.collect();
        Ok(Matrix { at: self.clock.now(), targets: targets.to_vec(), rows })
    }

    async fn ask(&self, server: &Server, kind: Kind, target: &Target) -> Verdict {
        match kind {
            Kind::Authoritative => match self.lookup.ask(server, &target.key).await {
                Ok(answer) => target.judge_server(&answer, self.clock.now()),
                Err(problem) => Verdict::Silent(problem.to_string()),
            },
            Kind::Resolver if target.published.is_none() => Verdict::Unasked,
            Kind::Resolver => match self.poller.ask(server.address, &target.key, true).await {
                Ok(reply) => match cached(reply) {
                    Ok(answer) => target.judge_resolver(&answer, self.clock.now()),
                    Err(rcode) => Verdict::Silent(format!("{server} answers {rcode}")),
                },
                Err(problem) => Verdict::Silent(format!("{server}: {problem}")),
            },
        }
    }
}

/// What a resolver's answer says; a failure says nothing about the record.
fn cached(reply: Reply) -> Result<Answer, Rcode> {
    let negative = reply.negative_ttl.unwrap_or(Ttl::from_secs(0));
    match reply.rcode {
        Rcode::NOERROR => Ok(reply.rrset.map_or(Answer::Absent(negative), Answer::Found)),
        Rcode::NXDOMAIN => Ok(Answer::Absent(negative)),
        other => Err(other),
    }
}
