//! Whom `cutover watch` asks, as `cutover.yaml` lists them.

use super::account::{address, address_at};
use super::reader::{Read, Reader, advice, list, scalar, text};
use super::scalar::domain;
use super::{Node, Value};
use crate::dns::TextError;
use crate::port::{Recursor, Way};
use reqwest::Url;
use std::net::SocketAddr;

/// One item of the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Listed {
    /// Those that the program brings.
    Builtin,
    /// Those that programs on this machine ask.
    System,
    /// One that is written out.
    One(Recursor),
}

/// What items say that are no resolver.
const WORDS: [(&str, Listed); 2] = [("builtin", Listed::Builtin), ("system", Listed::System)];

/// Where DNS over TLS is spoken (RFC 7858 §3.1).
const TLS_PORT: u16 = 853;

/// One word, or a list of words and resolvers.
pub(super) fn resolvers(reader: &Reader<'_>, node: &Node) -> Read<Vec<Listed>> {
    match (&node.value, word(node)) {
        (Value::List(_), _) => list(item)(reader, node),
        (_, Some(word)) => Some(vec![word]),
        _ => reader.refuse(&node.span, "write `builtin`, `system`, or a list of resolvers"),
    }
}

fn word(node: &Node) -> Option<Listed> {
    let word = WORDS.into_iter().find(|(word, _)| node.text() == Some(word));
    word.map(|(_, listed)| listed)
}

/// A word, an address, or a table with a name and one way.
fn item(reader: &Reader<'_>, node: &Node) -> Read<Listed> {
    if let Some(word) = word(node) {
        return Some(word);
    }
    if let Value::Scalar { .. } = node.value {
        let address = scalar(bare)(reader, node)?;
        return Some(Listed::One(Recursor::at(address.to_string(), Way::Plain(address))));
    }
    let mut table = reader.table(node)?;
    let name = table.need("name", text);
    let way = match ["address", "dot", "doh"].map(|key| table.take(key)) {
        [Some(plain), None, None] => scalar(address)(reader, plain).map(Way::Plain),
        [None, Some(tls), None] => {
            let address = scalar(|text| address_at(text, TLS_PORT))(reader, tls);
            let host = table.need("host", scalar(host));
            address.zip(host).map(|(address, host)| Way::Tls { address, host })
        }
        [None, None, Some(https)] => {
            let url = scalar(url)(reader, https);
            url.map(|url| Way::Https { url, addresses: Vec::new() })
        }
        _ => reader.refuse(&node.span, "write one of `address`, `dot` and `doh`"),
    };
    table.finish();
    Some(Listed::One(Recursor::at(name?, way?)))
}

fn bare(text: &str) -> Result<SocketAddr, TextError> {
    address(text).map_err(|error| {
        let words = advice(text, &WORDS.map(|(word, _)| word));
        TextError { message: format!("{}; {words}", error.message), ..error }
    })
}

/// The name in a certificate.
fn host(text: &str) -> Result<String, TextError> {
    domain(text).map(|name| name.to_string().trim_end_matches('.').to_owned())
}

