//! What the host answers: always HTTP 200, and its errors have numbers.

use super::super::http::{Http, Reply};
use super::entry::Entry;
use crate::dns::Name;
use crate::port::ProviderError;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct Verdict {
    #[serde(rename = "@Status")]
    status: String,
    #[serde(rename = "Errors", default)]
    errors: Errors,
}

#[derive(Default, Deserialize)]
struct Errors {
    #[serde(rename = "Error", default)]
    all: Vec<Error>,
}

#[derive(Deserialize)]
struct Error {
    #[serde(rename = "@Number", default)]
    number: String,
    #[serde(rename = "$text", default)]
    text: String,
}

/// The number of too many calls.
const THROTTLED: &str = "500000";

/// Whether the host refused for the number of calls.
pub(super) fn is_throttled(reply: &Reply) -> bool {
    let numbered = format!("Number=\"{THROTTLED}\"");
    reply.body.windows(numbered.len()).any(|part| part == numbered.as_bytes())
}

#[derive(Deserialize)]
struct Response<T> {
    #[serde(rename = "CommandResponse")]
    response: T,
}

/// What was asked for, or why it was not given.
pub(super) fn answer<T: DeserializeOwned>(
    http: &Http,
    reply: &Reply,
    apex: &Name,
) -> Result<T, ProviderError> {
    // A failure may come with a response of no use, so that one is not read before.
    let verdict: Verdict = reply.xml()?;
    match (verdict.status.eq_ignore_ascii_case("OK"), verdict.errors.all.first()) {
        (true, None) => Ok(reply.xml::<Response<T>>()?.response),
        (_, Some(error)) => Err(trouble(&error.number, &http.hidden(error.text.trim()), apex)),
        (false, None) => {
            let why = format!("it answers `{}` and no error", verdict.status);
            Err(ProviderError::Refused(why))
        }
    }
}

/// The first digit says what an error is about, the third whose fault it is.
fn trouble(number: &str, text: &str, apex: &Name) -> ProviderError {
    let said = format!("{text} ({number})");
    let digits = number.as_bytes();
    match (digits.first(), digits.get(2)) {
        _ if ["2019166", "2016166"].contains(&number) => ProviderError::NoZone(apex.clone()),
        // The same number is also about rights.
        _ if number == "2030166" && text.contains("invalid") => ProviderError::NoZone(apex.clone()),
        // It may have done what it was asked for all the same.
        (Some(b'3' | b'5'), _) => ProviderError::Busy(said),
        (_, Some(b'5')) if digits.len() == 7 => ProviderError::Busy(said),
        (Some(b'1'), _) => ProviderError::Unauthorized(said),
        _ if number == "4011103" => ProviderError::Unauthorized(said),
        _ => ProviderError::Refused(said),
    }
}

/// `getHosts`.
#[derive(Deserialize)]
pub(super) struct Hosts {
    #[serde(rename = "DomainDNSGetHostsResult")]
    result: List,
}

#[derive(Deserialize)]
struct List {
    #[serde(rename = "@EmailType")]
    mode: Option<String>,
    #[serde(rename = "@IsUsingOurDNS")]
    is_served: String,
    /// `Host` in the documentation, `host` in answers.
    #[serde(rename = "host", alias = "Host", default)]
    all: Vec<Entry>,
}

impl Hosts {
    /// The records, the mail mode, and whether the host serves the domain at all.
    pub(super) fn into_parts(self) -> (Vec<Entry>, Option<String>, bool) {
        let List { mode, is_served, all } = self.result;
        (all, mode.filter(|mode| !mode.is_empty()), is_yes(&is_served))
    }
}

/// `setHosts`.
#[derive(Deserialize)]
pub(super) struct Written {
    #[serde(rename = "DomainDNSSetHostsResult")]
    result: Success,
}

#[derive(Deserialize)]
struct Success {
    #[serde(rename = "@IsSuccess")]
    is_success: String,
}

impl Written {
    pub(super) fn is_success(&self) -> bool {
        is_yes(&self.result.is_success)
    }
}

/// `getSRVRecords`, which only other people's clients tell of.
#[derive(Deserialize)]
pub(super) struct Services {
    #[serde(rename = "$value", default)]
    results: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(rename = "Result", default)]
    all: Vec<Service>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(rename = "Service", default)]
    service: String,
    /// With the labels of a subdomain behind it, where there are some.
    #[serde(rename = "Protocol", default)]
    protocol: String,
}

impl Services {
    /// The labels of each record before the zone's name.
    pub(super) fn labels(&self) -> impl Iterator<Item = String> {
        self.results.iter().flat_map(|group| &group.all).map(|one| {
            let [service, protocol] =
                [&one.service, &one.protocol].map(|part| part.trim_matches('.'));
            format!("{service}.{protocol}")
        })
    }
}

/// It writes both `true` and `True`.
pub(super) fn is_yes(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_say_what_can_be_done() {
        let apex = Name::parse("example.net.").unwrap();
        let check = |number: &str, text: &str, expected: &str| {
            let found = format!("{:?}", trouble(number, text, &apex));
            assert!(found.starts_with(expected), "{number}: {found}");
        };
        check("1011102", "API Key is invalid or API access has not been enabled", "Unauthorized");
        check("1011150", "Invalid request IP", "Unauthorized");
        check("4011103", "Access denied", "Unauthorized");
        check("2019166", "Domain not found", "NoZone");
        check("2016166", "Domain is not associated with your account", "NoZone");
        check("2030166", "Domain is invalid", "NoZone");
        check("2030166", "Edit permission for domain is not supported", "Refused");
        check("2030288", "Domain is not using proper DNS servers", "Refused");
        check("2050900", "Invalid address", "Busy");
        check("3031510", "Error response from Enom", "Busy");
        check("5050900", "Unknown exceptions", "Busy");
        check("1050900", "Unknown error when validating APIUser", "Busy");
        check("500000", "Too many requests", "Busy");
        check("", "?", "Refused");
    }
}
