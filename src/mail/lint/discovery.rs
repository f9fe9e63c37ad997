//! How mail programs find their servers.

use super::departure::moves;
use super::{Check, Hit, Rule};
use crate::dns::rdata::Srv;
use crate::dns::{Name, Rdata, RrSet, Rtype, Zone};
use crate::mail::finding::Severity::Warning;
use crate::mail::intent::{Claim, Intent};

/// About SRV records and `autodiscover`.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "AD02",
        severity: Warning,
        says: "Programs are led to TLS from the first octet on before they are led elsewhere.",
        reference: "RFC 8314 §5.1",
        bad: "_imap._tcp 60 SRV 0 1 143 mail.example.org.\n\
            _imaps._tcp 60 SRV 10 1 993 mail.example.org.",
        good: "_imap._tcp 60 SRV 10 1 143 mail.example.org.\n\
            _imaps._tcp 60 SRV 0 1 993 mail.example.org.",
        check: Check::Zone(tls_comes_first),
    },
    Rule {
        id: "AD03",
        severity: Warning,
        says: "Programs that look for their settings find those of the new platform, everywhere.",
        reference: "RFC 6186 §3",
        bad: "old: {mx: 10 a.example.org., retrieval: {autodiscover: auto.example.org.}}\n\
            new: {mx: 10 b.example.org., retrieval: {autodiscover: auto.example.org.}}",
        good: "old: {mx: 10 a.example.org., retrieval: {autodiscover: auto.example.org.}}\n\
            new: {mx: 10 b.example.org., retrieval: {autodiscover: auto.example.com.}}",
        check: Check::Intent(settings_are_new),
    },
];

/// Services that begin in the clear, and the same within TLS (RFC 8314 §3).
const PAIRS: [(&str, &str); 3] =
    [("_imap", "_imaps"), ("_pop3", "_pop3s"), ("_submission", "_submissions")];

/// The SRV records of a service that is there.
fn services<'z>(zone: &'z Zone, owner: &Name) -> impl Iterator<Item = &'z Srv> + use<'z> {
    let rdata = zone.find(owner, Rtype::SRV).map(RrSet::rdata).unwrap_or_default();
    let srv = rdata.iter().filter_map(|data| match data {
        Rdata::Srv(srv) => Some(srv),
        _ => None,
    });
    srv.filter(|srv| srv.target != Name::root())
}

fn tls_comes_first(zone: &Zone) -> Vec<Hit> {
    let Ok(above) = Name::parse_in("_tcp", zone.apex()) else { return Vec::new() };
    let first = |label: &str| {
        let owner = Name::parse_in(label, &above).ok()?;
        Some((services(zone, &owner).map(|srv| srv.priority).min()?, owner))
    };
    let found = PAIRS.iter().filter_map(|(plain, tls)| {
        let (rank, owner) = first(plain)?;
        let message = match first(tls) {
            None => format!("has no `{tls}._tcp` beside it: publish that for TLS, and prefer it"),
            Some((better, _)) if better > rank => {
                format!("is preferred to `{tls}._tcp`; give it a higher number")
            }
            Some(_) => return None,
        };
        Some((owner, message))
    });
    found.collect()
}

fn settings_are_new(intent: &Intent) -> Vec<Hit> {
    let (old, new) = (intent.old.claims(&intent.zone), intent.new.claims(&intent.zone));
    // A host of one's own that keeps its name may well be another machine by then.
    let is_renewed = |host: &Name| {
        let mut here =
            new.iter().filter(|claim| claim.key.owner == *host && !claim.rdata.is_empty());
        here.any(|claim| !old.contains(claim))
    };
    let is_kept = |claim: &&Claim| {
        let leads = |data: &Rdata| target(data).is_some_and(|host| !is_renewed(host));
        is_discovery(&claim.key.owner) && claim.rdata.iter().any(leads) && old.contains(claim)
    };
    let kept = new.iter().filter(is_kept).filter(|_| moves(intent));
    let message = "leads programs to the settings of the platform that mail leaves";
    let stale = kept.map(|claim| (claim.key.owner.clone(), message.to_owned()));
    stale.chain(two_answers(&new)).collect()
}

/// An alias that leads elsewhere than the SRV record for the same.
fn two_answers(new: &[Claim]) -> Option<Hit> {
    let led = |label: &str, rtype| {
        let is_it = |claim: &&Claim| {
            let first = claim.key.owner.labels().next().unwrap_or_default();
            claim.key.rtype == rtype && first.eq_ignore_ascii_case(label.as_bytes())
        };
        let claim = new.iter().find(is_it)?;
        Some((&claim.key.owner, claim.rdata.iter().find_map(target)?))
    };
    let (host, target) = led("autodiscover", Rtype::CNAME)?;
    let (_, other) = led("_autodiscover", Rtype::SRV)?;
    let message = format!("leads to `{target}`, but its SRV record to `{other}`; keep one of them");
    (![target, host].contains(&other)).then(|| (host.clone(), message))
}

/// Whether a name is one by which programs look for settings.
fn is_discovery(owner: &Name) -> bool {
    let first = owner.labels().next().unwrap_or_default().to_ascii_lowercase();
    [&b"autodiscover"[..], b"_autodiscover", b"autoconfig"].contains(&&first[..])
}

fn target(data: &Rdata) -> Option<&Name> {
    match data {
        Rdata::Cname(target) => Some(target),
        Rdata::Srv(srv) => Some(&srv.target),
        _ => None,
    }
}
