//! Opens connections that carry DNS over TLS or HTTPS.

use crate::port::Way;
use crate::wire::WireError;
use futures_util::{Stream, StreamExt as _};
use hickory_proto::op::{DnsResponse, SerialMessage};
use hickory_resolver::net::h2::HttpsClientStream;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::tls::tls_client_connect;
use hickory_resolver::net::xfer::{DnsClientStream, DnsExchange, DnsRequestSender};
use hickory_resolver::net::{DnsMultiplexer, NetError};
use reqwest::Url;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::lookup_host;

/// A connection as all see it who ask over it.
pub(super) type Exchange = DnsExchange<TokioRuntimeProvider>;

/// Connects, and does not take a server for whom it is not meant.
pub(super) async fn dial(
    way: &Way,
    config: Arc<ClientConfig>,
    patience: Duration,
) -> Result<Exchange, WireError> {
    match way {
        Way::Plain(_) => Err(WireError::unreachable("it is asked in the clear")),
        Way::Tls { address, host } => over_tls(*address, host, config, patience).await,
        Way::Https { url, addresses } => {
            let url = Url::parse(url).map_err(WireError::unreachable)?;
            let (host, port) = url
                .host_str()
                .zip(url.port_or_known_default())
                .ok_or_else(|| WireError::unreachable(format!("`{url}` has no host")))?;
            let known = addresses.iter().map(|address| SocketAddr::new(*address, port));
            let addresses: Vec<_> = match addresses.is_empty() {
                true => lookup_host((host, port)).await.map_err(WireError::unreachable)?.collect(),
                false => known.collect(),
            };
            let mut failed = WireError::unreachable(format!("`{host}` has no address"));
            for address in addresses {
                match over_https(address, host, &url, Arc::clone(&config)).await {
                    Ok(exchange) => return Ok(exchange),
                    Err(error) => failed = error,
                }
            }
            Err(failed)
        }
    }
}

async fn over_tls(
    address: SocketAddr,
    host: &str,
    config: Arc<ClientConfig>,
    patience: Duration,
) -> Result<Exchange, WireError> {
    let host = ServerName::try_from(host.to_owned()).map_err(WireError::unreachable)?;
    // hickory's own resolver leaves the name out of the handshake, and then who answers at one
    // address for many names cannot tell which certificate to show.
    let (stream, handle) = tls_client_connect(address, host, config, TokioRuntimeProvider::new());
    let stream = Readable(stream.await.map_err(failure)?);
    Ok(driven(DnsMultiplexer::new(stream, handle).with_timeout(patience)))
}

async fn over_https(
    address: SocketAddr,
    host: &str,
    url: &Url,
    config: Arc<ClientConfig>,
) -> Result<Exchange, WireError> {
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let builder = HttpsClientStream::builder(config, TokioRuntimeProvider::new());
    let stream = builder.build(address, host.into(), path.into()).await;
    Ok(driven(stream.map_err(failure)?))
}

/// A connection lives until nobody asks over it any more.
fn driven(stream: impl DnsRequestSender) -> Exchange {
    let (exchange, background) = Exchange::from_stream(stream);
    tokio::spawn(background);
    exchange
}

/// Messages that can be read.
///
/// hickory passes over others in silence, and the question would wait for an answer that was given.
struct Readable<S>(S);

impl<S: DnsClientStream> Stream for Readable<S> {
    type Item = Result<SerialMessage, NetError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let readable = |message: SerialMessage| {
            DnsResponse::from_buffer(message.bytes().to_vec())?;
            Ok(message)
        };
        self.0.poll_next_unpin(context).map(|next| next.map(|read| read.and_then(readable)))
    }
}

impl<S: DnsClientStream> DnsClientStream for Readable<S> {
    type Time = S::Time;

    fn name_server_addr(&self) -> SocketAddr {
        self.0.name_server_addr()
    }
}

/// What went wrong, as others tell it.
pub(super) fn failure(error: NetError) -> WireError {
    match error {
        NetError::Timeout => WireError::Silent,
        NetError::Proto(error) => WireError::garbled(error),
        NetError::RequestTooLarge => WireError::garbled("it is longer than 65,535 octets"),
        // An HTTP status, with all that came along: a whole page, perhaps.
        NetError::Msg(text) => {
            let line = text.lines().next().unwrap_or_default();
            WireError::Garbled(line.chars().filter(|c| !c.is_control()).take(120).collect())
        }
        error => WireError::unreachable(error),
    }
}
