//! Messages over TCP, each behind its length (RFC 1035 §4.2.2).

use super::WireError;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long connecting may take: SYN is sent again after one, two and four seconds.
const CONNECT: Duration = Duration::from_secs(8);

/// One connection; several messages may be under way before the first answer is read.
#[derive(Debug)]
pub struct Connection {
    stream: BufReader<TcpStream>,
    patience: Duration,
}

impl Connection {
    /// Connects; `patience` is how long each later message may take.
    pub async fn open(server: SocketAddr, patience: Duration) -> Result<Self, WireError> {
        let connected = timeout(CONNECT.min(patience), TcpStream::connect(server)).await;
        let stream = connected.map_err(|_| WireError::Silent)?.map_err(WireError::unreachable)?;
        stream.set_nodelay(true).map_err(WireError::unreachable)?;
        // A whole zone comes through here: room for two messages spares system calls.
        Ok(Self { stream: BufReader::with_capacity(128 * 1024, stream), patience })
    }

    /// Sends one message.
    pub async fn send(&mut self, message: &[u8]) -> Result<(), WireError> {
        let length = u16::try_from(message.len()).map_err(|_| WireError::TooBig)?;
        let mut frame = Vec::with_capacity(message.len() + 2);
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(message);
        let sent = timeout(self.patience, self.stream.write_all(&frame)).await;
        sent.map_err(|_| WireError::Silent)?.map_err(WireError::unreachable)
    }

    /// Receives one message.
    pub async fn receive(&mut self) -> Result<Vec<u8>, WireError> {
        let read = async {
            let length = self.stream.read_u16().await?;
            let mut message = vec![0; length.into()];
            self.stream.read_exact(&mut message).await?;
            Ok(message)
        };
        let received: Result<_, std::io::Error> =
            timeout(self.patience, read).await.map_err(|_| WireError::Silent)?;
        received.map_err(WireError::unreachable)
    }
}
