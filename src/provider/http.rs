//! HTTP for the APIs of DNS hosts: one pooled client, one way to send.
//!
//! What is safe to repeat is repeated: questions, what the host refused for their number, and what
//! was never sent. A write without an answer may have been done: it is never sent again from here,
//! and whoever sent it reads before deciding ([`super::hosted`]).

mod auth;
mod call;
mod complaint;
mod limits;
mod reply;
mod settle;
mod token;

pub(super) use auth::{Header, fill};
pub(super) use call::{Call, Method, segment};
pub(super) use reply::Reply;
pub(super) use token::{Grant, Token, Tokens};

use super::budget::Pace;
use crate::config::{Rate, Secret};
use crate::dns::Name;
use crate::port::{Clock, ProviderError};
use crate::wire::tls;
use async_trait::async_trait;
use backon::{BackoffBuilder as _, ExponentialBuilder};
use reqwest::{Client, Request, StatusCode, Url};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long one answer may take: OVH and Rackspace need half a minute for a big zone.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest that a call waits for a host that wants to be left alone: Cloudflare blocks for five
/// minutes. Beyond, the account keeps away until then, and calls fail at once.
const LONGEST_PAUSE: Duration = Duration::from_secs(330);
/// The pauses between tries double from half a second.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Five tries take a quarter of a minute: longer outages are for the caller to wait through.
const TRIES: usize = 5;

/// What one API does its own way.
#[async_trait]
pub(super) trait Dialect: Send + Sync {
    /// Puts on the request what shows who sends it.
    async fn sign(&self, request: Request, client: &Client) -> Result<Request, ProviderError>;

    /// Drops a credential that the host no longer takes; whether there is another to try.
    fn renew(&self) -> bool {
        false
    }

    /// What an answer says in HTTP's terms, where the host says it in terms of its own.
    fn meaning(&self, reply: &Reply) -> StatusCode {
        reply.status
    }

    /// Whether the host refused for the number of calls, and did nothing.
    fn is_throttled(&self, reply: &Reply) -> bool {
        reply.status == StatusCode::TOO_MANY_REQUESTS
    }

    /// What must never be shown: every secret that a request carries.
    fn secrets(&self) -> Vec<Secret>;
}

/// An API under one address, and the account there.
pub(super) struct Http {
    base: Url,
    dialect: Arc<dyn Dialect>,
    pace: Pace,
    closed: limits::Closed,
    clock: Arc<dyn Clock>,
}

/// A try that brought no answer.
struct Silence {
    /// Whether the request may have arrived.
    sent: bool,
    why: String,
}

impl Http {
    /// The API at this address; paths of calls are below it.
    pub(super) fn new(
        base: Url,
        dialect: Arc<dyn Dialect>,
        rate: Rate,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { base, dialect, pace: Pace::new(rate), closed: limits::Closed::default(), clock }
    }

    /// What time it is, and how to wait.
    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Sends a call; the answer is a success, or a status that the call says it reads itself.
    pub(super) async fn send(&self, call: Call) -> Result<Reply, ProviderError> {
        let client = client()?;
        let (mut pauses, mut renewed) = (pauses(), false);
        loop {
            let answer = self.once(client, &call).await?;
            let unauthorised =
                matches!(&answer, Ok(reply) if reply.status == StatusCode::UNAUTHORIZED);
            if unauthorised && !renewed && self.dialect.renew() {
                renewed = true;
                continue;
            }
            let (trouble, asked) = match answer {
                Ok(reply) if call.takes(reply.status) && !self.dialect.is_throttled(&reply) => {
                    self.mind(&reply);
                    return Ok(reply);
                }
                Ok(reply) => {
                    let asked = limits::pause(&reply.headers, self.clock.now());
                    let throttled = self.dialect.is_throttled(&reply);
                    let trouble = self.trouble(&call, &reply);
                    if !throttled && (call.is_write || !reply.status.is_server_error()) {
                        return Err(trouble);
                    }
                    (trouble, asked.filter(|_| throttled))
                }
                Err(silence) => {
                    let trouble = ProviderError::Busy(self.hidden(&silence.why));
                    if silence.sent && call.is_write {
                        return Err(trouble);
                    }
                    (trouble, None)
                }
            };
            if let Some(asked) = asked.filter(|asked| *asked > LONGEST_PAUSE) {
                self.closed.begin(self.clock.now(), asked);
                return self.open(&call).and(Err(trouble));
            }
            let Some(pause) = pauses.next() else { return Err(trouble) };
            self.rest(asked.unwrap_or(pause)).await;
        }
    }

