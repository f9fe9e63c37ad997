//! Fetches the policy of MTA-STS (RFC 8461 §3.3).

use crate::dns::Name;
use crate::mail::{Shown, sts};
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use rustls::{CertificateError as Bad, ClientConfig};
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// How long senders wait (§3.3).
const PATIENCE: Duration = Duration::from_secs(60);
/// Networks that let nobody out often do not say so.
const CONNECT: Duration = Duration::from_secs(10);
/// How much senders take (§3.3).
const LONGEST: usize = 64 * 1_024;

/// The document of a domain, from the first of these addresses that answers.
pub(super) async fn fetch(trusting: ClientConfig, domain: &Name, at: &[SocketAddr]) -> Shown {
    let address = sts::address(domain);
    let host = address.split('/').nth(2).unwrap_or_default();
    let client = Client::builder()
        .tls_backend_preconfigured(trusting)
        .resolve_to_addrs(host, at)
        .redirect(Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(PATIENCE)
        .build();
    let Ok(client) = client else { return Shown::Nothing };
    match client.get(&address).send().await {
        Ok(response) => document(response).await,
        Err(error) => match certificate(&error) {
            Some(problem) => Shown::Unfit(format!("shows a certificate that {problem}")),
            None => Shown::Nothing,
        },
    }
}

/// What senders make of a response.
async fn document(mut response: Response) -> Shown {
    let header = |name| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let status = response.status();
    if status.is_redirection() {
        let to = header(LOCATION).unwrap_or_default();
        return Shown::Unfit(format!("leads on to `{to}`, where no sender follows"));
    }
    if status != StatusCode::OK {
        return Shown::Unfit(format!("answers `{status}`"));
    }
    let kind = header(CONTENT_TYPE).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("text/plain") {
        return Shown::Unfit(format!("serves it as `{kind}`, not as `text/plain`"));
    }
    let mut octets = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => octets.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return Shown::Nothing,
        }
        if octets.len() > LONGEST {
            return Shown::Unfit(format!("serves more than {LONGEST} octets"));
        }
    }
    match String::from_utf8(octets) {
        Ok(text) => Shown::Document(text),
        Err(_) => Shown::Unfit("serves something that is no text".to_owned()),
    }
}

/// What a bad certificate is or does, if that is what an error is about.
fn certificate(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(problem)) = error.downcast_ref() {
            return Some(match problem {
                Bad::Expired | Bad::ExpiredContext { .. } => "has expired".to_owned(),
                Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                    "is for other names".to_owned()
                }
                Bad::UnknownIssuer => "nobody has signed whom this machine trusts".to_owned(),
                other => format!("is not valid: {other}"),
            });
        }
        // An `io::Error` passes over the error within when it is asked for its cause.
        let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match within {
            Some(within) => Some(within),
            None => error.source(),
        };
    }
    None
}
