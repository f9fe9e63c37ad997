//! Floor 5: DNS messages on the wire, the only door between our records and hickory's.
//!
//! Records cross it as octets: hickory reads and writes the message around them, and never gets to
//! print, fold or compare one.

mod expected;
pub(crate) mod message;
mod peers;
mod poller;
mod rcode;
mod reply;
mod secure;
mod session;
mod tcp;
pub(crate) mod tls;
mod tsig;

pub use poller::Poller;
pub use rcode::Rcode;
pub use reply::Reply;
pub use secure::Secure;
pub(crate) use session::Session;
pub use tcp::Connection;
pub use tsig::{Algorithm, KeyError, TsigKey};
pub(crate) use tsig::{Chain, Denial};

/// Why a question got no usable answer; none of these means that there is no record.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WireError {
    /// Nothing came back in time.
    #[error("no answer came in time")]
    Silent,
    /// It could not be sent, or the connection broke.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// What came back is no answer to what was asked.
    #[error("the answer cannot be used: {0}")]
    Garbled(String),
    /// More than a message can hold (RFC 1035 §4.2.2).
    #[error("the message would be longer than 65,535 octets")]
    TooBig,
    /// The transaction signature is missing or wrong.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl WireError {
    /// An answer that cannot be used, and why.
    pub(crate) fn garbled(why: impl ToString) -> Self {
        Self::Garbled(why.to_string())
    }

    /// A server that cannot be reached, and why.
    pub(crate) fn unreachable(why: impl ToString) -> Self {
        Self::Unreachable(why.to_string())
    }
}
