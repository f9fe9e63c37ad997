//! What receivers make of mail that fails.

use super::scene::Scene;
use super::{Check, Hit, Rule, doubled, labelled, texts};
use crate::dns::{Answer, Name, Rdata, RrKey, RrSet, Rtype, Zone};
use crate::mail::dmarc::{
    Authorisation, Record, Tag, TagError, authorisation, authorising_name, discover, report_domains,
};
use crate::mail::finding::Severity::{Error, Info, Warning};
use crate::mail::intent::dmarc_owner;

/// About DMARC records.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "DM01",
        severity: Warning,
        says: "Some DMARC record applies to mail from the domain: its own, or one above it.",
        reference: "RFC 9989 §4.10",
        bad: "@ 60 MX 10 mail.example.org.\n_dmarc.net. 60 TXT x",
        good: "@ 60 MX 10 mail.example.org.\n_dmarc 60 TXT \"v=DMARC1; p=none\"\n\
            _dmarc.net. 60 TXT x",
        check: Check::Asked(some_policy),
    },
    Rule {
        id: "DM08",
        severity: Warning,
        says: "Who gets reports about a domain that is not his own has said that he takes them.",
        reference: "RFC 9990 §4",
        bad: "_dmarc 60 TXT \"v=DMARC1; rua=mailto:a@example.org\"\nexample.org. 60 MX 10 mail\n\
            org. 60 TXT x\n_dmarc.net. 60 TXT x",
        good: "_dmarc 60 TXT \"v=DMARC1; rua=mailto:a@example.org\"\n\
            example.net._report._dmarc.example.org. 60 TXT v=DMARC1\n_dmarc.org. 60 TXT x\n\
            _dmarc.net. 60 TXT x",
        check: Check::Asked(reports_are_taken),
    },
    Rule {
        id: "DM02",
        severity: Error,
        says: "A domain has one DMARC record.",
        reference: "RFC 9989 §4.10",
        bad: "_dmarc 60 TXT \"v=DMARC1; p=none\"\n_dmarc 60 TXT \"v=DMARC1; p=reject\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=none\"",
        check: Check::Records(one_record),
    },
    Rule {
        id: "DM03",
        severity: Error,
        says: "A record begins with `v=DMARC1`.",
        reference: "RFC 9989 §4.7",
        bad: "_dmarc 60 TXT \"v=dmarc1; p=none\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=none\"",
        check: Check::Records(begins_right),
    },
    Rule {
        id: "DM04",
        severity: Warning,
        says: "A record says what to do, directly behind its version.",
        reference: "RFC 7489 §6.3",
        bad: "_dmarc 60 TXT \"v=DMARC1; rua=mailto:a@example.net\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=none; rua=mailto:a@example.net\"",
        check: Check::Records(policy_second),
    },
    Rule {
        id: "DM05",
        severity: Error,
        says: "Every tag has a value that it takes.",
        reference: "RFC 9989 §4.7",
        bad: "_dmarc 60 TXT \"v=DMARC1; p=block\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=reject\"",
        check: Check::Records(good_values),
    },
    Rule {
        id: "DM06",
        severity: Warning,
        says: "No tag is obsolete.",
        reference: "RFC 9989 §4.7",
        bad: "_dmarc 60 TXT \"v=DMARC1; p=reject; pct=50\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=reject; t=y\"",
        check: Check::Records(no_obsolete_tags),
    },
    Rule {
        id: "DM07",
        severity: Warning,
        says: "Every tag is one that receivers know.",
        reference: "RFC 9989 §4.7",
        bad: "_dmarc 60 TXT \"v=DMARC1; p=none; rau=mailto:a@example.net\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=none; rua=mailto:a@example.net\"",
        check: Check::Records(known_tags),
    },
    Rule {
        id: "DM09",
        severity: Warning,
        says: "Reports go to a name that takes mail in.",
        reference: "RFC 9989 §4.7",
        bad: "_dmarc 60 TXT \"v=DMARC1; p=none; rua=mailto:a@reports.example.net\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=none; rua=mailto:a@reports.example.net\"\n\
            reports 60 MX 10 mx.example.org.",
        check: Check::Zone(reports_arrive),
    },
    Rule {
        id: "DM11",
        severity: Warning,
        says: "The record stands at `_dmarc`.",
        reference: "RFC 9989 §4.5",
        bad: "@ 60 TXT \"v=DMARC1; p=none\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=none\"",
        check: Check::Records(right_place),
    },
    Rule {
        id: "DM12",
        severity: Info,
        says: "A policy is not on trial for ever.",
        reference: "RFC 9989 §4.7",
        bad: "_dmarc 60 TXT \"v=DMARC1; p=reject; t=y\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=reject\"",
        check: Check::Records(not_on_trial),
    },
    Rule {
        id: "DM13",
        severity: Warning,
        says: "Nothing else stands at `_dmarc`.",
        reference: "RFC 9989 §4.10",
        bad: "_dmarc 60 TXT \"v=DMARC1; p=none\"\n_dmarc 60 TXT \"v=spf1 -all\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=none\"",
        check: Check::Records(nothing_else),
    },
];

