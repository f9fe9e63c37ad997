//! Whom users ask, and over which ways he can be reached.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A resolver that others ask for their users.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recursor {
    /// What people call it: `quad9`.
    pub name: String,
    /// How it is asked.
    pub way: Way,
    /// Ways out where port 53 is blocked, the best first.
    pub fallback: Vec<Way>,
    /// Who runs it.
    pub operator: Option<String>,
    /// Where the operator is at home: ISO 3166, two letters.
    pub country: Option<String>,
    /// Whether some names are answered otherwise than their owners wish, for its users' sake.
    pub filters: bool,
}

impl Recursor {
    /// One of whom no more is known than how to ask.
    pub fn at(name: impl Into<String>, way: Way) -> Self {
        let (operator, country) = (None, None);
        Self { name: name.into(), way, fallback: Vec::new(), operator, country, filters: false }
    }
}

impl fmt::Display for Recursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.way)
    }
}

/// How a resolver is asked.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Way {
    /// In the clear, over UDP and TCP.
    Plain(SocketAddr),
    /// Over TLS (RFC 7858).
    Tls {
        /// Where.
        address: SocketAddr,
        /// Whose certificate it shows.
        host: String,
    },
    /// Over HTTPS (RFC 8484).
    Https {
        /// Where questions are posted to.
        url: String,
        /// Addresses of the URL's host; none where this machine finds them.
        addresses: Vec<IpAddr>,
    },
}

impl Way {
    /// The address, for whoever can ask in the clear only.
    pub fn plain(&self) -> Option<SocketAddr> {
        match self {
            Self::Plain(address) => Some(*address),
            Self::Tls { .. } | Self::Https { .. } => None,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(address) => write!(f, "{address}"),
            Self::Tls { address, host } => write!(f, "tls://{host} at {address}"),
            Self::Https { url, .. } => f.write_str(url),
        }
    }
}
