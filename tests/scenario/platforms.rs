//! Mail platforms as they might be, at random.

use crate::domain::{apex, name};
use cutover::dns::rdata::Mx;
use cutover::dns::{Name, Rdata, RrSet, Rtype, Ttl};
use cutover::mail::{KeyCopy, Side, Spf};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::collections::BTreeMap;

/// A platform without names and addresses.
#[derive(Clone, Debug)]
pub(crate) struct Platform {
    /// How many mail servers stand in the zone itself; none if they are somebody else's.
    servers: usize,
    has_v6: bool,
    spf: Option<Spf_>,
    all: &'static str,
    keys: Vec<Key>,
    dmarc: Option<&'static str>,
    submission: Vec<&'static str>,
    retrieval: Vec<&'static str>,
    /// Whether names that users know are aliases, or addresses.
    by_alias: bool,
    services: Vec<&'static str>,
    has_policy: bool,
    has_reports: bool,
}

/// How SPF names who may send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Spf_ {
    Mx,
    A,
    Addresses,
    Include,
    Redirect,
}

/// How a DKIM key stands in the zone.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Key {
    Text,
    Alias,
    /// An alias that gives way to a copy of the key, where it goes with the platform.
    Copied,
}

/// Whose platform it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    /// What its names begin with: no two owners have a DKIM selector in common.
    pub(crate) word: &'static str,
    /// The first octets of its addresses.
    pub(crate) net: &'static str,
    /// What its mail servers are called.
    pub(crate) hosts: [&'static str; 2],
    /// The id of its MTA-STS policy.
    pub(crate) id: &'static str,
}

/// One that might exist.
pub(crate) fn platform() -> impl Strategy<Value = Platform> {
    let spf = [Spf_::Mx, Spf_::A, Spf_::Addresses, Spf_::Include, Spf_::Redirect];
    let servers = (0..=2_usize, any::<bool>());
    let senders =
        (prop::option::weighted(0.9, select(spf.to_vec())), select(&["-all", "~all", "?all"]));
    let keys = prop::collection::vec(select(&[Key::Text, Key::Alias, Key::Copied]), 0..=2);
    let dmarc = ["v=DMARC1; p=none", "v=DMARC1; p=quarantine", "v=DMARC1; p=reject; adkim=s"];
    let names = (
        subsequence(&["smtp", "submit"], 0..=2),
        subsequence(&["imap", "pop", "webmail", "autodiscover"], 0..=4),
        any::<bool>(),
    );
    let services = subsequence(&["_imaps._tcp", "_submission._tcp"], 0..=2);
    let policies = (prop::bool::weighted(0.3), any::<bool>());
    let dmarc = prop::option::of(select(dmarc.to_vec()));
    (servers, senders, keys, dmarc, names, services, policies).prop_map(
        |(servers, senders, keys, dmarc, names, services, policies)| Platform {
            servers: servers.0,
            has_v6: servers.1,
            spf: senders.0,
            all: senders.1,
            keys,
            dmarc,
            submission: names.0,
            retrieval: names.1,
            by_alias: names.2,
            services,
            has_policy: policies.0,
            has_reports: policies.1,
        },
    )
}

impl Platform {
    /// What its owner would write under `old` or `new`.
    pub(crate) fn side(&self, owner: &Owner) -> Side {
        let keys = self.keys.iter().enumerate();
        let keys = keys.map(|(at, key)| {
            let selector = format!("{}{at}._domainkey", owner.word);
            let record = text(&format!("v=DKIM1; p={}{at}", owner.word));
            let alias = || cname(&format!("key{at}.{}.example.", owner.word));
            match key {
                Key::Text => (name(&selector), record, None),
                Key::Alias => (name(&selector), alias(), None),
                Key::Copied => (name(&selector), alias(), Some(KeyCopy::Key(record))),
            }
        });
        let keys: Vec<_> = keys.collect();
        let copies =
            keys.iter().filter_map(|(owner, _, copy)| Some((owner.clone(), copy.clone()?)));
        let hosts = (10..).zip(self.exchanges(owner));
        let mx = hosts.map(|(preference, exchange)| Mx { preference, exchange });
        Side {
            mx: mx.collect(),
            spf: self.spf(owner),
            copies: copies.collect(),
            dkim: keys.iter().map(|(owner, key, _)| (owner.clone(), key.clone())).collect(),
            dmarc: self.dmarc.map(str::to_owned),
            submission: self.clients(&self.submission, owner),
            retrieval: self.clients(&self.retrieval, owner),
            records: self.records(owner),
            ..Side::default()
        }
    }

