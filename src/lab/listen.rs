//! Sockets, and the tasks that read them.

use async_trait::async_trait;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

/// A server that runs until this is dropped.
#[derive(Debug)]
#[must_use = "a server stops when this is dropped"]
pub struct Running {
    address: SocketAddr,
    tasks: Vec<AbortHandle>,
}

impl Running {
    /// Where it listens, for UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// What answers messages.
#[async_trait]
pub(super) trait Handler: Send + Sync + 'static {
    /// The messages of the answer: none to what deserves none, several to a transfer.
    async fn handle(&self, request: &[u8], tcp: bool) -> Vec<Vec<u8>>;
}

/// Serves at this address; port 0 means one that is free for both UDP and TCP.
pub(super) async fn listen(at: SocketAddr, handler: Arc<dyn Handler>) -> io::Result<Running> {
    let (tcp, udp) = bind(at).await?;
    let address = tcp.local_addr()?;
    let tasks = vec![
        tokio::spawn(serve_udp(Arc::new(udp), Arc::clone(&handler))).abort_handle(),
        tokio::spawn(serve_tcp(tcp, handler)).abort_handle(),
    ];
    Ok(Running { address, tasks })
}

async fn bind(at: SocketAddr) -> io::Result<(TcpListener, UdpSocket)> {
    let mut tries = 0;
    loop {
        let tcp = TcpListener::bind(at).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((tcp, udp)),
            // Somebody else has the UDP port of that number: another one will do.
            Err(_) if at.port() == 0 && tries < 16 => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

// Each loop owns the tasks that it starts, so that they end with it.

async fn serve_udp(socket: Arc<UdpSocket>, handler: Arc<dyn Handler>) {
    let mut tasks = JoinSet::new();
    let mut buffer = vec![0; 65_535];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        let request = buffer.get(..length).unwrap_or_default().to_vec();
        let (socket, handler) = (Arc::clone(&socket), Arc::clone(&handler));
        tasks.spawn(async move {
            for answer in handler.handle(&request, false).await {
                // A client that has gone does not miss the answer.
                let _ = socket.send_to(&answer, from).await;
            }
        });
        while tasks.try_join_next().is_some() {}
    }
}

async fn serve_tcp(listener: TcpListener, handler: Arc<dyn Handler>) {
    let mut tasks = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        tasks.spawn(converse(stream, Arc::clone(&handler)));
        while tasks.try_join_next().is_some() {}
    }
}

/// Answers one connection's requests in their order, until it ends.
async fn converse(stream: TcpStream, handler: Arc<dyn Handler>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let length = stream.read_u16().await?;
        let mut request = vec![0; length.into()];
        stream.read_exact(&mut request).await?;
        for answer in handler.handle(&request, true).await {
            let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
            let frame = [&length.to_be_bytes()[..], &answer].concat();
            stream.write_all(&frame).await?;
        }
    }
}
