//! What receivers find who follow SPF to its ends, and addresses to their names.

use super::scene::Scene;
use super::{Check, Hit, Rule};
use crate::dns::{Name, Rdata, Rtype};
use crate::mail::finding::Severity::{Error, Warning};
use crate::mail::spf::{Census, MOST_LOOKUPS, MOST_VOIDS, Mechanism, Qualifier, is_spf, reverse};
use crate::mail::view::{Reply, look_up};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// About what SPF leads to, and about the names of those who send.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "SPF05",
        severity: Error,
        says: "At most two terms of SPF ask for what is not there.",
        reference: "RFC 7208 §4.6.4",
        bad: "@ 60 TXT \"v=spf1 a:a.example.org a:b.example.org a:c.example.org -all\"\n\
            mail.example.org. 60 A 192.0.2.1",
        good: "@ 60 TXT \"v=spf1 a:a.example.org a:b.example.org a:mail.example.org -all\"\n\
            mail.example.org. 60 A 192.0.2.1",
        check: Check::Asked(few_voids),
    },
    Rule {
        id: "SPF06",
        severity: Error,
        says: "Where `include` and `redirect` lead, there is one record to read.",
        reference: "RFC 7208 §5.2",
        bad: "@ 60 TXT \"v=spf1 include:_spf.example.org -all\"\n\
            example.org. 60 TXT \"v=spf1 -all\"",
        good: "@ 60 TXT \"v=spf1 include:example.org -all\"\n\
            example.org. 60 TXT \"v=spf1 -all\"",
        check: Check::Asked(records_included),
    },
    Rule {
        id: "SPF07",
        severity: Error,
        says: "`include` and `redirect` lead to an end.",
        reference: "RFC 7208 §4.6.4",
        bad: "@ 60 TXT \"v=spf1 include:_spf.example.org -all\"\n\
            _spf.example.org. 60 TXT \"v=spf1 include:example.net -all\"",
        good: "@ 60 TXT \"v=spf1 include:_spf.example.org -all\"\n\
            _spf.example.org. 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"",
        check: Check::Asked(no_circles),
    },
    Rule {
        id: "SPF21",
        severity: Warning,
        says: "A name of `mx` has at most ten hosts.",
        reference: "RFC 7208 §4.6.4",
        bad: "@ 60 TXT \"v=spf1 mx -all\"\n@ 60 MX 1 a\n@ 60 MX 2 b\n@ 60 MX 3 c\n@ 60 MX 4 d\n\
            @ 60 MX 5 e\n@ 60 MX 6 f\n@ 60 MX 7 g\n@ 60 MX 8 h\n@ 60 MX 9 i\n@ 60 MX 10 j\n\
            @ 60 MX 11 k",
        good: "@ 60 TXT \"v=spf1 mx -all\"\n@ 60 MX 1 a",
        check: Check::Asked(no_crowds),
    },
    Rule {
        id: "SPF26",
        severity: Warning,
        says: "Where `exp` leads, there is one text.",
        reference: "RFC 7208 §6.2",
        bad: "@ 60 TXT \"v=spf1 exp=why.example.net -all\"",
        good: "@ 60 TXT \"v=spf1 exp=why.example.net -all\"\nwhy 60 TXT \"%{i} may not send\"",
        check: Check::Asked(explained),
    },
    Rule {
        id: "HST03",
        severity: Warning,
        says: "Who sends mail has a name.",
        reference: "RFC 1912 §2.1",
        bad: "@ 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"\n9.2.0.192.in-addr.arpa. 60 PTR example.org.",
        good: "@ 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"\n1.2.0.192.in-addr.arpa. 60 PTR mail.\
            example.net.\nmail 60 A 192.0.2.1",
        check: Check::Asked(has_a_name),
    },
    Rule {
        id: "HST04",
        severity: Warning,
        says: "The name of a sender leads back to its address.",
        reference: "RFC 1912 §2.1",
        bad: "@ 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"\n1.2.0.192.in-addr.arpa. 60 PTR mail.\
            example.net.\nmail 60 A 192.0.2.2",
        good: "@ 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"\n1.2.0.192.in-addr.arpa. 60 PTR mail.\
            example.net.\nmail 60 A 192.0.2.1",
        check: Check::Asked(name_leads_back),
    },
    Rule {
        id: "HST05",
        severity: Warning,
        says: "The name of a sender is not one that its network gives to everybody.",
        reference: "RFC 1912 §2.1",
        bad: "@ 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"\n\
            1.2.0.192.in-addr.arpa. 60 PTR host-192-0-2-1.dsl.example.org.",
        good: "@ 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"\n\
            1.2.0.192.in-addr.arpa. 60 PTR mail.example.org.",
        check: Check::Asked(name_of_its_own),
    },
];

/// Words in names that networks give to the lines of their customers.
const COMMON: [&str; 8] =
    ["dynamic", "dyn", "dsl", "dhcp", "pool", "ppp", "dialup", "members.linode.com"];

/// One hit at the zone's own name if there is anything to name.
fn named<T: ToString>(
    scene: &Scene<'_>,
    wrong: Vec<T>,
    message: impl Fn(&str) -> String,
) -> Vec<Hit> {
    let names: Vec<_> = wrong.iter().map(|name| format!("`{}`", name.to_string())).collect();
    let hit = (!names.is_empty()).then(|| message(&names.join(", ")));
    hit.map(|message| (scene.zone.apex().clone(), message)).into_iter().collect()
}

fn counted(scene: &Scene<'_>, part: impl Fn(&Census) -> &Vec<Name>) -> Vec<Name> {
    scene.spf.iter().flat_map(|(_, census)| part(census).clone()).collect()
}

