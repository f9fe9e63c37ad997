//! Signature Version 4.

use crate::config::Secret;
use crate::port::{Clock, ProviderError};
use crate::provider::http::{Dialect, Reply};
use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::header::{HOST, HeaderName, HeaderValue};
use reqwest::{Client, Request};
use std::sync::Arc;
use std::time::SystemTime;

/// What signs: the parts of a credential.
pub(super) struct Signature {
    pub(super) id: Secret,
    pub(super) secret: Secret,
    pub(super) session: Option<Secret>,
    pub(super) clock: Arc<dyn Clock>,
}

#[async_trait]
impl Dialect for Signature {
    /// Signs method, address, host and body with the time; the service has one region.
    async fn sign(&self, mut request: Request, _: &Client) -> Result<Request, ProviderError> {
        let failed = |why: String| ProviderError::Refused(format!("cannot sign: {why}"));
        let host = authority(&request);
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default();
        let session = self.session.as_ref().map(|session| session.expose().to_owned());
        let (id, secret) = (self.id.expose(), self.secret.expose());
        let identity = Credentials::new(id, secret, session, None, "cutover").into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("route53")
            .time(SystemTime::from(self.clock.now()))
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(error.to_string()))?
            .into();
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.url().as_str(),
            [("host", host.as_str())].into_iter(),
            SignableBody::Bytes(body),
        );
        let signable = signable.map_err(|error| failed(error.to_string()))?;
        let signed = sign(signable, &parameters).map_err(|error| failed(error.to_string()))?;
        let (headers, _) = signed.into_parts().0.into_parts();
        let host = HeaderValue::from_str(&host).map_err(|error| failed(error.to_string()))?;
        request.headers_mut().insert(HOST, host);
        for header in headers {
            let mut value =
                HeaderValue::from_str(header.value()).map_err(|error| failed(error.to_string()))?;
            value.set_sensitive(true);
            request.headers_mut().insert(HeaderName::from_static(header.name()), value);
        }
        Ok(request)
    }

    /// Throttling comes as a bad request, and nothing was done.
    fn is_throttled(&self, reply: &Reply) -> bool {
        let codes = ["<Code>Throttling</Code>", "<Code>PriorRequestNotComplete</Code>"];
        let has = |code: &str| reply.body.windows(code.len()).any(|part| part == code.as_bytes());
        reply.is(429) || reply.is(400) && codes.into_iter().any(has)
    }

    fn secrets(&self) -> Vec<Secret> {
        [&self.secret].into_iter().chain(&self.session).cloned().collect()
    }
}

/// Host and port as the `Host` header has them.
fn authority(request: &Request) -> String {
    let url = request.url();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}
