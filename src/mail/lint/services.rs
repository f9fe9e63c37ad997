//! TLS policies, and how programs find servers.

use super::scene::Scene;
use super::{Check, Hit, Rule, labelled, texts};
use crate::dns::{Answer, Name, Rdata, RrKey, RrSet, Rtype, Zone};
use crate::mail::finding::Severity::{Error, Info, Warning};
use crate::mail::intent::dmarc_owner;
use crate::mail::view::{Reply, look_up};
use crate::mail::{dmarc, sts, tlsrpt};
use std::borrow::Cow;

/// About MTA-STS, TLS reporting, DANE, BIMI and SRV records.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ST04",
        severity: Error,
        says: "An MTA-STS record has a version and an id of 1 to 32 letters and digits.",
        reference: "RFC 8461 §3.1",
        bad: "_mta-sts 60 TXT \"v=STSv1; id=2027-01-01\"",
        good: "_mta-sts 60 TXT \"v=STSv1; id=20270101\"",
        check: Check::Records(sts_record),
    },
    Rule {
        id: "ST06",
        severity: Warning,
        says: "Who tells of TLS to come may hear of it: one readable record at `_smtp._tls`.",
        reference: "RFC 8460 §3",
        bad: "_mta-sts 60 TXT \"v=STSv1; id=1\"",
        good: "_mta-sts 60 TXT \"v=STSv1; id=1\"\n\
            _smtp._tls 60 TXT \"v=TLSRPTv1; rua=mailto:tls@example.net\"",
        check: Check::Zone(tls_reports),
    },
    Rule {
        id: "DA01",
        severity: Error,
        says: "Mail servers use TLSA of the usages 2 and 3.",
        reference: "RFC 7672 §3.1.3",
        bad: "_25._tcp.mail 60 TLSA 1 1 1 \
            0000000000000000000000000000000000000000000000000000000000000000",
        good: "_25._tcp.mail 60 TLSA 3 1 1 \
            0000000000000000000000000000000000000000000000000000000000000000",
        check: Check::Records(tlsa_usage),
    },
    Rule {
        id: "DA04",
        severity: Warning,
        says: "The next key of a mail server is published before it is used.",
        reference: "RFC 7671 §8.1",
        bad: "_25._tcp.mail 60 TLSA 3 1 1 \
            0000000000000000000000000000000000000000000000000000000000000000",
        good: "_25._tcp.mail 60 TLSA 3 1 1 \
            0000000000000000000000000000000000000000000000000000000000000000\n\
            _25._tcp.mail 60 TLSA 3 1 1 \
            1111111111111111111111111111111111111111111111111111111111111111",
        check: Check::Records(tlsa_pair),
    },
    Rule {
        id: "DA05",
        severity: Error,
        says: "TLSA stands at the port of a host that has an address.",
        reference: "RFC 7672 §2.2",
        bad: "_25._tcp.mail 60 TLSA 3 1 1 \
            0000000000000000000000000000000000000000000000000000000000000000\n\
            mail 60 CNAME mx.example.org.",
        good: "_25._tcp.mail 60 TLSA 3 1 1 \
            0000000000000000000000000000000000000000000000000000000000000000\n\
            mail 60 A 192.0.2.1",
        check: Check::Zone(tlsa_place),
    },
    Rule {
        id: "DA06",
        severity: Warning,
        says: "TLSA stands in a zone that is signed.",
        reference: "RFC 7672 §2.1.3",
        bad: "_25._tcp.mail 60 TLSA 3 1 1 \
            0000000000000000000000000000000000000000000000000000000000000000\n\
            mail 60 A 192.0.2.1\nnet. 60 TXT x",
        good: "_25._tcp.mail 60 TLSA 3 1 1 \
            0000000000000000000000000000000000000000000000000000000000000000\n\
            mail 60 A 192.0.2.1",
        check: Check::Asked(tlsa_is_signed),
    },
    Rule {
        id: "BI01",
        severity: Warning,
        says: "A logo needs a policy that refuses mail or sets it aside.",
        reference: "RFC 9989 §4.7",
        bad: "default._bimi 60 TXT \"v=BIMI1; l=https://example.net/logo.svg\"\n\
            _dmarc 60 TXT \"v=DMARC1; p=none\"",
        good: "default._bimi 60 TXT \"v=BIMI1; l=https://example.net/logo.svg\"\n\
            _dmarc 60 TXT \"v=DMARC1; p=quarantine\"",
        check: Check::Zone(logo_is_shown),
    },
    Rule {
        id: "AD01",
        severity: Error,
        says: "An SRV record leads to a host with an address, and to a port of it.",
        reference: "RFC 2782",
        bad: "_imaps._tcp 60 SRV 0 1 993 imap\nimap 60 CNAME mail.example.org.",
        good: "_imaps._tcp 60 SRV 0 1 993 mail.example.org.",
        check: Check::Zone(srv_target),
    },
    Rule {
        id: "ZN12",
        severity: Info,
        says: "Whoever serves a name of the zone by HTTPS may get a certificate for it.",
        reference: "RFC 8659 §3",
        bad: "@ 60 CAA 0 issue ca.example.net\nmta-sts 60 CNAME host.example.org.\n\
            host.example.org. 60 A 192.0.2.1",
        good: "@ 60 CAA 0 issue ca.example.net\nmta-sts 60 CNAME host.example.org.\n\
            host.example.org. 60 CAA 0 issue ca.example.org",
        check: Check::Asked(certificates_are_issued),
    },
];

