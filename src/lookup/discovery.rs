//! Finds every address of every name server, as the parent and as the zone itself have it.

use super::failure;
use super::recursive::Recursive;
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype};
use crate::port::{LookupError, Server};
use crate::wire::{Poller, Rcode, Reply};
use futures_util::future::join_all;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::{IpAddr, SocketAddr};

/// How often a server may name further servers: the zone's own set and one change of it.
const ROUNDS: usize = 4;

/// Host names of servers, with the addresses that came along with them.
type Hosts = BTreeMap<Name, BTreeSet<IpAddr>>;

/// One search.
pub(super) struct Discovery<'a> {
    resolver: Recursive,
    poller: &'a Poller,
    port: u16,
}

impl<'a> Discovery<'a> {
    /// A search through these resolvers, or those of this machine.
    pub(super) fn new(
        poller: &'a Poller,
        resolvers: &[SocketAddr],
        port: u16,
    ) -> Result<Self, LookupError> {
        Ok(Self { resolver: Recursive::new(resolvers)?, poller, port })
    }

    /// The servers of a zone: those that the parent names, and those that they name themselves.
    pub(super) async fn servers(&self, apex: &Name) -> Result<Vec<Server>, LookupError> {
        let key = RrKey::new(apex.clone(), Rtype::NS);
        let mut fresh = self.delegation(&key).await?;
        if fresh.is_empty() {
            // Not delegated, as zones for inside use are not: then whoever the resolver knows.
            fresh = hosts(self.resolve(&key).await?.as_ref(), &[]);
        }
        let (mut known, mut servers) = (Hosts::new(), Vec::new());
        let mut silence = None;
        let mut answered = false;
        for _ in 0..ROUNDS {
            let addresses = self.addresses(&fresh).await?;
            known.append(&mut fresh);
            for (server, own) in self.ask_all(&addresses, &key).await {
                match own {
                    Ok(own) => {
                        answered = true;
                        fresh.extend(own.into_iter().filter(|(host, _)| !known.contains_key(host)));
                    }
                    Err(error) => silence = Some(error),
                }
                servers.push(server);
            }
            if fresh.is_empty() {
                break;
            }
        }
        // With none of them heard, there may be servers that only they would name.
        match silence.filter(|_| !answered) {
            Some(error) => Err(error),
            None => Ok(distinct(servers)),
        }
    }

    /// The servers that the parent names.
    pub(super) async fn hosts(&self, apex: &Name) -> Result<Vec<Name>, LookupError> {
        let hosts = self.delegation(&RrKey::new(apex.clone(), Rtype::NS)).await?;
        Ok(hosts.into_keys().collect())
    }

    /// What the parent zone's servers say; empty when they say that there is no such zone.
    async fn delegation(&self, key: &RrKey) -> Result<Hosts, LookupError> {
        let Some(parents) = self.parents(key).await? else {
            return Ok(Hosts::new());
        };
        // One of them is enough, so it does not matter which.
        let mut failed = LookupError::NoServers(key.owner.clone());
        for (host, glue) in parents {
            let servers = match self.addresses(&Hosts::from([(host, glue)])).await {
                Ok(servers) => servers,
                Err(error) => {
                    failed = error;
                    continue;
                }
            };
            for server in servers {
                match self.poller.ask(server.address, key, false).await {
                    Ok(reply) if speaks(&reply, key) => {
                        let named = reply.referral.as_ref().or(reply.rrset.as_ref());
                        return Ok(hosts(named, &reply.glue));
                    }
                    Ok(reply) => failed = useless(&server, &reply),
                    Err(error) => failed = failure(&server, error),
                }
            }
        }
        Err(failed)
    }

    /// The servers of the closest zone above; `None` for the root and where nothing is above.
    async fn parents(&self, key: &RrKey) -> Result<Option<Hosts>, LookupError> {
        let mut above = key.owner.parent();
        while let Some(name) = above {
            above = name.parent();
            if let Some(rrset) = self.resolve(&RrKey::new(name, Rtype::NS)).await? {
                return Ok(Some(hosts(Some(&rrset), &[])));
            }
        }
        Ok(None)
    }

