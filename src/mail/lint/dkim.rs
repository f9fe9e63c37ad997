//! Whose signatures can be verified.

use super::scene::Scene;
use super::{Check, Hit, Rule, doubled, labelled};
use crate::dns::{Rdata, RrSet, Rtype, Zone};
use crate::mail::dkim::{KeyKind, KeyRecord};
use crate::mail::finding::Severity::{Error, Info, Warning};
use crate::mail::spf::{Qualifier, Spf};
use crate::mail::tags;
use crate::mail::view::{Reply, look_up};
use std::borrow::Cow;

/// About DKIM selectors.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "DK01",
        severity: Error,
        says: "A selector's record is a whole key.",
        reference: "RFC 6376 §3.6.1",
        bad: "s._domainkey 60 TXT \"v=DKIM1; p=MIIB\"",
        good: "s._domainkey 60 TXT \"v=DKIM1; k=ed25519; \
            p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        check: Check::Records(whole_key),
    },
    Rule {
        id: "DK02",
        severity: Error,
        says: "A selector has one record.",
        reference: "RFC 6376 §3.6.2.2",
        bad: "s._domainkey 60 TXT \"p=\"\ns._domainkey 60 TXT \"v=DKIM1; p=\"",
        good: "s._domainkey 60 CNAME s.dkim.example.org.",
        check: Check::Records(one_record),
    },
    Rule {
        id: "DK03",
        severity: Error,
        says: "An RSA key has at least 1024 bits.",
        reference: "RFC 8301 §3.2",
        bad: concat!(
            "s._domainkey 60 TXT \"p=",
            "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKm3zvMwRKVQDbESWPx5DpFyx5bPWqx68HNDYAhWCZl7nDXb",
            "1ywT31Iwxm1QqmpTYVRRajHhu26jETmpq8hMijkCAwEAAQ==",
            "\"",
        ),
        good: "s._domainkey 60 CNAME s.dkim.example.org.",
        check: Check::Records(not_broken),
    },
    Rule {
        id: "DK04",
        severity: Warning,
        says: "An RSA key has 2048 bits.",
        reference: "RFC 8301 §3.2",
        bad: concat!(
            "s._domainkey 60 TXT \"p=",
            "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDFGh/0PaSCFH5ozC7yd0vQUDeHf8Z6bkOU0049bXVQ",
            "Z8Yz1idkZLn9TDM+0BS34eJfcN3J42kl0GQIkN1UvS36xTLcUD0rlmXbkxgxmfeejK0kH8f1nO33Iq0a",
            "QbS3e2QdWLT/Jtz738P4SYv0bZFu61pzxFUtiIwYJ6Uo/EonMQIDAQAB",
            "\"",
        ),
        good: "s._domainkey 60 CNAME s.dkim.example.org.",
        check: Check::Records(strong),
    },
    Rule {
        id: "DK05",
        severity: Warning,
        says: "A version stands before all else.",
        reference: "RFC 6376 §3.6.1",
        bad: "s._domainkey 60 TXT \"k=ed25519; v=DKIM1; \
            p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        good: "s._domainkey 60 TXT \"v=DKIM1; k=ed25519; \
            p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"",
        check: Check::Records(version_first),
    },
    Rule {
        id: "DK06",
        severity: Warning,
        says: "A key in use is no longer on trial.",
        reference: "RFC 6376 §3.6.1",
        bad: "s._domainkey 60 TXT \"v=DKIM1; t=y; p=\"",
        good: "s._domainkey 60 TXT \"v=DKIM1; t=s; p=\"",
        check: Check::Records(not_on_trial),
    },
    Rule {
        id: "DK07",
        severity: Info,
        says: "A key that is for the domain alone does not sign for names below it.",
        reference: "RFC 6376 §3.6.1",
        bad: "s._domainkey 60 TXT \"v=DKIM1; t=s; p=\"\nlists 60 TXT \"v=spf1 mx -all\"",
        good: "s._domainkey 60 TXT \"v=DKIM1; t=s; p=\"\nlists 60 TXT \"v=spf1 -all\"",
        check: Check::Records(for_all_that_send),
    },
    Rule {
        id: "DK08",
        severity: Warning,
        says: "Signatures by SHA-256 are allowed.",
        reference: "RFC 8301 §3.1",
        bad: "s._domainkey 60 TXT \"v=DKIM1; h=sha1; p=\"",
        good: "s._domainkey 60 TXT \"v=DKIM1; h=sha256; p=\"",
        check: Check::Records(modern_hash),
    },
    Rule {
        id: "DK09",
        severity: Error,
        says: "Selectors stand below `_domainkey`.",
        reference: "RFC 6376 §3.6.2.1",
        bad: "s.domainkey 60 TXT \"v=DKIM1; p=\"",
        good: "s._domainkey 60 TXT \"v=DKIM1; p=\"",
        check: Check::Records(right_place),
    },
    Rule {
        id: "DK10",
        severity: Warning,
        says: "A selector that is an alias leads to a key.",
        reference: "RFC 6376 §3.6.2",
        bad: "s1._domainkey 60 CNAME s1.dkim.example.org.\nexample.org. 60 TXT x",
        good: "s1._domainkey 60 CNAME s1.dkim.example.org.\n\
            s1.dkim.example.org. 60 TXT \"v=DKIM1; p=\"",
        check: Check::Asked(alias_leads_to_a_key),
    },
    Rule {
        id: "DK11",
        severity: Error,
        says: "A selector that leads elsewhere is a CNAME, not a text with a name.",
        reference: "RFC 6376 §3.6.2",
        bad: "s._domainkey 60 TXT s.dkim.example.org.",
        good: "s._domainkey 60 CNAME s.dkim.example.org.",
        check: Check::Records(no_alias_as_text),
    },
    Rule {
        id: "DK14",
        severity: Warning,
        says: "A key that signs is not withdrawn.",
        reference: "RFC 6376 §3.6.1",
        bad: "s._domainkey 60 TXT \"v=DKIM1; p=\"",
        good: "s._domainkey 60 CNAME s.dkim.example.org.",
        check: Check::Records(not_withdrawn),
    },
    Rule {
        id: "DK15",
        severity: Error,
        says: "Quotes and backslashes of a form are not part of the key.",
        reference: "RFC 1035 §5.1",
        bad: r#"s._domainkey 60 TXT "\"v=DKIM1\; p=\"""#,
        good: r#"s._domainkey 60 TXT "v=DKIM1; p=""#,
        check: Check::Records(no_stray_quotes),
    },
    Rule {
        id: "DK16",
        severity: Warning,
        says: "No wildcard answers for selectors.",
        reference: "RFC 4592 §2.2",
        bad: "* 60 TXT \"v=spf1 -all\"",
        good: "www 60 TXT \"v=spf1 -all\"",
        check: Check::Records(no_wildcard),
    },
];

