//! Signing in: a token for a day, and the number of the account.

use crate::config::Secret;
use crate::port::{Clock, ProviderError};
use crate::provider::http::{Dialect, Reply};
use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use reqwest::header::HeaderValue;
use reqwest::{Client, Request, StatusCode, Url};
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a call's path wants the account's number.
const PLACE: &str = "%7Baccount%7D";
/// A token is renewed before it ends on the way.
const EARLY: Duration = Duration::minutes(5);

/// A user with an API key, and the token that these brought last.
pub(super) struct Identity {
    address: Url,
    user: Secret,
    key: Secret,
    clock: Arc<dyn Clock>,
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    secret: Secret,
    account: String,
    ends: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Answer {
    access: AccessPart,
}

#[derive(Deserialize)]
struct AccessPart {
    token: TokenPart,
}

#[derive(Deserialize)]
struct TokenPart {
    id: String,
    expires: DateTime<Utc>,
    tenant: Tenant,
}

#[derive(Deserialize)]
struct Tenant {
    id: String,
}

impl Identity {
    /// Nobody has signed in yet.
    pub(super) fn new(address: Url, user: Secret, key: Secret, clock: Arc<dyn Clock>) -> Self {
        Self { address, user, key, clock, token: Mutex::default() }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Option<Token>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn token(&self, client: &Client) -> Result<Token, ProviderError> {
        let fresh = self.held().clone().filter(|token| token.ends - EARLY > self.clock.now());
        if let Some(token) = fresh {
            return Ok(token);
        }
        let token = self.sign_in(client).await?;
        *self.held() = Some(token.clone());
        Ok(token)
    }

    async fn sign_in(&self, client: &Client) -> Result<Token, ProviderError> {
        let who = json!({"username": self.user.expose(), "apiKey": self.key.expose()});
        let body = json!({"auth": {"RAX-KSKEY:apiKeyCredentials": who}});
        let address = format!("{}/tokens", self.address.as_str().trim_end_matches('/'));
        let busy = |why: String| ProviderError::Busy(format!("signing in: {why}"));
        let sent = client.post(address).json(&body).send().await;
        let response = sent.map_err(|error| busy(error.without_url().to_string()))?;
        match response.status() {
            status if status.is_success() => (),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST => {
                let why = "no such user, or another API key".to_owned();
                return Err(ProviderError::Unauthorized(why));
            }
            status => return Err(busy(format!("HTTP {}", status.as_u16()))),
        }
        let answer: Answer =
            response.json().await.map_err(|error| busy(error.without_url().to_string()))?;
        let TokenPart { id, expires, tenant } = answer.access.token;
        Ok(Token { secret: Secret::new(id), account: tenant.id, ends: expires })
    }
}

#[async_trait]
impl Dialect for Identity {
    async fn sign(&self, mut request: Request, client: &Client) -> Result<Request, ProviderError> {
        let token = self.token(client).await?;
        let path = request.url().path().replace(PLACE, &token.account);
        request.url_mut().set_path(&path);
        let Ok(mut value) = HeaderValue::from_str(token.secret.expose()) else {
            return Err(ProviderError::Unauthorized("a token that no header can hold".to_owned()));
        };
        value.set_sensitive(true);
        request.headers_mut().insert("x-auth-token", value);
        Ok(request)
    }

    fn renew(&self) -> bool {
        self.held().take().is_some()
    }

    /// Too many calls are an entity that is too large, here.
    fn is_throttled(&self, reply: &Reply) -> bool {
        reply.is(429) || reply.is(413)
    }

    fn secrets(&self) -> Vec<Secret> {
        let token = self.held().as_ref().map(|token| token.secret.clone());
        [self.key.clone()].into_iter().chain(token).collect()
    }
}
