//! Asks resolvers, as programs on this machine do.

use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype};
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
        Ok(self.answer(key).await?.map(|(rrset, _)| rrset).unwrap_or_default())
    }

    /// The records of a name, or the alias at it; `None` is a name or a type that does not exist.
    async fn answer(
        &self,
        key: &RrKey,
    ) -> Result<Option<(Option<RrSet>, Option<Name>)>, LookupError> {
        let name = message::name_out(&key.owner).map_err(unreadable)?;
        match self.0.lookup(name, message::rtype_out(key.rtype)).await {
            Ok(lookup) => {
                let alias = RrKey::new(key.owner.clone(), Rtype::CNAME);
                let [rrset, alias] = [key, &alias]
                    .map(|key| message::rrset_in(lookup.answers(), key).map_err(unreadable));
                let target = alias?.and_then(|alias| match alias.rdata() {
                    [Rdata::Cname(target)] => Some(target.clone()),
                    _ => None,
                });
                Ok(Some((rrset?, target)))
            }
            Err(NetError::Dns(DnsError::NoRecordsFound(none)))
                if matches!(none.response_code, ResponseCode::NoError | ResponseCode::NXDomain) =>
            {
                Ok(None)
            }
            Err(error) => Err(failure(error)),
        }
    }
}

#[async_trait]
impl Resolver for Recursive {
    async fn resolve(&self, key: &RrKey) -> Result<Said, LookupError> {
        Ok(match self.answer(key).await? {
            Some((Some(rrset), _)) => Said::Data(rrset.rdata().to_vec()),
            Some((None, Some(target))) => Said::Alias(target),
            Some((None, None)) | None => Said::Absent,
        })
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
