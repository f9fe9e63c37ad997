//! Signing in: a cookie for a session, and a code of the time as a second factor.

use super::totp::Totp;
use crate::config::Secret;
use crate::port::{Clock, ProviderError};
use crate::provider::http::{Call, Grant, Http, Reply, Token};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::SET_COOKIE;
use serde::Deserialize;
use serde_json::{Value, json};

/// A user, and what shows that it is him.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: Secret,
    pub(super) second: Option<Second>,
}

/// The second factor.
pub(super) struct Second {
    pub(super) totp: Totp,
    /// As it is written, to be hidden.
    pub(super) secret: Secret,
}

#[derive(Deserialize)]
struct Code {
    code: u16,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default, rename = "resData")]
    data: Value,
}

/// A call of one of the API's methods.
pub(super) fn call(method: &'static str, is_write: bool, params: &Value) -> Call {
    let call = Call::procedure(method, is_write);
    call.json(&json!({ "method": method, "params": params }))
}

impl Login {
    /// Whether the account is open with this session, or wants a second factor.
    fn is_locked(reply: &Reply) -> Result<bool, ProviderError> {
        let Answer { data } = reply.json()?;
        match data["tfa"].as_str() {
            None | Some("" | "0") => Ok(false),
            Some("GOOGLE-AUTH") => Ok(true),
            Some(other) => {
                let why =
                    format!("the account wants a second factor of an unknown kind, `{other}`");
                Err(ProviderError::Unauthorized(why))
            }
        }
    }

    /// Shows the second factor of now.
    async fn unlock(
        &self,
        desk: &Http,
        token: &Token,
        now: DateTime<Utc>,
    ) -> Result<(), ProviderError> {
        let Some(second) = &self.second else {
            let why = "the account wants a second factor: give its `shared-secret`";
            return Err(ProviderError::Unauthorized(why.to_owned()));
        };
        let unlock = call("account.unlock", false, &json!({ "tan": second.totp.code(now) }));
        desk.send(unlock.header("cookie", token.secret.expose())).await.map(drop)
    }
}

#[async_trait]
impl Grant for Login {
    const HEADER: (&'static str, &'static str) = ("cookie", "");

    fn call(&self, _: DateTime<Utc>) -> Result<Call, ProviderError> {
        let who = json!({"user": self.user, "pass": self.password.expose(), "lang": "en"});
        Ok(call("account.login", false, &who))
    }

    fn token(&self, reply: &Reply, _: DateTime<Utc>) -> Result<Token, ProviderError> {
        let cookies = reply.headers.get_all(SET_COOKIE).iter();
        let pairs = cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
        let pairs = pairs.map(str::trim).collect::<Vec<_>>();
        match pairs.is_empty() {
            true => Err(ProviderError::Refused("signing in brought no cookie".to_owned())),
            false => Ok(Token::session(pairs.join("; "))),
        }
    }

    /// A code is taken once, and may just have been used by another program: the next is tried too.
    async fn fetch(&self, desk: &Http, clock: &dyn Clock) -> Result<Token, ProviderError> {
        let mut is_last = self.second.is_none();
        loop {
            let reply = desk.send(self.call(clock.now())?).await?;
            let token = self.token(&reply, clock.now())?;
            if !Self::is_locked(&reply)? {
                return Ok(token);
            }
            match self.unlock(desk, &token, clock.now()).await {
                Ok(()) => return Ok(token),
                Err(ProviderError::Unauthorized(_)) if !is_last => is_last = true,
                Err(error) => return Err(error),
            }
            clock.sleep_until(Totp::next(clock.now())).await;
        }
    }

    /// Codes are mostly those of EPP (RFC 5730 §3); whatever they are, HTTP says that all is well.
    fn meaning(&self, reply: &Reply) -> StatusCode {
        match serde_json::from_slice(&reply.body) {
            Ok(Code { code }) if reply.status.is_success() => match code {
                1_000..=1_999 => reply.status,
                2_200 | 2_501 => StatusCode::UNAUTHORIZED,
                2_201 => StatusCode::FORBIDDEN,
                2_302 => StatusCode::CONFLICT,
                2_303 => StatusCode::NOT_FOUND,
                // A failure on their side, also by too many writes at once.
                2_400 | 2_500 => StatusCode::INTERNAL_SERVER_ERROR,
                2_502 => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::BAD_REQUEST,
            },
            _ => reply.status,
        }
    }

