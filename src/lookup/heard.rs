//! What others said, asked once for all zones of a project.

use crate::dns::RrKey;
use crate::mail::Said;
use crate::port::LookupError;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::{OnceCell, Semaphore};

/// How many questions are under way at once: enough to hide the time that each takes, and few
/// enough for a resolver at home.
const AT_ONCE: usize = 32;
/// So many questions in a row without an answer mean that nobody is there to give one.
const PATIENCE: usize = AT_ONCE;

/// Remembers for as long as a command takes, or until it is told to forget.
#[derive(Debug)]
pub struct Heard {
    said: Mutex<HashMap<RrKey, Arc<OnceCell<Said>>>>,
    free: Semaphore,
    silence: AtomicUsize,
}

impl Default for Heard {
    fn default() -> Self {
        let (said, silence) = (Mutex::default(), AtomicUsize::new(0));
        Self { said, free: Semaphore::new(AT_ONCE), silence }
    }
}

impl Heard {
    /// What is said to a question: by whoever `ask` asks, if it was not asked before.
    pub async fn said(
        &self,
        key: &RrKey,
        ask: impl AsyncFnOnce() -> Result<Said, LookupError>,
    ) -> Said {
        let cell = match self.said.lock() {
            Ok(mut said) => said.entry(key.clone()).or_default().clone(),
            Err(_) => Arc::default(),
        };
        let first = async || {
            let _free = self.free.acquire().await;
            if self.silence.load(Ordering::Relaxed) >= PATIENCE {
                return Said::Nothing;
            }
            let answer = ask().await;
            match &answer {
                Err(LookupError::Silent(_)) => _ = self.silence.fetch_add(1, Ordering::Relaxed),
                _ => self.silence.store(0, Ordering::Relaxed),
            }
            answer.unwrap_or(Said::Nothing)
        };
        cell.get_or_init(first).await.clone()
    }

    /// Forgets what was said, and that nobody answered: both pass.
    pub fn forget(&self) {
        if let Ok(mut said) = self.said.lock() {
            said.clear();
        }
        self.silence.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Rtype};

    fn key(n: usize) -> RrKey {
        RrKey::new(Name::parse(&format!("n{n}.example.")).unwrap(), Rtype::A)
    }

    #[tokio::test]
    async fn a_question_is_asked_once() {
        let (heard, asked) = (Heard::default(), AtomicUsize::new(0));
        for _ in 0..3 {
            let key = key(0);
            let said = heard.said(&key, async || {
                asked.fetch_add(1, Ordering::Relaxed);
                Ok(Said::Absent)
            });
            assert_eq!(said.await, Said::Absent);
        }
        assert_eq!(asked.into_inner(), 1);
    }

    #[tokio::test]
    async fn who_never_answers_is_not_asked_for_ever() {
        let (heard, asked) = (Heard::default(), AtomicUsize::new(0));
        for n in 0..3 * PATIENCE {
            let key = key(n);
            let said = heard.said(&key, async || {
                asked.fetch_add(1, Ordering::Relaxed);
                Err(LookupError::Silent("nobody".to_owned()))
            });
            assert_eq!(said.await, Said::Nothing);
        }
        assert_eq!(asked.into_inner(), PATIENCE);
    }

    #[tokio::test]
    async fn what_is_forgotten_is_asked_anew() {
        let heard = Heard::default();
        for n in 0..PATIENCE {
            let nobody = || LookupError::Silent("nobody".to_owned());
            assert_eq!(heard.said(&key(n), async || Err(nobody())).await, Said::Nothing);
        }
        let absent = async || Ok(Said::Absent);
        assert_eq!(heard.said(&key(0), absent).await, Said::Nothing);
        heard.forget();
        assert_eq!(heard.said(&key(0), absent).await, Said::Absent);
    }
}