/// The texts of all selectors.
fn selectors(zone: &Zone) -> impl Iterator<Item = (&RrSet, Cow<'_, str>)> {
    let sets = labelled(zone, 1, "_domainkey").filter(|set| set.rtype() == Rtype::TXT);
    sets.flat_map(|set| set.rdata().iter().filter_map(Rdata::text).map(move |text| (set, text)))
}

/// Hits at every selector whose key has this problem.
fn keys(zone: &Zone, problem: impl Fn(&KeyRecord) -> Option<String>) -> Vec<Hit> {
    let read = selectors(zone).filter_map(|(set, text)| Some((set, KeyRecord::parse(&text).ok()?)));
    read.filter_map(|(set, key)| Some((set.owner().clone(), problem(&key)?))).collect()
}

/// Hits at every selector whose text has this problem.
fn written(zone: &Zone, problem: &str, is_so: impl Fn(&str) -> bool) -> Vec<Hit> {
    let found = selectors(zone).filter(|(_, text)| is_so(text));
    found.map(|(set, _)| (set.owner().clone(), problem.to_owned())).collect()
}

fn is_alias(text: &str) -> bool {
    let plain = text.trim_end_matches('.');
    !text.contains(['=', ' ']) && plain.split('.').count() > 2
}

fn has_quotes(text: &str) -> bool {
    text.contains(['"', '\\'])
}

fn whole_key(zone: &Zone) -> Vec<Hit> {
    // Those have rules of their own, which say more.
    let is_other = |text: &str| is_alias(text) || has_quotes(text) || is_late(text);
    let bad = selectors(zone).filter(|(_, text)| !is_other(text));
    let errors = bad.filter_map(|(set, text)| Some((set, KeyRecord::parse(&text).err()?)));
    errors.map(|(set, error)| (set.owner().clone(), error.to_string())).collect()
}

/// Whether a version stands there, and something else before it.
fn is_late(text: &str) -> bool {
    let tags = tags::split(text).unwrap_or_default();
    tags::find(&tags, "v") == Some("DKIM1") && tags.first().is_some_and(|(tag, _)| *tag != "v")
}

fn version_first(zone: &Zone) -> Vec<Hit> {
    written(zone, "`v=DKIM1` must stand first; some receivers drop the key otherwise", is_late)
}

