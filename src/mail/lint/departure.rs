//! What of the old platform `new` still leads to.

use super::{Check, Hit, Rule, hosted};
use crate::dns::{Name, Rdata, RrKey, Rtype};
use crate::mail::finding::Severity::{Info, Warning};
use crate::mail::intent::{Intent, Side};
use std::collections::BTreeMap;

/// About the platform that mail leaves.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "MX011",
        severity: Warning,
        says: "No MX of lower rank leads to the platform that mail leaves.",
        reference: "RFC 5321 §5.1",
        bad: "old: {mx: 10 a.example.org.}\nnew: {mx: [10 b.example.org., 50 a.example.org.]}",
        good: "old: {mx: 10 a.example.org.}\nnew: {mx: [10 b.example.org., 50 c.example.org.]}",
        check: Check::Intent(old_host_ranks_lower),
    },
    Rule {
        id: "SPF25",
        severity: Warning,
        says: "SPF does not let a platform send that nobody uses any more.",
        reference: "RFC 7208 §10.1",
        bad: "old: {platform: google-workspace}\n\
            new: {platform: proton, settings: {dkim-label: a}, \
            spf: v=spf1 include:_spf.google.com include:_spf.protonmail.ch ~all}",
        good: "old: {platform: google-workspace}\n\
            new: {platform: proton, settings: {dkim-label: a}}",
        check: Check::Intent(old_platform_may_send),
    },
    Rule {
        id: "DK17",
        severity: Warning,
        says: "The old platform's account lives as long as the keys that it publishes are needed.",
        reference: "RFC 6376 §3.6.1",
        bad: "old: {mx: 10 a.example.org., dkim: {s: {cname: s.dkim.example.org.}}}\n\
            new: {mx: 10 b.example.org.}",
        good: "old: {mx: 10 a.example.org., dkim: {s: {cname: s.dkim.example.org., copy: live}}}\n\
            new: {mx: 10 b.example.org.}",
        check: Check::Intent(keys_are_with_the_old_platform),
    },
    Rule {
        id: "PL20",
        severity: Info,
        says: "All mail, and what is under way, has left a platform before that ends.",
        reference: "RFC 5321 §6.1",
        bad: "old: {platform: workmail, settings: {region: eu-west-1, dkim-one: a, dkim-two: b, \
            dkim-three: c}}\nnew: {platform: fastmail}",
        good: "old: {platform: fastmail}\nnew: {platform: migadu}",
        check: Check::Intent(old_platform_lasts),
    },
    Rule {
        id: "AD04",
        severity: Info,
        says: "A service that ends says so where programs look for it.",
        reference: "RFC 6186 §3.4",
        bad: "old: {records: [_pop3s._tcp IN SRV 0 1 995 a.example.org.]}\n\
            new: {records: [_imaps._tcp IN SRV 0 1 993 b.example.org.]}",
        good: "old: {records: [_pop3s._tcp IN SRV 0 1 995 a.example.org.]}\n\
            new: {records: [_imaps._tcp IN SRV 0 1 993 b.example.org., \
            _pop3s._tcp IN SRV 0 0 0 .]}",
        check: Check::Intent(services_end_silently),
    },
];

/// The hosts of the best rank.
fn best(side: &Side) -> impl Iterator<Item = &Name> {
    let rank = side.mx.iter().map(|mx| mx.preference).min();
    let best = side.mx.iter().filter(move |mx| Some(mx.preference) == rank);
    best.map(|mx| &mx.exchange)
}

/// Whether mail moves to another platform: to a host that it did not go to, nor its like.
pub(super) fn moves(intent: &Intent) -> bool {
    let (old, new) = (&intent.old, &intent.new);
    let platform = |host: &Name| hosted::of_exchange(host).map(|one| one.name);
    let is_like =
        |a: &Name, b: &Name| a == b || platform(a).is_some_and(|of| platform(b) == Some(of));
    let is_old = |host: &Name| old.mx.iter().any(|mx| is_like(&mx.exchange, host));
    !old.mx.is_empty() && best(new).any(|host| !is_old(host))
}

