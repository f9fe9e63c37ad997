//! A receiver that evaluates SPF by itself (RFC 7208 §4.6), with whatever its caches may hold.

use crate::held::Held;
use crate::world::spf_text;
use cutover::dns::{Name, Rdata, Rtype};
use cutover::port::Answer;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Somebody who sends.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Sender {
    /// From this address.
    Address(IpAddr),
    /// From the addresses of a host outside the zone.
    Host(Name),
    /// As a mechanism that only others' records explain lets it.
    Behind(String),
}

/// What a receiver concludes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Verdict {
    Pass,
    None,
    Neutral,
    SoftFail,
    Fail,
    Error,
}

type Verdicts = BTreeSet<Verdict>;

/// Receivers of one domain's mail.
pub(crate) struct Receiver<'a> {
    pub(crate) apex: &'a Name,
    pub(crate) held: &'a Held<'a>,
}

/// What may come of comparing a sender with a mechanism, given that answers differ.
#[derive(Clone, Copy, Default)]
struct Chance {
    hit: bool,
    miss: bool,
    error: bool,
}

impl Chance {
    fn of(hit: bool) -> Self {
        Self { hit, miss: !hit, error: false }
    }

    fn any(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().fold(Self::default(), |a, b| Self {
            hit: a.hit || b.hit,
            miss: a.miss || b.miss,
            error: a.error || b.error,
        })
    }
}

/// A mechanism in its parts.
struct Mechanism<'a> {
    whole: &'a str,
    name: &'a str,
    target: Name,
    value: &'a str,
    prefix: [u8; 2],
}

/// Terms that make receivers ask (§4.6.4).
const ASKING: [&str; 5] = ["include", "a", "mx", "ptr", "exists"];
const MOST_QUESTIONS: usize = 10;

impl<'a> Receiver<'a> {
    /// Every verdict to which some mixture of the answers leads.
    pub(crate) fn verdicts(&self, sender: &Sender) -> Verdicts {
        self.check(sender, self.apex, 0)
    }

    /// Whom the record of a domain lets send.
    pub(crate) fn allowed(&self) -> BTreeSet<Sender> {
        let mut found = BTreeSet::new();
        self.candidates(self.apex, 0, &mut found);
        found.retain(|sender| self.verdicts(sender) == [Verdict::Pass].into());
        found
    }

    fn check(&self, sender: &Sender, domain: &Name, depth: usize) -> Verdicts {
        if depth > MOST_QUESTIONS {
            return [Verdict::Error].into();
        }
        let records = self.held.answers(domain, Rtype::TXT).iter().map(|answer| records(answer));
        let verdicts = records.flat_map(|records| match &records[..] {
            [] => [Verdict::None].into(),
            [record] => self.record(record, sender, domain, depth),
            _ => [Verdict::Error].into(),
        });
        verdicts.collect()
    }

    fn record(&self, text: &str, sender: &Sender, domain: &Name, depth: usize) -> Verdicts {
        let mut found = Verdicts::new();
        let asking = directives(text, domain).filter(|(_, term)| ASKING.contains(&term.name));
        if asking.count() + usize::from(redirect(text).is_some()) > MOST_QUESTIONS {
            return [Verdict::Error].into();
        }
        for (verdict, mechanism) in directives(text, domain) {
            let chance = self.compare(&mechanism, sender, depth);
            found.extend(chance.error.then_some(Verdict::Error));
            found.extend(chance.hit.then_some(verdict));
            if !chance.miss {
                return found;
            }
        }
        match redirect(text).map(|target| (target, name(target))) {
            None => found.extend([Verdict::Neutral]),
            Some((_, target)) if target.is_within(self.apex) => {
                found.extend(self.check(sender, &target, depth + 1));
            }
            Some((target, _)) => {
                let passes = *sender == Sender::Behind(format!("include:{target}"));
                found.extend([if passes { Verdict::Pass } else { Verdict::Fail }]);
            }
        }
        found
    }

