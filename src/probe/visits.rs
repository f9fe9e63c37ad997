//! Goes where senders go.

use super::{policy, starttls};
use crate::mail::{Shown, Visit};
use crate::port::Visitor;
use crate::wire::tls;
use async_trait::async_trait;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use std::net::SocketAddr;

/// Fetches policies and looks at certificates, at the addresses that it is told.
#[derive(Clone, Debug)]
pub struct Visits {
    /// Without authorities to trust nobody can say whether a certificate is good.
    trusting: Option<ClientConfig>,
    https: u16,
    smtp: u16,
}

impl Visits {
    /// As senders do, from this machine and with the authorities that it trusts.
    pub fn new() -> Self {
        Self::at(443, 25, [])
    }

    /// At other ports, and with further authorities.
    pub fn at(
        https: u16,
        smtp: u16,
        also: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Self {
        Self { trusting: tls::client(also).ok(), https, smtp }
    }
}

impl Default for Visits {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Visitor for Visits {
    async fn visit(&self, visit: &Visit) -> Shown {
        match visit {
            Visit::Policy { domain, at } => {
                let Some(trusting) = self.trusting.clone() else { return Shown::Nothing };
                let at = at.iter().map(|at| SocketAddr::new(*at, self.https));
                policy::fetch(trusting, domain, &at.collect::<Vec<_>>()).await
            }
            Visit::Chain { host, at } => {
                starttls::chain(host, SocketAddr::new(*at, self.smtp)).await
            }
        }
    }
}