/// Names below the zone's own that let somebody send show who may be meant.
fn for_all_that_send(zone: &Zone) -> Vec<Hit> {
    let sends = |set: &&RrSet| {
        let passes = |data: &Rdata| {
            let spf = data.text().and_then(|text| Spf::parse(&text).ok());
            spf.is_some_and(|spf| spf.directives().any(|(how, _)| how == Qualifier::Pass))
        };
        set.owner() != zone.apex() && set.rdata().iter().any(passes)
    };
    let Some(below) = zone.rrsets().find(sends).map(RrSet::owner) else { return Vec::new() };
    let message = format!("`t=s` fails what it signs as a name below, such as `{below}`");
    let is_narrow = |text: &str| {
        let tags = tags::split(text).unwrap_or_default();
        tags::find(&tags, "t").is_some_and(|flags| flags.split(':').any(|one| one.trim() == "s"))
    };
    written(zone, &message, is_narrow)
}

fn one_record(zone: &Zone) -> Vec<Hit> {
    let sets = labelled(zone, 1, "_domainkey").filter(|set| set.rtype() == Rtype::TXT);
    let many = sets.filter(|set| set.rdata().len() > 1);
    let message = "a selector must have one TXT record; which one counts is undefined";
    many.map(|set| (set.owner().clone(), message.to_owned())).collect()
}

fn rsa_below(bits: usize, key: &KeyRecord) -> Option<usize> {
    key.bits().filter(|found| key.kind == KeyKind::Rsa && *found < bits)
}

fn weak(bits: usize) -> String {
    format!("a key of {bits} bits; make one of 2048")
}

fn not_broken(zone: &Zone) -> Vec<Hit> {
    keys(zone, |key| rsa_below(1024, key).map(weak))
}

fn strong(zone: &Zone) -> Vec<Hit> {
    keys(zone, |key| rsa_below(2048, key).filter(|bits| *bits >= 1024).map(weak))
}

fn not_on_trial(zone: &Zone) -> Vec<Hit> {
    let message = "`t=y` asks receivers to ignore what it proves; take it out";
    keys(zone, |key| key.is_on_trial().then(|| message.to_owned()))
}

fn modern_hash(zone: &Zone) -> Vec<Hit> {
    let message = "`h=` allows no SHA-256; receivers refuse SHA-1: take it out";
    keys(zone, |key| (!key.allows_hash("sha256")).then(|| message.to_owned()))
}

fn right_place(zone: &Zone) -> Vec<Hit> {
    let wrong = ["domainkey", "_domainkeys", "domainkeys"];
    let sets = wrong.iter().flat_map(|label| labelled(zone, 1, label));
    let kinds = [Rtype::TXT, Rtype::CNAME];
    let owners = sets.filter(|set| kinds.contains(&set.rtype())).map(RrSet::owner);
    let twice = doubled(zone);
    let doubled = labelled(zone, 1, "_domainkey").map(RrSet::owner).filter(|owner| {
        twice.is_some() && owner.parent().and_then(|above| above.parent()) == twice
    });
    let message = "no receiver looks for a selector here; it belongs below `_domainkey`";
    owners.chain(doubled).map(|owner| (owner.clone(), message.to_owned())).collect()
}

/// Of a platform that makes the key once it sees the alias, this is told until it has.
fn alias_leads_to_a_key(scene: &Scene<'_>) -> Vec<Hit> {
    let aliases = labelled(scene.zone, 1, "_domainkey").filter(|set| set.rtype() == Rtype::CNAME);
    let lost = aliases
        .filter(|set| look_up(scene.view, set.owner(), Rtype::TXT) == Reply::Absent)
        .filter_map(|set| Some((set.owner(), set.rdata().first()?)));
    let message = |target| {
        format!("no key is at `{target}` yet: do not let the platform sign by it before there is")
    };
    lost.map(|(owner, target)| (owner.clone(), message(target))).collect()
}

fn no_alias_as_text(zone: &Zone) -> Vec<Hit> {
    written(zone, "the text is a name; publish it as a CNAME", is_alias)
}

fn not_withdrawn(zone: &Zone) -> Vec<Hit> {
    let message = "`p=` is empty: the key is withdrawn, and what it signed fails";
    keys(zone, |key| key.is_revoked().then(|| message.to_owned()))
}

fn no_stray_quotes(zone: &Zone) -> Vec<Hit> {
    written(zone, "quotes or backslashes of a form are part of the text; take them out", has_quotes)
}

fn no_wildcard(zone: &Zone) -> Vec<Hit> {
    let wild = zone.rrsets().filter(|set| {
        let is_text = matches!(set.rdata().first(), Some(Rdata::Txt(_)));
        let above = set.owner().parent();
        is_text && set.owner().is_wildcard() && above.as_ref() == Some(zone.apex())
    });
    let message = "answers for every selector that does not exist, with something else";
    wild.map(|set| (set.owner().clone(), message.to_owned())).collect()
}
