//! What senders find who go by TLS policies: the policy's document, and certificates.

use super::scene::Scene;
use super::services::{sts_owner, sts_texts, tlsa};
use super::{Check, Hit, Rule};
use crate::dns::{Answer, Name, Rdata, RrKey, RrSet, Rtype};
use crate::mail::finding::Severity::Error;
use crate::mail::sts::{self, Mode, Policy};
use crate::mail::tlsa::{fits, of};
use crate::mail::visit::{Shown, Visit};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// About what only a visit shows; in examples, that stands below the records.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ST01",
        severity: Error,
        says: "Where an MTA-STS record stands, senders can fetch the policy.",
        reference: "RFC 8461 §3.3",
        bad: "_mta-sts 60 TXT \"v=STSv1; id=1\"\nmta-sts 60 A 192.0.2.80\n---\n<html>\n",
        good: "_mta-sts 60 TXT \"v=STSv1; id=1\"\nmta-sts 60 A 192.0.2.80\n---\n\
            version: STSv1\nmode: testing\nmx: mail.example.net\nmax_age: 86400\n",
        check: Check::Asked(policy_is_served),
    },
    Rule {
        id: "ST02",
        severity: Error,
        says: "An MTA-STS policy lists every MX host, also those that are still to come.",
        reference: "RFC 8461 §4.1",
        bad: "@ 60 MX 10 mail\n_mta-sts 60 TXT \"v=STSv1; id=1\"\nmta-sts 60 A 192.0.2.80\n\
            ---\nversion: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 86400\n",
        good: "@ 60 MX 10 mail\n_mta-sts 60 TXT \"v=STSv1; id=1\"\nmta-sts 60 A 192.0.2.80\n\
            ---\nversion: STSv1\nmode: enforce\nmx: *.example.net\nmax_age: 86400\n",
        check: Check::Asked(policy_lists_hosts),
    },
    Rule {
        id: "DA02",
        severity: Error,
        says: "A mail server shows a certificate that its TLSA is about.",
        reference: "RFC 7672 §2.2",
        bad: "_25._tcp.mail 60 TLSA 3 0 0 3003020101\nmail 60 A 192.0.2.1\n---\n3003020102",
        good: "_25._tcp.mail 60 TLSA 3 0 0 3003020101\nmail 60 A 192.0.2.1\n---\n3003020101",
        check: Check::Asked(certificates_match),
    },
];

/// What senders get who fetch the policy; `None` without a record that tells them to, and where
/// nobody knows.
fn policy(scene: &Scene<'_>) -> Option<Result<Policy, String>> {
    let domain = scene.zone.apex();
    match sts_texts(scene.zone).as_slice() {
        [one] if sts::Record::parse(one).is_ok() => (),
        _ => return None, // they are not told to, or ST04 is broken
    }
    let host = Name::parse_in("mta-sts", domain).ok()?;
    let at = scene.addresses(&host)?;
    if at.is_empty() {
        return Some(Err(format!("`{host}` has no address")));
    }
    match scene.view.visit(&Visit::Policy { domain: domain.clone(), at }) {
        Shown::Document(text) => Some(Policy::parse(text).map_err(|error| error.to_string())),
        Shown::Unfit(problem) => Some(Err(format!("`{host}` {problem}"))),
        Shown::Chain(_) | Shown::Nothing => None,
    }
}

fn policy_is_served(scene: &Scene<'_>) -> Vec<Hit> {
    let problem = policy(scene).and_then(Result::err);
    let message = |problem| {
        format!("senders get no policy from `{}`: {problem}", sts::address(scene.zone.apex()))
    };
    sts_owner(scene.zone).zip(problem.map(message)).into_iter().collect()
}

fn policy_lists_hosts(scene: &Scene<'_>) -> Vec<Hit> {
    let Some(Ok(policy)) = policy(scene) else { return Vec::new() };
    let hosts: BTreeSet<_> = scene.mx().map(|mx| &mx.exchange).collect();
    let is_shut_out = |host: &&Name| **host != Name::root() && !policy.covers(host);
    let shut_out = hosts.into_iter().filter(is_shut_out).map(|host| format!("`{host}`"));
    let shut_out: Vec<_> = shut_out.filter(|_| policy.mode == Mode::Enforce).collect();
    let message = format!(
        "the policy that is served now does not list {}: whoever holds it delivers nothing there; \
         serve one that does before MX leads there",
        shut_out.join(" and ")
    );
    let owner = sts_owner(scene.zone).filter(|_| !shut_out.is_empty());
    owner.map(|owner| (owner, message)).into_iter().collect()
}

