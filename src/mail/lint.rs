//! Checks of a zone's content and of an intent: one function a check, one table.
//!
//! Each looks at records only; nothing is asked of anybody.

use super::finding::{Finding, Severity};
use super::intent::{Claim, Intent, Role, Side, dmarc_owner};
use super::spf::{self, Qualifier, Spf};
use super::{dkim, dmarc};
use crate::dns::{Name, Rdata, RrKey, RrSet, Rtype, Zone};
use std::collections::{BTreeMap, BTreeSet};

type ZoneCheck = fn(&Zone) -> Vec<Finding>;
type IntentCheck = fn(&Intent) -> Vec<Finding>;

const ZONE_CHECKS: &[ZoneCheck] = &[
    one_spf,
    spf_is_readable,
    spf_asks_little,
    mx_is_no_alias,
    mx_resolves,
    null_mx_alone,
    cname_alone,
    dkim_keys,
];

const INTENT_CHECKS: &[IntentCheck] = &[
    selectors_differ,
    dmarc_is_readable,
    spf_lets_not_everybody,
    new_side_receives,
    one_stage_a_name,
    nothing_moves_along,
];

/// What a zone's own records show.
pub fn zone(zone: &Zone) -> Vec<Finding> {
    ZONE_CHECKS.iter().flat_map(|check| check(zone)).collect()
}

/// What a zone file's two sides show.
pub fn intent(intent: &Intent) -> Vec<Finding> {
    INTENT_CHECKS.iter().flat_map(|check| check(intent)).collect()
}

fn error(id: &'static str, owner: &Name, reference: &'static str, message: String) -> Finding {
    Finding { id, severity: Severity::Error, owner: owner.clone(), message, reference }
}

fn warning(id: &'static str, owner: &Name, reference: &'static str, message: String) -> Finding {
    Finding { severity: Severity::Warning, ..error(id, owner, reference, message) }
}

fn spf_texts(zone: &Zone) -> Vec<String> {
    let txt = zone.find(zone.apex(), Rtype::TXT).map(RrSet::rdata).unwrap_or_default();
    let texts = txt.iter().filter_map(|rdata| match rdata {
        Rdata::Txt(txt) => Some(txt.text().into_owned()),
        _ => None,
    });
    texts.filter(|text| spf::is_spf(text)).collect()
}

fn one_spf(zone: &Zone) -> Vec<Finding> {
    let count = spf_texts(zone).len();
    let message =
        || format!("{count} SPF records stand beside each other; receivers fail both: merge them");
    let found = (count > 1).then(|| error("SPF01", zone.apex(), "RFC 7208 §4.5", message()));
    found.into_iter().collect()
}

fn spf_is_readable(zone: &Zone) -> Vec<Finding> {
    let texts = spf_texts(zone);
    let errors = texts.iter().filter_map(|text| Spf::parse(text).err());
    errors.map(|e| error("SPF02", zone.apex(), "RFC 7208 §4.6", e.to_string())).collect()
}

/// Counts this record's own terms; what its includes ask for comes on top.
fn spf_asks_little(zone: &Zone) -> Vec<Finding> {
    let texts = spf_texts(zone);
    let counts = texts.iter().filter_map(|text| Spf::parse(text).ok()).map(|spf| spf.lookups());
    let finding = |n| {
        let message = format!("SPF asks {n} times; receivers fail it after 10: name addresses");
        error("SPF03", zone.apex(), "RFC 7208 §4.6.4", message)
    };
    counts.filter(|n| *n > 10).map(finding).collect()
}

fn mx_hosts(zone: &Zone) -> impl Iterator<Item = &Name> {
    let rdata = zone.find(zone.apex(), Rtype::MX).map(RrSet::rdata).unwrap_or_default();
    rdata.iter().filter_map(|rdata| match rdata {
        Rdata::Mx(mx) => Some(&mx.exchange),
        _ => None,
    })
}

fn mx_is_no_alias(zone: &Zone) -> Vec<Finding> {
    let aliases = mx_hosts(zone).filter_map(|host| Some((host, zone.find(host, Rtype::CNAME)?)));
    let finding = |(host, cname): (&Name, &RrSet)| {
        let target = cname.rdata().first().map(ToString::to_string).unwrap_or_default();
        let message = format!("the MX host `{host}` is an alias; point the MX at `{target}`");
        error("MX001", zone.apex(), "RFC 2181 §10.3", message)
    };
    aliases.map(finding).collect()
}