fn old_host_ranks_lower(intent: &Intent) -> Vec<Hit> {
    let left: Vec<_> = best(&intent.old).filter(|_| moves(intent)).collect();
    let kept = intent.new.mx.iter().filter(|mx| left.contains(&&mx.exchange));
    let kept = kept.filter(|mx| !best(&intent.new).any(|host| *host == mx.exchange));
    let message = |host| {
        format!("`{host}` still takes mail in, spam above all, after mail has moved: take it out")
    };
    kept.map(|mx| (intent.zone.clone(), message(&mx.exchange))).collect()
}

fn old_platform_may_send(intent: &Intent) -> Vec<Hit> {
    let platforms = |side: &Side| -> BTreeMap<_, _> {
        let hosts = side.mx.iter().map(|mx| &mx.exchange);
        hosts.filter_map(hosted::of_exchange).map(|one| (one.name, one)).collect()
    };
    let (old, new) = (platforms(&intent.old), platforms(&intent.new));
    let left = old.into_values().filter(|one| !new.contains_key(one.name));
    let found = left.filter_map(|one| {
        let domain = one.sender(intent.new.spf.as_ref()?)?;
        let message = format!(
            "SPF lets {} send by `{domain}` after mail has left it: take it out of `new`, unless \
             something else sends by it",
            one.name
        );
        Some((intent.zone.clone(), message))
    });
    found.collect()
}

fn keys_are_with_the_old_platform(intent: &Intent) -> Vec<Hit> {
    let (old, new) = (&intent.old, &intent.new);
    let is_theirs = |(owner, data): &(&Name, &Rdata)| match data {
        Rdata::Cname(to) => {
            let is_kept = new.dkim.contains_key(*owner) || old.copies.contains_key(*owner);
            !is_kept && !to.is_within(&intent.zone)
        }
        _ => false,
    };
    let first = old.dkim.iter().find(is_theirs).filter(|_| moves(intent));
    let hit = first.map(|(owner, target)| {
        let parent = Name::parse_in("_domainkey", &intent.zone);
        let selector = owner.relative_to(&parent.unwrap_or_else(|_| intent.zone.clone()));
        let copied = format!("{selector}: {{cname: {target}, copy: live}}");
        let message = format!(
            "leads to a key at the old platform, by which mail under way is verified: keep the \
             account until `retire-keys` is applied, or write `{copied}` under `dkim`, so that \
             the key stands here from `retire` on"
        );
        (owner.clone(), message)
    });
    hit.into_iter().collect()
}

fn old_platform_lasts(intent: &Intent) -> Vec<Hit> {
    // Who stays is told by another rule.
    let end = intent.old.ending().filter(|_| moves(intent));
    let message = |(name, day)| {
        format!("platform `{name}` ends on {day}: see that `retire-keys` is applied before")
    };
    end.map(|end| (intent.zone.clone(), message(end))).into_iter().collect()
}

fn services_end_silently(intent: &Intent) -> Vec<Hit> {
    let services = |side: &Side| -> BTreeMap<RrKey, bool> {
        let sets = side.records.iter().map(|(set, _)| set);
        let sets = sets.filter(|set| set.rtype() == Rtype::SRV && is_client(set.owner()));
        let serves = |data: &Rdata| matches!(data, Rdata::Srv(srv) if srv.target != Name::root());
        sets.map(|set| (set.key().clone(), set.rdata().iter().any(serves))).collect()
    };
    let (old, new) = (services(&intent.old), services(&intent.new));
    let is_lost = |(key, serves): &(&RrKey, &bool)| **serves && !new.contains_key(*key);
    let lost = old.iter().filter(is_lost).filter(|_| !new.is_empty());
    let message = "ends without a word; `SRV 0 0 0 .` would tell programs that it is not there";
    lost.map(|(key, _)| (key.owner.clone(), message.to_owned())).collect()
}

fn is_client(owner: &Name) -> bool {
    const LABELS: [&str; 6] = ["_imap", "_imaps", "_pop3", "_pop3s", "_submission", "_submissions"];
    let first = owner.labels().next().unwrap_or_default();
    LABELS.iter().any(|label| first.eq_ignore_ascii_case(label.as_bytes()))
}
