//! Who serves a zone, and what each server answers.

use crate::dns::rdata::Rrsig;
use crate::dns::{Name, RrKey, RrSet};
use crate::mail::Said;
pub use crate::plan::ledger::Answer;
use async_trait::async_trait;
use std::fmt;
use std::net::SocketAddr;

/// One address of one name server, or of a resolver.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Server {
    /// What people call it: `ns1.example.net.`, `quad9`.
    pub name: String,
    /// Where it is asked.
    pub address: SocketAddr,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.address)
    }
}

/// Why a server gave no answer. None of these means that there is no record.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LookupError {
    /// Nothing came back in time, or it could not be sent.
    #[error("{0} does not answer")]
    Silent(String),
    /// It answered, but not with authority, with a failure, or with something unreadable.
    #[error("{server} {problem}")]
    Useless {
        /// Which server.
        server: String,
        /// What it did instead of answering.
        problem: String,
    },
    /// It answered without authority: it is no server of the zone, or somebody on the way answers
    /// in its place.
    #[error("{0} answers without authority")]
    NoAuthority(String),
    /// It names others who are to be asked.
    #[error("{server} hands `{}` over to other name servers", cut.owner())]
    Elsewhere {
        /// Which server.
        server: String,
        /// The NS records of the zone that they serve.
        cut: RrSet,
    },
    /// Nobody could be found to ask.
    #[error("no name server is known for `{0}`")]
    NoServers(Name),
}

/// Asks the authoritative servers.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// Every address of every name server in the parent's and the zone's own NS set.
    async fn servers(&self, apex: &Name) -> Result<Vec<Server>, LookupError>;

    /// Asks one server, which must answer with authority.
    async fn ask(&self, server: &Server, key: &RrKey) -> Result<Answer, LookupError>;

    /// The signatures over an RRset, as one server has them; none where nothing is signed.
    async fn signatures(&self, server: &Server, key: &RrKey) -> Result<Vec<Rrsig>, LookupError>;
}

/// Asks whoever knows, by way of a cache.
///
/// Never about what a run is going to change: the question would keep the old in the cache.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// What there is at a name; aliases are told, not followed.
    async fn resolve(&self, key: &RrKey) -> Result<Said, LookupError>;
}