/// The key that a server shows today says nothing against one that it is given later: of what is
/// to come, only hosts count of which nothing stands there yet.
fn certificates_match(scene: &Scene<'_>) -> Vec<Hit> {
    let is_new = |set: &&RrSet| {
        scene.view.live().is_none_or(|live| live.find(set.owner(), Rtype::TLSA).is_none())
    };
    // Nobody reads TLSA where no parent says that the zone is signed (RFC 7672 §2.1.3).
    let signed = RrKey::new(scene.zone.apex().clone(), Rtype::DS);
    let is_read = |_: &&RrSet| scene.view.answer(&signed) != Answer::Absent;
    let sets = tlsa(scene.zone).filter(is_new).filter(is_read);
    let hosts = sets.filter_map(|set| Some((set, set.owner().parent()?.parent()?)));
    let found = hosts.flat_map(|(set, host)| {
        let addresses = scene.addresses(&host).unwrap_or_default();
        let problems = addresses.into_iter().filter_map(|at| refused(scene, set, &host, at));
        problems.map(|problem| (set.owner().clone(), problem)).collect::<Vec<_>>()
    });
    found.collect()
}

/// Why senders that read this TLSA deliver nothing to a host at one of its addresses.
fn refused(scene: &Scene<'_>, set: &RrSet, host: &Name, at: IpAddr) -> Option<String> {
    let records = set.rdata().iter().filter_map(|data| match data {
        Rdata::Tlsa(tlsa) => Some(tlsa.clone()),
        _ => None,
    });
    let records: Vec<_> = records.collect();
    let problem = match scene.view.visit(&Visit::Chain { host: host.clone(), at }) {
        Shown::Chain(chain) if fits(&records, chain) == Some(false) => {
            let own = chain.first().and_then(|certificate| of(certificate));
            let own = own.map(|tlsa| format!("; its own is `{tlsa}`")).unwrap_or_default();
            format!("shows a certificate that no TLSA here is about{own}")
        }
        Shown::Unfit(problem) => problem.clone(),
        _ => return None,
    };
    Some(format!("`{host}` at {at} {problem}: senders that read TLSA deliver nothing there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Zone;
    use crate::mail::lint;
    use crate::mail::{Evidence, Said};

    #[test]
    fn where_nobody_validates_no_certificate_is_looked_at() {
        let apex = Name::parse("example.net.").unwrap();
        let zone = "mail 60 A 192.0.2.1\n_25._tcp.mail 60 TLSA 3 0 0 02";
        let zone = Zone::parse(zone, &apex).unwrap();
        let check = |said, visits: usize| {
            let mut evidence = Evidence::default();
            evidence.learn(RrKey::new(apex.clone(), Rtype::DS), said);
            lint::zone(&zone, &evidence.beside(&zone));
            assert_eq!(evidence.visits().len(), visits);
        };
        check(Said::Absent, 0);
        check(Said::Nothing, 1);
        check(Said::Data(Vec::new()), 1);
    }

    #[test]
    fn a_key_that_a_server_is_given_later_is_not_held_against_it() {
        let apex = Name::parse("example.net.").unwrap();
        let host = Name::parse_in("mail", &apex).unwrap();
        let zone = |tlsa| Zone::parse(&format!("mail 60 A 192.0.2.1\n{tlsa}"), &apex).unwrap();
        let next = zone("_25._tcp.mail 60 TLSA 3 0 0 02");
        let mut evidence = Evidence::default();
        let at = "192.0.2.1".parse().unwrap();
        evidence.see(Visit::Chain { host, at }, Shown::Chain(vec![vec![1]]));
        let check = |live: &Zone, is_found: bool| {
            let found = lint::zone(&next, &evidence.after(live, &next));
            assert_eq!(found.iter().any(|one| one.id == "DA02"), is_found, "{found:?}");
        };
        check(&zone("_25._tcp.mail 60 TLSA 3 0 0 01"), false);
        check(&zone(""), true);
    }
}
