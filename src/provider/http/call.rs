//! A request before it is sent, which can be sent again.

use crate::port::ProviderError;
pub(in crate::provider) use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Request, StatusCode, Url};
use serde::Serialize;

/// One call of an API.
pub(in crate::provider) struct Call {
    method: Method,
    path: String,
    title: Option<&'static str>,
    query: Vec<(&'static str, String)>,
    headers: HeaderMap,
    body: Option<(&'static str, Vec<u8>)>,
    expected: &'static [u16],
    problem: Option<String>,
    pub(super) is_write: bool,
}

impl Call {
    /// A question. Paths begin without a slash, and have their segments encoded.
    pub(in crate::provider) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path.into(), false)
    }

    /// A question that the API wants as a POST.
    pub(in crate::provider) fn ask(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path.into(), false)
    }

    /// A call that changes something.
    pub(in crate::provider) fn write(method: Method, path: impl Into<String>) -> Self {
        Self::new(method, path.into(), true)
    }

    fn new(method: Method, path: String, is_write: bool) -> Self {
        Self {
            method,
            path,
            title: None,
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            expected: &[],
            problem: None,
            is_write,
        }
    }

    /// A procedure of an API that has one address for all of them.
    pub(in crate::provider) fn procedure(title: &'static str, is_write: bool) -> Self {
        Self { title: Some(title), ..Self::new(Method::POST, String::new(), is_write) }
    }

    /// One more parameter of the query.
    #[must_use]
    pub(in crate::provider) fn query(mut self, key: &'static str, value: impl ToString) -> Self {
        self.query.push((key, value.to_string()));
        self
    }

    /// One more header.
    #[must_use]
    pub(in crate::provider) fn header(mut self, name: &'static str, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => drop(self.headers.insert(HeaderName::from_static(name), value)),
            Err(_) => self.problem = Some(format!("`{name}` cannot hold this value")),
        }
        self
    }

    /// A body of JSON.
    #[must_use]
    pub(in crate::provider) fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(octets) => self.body = Some(("application/json", octets)),
            Err(error) => self.problem = Some(error.to_string()),
        }
        self
    }

    /// A body of fields, as forms have them.
    #[must_use]
    pub(in crate::provider) fn form(mut self, fields: &[(&str, &str)]) -> Self {
        // The query of an address is written in the same way.
        match Url::parse_with_params("form:", fields) {
            Ok(url) => {
                let octets = url.query().unwrap_or_default().as_bytes().to_vec();
                self.body("application/x-www-form-urlencoded", octets)
            }
            Err(error) => {
                self.problem = Some(error.to_string());
                self
            }
        }
    }

    /// A body of some other media type.
    #[must_use]
    pub(in crate::provider) fn body(mut self, media_type: &'static str, octets: Vec<u8>) -> Self {
        self.body = Some((media_type, octets));
        self
    }

    /// Statuses besides success that the caller reads itself.
    #[must_use]
    pub(in crate::provider) fn or(mut self, statuses: &'static [u16]) -> Self {
        self.expected = statuses;
        self
    }

    /// Whether the caller reads an answer of this status.
    pub(super) fn takes(&self, status: StatusCode) -> bool {
        status.is_success() || self.expected.contains(&status.as_u16())
    }

    /// What a person may read: without the query, which may hold secrets.
    pub(super) fn name(&self) -> String {
        let place = || format!("{} /{}", self.method, self.path);
        self.title.map_or_else(place, str::to_owned)
    }

    /// The request, below this address.
    pub(super) fn request(&self, client: &Client, base: &Url) -> Result<Request, ProviderError> {
        let refused = |why: String| ProviderError::Refused(format!("`{}`: {why}", self.name()));
        if let Some(problem) = &self.problem {
            return Err(refused(problem.clone()));
        }
        // A slash or a query at the end is part of an address.
        let address = match self.path.as_str() {
            "" => base.to_string(),
            path => format!("{}/{path}", base.as_str().trim_end_matches('/')),
        };
        let mut request = client.request(self.method.clone(), address);
        if !self.query.is_empty() {
            request = request.query(&self.query);
        }
        request = request.headers(self.headers.clone());
        if let Some((media_type, octets)) = &self.body {
            request = request.header(CONTENT_TYPE, *media_type).body(octets.clone());
        }
        request.build().map_err(|error| refused(error.without_url().to_string()))
    }
}

/// A text as one segment of a path (RFC 3986 §3.3).
pub(in crate::provider) fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'@' | b'*' => {
                segment.push(char::from(octet));
            }
            _ => segment += &format!("%{octet:02X}"),
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_hold_any_text() {
        let check = |text, expected| assert_eq!(segment(text), expected);
        check("@", "@");
        check("_25._tcp.mail", "_25._tcp.mail");
        check("*.wild", "*.wild");
        check("0/25", "0%2F25");
        check("a b?é", "a%20b%3F%C3%A9");
    }
}
