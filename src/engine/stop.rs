//! A word that ends drives between two steps.

use tokio::sync::watch;

/// Asked to stop, a drive ends its waits at once; what it has begun to send it finishes and
/// records. Clones share the word.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Default for Stop {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stop {
    /// Asks everybody who holds a clone.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once somebody has asked.
    pub async fn asked(&self) {
        // It fails only once no sender is left, and one is here.
        let _ = self.0.subscribe().wait_for(|asked| *asked).await;
    }
}
