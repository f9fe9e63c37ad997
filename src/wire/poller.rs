//! Asks many servers many questions from one socket.

use super::expected::Expected;
use super::peers::Peers;
use super::{Connection, Rcode, Reply, WireError, message};
use crate::dns::RrKey;
use hickory_proto::op::Message;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

/// Questions under way at once, of all zones together: Linux keeps 208 KiB of unread answers, which
/// is some 90 long or 250 short ones, and a lost answer costs a whole wait.
const AT_ONCE: usize = 128;

/// A UDP socket a family; any number of questions may wait for their turn.
///
/// An unconnected socket sees no ICMP errors, so a dead server costs all tries.
#[derive(Debug)]
pub struct Poller {
    v4: Line,
    v6: Option<Line>, // `None` on a machine without IPv6
    reaches_ipv6: bool,
    wait: Duration,
    room: Semaphore,
    peers: Peers,
}

/// Looks a route up by connecting a socket to global unicast space, which sends nothing.
async fn has_ipv6_route() -> bool {
    let anywhere = Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 1);
    match UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).await {
        Ok(socket) => socket.connect((anywhere, 53)).await.is_ok(),
        Err(_) => false,
    }
}

impl Poller {
    /// Opens the sockets; `wait` is how long each of three tries may take.
    pub async fn bind(wait: Duration) -> io::Result<Self> {
        let v4 = Line::open((Ipv4Addr::UNSPECIFIED, 0).into()).await?;
        let v6 = Line::open((Ipv6Addr::UNSPECIFIED, 0).into()).await.ok();
        let reaches_ipv6 = v6.is_some() && has_ipv6_route().await;
        let (room, peers) = (Semaphore::new(AT_ONCE), Peers::default());
        Ok(Self { v4, v6, reaches_ipv6, wait, room, peers })
    }

    /// Whether this machine knows a way into the IPv6 internet.
    pub fn reaches_ipv6(&self) -> bool {
        self.reaches_ipv6
    }

    /// Asks one server one question; with `recursion` it may ask others and fill its cache.
    pub async fn ask(
        &self,
        server: SocketAddr,
        key: &RrKey,
        recursion: bool,
    ) -> Result<Reply, WireError> {
        self.send_shared(server, key, message::question(key, recursion)?).await
    }

    /// The same, and the signatures over the answer are wanted.
    pub async fn ask_signed(&self, server: SocketAddr, key: &RrKey) -> Result<Reply, WireError> {
        self.send_shared(server, key, message::signed_question(key)?).await
    }

    /// Asks from a port of its own, so that another cache behind the same address may answer.
    pub async fn ask_afresh(&self, server: SocketAddr, key: &RrKey) -> Result<Reply, WireError> {
        let server = SocketAddr::new(server.ip().to_canonical(), server.port());
        let local: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let line = Line::open(local).await.map_err(WireError::unreachable)?;
        self.send(&line, server, key, message::question(key, true)?).await
    }

    /// Sends it from the socket of the server's family.
    async fn send_shared(
        &self,
        server: SocketAddr,
        key: &RrKey,
        question: Message,
    ) -> Result<Reply, WireError> {
        let server = SocketAddr::new(server.ip().to_canonical(), server.port());
        let line = match server {
            SocketAddr::V4(_) => &self.v4,
            SocketAddr::V6(_) => {
                self.v6.as_ref().ok_or_else(|| WireError::unreachable("no IPv6 here"))?
            }
        };
        self.send(line, server, key, question).await
    }