    fn compare(&self, term: &Mechanism<'_>, sender: &Sender, depth: usize) -> Chance {
        let is_own = term.target.is_within(self.apex);
        match term.name {
            "all" => Chance::of(true),
            "ip4" | "ip6" => {
                let net = term.value.split('/').next().and_then(|ip| ip.parse().ok());
                Chance::of(matches!((sender, net), (Sender::Address(address), Some(net))
                    if covers(net, term.prefix, *address)))
            }
            "a" => self.host(&term.target, term.prefix, sender, 0),
            "mx" if is_own => {
                let answers = self.held.answers(&term.target, Rtype::MX).iter();
                Chance::any(answers.map(|answer| self.exchanges(answer, term.prefix, sender)))
            }
            "include" if is_own => {
                let all = self.check(sender, &term.target, depth + 1);
                Chance::any(all.into_iter().map(|verdict| match verdict {
                    Verdict::Pass => Chance::of(true),
                    Verdict::None | Verdict::Error => Chance { error: true, ..Chance::default() },
                    _ => Chance::of(false),
                }))
            }
            _ => Chance::of(*sender == Sender::Behind(term.whole.to_owned())),
        }
    }

    /// Any of the hosts of one MX answer.
    fn exchanges(&self, answer: &Answer, prefix: [u8; 2], sender: &Sender) -> Chance {
        let hosts = exchanges(answer).map(|host| self.host(host, prefix, sender, 0));
        let all: Vec<_> = hosts.collect();
        Chance {
            hit: all.iter().any(|one| one.hit),
            miss: all.iter().all(|one| one.miss),
            error: false,
        }
    }

    fn host(&self, host: &Name, prefix: [u8; 2], sender: &Sender, depth: usize) -> Chance {
        if !host.is_within(self.apex) || depth > MOST_QUESTIONS {
            return Chance::of(*sender == Sender::Host(host.clone()));
        }
        let rtype = match sender {
            Sender::Address(IpAddr::V6(_)) => Rtype::AAAA,
            _ => Rtype::A,
        };
        let answers = self.held.answers(host, rtype).iter();
        Chance::any(answers.map(|answer| match rdata(answer) {
            [Rdata::Cname(target)] => self.host(target, prefix, sender, depth + 1),
            all => Chance::of(all.iter().filter_map(address).any(
                |net| matches!(sender, Sender::Address(address) if covers(net, prefix, *address)),
            )),
        }))
    }

    /// Whom the terms of a record name, for better or worse.
    fn candidates(&self, domain: &Name, depth: usize, found: &mut BTreeSet<Sender>) {
        let answers = self.held.answers(domain, Rtype::TXT);
        for text in answers.iter().flat_map(|answer| records(answer)) {
            for (_, term) in directives(&text, domain) {
                match term.name {
                    "all" => (),
                    "ip4" | "ip6" => {
                        let net: IpAddr = term.value.split('/').next().unwrap().parse().unwrap();
                        found.extend(edges(net, term.prefix).map(Sender::Address));
                    }
                    "a" => self.addresses(&term.target, 0, found),
                    "mx" if term.target.is_within(self.apex) => {
                        let answers = self.held.answers(&term.target, Rtype::MX).iter();
                        let hosts = answers.flat_map(|answer| exchanges(answer));
                        hosts.for_each(|host| self.addresses(host, 0, found));
                    }
                    "include" if term.target.is_within(self.apex) && depth < MOST_QUESTIONS => {
                        self.candidates(&term.target, depth + 1, found);
                    }
                    _ => drop(found.insert(Sender::Behind(term.whole.to_owned()))),
                }
            }
            match redirect(&text).map(|target| (target, name(target))) {
                Some((_, target)) if target.is_within(self.apex) && depth < MOST_QUESTIONS => {
                    self.candidates(&target, depth + 1, found);
                }
                Some((target, _)) => found.extend([Sender::Behind(format!("include:{target}"))]),
                None => (),
            }
        }
    }

