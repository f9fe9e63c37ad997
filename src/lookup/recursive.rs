//! Asks resolvers, as programs on this machine do.

use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Ttl};
use crate::mail::Said;
use crate::port::{LookupError, Resolver};
use crate::wire::{WireError, message};
use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use std::net::SocketAddr;

/// Resolvers, of which any will do. What they said is not remembered here, since it may be out of
/// date.
pub struct Recursive(TokioResolver);

impl Recursive {
    /// These resolvers, or those of this machine.
    pub fn new(addresses: &[SocketAddr]) -> Result<Self, LookupError> {
        let mut builder = if addresses.is_empty() {
            TokioResolver::builder_tokio().map_err(failure)?
        } else {
            let servers = addresses.iter().map(|address| {
                let mut server = NameServerConfig::udp_and_tcp(address.ip());
                for connection in &mut server.connections {
                    connection.port = address.port();
                }
                server
            });
            let config = ResolverConfig::from_parts(None, Vec::new(), servers.collect());
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        let options = builder.options_mut();
        options.cache_size = 0;
        options.use_hosts_file = ResolveHosts::Never;
        builder.build().map(Self).map_err(failure)
    }

    /// The records of a name; `None` is a name or a type that does not exist, or an alias.
    pub(super) async fn rrset(&self, key: &RrKey) -> Result<Option<RrSet>, LookupError> {
        Ok(match self.answer(key).await? {
            Found::Records(rrset) => Some(rrset),
            Found::Alias(..) | Found::Nothing(_) => None,
        })
    }

    /// What there is at a name, and for how long whoever publishes it wants that remembered, if he
    /// says so.
    pub async fn remembered(&self, key: &RrKey) -> Result<(Said, Option<Ttl>), LookupError> {
        Ok(match self.answer(key).await? {
            Found::Records(rrset) => (Said::Data(rrset.rdata().to_vec()), Some(rrset.ttl())),
            Found::Alias(target, ttl) => (Said::Alias(target), Some(ttl)),
            Found::Nothing(ttl) => (Said::Absent, ttl),
        })
    }

    async fn answer(&self, key: &RrKey) -> Result<Found, LookupError> {
        let name = message::name_out(&key.owner).map_err(unreadable)?;
        match self.0.lookup(name, message::rtype_out(key.rtype)).await {
            Ok(lookup) => {
                let alias = RrKey::new(key.owner.clone(), Rtype::CNAME);
                let [rrset, alias] = [key, &alias]
                    .map(|key| message::rrset_in(lookup.answers(), key).map_err(unreadable));
                let alias = alias?.and_then(|alias| match alias.rdata() {
                    [Rdata::Cname(target)] => Some(Found::Alias(target.clone(), alias.ttl())),
                    _ => None,
                });
                Ok(rrset?.map(Found::Records).or(alias).unwrap_or(Found::Nothing(None)))
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(none)))
                if matches!(none.response_code, ResponseCode::NoError | ResponseCode::NXDomain) =>
            {
                Ok(Found::Nothing(none.negative_ttl.map(Ttl::from_secs)))
            }
            Err(error) => Err(failure(error)),
        }
    }
}

/// What a resolver found.
enum Found {
    Records(RrSet),
    Alias(Name, Ttl),
    /// No such record, or no such name.
    Nothing(Option<Ttl>),
}

#[async_trait]
impl Resolver for Recursive {
    async fn resolve(&self, key: &RrKey) -> Result<Said, LookupError> {
        Ok(self.remembered(key).await?.0)
    }
}

/// What a resolver is called in errors.
const RESOLVER: &str = "the resolver";

fn unreadable(error: WireError) -> LookupError {
    let problem = format!("is of no use: {error}");
    LookupError::Useless { server: RESOLVER.to_owned(), problem }
}

fn failure(error: NetError) -> LookupError {
    match error {
        NetError::Timeout | NetError::NoConnections | NetError::Io(_) => {
            LookupError::Silent(RESOLVER.to_owned())
        }
        error => {
            LookupError::Useless { server: RESOLVER.to_owned(), problem: format!("fails: {error}") }
        }
    }
}
