//! Whose policy applies, and where an organisation ends: the walk up the tree (RFC 9989 §4.10).

use super::{Policy, Psd, Record};
use crate::dns::{Answer, Name, Rdata, RrKey, Rtype};
use crate::mail::intent::dmarc_owner;
use crate::mail::view::{Reply, View, look_up};
use std::iter::successors;

/// Nobody here knows what stands at this name, and the outcome depends on it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("nobody here knows what stands at `{0}`")]
pub struct Unknown(pub Name);

/// The policy that applies to mail from a domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// The domain whose record it is: the author's, the organisation's, or a public suffix.
    pub at: Name,
    /// The record.
    pub record: Record,
    /// What receivers are asked to do with mail that fails.
    pub policy: Policy,
}

/// The names at which a walk asks stay below this many labels, but for the first.
const MOST_LABELS: usize = 8;
/// What a domain that takes part in mail has.
const SIGNS_OF_LIFE: [Rtype; 3] = [Rtype::MX, Rtype::A, Rtype::AAAA];

/// The policy for mail from this domain; none where no record applies to it (§4.10.1).
///
/// Whether a domain exists shows in its MX and addresses here, the only names that a view tells.
pub fn discover(view: &dyn View, domain: &Name) -> Result<Option<Found>, Unknown> {
    if let Some(record) = record_at(view, domain)? {
        let policy = applied(&record, record.policy());
        return Ok(Some(Found { at: domain.clone(), record, policy }));
    }
    let mut found = climb(domain, &mut |name| record_at(view, name))?;
    let organisation = chosen(domain, &found);
    // Where a public suffix told where the organisation ends, its own record is the last resort.
    let at = found.iter().position(|(at, _)| *at == organisation);
    let Some(at) = at.or(found.len().checked_sub(1)) else { return Ok(None) };
    let (at, record) = found.swap_remove(at);
    let below = record.subdomains().unwrap_or(record.policy());
    let policy = match record.missing_subdomains() {
        Some(missing) if missing != below && !exists(view, domain)? => missing,
        _ => below,
    };
    let policy = applied(&record, policy);
    Ok(Some(Found { at, record, policy }))
}

/// The domain of the organisation that a domain belongs to (§4.10.2).
pub fn organisation(view: &dyn View, domain: &Name) -> Result<Name, Unknown> {
    organisation_by(domain, &mut |name| record_at(view, name))
}

/// Somebody who tells the record of a domain.
pub(super) type Ask<'a> = dyn FnMut(&Name) -> Result<Option<Record>, Unknown> + 'a;

pub(super) fn organisation_by(domain: &Name, ask: &mut Ask<'_>) -> Result<Name, Unknown> {
    Ok(chosen(domain, &climb(domain, ask)?))
}

/// The one record at a domain; several count as none (§4.10, step 2).
pub(super) fn record_at(view: &dyn View, domain: &Name) -> Result<Option<Record>, Unknown> {
    let owner = dmarc_owner(domain);
    if owner == *domain {
        return Ok(None); // no name is long enough for a record
    }
    match look_up(view, &owner, Rtype::TXT) {
        Reply::Unknown => Err(Unknown(owner)),
        Reply::Absent => Ok(None),
        Reply::Data(data) => {
            let texts = data.iter().filter_map(Rdata::text);
            let mut records = texts.filter_map(|text| Some(Record::read(&text).ok()?.0));
            Ok(records.next().filter(|_| records.next().is_none()))
        }
    }
}

/// A domain and those above it, up to the one below the root.
fn upwards(domain: &Name) -> impl Iterator<Item = Name> {
    successors(Some(domain.clone()), Name::parent).take_while(|name| name.labels().next().is_some())
}

/// Where a walk asks, which is eight times at most.
fn targets(domain: &Name) -> impl Iterator<Item = Name> {
    let first = domain.clone();
    upwards(domain).filter(move |name| *name == first || name.labels().count() < MOST_LABELS)
}

/// The records on the way up, with their domains, until one says where the organisation ends.
fn climb(domain: &Name, ask: &mut Ask<'_>) -> Result<Vec<(Name, Record)>, Unknown> {
    let mut found = Vec::new();
    for name in targets(domain) {
        if let Some(record) = ask(&name)? {
            let is_last = record.psd() != Psd::Unsaid;
            found.push((name, record));
            if is_last {
                break;
            }
        }
    }
    Ok(found)
}