    fn secrets(&self) -> Vec<Secret> {
        let second = self.second.as_ref().map(|second| second.secret.clone());
        [self.password.clone()].into_iter().chain(second).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Rate;
    use crate::provider::http::{Dialect as _, Tokens};
    use crate::run::Timestamp;
    use axum::Json;
    use axum::extract::State;
    use axum::http::HeaderMap;
    use axum::routing::post;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    /// A clock that is there as soon as somebody waits.
    struct Leaps(Mutex<Timestamp>);

    #[async_trait]
    impl Clock for Leaps {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }

        async fn sleep_until(&self, until: Timestamp) {
            let mut now = self.0.lock().unwrap();
            *now = until.max(*now);
        }
    }

    type Used = Arc<Mutex<Vec<String>>>;

    /// Takes every code but those that were used.
    async fn answer(
        State(used): State<Used>,
        headers: HeaderMap,
        Json(body): Json<Value>,
    ) -> (HeaderMap, Json<Value>) {
        let mut cookie = HeaderMap::new();
        let said = match body["method"].as_str() {
            Some("account.login") => {
                assert_eq!(body["params"], json!({"user": "u", "pass": "p&ss", "lang": "en"}));
                cookie.insert(SET_COOKIE, "domrobot=abc; path=/; HttpOnly".parse().unwrap());
                json!({"code": 1_000, "resData": {"customerId": 1, "tfa": "GOOGLE-AUTH"}})
            }
            Some("account.unlock") => {
                assert_eq!(headers["cookie"], "domrobot=abc");
                let (mut used, code) = (used.lock().unwrap(), body["params"]["tan"].clone());
                let code = code.as_str().unwrap().to_owned();
                match used.contains(&code) {
                    true => json!({"code": 2_200, "msg": "Authentication error"}),
                    false => {
                        used.push(code);
                        json!({"code": 1_000})
                    }
                }
            }
            other => panic!("{other:?}"),
        };
        (cookie, Json(said))
    }

    async fn signed(second: bool, used: &Used, now: i64) -> Result<String, ProviderError> {
        _ = rustls::crypto::ring::default_provider().install_default();
        let app = axum::Router::new().route("/", post(answer)).with_state(used.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let desk = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        let secret = Secret::new(SECRET);
        let totp = Totp::new(&secret).unwrap();
        let second = second.then_some(Second { totp, secret });
        let login = Login { user: "u".to_owned(), password: Secret::new("p&ss"), second };
        let rate = Rate { calls: 100.try_into().unwrap(), period: Duration::from_secs(1) };
        let clock = Leaps(Mutex::new(DateTime::from_timestamp(now, 0).unwrap()));
        let tokens = Tokens::new(login, desk, rate, Arc::new(clock));
        let client = reqwest::Client::new();
        let request = client.get("http://127.0.0.1/").build().unwrap();
        let request = tokens.sign(request, &client).await?;
        Ok(request.headers()["cookie"].to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn a_code_that_was_used_is_waited_out() {
        let used = Used::default();
        for _ in 0..2 {
            assert_eq!(signed(true, &used, 59).await.unwrap(), "domrobot=abc");
        }
        let next = Totp::new(&Secret::new(SECRET)).unwrap();
        let next = next.code(DateTime::from_timestamp(60, 0).unwrap());
        assert_eq!(*used.lock().unwrap(), ["287082".to_owned(), next]);
    }

    #[tokio::test]
    async fn an_account_that_wants_a_code_says_so() {
        let error = signed(false, &Used::default(), 59).await.unwrap_err();
        assert!(error.to_string().contains("`shared-secret`"), "{error}");
    }
}
