//! Floor 0: names, TTLs, records, RRsets and zones, as text and as octets.
//!
//! Terms are those of RFC 9499. Nothing here does I/O, knows the time, or knows what a record is
//! for. Text is presentation format (RFC 1035 §5.1); octets are uncompressed wire format.

mod answer;
mod master;
mod name;
mod octets;
pub mod rdata;
mod rrset;
mod text;
mod ttl;
mod zone;

pub use answer::Answer;
pub use master::{Entry, Item, entries, parse_rrset};
pub use name::{Name, NameError};
pub use octets::{Octets, WireError};
pub use rdata::{Rdata, Rtype};
pub use rrset::{RrKey, RrSet};
pub use text::{Field, Fields, TextError};
pub use ttl::{Serial, Ttl};
pub use zone::Zone;
