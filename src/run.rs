//! Floor 3: where a transition stands. Pure: time comes in as an argument.

use chrono::{DateTime, Utc};

/// Wall-clock time: waits outlive the process.
pub type Timestamp = DateTime<Utc>;

/// A fact with its time.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
}