    /// Every address of these hosts.
    async fn addresses(&self, hosts: &Hosts) -> Result<Vec<Server>, LookupError> {
        let found = join_all(hosts.iter().map(|(host, glue)| self.addresses_of(host, glue))).await;
        let mut servers = Vec::new();
        for (host, addresses) in hosts.keys().zip(found) {
            servers.extend(addresses?.into_iter().map(|address| Server {
                name: host.to_string(),
                address: SocketAddr::new(address, self.port),
            }));
        }
        Ok(distinct(servers))
    }

    /// What the resolver knows and what the parent says; a host without addresses has none.
    async fn addresses_of(
        &self,
        host: &Name,
        glue: &BTreeSet<IpAddr>,
    ) -> Result<BTreeSet<IpAddr>, LookupError> {
        let mut addresses = glue.clone();
        for rtype in [Rtype::A, Rtype::AAAA] {
            match self.resolve(&RrKey::new(host.clone(), rtype)).await {
                Ok(rrset) => {
                    let rdata = rrset.iter().flat_map(RrSet::rdata);
                    addresses.extend(rdata.filter_map(address));
                }
                // A resolver that fails does not matter where the parent has told.
                Err(_) if !glue.is_empty() => (),
                Err(error) => return Err(error),
            }
        }
        // From a machine without IPv6 nobody can say what a server answers there. Where the same
        // server has an IPv4 address, that one speaks for it; else it stays, and stays silent.
        if !self.poller.reaches_ipv6() && addresses.iter().any(IpAddr::is_ipv4) {
            addresses.retain(IpAddr::is_ipv4);
        }
        Ok(addresses)
    }

    /// Each server's own NS set, with the server.
    async fn ask_all(
        &self,
        servers: &[Server],
        key: &RrKey,
    ) -> Vec<(Server, Result<Hosts, LookupError>)> {
        let ask = async |server: &Server| {
            let reply = self.poller.ask(server.address, key, false).await;
            let own = match reply {
                Ok(reply) if reply.authoritative && reply.rrset.is_some() => {
                    Ok(hosts(reply.rrset.as_ref(), &[]))
                }
                Ok(reply) => Err(useless(server, &reply)),
                Err(error) => Err(failure(server, error)),
            };
            (server.clone(), own)
        };
        join_all(servers.iter().map(ask)).await
    }

    /// Asks the resolver; `None` is a name or a type that does not exist.
    async fn resolve(&self, key: &RrKey) -> Result<Option<RrSet>, LookupError> {
        self.resolver.rrset(key).await
    }
}

/// Whether a parent's server says where the zone is, or that there is none.
fn speaks(reply: &Reply, key: &RrKey) -> bool {
    match &reply.referral {
        Some(referral) => *referral.key() == *key,
        None => reply.authoritative && matches!(reply.rcode, Rcode::NOERROR | Rcode::NXDOMAIN),
    }
}

fn useless(server: &Server, reply: &Reply) -> LookupError {
    let server = server.to_string();
    match reply.rcode {
        Rcode::NOERROR => LookupError::NoAuthority(server),
        rcode => LookupError::Useless { server, problem: format!("answers `{rcode}`") },
    }
}

/// The hosts of an NS RRset, with their glue.
fn hosts(rrset: Option<&RrSet>, glue: &[(Name, IpAddr)]) -> Hosts {
    let names = rrset.into_iter().flat_map(RrSet::rdata).filter_map(|rdata| match rdata {
        Rdata::Ns(host) => Some(host),
        _ => None,
    });
    names
        .map(|host| {
            let ours = glue.iter().filter(|(name, _)| name == host);
            (host.clone(), ours.map(|(_, address)| *address).collect())
        })
        .collect()
}

fn address(rdata: &Rdata) -> Option<IpAddr> {
    match rdata {
        Rdata::A(address) => Some((*address).into()),
        Rdata::Aaaa(address) => Some((*address).into()),
        _ => None,
    }
}

/// The servers without those whose address came before, under whatever name.
fn distinct(servers: Vec<Server>) -> Vec<Server> {
    let mut seen = HashSet::new();
    servers.into_iter().filter(|server| seen.insert(server.address)).collect()
}
