//! Who receives.

use super::scene::Scene;
use super::{Check, Hit, Rule, hosted};
use crate::dns::rdata::Mx;
use crate::dns::{Answer, Name, RrKey, RrSet, Rtype, Zone};
use crate::mail::finding::Severity::{Error, Info, Warning};
use crate::mail::records::mx;
use std::ops::RangeInclusive;

/// About MX records.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "MX001",
        severity: Error,
        says: "An MX names a host, not an alias.",
        reference: "RFC 2181 §10.3",
        bad: "@ 60 MX 10 mail\nmail 60 CNAME host.example.org.",
        good: "@ 60 MX 10 host.example.org.",
        check: Check::Asked(is_no_alias),
    },
    Rule {
        id: "MX002",
        severity: Error,
        says: "The host of an MX has an address.",
        reference: "RFC 5321 §5.1",
        bad: "@ 60 MX 10 gone",
        good: "@ 60 MX 10 mail\nmail 60 AAAA 2001:db8::1",
        check: Check::Asked(has_address),
    },
    Rule {
        id: "MX003",
        severity: Error,
        says: "An MX names a host, not an address.",
        reference: "RFC 1035 §3.3.9",
        bad: "@ 60 MX 10 192.0.2.1.",
        good: "@ 60 MX 10 mail\nmail 60 A 192.0.2.1",
        check: Check::Records(is_no_address),
    },
    Rule {
        id: "MX004",
        severity: Error,
        says: "A null MX stands alone.",
        reference: "RFC 7505 §3",
        bad: "@ 60 MX 0 .\n@ 60 MX 10 mail.example.org.",
        good: "@ 60 MX 0 .",
        check: Check::Records(null_alone),
    },
    Rule {
        id: "MX005",
        severity: Warning,
        says: "A null MX has preference 0.",
        reference: "RFC 7505 §3",
        bad: "@ 60 MX 10 .",
        good: "@ 60 MX 0 .",
        check: Check::Records(null_is_zero),
    },
    Rule {
        id: "MX008",
        severity: Warning,
        says: "A host stands in one MX only.",
        reference: "RFC 5321 §5.1",
        bad: "@ 60 MX 10 mx.example.org.\n@ 60 MX 20 mx.example.org.",
        good: "@ 60 MX 10 mx1.example.org.\n@ 60 MX 20 mx2.example.org.",
        check: Check::Records(named_once),
    },
    Rule {
        id: "MX014",
        severity: Error,
        says: "An MX leads to a server that takes mail in, not to one that users send or read by.",
        reference: "RFC 5321 §5.1",
        bad: "@ 60 MX 0 smtp.office365.com.",
        good: "@ 60 MX 0 example-net.mail.protection.outlook.com.",
        check: Check::Records(takes_mail_in),
    },
    Rule {
        id: "MX016",
        severity: Warning,
        says: "A host elsewhere is written with a dot at its end.",
        reference: "RFC 1035 §5.1",
        bad: "@ 60 MX 10 in1-smtp.messagingengine.com",
        good: "@ 60 MX 10 in1-smtp.messagingengine.com.",
        check: Check::Records(ends_in_a_dot),
    },
    Rule {
        id: "MX017",
        severity: Warning,
        says: "What proved to Microsoft who owns a domain is no mail server.",
        reference: "RFC 2606 §2",
        bad: "@ 60 MX 32767 ms12345678.msv1.invalid.",
        good: "@ 60 TXT MS=ms12345678",
        check: Check::Records(is_no_proof),
    },
    Rule {
        id: "MX018",
        severity: Info,
        says: "A name that has records of its own has an MX of its own, if mail goes to it.",
        reference: "RFC 4592 §2.2",
        bad: "* 60 MX 10 mx.example.org.\nlists 60 A 192.0.2.1",
        good: "* 60 MX 10 mx.example.org.\nlists 60 A 192.0.2.1\n\
            lists 60 MX 10 mx.example.org.",
        check: Check::Zone(is_no_exception),
    },
    Rule {
        id: "MX019",
        severity: Warning,
        says: "What moves is not remembered for longer than a day.",
        reference: "RFC 2181 §5.2",
        bad: "@ 172800 MX 10 mx.example.org.",
        good: "@ 3600 MX 10 mx.example.org.",
        check: Check::Zone(is_soon_forgotten),
    },
];

/// Beyond this, two calendar days lie between `prepare` and the window; a week is another rule's.
const LONG: RangeInclusive<u32> = 86_401..=604_800;

/// Endings that people forget the dot behind; a name of one's own seldom has them inside.
const ENDINGS: [&[u8]; 6] = [b"com", b"net", b"org", b"de", b"ch", b"eu"];

/// Hits at the MX records for every host of which this is so.
fn hosts(zone: &Zone, problem: impl Fn(&Name) -> Option<String>) -> Vec<Hit> {
    let found = mx(zone).filter_map(|mx| problem(&mx.exchange));
    found.map(|message| (zone.apex().clone(), message)).collect()
}

