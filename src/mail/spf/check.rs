//! What a receiver concludes about a message: `check_host` (RFC 7208 §4).

use super::macros::{Use, expand, pieces};
use super::network::{Network, dotted, reverse};
use super::{Mechanism, Qualifier, Spf, Target, is_spf};
use crate::dns::{Name, Rdata, Rtype};
use crate::mail::view::{Reply, View, look_up};
use std::net::IpAddr;

/// Who hands a message over, and to whom.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// The MAIL FROM address; empty for `<>`.
    pub sender: String,
    /// What it called itself in HELO or EHLO.
    pub helo: String,
    /// The receiver's name, for explanations.
    pub receiver: String,
    /// The time in seconds since 1970, for explanations.
    pub time: u64,
}

/// What a receiver concludes (§2.6), from good to bad.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Verdict {
    /// It may send.
    Pass,
    /// There is no record, or no domain.
    None,
    /// The domain does not say.
    Neutral,
    /// It probably may not.
    SoftFail,
    /// It may not.
    Fail,
    /// Somebody could not be asked; later perhaps.
    TempError,
    /// The record cannot be made sense of.
    PermError,
}

/// A verdict, and how it came about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// What is concluded.
    pub verdict: Verdict,
    /// What a domain says to senders that fail.
    pub explanation: Option<String>,
    /// How many terms have asked the DNS; 10 are allowed (§4.6.4).
    pub lookups: usize,
    /// How many of them were answered by nothing; 2 are allowed (§4.6.4).
    pub voids: usize,
}

/// How many terms may ask the DNS, hosts an MX set may have, and names an address (§4.6.4).
pub const MOST_LOOKUPS: usize = 10;
/// How many questions may be answered by nothing (§4.6.4).
pub const MOST_VOIDS: usize = 2;

/// Judges a client by the record of its sender's domain, or of its own name if there is none.
pub fn check_host(view: &dyn View, client: &Client) -> Outcome {
    let sender = match client.sender.as_str() {
        "" => format!("postmaster@{}", client.helo),
        sender if sender.starts_with('@') => format!("postmaster{sender}"),
        sender if sender.contains('@') => sender.to_owned(),
        domain => format!("postmaster@{domain}"),
    };
    let address = client.address.to_canonical();
    let domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
    let mut check = Check { view, client, sender: &sender, address, lookups: 0, voids: 0 };
    let (verdict, explanation) = match check.judge(&domain) {
        Ok((verdict, domain)) => {
            let explanation = domain.filter(|_| verdict == Verdict::Fail);
            (verdict, explanation.and_then(|(text, domain)| check.explain(&text, &domain)))
        }
        Err(Halt::Temporary) => (Verdict::TempError, None),
        Err(Halt::Permanent) => (Verdict::PermError, None),
    };
    Outcome { verdict, explanation, lookups: check.lookups, voids: check.voids }
}

/// Why there is no verdict.
enum Halt {
    Temporary,
    Permanent,
}

type Step<T> = Result<T, Halt>;

/// A verdict, and where a domain explains it: what `exp=` says, and in whose record.
type Found = (Verdict, Option<(String, String)>);

struct Check<'a> {
    view: &'a dyn View,
    client: &'a Client,
    sender: &'a str,
    address: IpAddr,
    lookups: usize,
    voids: usize,
}

impl<'a> Check<'a> {
    /// By the record of a domain (§4.3 to §4.7).
    fn judge(&mut self, domain: &str) -> Step<Found> {
        let Some(owner) = name(domain).filter(|name| name.labels().count() > 1) else {
            return Ok((Verdict::None, None));
        };
        let Some(spf) = self.record(&owner)? else {
            return Ok((Verdict::None, None));
        };
        for (qualifier, mechanism) in spf.directives() {
            if self.matches(mechanism, domain)? {
                let explained =
                    spf.modifiers("exp").next().map(|text| (text.into(), domain.into()));
                return Ok((verdict(qualifier), explained));
            }
        }
        let Some(target) = spf.redirect() else {
            return Ok((Verdict::Neutral, None));
        };
        self.asks()?;
        let target = self.domain(Some(target), domain)?;
        match self.judge(&target)? {
            (Verdict::None, _) => Err(Halt::Permanent),
            found => Ok(found),
        }
    }