    /// The mail servers that stand in the zone.
    fn own<'a>(&self, owner: &'a Owner) -> impl Iterator<Item = (&'a str, Vec<Rdata>)> {
        let (servers, has_v6, net) = (self.servers, self.has_v6, owner.net);
        (0..servers).map(move |at| {
            let v4 = Rdata::parse(Rtype::A, &format!("{net}.{}", 10 + at), None);
            let group = net.replace('.', ":");
            let v6 = Rdata::parse(Rtype::AAAA, &format!("2001:db8:{group}::{at}"), None);
            let all = [Some(v4.unwrap()), has_v6.then(|| v6.unwrap())];
            (owner.hosts[at], all.into_iter().flatten().collect())
        })
    }

    fn exchanges(&self, owner: &Owner) -> Vec<Name> {
        match self.servers {
            0 => vec![outside("mx", owner)],
            _ => self.own(owner).map(|(host, _)| name(host)).collect(),
        }
    }

    fn spf(&self, owner: &Owner) -> Option<Spf> {
        let Owner { word, .. } = owner;
        let own: Vec<_> = self.own(owner).collect();
        let each = |term: &dyn Fn(&str, &Rdata) -> String| {
            let all = own.iter().flat_map(|(host, all)| all.iter().map(|one| term(host, one)));
            all.collect::<Vec<_>>().join(" ")
        };
        let terms = match (self.spf?, own.is_empty()) {
            (Spf_::Redirect, _) => {
                return Some(Spf::parse(&format!("v=spf1 redirect=_spf.{word}.example")).unwrap());
            }
            (Spf_::Mx, false) => "mx".to_owned(),
            (Spf_::A, false) => {
                each(&|host, _| format!("a:{}", name(host)).trim_end_matches('.').to_owned())
            }
            (Spf_::Addresses, false) => each(&|_, address| match address.rtype() {
                Rtype::A => format!("ip4:{address}"),
                _ => format!("ip6:{address}"),
            }),
            _ => format!("include:_spf.{word}.example"),
        };
        Some(Spf::parse(&format!("v=spf1 {terms} {}", self.all)).unwrap())
    }

    fn clients(&self, names: &[&str], owner: &Owner) -> BTreeMap<Name, Vec<Rdata>> {
        let first = self.own(owner).next();
        let leads = |client: &str| match (&first, self.by_alias) {
            (None, _) => vec![cname(&outside(client, owner).to_string())],
            (Some((host, _)), true) => vec![cname(&name(host).to_string())],
            (Some((_, addresses)), false) => addresses.clone(),
        };
        names.iter().map(|client| (name(client), leads(client))).collect()
    }

    fn records(&self, owner: &Owner) -> Vec<(RrSet, Option<Ttl>)> {
        let own = self.own(owner).map(|(host, all)| (name(host), all));
        let host = self.exchanges(owner).remove(0);
        let services = self.services.iter().map(|service| {
            let data = Rdata::parse(Rtype::SRV, &format!("0 1 993 {host}"), None).unwrap();
            (name(service), vec![data])
        });
        let policy = self
            .has_policy
            .then(|| (name("_mta-sts"), vec![text(&format!("v=STSv1; id={}", owner.id))]));
        let reports = self.has_reports.then(|| {
            let record = format!("v=TLSRPTv1; rua=mailto:{}@{}", owner.word, apex());
            (name("_smtp._tls"), vec![text(record.trim_end_matches('.'))])
        });
        let mut sets = Vec::new();
        for (owner, all) in own.chain(services).chain(policy).chain(reports) {
            for rtype in [Rtype::A, Rtype::AAAA, Rtype::SRV, Rtype::TXT] {
                let key = cutover::dns::RrKey::new(owner.clone(), rtype);
                let of_type = all.iter().filter(|one| one.rtype() == rtype).cloned();
                sets.extend(RrSet::of(key, Ttl::from_secs(0), of_type).map(|set| (set, None)));
            }
        }
        sets
    }
}

fn outside(host: &str, owner: &Owner) -> Name {
    Name::parse(&format!("{host}.{}.example.", owner.word)).unwrap()
}

fn cname(target: &str) -> Rdata {
    Rdata::parse(Rtype::CNAME, target, None).unwrap()
}

fn text(text: &str) -> Rdata {
    crate::world::text(text)
}
