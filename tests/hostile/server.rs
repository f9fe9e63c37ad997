//! A server on loopback that sends what a case wants, over UDP and TCP.

use super::said::{Said, Sent, Stream};
use cutover::clock::SystemClock;
use cutover::dns::{Name, Zone};
use cutover::lab::Authority;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;

/// What to send to a question.
pub(crate) type Udp = Arc<dyn Fn(&Said) -> Vec<Sent> + Send + Sync>;
pub(crate) type Tcp = Arc<dyn Fn(&Said) -> Stream + Send + Sync>;

/// A running server; dropping it ends it.
pub(crate) struct Hostile {
    pub(crate) address: SocketAddr,
    _tasks: JoinSet<()>,
}

/// Who knows the answers.
#[derive(Clone)]
struct Knowing {
    truth: Authority,
    lie: Authority,
}

impl Hostile {
    /// Starts one that knows the true zone and another one.
    pub(crate) async fn start([truth, lie]: [&str; 2], udp: Udp, tcp: Tcp) -> Self {
        let knowing = Knowing { truth: authority(truth), lie: authority(lie) };
        let (socket, listener) = bind().await;
        let address = socket.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(socket, knowing.clone(), udp));
        tasks.spawn(serve_tcp(listener, knowing, tcp));
        Self { address, _tasks: tasks }
    }
}

fn authority(text: &str) -> Authority {
    let zone = Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap();
    Authority::new("hostile", Arc::new(SystemClock)).with_zone(zone)
}

impl Knowing {
    fn said(&self, request: &[u8], tcp: bool) -> Said {
        let [truth, lie] =
            [&self.truth, &self.lie].map(|one| one.handle(request, tcp).swap_remove(0));
        Said { request: request.to_vec(), truth, lie }
    }
}

/// A port that is free for both.
async fn bind() -> (UdpSocket, TcpListener) {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        if let Ok(socket) = UdpSocket::bind(listener.local_addr().unwrap()).await {
            return (socket, listener);
        }
    }
}

async fn serve_udp(socket: UdpSocket, knowing: Knowing, udp: Udp) {
    let elsewhere = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut buffer = [0; 512];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        for sent in udp(&knowing.said(&buffer[..length], false)) {
            match sent {
                Sent::Here(octets) => socket.send_to(&octets, from).await.unwrap(),
                Sent::Elsewhere(octets) => elsewhere.send_to(&octets, from).await.unwrap(),
            };
        }
    }
}

async fn serve_tcp(listener: TcpListener, knowing: Knowing, tcp: Tcp) {
    let mut silent = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = receive(&mut stream).await;
        let octets = match tcp(&knowing.said(&request, true)) {
            Stream::Silence => {
                silent.push(stream);
                continue;
            }
            Stream::Message(octets) => {
                let length = u16::try_from(octets.len()).unwrap().to_be_bytes();
                [&length, &octets[..]].concat()
            }
            Stream::Octets(octets) => octets,
        };
        // Who has gone misses nothing.
        let _ = stream.write_all(&octets).await;
    }
}

async fn receive(stream: &mut TcpStream) -> Vec<u8> {
    let length = stream.read_u16().await.unwrap();
    let mut request = vec![0; length.into()];
    stream.read_exact(&mut request).await.unwrap();
    request
}
