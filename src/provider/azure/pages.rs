//! Lists that come in pages.

use super::VERSION;
use crate::dns::Name;
use crate::port::ProviderError;
use crate::provider::http::{Call, Http};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Entries on one page: as many as Azure gives unless asked.
const PAGE: usize = 100;

/// A list, or a part of one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    pub(super) value: Vec<T>,
    next_link: Option<String>,
}

/// Everything on all pages; a 404 that is taken says that there is no such zone.
pub(super) async fn all<T: DeserializeOwned>(
    http: &Http,
    apex: &Name,
    path: &str,
    taken: &'static [u16],
) -> Result<Vec<T>, ProviderError> {
    let (mut all, mut next) = (Vec::new(), None::<String>);
    loop {
        let call = Call::get(path).query("api-version", VERSION).query("$top", PAGE);
        let call = next.iter().fold(call, |call, token| call.query("$skipToken", token));
        let reply = http.send(call.or(taken)).await?;
        if reply.is(404) {
            return Err(ProviderError::NoZone(apex.clone()));
        }
        let page: Page<T> = reply.json()?;
        all.extend(page.value);
        match page.next_link.filter(|link| !link.is_empty()) {
            Some(link) => next = Some(skip_token(&link)?),
            None => return Ok(all),
        }
    }
}

/// What the address of the next page has besides what is asked anyway: a token is never sent to an
/// address that comes out of an answer.
fn skip_token(link: &str) -> Result<String, ProviderError> {
    let unread = || ProviderError::Refused(format!("the next page cannot be read: `{link}`"));
    let link: Url = link.parse().map_err(|_| unread())?;
    let mut pairs = link.query_pairs();
    let token = pairs.find(|(key, _)| key.eq_ignore_ascii_case("$skiptoken"));
    token.map(|(_, value)| value.into_owned()).ok_or_else(unread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_known_by_its_token_alone() {
        let check = |link: &str, expected: Option<&str>| {
            assert_eq!(skip_token(link).ok().as_deref(), expected, "{link}");
        };
        check("https://a.example/x?api-version=1&$skiptoken=a%3D%3D", Some("a=="));
        check("https://a.example/x?%24skipToken=b", Some("b"));
        check("https://a.example/x?api-version=1", None);
        check("/x", None);
    }
}
