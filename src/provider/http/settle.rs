//! Waiting until a host has done what it said that it would do.

use super::{Call, Http, Reply};
use crate::port::ProviderError;
use std::time::Duration;

/// Before the first look; twice as long before each next.
const LOOK: Duration = Duration::from_millis(500);
/// Hosts that take minutes need not be asked all the time.
const LONGEST_LOOK: Duration = Duration::from_secs(15);

impl Http {
    /// Asks until the answer says that it is done, or patience is out; past that, DNS tells.
    pub(in crate::provider) async fn settle(
        &self,
        patience: Duration,
        ask: impl Fn() -> Call + Send,
        is_done: impl Fn(&Reply) -> Result<bool, ProviderError> + Send,
    ) -> Result<(), ProviderError> {
        let until = self.clock.now() + patience;
        let mut pause = LOOK;
        while self.clock.now() < until {
            self.clock.sleep_until(self.clock.now() + pause).await;
            if is_done(&self.send(ask()).await?)? {
                break;
            }
            pause = (pause * 2).min(LONGEST_LOOK);
        }
        Ok(())
    }
}