    /// The one SPF record of a name (§4.4, §4.5).
    fn record(&self, owner: &Name) -> Step<Option<Spf>> {
        let texts = self.ask(owner, Rtype::TXT)?.iter().filter_map(Rdata::text);
        let mut records = texts.filter(|text| is_spf(text));
        match (records.next(), records.next()) {
            (None, _) => Ok(None),
            (Some(record), None) => Spf::parse(&record).map(Some).map_err(|_| Halt::Permanent),
            (Some(_), Some(_)) => Err(Halt::Permanent),
        }
    }

    /// Whether a mechanism is about this client (§5).
    fn matches(&mut self, mechanism: &Mechanism, domain: &str) -> Step<bool> {
        match mechanism {
            Mechanism::All => Ok(true),
            Mechanism::Ip4(..) | Mechanism::Ip6(..) => {
                Ok(Network::of(mechanism).is_some_and(|net| net.has(self.address)))
            }
            Mechanism::Include(target) => {
                self.asks()?;
                let target = self.domain(Some(target), domain)?;
                match self.judge(&target)?.0 {
                    Verdict::None => Err(Halt::Permanent),
                    verdict => Ok(verdict == Verdict::Pass),
                }
            }
            Mechanism::A(target) => {
                let host = self.target(target.domain.as_deref(), domain)?;
                let found = self.addresses(host.as_ref())?;
                self.count(found.is_empty())?;
                Ok(self.is_among(&found, target))
            }
            Mechanism::Mx(target) => self.exchanges(target, domain),
            Mechanism::Exists(target) => {
                let host = self.target(Some(target), domain)?;
                let found = host.map_or(Ok(&[][..]), |host| self.ask(&host, Rtype::A))?;
                self.count(found.is_empty())?;
                Ok(!found.is_empty())
            }
            Mechanism::Ptr(target) => {
                let target = self.target(target.as_deref(), domain)?;
                let names = self.names();
                Ok(target.is_some_and(|target| names.iter().any(|name| name.is_within(&target))))
            }
        }
    }