pub(super) fn sts_owner(zone: &Zone) -> Option<Name> {
    Name::parse_in("_mta-sts", zone.apex()).ok()
}

pub(super) fn sts_texts(zone: &Zone) -> Vec<String> {
    let mut all = sts_owner(zone).map(|owner| texts(zone, &owner)).unwrap_or_default();
    all.retain(|text| text.to_ascii_lowercase().starts_with("v=sts"));
    all
}

fn sts_record(zone: &Zone) -> Vec<Hit> {
    let (all, owner) = (sts_texts(zone), sts_owner(zone));
    let is_good = |text: &String| sts::Record::parse(text).is_ok();
    let problem = match all.len() {
        0 => None,
        1 if all.iter().all(is_good) => None,
        1 => Some("write `v=STSv1; id=` and up to 32 letters and digits"),
        _ => Some("several MTA-STS records stand here; senders take none of them"),
    };
    owner.zip(problem).map(|(owner, message)| (owner, message.to_owned())).into_iter().collect()
}

fn tls_reports(zone: &Zone) -> Vec<Hit> {
    let Ok(owner) = Name::parse_in("_smtp._tls", zone.apex()) else { return Vec::new() };
    let all = texts(zone, &owner);
    let is_good = |text: &str| tlsrpt::Record::parse(text).is_ok();
    let problem = match all.as_slice() {
        [] if sts_texts(zone).is_empty() => None,
        [] => Some("nobody may tell of mail that TLS policies keep away; publish one"),
        [one] if is_good(one) => None,
        [_] => Some("write `v=TLSRPTv1; rua=mailto:...`"),
        _ => Some("several records stand here; senders report by none of them"),
    };
    problem.map(|message| (owner, message.to_owned())).into_iter().collect()
}

/// TLSA records at the port of SMTP.
pub(super) fn tlsa(zone: &Zone) -> impl Iterator<Item = &RrSet> {
    labelled(zone, 0, "_25").filter(|set| set.rtype() == Rtype::TLSA)
}

fn tlsa_usage(zone: &Zone) -> Vec<Hit> {
    let is_unused = |rdata: &Rdata| matches!(rdata, Rdata::Tlsa(tlsa) if tlsa.usage < 2);
    let bad = tlsa(zone).filter(|set| set.rdata().iter().any(is_unused));
    let message = "senders cannot use TLSA of usage 0 or 1; publish 3 1 1";
    bad.map(|set| (set.owner().clone(), message.to_owned())).collect()
}

fn tlsa_pair(zone: &Zone) -> Vec<Hit> {
    let is_lone = |set: &&RrSet| matches!(set.rdata(), [Rdata::Tlsa(tlsa)] if tlsa.usage == 3);
    let message = "names one key only; publish the next beside it, or its first day bounces mail";
    tlsa(zone).filter(is_lone).map(|set| (set.owner().clone(), message.to_owned())).collect()
}

/// The parent of a signed zone has its DS.
fn tlsa_is_signed(scene: &Scene<'_>) -> Vec<Hit> {
    let key = RrKey::new(scene.zone.apex().clone(), Rtype::DS);
    let first = tlsa(scene.zone).next();
    let first = first.filter(|_| scene.view.answer(&key) == Answer::Absent);
    let message = "nobody uses TLSA while no DS at the parent says that the zone is signed";
    first.map(|set| (set.owner().clone(), message.to_owned())).into_iter().collect()
}

