//! Floor 5: the system's clock.

use crate::port::Clock;
use crate::run::Timestamp;
use async_trait::async_trait;
use chrono::Utc;
use std::time::Duration;

/// Wall-clock time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// How long to sleep at a stretch: a clock that is set, or a machine that was suspended, is
/// noticed within this time.
const STRETCH: Duration = Duration::from_secs(30);

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    fn now(&self) -> Timestamp {
        Utc::now()
    }

    async fn sleep_until(&self, until: Timestamp) {
        while let Ok(left) = (until - self.now()).to_std() {
            tokio::time::sleep(left.min(STRETCH)).await;
            if left.is_zero() {
                break;
            }
        }
    }
}
