//! Tokens: credentials that are fetched with others, and run out.

use super::{Call, Dialect, Header, Http, PATIENCE, Reply};
use crate::config::{Rate, Secret};
use crate::port::{Clock, ProviderError};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Request, StatusCode, Url};
use serde::Deserialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a host gives out tokens, and where requests carry them.
#[async_trait]
pub(in crate::provider) trait Grant: Send + Sync + 'static {
    /// The header, and what stands in it before the token.
    const HEADER: (&'static str, &'static str) = ("authorization", "Bearer ");

    /// The call that asks for a token.
    fn call(&self, now: DateTime<Utc>) -> Result<Call, ProviderError>;

    /// The token in the answer, as OAuth has it (RFC 6749 §5.1).
    fn token(&self, reply: &Reply, now: DateTime<Utc>) -> Result<Token, ProviderError> {
        let Issued { access_token, expires_in } = reply.json()?;
        let lifetime = TimeDelta::try_seconds(expires_in).unwrap_or_default();
        let until = now.checked_add_signed(lifetime).unwrap_or(now);
        Ok(Token { secret: Secret::new(access_token), until })
    }

    /// Asks for a token; hosts that want a second factor are asked twice.
    async fn fetch(&self, desk: &Http, clock: &dyn Clock) -> Result<Token, ProviderError> {
        let now = clock.now();
        let reply = desk.send(self.call(now)?).await.map_err(|error| match error {
            // A key that is not known is a bad request to OAuth (RFC 6749 §5.2).
            ProviderError::Refused(why) => ProviderError::Unauthorized(why),
            other => other,
        })?;
        self.token(&reply, now)
    }

    /// Puts the token on a request.
    fn carry(&self, token: Secret, request: &mut Request) -> Result<(), ProviderError> {
        let (name, prefix) = Self::HEADER;
        Header::new(name, prefix, token).put(request)
    }

    /// What an answer says in HTTP's terms.
    fn meaning(&self, reply: &Reply) -> StatusCode {
        reply.status
    }

    /// Whether the host refused for the number of calls, and did nothing.
    fn is_throttled(&self, reply: &Reply) -> bool {
        reply.is(429)
    }

    /// What asking carries and nobody may see.
    fn secrets(&self) -> Vec<Secret>;
}

/// A token, and when it runs out.
pub(in crate::provider) struct Token {
    pub(in crate::provider) secret: Secret,
    pub(in crate::provider) until: DateTime<Utc>,
}

impl Token {
    /// A session, which is good until the host says that it is over.
    pub(in crate::provider) fn session(secret: impl Into<String>) -> Self {
        Self { secret: Secret::new(secret), until: DateTime::<Utc>::MAX_UTC }
    }
}

#[derive(Deserialize)]
struct Issued {
    access_token: String,
    expires_in: i64,
}

/// Puts on each request a token that is good, and fetches one when there is none.
pub(in crate::provider) struct Tokens<G> {
    desk: Http,
    held: Arc<Held<G>>,
    clock: Arc<dyn Clock>,
    /// All that want a token wait for one fetch.
    fetching: tokio::sync::Mutex<()>,
}

/// What the desk and the API both must hide.
struct Held<G> {
    grant: G,
    last: Mutex<Option<Token>>,
}

impl<G: Grant> Tokens<G> {
    /// Tokens that are given out at this address.
    pub(in crate::provider) fn new(grant: G, desk: Url, rate: Rate, clock: Arc<dyn Clock>) -> Self {
        let held = Arc::new(Held { grant, last: Mutex::default() });
        let desk = Http::new(desk, held.clone(), rate, clock.clone());
        Self { desk, held, clock, fetching: tokio::sync::Mutex::default() }
    }

    async fn current(&self) -> Result<Secret, ProviderError> {
        let _alone = self.fetching.lock().await;
        let now = self.clock.now();
        let is_good = |token: &&Token| {
            // It must not run out on the way.
            (token.until - now).to_std().is_ok_and(|left| left > PATIENCE)
        };
        if let Some(token) = self.held.last().as_ref().filter(is_good) {
            return Ok(token.secret.clone());
        }
        let token = self.held.grant.fetch(&self.desk, &*self.clock).await?;
        let secret = token.secret.clone();
        *self.held.last() = Some(token);
        Ok(secret)
    }
}