    /// The addresses of a host, or the host itself if it is somebody else's.
    fn addresses(&self, host: &Name, depth: usize, found: &mut BTreeSet<Sender>) {
        if !host.is_within(self.apex) || depth > MOST_QUESTIONS {
            found.insert(Sender::Host(host.clone()));
            return;
        }
        for answer in [Rtype::A, Rtype::AAAA].iter().flat_map(|t| self.held.answers(host, *t)) {
            match rdata(answer) {
                [Rdata::Cname(target)] => self.addresses(target, depth + 1, found),
                all => found.extend(all.iter().filter_map(address).map(Sender::Address)),
            }
        }
    }
}

/// The SPF records in an answer.
fn records(answer: &Answer) -> Vec<String> {
    rdata(answer).iter().filter_map(spf_text).collect()
}

pub(crate) fn rdata(answer: &Answer) -> &[Rdata] {
    answer.rrset().map(|rrset| rrset.rdata()).unwrap_or_default()
}

pub(crate) fn exchanges(answer: &Answer) -> impl Iterator<Item = &Name> {
    rdata(answer).iter().filter_map(|rdata| match rdata {
        Rdata::Mx(mx) => Some(&mx.exchange),
        _ => None,
    })
}

pub(crate) fn address(rdata: &Rdata) -> Option<IpAddr> {
    match rdata {
        Rdata::A(address) => Some((*address).into()),
        Rdata::Aaaa(address) => Some((*address).into()),
        _ => None,
    }
}

fn name(text: &str) -> Name {
    Name::parse(&format!("{}.", text.trim_end_matches('.'))).unwrap()
}

fn directives<'a>(text: &'a str, domain: &Name) -> impl Iterator<Item = (Verdict, Mechanism<'a>)> {
    let terms = text.split(' ').skip(1).filter(|term| !term.is_empty() && !term.contains('='));
    terms.map(|term| {
        let verdict = match term.as_bytes()[0] {
            b'-' => Verdict::Fail,
            b'~' => Verdict::SoftFail,
            b'?' => Verdict::Neutral,
            _ => Verdict::Pass,
        };
        let whole = term.trim_start_matches(['+', '-', '~', '?']);
        let (head, lengths) = whole.split_once('/').unwrap_or((whole, ""));
        let (name_, value) = whole.split_at(whole.find([':', '/']).unwrap_or(whole.len()));
        let target = head.split_once(':').map_or(domain.clone(), |(_, host)| match name_ {
            "ip4" | "ip6" => domain.clone(),
            _ => name(host),
        });
        let (v4, v6) = match (name_, lengths.split_once('/')) {
            ("ip6", _) => ("", lengths),
            (_, Some((v4, v6))) => (v4, v6),
            (_, None) => (lengths, ""),
        };
        let prefix = [v4.parse().unwrap_or(32), v6.parse().unwrap_or(128)];
        let value = value.trim_start_matches(':');
        (verdict, Mechanism { whole, name: name_, target, value, prefix })
    })
}

/// Where a record sends on to, unless it ends by itself (§6.1).
fn redirect(text: &str) -> Option<&str> {
    let ends = text.split(' ').any(|term| term.trim_start_matches(['+', '-', '~', '?']) == "all");
    text.split(' ').find_map(|term| term.strip_prefix("redirect=")).filter(|_| !ends)
}

fn covers(net: IpAddr, [v4, v6]: [u8; 2], address: IpAddr) -> bool {
    match (net, address) {
        (IpAddr::V4(net), IpAddr::V4(address)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(v4)).unwrap_or(0);
            net.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(net), IpAddr::V6(address)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(v6)).unwrap_or(0);
            net.to_bits() & mask == address.to_bits() & mask
        }
        _ => false,
    }
}

/// The first and the last address of a network.
fn edges(net: IpAddr, [v4, v6]: [u8; 2]) -> [IpAddr; 2] {
    match net {
        IpAddr::V4(net) => {
            let hosts = u32::MAX.checked_shr(v4.into()).unwrap_or(0);
            [net.to_bits() & !hosts, net.to_bits() | hosts].map(|bits| IpAddr::V4(bits.into()))
        }
        IpAddr::V6(net) => {
            let hosts = u128::MAX.checked_shr(v6.into()).unwrap_or(0);
            [net.to_bits() & !hosts, net.to_bits() | hosts].map(|bits| IpAddr::V6(bits.into()))
        }
    }
}