/// What RFC 9989 §4.7 defines, and what it has taken out of RFC 7489.
const TAGS: [&str; 10] = ["p", "sp", "np", "t", "psd", "adkim", "aspf", "fo", "rua", "ruf"];
const OBSOLETE: [&str; 3] = ["pct", "rf", "ri"];
/// Tags that decide what becomes of mail.
const DECIDING: [&str; 7] = ["p", "sp", "np", "t", "psd", "adkim", "aspf"];

fn is_dmarc(text: &str) -> bool {
    text.replace(' ', "").starts_with("v=DMARC1")
}

/// The DMARC texts of the zone, and where they stand.
fn records(zone: &Zone) -> (Name, Vec<String>) {
    let owner = dmarc_owner(zone.apex());
    let mut all = texts(zone, &owner);
    all.retain(|text| is_dmarc(text));
    (owner, all)
}

/// Hits for every record with this problem.
fn each(zone: &Zone, problem: impl Fn(&Record) -> Option<String>) -> Vec<Hit> {
    let (owner, all) = records(zone);
    let read = all.iter().filter_map(|text| Record::read(text).ok());
    read.filter_map(|(record, _)| problem(&record))
        .map(|message| (owner.clone(), message))
        .collect()
}

fn one_record(zone: &Zone) -> Vec<Hit> {
    let (owner, all) = records(zone);
    let message = "several DMARC records stand here; receivers drop them all";
    (all.len() > 1).then(|| (owner, message.to_owned())).into_iter().collect()
}

fn begins_right(zone: &Zone) -> Vec<Hit> {
    let owner = dmarc_owner(zone.apex());
    let looks_like = |text: &String| {
        let start = text.trim_start().to_ascii_lowercase();
        start.contains("dmarc1") && !text.starts_with("v=DMARC1")
    };
    let message = "is not taken for DMARC; it must begin with `v=DMARC1`";
    let found = texts(zone, &owner).into_iter().filter(looks_like);
    found.map(|_| (owner.clone(), message.to_owned())).collect()
}

fn policy_second(zone: &Zone) -> Vec<Hit> {
    each(zone, |record| match record.tags().first().map(Tag::name) {
        Some("p") => None,
        _ => Some("older receivers want `p=` directly behind the version".to_owned()),
    })
}

fn good_values(zone: &Zone) -> Vec<Hit> {
    let (owner, all) = records(zone);
    let problems = all.iter().flat_map(|text| match Record::read(text) {
        Ok((_, problems)) => problems,
        Err(problem) => vec![problem],
    });
    let decides = |problem: &TagError| match problem {
        TagError::Bad { tag, .. } => *tag == "v" || DECIDING.contains(tag),
        _ => true,
    };
    problems.filter(decides).map(|problem| (owner.clone(), problem.to_string())).collect()
}

fn no_obsolete_tags(zone: &Zone) -> Vec<Hit> {
    each(zone, |record| {
        let old =
            OBSOLETE.iter().find(|old| record.tags().iter().any(|tag| tag.name() == **old))?;
        Some(format!("`{old}=` is obsolete; receivers ignore it"))
    })
}

