//! Where credentials go: mostly into one header, the same on every request.

use super::Dialect;
use crate::config::Secret;
use crate::port::ProviderError;
use async_trait::async_trait;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Client, Request};
use serde_json::{Value, json};

/// A header that holds a secret, behind a word or nothing.
pub(in crate::provider) struct Header {
    name: HeaderName,
    prefix: &'static str,
    secret: Secret,
    /// A part of the secret that must not be shown by itself either.
    part: Option<Secret>,
}

impl Header {
    /// `Authorization: Bearer SECRET` (RFC 6750).
    pub(in crate::provider) fn bearer(secret: Secret) -> Self {
        Self { name: reqwest::header::AUTHORIZATION, prefix: "Bearer ", secret, part: None }
    }

    /// A header of this name, in lower case, with this before the secret.
    pub(in crate::provider) fn new(
        name: &'static str,
        prefix: &'static str,
        secret: Secret,
    ) -> Self {
        Self { name: HeaderName::from_static(name), prefix, secret, part: None }
    }

    /// Puts it on a request.
    pub(super) fn put(&self, request: &mut Request) -> Result<(), ProviderError> {
        let text = format!("{}{}", self.prefix, self.secret.expose());
        let Ok(mut value) = HeaderValue::from_str(&text) else {
            let why = "the secret holds characters that no header can".to_owned();
            return Err(ProviderError::Unauthorized(why));
        };
        value.set_sensitive(true);
        request.headers_mut().insert(self.name.clone(), value);
        Ok(())
    }

    /// The same, of whose secret this is a part.
    pub(in crate::provider) fn holding(self, part: Secret) -> Self {
        Self { part: Some(part), ..self }
    }
}

#[async_trait]
impl Dialect for Header {
    async fn sign(&self, mut request: Request, _: &Client) -> Result<Request, ProviderError> {
        self.put(&mut request)?;
        Ok(request)
    }

    fn secrets(&self) -> Vec<Secret> {
        [&self.secret].into_iter().chain(&self.part).cloned().collect()
    }
}

/// Writes into the body of a request, for APIs that want credentials there.
pub(in crate::provider) fn fill(request: &mut Request, write: impl FnOnce(&mut Value)) {
    let body = request.body().and_then(|body| body.as_bytes()).unwrap_or(b"{}");
    let mut body: Value = serde_json::from_slice(body).unwrap_or_else(|_| json!({}));
    write(&mut body);
    *request.body_mut() = Some(body.to_string().into());
}