/// Where questions are posted to; the place of a parameter, as in RFC 8484, may be written behind.
fn url(text: &str) -> Result<String, TextError> {
    let wrong = |why: &str| TextError {
        at: 0,
        len: text.len().max(1),
        message: format!("`{text}` {why}; write `https://dns.example/dns-query`"),
    };
    let url = Url::parse(text.trim_end_matches("{?dns}"));
    let url = url.map_err(|error| wrong(&format!("is not a URL ({error})")))?;
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    match url.host_str() {
        Some(host) if url.scheme() == "https" && is_bare && !host.starts_with('[') => {
            Ok(url.into())
        }
        _ => Err(wrong("is not a resolver's URL")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn read(text: &str) -> (Option<Vec<Listed>>, Vec<String>) {
        let source = Source::new("cutover.yaml", text);
        let reader = Reader::new(&source);
        let listed = resolvers(&reader, &Node::parse(&source.text).unwrap());
        (listed, reader.finish().iter().map(|found| found.line(&source)).collect())
    }

    #[test]
    fn every_way_is_read() {
        let check = |text: &str, ways: &[&str]| {
            let (listed, found) = read(text);
            assert_eq!(found, Vec::<String>::new(), "{text}");
            let told = listed.unwrap().into_iter().map(|listed| match listed {
                Listed::One(recursor) => recursor.to_string(),
                word => format!("{word:?}"),
            });
            assert_eq!(told.collect::<Vec<_>>(), ways, "{text}");
        };
        check("builtin", &["Builtin"]);
        check("system", &["System"]);
        check("[]", &[]);
        check("[system, builtin]", &["System", "Builtin"]);
        check("[192.0.2.1]", &["192.0.2.1:53 (192.0.2.1:53)"]);
        check("[{name: a, address: 192.0.2.1}]", &["a (192.0.2.1:53)"]);
        check("[{name: a, address: '[2001:db8::1]:5300'}]", &["a ([2001:db8::1]:5300)"]);
        check(
            "[{name: a, dot: 192.0.2.1, host: dns.example}]",
            &["a (tls://dns.example at 192.0.2.1:853)"],
        );
        check(
            "[{name: a, dot: '192.0.2.1:8853', host: 192.0.2.1.}]",
            &["a (tls://192.0.2.1 at 192.0.2.1:8853)"],
        );
        let doh = "https://dns.example/dns-query";
        check(&format!("[{{name: a, doh: '{doh}'}}]"), &[&format!("a ({doh})")]);
        check(&format!("[{{name: a, doh: '{doh}{{?dns}}'}}]"), &[&format!("a ({doh})")]);
        check("[{name: a, doh: 'https://192.0.2.1:8443'}]", &["a (https://192.0.2.1:8443/)"]);
    }

    #[test]
    fn mistakes_are_told_with_line_and_column() {
        let check = |text: &str, place: &str, told: &str| {
            let (_, found) = read(text);
            assert_eq!(found.len(), 1, "{text}: {found:#?}");
            assert!(found[0].starts_with(&format!("cutover.yaml:{place}: error: ")), "{found:?}");
            assert!(found[0].contains(told), "{found:?}");
        };
        check("bultin", "1:1", "write `builtin`, `system`, or a list");
        check("{name: a, address: 192.0.2.1}", "1:1", "write `builtin`, `system`, or a list");
        check("- system\n- bultin", "2:3", "did you mean `builtin`?");
        check("- 192.0.2.300", "1:3", "`192.0.2.300` is not an address; write `192.0.2.1:53`");
        check("- {address: 192.0.2.1}", "1:3", "`name` is missing");
        check("- {name: a}", "1:3", "write one of `address`, `dot` and `doh`");
        let two = "- {name: a, address: 192.0.2.1, doh: 'https://dns.example/'}";
        check(two, "1:3", "write one of `address`, `dot` and `doh`");
        check("- {name: a, dot: 192.0.2.1}", "1:3", "`host` is missing here");
        let name = "- {name: a, dot: dns.example, host: dns.example}";
        check(name, "1:18", "`dns.example` is not an address; write `192.0.2.1:853`");
        check("- {name: a, dot: 192.0.2.1, host: a..b}", "1:35", "");
        check("- {name: a, address: 192.0.2.1, host: b}", "1:33", "unknown key `host`");
        check("- name: a\n  doh: dns.example", "2:8", "`dns.example` is not a URL");
        check("- {name: a, doh: 'http://dns.example/'}", "1:19", "is not a resolver's URL");
        check("- {name: a, doh: 'https://a:b@dns.example/'}", "1:19", "is not a resolver's URL");
        check("- {name: a, doh: 'https://[2001:db8::1]/'}", "1:19", "is not a resolver's URL");
        check("- {name: a, doh: [a]}", "1:18", "text is wanted here, not a list");
    }
}
