//! OVH's own signature: a digest over the secret, the request and the host's time.

use crate::config::Secret;
use crate::port::{Clock, ProviderError};
use crate::provider::http::Dialect;
use async_trait::async_trait;
use data_encoding::HEXLOWER;
use reqwest::header::HeaderValue;
use reqwest::{Client, Request};
use sha1::{Digest as _, Sha1};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// An application's key and secret, and what a customer has allowed it.
pub(super) struct Signature {
    application: Secret,
    secret: Secret,
    consumer: Secret,
    time: String,
    clock: Arc<dyn Clock>,
    /// By how many seconds the host's clock is ahead of ours.
    ahead: OnceCell<i64>,
}

impl Signature {
    /// The host is asked for its time at this address.
    pub(super) fn new(
        application: Secret,
        secret: Secret,
        consumer: Secret,
        time: String,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { application, secret, consumer, time, clock, ahead: OnceCell::new() }
    }

    async fn ahead(&self, client: &Client) -> Result<i64, ProviderError> {
        let ask = async || {
            let busy = |error: reqwest::Error| {
                ProviderError::Busy(format!("its time: {}", error.without_url()))
            };
            let response = client.get(&self.time).send().await.map_err(busy)?;
            let text = response.text().await.map_err(busy)?;
            let theirs: i64 = text
                .trim()
                .parse()
                .map_err(|_| ProviderError::Busy("it does not say what time it is".to_owned()))?;
            Ok(theirs - self.clock.now().timestamp())
        };
        self.ahead.get_or_try_init(ask).await.copied()
    }
}

#[async_trait]
impl Dialect for Signature {
    async fn sign(&self, mut request: Request, client: &Client) -> Result<Request, ProviderError> {
        let time = (self.clock.now().timestamp() + self.ahead(client).await?).to_string();
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        let (secret, consumer) = (self.secret.expose(), self.consumer.expose());
        let parts = [secret, consumer, request.method().as_str(), request.url().as_str()];
        let mut digest = Sha1::new();
        digest.update(parts.join("+"));
        digest.update("+");
        digest.update(body);
        digest.update(format!("+{time}"));
        let signature = format!("$1${}", HEXLOWER.encode(&digest.finalize()));
        let headers = [
            ("x-ovh-application", self.application.expose()),
            ("x-ovh-consumer", consumer),
            ("x-ovh-timestamp", &time),
            ("x-ovh-signature", &signature),
        ];
        for (name, value) in headers {
            let Ok(mut value) = HeaderValue::from_str(value) else {
                let why = format!("`{name}` holds characters that no header can");
                return Err(ProviderError::Unauthorized(why));
            };
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.secret.clone(), self.consumer.clone()]
    }
}