/// The organisation's domain, by the records on the way up.
fn chosen(domain: &Name, found: &[(Name, Record)]) -> Name {
    match found.last() {
        Some((suffix, record)) if record.psd() == Psd::Yes && suffix != domain => {
            let below = upwards(domain).find(|name| name.parent().as_ref() == Some(suffix));
            below.unwrap_or_else(|| domain.clone())
        }
        Some((name, _)) => name.clone(),
        None => domain.clone(),
    }
}

/// What is left of a policy that may be on trial (§4.7, `t`), or stand beside one that nobody can
/// read (§4.10.1).
fn applied(record: &Record, policy: Policy) -> Policy {
    match policy {
        _ if record.has_unreadable_policy() => Policy::None,
        Policy::Reject if record.is_on_trial() => Policy::Quarantine,
        Policy::Quarantine if record.is_on_trial() => Policy::None,
        _ => policy,
    }
}

fn exists(view: &dyn View, domain: &Name) -> Result<bool, Unknown> {
    let answers = SIGNS_OF_LIFE.map(|rtype| view.answer(&RrKey::new(domain.clone(), rtype)));
    if answers.iter().any(|answer| matches!(answer, Answer::Data(_) | Answer::Alias(_))) {
        return Ok(true);
    }
    match answers.contains(&Answer::Elsewhere) {
        true => Err(Unknown(domain.clone())),
        false => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Zone;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    /// Everything there is, or what lies below a name.
    fn zone(apex: &str, records: &[(&str, &str)]) -> Zone {
        let lines = records.iter().map(|(owner, text)| match text.starts_with("v=") {
            true => format!("_dmarc.{owner} 60 TXT \"{text}\"\n"),
            false => format!("{owner} 60 {text}\n"),
        });
        Zone::parse(&lines.collect::<String>(), &name(apex)).unwrap()
    }

    #[test]
    fn a_walk_asks_eight_times_at_most() {
        let check = |domain, asked: &[&str]| {
            let found: Vec<_> = targets(&name(domain)).map(|name| name.to_string()).collect();
            assert_eq!(found, asked);
        };
        // The example of §4.10.
        check(
            "a.b.c.d.e.f.g.h.i.j.mail.example.com.",
            &[
                "a.b.c.d.e.f.g.h.i.j.mail.example.com.",
                "g.h.i.j.mail.example.com.",
                "h.i.j.mail.example.com.",
                "i.j.mail.example.com.",
                "j.mail.example.com.",
                "mail.example.com.",
                "example.com.",
                "com.",
            ],
        );
        check("example.com.", &["example.com.", "com."]);
        check(".", &[]);
        for labels in 0..20 {
            let asked = targets(&name(&format!("{}com.", "a.".repeat(labels)))).count();
            assert_eq!(asked, (labels + 1).min(8), "{labels}");
        }
    }

    #[test]
    fn the_organisation_ends_where_records_say() {
        let check = |domain, records: &[(&str, &str)], expected: &str| {
            let zone = zone(".", records);
            let found = organisation(&zone, &name(domain)).unwrap();
            assert_eq!(found, name(expected), "{domain} {records:?}");
        };
        const PLAIN: &str = "v=DMARC1; p=none";
        const OWN: &str = "v=DMARC1; p=none; psd=n";
        const SUFFIX: &str = "v=DMARC1; p=none; psd=y";
        // The examples of §4.10.2.
        let both = [("mail.example.com.", PLAIN), ("example.com.", PLAIN)];
        check("a.mail.example.com.", &both, "example.com.");
        check("a.mail.example.com.", &[("mail.example.com.", OWN)], "mail.example.com.");
        check("a.mail.example.com.", &[("com.", SUFFIX)], "example.com.");
        // Nothing is found: everybody is his own.
        check("a.example.com.", &[], "a.example.com.");
        check("a.example.com.", &[("b.example.com.", PLAIN)], "a.example.com.");
        // What stops the walk hides what is above.
        let hidden = [("mail.example.com.", OWN), ("example.com.", PLAIN)];
        check("a.mail.example.com.", &hidden, "mail.example.com.");
        let hidden = [("mail.example.com.", SUFFIX), ("example.com.", PLAIN)];
        check("b.a.mail.example.com.", &hidden, "a.mail.example.com.");
        // A suffix is its own organisation.
        check("co.example.", &[("co.example.", SUFFIX), ("example.", PLAIN)], "co.example.");
        // Two records are none, and another text is no record.
        let two = [("example.com.", PLAIN), ("example.com.", OWN), ("a.example.com.", PLAIN)];
        check("a.example.com.", &two, "a.example.com.");
        let other = [("example.com.", OWN), ("example.com.", "v=spf1 -all")];
        check("a.example.com.", &other, "example.com.");
    }

    #[test]
    fn the_nearest_record_that_counts_applies() {
        let check = |domain, records: &[(&str, &str)], at: &str, policy| {
            let zone = zone(".", records);
            let found = discover(&zone, &name(domain)).unwrap();
            let found = found.map(|found| (found.at, found.policy));
            let expected = (!at.is_empty()).then(|| (name(at), policy));
            assert_eq!(found, expected, "{domain} {records:?}");
        };
        use Policy::{None, Quarantine, Reject};
        let top = |text| [("example.com.", text), ("a.example.com.", "MX 10 mx.example.com.")];
        check("example.com.", &top("v=DMARC1; p=reject; sp=none"), "example.com.", Reject);
        check("a.example.com.", &top("v=DMARC1; p=reject"), "example.com.", Reject);
        check("a.example.com.", &top("v=DMARC1; p=reject; sp=none"), "example.com.", None);
        check("a.example.com.", &top("v=DMARC1; p=none; np=reject"), "example.com.", None);
        check("b.example.com.", &top("v=DMARC1; p=none; np=reject"), "example.com.", Reject);
        check("b.example.com.", &top("v=DMARC1; sp=quarantine"), "example.com.", Quarantine);
        check("b.example.com.", &[("com.", "v=DMARC1; psd=y; np=reject")], "com.", Reject);
        check("b.example.com.", &[("x.com.", "v=DMARC1; p=reject")], "", None);
        // On trial, the next weaker one.
        check("example.com.", &top("v=DMARC1; p=reject; t=y"), "example.com.", Quarantine);
        check("a.example.com.", &top("v=DMARC1; p=quarantine; t=y"), "example.com.", None);
        // One that cannot be read takes the others with it.
        check("example.com.", &top("v=DMARC1; p=reject; sp=x"), "example.com.", None);
        check("a.example.com.", &top("v=DMARC1; p=x; sp=reject"), "example.com.", None);
        // A record between the domain and the organisation does not count.
        let between =
            [("b.example.com.", "v=DMARC1; p=none"), ("example.com.", "v=DMARC1; p=reject")];
        check("a.b.example.com.", &between, "example.com.", Reject);
        // The organisation's own record comes before that of the suffix.
        let suffix = [("example.com.", "v=DMARC1; p=none"), ("com.", "v=DMARC1; p=reject; psd=y")];
        check("a.example.com.", &suffix, "example.com.", None);
    }

    #[test]
    fn unknown_is_not_absent() {
        let check = |domain, records: &[(&str, &str)], unknown: &str| {
            let zone = zone("example.com.", records);
            let found = discover(&zone, &name(domain)).err();
            let expected = (!unknown.is_empty()).then(|| Unknown(name(unknown)));
            assert_eq!(found, expected, "{domain} {records:?}");
        };
        const PLAIN: (&str, &str) = ("example.com.", "v=DMARC1; p=none");
        check("example.com.", &[PLAIN], "");
        check("example.com.", &[], "_dmarc.com.");
        check("a.example.com.", &[PLAIN], "_dmarc.com.");
        check("a.example.com.", &[("example.com.", "v=DMARC1; psd=n")], "");
        check("example.org.", &[PLAIN], "_dmarc.example.org.");
        let alias = ("_dmarc.example.com.", "CNAME x.example.org.");
        check("example.com.", &[alias], "_dmarc.example.com.");
        let cut = ("a.example.com.", "NS ns.example.org.");
        let strict = ("example.com.", "v=DMARC1; p=none; np=reject; psd=n");
        check("a.example.com.", &[strict, cut], "_dmarc.a.example.com.");
    }
}
