//! What the provider files of all HTTP APIs have in common, and how such accounts are opened.

use super::hosted::{Host, Hosted};
use super::http::{Dialect, Grant, Http, Tokens};
use super::{Context, Open};
use crate::config::{Rate, Read, Secret, SecretRef, Table, scalar, secret, text};
use crate::dns::TextError;
use crate::port::{Provider, ProviderError};
use async_trait::async_trait;
use reqwest::Url;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// A driver's own settings, its secrets still references.
pub(super) trait Api: fmt::Debug + Send + Sync + 'static {
    /// What speaks the API.
    type Host: Host + 'static;
    /// Where the API is, unless the file says otherwise.
    const ENDPOINT: &'static str;
    /// How often the host may be asked by one account, as it documents.
    const RATE: Rate;

    /// Fetches the secrets; nothing is asked yet.
    fn host(&self, opening: &Opening<'_>) -> Result<Self::Host, ProviderError>;
}

/// So many requests in so many seconds.
pub(super) const fn rate(calls: u32, seconds: u64) -> Rate {
    let calls = match NonZeroU32::new(calls) {
        Some(calls) => calls,
        None => NonZeroU32::MIN,
    };
    Rate { calls, period: Duration::from_secs(seconds) }
}

/// Reads a secret that is found in the host's own environment variable unless the file says where.
pub(super) fn credential(table: &mut Table<'_>, key: &'static str, variable: &str) -> SecretRef {
    table.get(key, secret).unwrap_or_else(|| SecretRef::Env(variable.to_owned()))
}

/// A name that is no secret, such as an account's: written out, or kept where secrets are.
#[derive(Debug)]
pub(super) enum Named {
    Written(String),
    Kept(SecretRef),
}

/// Reads such a name; it is in the host's own environment variable unless the file says otherwise.
pub(super) fn named(table: &mut Table<'_>, key: &'static str, variable: &str) -> Named {
    match table.get(key, text) {
        Some(written) => match SecretRef::parse(&written) {
            Ok(kept) => Named::Kept(kept),
            Err(_) => Named::Written(written),
        },
        None => Named::Kept(SecretRef::Env(variable.to_owned())),
    }
}

/// The account of an API; `endpoint` is for sandboxes and servers of one's own.
pub(super) fn account<A: Api>(table: &mut Table<'_>, api: Read<A>) -> Read<Box<dyn Open>> {
    let written = table.get("endpoint", scalar(endpoint));
    let endpoint = written.or_else(|| A::ENDPOINT.parse().ok());
    Some(Box::new(Account { api: api?, endpoint: endpoint?, opened: OnceCell::new() }))
}

/// HTTPS, or HTTP to this machine: secrets go there.
pub(super) fn endpoint(text: &str) -> Result<Url, TextError> {
    let wrong = |why: &str| TextError {
        at: 0,
        len: text.len().max(1),
        message: format!("`{text}` is no address for secrets: {why}"),
    };
    let url: Url = text.parse().map_err(|_| wrong("write `https://host/path`"))?;
    let is_local = match url.host_str() {
        Some(host) => host == "localhost" || host == "[::1]" || host.starts_with("127."),
        None => return Err(wrong("it names no host")),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_local => Ok(url),
        _ => Err(wrong("it must begin with `https://`, or be on this machine")),
    }
}

struct Account<A: Api> {
    api: A,
    endpoint: Url,
    opened: OnceCell<Arc<Hosted<A::Host>>>,
}

impl<A: Api> fmt::Debug for Account<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.api, self.endpoint)
    }
}

#[async_trait]
impl<A: Api> Open for Account<A> {
    fn counts_requests(&self) -> bool {
        true
    }

    /// All zones of an account share its connections, its budget and what it knows of zones.
    async fn open(&self, context: Context<'_>) -> Result<Box<dyn Provider>, ProviderError> {
        let open = async || {
            let rate = context.rate.unwrap_or(A::RATE);
            let opening = Opening { context: &context, endpoint: &self.endpoint, rate };
            let host = self.api.host(&opening)?;
            Ok(Arc::new(Hosted::new(host, context.clock.clone())))
        };
        let hosted = self.opened.get_or_try_init(open).await?;
        Ok(Box::new(hosted.clone()))
    }
}

/// What an account is opened with.
pub(super) struct Opening<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) endpoint: &'a Url,
    rate: Rate,
}

impl Opening<'_> {
    /// Fetches a secret.
    pub(super) fn secret(&self, from: &SecretRef) -> Result<Secret, ProviderError> {
        let resolved = from.resolve(self.context.base);
        let resolved = resolved.map_err(|error| ProviderError::Unauthorized(error.to_string()))?;
        if let Some(warning) = &resolved.warning {
            (self.context.warn)(warning);
        }
        Ok(Secret::new(resolved.secret.expose().trim()))
    }

    /// Fetches a name.
    pub(super) fn name(&self, from: &Named) -> Result<String, ProviderError> {
        match from {
            Named::Written(name) => Ok(name.clone()),
            Named::Kept(kept) => Ok(self.secret(kept)?.expose().to_owned()),
        }
    }

    /// Tokens that are given out at this address.
    pub(super) fn tokens<G: Grant>(&self, grant: G, desk: Url) -> Tokens<G> {
        Tokens::new(grant, desk, self.rate, self.context.clock.clone())
    }

    /// The API, spoken in this way.
    pub(super) fn http(&self, dialect: impl Dialect + 'static) -> Http {
        let clock = self.context.clock.clone();
        Http::new(self.endpoint.clone(), Arc::new(dialect), self.rate, clock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_to_https_or_nowhere_else() {
        let check = |text, expected| assert_eq!(endpoint(text).is_ok(), expected, "{text}");
        check("https://api.example.net/v1", true);
        check("http://api.example.net/v1", false);
        check("http://127.0.0.1:8081", true);
        check("http://[::1]:8081", true);
        check("http://localhost:8081", true);
        check("http://localhost.example.net", false);
        check("ftp://127.0.0.1", false);
        check("api.example.net", false);
        check("", false);
    }
}