fn few_voids(scene: &Scene<'_>) -> Vec<Hit> {
    let voids = counted(scene, |census| &census.voids);
    let voids = if voids.len() > MOST_VOIDS { voids } else { Vec::new() };
    named(scene, voids, |names| {
        format!("SPF asks for what is not there, and receivers fail it at the third: {names}")
    })
}

fn records_included(scene: &Scene<'_>) -> Vec<Hit> {
    named(scene, counted(scene, |census| &census.lost), |names| {
        format!("SPF leads to names without one readable record, and fails there: {names}")
    })
}

fn no_circles(scene: &Scene<'_>) -> Vec<Hit> {
    named(scene, counted(scene, |census| &census.circles), |names| {
        format!("SPF leads round in a circle, and fails: by {names}")
    })
}

fn no_crowds(scene: &Scene<'_>) -> Vec<Hit> {
    named(scene, counted(scene, |census| &census.crowds), |names| {
        format!("SPF fails at `mx` with more than {MOST_LOOKUPS} hosts; name addresses: {names}")
    })
}

fn explained(scene: &Scene<'_>) -> Vec<Hit> {
    let targets = scene.spf.iter().flat_map(|(spf, _)| spf.modifiers("exp"));
    let plain = targets.filter(|target| !target.contains('%'));
    let is_bad = |owner: &Name| match look_up(scene.view, owner, Rtype::TXT) {
        Reply::Unknown => false,
        found => {
            found.data().iter().filter_map(Rdata::text).filter(|text| !is_spf(text)).count() != 1
        }
    };
    let bad =
        plain.filter_map(|target| Name::parse_in(&format!("{target}."), scene.zone.apex()).ok());
    named(scene, bad.filter(is_bad).collect(), |names| {
        format!("no text, or several, say to senders why they fail: {names}")
    })
}

/// The addresses that SPF lets send one by one: machines of one's own, not networks of a platform.
fn senders(scene: &Scene<'_>) -> BTreeSet<IpAddr> {
    let zone = scene.zone;
    let own = |target: &Option<String>| match target {
        None => Some(zone.apex().clone()),
        Some(text) => Name::parse_in(&format!("{text}."), zone.apex()).ok(),
    };
    let mut hosts = BTreeSet::new();
    let mut addresses = BTreeSet::new();
    for (qualifier, mechanism) in scene.spf.iter().flat_map(|(spf, _)| spf.directives()) {
        match mechanism {
            _ if qualifier != Qualifier::Pass => (),
            Mechanism::Ip4(address, 32) => _ = addresses.insert(IpAddr::V4(*address)),
            Mechanism::Ip6(address, 128) => _ = addresses.insert(IpAddr::V6(*address)),
            Mechanism::A(target) => hosts.extend(own(&target.domain)),
            Mechanism::Mx(target) if target.domain.is_none() => {
                hosts.extend(scene.mx().map(|mx| mx.exchange.clone()));
            }
            _ => (),
        }
    }
    hosts.retain(|host| host.is_within(zone.apex()));
    addresses.extend(hosts.iter().filter_map(|host| scene.addresses(host)).flatten());
    addresses
}

/// Senders with their names, where somebody has said them: none, if there is none.
fn names<'s>(scene: &'s Scene<'_>) -> impl Iterator<Item = (IpAddr, Vec<&'s Name>)> {
    let senders = senders(scene).into_iter();
    senders.filter_map(|address| Some((address, names_of(scene, address)?)))
}

fn names_of<'s>(scene: &'s Scene<'_>, address: IpAddr) -> Option<Vec<&'s Name>> {
    let found = look_up(scene.view, &reverse(address)?, Rtype::PTR);
    let names = found.data().iter().filter_map(|rdata| match rdata {
        Rdata::Ptr(name) => Some(name),
        _ => None,
    });
    (found != Reply::Unknown).then(|| names.collect())
}

fn has_a_name(scene: &Scene<'_>) -> Vec<Hit> {
    let nameless = names(scene).filter(|(_, names)| names.is_empty());
    named(scene, nameless.map(|(address, _)| address).collect(), |senders| {
        format!("senders have no name (PTR), and many receivers refuse them: {senders}")
    })
}

fn name_leads_back(scene: &Scene<'_>) -> Vec<Hit> {
    let leads_away = |(address, names): &(IpAddr, Vec<&Name>)| {
        let ends: Option<Vec<_>> = names.iter().map(|name| scene.addresses(name)).collect();
        !names.is_empty() && ends.is_some_and(|ends| !ends.concat().contains(address))
    };
    named(scene, names(scene).filter(leads_away).map(|(address, _)| address).collect(), |senders| {
        format!("names (PTR) of senders do not lead back to them: {senders}")
    })
}

fn name_of_its_own(scene: &Scene<'_>) -> Vec<Hit> {
    let is_common = |address: IpAddr, name: &Name| {
        let name = name.to_string().to_ascii_lowercase();
        let has_word = |word: &&str| {
            let ends = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphabetic());
            name.match_indices(*word).any(|(at, _)| {
                ends(name[..at].chars().next_back()) && ends(name[at + word.len()..].chars().next())
            })
        };
        let has_address = match address {
            IpAddr::V4(v4) => {
                let forms = ["-", "."].map(|between| v4.to_string().replace('.', between));
                forms.iter().any(|form| name.contains(form))
            }
            IpAddr::V6(_) => false,
        };
        has_address || COMMON.iter().any(has_word)
    };
    let common = names(scene).flat_map(|(address, names)| {
        names.into_iter().filter(move |name| is_common(address, name)).collect::<Vec<_>>()
    });
    named(scene, common.collect(), |names| {
        format!(
            "senders have names that look like those of home lines, and are distrusted: {names}"
        )
    })
}