/// Only hosts within the zone are judged: what others publish is not in these records.
fn mx_resolves(zone: &Zone) -> Vec<Finding> {
    let is_lost = |host: &&Name| {
        let served_elsewhere = zone.rrsets().any(|set| {
            set.rtype() == Rtype::NS && set.owner() != zone.apex() && host.is_within(set.owner())
        });
        host.is_within(zone.apex())
            && !served_elsewhere
            && zone
                .at(host)
                .all(|set| ![Rtype::A, Rtype::AAAA, Rtype::CNAME].contains(&set.rtype()))
            && !has_wildcard(zone, host)
    };
    let finding = |host| {
        let message = format!("the MX host `{host}` has no address; senders would bounce");
        error("MX002", zone.apex(), "RFC 5321 §5.1", message)
    };
    mx_hosts(zone).filter(is_lost).map(finding).collect()
}

/// Whether a wildcard might answer for a name (RFC 4592): judged generously, to accuse nobody.
fn has_wildcard(zone: &Zone, name: &Name) -> bool {
    zone.rrsets().any(|set| {
        set.owner().is_wildcard() && set.owner().parent().is_some_and(|base| name.is_within(&base))
    })
}

fn null_mx_alone(zone: &Zone) -> Vec<Finding> {
    let hosts: Vec<_> = mx_hosts(zone).collect();
    let mixed = hosts.len() > 1 && hosts.iter().any(|host| **host == Name::root());
    let message = "`MX 0 .` says that there is no mail here; it must stand alone".to_owned();
    mixed.then(|| error("MX004", zone.apex(), "RFC 7505 §3", message)).into_iter().collect()
}

/// Aliases that are not alone at their name (RFC 1034 §3.6.2).
pub fn crowded_aliases(zone: &Zone) -> impl Iterator<Item = &RrSet> {
    // RRSIG and NSEC stand beside a CNAME by right (RFC 4034 §4).
    let counts = |set: &&RrSet| ![Rtype(46), Rtype(47)].contains(&set.rtype());
    let aliases = zone.rrsets().filter(|set| set.rtype() == Rtype::CNAME);
    aliases.filter(move |alias| {
        alias.rdata().len() > 1 || zone.at(alias.owner()).filter(counts).count() > 1
    })
}

fn cname_alone(zone: &Zone) -> Vec<Finding> {
    let finding = |alias: &RrSet| {
        let message = "a CNAME stands beside other records; servers drop one of them".to_owned();
        error("HST01", alias.owner(), "RFC 1034 §3.6.2", message)
    };
    crowded_aliases(zone).map(finding).collect()
}

fn dkim_keys(zone: &Zone) -> Vec<Finding> {
    let is_selector = |set: &&RrSet| {
        set.rtype() == Rtype::TXT
            && set.owner().labels().nth(1).is_some_and(|l| l.eq_ignore_ascii_case(b"_domainkey"))
    };
    zone.rrsets().filter(is_selector).flat_map(selector_findings).collect()
}

fn selector_findings(set: &RrSet) -> Vec<Finding> {
    let owner = set.owner();
    let [Rdata::Txt(txt)] = set.rdata() else {
        let message =
            "a selector must have one TXT record; which one counts is undefined".to_owned();
        return vec![error("DK02", owner, "RFC 6376 §3.6.2.2", message)];
    };
    let key = match dkim::KeyRecord::parse(&txt.text()) {
        Ok(key) => key,
        Err(e) => return vec![error("DK01", owner, "RFC 6376 §3.6.1", e.to_string())],
    };
    let weak = |bits: usize| format!("a key of {bits} bits; make one of 2048");
    match key.bits() {
        Some(bits) if key.kind == dkim::KeyKind::Rsa && bits < 1024 => {
            vec![error("DK03", owner, "RFC 8301 §3.2", weak(bits))]
        }
        Some(bits) if key.kind == dkim::KeyKind::Rsa && bits < 2048 => {
            vec![warning("DK04", owner, "RFC 8301 §3.2", weak(bits))]
        }
        _ => Vec::new(),
    }
}