fn answer<'z>(zone: &'z Zone, owner: &Name, rtype: Rtype) -> Answer<'z> {
    Answer::of(zone, &RrKey::new(owner.clone(), rtype))
}

/// Whether a host of this zone has an address of its own; others' hosts are trusted.
fn has_address(zone: &Zone, host: &Name) -> bool {
    [Rtype::A, Rtype::AAAA]
        .into_iter()
        .any(|rtype| matches!(answer(zone, host, rtype), Answer::Data(_) | Answer::Elsewhere))
}

fn tlsa_place(zone: &Zone) -> Vec<Hit> {
    let host = |set: &RrSet| set.owner().parent()?.parent();
    let bad = tlsa(zone).filter(|set| host(set).is_some_and(|host| !has_address(zone, &host)));
    let message = "no address stands at the host of this TLSA; publish it where the address is";
    bad.map(|set| (set.owner().clone(), message.to_owned())).collect()
}

fn logo_is_shown(zone: &Zone) -> Vec<Hit> {
    let owner = dmarc_owner(zone.apex());
    let policies = texts(zone, &owner).into_iter().filter_map(|text| dmarc::policy(&text).ok());
    let enforces = policies.min().is_some_and(|policy| policy > dmarc::Policy::None);
    let logos = labelled(zone, 1, "_bimi").filter(|_| !enforces);
    let message = "nobody shows the logo while DMARC does not say quarantine or reject";
    logos.map(|set| (set.owner().clone(), message.to_owned())).collect()
}

/// Names that a platform serves by HTTPS under the domain's own name.
const SERVED: [&str; 3] = ["mta-sts", "autoconfig", "autodiscover"];

/// Issuers follow an alias first, and then look above the name that they were asked about.
fn certificates_are_issued(scene: &Scene<'_>) -> Vec<Hit> {
    let apex = scene.zone.apex();
    let of_apex = scene.zone.find(apex, Rtype::CAA).map(RrSet::rdata).unwrap_or_default();
    let issuers = of_apex.iter().filter_map(|data| match data {
        Rdata::Caa(caa) if caa.tag.eq_ignore_ascii_case("issue") => {
            Some(String::from_utf8_lossy(&caa.value))
        }
        _ => None,
    });
    let issuers: Vec<_> = issuers.collect();
    let is_bound = |owner: &&Name| look_up(scene.view, owner, Rtype::CAA) == Reply::Absent;
    let led_away = SERVED.iter().filter_map(|label| {
        let owner = Name::parse_in(label, apex).ok()?;
        match scene.zone.find(&owner, Rtype::CNAME)?.rdata() {
            [Rdata::Cname(target)] if !target.is_within(apex) => Some(owner),
            _ => None,
        }
    });
    let owners: Vec<_> = led_away.filter(|_| !issuers.is_empty()).collect();
    // Where no issuer stands before the semicolon, there is none (RFC 8659 §4.2).
    let has_name = |issuer: &&Cow<'_, str>| {
        issuer.split(';').next().is_some_and(|name| !name.trim().is_empty())
    };
    let named: Vec<_> = issuers.iter().filter(has_name).map(|one| format!("`{one}`")).collect();
    let message = match named.is_empty() {
        true => "CAA lets nobody issue certificates here, and the platform needs one to serve \
            this name: let its issuer do so, or take the name out"
            .to_owned(),
        false => format!(
            "CAA lets only {} issue certificates here; ask whether the platform's come from there",
            named.join(" and ")
        ),
    };
    owners.iter().filter(is_bound).map(|owner| (owner.clone(), message.clone())).collect()
}

fn srv_target(zone: &Zone) -> Vec<Hit> {
    let sets = zone.rrsets().filter(|set| set.rtype() == Rtype::SRV);
    let found = sets.flat_map(|set| {
        set.rdata().iter().filter_map(move |rdata| {
            let Rdata::Srv(srv) = rdata else { return None };
            if srv.target == Name::root() {
                return None;
            }
            let message = match srv.port {
                0 => format!("port 0 of `{}` is none", srv.target),
                _ if has_address(zone, &srv.target) => return None,
                _ => {
                    format!("`{}` is no host with an address; lead to the host itself", srv.target)
                }
            };
            Some((set.owner().clone(), message))
        })
    });
    found.collect()
}
