//! A TCP proxy in front of a name server, which can keep the answer to an UPDATE for itself.
//!
//! It passes one request and one answer at a time, which is all that DNS over TCP asks for but
//! transfers: those go past it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::server::eventually;

const LIMIT: Duration = Duration::from_secs(60);

/// A running proxy; dropping it takes no more connections.
pub struct Proxy {
    /// Where it listens.
    pub addr: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    withholds: AtomicBool,
    withheld: AtomicBool,
    updates: AtomicUsize,
    closed: AtomicBool,
}

impl Proxy {
    /// A proxy that passes everything on to `server`.
    pub fn new(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.closed.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&shared);
                // A client that was killed is no reason to fail.
                thread::spawn(move || client.and_then(|client| pass(client, server, &state)));
            }
        });
        Self { addr, state }
    }

    /// From now on, updates reach the server and their answers reach nobody.
    pub fn withhold(&self) {
        self.state.withheld.store(false, Ordering::SeqCst);
        self.state.withholds.store(true, Ordering::SeqCst);
    }

    /// From now on, everything passes.
    pub fn pass(&self) {
        self.state.withholds.store(false, Ordering::SeqCst);
    }

    /// Waits until the server has answered an update and the answer was kept back.
    pub fn wait_withheld(&self) {
        let withheld = || self.state.withheld.load(Ordering::SeqCst);
        assert!(eventually(LIMIT, withheld), "no update came in {LIMIT:?}");
    }

    /// How many messages came that would change something.
    pub fn updates(&self) -> usize {
        self.state.updates.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.closed.store(true, Ordering::SeqCst);
        // The thread that accepts looks at the flag with the next connection.
        let _ = TcpStream::connect(self.addr);
    }
}

fn pass(mut client: TcpStream, server: SocketAddr, state: &State) -> io::Result<()> {
    let mut server = TcpStream::connect(server)?;
    loop {
        let request = receive(&mut client)?;
        let is_update = changes_something(&request);
        if is_update {
            state.updates.fetch_add(1, Ordering::SeqCst);
        }
        send(&mut server, &request)?;
        let answer = receive(&mut server)?;
        if is_update && state.withholds.load(Ordering::SeqCst) {
            state.withheld.store(true, Ordering::SeqCst);
            // Silence, until the client goes away.
            client.read_to_end(&mut Vec::new())?;
            return Ok(());
        }
        send(&mut client, &answer)?;
    }
}

/// Whether it is an UPDATE (opcode 5) with something in its update section; without, it only asks
/// whether its prerequisites hold.
fn changes_something(message: &[u8]) -> bool {
    (message[2] >> 3) & 0xf == 5 && message[8..10] != [0, 0]
}

fn receive(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut message = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut message)?;
    Ok(message)
}

fn send(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length, message].concat())
}
