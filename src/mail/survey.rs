//! A live zone's mail records, sorted into the parts of a side.
//!
//! What is not claimed stays as it is, so whatever is doubtful is left alone, and told.

mod names;

use super::dmarc;
use super::intent::{Side, dmarc_owner};
use super::records::{mx, texts};
use super::spf::{self, Spf};
use crate::dns::rdata::Txt;
use crate::dns::{Name, Rdata, RrSet, Rtype, Zone};
pub use names::questions;
use names::{GROUPWARE, PORTS, RETRIEVAL, SERVICES, SUBMISSION, is_nobody};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is known of the platform before the records are sorted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Home {
    /// The domains that its hosts stand in; with none, those of the MX hosts.
    pub domains: Vec<Name>,
    /// Whether all its DKIM keys are aliases of its own, so that a key as text is somebody else's.
    pub keys_are_aliases: bool,
}

/// The mail records of a zone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Survey {
    /// Those that can be told apart.
    pub side: Side,
    /// What a person should look at.
    pub remarks: Vec<Remark>,
}

/// Something about a name that a person should know or decide.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Remark {
    /// The name.
    pub owner: Name,
    /// What is so, as a clause behind the name.
    pub message: String,
    /// Whether a decision is asked for.
    pub is_open: bool,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Somebody else's text may be quoted in it, line breaks and all.
        let plain =
            |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
        write!(f, "`{}` {}", self.owner, self.message.chars().map(plain).collect::<String>())
    }
}

/// Sorts the records of a zone.
pub fn survey(zone: &Zone, home: &Home) -> Survey {
    let mut sorter = Sorter::new(zone, home);
    sorter.mx();
    sorter.spf();
    sorter.keys();
    sorter.dmarc();
    sorter.clients();
    sorter.records();
    Survey { side: sorter.side, remarks: sorter.remarks }
}

/// The zone without what a wildcard has answered, and for which names it did.
///
/// Who asks for names one by one cannot see a wildcard itself, only that a name which nobody has
/// is answered just as one that somebody might have.
pub fn without_wildcards(zone: &Zone) -> (Zone, Vec<Name>) {
    let mut wild: BTreeMap<Option<Name>, BTreeMap<Rtype, &[Rdata]>> = BTreeMap::new();
    for set in zone.rrsets().filter(|set| is_nobody(set.owner())) {
        wild.entry(set.owner().parent()).or_default().insert(set.rtype(), set.rdata());
    }
    let (mut kept, mut told) = (Zone::new(zone.apex().clone()), BTreeSet::new());
    for set in zone.rrsets().filter(|set| !is_nobody(set.owner())) {
        let mut above = std::iter::successors(set.owner().parent(), Name::parent);
        let closest = above.find_map(|above| wild.get(&Some(above)));
        let is_wild = closest.and_then(|answers| answers.get(&set.rtype()));
        match is_wild.is_some_and(|rdata| *rdata == set.rdata()) && set.owner() != zone.apex() {
            true => drop(told.insert(set.owner().clone())),
            false => kept.put(set.clone()),
        }
    }
    (kept, told.into_iter().collect())
}

struct Sorter<'a> {
    zone: &'a Zone,
    home: Home,
    side: Side,
    remarks: Vec<Remark>,
}

impl<'a> Sorter<'a> {
    fn new(zone: &'a Zone, home: &Home) -> Self {
        let mut home = home.clone();
        if home.domains.is_empty() {
            let parents = mx(zone).filter_map(|mx| mx.exchange.parent());
            home.domains = parents.filter(|domain| domain.labels().count() > 1).collect();
        }
        Self { zone, home, side: Side::default(), remarks: Vec::new() }
    }

    fn tell(&mut self, owner: &Name, message: impl Into<String>) {
        let (owner, message) = (owner.clone(), message.into());
        self.remarks.push(Remark { owner, message, is_open: false });
    }

    fn ask(&mut self, owner: &Name, message: impl Into<String>) {
        let (owner, message) = (owner.clone(), message.into());
        self.remarks.push(Remark { owner, message, is_open: true });
    }

    /// Whether a name is the zone's own or the platform's.
    fn is_at_home(&self, name: &Name) -> bool {
        self.home.domains.iter().chain([self.zone.apex()]).any(|domain| name.is_within(domain))
    }

