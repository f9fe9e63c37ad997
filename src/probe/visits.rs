//! Goes where senders go.

use super::{policy, starttls};
use crate::mail::{Shown, Visit};
use crate::port::Visitor;
use crate::wire::tls;
use async_trait::async_trait;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Fetches policies and looks at certificates, at the addresses that it is told.
#[derive(Debug)]
pub struct Visits {
    /// Without authorities to trust nobody can say whether a certificate is good.
    trusting: Option<ClientConfig>,
    https: Door,
    smtp: Door,
}

/// A port, and how many visits in a row have shown nothing there.
#[derive(Debug)]
struct Door {
    port: u16,
    silence: AtomicUsize,
}

/// So many in a row mean that it is the network here that lets nobody out.
const PATIENCE: usize = 16;

impl Door {
    fn new(port: u16) -> Self {
        Self { port, silence: AtomicUsize::new(0) }
    }

    /// What a visit shows, if there is any hope that it shows something.
    async fn through(&self, visit: impl Future<Output = Shown>) -> Shown {
        if self.silence.load(Ordering::Relaxed) >= PATIENCE {
            return Shown::Nothing;
        }
        let shown = visit.await;
        match shown {
            Shown::Nothing => _ = self.silence.fetch_add(1, Ordering::Relaxed),
            _ => self.silence.store(0, Ordering::Relaxed),
        }
        shown
    }
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
        Self { trusting: tls::client(also).ok(), https: Door::new(https), smtp: Door::new(smtp) }
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
                let at = at.iter().map(|at| SocketAddr::new(*at, self.https.port));
                let at: Vec<_> = at.collect();
                self.https.through(policy::fetch(trusting, domain, &at)).await
            }
            Visit::Chain { host, at } => {
                let at = SocketAddr::new(*at, self.smtp.port);
                self.smtp.through(starttls::chain(host, at)).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn where_nobody_gets_out_nobody_tries_for_ever() {
        let (door, tried) = (Door::new(25), AtomicUsize::new(0));
        let visit = async |shown: Shown| {
            door.through(async {
                tried.fetch_add(1, Ordering::Relaxed);
                shown
            })
            .await
        };
        let good = Shown::Document(String::new());
        for _ in 1..PATIENCE {
            visit(Shown::Nothing).await;
        }
        assert_eq!(visit(good.clone()).await, good);
        for _ in 0..2 * PATIENCE {
            visit(Shown::Nothing).await;
        }
        assert_eq!(visit(good).await, Shown::Nothing);
        assert_eq!(tried.into_inner(), 2 * PATIENCE);
    }
}