impl<G> Held<G> {
    /// A panic elsewhere cannot have left it half written.
    fn last(&self) -> MutexGuard<'_, Option<Token>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<G: Grant> Dialect for Tokens<G> {
    async fn sign(&self, mut request: Request, _: &Client) -> Result<Request, ProviderError> {
        self.held.grant.carry(self.current().await?, &mut request)?;
        Ok(request)
    }

    /// The token is kept, though of no use, to be hidden where the host repeats it.
    fn renew(&self) -> bool {
        let mut last = self.held.last();
        if let Some(token) = last.as_mut() {
            token.until = DateTime::UNIX_EPOCH;
        }
        last.is_some()
    }

    fn meaning(&self, reply: &Reply) -> StatusCode {
        self.held.meaning(reply)
    }

    fn is_throttled(&self, reply: &Reply) -> bool {
        self.held.is_throttled(reply)
    }

    fn secrets(&self) -> Vec<Secret> {
        self.held.secrets()
    }
}

/// At the desk, what shows who asks is part of the call.
#[async_trait]
impl<G: Grant> Dialect for Held<G> {
    async fn sign(&self, request: Request, _: &Client) -> Result<Request, ProviderError> {
        Ok(request)
    }

    fn meaning(&self, reply: &Reply) -> StatusCode {
        self.grant.meaning(reply)
    }

    fn is_throttled(&self, reply: &Reply) -> bool {
        self.grant.is_throttled(reply)
    }

    fn secrets(&self) -> Vec<Secret> {
        let mut secrets = self.grant.secrets();
        secrets.extend(self.last().as_ref().map(|token| token.secret.clone()));
        secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use axum::Json;
    use axum::extract::State;
    use axum::routing::post;
    use serde_json::{Value, json};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    struct Password;

    impl Grant for Password {
        fn call(&self, _: DateTime<Utc>) -> Result<Call, ProviderError> {
            Ok(Call::ask("token").form(&[("password", "p&ss")]))
        }

        fn secrets(&self) -> Vec<Secret> {
            vec![Secret::new("p&ss")]
        }
    }

    async fn issue(
        State((count, seconds)): State<(Arc<AtomicUsize>, i64)>,
        body: String,
    ) -> Json<Value> {
        assert_eq!(body, "password=p%26ss");
        let token = format!("t{}", count.fetch_add(1, Ordering::Relaxed));
        Json(json!({"access_token": token, "expires_in": seconds, "token_type": "Bearer"}))
    }

    async fn tokens(seconds: i64) -> Tokens<Password> {
        let app = axum::Router::new().route("/token", post(issue));
        let app = app.with_state((Arc::default(), seconds));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let rate = Rate { calls: 100.try_into().unwrap(), period: Duration::from_secs(1) };
        Tokens::new(Password, desk, rate, Arc::new(SystemClock))
    }

    async fn signed(tokens: &Tokens<Password>) -> String {
        let client = Client::new();
        let request = client.get("http://127.0.0.1/").build().unwrap();
        let request = tokens.sign(request, &client).await.unwrap();
        request.headers()["authorization"].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_token_serves_until_it_runs_out_or_is_refused() {
        _ = rustls::crypto::ring::default_provider().install_default();
        let lasting = tokens(3_600).await;
        assert!(!lasting.renew(), "nothing was fetched yet");
        let (one, two) = tokio::join!(signed(&lasting), signed(&lasting));
        assert_eq!((one.as_str(), two.as_str()), ("Bearer t0", "Bearer t0"));
        assert!(lasting.renew());
        assert!(lasting.secrets().contains(&Secret::new("t0")), "a host may repeat it still");
        assert_eq!(signed(&lasting).await, "Bearer t1");
        let brief = tokens(30).await;
        assert_eq!(signed(&brief).await, "Bearer t0");
        assert_eq!(signed(&brief).await, "Bearer t1");
    }
}
