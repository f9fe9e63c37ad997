//! Floor 5: DNS hosts, one file a driver, one line in [`DRIVERS`].

mod api;
mod azure;
mod budget;
mod cloudflare;
mod contract;
mod desec;
mod digitalocean;
mod dnsimple;
mod gandi;
mod godaddy;
mod google;
mod hetzner;
mod hosted;
mod http;
mod inwx;
mod ionos;
mod keyed;
mod linode;
mod manual;
mod memory;
mod namecheap;
mod netcup;
mod ovh;
mod porkbun;
mod powerdns;
mod rackspace;
mod records;
mod rfc2136;
mod route53;
mod shape;
mod vultr;
mod zonefile;

pub use budget::{Budget, Metered};
pub use manual::Manual;
pub use memory::Memory;
pub use rfc2136::{Rfc2136, Settings};
pub use zonefile::{Reload, ReloadTool, ZoneFile};

use crate::config::{Rate, ReadSettings};
use crate::dns::RrKey;
use crate::port::{Clock, Lookup, Provider, ProviderError};
use async_trait::async_trait;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Every driver: what a provider file calls it, and how it reads its own keys there.
pub const DRIVERS: &[(&str, ReadSettings<Box<dyn Open>>)] = &[
    ("rfc2136", rfc2136::settings),
    ("powerdns", powerdns::settings),
    ("route53", route53::settings),
    ("cloudflare", keyed::settings::<cloudflare::Cloudflare>),
    ("hetzner", keyed::settings::<hetzner::Hetzner>),
    ("desec", keyed::settings::<desec::Desec>),
    ("gandi", keyed::settings::<gandi::Gandi>),
    ("ovh", ovh::settings),
    ("digitalocean", keyed::settings::<digitalocean::DigitalOcean>),
    ("linode", keyed::settings::<linode::Linode>),
    ("vultr", keyed::settings::<vultr::Vultr>),
    ("dnsimple", dnsimple::settings),
    ("porkbun", porkbun::settings),
    ("ionos", keyed::settings::<ionos::Ionos>),
    ("godaddy", godaddy::settings),
    ("namecheap", namecheap::settings),
    ("inwx", inwx::settings),
    ("netcup", netcup::settings),
    ("google", google::settings),
    ("azure", azure::settings),
    ("rackspace", rackspace::settings),
    ("zonefile", zonefile::settings),
    ("manual", manual::settings),
];

/// What a driver is opened with.
pub struct Context<'a> {
    /// The project's folder.
    pub base: &'a Path,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Asks the zone's name servers.
    pub lookup: Arc<dyn Lookup>,
    /// Tells what is doubtful about the account's settings.
    pub warn: &'a (dyn Fn(&str) + Send + Sync),
    /// The RRsets to look at, for a driver that cannot see the whole zone.
    pub keys: BTreeSet<RrKey>,
    /// How many requests the account bears, where its file says so.
    pub rate: Option<Rate>,
}

/// An account's settings, read and checked, its secrets still references.
#[async_trait]
pub trait Open: fmt::Debug + Send + Sync {
    /// Whether the account's rate is about single requests, which the driver sees to, and not
    /// about zones read and written.
    fn counts_requests(&self) -> bool {
        false
    }

    /// Fetches secrets and addresses; nothing is asked of the provider yet.
    async fn open(&self, context: Context<'_>) -> Result<Box<dyn Provider>, ProviderError>;
}
