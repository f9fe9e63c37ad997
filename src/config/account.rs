//! A provider file: an account at a DNS host, or a name server of one's own.

use super::rate::{Rate, rate};
use super::reader::{Read, Reader, Table, advice, list, scalar, text};
use super::scalar::ttl;
use super::zone::version;
use super::{Diagnostic, Node, Source, Value};
use crate::dns::{TextError, Ttl};
use crate::port::Server;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// An account as its file tells it; `T` is what its driver makes of its own keys.
#[derive(Clone, Debug)]
pub struct Account<T> {
    /// The file's name without its ending: what zone files call it.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What drives it.
    pub driver: String,
    /// The servers that the world asks, where they are not found by delegation.
    pub published: Option<Vec<Server>>,
    /// How often it may be asked; `None` where only the number of calls at once is bounded.
    pub rate: Option<Rate>,
    /// The lowest TTL that this host takes, where its driver cannot know.
    pub ttl_floor: Option<Ttl>,
    /// The driver's own settings.
    pub settings: T,
}

/// Reads the keys that only one driver knows.
pub type ReadSettings<T> = fn(&Reader<'_>, &mut Table<'_>) -> Read<T>;

/// Reads a provider file with the drivers in this table.
pub fn account<T>(
    source: &Source,
    drivers: &[(&str, ReadSettings<T>)],
) -> (Option<Account<T>>, Vec<Diagnostic>) {
    let node = match Node::parse(&source.text) {
        Ok(node) => node,
        Err(problem) => return (None, vec![*problem]),
    };
    let reader = Reader::new(source);
    let account = lower(&reader, &node, source, drivers);
    (account, reader.finish())
}

fn lower<T>(
    reader: &Reader<'_>,
    node: &Node,
    source: &Source,
    drivers: &[(&str, ReadSettings<T>)],
) -> Read<Account<T>> {
    let mut table = reader.table(node)?;
    table.need("version", scalar(version));
    let published = table.get("published", list(server));
    let rate = table.get("rate", scalar(rate));
    let ttl_floor = table.get("ttl-floor", scalar(ttl));
    let driver = table.need(
        "driver",
        scalar(|text| {
            let known = drivers.iter().find(|(name, _)| *name == text);
            known.copied().ok_or_else(|| {
                let names: Vec<_> = drivers.iter().map(|(name, _)| *name).collect();
                let message = format!("`{text}` is not a known driver; {}", advice(text, &names));
                TextError { at: 0, len: text.len().max(1), message }
            })
        }),
    );
    let (driver, read) = driver?;
    let settings = read(reader, &mut table);
    table.finish();
    let name = source.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let path = source.path.clone();
    let driver = driver.to_owned();
    Some(Account { name, path, driver, published, rate, ttl_floor, settings: settings? })
}

/// A server: an address, or `{name, address}`.
pub(super) fn server(reader: &Reader<'_>, node: &Node) -> Read<Server> {
    if let Value::Scalar { .. } = node.value {
        let address = scalar(address)(reader, node)?;
        return Some(Server { name: address.to_string(), address });
    }
    let mut table = reader.table(node)?;
    let name = table.need("name", text);
    let address = table.need("address", scalar(address));
    table.finish();
    Some(Server { name: name?, address: address? })
}

/// `192.0.2.1`, `192.0.2.1:5300`, `2001:db8::1` or `[2001:db8::1]:5300`; port 53 unless said.
pub fn address(text: &str) -> Result<SocketAddr, TextError> {
    address_at(text, 53)
}

/// The same with another port unless said.
pub(super) fn address_at(text: &str, port: u16) -> Result<SocketAddr, TextError> {
    let bare = |text: &str| text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port));
    text.parse().ok().or_else(|| bare(text)).ok_or_else(|| {
        let message = format!("`{text}` is not an address; write `192.0.2.1:{port}`");
        TextError { at: 0, len: text.len().max(1), message }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(keys: &str) -> (Option<Account<()>>, Vec<String>) {
        let source = Source::new("providers/a.yaml", &format!("version: 1\ndriver: none\n{keys}"));
        let (account, found) = account::<()>(&source, &[("none", |_, _| Some(()))]);
        (account, found.iter().map(|found| found.line(&source)).collect())
    }

    #[test]
    fn every_driver_has_a_rate_and_a_ttl_floor() {
        let (account, found) = read("rate: 600/min\nttl-floor: 1h\n");
        assert_eq!(found, Vec::<String>::new());
        let account = account.unwrap();
        assert_eq!(account.rate.unwrap().calls.get(), 600);
        assert_eq!(account.ttl_floor, Some(Ttl::from_secs(3_600)));
        let (account, _) = read("");
        assert!(account.is_some_and(|bare| bare.rate.is_none() && bare.ttl_floor.is_none()));
    }

    #[test]
    fn limits_that_cannot_be_read_are_told() {
        let check = |keys, expected: &str| {
            let (_, found) = read(keys);
            assert!(found.len() == 1 && found[0].contains(expected), "{found:#?}");
        };
        check("rate: 20", "providers/a.yaml:3:7: error: `20` is not a rate");
        check("rate: {s: 20}", "text is wanted here, not a table");
        check("ttl-floor: low", "providers/a.yaml:3:12: error: `low` is not a TTL");
        check("ttl_floor: 1h", "3:1: error: unknown key `ttl_floor`");
    }
}
