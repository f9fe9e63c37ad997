//! Floor 1: what mail records mean. Pure: records in, records and findings out.
//!
//! Nobody is asked here: what SPF includes or a CNAME leads to is looked up in a [`view::View`],
//! and what that does not know becomes a question for others to ask.

pub mod copies;
mod der;
pub mod dkim;
pub mod dmarc;
mod dnssec;
mod evidence;
pub mod finding;
pub mod intent;
pub mod lint;
pub mod platform;
mod records;
pub mod spf;
pub mod sts;
pub mod survey;
mod tags;
pub mod tlsa;
pub mod tlsrpt;
pub mod uri;
pub mod view;
mod visit;

pub use copies::KeyCopy;
pub use evidence::{Beside, Evidence, Said};
pub use finding::{Finding, Severity};
pub use intent::{Claim, Intent, Role, Side};
pub use spf::Spf;
pub use survey::{Home, Remark, Survey, survey};
pub use visit::{Shown, Visit};
