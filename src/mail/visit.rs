//! What no question to the DNS tells, and only a visit shows.

use crate::dns::Name;
use std::fmt;
use std::net::IpAddr;

/// Whom to visit, and what for.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Visit {
    /// The host of a domain's MTA-STS policy, for the document (RFC 8461 §3.3).
    Policy {
        /// The domain.
        domain: Name,
        /// The addresses of its policy host, any of which will do.
        at: Vec<IpAddr>,
    },
    /// A mail server, for the certificates that it shows to senders (RFC 7672 §2.2).
    Chain {
        /// The host.
        host: Name,
        /// One of its addresses.
        at: IpAddr,
    },
}

/// What a visit has shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Shown {
    /// A document, as it is served.
    Document(String),
    /// Certificates in DER, the server's own first.
    Chain(Vec<Vec<u8>>),
    /// Something that is of no use to senders: what the host does instead.
    Unfit(String),
    /// Nothing that can be relied on: perhaps it is the way there that is closed.
    Nothing,
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy { domain, .. } => write!(f, "the MTA-STS policy of `{domain}`"),
            Self::Chain { host, at } => write!(f, "the certificate of `{host}` at {at}"),
        }
    }
}
