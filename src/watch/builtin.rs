//! Resolvers that anybody may ask: where they are, and who runs them.

use crate::port::{Recursor, Way};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// One line of the list, whose head says what its keys mean.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Public {
    /// What people call it.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Where the operator is at home: ISO 3166, two letters.
    pub country: String,
    /// Its IPv4 address.
    pub v4: Ipv4Addr,
    /// Its IPv6 address.
    pub v6: Option<Ipv6Addr>,
    /// Whether it is asked in the clear.
    #[serde(default = "usual")]
    pub plain: bool,
    /// The name in its certificate, where these addresses speak TLS.
    pub dot: Option<String>,
    /// Where questions are posted to.
    pub doh: Option<String>,
    /// Addresses of the host there.
    #[serde(default)]
    pub doh_at: Vec<IpAddr>,
    /// Whether names are withheld for the users' sake.
    pub filters: bool,
}

fn usual() -> bool {
    true
}

impl Public {
    /// All that the program knows of; a test reads the list without mercy.
    pub fn all() -> Vec<Self> {
        serde_yaml::from_str(include_str!("resolvers.yaml")).unwrap_or_default()
    }

    /// How it is asked over one of its addresses: in the clear if it can be.
    pub fn over(self, address: impl Into<IpAddr>) -> Option<Recursor> {
        let address = address.into();
        let plain = Way::Plain(SocketAddr::new(address, 53));
        let tls = self.dot.map(|host| Way::Tls { address: SocketAddr::new(address, 853), host });
        let https = self.doh.map(|url| Way::Https { url, addresses: self.doh_at });
        let mut ways = self.plain.then_some(plain).into_iter().chain(tls).chain(https);
        Some(Recursor {
            way: ways.next()?,
            fallback: ways.collect(),
            operator: Some(self.operator),
            country: Some(self.country),
            filters: self.filters,
            name: self.name,
        })
    }
}

/// All that the program knows of, each once, over IPv4.
pub fn builtin() -> Vec<Recursor> {
    let over_v4 = |one: Public| {
        let address = one.v4;
        one.over(address)
    };
    Public::all().into_iter().filter_map(over_v4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::Url;
    use rustls::pki_types::ServerName;
    use std::collections::HashSet;

    fn all() -> Vec<Public> {
        serde_yaml::from_str(include_str!("resolvers.yaml")).unwrap()
    }

    #[test]
    fn there_are_many_and_none_twice() {
        let once = |told: Vec<String>| {
            let (many, mut seen) = (told.len(), HashSet::new());
            let twice: Vec<_> = told.into_iter().filter(|one| !seen.insert(one.clone())).collect();
            assert_eq!(twice, Vec::<String>::new());
            many
        };
        assert!(once(all().into_iter().map(|one| one.name).collect()) >= 40);
        once(all().iter().map(|one| one.v4.to_string()).collect());
        once(all().iter().flat_map(|one| one.v6).map(|v6| v6.to_string()).collect());
        once(all().into_iter().flat_map(|one| one.dot).collect());
        once(all().into_iter().flat_map(|one| one.doh).collect());
        let recursors = builtin();
        assert!(recursors.iter().filter_map(|one| one.way.plain()).count() >= 30);
        assert_eq!(recursors.len(), all().len(), "everybody can be asked");
    }

    #[test]
    fn every_one_is_told_in_full() {
        for one in all() {
            let Public { name, operator, country, v4, dot, doh, doh_at, .. } = &one;
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(!name.is_empty() && name.chars().all(plain), "{name}");
            assert!(!operator.is_empty(), "{name}");
            assert!(
                country.len() == 2 && country.chars().all(|c| c.is_ascii_uppercase()),
                "{name}"
            );
            assert!(!v4.is_private() && !v4.is_loopback(), "{name}");
            assert!(dot.iter().all(|host| ServerName::try_from(&**host).is_ok()), "{name}");
            let url = doh.as_ref().map(|url| Url::parse(url).unwrap());
            assert!(url.iter().all(|url| url.scheme() == "https" && url.path() != "/"), "{name}");
            assert!(doh_at.is_empty() || doh.is_some(), "{name}");
        }
    }

    #[test]
    fn the_clear_comes_first_and_encrypted_ways_are_left() {
        let check = |name: &str, ways: &[&str]| {
            let all = builtin();
            let one = all.iter().find(|one| one.name == name).unwrap();
            let told = [&one.way].into_iter().chain(&one.fallback).map(Way::to_string);
            assert_eq!(told.collect::<Vec<_>>(), ways);
        };
        let quad9 = ["9.9.9.9:53", "tls://dns.quad9.net at 9.9.9.9:853"];
        check("quad9", &[&quad9[..], &["https://dns.quad9.net/dns-query"]].concat());
        check("comodo", &["8.26.56.26:53"]);
        check("circl", &["https://dns.circl.lu/dns-query"]);
        let over_v6 = all().into_iter().find(|one| one.name == "switch").unwrap();
        let address = over_v6.v6.unwrap();
        let way = over_v6.over(address).unwrap().way.to_string();
        assert_eq!(way, "tls://dns.switch.ch at [2001:620:0:ff::2]:853");
    }
}
