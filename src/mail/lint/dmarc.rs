//! What receivers make of mail that fails.

use super::{Check, Hit, Rule, doubled, labelled, texts};
use crate::dns::{Name, Rdata, RrSet, Rtype, Zone};
use crate::mail::dmarc::{Record, Tag, TagError};
use crate::mail::finding::Severity::{Error, Info, Warning};
use crate::mail::intent::dmarc_owner;

/// About DMARC records.
pub(super) const RULES: &[Rule] = &[
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