    /// Sends a question about a zone; 404 says that there is none.
    pub(super) async fn about(&self, apex: &Name, call: Call) -> Result<Reply, ProviderError> {
        let reply = self.send(call.or(&[404])).await?;
        if reply.is(404) { Err(ProviderError::NoZone(apex.clone())) } else { Ok(reply) }
    }

    /// One try; the outer error is one that no further try would mend.
    async fn once(
        &self,
        client: &Client,
        call: &Call,
    ) -> Result<Result<Reply, Silence>, ProviderError> {
        self.open(call)?;
        let request = call.request(client, &self.base)?;
        let request = self.dialect.sign(request, client).await?;
        self.pace.turn().await;
        // Somebody who was before may have been told meanwhile.
        self.open(call)?;
        let sent = match client.execute(request).await {
            Ok(response) => Reply::read(response).await,
            Err(error) => Err(error),
        };
        let sent = sent.map(|reply| Reply { status: self.dialect.meaning(&reply), ..reply });
        Ok(sent.map_err(|error| {
            let why = if error.is_timeout() { "no answer in time" } else { "the line broke" };
            let (sent, error) = (!error.is_connect(), error.without_url());
            Silence { sent, why: format!("`{}`: {why}: {}", call.name(), innermost(&error)) }
        }))
    }

    /// Whether the host may be asked at all; all zones of the account stay away until then.
    fn open(&self, call: &Call) -> Result<(), ProviderError> {
        match self.closed.why(self.clock.now()) {
            Some(why) => Err(ProviderError::Busy(format!("`{}`: {why}", call.name()))),
            None => Ok(()),
        }
    }

    /// What can be done about an answer that is no success.
    fn trouble(&self, call: &Call, reply: &Reply) -> ProviderError {
        let said = self.said(&reply.body);
        let text = format!("`{}`: HTTP {}{said}", call.name(), reply.heard.as_u16());
        match reply.status {
            _ if self.dialect.is_throttled(reply) => ProviderError::Busy(text),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ProviderError::Unauthorized(text),
            // Somebody else was faster, or is still at it: read again and decide.
            StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED | StatusCode::LOCKED => {
                ProviderError::Busy(text)
            }
            // So it is where what was read is gone.
            StatusCode::NOT_FOUND if call.is_write => ProviderError::Busy(text),
            status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
                ProviderError::Busy(text)
            }
            _ => ProviderError::Refused(text),
        }
    }

    /// Waits before the budget is gone rather than after.
    fn mind(&self, reply: &Reply) {
        if let Some(pause) = limits::exhausted(&reply.headers, self.clock.now()) {
            self.pace.hold(pause.min(LONGEST_PAUSE));
        }
    }

    async fn rest(&self, pause: Duration) {
        self.pace.hold(pause);
        self.clock.sleep_until(self.clock.now() + pause).await;
    }

    /// The host's words behind a colon, without any secret; nothing where it says nothing.
    pub(super) fn said(&self, body: &[u8]) -> String {
        self.hidden(&complaint::complaint(body))
    }

    /// The text without any secret.
    pub(super) fn hidden(&self, text: &str) -> String {
        let secrets = self.dialect.secrets();
        secrets
            .iter()
            .map(Secret::expose)
            .filter(|secret| !secret.is_empty())
            .fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

/// Pauses that double, with jitter, so that many processes do not come back together.
fn pauses() -> impl Iterator<Item = Duration> {
    let pauses = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_times(TRIES - 1);
    pauses.with_jitter().build()
}

/// The one client, whose connections all accounts share.
fn client() -> Result<&'static Client, ProviderError> {
    static CLIENT: OnceLock<Result<Client, String>> = OnceLock::new();
    let made = CLIENT.get_or_init(|| {
        let trusted = tls::client([]).map_err(|error| error.to_string())?;
        let client = Client::builder()
            .tls_backend_preconfigured(trusted)
            .user_agent(concat!("cutover/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .timeout(PATIENCE)
            // A redirected request would carry its secrets to somebody else.
            .redirect(reqwest::redirect::Policy::none())
            .build();
        client.map_err(|error| innermost(&error))
    });
    made.as_ref().map_err(|why| ProviderError::Refused(format!("no HTTP client: {why}")))
}

/// What really went wrong, without the layers around it.
fn innermost(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .last()
        .map_or_else(String::new, ToString::to_string)
}

#[cfg(test)]
mod tests;
