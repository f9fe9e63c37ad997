//! The machines behind names: whether they can be reached, and are not all one.

use super::scene::Scene;
use super::{Check, Hit, Rule};
use crate::dns::{Name, Rtype};
use crate::mail::finding::Severity::Warning;
use crate::mail::spf::{Network, reverse};
use crate::mail::view::{Reply, look_up};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// About the machines that take mail in.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "MX012",
        severity: Warning,
        says: "Several hosts of MX do not stand in one network.",
        reference: "RFC 2182 §3.1",
        bad: "@ 60 MX 10 a\n@ 60 MX 20 b\na 60 A 192.0.2.1\nb 60 A 192.0.2.2",
        good: "@ 60 MX 10 a\n@ 60 MX 20 b\na 60 A 192.0.2.1\nb 60 A 198.51.100.2",
        check: Check::Asked(apart),
    },
    Rule {
        id: "MX013",
        severity: Warning,
        says: "The host of an MX can be reached from everywhere.",
        reference: "RFC 6890 §2.2",
        bad: "@ 60 MX 10 mail.example.org.\nmail.example.org. 60 A 10.0.0.5\n\
            mail.example.org. 60 AAAA 2001:db8::1",
        good: "@ 60 MX 10 mail.example.org.\nmail.example.org. 60 A 192.0.2.5\n\
            mail.example.org. 60 AAAA 2001:db8::1",
        check: Check::Asked(reachable),
    },
    Rule {
        id: "MX015",
        severity: Warning,
        says: "A mail server's IPv6 address has a name.",
        reference: "RFC 1912 §2.1",
        bad: "@ 60 MX 10 mail\nmail 60 AAAA 2001:db8::1\nip6.arpa. 60 TXT x",
        good: "@ 60 MX 10 mail\nmail 60 AAAA 2001:db8::1\n1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.\
            0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 60 PTR mail.example.net.",
        check: Check::Asked(named_in_ipv6),
    },
];

/// The hosts of MX, each with its addresses where they are known.
fn hosts(scene: &Scene<'_>) -> Vec<(Name, Vec<IpAddr>)> {
    let hosts: BTreeSet<_> = scene.mx().map(|mx| mx.exchange.clone()).collect();
    let hosts = hosts.into_iter().filter(|host| *host != Name::root());
    hosts.filter_map(|host| Some((host.clone(), scene.addresses(&host)?))).collect()
}

/// Networks are as large as one site gets them: a /24, and of IPv6 a /48.
fn apart(scene: &Scene<'_>) -> Vec<Hit> {
    let hosts = hosts(scene);
    let mut all = hosts.iter().flat_map(|(_, addresses)| addresses);
    let is_one = |first: &IpAddr| {
        let network = Network::new(*first, if first.is_ipv4() { 24 } else { 48 });
        hosts.iter().flat_map(|(_, addresses)| addresses).all(|other| network.has(*other))
    };
    let is_all = hosts.len() > 1 && hosts.len() == scene.mx().count();
    let alone = all.next().filter(|first| is_all && is_one(first));
    let message =
        |first| format!("all MX hosts stand in the network of `{first}` and fail with it");
    alone.map(|first| (scene.zone.apex().clone(), message(first))).into_iter().collect()
}

/// Whether an address is for inside use: private, link-local, loopback, or shared (RFC 6890 §2.2).
/// Those for documentation are left alone.
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let shared = Network::new([100, 64, 0, 0].into(), 10).has(address);
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || shared
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}

fn reachable(scene: &Scene<'_>) -> Vec<Hit> {
    let inside = hosts(scene).into_iter().flat_map(|(host, addresses)| {
        let inside: Vec<_> = addresses.into_iter().filter(|address| is_inside(*address)).collect();
        inside.into_iter().map(move |address| format!("`{host}` at `{address}`"))
    });
    let inside: Vec<_> = inside.collect();
    let message = || format!("nobody outside reaches an MX host: {}", inside.join(", "));
    let hit = (!inside.is_empty()).then(|| (scene.zone.apex().clone(), message()));
    hit.into_iter().collect()
}

/// Others look after the names of their own hosts.
fn named_in_ipv6(scene: &Scene<'_>) -> Vec<Hit> {
    let own = hosts(scene).into_iter().filter(|(host, _)| host.is_within(scene.zone.apex()));
    let is_nameless = |address: &IpAddr| {
        let name = reverse(*address).filter(|_| address.is_ipv6());
        name.is_some_and(|name| look_up(scene.view, &name, Rtype::PTR) == Reply::Absent)
    };
    let found = own.flat_map(|(host, addresses)| {
        let nameless: Vec<_> = addresses.into_iter().filter(is_nameless).collect();
        nameless.into_iter().map(move |address| {
            let message = format!("`{address}` has no name (PTR): mail that it sends is refused");
            (host.clone(), message)
        })
    });
    found.collect()
}
