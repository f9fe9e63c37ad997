//! What the presets tell of platforms, to recognise one by its records and to propose another.

use super::preset::{HEAD, Head, blanks, filled, head, settings};
use super::reader::{Reader, advice, list, scalar};
use super::side::Place;
use super::{Folder, Node, Source, Value, scalar as read};
use crate::dns::{Name, Rdata, RrSet, Rtype, TextError, Zone};
use crate::mail::platform::{PRESETS, Preset, preset};
use crate::mail::{Home, Side};
use std::collections::{BTreeMap, BTreeSet};

/// A platform as its preset describes it, for one zone.
#[derive(Clone, Debug)]
pub struct Platform {
    /// What a zone file calls it.
    pub name: &'static str,
    /// What it is.
    pub about: String,
    /// Where these facts are from.
    pub source: String,
    /// How far they can be relied on: `high`, `medium` or `low`.
    pub confidence: String,
    /// In which month they were looked at.
    pub checked: String,
    /// The last day of a platform that ends.
    pub ends: Option<String>,
    /// What it brings, as one would write it in a zone file.
    pub body: &'static str,
    /// The comments of the preset: what its records do not say.
    pub notes: Vec<&'static str>,
    /// The domains that its hosts stand in; none where the hosts are one's own.
    pub domains: Vec<Name>,
    /// Where mail programs connect: `smtp`, `imap` and `pop`.
    pub clients: BTreeMap<String, String>,
    /// The only port that it takes users' mail on, where it does not offer both.
    pub smtp_port: Option<u16>,
    /// How mail programs sign in.
    pub sign_in: Option<SignIn>,
    /// What only its console knows, and where it is found there.
    pub settings: BTreeMap<String, String>,
    /// Settings that need not be given: each is the first label of the host in another.
    pub derived: BTreeMap<String, String>,
    /// The keys of a side that it writes.
    pub keys: BTreeSet<String>,
    /// Those of them that need a setting.
    pub open: BTreeSet<String>,
    /// What it brings without any setting.
    pub side: Side,
    /// Where its clients and services are found.
    names: BTreeSet<Name>,
}

/// How mail programs sign in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignIn {
    /// In a browser window (OAuth 2.0), and in no other way.
    OAuth,
    /// So, or with a password that is made for one program.
    AppPassword,
}

impl SignIn {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::OAuth => "oauth",
            Self::AppPassword => "app-password",
        }
    }

    fn parse(text: &str) -> Result<Self, TextError> {
        let known = [Self::OAuth, Self::AppPassword];
        known.into_iter().find(|one| one.name() == text).ok_or_else(|| {
            let message =
                format!("`{text}` is no sign-in; {}", advice(text, &known.map(Self::name)));
            TextError { at: 0, len: text.len().max(1), message }
        })
    }
}

impl Platform {
    /// What helps to tell its records from those of others.
    pub fn home(&self) -> Home {
        Home { domains: self.domains.clone(), keys_are_aliases: self.keys.contains("dkim") }
    }

    /// Whether its hosts are one's own.
    pub fn is_own(&self) -> bool {
        self.domains.is_empty()
    }

    /// Whether a zone has the names that it asks for, and no other way to find servers.
    fn fits(&self, zone: &Zone) -> bool {
        let ways = ["autoconfig", "autodiscover"].map(|way| Name::parse_in(way, zone.apex()));
        let is_same = |way: &Name| zone.has_name(way) == self.names.contains(way);
        !self.names.is_empty()
            && self.names.iter().all(|name| zone.has_name(name))
            && ways.iter().flatten().all(is_same)
    }
}

/// The platform of this name, for a zone.
pub fn platform(name: &str, zone: &Name) -> Option<Platform> {
    described(preset(name)?, zone)
}

/// The platform to which a zone's mail goes: that of its first MX, or else one's own servers by the
/// names that each kind asks for.
pub fn recognised(zone: &Zone) -> Option<Platform> {
    let mx = zone.find(zone.apex(), Rtype::MX).map(RrSet::rdata).unwrap_or_default();
    // In their order, so by preference.
    let Some(Rdata::Mx(first)) = mx.first() else { return None };
    let all = || PRESETS.iter().filter_map(|preset| described(*preset, zone.apex()));
    let takes_in = |platform: &Platform| {
        platform.domains.iter().any(|domain| first.exchange.is_within(domain))
    };
    if let Some(found) = all().find(takes_in) {
        return Some(found);
    }
    if !first.exchange.is_within(zone.apex()) {
        return None;
    }
    let asks_for = |platform: &Platform| platform.names.len();
    let own = all().filter(|platform| platform.is_own() && platform.fits(zone));
    own.max_by_key(asks_for).or_else(|| platform("self-hosted", zone.apex()))
}

