//! Who is asked, and how patiently: few questions at once, and hardly any of who never answers.

use super::WireError;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// Questions under way to one address: public resolvers take it, and one that is down cannot hold
/// all the room there is.
const AT_ONCE: usize = 32;
/// How often a question is sent before the server counts as silent.
const TRIES: u32 = 3;
/// After so many questions in a row without an answer, one try must do.
const DOUBTED: u32 = 4;
/// After so many it is left alone for a while.
const GIVEN_UP: u32 = AT_ONCE as u32;
/// How long: a restart takes about that.
const REST: Duration = Duration::from_secs(5);

/// All who were ever asked.
#[derive(Debug, Default)]
pub(super) struct Peers(Mutex<HashMap<SocketAddr, Arc<Peer>>>);

/// One address.
#[derive(Debug)]
pub(super) struct Peer {
    room: Semaphore,
    silences: AtomicU32,
    silent_since: Mutex<Option<Instant>>,
}

impl Peers {
    /// The one at this address.
    pub(super) fn at(&self, server: SocketAddr) -> Arc<Peer> {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let peer = || Peer {
            room: Semaphore::new(AT_ONCE),
            silences: AtomicU32::new(0),
            silent_since: Mutex::default(),
        };
        Arc::clone(peers.entry(server).or_insert_with(|| Arc::new(peer())))
    }
}

impl Peer {
    /// Waits for a turn; says how often the question may be sent.
    pub(super) async fn turn(&self) -> Result<(SemaphorePermit<'_>, u32), WireError> {
        let Ok(permit) = self.room.acquire().await else {
            return Err(WireError::Silent); // nobody closes it
        };
        let tries = match self.silences.load(Ordering::Relaxed) {
            0..DOUBTED => TRIES,
            DOUBTED..GIVEN_UP => 1,
            _ if self.rests() => return Err(WireError::Silent),
            _ => 1,
        };
        Ok((permit, tries))
    }

    fn rests(&self) -> bool {
        let since = self.silent_since.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() < REST)
    }

    /// Takes in how it went.
    pub(super) fn told<T>(&self, answer: &Result<T, WireError>) {
        if matches!(answer, Err(WireError::Silent)) {
            self.silences.fetch_add(1, Ordering::Relaxed);
            let mut since = self.silent_since.lock().unwrap_or_else(PoisonError::into_inner);
            *since = Some(Instant::now());
        } else {
            self.silences.store(0, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_never_answers_is_asked_less_and_less() {
        let peer = Peers::default().at(([127, 0, 0, 1], 53).into());
        let silent = Err::<(), _>(WireError::Silent);
        let tries = async || peer.turn().await.map(|(_, tries)| tries);
        assert_eq!(tries().await, Ok(3));
        (0..DOUBTED).for_each(|_| peer.told(&silent));
        assert_eq!(tries().await, Ok(1));
        (DOUBTED..GIVEN_UP).for_each(|_| peer.told(&silent));
        assert_eq!(tries().await, Err(WireError::Silent));
        tokio::time::advance(REST).await;
        assert_eq!(tries().await, Ok(1));
        peer.told(&Ok(()));
        assert_eq!(tries().await, Ok(3));
    }
}
