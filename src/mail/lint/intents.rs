//! What a zone file says under `old` and `new`.

use super::{Check, Hit, Rule};
use crate::dns::{Name, Rdata, RrKey, Rtype};
use crate::mail::finding::Severity::{Error, Warning};
use crate::mail::intent::{Claim, Intent, Role, Side};
use std::collections::{BTreeMap, BTreeSet};

/// About the two sides.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "DK12",
        severity: Error,
        says: "A new key has a selector of its own.",
        reference: "RFC 6376 §3.1",
        bad: "old: {dkim: {s: v=DKIM1; p=}}\nnew: {dkim: {s: {cname: s.dkim.example.org.}}}",
        good: "old: {dkim: {s: v=DKIM1; p=}}\nnew: {dkim: {t: {cname: t.dkim.example.org.}}}",
        check: Check::Intent(selectors_differ),
    },
    Rule {
        id: "MX007",
        severity: Error,
        says: "A domain that receives mail goes on doing so.",
        reference: "RFC 5321 §5.1",
        bad: "old: {mx: 10 mx.example.org.}\nnew: {}",
        good: "old: {mx: 10 mx.example.org.}\nnew: {mx: 10 mx.example.com.}",
        check: Check::Intent(new_side_receives),
    },
    Rule {
        id: "MX021",
        severity: Warning,
        says: "A domain that ceases to take mail does so knowingly.",
        reference: "RFC 7505 §4.1",
        bad: "old: {mx: 10 mx.example.org.}\nnew: {mx: 0 .}",
        good: "old: {mx: 10 mx.example.org.}\nnew: {mx: 10 mx.example.com.}",
        check: Check::Intent(mail_is_not_given_up),
    },
    Rule {
        id: "PL10",
        severity: Error,
        says: "A name moves as a whole, at one time.",
        reference: "RFC 2181 §5",
        bad: "old: {submission: {mail: a.example.org.}, retrieval: {mail: a.example.org.}}\n\
            new: {}",
        good: "old: {submission: {smtp: a.example.org.}, retrieval: {imap: a.example.org.}}\n\
            new: {}",
        check: Check::Intent(one_stage_a_name),
    },
    Rule {
        id: "PL11",
        severity: Warning,
        says: "A host that moves takes nothing along whose time has not come.",
        reference: "RFC 5321 §5.1",
        bad: "old: {mx: 10 mail, submission: {mail: 192.0.2.1}}\n\
            new: {mx: 10 mail, submission: {mail: 192.0.2.2}}",
        good: "old: {mx: 10 mail, submission: {smtp: 192.0.2.1}}\n\
            new: {mx: 10 mail, submission: {smtp: 192.0.2.2}}",
        check: Check::Intent(nothing_moves_along),
    },
];

fn selectors_differ(intent: &Intent) -> Vec<Hit> {
    let Intent { old, new, .. } = intent;
    let clash = |(owner, key): &(&Name, &Rdata)| old.dkim.get(*owner).is_some_and(|o| o != *key);
    let finding = |(owner, _): (&Name, _)| {
        let message = "a new key under an old selector makes mail under way unverifiable; \
            give the new key a selector of its own";
        (owner.clone(), message.to_owned())
    };
    new.dkim.iter().filter(clash).map(finding).collect()
}

fn new_side_receives(intent: &Intent) -> Vec<Hit> {
    let lost = intent.new.mx.is_empty() && !intent.old.mx.is_empty();
    let message = "`new` names no MX, so nobody would take mail in; write `mx:`".to_owned();
    lost.then(|| (intent.zone.clone(), message)).into_iter().collect()
}

fn mail_is_not_given_up(intent: &Intent) -> Vec<Hit> {
    let takes = |side: &Side| side.mx.iter().any(|mx| mx.exchange != Name::root());
    let is_given_up = takes(&intent.old) && !intent.new.mx.is_empty() && !takes(&intent.new);
    let message = "from `delivery` on, all mail to the domain bounces: `MX 0 .` says that there \
        is none";
    is_given_up.then(|| (intent.zone.clone(), message.to_owned())).into_iter().collect()
}

fn sides(intent: &Intent) -> [&Side; 2] {
    [&intent.old, &intent.new]
}

/// A name moves as a whole: two stages for it would mix old and new in one RRset.
fn one_stage_a_name(intent: &Intent) -> Vec<Hit> {
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
        (key.owner.clone(), message.to_owned())
    };
    mixed.map(finding).collect()
}

/// A host that moves takes along what leads to it, at a stage of which nobody thought: the MX
/// before the window for it, or mailboxes that nobody has synchronised.
fn nothing_moves_along(intent: &Intent) -> Vec<Hit> {
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
            (host.clone(), message)
        })
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::super::intent;
    use super::*;

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
            let found = found.into_iter().filter(|finding| finding.id == "PL11");
            let found: Vec<_> = found.map(|finding| finding.message).collect();
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
