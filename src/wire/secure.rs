//! Asks resolvers over TLS and HTTPS, many questions over one connection each.

mod dial;

use super::expected::Expected;
use super::{Reply, WireError, message, tls};
use crate::dns::RrKey;
use crate::port::Way;
use dial::{Exchange, dial, failure};
use hickory_proto::op::{DnsRequest, DnsRequestOptions, Message};
use hickory_resolver::net::DnsHandle as _;
use hickory_resolver::net::xfer::FirstAnswer as _;
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// How often a question is asked before the resolver counts as silent.
const TRIES: usize = 3;

/// Questions under way at once with one resolver; hickory takes 32 into its queues, and no more.
const AT_ONCE: usize = 16;

/// Connections that show whose they are; each is kept, and made anew when it breaks.
pub struct Secure {
    patience: Duration,
    also: Vec<CertificateDer<'static>>,
    // Made when it is wanted: reading what this machine trusts takes its time.
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
    lines: Mutex<HashMap<Way, Arc<Line>>>,
}

/// What there is for one resolver.
struct Line {
    room: Semaphore,
    held: tokio::sync::Mutex<Held>,
}

/// A connection, if there is one, and how many came before it.
#[derive(Default)]
struct Held {
    before: usize,
    exchange: Option<Exchange>,
}

impl Secure {
    /// Nothing is opened yet; connecting and answering may each take `patience`, three times.
    pub fn new(patience: Duration) -> Self {
        Self::trusting(patience, [])
    }

    /// The same, and beside those whom this machine trusts these authorities are trusted.
    pub fn trusting(
        patience: Duration,
        also: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Self {
        let (config, lines) = (OnceLock::new(), Mutex::default());
        Self { patience, also: also.into_iter().collect(), config, lines }
    }

    /// Asks one question, which fills the resolver's cache.
    pub async fn ask(&self, way: &Way, key: &RrKey) -> Result<Reply, WireError> {
        let question = message::question(key, true)?;
        let expected = Expected::of(&message::encode(&question)?);
        let line = self.line(way);
        // Nobody closes it, so there is a permit in the end.
        let _permit = line.room.acquire().await;
        let mut failed = WireError::Silent;
        for _ in 0..TRIES {
            let (exchange, number, is_new) = match self.connected(&line, way).await {
                Ok(connected) => connected,
                Err(WireError::Silent) => continue,
                Err(error) => return Err(error),
            };
            match self.attempt(&exchange, &question, &expected, key).await {
                Ok(reply) => return Ok(reply),
                Err(error) => failed = error,
            }
            line.give_up(number).await;
            // What a new connection brings, the next will bring; an old one may have been closed.
            if is_new && failed != WireError::Silent {
                break;
            }
        }
        Err(failed)
    }

    fn line(&self, way: &Way) -> Arc<Line> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line = || Line { room: Semaphore::new(AT_ONCE), held: tokio::sync::Mutex::default() };
        Arc::clone(lines.entry(way.clone()).or_insert_with(|| Arc::new(line())))
    }

    /// The connection, its number, and whether it was made for this question.
    async fn connected(
        &self,
        line: &Line,
        way: &Way,
    ) -> Result<(Exchange, usize, bool), WireError> {
        let connected = async {
            let mut held = line.held.lock().await;
            let open = held.exchange.clone();
            let is_new = open.is_none();
            let exchange = match open {
                Some(exchange) => exchange,
                None => dial(way, self.config()?, self.patience).await?,
            };
            held.exchange = Some(exchange.clone());
            Ok((exchange, held.before, is_new))
        };
        timeout(self.patience, connected).await.unwrap_or(Err(WireError::Silent))
    }

    fn config(&self) -> Result<Arc<ClientConfig>, WireError> {
        let made = self.config.get_or_init(|| {
            let config = tls::client(self.also.iter().cloned());
            config.map(Arc::new).map_err(|error| error.to_string())
        });
        made.clone().map_err(WireError::unreachable)
    }

    async fn attempt(
        &self,
        exchange: &Exchange,
        question: &Message,
        expected: &Expected,
        key: &RrKey,
    ) -> Result<Reply, WireError> {
        let request = DnsRequest::new(question.clone(), DnsRequestOptions::default());
        let answer = timeout(self.patience, exchange.send(request).first_answer()).await;
        let answer = answer.map_err(|_| WireError::Silent)?.map_err(failure)?;
        if !expected.is_met_by(answer.as_buffer()) {
            return Err(WireError::garbled("it answers another question"));
        }
        // Here is room for every message, so it is the resolver that has only a part.
        if answer.metadata.truncation {
            return Err(WireError::garbled("it is cut short"));
        }
        Reply::read(&answer, key, false)
    }
}

impl Line {
    /// Lets a connection go, unless that has been done by another question.
    async fn give_up(&self, number: usize) {
        let mut held = self.held.lock().await;
        if held.before == number {
            *held = Held { before: number + 1, exchange: None };
        }
    }
}