/// A preset, read without mercy as it is part of the program.
fn described(preset: Preset, zone: &Name) -> Option<Platform> {
    let source = Source::new(format!("{}.yaml", preset.name), preset.text);
    let reader = Reader::new(&source);
    let node = Node::parse(&source.text).ok()?;
    let mut table = reader.table(&node)?;
    let domains = table.get("within", list(scalar(read::domain))).unwrap_or_default();
    let clients = table.get("clients", settings).unwrap_or_default();
    let smtp_port = table.get("smtp-port", scalar(read::integer));
    let sign_in = table.get("sign-in", scalar(SignIn::parse));
    let Head { about, source: from, confidence, checked, ends, settings, derived } =
        head(&reader, &node)?;
    let Value::Map(entries) = node.value else { return None };
    let is_head = |(key, _): &(Node, Node)| key.text().is_some_and(|key| HEAD.contains(&key));
    let own =
        Node { value: Value::Map(entries.into_iter().filter(|e| !is_head(e)).collect()), ..node };
    let hosts = settings.keys().map(|name| (name.clone(), SOME_HOST.to_owned())).collect();
    let whole = side(&reader, &filled(&own, zone, &hosts), zone)?;
    let names = whole.retrieval.keys().chain(whole.records.iter().map(|(set, _)| set.owner()));
    let names = names.cloned().collect();
    let own = filled(&own, zone, &BTreeMap::new());
    let (keys, open, closed) = parted(own);
    let side = side(&reader, &closed, zone)?;
    let notes = preset.text.lines().filter(|line| line.starts_with('#')).collect();
    let name = preset.name;
    let body = body(preset.text);
    Some(Platform {
        name,
        about,
        source: from,
        confidence,
        checked,
        ends,
        body,
        notes,
        domains,
        clients,
        smtp_port,
        sign_in,
        settings,
        derived,
        keys,
        open,
        side,
        names,
    })
}

/// A preset from behind its head on.
fn body(text: &'static str) -> &'static str {
    let mut at = 0;
    let is_head = |line: &&str| {
        let key = line.split(':').next().unwrap_or_default();
        line.starts_with(' ') || HEAD.contains(&key)
    };
    for line in text.split_inclusive('\n').take_while(is_head) {
        at += line.len();
    }
    &text[at..]
}

/// What stands for a setting where only the names of a preset matter.
const SOME_HOST: &str = "host.invalid.";

fn side(reader: &Reader<'_>, node: &Node, zone: &Name) -> Option<Side> {
    let place = Place { zone, files: &Folder::new("."), is_old: false };
    Some(place.body(reader, &mut reader.table(node)?, Side::default()))
}

/// The keys of a preset, those of them with blanks, and a table of the others.
fn parted(node: Node) -> (BTreeSet<String>, BTreeSet<String>, Node) {
    let Value::Map(entries) = node.value else { return (BTreeSet::new(), BTreeSet::new(), node) };
    let is_open = |(key, value): &(Node, Node)| {
        !blanks(&key.outline()).is_empty() || !blanks(&value.outline()).is_empty()
    };
    let keys = |entries: &[(Node, Node)]| {
        entries.iter().filter_map(|(key, _)| Some(key.text()?.to_owned())).collect()
    };
    let all = keys(&entries);
    let (open, closed): (Vec<_>, Vec<_>) = entries.into_iter().partition(is_open);
    (all, keys(&open), Node { span: node.span, value: Value::Map(closed) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_described() {
        let zone = Name::parse("example.net.").unwrap();
        for preset in PRESETS {
            let found = platform(preset.name, &zone).unwrap();
            let has_questions = !found.open.is_empty();
            assert_eq!(has_questions, !found.settings.is_empty(), "{}", preset.name);
            let is_within = |name: &Name| found.domains.iter().any(|domain| name.is_within(domain));
            let hosts = found.side.mx.iter().map(|mx| &mx.exchange);
            assert!(found.is_own() || hosts.clone().all(is_within), "{}", preset.name);
            for host in found.clients.values() {
                assert!(is_within(&Name::parse(host).unwrap()), "{} {host}", preset.name);
            }
        }
    }

    #[test]
    fn a_platform_is_recognised_by_its_records() {
        let apex = Name::parse("example.net.").unwrap();
        let check = |text: &str, expected: Option<&str>| {
            let zone = Zone::parse(text, &apex).unwrap();
            assert_eq!(recognised(&zone).map(|found| found.name), expected, "{text}");
        };
        check("@ 60 A 192.0.2.1", None);
        check("@ 60 MX 10 mx.host.example.", None);
        check("@ 60 MX 0 .", None);
        check(
            "@ 60 MX 1 ASPMX.L.GOOGLE.COM.\n@ 60 MX 5 alt1.aspmx.l.google.com.",
            Some("google-workspace"),
        );
        let m365 = "@ 60 MX 0 example-net.mail.protection.outlook.com.";
        check(m365, Some("microsoft-365"));
        check(&format!("{m365}\n@ 60 MX 10 mx.other.example."), Some("microsoft-365"));
        check("@ 60 MX 0 example-net.a-v1.mx.microsoft.", Some("microsoft-365-dane"));
        check("@ 60 MX 10 mx.zoho.eu.", Some("zoho"));
        check("@ 60 MX 10 inbound-smtp.eu-west-1.amazonaws.com.", Some("workmail"));
        let own = "@ 60 MX 10 mail\nmail 60 A 192.0.2.1\n";
        let check = |lines: &str, expected| check(&format!("{own}{lines}"), Some(expected));
        check("", "self-hosted");
        check("autodiscover 60 CNAME mail", "exchange-onprem");
        check("autodiscover 60 CNAME mail\nautoconfig 60 CNAME mail", "self-hosted");
        check(
            "autodiscover 60 CNAME mail\nautoconfig 60 CNAME mail\n\
            _caldavs._tcp 60 SRV 0 0 443 mail\n_carddavs._tcp 60 SRV 0 0 443 mail",
            "mailinabox",
        );
    }
}