fn known_tags(zone: &Zone) -> Vec<Hit> {
    each(zone, |record| {
        let is_odd = |tag: &&str| !tag.is_empty() && !TAGS.contains(tag) && !OBSOLETE.contains(tag);
        let tag = record.tags().iter().map(Tag::name).find(is_odd)?;
        Some(format!("nobody knows the tag `{tag}`"))
    })
}

/// Only names within the zone are judged: what others publish is not in these records.
fn reports_arrive(zone: &Zone) -> Vec<Hit> {
    let (owner, all) = records(zone);
    let takes_none = |name: &Name| {
        let answer = |rtype| Answer::of(zone, &RrKey::new(name.clone(), rtype));
        let is_null = |data: &Rdata| matches!(data, Rdata::Mx(mx) if mx.exchange == Name::root());
        let is_absent = |rtype| answer(rtype) == Answer::Absent;
        [Rtype::MX, Rtype::A, Rtype::AAAA].into_iter().all(is_absent)
            || answer(Rtype::MX).data().iter().any(is_null)
    };
    let lost = all.iter().flat_map(|text| report_domains(text)).filter(takes_none);
    let message = |name| format!("reports go to `{name}`, where nobody takes mail in");
    lost.map(|name| (owner.clone(), message(name))).collect()
}

/// A domain without mail needs none.
fn some_policy(scene: &Scene<'_>) -> Vec<Hit> {
    let has_mail = scene.mx().any(|mx| mx.exchange != Name::root());
    let apex = scene.zone.apex();
    let is_bare = has_mail && matches!(discover(scene.view, apex), Ok(None));
    let message = "no DMARC record applies, and large receivers distrust such mail; begin with \
        `v=DMARC1; p=none`";
    is_bare.then(|| (dmarc_owner(apex), message.to_owned())).into_iter().collect()
}

fn reports_are_taken(scene: &Scene<'_>) -> Vec<Hit> {
    let (apex, owner) = (scene.zone.apex(), dmarc_owner(scene.zone.apex()));
    let texts = texts(scene.zone, &owner);
    let mut hosts: Vec<_> = texts.iter().flat_map(|text| report_domains(text)).collect();
    hosts.dedup();
    let lost = hosts
        .into_iter()
        .filter(|host| authorisation(scene.view, apex, host) == Authorisation::Missing);
    let hits = lost.map(|host| {
        let at =
            authorising_name(apex, &host).map_or(String::new(), |name| format!(" at `{name}`"));
        (owner.clone(), format!("`{host}` has not said{at} that it takes reports about you"))
    });
    hits.collect()
}

fn right_place(zone: &Zone) -> Vec<Hit> {
    let owner = dmarc_owner(zone.apex());
    let twice = doubled(zone);
    let doubled =
        labelled(zone, 0, "_dmarc").filter(|set| twice.is_some() && set.owner().parent() == twice);
    let apex = zone.find(zone.apex(), Rtype::TXT);
    let found = doubled
        .chain(apex)
        .filter(|set| set.rdata().iter().filter_map(Rdata::text).any(|text| is_dmarc(&text)));
    let message = format!("nobody looks for DMARC here; it belongs at `{owner}`");
    found.map(|set: &RrSet| (set.owner().clone(), message.clone())).collect()
}

fn not_on_trial(zone: &Zone) -> Vec<Hit> {
    let message = "`t=y` softens the policy; take it out after the move";
    each(zone, |record| record.is_on_trial().then(|| message.to_owned()))
}

fn nothing_else(zone: &Zone) -> Vec<Hit> {
    let owner = dmarc_owner(zone.apex());
    let others = texts(zone, &owner)
        .into_iter()
        .filter(|text| !text.trim_start().to_ascii_lowercase().starts_with("v=dmarc1"));
    let message = "another text stands beside DMARC, perhaps a wildcard's";
    others.map(|_| (owner.clone(), message.to_owned())).collect()
}