    fn mx(&mut self) {
        let apex = self.zone.apex();
        self.side.mx = mx(self.zone).cloned().collect();
        let sets = self.zone.rrsets().filter(|set| set.rtype() == Rtype::MX);
        for owner in sets.map(RrSet::owner).filter(|owner| *owner != apex) {
            self.tell(owner, "has MX records of its own; they stay as they are");
        }
        let has_address =
            [Rtype::A, Rtype::AAAA].iter().any(|t| self.zone.find(apex, *t).is_some());
        if self.side.mx.is_empty() && has_address {
            let message = "has no MX, so mail goes to its address; say whether it shall";
            self.ask(apex, message);
        }
    }

    fn spf(&mut self) {
        let apex = self.zone.apex();
        let mut texts = texts(self.zone, apex);
        texts.retain(|text| spf::is_spf(text));
        match texts.as_slice() {
            [] => (),
            [one] => match Spf::parse(one) {
                Ok(spf) => self.side.spf = Some(spf),
                Err(error) => self.ask(apex, format!("has an SPF record that fails: {error}")),
            },
            many => {
                let message = format!(
                    "has {} SPF records, so receivers take none of them; join them, and \
                     write it under `spf:`",
                    many.len()
                );
                self.ask(apex, message);
            }
        }
    }

    fn dmarc(&mut self) {
        let owner = dmarc_owner(self.zone.apex());
        match self.zone.find(&owner, Rtype::TXT).map(RrSet::rdata) {
            None => (),
            Some([Rdata::Txt(txt)]) if is_text(txt) => match dmarc::policy(&txt.text()) {
                Ok(_) => self.side.dmarc = Some(txt.text().into_owned()),
                Err(error) => self.ask(&owner, format!("holds no DMARC record: {error}")),
            },
            Some(_) => self.ask(&owner, "holds several texts; leave one DMARC record"),
        }
    }

    fn keys(&mut self) {
        let Ok(parent) = Name::parse_in("_domainkey", self.zone.apex()) else { return };
        let below = |set: &&RrSet| set.owner().is_within(&parent) && *set.owner() != parent;
        for set in self.zone.rrsets().filter(below) {
            let owner = set.owner();
            let doubt = match set.rdata() {
                _ if owner.is_wildcard() => "answers for every selector; it stays as it is",
                // Policies of old, `_adsp` and `_policy`, are no keys.
                _ if owner.labels().next().is_some_and(|label| label.starts_with(b"_")) => continue,
                [Rdata::Cname(target)] if !self.is_at_home(target) => {
                    "is a key of somebody else's who sends for the domain; it stays as it is"
                }
                [Rdata::Txt(txt)] if self.is_foreign(owner, txt) => {
                    "seems to be a key of somebody else's who sends for the domain; it stays as \
                     it is, unless you write it under `dkim:`"
                }
                [Rdata::Txt(_), _, ..] => {
                    self.ask(owner, "holds several texts, so which key counts is undefined");
                    continue;
                }
                [one @ (Rdata::Cname(_) | Rdata::Txt(_))] => {
                    self.side.dkim.insert(owner.clone(), one.clone());
                    continue;
                }
                _ => continue,
            };
            self.tell(owner, doubt);
        }
    }

    fn is_foreign(&self, owner: &Name, txt: &Txt) -> bool {
        let label = owner.labels().next().unwrap_or_default().to_ascii_lowercase();
        let is_known = FOREIGN_KEYS.iter().any(|known| known.as_bytes() == label);
        self.home.keys_are_aliases || is_known || label.ends_with(b"pm") || !is_text(txt)
    }

    /// Names that users know; a host that mail or another stage's names lead to is none.
    fn clients(&mut self) {
        let submission = self.hosts(SUBMISSION);
        let retrieval = self.hosts(RETRIEVAL);
        let targets = |hosts: &BTreeMap<Name, Vec<Rdata>>| -> BTreeSet<Name> {
            hosts.values().flatten().filter_map(alias).cloned().collect()
        };
        let mx: BTreeSet<_> = self.side.mx.iter().map(|mx| mx.exchange.clone()).collect();
        let (sent, read) = (targets(&submission), targets(&retrieval));
        let mut sort = |hosts: BTreeMap<Name, Vec<Rdata>>, others: &BTreeSet<Name>| {
            let is_led_to = |name: &Name| mx.contains(name) || others.contains(name);
            let (led, free): (BTreeMap<_, _>, _) =
                hosts.into_iter().partition(|(name, _)| is_led_to(name));
            self.remarks.extend(led.into_keys().map(|owner| Remark {
                owner,
                message: LED_TO.to_owned(),
                is_open: true,
            }));
            free
        };
        let (submission, retrieval) = (sort(submission, &read), sort(retrieval, &sent));
        (self.side.submission, self.side.retrieval) = (submission, retrieval);
    }

