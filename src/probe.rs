//! Floor 5: tries mail servers from where this program runs, and looks at what they show.

mod policy;
mod starttls;
mod visits;

use crate::dns::Name;
use crate::plan::Probe;
use crate::port::{NotReady, Prober};
use async_trait::async_trait;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;
pub use visits::Visits;

/// Says EHLO to mail servers and goes away again.
#[derive(Clone, Copy, Debug)]
pub struct Smtp;

/// How long a server may take to greet: many let strangers wait for some seconds on purpose.
const PATIENCE: Duration = Duration::from_secs(30);

#[async_trait]
impl Prober for Smtp {
    async fn probe(&self, Probe { hosts, port, .. }: &Probe) -> Result<String, NotReady> {
        let mut found = Vec::new();
        for host in hosts {
            let name = host.to_string();
            let greeted = greet(host, *port).await;
            let address = greeted.map_err(|problem| NotReady { host: name.clone(), problem })?;
            found.push(format!("{} at {address}", name.trim_end_matches('.')));
        }
        Ok(format!("SMTP is answered by {}", found.join(", ")))
    }
}

/// The first address of a host that greets; senders try one after the other too (RFC 5321 §5.1).
async fn greet(host: &Name, port: u16) -> Result<SocketAddr, String> {
    // Without the last dot, so that the machine's own table of hosts is asked as well.
    let name = host.to_string();
    let found = tokio::net::lookup_host((name.trim_end_matches('.'), port)).await;
    let addresses = found.map_err(|error| format!("has no address: {error}"))?;
    let mut problem = "has no address".to_owned();
    for address in addresses {
        match hello(address).await {
            Ok(()) => return Ok(address),
            Err(other) => problem = format!("at {address}: {other}"),
        }
    }
    Err(problem)
}

async fn hello(address: SocketAddr) -> Result<(), String> {
    let said = async {
        let client = ClientId::default();
        let wait = Some(PATIENCE);
        let connected = AsyncSmtpConnection::connect_tokio1(address, wait, &client, None, None);
        let mut connection = connected.await.map_err(|error| describe(&error))?;
        // Whoever greets and takes EHLO is ready; how it says goodbye does not matter.
        let _ = connection.quit().await;
        Ok(())
    };
    timeout(PATIENCE, said).await.unwrap_or_else(|_| Err("does not greet in time".to_owned()))
}

/// An error with its causes, which say what the server said.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// A server that says this to whoever connects, and the same to each line after.
    async fn server(greeting: &'static str, reply: &'static str) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(greeting.as_bytes()).await.unwrap();
                let mut line = [0; 512];
                while stream.read(&mut line).await.is_ok_and(|read| read > 0) {
                    stream.write_all(reply.as_bytes()).await.unwrap();
                }
            }
        });
        port
    }

    async fn check(port: u16) -> Result<String, String> {
        let hosts = vec![Name::parse("localhost.").unwrap()];
        let probe = Probe { id: "preflight".to_owned(), hosts, port };
        Smtp.probe(&probe).await.map_err(|problem| problem.to_string())
    }

    #[tokio::test]
    async fn a_server_that_takes_ehlo_is_ready() {
        let port = server("220 mx ESMTP\r\n", "250 mx\r\n").await;
        let expected = format!("SMTP is answered by localhost at 127.0.0.1:{port}");
        assert_eq!(check(port).await, Ok(expected));
    }

    #[tokio::test]
    async fn a_server_that_turns_people_away_is_not() {
        let port = server("554 no mail here\r\n", "554 no\r\n").await;
        assert!(check(port).await.unwrap_err().contains("no mail here"));
        let port = server("220 mx\r\n", "550 no\r\n").await;
        assert!(check(port).await.is_err());
    }

    #[tokio::test]
    async fn nobody_is_not_ready() {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        assert!(check(port).await.unwrap_err().starts_with("`localhost.` at"));
    }
}
