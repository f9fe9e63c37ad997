//! A service account's key: it signs for itself and gets a token (RFC 7523 §2.1).

use crate::config::{Secret, SecretRef};
use crate::port::ProviderError;
use crate::provider::api::{Opening, endpoint};
use crate::provider::http::{Call, Grant, Reply};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a token may do: read and write DNS, nothing else.
const SCOPE: &str = "https://www.googleapis.com/auth/ndev.clouddns.readwrite";
/// How long an assertion is good, in seconds: an hour is the most that Google takes.
const LIFETIME: i64 = 3_600;

/// The file that the console gives out.
#[derive(Deserialize)]
struct File {
    r#type: String,
    project_id: Option<String>,
    #[serde(default)]
    private_key_id: Option<String>,
    #[serde(default)]
    private_key: String,
    #[serde(default)]
    client_email: String,
    #[serde(default)]
    token_uri: String,
}

/// A key that signs.
pub(super) struct Key {
    file: File,
    signer: EncodingKey,
    desk: Url,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl Key {
    /// The key behind this reference, or behind the path that is kept there: Google's own variable
    /// holds a path.
    pub(super) fn found(opening: &Opening<'_>, from: &SecretRef) -> Result<Self, ProviderError> {
        let found = opening.secret(from)?;
        if found.expose().starts_with('{') {
            return Self::read(&found);
        }
        let path = Path::new(found.expose());
        if !opening.context.base.join(path).is_file() {
            let why = format!("`{from}` holds neither a key file nor the path of one");
            return Err(ProviderError::Unauthorized(why));
        }
        Self::read(&opening.secret(&SecretRef::File(path.to_owned()))?)
    }

    fn read(text: &Secret) -> Result<Self, ProviderError> {
        let wrong = |why: String| ProviderError::Unauthorized(format!("the key file: {why}"));
        // What the parser says may hold parts of the file.
        let file: File = serde_json::from_str(text.expose())
            .map_err(|error| wrong(format!("no JSON as Google makes it, line {}", error.line())))?;
        if file.r#type != "service_account" {
            let why = format!("it is of type `{}`, not `service_account`", file.r#type);
            return Err(wrong(why));
        }
        let signer = EncodingKey::from_rsa_pem(file.private_key.as_bytes())
            .map_err(|_| wrong("its `private_key` is no RSA key".to_owned()))?;
        let desk = endpoint(&file.token_uri).map_err(|error| wrong(error.message))?;
        Ok(Self { file, signer, desk })
    }

    /// The project that the account is of.
    pub(super) fn project(&self) -> Option<String> {
        self.file.project_id.clone()
    }

    /// Where tokens are given out.
    pub(super) fn desk(&self) -> Url {
        self.desk.clone()
    }
}

impl Grant for Key {
    fn call(&self, now: DateTime<Utc>) -> Result<Call, ProviderError> {
        let header =
            Header { kid: self.file.private_key_id.clone(), ..Header::new(Algorithm::RS256) };
        let iat = now.timestamp();
        let claims = Claims {
            iss: &self.file.client_email,
            scope: SCOPE,
            aud: &self.file.token_uri,
            iat,
            exp: iat + LIFETIME,
        };
        let assertion = encode(&header, &claims, &self.signer)
            .map_err(|error| ProviderError::Unauthorized(format!("no assertion: {error}")))?;
        let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        Ok(Call::ask("").form(&[("grant_type", grant), ("assertion", &assertion)]))
    }

    /// Too many calls may come as a refusal, with the reason inside.
    fn is_throttled(&self, reply: &Reply) -> bool {
        let body = String::from_utf8_lossy(&reply.body);
        let reasons = ["\"rateLimitExceeded\"", "\"userRateLimitExceeded\""];
        reply.is(429) || reply.is(403) && reasons.iter().any(|reason| body.contains(reason))
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![Secret::new(&self.file.private_key)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_keys_are_told_and_not_shown() {
        let check = |text: &str, expected: &str| match Key::read(&Secret::new(text)) {
            Err(ProviderError::Unauthorized(why)) => {
                assert!(why.contains(expected), "{why}");
                assert!(!why.contains("s3cr3t"), "{why}");
            }
            _ => panic!("{text} was taken"),
        };
        check("{\"type\": s3cr3t}", "no JSON as Google makes it, line 1");
        check("{\"type\": \"authorized_user\"}", "of type `authorized_user`");
        let key = "{\"type\": \"service_account\", \"private_key\": \"s3cr3t\"}";
        check(key, "its `private_key` is no RSA key");
    }
}