fn selectors_differ(intent: &Intent) -> Vec<Finding> {
    let Intent { old, new, .. } = intent;
    let clash = |(owner, key): &(&Name, &Rdata)| old.dkim.get(*owner).is_some_and(|o| o != *key);
    let finding = |(owner, _)| {
        let message = "a new key under an old selector makes mail under way unverifiable; \
            give the new key a selector of its own";
        error("DK12", owner, "RFC 6376 §3.1", message.to_owned())
    };
    new.dkim.iter().filter(clash).map(finding).collect()
}

fn sides(intent: &Intent) -> [&Side; 2] {
    [&intent.old, &intent.new]
}

fn dmarc_is_readable(intent: &Intent) -> Vec<Finding> {
    let records = sides(intent).into_iter().filter_map(|side| side.dmarc.as_deref());
    let errors = records.filter_map(|record| dmarc::policy(record).err());
    let owner = dmarc_owner(&intent.zone);
    errors.map(|e| error("DM05", &owner, "RFC 9989 §4.7", e.to_string())).collect()
}

fn spf_lets_not_everybody(intent: &Intent) -> Vec<Finding> {
    let open = |side: &&Side| side.spf.as_ref().and_then(Spf::all) == Some(Qualifier::Pass);
    let finding = |_| {
        let message = "`+all` lets anyone send in your name; write `~all`".to_owned();
        error("SPF08", &intent.zone, "RFC 7208 §5.1", message)
    };
    sides(intent).into_iter().filter(open).map(finding).collect()
}

fn new_side_receives(intent: &Intent) -> Vec<Finding> {
    let lost = intent.new.mx.is_empty() && !intent.old.mx.is_empty();
    let message = "`new` names no MX, so nobody would take mail in; write `mx:`".to_owned();
    lost.then(|| error("MX007", &intent.zone, "RFC 5321 §5.1", message)).into_iter().collect()
}

/// A name moves as a whole: two stages for it would mix old and new in one RRset.
fn one_stage_a_name(intent: &Intent) -> Vec<Finding> {
    let mut roles: BTreeMap<RrKey, BTreeSet<Role>> = BTreeMap::new();
    let claims = sides(intent).into_iter().flat_map(|side| side.claims(&intent.zone));
    for claim in claims.filter(|claim| !claim.rdata.is_empty()) {
        roles.entry(claim.key).or_default().insert(claim.role);
    }
    // Values of TXT records are told apart, so SPF and others may share an owner.
    let mixed = roles.into_iter().filter(|(key, all)| all.len() > 1 && key.rtype != Rtype::TXT);
    let finding = |(key, _): (RrKey, _)| {
        let message = "is written in two places of the zone file; write it in one, and let other \
            names lead there";
        error("PL10", &key.owner, "RFC 2181 §5", message.to_owned())
    };
    mixed.map(finding).collect()
}

