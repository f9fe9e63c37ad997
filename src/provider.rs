//! Floor 5: DNS hosts, one file a driver.

mod rfc2136;

pub use rfc2136::{Rfc2136, Settings};
