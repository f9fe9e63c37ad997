//! Floor 1: what mail records mean. Pure: records in, records and findings out.
//!
//! No resolving happens here: what SPF includes or a CNAME leads to is asked elsewhere.

pub mod dkim;
pub mod dmarc;
pub mod finding;
pub mod intent;
pub mod lint;
pub mod platform;
pub mod spf;
pub mod sts;
mod tags;
pub mod tlsrpt;
pub mod uri;
pub mod view;

pub use finding::{Finding, Severity};
pub use intent::{Claim, Intent, Role, Side};
pub use spf::Spf;
