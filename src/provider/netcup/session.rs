//! Signing in: an id for a session, which every call carries in its body.

use crate::config::Secret;
use crate::port::ProviderError;
use crate::provider::http::{Call, Grant, Reply, Token, fill};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::{Request, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// A customer, one of his keys, and his password for all keys.
pub(super) struct Login {
    pub(super) customer: String,
    pub(super) key: Secret,
    pub(super) password: Secret,
}

/// Every answer.
#[derive(Deserialize)]
pub(super) struct Answer<T> {
    /// What was asked for.
    #[serde(rename = "responsedata")]
    pub(super) data: T,
}

#[derive(Deserialize)]
struct Session {
    apisessionid: String,
}

#[derive(Deserialize)]
struct Status {
    statuscode: u16,
    #[serde(default)]
    longmessage: String,
}

/// A call of one of the API's actions.
pub(super) fn call(action: &'static str, is_write: bool, param: &Value) -> Call {
    let call = Call::procedure(action, is_write);
    call.json(&json!({ "action": action, "param": param }))
}

#[async_trait]
impl Grant for Login {
    fn call(&self, _: DateTime<Utc>) -> Result<Call, ProviderError> {
        let who = json!({
            "customernumber": self.customer, "apikey": self.key.expose(),
            "apipassword": self.password.expose(),
        });
        Ok(call("login", false, &who))
    }

    fn token(&self, reply: &Reply, _: DateTime<Utc>) -> Result<Token, ProviderError> {
        let Answer { data: Session { apisessionid } } = reply.json()?;
        Ok(Token::session(apisessionid))
    }

    fn carry(&self, token: Secret, request: &mut Request) -> Result<(), ProviderError> {
        fill(request, |body| {
            let param = &mut body["param"];
            param["customernumber"] = json!(self.customer);
            param["apikey"] = json!(self.key.expose());
            param["apisessionid"] = json!(token.expose());
        });
        Ok(())
    }

    /// HTTP says that all is well, whatever the code inside.
    fn meaning(&self, reply: &Reply) -> StatusCode {
        let Ok(Status { statuscode, longmessage }) = serde_json::from_slice(&reply.body) else {
            return reply.status;
        };
        match statuscode {
            _ if !reply.status.is_success() => reply.status,
            2_000..=2_999 => reply.status,
            // The code is that of any other mistake.
            _ if longmessage.contains("requests per minute") => StatusCode::TOO_MANY_REQUESTS,
            4_001 => StatusCode::UNAUTHORIZED,
            4_000..=4_999 => StatusCode::BAD_REQUEST,
            // Not all records could be written.
            5_028 => StatusCode::CONFLICT,
            // No records, and no such zone.
            5_029 | 5_031 => StatusCode::NOT_FOUND,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.key.clone(), self.password.clone()]
    }
}