    async fn send(
        &self,
        line: &Line,
        server: SocketAddr,
        key: &RrKey,
        mut question: Message,
    ) -> Result<Reply, WireError> {
        let peer = self.peers.at(server);
        let (_turn, tries) = peer.turn().await?;
        // Nobody closes it, so there is a permit in the end.
        let _permit = self.room.acquire().await;
        let mut failure = WireError::Silent;
        for _ in 0..tries {
            let answer = self.attempt(line, server, key, &mut question).await;
            peer.told(&answer);
            match answer {
                // A server from before EDNS does not like our question (RFC 6891 §7).
                Ok(reply) if reply.rcode == Rcode::FORMERR && question.edns.is_some() => {
                    question.edns = None;
                    failure = WireError::garbled(reply.rcode);
                }
                Ok(reply) => return Ok(reply),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn attempt(
        &self,
        line: &Line,
        server: SocketAddr,
        key: &RrKey,
        question: &mut Message,
    ) -> Result<Reply, WireError> {
        let (id, answer) = line.exchange(server, question, self.wait).await?;
        let mut reply = message::decode(&answer)?;
        let tcp = reply.metadata.truncation;
        if tcp {
            question.metadata.id = id;
            let mut connection = Connection::open(server, self.wait).await?;
            let octets = message::encode(question)?;
            connection.send(&octets).await?;
            let answer = connection.receive().await?;
            if !Expected::of(&octets).is_met_by(&answer) || answer.get(..2) != octets.get(..2) {
                return Err(WireError::garbled("it answers another question"));
            }
            reply = message::decode(&answer)?;
            if reply.metadata.truncation {
                return Err(WireError::garbled("it is cut off even over TCP"));
            }
        }
        Reply::read(&reply, key, tcp)
    }
}

/// One socket and the questions that wait at it.
#[derive(Debug)]
struct Line {
    shared: Arc<Shared>,
    reader: AbortHandle,
}

#[derive(Debug)]
struct Shared {
    socket: UdpSocket,
    waiting: Mutex<HashMap<(SocketAddr, u16), Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    expected: Expected,
    answer: oneshot::Sender<Vec<u8>>,
}

/// A place among the waiting, given up when the question is.
struct Place<'a> {
    shared: &'a Shared,
    id: (SocketAddr, u16),
}

impl Line {
    async fn open(local: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(local).await?;
        let shared = Arc::new(Shared { socket, waiting: Mutex::default() });
        let reader = tokio::spawn(read(Arc::clone(&shared))).abort_handle();
        Ok(Self { shared, reader })
    }

    /// Sends the question under a fresh id and waits for what comes back.
    async fn exchange(
        &self,
        server: SocketAddr,
        question: &Message,
        wait: Duration,
    ) -> Result<(u16, Vec<u8>), WireError> {
        let mut octets = message::encode(question)?;
        let (sender, answer) = oneshot::channel();
        let place = self.shared.enter(server, Expected::of(&octets), sender)?;
        let id = place.id.1;
        if let Some(head) = octets.first_chunk_mut() {
            *head = id.to_be_bytes();
        }
        let sent = self.shared.socket.send_to(&octets, server).await;
        sent.map_err(WireError::unreachable)?;
        match timeout(wait, answer).await {
            Ok(Ok(octets)) => Ok((id, octets)),
            _ => Err(WireError::Silent),
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<(SocketAddr, u16), Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place under an id that nobody can guess.
    fn enter(
        &self,
        server: SocketAddr,
        expected: Expected,
        answer: oneshot::Sender<Vec<u8>>,
    ) -> Result<Place<'_>, WireError> {
        let mut waiting = self.lock();
        // With half of all ids taken, 64 draws fail once in 10^19 times.
        for _ in 0..64 {
            let id = (server, rand::random());
            if let Entry::Vacant(vacant) = waiting.entry(id) {
                vacant.insert(Waiting { expected, answer });
                return Ok(Place { shared: self, id });
            }
        }
        Err(WireError::unreachable("too many questions are under way"))
    }

    /// Hands an answer to who waits for it; a forged one leaves the place for the true one.
    fn deliver(&self, from: SocketAddr, octets: &[u8]) {
        let Some(&head) = octets.first_chunk() else {
            return;
        };
        // Flow label and scope are not part of who answers.
        let id = (SocketAddr::new(from.ip(), from.port()), u16::from_be_bytes(head));
        let mut waiting = self.lock();
        if let Entry::Occupied(entry) = waiting.entry(id)
            && entry.get().expected.is_met_by(octets)
        {
            // Nobody listens any more when the question was given up just now.
            let _ = entry.remove().answer.send(octets.to_vec());
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.lock().remove(&self.id);
    }
}

async fn read(shared: Arc<Shared>) {
    // More than we say we take, for servers that do not listen.
    let mut buffer = vec![0; u16::MAX.into()];
    loop {
        match shared.socket.recv_from(&mut buffer).await {
            Ok((length, from)) => shared.deliver(from, buffer.get(..length).unwrap_or_default()),
            // Out of memory, perhaps: try again, but not at full speed.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Name, Rtype};
    use futures_util::future::join_all;

    #[tokio::test]
    async fn no_more_than_fit_are_under_way() {
        let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let silent = join_all((0..8).map(|_| bind())).await;
        let silent: Vec<_> = silent.into_iter().map(Result::unwrap).collect();
        let servers: Vec<_> = silent.iter().map(|one| one.local_addr().unwrap()).collect();
        let poller = Poller::bind(Duration::from_secs(60)).await.unwrap();
        let key = RrKey::new(Name::root(), Rtype::MX);
        let many = (0..AT_ONCE).flat_map(|_| &servers);
        let questions = join_all(many.map(|server| poller.ask(*server, &key, false)));
        assert!(timeout(Duration::from_millis(200), questions).await.is_err());
        let asked = silent
            .iter()
            .map(|one| std::iter::from_fn(|| one.try_recv(&mut [0; 512]).ok()).count());
        let asked: Vec<_> = asked.collect();
        assert_eq!(asked.iter().sum::<usize>(), AT_ONCE);
        assert!(asked.iter().all(|of_one| *of_one <= 32), "{asked:?}");
    }
}
