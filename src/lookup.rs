//! Floor 5: who serves a zone, and what each of its servers answers.

mod discovery;
mod heard;
mod recursive;
mod system;

use crate::dns::rdata::Rrsig;
use crate::dns::{Name, RrKey};
use crate::port::{Answer, Lookup, LookupError, Server};
use crate::wire::{Poller, Rcode, Reply, WireError};
use async_trait::async_trait;
use discovery::Discovery;
pub use heard::Heard;
pub use recursive::Recursive;
use std::net::SocketAddr;
use std::sync::Arc;
pub use system::system;

/// The authoritative servers of zones.
#[derive(Debug)]
pub struct NameServers {
    poller: Arc<Poller>,
    source: Source,
}

/// How the servers of a zone become known.
#[derive(Clone, Debug)]
pub enum Source {
    /// Somebody has listed them, for every zone.
    Published(Vec<Server>),
    /// They are looked up in the zone's parent and in the zone itself.
    Discovered {
        /// Resolvers that find names and addresses; without any, those of this machine.
        resolvers: Vec<SocketAddr>,
        /// Where authoritative servers listen: 53, but for tests.
        port: u16,
    },
}

impl NameServers {
    /// The servers from this source, asked from these sockets.
    pub fn new(poller: Arc<Poller>, source: Source) -> Self {
        Self { poller, source }
    }

    /// The name servers to which the parent hands a zone over, as it says itself; none if there is
    /// no such zone. Nobody knows the parents of zones whose servers are listed.
    pub async fn delegation(&self, apex: &Name) -> Result<Vec<Name>, LookupError> {
        match &self.source {
            Source::Published(_) => Err(LookupError::NoServers(apex.clone())),
            Source::Discovered { resolvers, port } => {
                Discovery::new(&self.poller, resolvers, *port)?.hosts(apex).await
            }
        }
    }
}

#[async_trait]
impl Lookup for NameServers {
    async fn servers(&self, apex: &Name) -> Result<Vec<Server>, LookupError> {
        let servers = match &self.source {
            Source::Published(servers) => servers.clone(),
            Source::Discovered { resolvers, port } => {
                Discovery::new(&self.poller, resolvers, *port)?.servers(apex).await?
            }
        };
        if servers.is_empty() { Err(LookupError::NoServers(apex.clone())) } else { Ok(servers) }
    }

    async fn ask(&self, server: &Server, key: &RrKey) -> Result<Answer, LookupError> {
        let reply = self.poller.ask(server.address, key, false).await;
        answer(reply.map_err(|error| failure(server, error))?, server)
    }

    async fn signatures(&self, server: &Server, key: &RrKey) -> Result<Vec<Rrsig>, LookupError> {
        let reply = self.poller.ask_signed(server.address, key).await;
        let reply = reply.map_err(|error| failure(server, error))?;
        let signatures = reply.signatures.clone();
        answer(reply, server).map(|_| signatures)
    }
}

/// What a reply says about the RRset, if the server has the authority to say it.
fn answer(reply: Reply, server: &Server) -> Result<Answer, LookupError> {
    let useless = |problem| Err(LookupError::Useless { server: server.to_string(), problem });
    match (reply.rcode, reply.referral) {
        (Rcode::NOERROR | Rcode::NXDOMAIN, _) if reply.authoritative => (),
        (Rcode::NOERROR, Some(cut)) => {
            return Err(LookupError::Elsewhere { server: server.to_string(), cut });
        }
        (Rcode::NOERROR | Rcode::NXDOMAIN, _) => {
            return Err(LookupError::NoAuthority(server.to_string()));
        }
        (rcode, _) => return useless(format!("answers `{rcode}`")),
    }
    Ok(match (reply.rrset, reply.alias) {
        (Some(rrset), _) => Answer::Found(rrset),
        // Caches that ask for this type keep the alias, and for as long as it says.
        (None, Some(alias)) => Answer::Absent(alias.ttl()),
        (None, None) => match reply.negative_ttl {
            Some(ttl) => Answer::Absent(ttl),
            // RFC 2308 §3: who has the authority to say no shows the SOA.
            None => return useless("says neither what there is nor that there is nothing".into()),
        },
    })
}

/// Why a server gave no answer.
fn failure(server: &Server, error: WireError) -> LookupError {
    match error {
        WireError::Silent | WireError::Unreachable(_) => LookupError::Silent(server.to_string()),
        error => LookupError::Useless {
            server: server.to_string(),
            problem: format!("is of no use: {error}"),
        },
    }
}