/// A host that moves takes along what leads to it, at a stage of which nobody thought: the MX
/// before the window for it, or mailboxes that nobody has synchronised.
fn nothing_moves_along(intent: &Intent) -> Vec<Finding> {
    let (old, new) = (intent.old.claims(&intent.zone), intent.new.claims(&intent.zone));
    // Further records move with the MX.
    let stage = |role| if role == Role::Other { Role::Delivery } else { role };
    let is_host = |rtype| [Rtype::A, Rtype::AAAA, Rtype::CNAME].contains(&rtype);
    let is_replaced = |claim: &&Claim| {
        let data = |claim: &Claim| claim.rdata.iter().cloned().collect::<BTreeSet<_>>();
        let to = new.iter().find(|to| to.key == claim.key && to.role == claim.role);
        let has_successor = new.iter().any(|to| {
            to.key.owner == claim.key.owner && is_host(to.key.rtype) && !to.rdata.is_empty()
        });
        let is_here = is_host(claim.key.rtype) && !claim.rdata.is_empty();
        is_here && has_successor && to.map(data) != Some(data(claim))
    };
    let leads = |claim: &Claim, host: &Name| {
        claim.rdata.iter().any(|data| match data {
            Rdata::Mx(mx) => mx.exchange == *host,
            Rdata::Cname(target) => target == host,
            _ => false,
        })
    };
    let findings = old.iter().filter(is_replaced).flat_map(|moved| {
        let host = &moved.key.owner;
        let along = old.iter().filter(|other| stage(other.role) != stage(moved.role));
        along.filter(|other| leads(other, host)).map(|other| {
            let message = format!("takes `{}` along when it moves; lead that elsewhere", other.key);
            warning("PL11", host, "RFC 5321 §5.1", message)
        })
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_finds_its_mistake_and_nothing_else() {
        let check = |text: &str, ids: &[&str]| {
            let zone_ = Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap();
            let found: Vec<_> = zone(&zone_).into_iter().map(|finding| finding.id).collect();
            assert_eq!(found, ids, "{text}");
        };
        check("@ 60 MX 10 mail\nmail 60 A 192.0.2.1\n@ 60 TXT \"v=spf1 mx -all\"", &[]);
        check("@ 60 TXT \"v=spf1 a\"\n@ 60 TXT \"v=spf1 b\"", &["SPF01", "SPF02"]);
        check("@ 60 TXT \"v=spf1 a\"\n@ 60 TXT v=spf1\\032mx", &["SPF01"]);
        let includes = |n| format!("@ 60 TXT \"v=spf1{} -all\"", " include:x.example".repeat(n));
        check(&includes(10), &[]);
        check(&includes(11), &["SPF03"]);
        check("@ 60 MX 10 mail\nmail 60 CNAME x.", &["MX001"]);
        check("@ 60 MX 10 mail", &["MX002"]);
        check("@ 60 MX 10 mail\n* 60 A 192.0.2.1", &[]);
        check("@ 60 MX 10 a.sub\nsub 60 NS ns.", &[]);
        check("@ 60 MX 0 .\n@ 60 MX 10 m.", &["MX004"]);
        check("x 60 CNAME y.\nx 60 TXT z", &["HST01"]);
        check("x 60 CNAME y.\nx 60 TYPE46 \\# 1 00\nx 60 TYPE47 \\# 1 00", &[]);
        check("s._domainkey 60 TXT p=MIIB", &["DK01"]);
        check("s._domainkey 60 TXT p=\ns._domainkey 60 TXT v=DKIM1\\;p=", &["DK02"]);
    }

    #[test]
    fn a_host_that_takes_others_along_is_told() {
        let zone = Name::parse("example.net.").unwrap();
        let data = |rtype, text| Rdata::parse(rtype, text, Some(&zone)).unwrap();
        let hosts = |owner: &str, data| {
            BTreeMap::from([(Name::parse_in(owner, &zone).unwrap(), vec![data])])
        };
        let Rdata::Mx(mx) = data(Rtype::MX, "10 mail") else { panic!("not an MX") };
        let old = Side {
            mx: vec![mx],
            submission: hosts("mail", data(Rtype::A, "192.0.2.1")),
            retrieval: hosts("imap", data(Rtype::CNAME, "mail")),
            ..Side::default()
        };
        let check = |submission, told: &[&str]| {
            let new = Side { mx: old.mx.clone(), submission, ..Side::default() };
            let found = intent(&Intent { zone: zone.clone(), old: old.clone(), new });
            let found: Vec<_> = found.into_iter().map(|finding| finding.message).collect();
            let told = told.iter().map(|key| format!("takes `{key}` along when it moves"));
            assert!(found.iter().zip(told.clone()).all(|(a, b)| a.starts_with(&b)), "{found:?}");
            assert_eq!(found.len(), told.count(), "{found:?}");
        };
        check(old.submission.clone(), &[]);
        check(BTreeMap::new(), &[]); // it only goes, when all have left it
        let both = ["example.net. MX", "imap.example.net. CNAME"];
        check(hosts("mail", data(Rtype::A, "192.0.2.2")), &both);
        check(hosts("mail", data(Rtype::CNAME, "a.example.org.")), &both);
    }

    #[test]
    fn a_name_in_two_stages_is_refused() {
        let zone = Name::parse("example.net.").unwrap();
        let host = |owner: &str, host: &str| {
            let cname = Rdata::parse(Rtype::CNAME, host, Some(&zone)).unwrap();
            std::collections::BTreeMap::from([(Name::parse_in(owner, &zone).unwrap(), vec![cname])])
        };
        let check = |submission, retrieval, ids: &[&str]| {
            let old = Side {
                submission: host(submission, "a"),
                retrieval: host(retrieval, "a"),
                ..Side::default()
            };
            let all = Intent { zone: zone.clone(), old, new: Side::default() };
            let found: Vec<_> = intent(&all).into_iter().map(|finding| finding.id).collect();
            assert_eq!(found, ids);
        };
        check("smtp", "imap", &[]);
        check("mail", "mail", &["PL10"]);
    }
}
