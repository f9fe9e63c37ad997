//! Floor 5: tells others what happens, by posting to addresses that they have given.

use crate::config::{Form, Secret};
use crate::plan::Timestamp;
use crate::wire::tls;
use backon::{ExponentialBuilder, Retryable as _};
use data_encoding::HEXLOWER;
use reqwest::{Client, StatusCode, Url, redirect};
use ring::hmac;
use serde_json::json;
use std::time::Duration;

/// How long a receiver may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Tries, a second apart and then twice as long each time: a restart of the receiver fits in.
const TRIES: usize = 5;
/// `sha256=` and the HMAC of the body in hexadecimal.
const SIGNATURE: &str = "x-cutover-signature";

/// Something that somebody may want to know, once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// The zone, without its last dot.
    pub zone: String,
    /// The plan's digest.
    pub plan: String,
    /// What kind of thing.
    pub event: &'static str,
    /// The stage, checkpoint or RRset that it is about.
    pub about: String,
    /// When it was seen.
    pub at: Timestamp,
    /// In words.
    pub text: String,
}

impl Notice {
    /// What tells it from all others.
    pub fn id(&self) -> String {
        format!("{} {} {}", self.plan, self.event, self.about)
    }
}

/// Why nobody was told; the address is not in it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotifyError {
    /// No address, or nothing to reach one with.
    #[error("a webhook cannot be used: {0}")]
    Unusable(String),
    /// It did not take it.
    #[error("a webhook answers HTTP {0}")]
    Refused(u16),
    /// It could not be reached.
    #[error("a webhook cannot be reached: {0}")]
    Unreachable(String),
}

/// One address.
pub struct Post {
    client: Client,
    url: Url,
    form: Form,
    key: Option<hmac::Key>,
}

impl Post {
    /// An address, what is posted there, and what it is signed with.
    pub fn new(url: &Secret, form: Form, key: Option<&Secret>) -> Result<Self, NotifyError> {
        let unusable = |why: String| NotifyError::Unusable(why);
        let url = Url::parse(url.expose()).map_err(|error| unusable(error.to_string()))?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(unusable("it is no address of the web".to_owned()));
        }
        let trusted = tls::client([]).map_err(|error| unusable(error.to_string()))?;
        let client = Client::builder()
            .tls_backend_preconfigured(trusted)
            .user_agent(concat!("cutover/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| unusable(error.without_url().to_string()))?;
        let key = key.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes()));
        Ok(Self { client, url, form, key })
    }

    /// Posts until it is taken, or patience ends. What a receiver calls a mistake is not repeated.
    pub async fn send(&self, notice: &Notice) -> Result<(), NotifyError> {
        let body = self.body(notice);
        let pauses = ExponentialBuilder::new().with_max_times(TRIES - 1).with_jitter();
        (|| self.once(&body)).retry(pauses).sleep(tokio::time::sleep).when(is_passing).await
    }

    fn body(&self, notice: &Notice) -> String {
        let Notice { zone, plan, event, about, at, text } = notice;
        match self.form {
            Form::Slack => json!({"text": format!("{zone}: {text}")}),
            Form::Json => json!({
                "version": 1,
                "zone": zone,
                "plan": plan,
                "event": event,
                "about": about,
                "at": at.to_rfc3339(),
                "text": text,
            }),
        }
        .to_string()
    }

    async fn once(&self, body: &str) -> Result<(), NotifyError> {
        let mut request = self.client.post(self.url.clone());
        if let Some(key) = &self.key {
            let signature = HEXLOWER.encode(hmac::sign(key, body.as_bytes()).as_ref());
            request = request.header(SIGNATURE, format!("sha256={signature}"));
        }
        let request = request.header("content-type", "application/json").body(body.to_owned());
        match request.send().await {
            Ok(reply) if reply.status().is_success() => Ok(()),
            Ok(reply) => Err(NotifyError::Refused(reply.status().as_u16())),
            Err(error) => Err(NotifyError::Unreachable(error.without_url().to_string())),
        }
    }
}

fn is_passing(error: &NotifyError) -> bool {
    match error {
        NotifyError::Unusable(_) => false,
        NotifyError::Unreachable(_) => true,
        NotifyError::Refused(status) => {
            *status == StatusCode::TOO_MANY_REQUESTS.as_u16() || *status >= 500
        }
    }
}
