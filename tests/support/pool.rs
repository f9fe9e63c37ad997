//! One UDP address with several caches behind it, as public resolvers have.
//!
//! Whoever asks from a port is led to the same cache each time, and whoever comes next to the next
//! one. Questions wait for each other, and there is no TCP.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// How long a cache may take: an answer that is later is lost, as on any network.
const LIMIT: Duration = Duration::from_secs(2);

/// A running pool; dropping it answers no more questions.
pub struct Pool {
    /// Where it is asked.
    pub addr: SocketAddr,
    closed: Arc<AtomicBool>,
}

impl Pool {
    /// The address before these caches.
    pub fn new(caches: &[SocketAddr]) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = socket.local_addr().unwrap();
        let closed = Arc::new(AtomicBool::new(false));
        let (shared, caches) = (Arc::clone(&closed), caches.to_vec());
        thread::spawn(move || {
            let (mut ways, mut message) = (HashMap::new(), [0; 4096]);
            while let Ok((length, client)) = socket.recv_from(&mut message) {
                if shared.load(Ordering::SeqCst) {
                    return;
                }
                let next = caches[ways.len() % caches.len()];
                let cache = *ways.entry(client).or_insert(next);
                // One that does not answer is no reason to fail.
                if let Ok(answer) = ask(cache, &message[..length]) {
                    socket.send_to(&answer, client).unwrap();
                }
            }
        });
        Self { addr, closed }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // The thread looks at the flag with the next message.
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let _ = socket.and_then(|socket| socket.send_to(&[], self.addr));
    }
}

fn ask(cache: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(cache)?;
    socket.set_read_timeout(Some(LIMIT))?;
    socket.send(question)?;
    let mut answer = [0; 4096];
    let length = socket.recv(&mut answer)?;
    Ok(answer[..length].to_vec())
}
