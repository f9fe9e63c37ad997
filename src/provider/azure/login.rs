//! Client credentials for a token (RFC 6749 §4.4), as Microsoft's identity platform takes them.

use crate::config::Secret;
use crate::port::ProviderError;
use crate::provider::http::{Call, Grant, segment};
use chrono::{DateTime, Utc};
use reqwest::Url;

/// An application that is registered with a tenant.
pub(super) struct Login {
    pub(super) client: String,
    pub(super) secret: Secret,
    pub(super) scope: String,
}

impl Login {
    /// Where the tenant gives tokens out.
    pub(super) fn desk(&self, login: &Url, tenant: &str) -> Result<Url, ProviderError> {
        let base = login.as_str().trim_end_matches('/');
        let desk = format!("{base}/{}/oauth2/v2.0/token", segment(tenant));
        desk.parse().map_err(|_| ProviderError::Refused(format!("`{desk}` is no address")))
    }
}

impl Grant for Login {
    fn call(&self, _: DateTime<Utc>) -> Result<Call, ProviderError> {
        Ok(Call::ask("").form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &self.client),
            ("client_secret", self.secret.expose()),
            ("scope", &self.scope),
        ]))
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![self.secret.clone()]
    }
}
