//! Floor 5: DNS hosts, one file a driver.

mod contract;
mod memory;
mod rfc2136;
mod zonefile;

pub use memory::Memory;
pub use rfc2136::{Rfc2136, Settings};
pub use zonefile::{Reload, ReloadTool, ZoneFile};