    fn exchanges(&mut self, target: &Target, domain: &str) -> Step<bool> {
        let owner = self.target(target.domain.as_deref(), domain)?;
        let found = owner.map_or(Ok(&[][..]), |owner| self.ask(&owner, Rtype::MX))?;
        self.count(found.is_empty())?;
        if found.len() > MOST_LOOKUPS {
            return Err(Halt::Permanent);
        }
        for rdata in found {
            if let Rdata::Mx(mx) = rdata {
                let addresses = self.addresses(Some(&mx.exchange))?;
                if self.is_among(&addresses, target) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The names of the client's address that lead back to it (§5.5); an error is no name.
    fn names(&self) -> Vec<Name> {
        let owner = reverse(self.address).and_then(|owner| self.ask(&owner, Rtype::PTR).ok());
        let names = owner.unwrap_or_default().iter().filter_map(|rdata| match rdata {
            Rdata::Ptr(name) => Some(name),
            _ => None,
        });
        let leads_back = |name: &&Name| {
            self.addresses(Some(name)).is_ok_and(|found| found.contains(&self.address))
        };
        names.take(MOST_LOOKUPS).filter(leads_back).cloned().collect()
    }

    /// The name that a term is about, which costs one question; none if it cannot be a name.
    fn target(&mut self, target: Option<&str>, domain: &str) -> Step<Option<Name>> {
        self.asks()?;
        Ok(name(&self.domain(target, domain)?))
    }

    /// A domain with its macros filled in, cut from the left to the length of a name (§7.3).
    fn domain(&self, text: Option<&str>, domain: &str) -> Step<String> {
        let Some(text) = text else { return Ok(domain.to_owned()) };
        let parts = pieces(text, Use::Domain).map_err(|_| Halt::Permanent)?;
        let full = expand(&parts, |letter| self.value(letter, domain));
        let mut rest = full.strip_suffix('.').unwrap_or(&full);
        // 255 octets are 253 characters and the dot behind them (RFC 1035 §2.3.4).
        while rest.len() > 253 {
            rest = rest.split_once('.').map_or("", |(_, rest)| rest);
        }
        Ok(rest.to_owned())
    }

    /// What a macro's letter stands for (§7.2).
    fn value(&self, letter: char, domain: &str) -> String {
        let (local, host) = self.sender.rsplit_once('@').unwrap_or_default();
        match letter {
            's' => self.sender.to_owned(),
            'l' => local.to_owned(),
            'o' => host.to_owned(),
            'd' => domain.to_owned(),
            'i' => dotted(self.address),
            'p' => self.best_name(domain),
            'v' => if self.address.is_ipv4() { "in-addr" } else { "ip6" }.to_owned(),
            'h' => self.client.helo.clone(),
            'c' => self.address.to_string(),
            'r' => self.client.receiver.clone(),
            _ => self.client.time.to_string(),
        }
    }

    /// One name of the client: the domain itself, else one within it, else any (§7.3).
    fn best_name(&self, domain: &str) -> String {
        let names = self.names();
        let found = name(domain).and_then(|domain| {
            let is_same = names.iter().find(|name| **name == domain);
            is_same.or_else(|| names.iter().find(|name| name.is_within(&domain)))
        });
        let found = found.or(names.first()).map(|name| name.to_string());
        found.map_or("unknown".to_owned(), |name| name.trim_end_matches('.').to_owned())
    }

    /// What a domain has to say about a failure; nothing if anything is wrong (§6.2).
    fn explain(&self, target: &str, domain: &str) -> Option<String> {
        let owner = name(&self.domain(Some(target), domain).ok()?)?;
        let [one] = self.ask(&owner, Rtype::TXT).ok()? else { return None };
        let text = one.text().filter(|text| text.is_ascii())?;
        let parts = pieces(&text, Use::Words).ok()?;
        Some(expand(&parts, |letter| self.value(letter, domain)))
    }

    fn addresses(&self, host: Option<&Name>) -> Step<Vec<IpAddr>> {
        let rtype = if self.address.is_ipv4() { Rtype::A } else { Rtype::AAAA };
        let found = host.map_or(Ok(&[][..]), |host| self.ask(host, rtype))?;
        let addresses = found.iter().filter_map(|rdata| match rdata {
            Rdata::A(address) => Some(IpAddr::V4(*address)),
            Rdata::Aaaa(address) => Some(IpAddr::V6(*address)),
            _ => None,
        });
        Ok(addresses.collect())
    }

    fn is_among(&self, addresses: &[IpAddr], target: &Target) -> bool {
        let prefix = match self.address {
            IpAddr::V4(_) => target.v4.unwrap_or(32),
            IpAddr::V6(_) => target.v6.unwrap_or(128),
        };
        addresses.iter().any(|net| Network::new(*net, prefix).has(self.address))
    }

    fn ask(&self, owner: &Name, rtype: Rtype) -> Step<&'a [Rdata]> {
        match look_up(self.view, owner, rtype) {
            Reply::Unknown => Err(Halt::Temporary),
            found => Ok(found.data()),
        }
    }

    fn asks(&mut self) -> Step<()> {
        self.lookups += 1;
        if self.lookups > MOST_LOOKUPS { Err(Halt::Permanent) } else { Ok(()) }
    }

    fn count(&mut self, is_void: bool) -> Step<()> {
        self.voids += usize::from(is_void);
        if self.voids > MOST_VOIDS { Err(Halt::Permanent) } else { Ok(()) }
    }
}

fn verdict(qualifier: Qualifier) -> Verdict {
    match qualifier {
        Qualifier::Pass => Verdict::Pass,
        Qualifier::Neutral => Verdict::Neutral,
        Qualifier::SoftFail => Verdict::SoftFail,
        Qualifier::Fail => Verdict::Fail,
    }
}

/// Text as a name, whatever its labels hold; none if that is too long, or has an empty label.
pub(super) fn name(text: &str) -> Option<Name> {
    let mut wire = Vec::with_capacity(text.len() + 2);
    for label in text.strip_suffix('.').unwrap_or(text).split('.') {
        wire.push(u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?);
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    Name::from_wire(&wire).ok()
}
