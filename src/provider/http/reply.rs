//! An answer, read to its end.

use crate::port::ProviderError;
use reqwest::header::{HeaderMap, LINK};
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;

/// Octets of an answer at most: a hundred thousand records take twenty million.
const LIMIT: usize = 64 << 20;

/// What a host answered.
#[derive(Debug)]
pub(in crate::provider) struct Reply {
    /// What it means to us.
    pub(in crate::provider) status: StatusCode,
    /// What the server said.
    pub(super) heard: StatusCode,
    pub(in crate::provider) headers: HeaderMap,
    pub(in crate::provider) body: Vec<u8>,
}

impl Reply {
    /// Reads the body, but no more of it than an answer may have.
    pub(super) async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LIMIT {
                // What was cut off is no JSON and no XML, and is told as such.
                break;
            }
        }
        Ok(Self { status, heard: status, headers, body })
    }

    /// Whether the status is this one.
    pub(in crate::provider) fn is(&self, status: u16) -> bool {
        self.status.as_u16() == status
    }

    /// The body as JSON.
    pub(in crate::provider) fn json<T: DeserializeOwned>(&self) -> Result<T, ProviderError> {
        serde_json::from_slice(&self.body).map_err(|error| self.unreadable(&error, "<"))
    }

    /// The body as XML.
    pub(in crate::provider) fn xml<T: DeserializeOwned>(&self) -> Result<T, ProviderError> {
        let text = String::from_utf8_lossy(&self.body);
        quick_xml::de::from_str(&text).map_err(|error| self.unreadable(&error, "<html"))
    }

    /// An intermediary that fails says so in HTML, and with a success all the same.
    fn unreadable(&self, error: &dyn std::error::Error, html: &str) -> ProviderError {
        let start: String = String::from_utf8_lossy(&self.body).chars().take(60).collect();
        let start = start.split_whitespace().collect::<Vec<_>>().join(" ");
        let why = format!("an answer that cannot be read ({error}): `{start}`");
        let begins = start.to_ascii_lowercase();
        match begins.starts_with(html) || begins.starts_with("<!doctype html") || start.is_empty() {
            true => ProviderError::Busy(why),
            false => ProviderError::Refused(why),
        }
    }

    /// The address of the next page (RFC 8288).
    pub(in crate::provider) fn next_page(&self) -> Option<String> {
        let links = self.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
        links.flat_map(|links| links.split(',')).find_map(|link| {
            let (target, parameters) = link.split_once('>')?;
            let is_next = parameters
                .split(';')
                .any(|parameter| matches!(parameter.trim(), "rel=\"next\"" | "rel=next"));
            is_next.then(|| target.trim().trim_start_matches('<').to_owned())
        })
    }
}