fn is_no_alias(scene: &Scene<'_>) -> Vec<Hit> {
    hosts(scene.zone, |host| match scene.view.answer(&RrKey::new(host.clone(), Rtype::A)) {
        Answer::Alias(target) => {
            Some(format!("the MX host `{host}` is an alias; point the MX at `{target}`"))
        }
        _ => None,
    })
}

fn has_address(scene: &Scene<'_>) -> Vec<Hit> {
    hosts(scene.zone, |host| {
        let is_lost = *host != Name::root() && scene.addresses(host)?.is_empty();
        is_lost.then(|| format!("the MX host `{host}` has no address; senders would bounce"))
    })
}

fn is_no_address(zone: &Zone) -> Vec<Hit> {
    hosts(zone, |host| {
        let is_number = |label: &[u8]| label.iter().all(u8::is_ascii_digit);
        let is_address = host.labels().count() >= 4 && host.labels().take(4).all(is_number);
        is_address.then(|| format!("the MX host `{host}` is an address; give it a name"))
    })
}

fn null_alone(zone: &Zone) -> Vec<Hit> {
    let is_mixed = mx(zone).count() > 1 && mx(zone).any(|mx| mx.exchange == Name::root());
    let message = "`MX 0 .` says that there is no mail here; it must stand alone";
    is_mixed.then(|| (zone.apex().clone(), message.to_owned())).into_iter().collect()
}

fn null_is_zero(zone: &Zone) -> Vec<Hit> {
    let is_odd = |mx: &&Mx| mx.exchange == Name::root() && mx.preference != 0;
    let message = "write `0 .` to say that there is no mail here";
    mx(zone).filter(is_odd).map(|_| (zone.apex().clone(), message.to_owned())).collect()
}

fn named_once(zone: &Zone) -> Vec<Hit> {
    let all: Vec<_> = mx(zone).map(|mx| &mx.exchange).collect();
    let again = all.iter().enumerate().filter(|(at, host)| all[..*at].contains(host));
    let message = |host| format!("the MX host `{host}` is listed twice; one of them does nothing");
    again.map(|(_, host)| (zone.apex().clone(), message(host))).collect()
}

fn takes_mail_in(zone: &Zone) -> Vec<Hit> {
    hosts(zone, |host| {
        let message = || format!("`{host}` is where users send or read; it takes no mail in");
        hosted::serves_users(host).then(message)
    })
}

fn ends_in_a_dot(zone: &Zone) -> Vec<Hit> {
    let own = zone.apex().labels().count();
    hosts(zone, |host| {
        let inner = host.labels().count().checked_sub(own).filter(|inner| *inner > 1)?;
        let last = host.is_within(zone.apex()).then(|| host.labels().nth(inner - 1))??;
        let is_ending = ENDINGS.iter().any(|ending| last.eq_ignore_ascii_case(ending));
        is_ending.then(|| format!("the MX host `{host}` seems to lack a dot at its end"))
    })
}

fn is_no_proof(zone: &Zone) -> Vec<Hit> {
    let tail = Name::parse("msv1.invalid.").ok();
    hosts(zone, |host| {
        let is_proof = tail.as_ref().is_some_and(|tail| host.is_within(tail));
        is_proof.then(|| format!("`{host}` only proves who owns the domain; use a TXT record"))
    })
}

fn is_no_exception(zone: &Zone) -> Vec<Hit> {
    let is_wild = |set: &&RrSet| set.rtype() == Rtype::MX && set.owner().is_wildcard();
    let found = zone.rrsets().filter(is_wild).filter_map(|wild| {
        let above = wild.owner().parent()?;
        let is_host = |set: &&RrSet| {
            let own = set.owner();
            let has_mx = || zone.find(own, Rtype::MX).is_some() || own == wild.owner();
            [Rtype::A, Rtype::AAAA].contains(&set.rtype())
                && own.parent().as_ref() == Some(&above)
                && !has_mx()
        };
        let mut names: Vec<_> = zone.rrsets().filter(is_host).map(RrSet::owner).collect();
        names.dedup();
        let more = match names.len() {
            0 => return None,
            1 => String::new(),
            all => format!(" and {} more", all - 1),
        };
        let message =
            format!("does not answer for `{}`{more}, where other records stand", names[0]);
        Some((wild.owner().clone(), message))
    });
    found.collect()
}

fn is_soon_forgotten(zone: &Zone) -> Vec<Hit> {
    let set = zone.find(zone.apex(), Rtype::MX);
    let ttl = set.map(|set| set.ttl().secs()).filter(|ttl| LONG.contains(ttl));
    let message =
        |ttl| format!("MX is remembered for {ttl} s: so long before the window it must be lowered");
    ttl.map(|ttl| (zone.apex().clone(), message(ttl))).into_iter().collect()
}
