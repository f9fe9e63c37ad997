//! What a DNS host can and cannot do, as data that the planner uses.

use crate::dns::Ttl;

/// What is known about a provider before anything is asked of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Facts {
    /// The lowest TTL that it takes.
    pub ttl_floor: Ttl,
    /// Whether all changes of one call take effect together or not at all.
    pub atomic: bool,
    /// Whether a person types the records in, so that `apply` only says what to type.
    pub by_hand: bool,
}

impl Default for Facts {
    /// A host without limits, such as a name server of one's own.
    fn default() -> Self {
        Self { ttl_floor: Ttl::from_secs(1), atomic: true, by_hand: false }
    }
}