    /// Those of these names that exist, with where they lead.
    fn hosts(&self, labels: &[&str]) -> BTreeMap<Name, Vec<Rdata>> {
        let names = labels.iter().filter_map(|label| Name::parse_in(label, self.zone.apex()).ok());
        let hosts = names.map(|name| {
            let sets = self.zone.at(&name).filter(|set| is_host(set.rtype()));
            let rdata = sets.flat_map(RrSet::rdata).cloned().collect::<Vec<_>>();
            (name, rdata)
        });
        hosts.filter(|(_, rdata)| !rdata.is_empty()).collect()
    }

    fn records(&mut self) {
        let apex = self.zone.apex();
        for set in self.zone.rrsets().filter(|set| set.owner().is_within(apex)) {
            let depth = set.owner().labels().count() - apex.labels().count();
            let labels = set.owner().labels().take(depth);
            let labels: Vec<_> =
                labels.map(|label| String::from_utf8_lossy(label).to_ascii_lowercase()).collect();
            let labels: Vec<_> = labels.iter().map(String::as_str).collect();
            let is_cut = [Rtype::NS, Rtype::DNAME].contains(&set.rtype());
            if is_cut && labels.first().is_some_and(|label| label.starts_with('_')) {
                self.tell(set.owner(), "is handed over to others; what is below was not looked at");
            }
            if is_groupware(&labels) && !self.leads_home(set.owner()) {
                self.tell(set.owner(), "leads to somebody else's server; it stays as it is");
            } else if is_groupware(&labels) || is_mail(&labels, set.rtype()) {
                self.side.records.push((set.clone(), None));
            }
        }
    }

    /// Whether a service is the platform's, or served by the hosts that take mail in.
    fn leads_home(&self, owner: &Name) -> bool {
        let service = self.zone.find(owner, Rtype::SRV);
        let targets = service.into_iter().flat_map(RrSet::rdata).filter_map(|rdata| match rdata {
            Rdata::Srv(srv) => Some(&srv.target),
            _ => None,
        });
        let mut targets = targets.peekable();
        let is_mx = |name: &Name| self.side.mx.iter().any(|mx| mx.exchange == *name);
        let is_platform =
            |name: &Name| self.home.domains.iter().any(|domain| name.is_within(domain));
        let elsewhere = |name: &Name| !name.is_within(self.zone.apex());
        targets.peek().is_some()
            && targets.all(|name| is_mx(name) || (elsewhere(name) && is_platform(name)))
    }
}

/// What is told of a host by which users may have been told to connect.
const LED_TO: &str = "is a host to which other records lead, so it stays as it is; if mail \
    programs have it entered too, give users a name of their own first";

/// Selectors of those who send newsletters and the like, and never take mail in.
const FOREIGN_KEYS: [&str; 9] =
    ["cm", "k1", "k2", "k3", "krs", "mailjet", "mandrill", "pic", "smtpapi"];

/// Whether it can be written as text and reads back the same.
fn is_text(txt: &Txt) -> bool {
    Txt::new(txt.text().as_bytes()) == *txt
}

fn is_host(rtype: Rtype) -> bool {
    [Rtype::A, Rtype::AAAA, Rtype::CNAME].contains(&rtype)
}

fn alias(rdata: &Rdata) -> Option<&Name> {
    match rdata {
        Rdata::Cname(target) => Some(target),
        _ => None,
    }
}

fn is_groupware(labels: &[&str]) -> bool {
    matches!(labels, [service, "_tcp"] if GROUPWARE.contains(service))
}

/// Whether a record of this type, at a name below the zone's, says how mail is carried or found.
fn is_mail(labels: &[&str], rtype: Rtype) -> bool {
    let is_text = [Rtype::TXT, Rtype::CNAME].contains(&rtype);
    match labels {
        ["_mta-sts"] | ["_smtp", "_tls"] | ["_ua-auto-config"] | [_, "_bimi"] => is_text,
        ["_dmarc"] => rtype == Rtype::CNAME,
        ["mta-sts"] => is_host(rtype),
        [service, "_tcp"] if SERVICES.contains(service) => is_text || rtype == Rtype::SRV,
        [port, "_tcp", ..] if PORTS.contains(port) => [Rtype::TLSA, Rtype::CNAME].contains(&rtype),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
