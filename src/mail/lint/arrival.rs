//! What `new` leads mail and users to.

use super::departure::moves;
use super::{Check, Hit, Rule, hosted};
use crate::dns::{Name, Rdata};
use crate::mail::dkim::KeyRecord;
use crate::mail::dmarc::{self, Policy};
use crate::mail::finding::Severity::{Error, Warning};
use crate::mail::intent::{Intent, dmarc_owner};
use crate::mail::spf::{Qualifier, Spf};
use crate::mail::tags;
use std::collections::{BTreeMap, BTreeSet};

/// About the platform that mail moves to.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "MX006",
        severity: Error,
        says: "Who sends mail takes mail in.",
        reference: "RFC 7505 §4.2",
        bad: "old: {}\nnew: {mx: 0 ., spf: v=spf1 ip4:192.0.2.1 -all}",
        good: "old: {}\nnew: {mx: 0 ., spf: v=spf1 -all}",
        check: Check::Intent(senders_receive),
    },
    Rule {
        id: "MX010",
        severity: Error,
        says: "All MX lead to one platform.",
        reference: "RFC 5321 §5.1",
        bad: "old: {}\nnew: {mx: [0 example-com.mail.protection.outlook.com., \
            10 aspmx.l.google.com.]}",
        good: "old: {}\nnew: {mx: [1 aspmx.l.google.com., 5 alt1.aspmx.l.google.com.]}",
        check: Check::Intent(one_platform),
    },
    Rule {
        id: "PL19",
        severity: Warning,
        says: "Mail moves to a platform that stays.",
        reference: "RFC 5321 §6.1",
        bad: "old: {}\nnew: {platform: workmail, settings: {region: eu-west-1, dkim-one: a, \
            dkim-two: b, dkim-three: c}}",
        good: "old: {}\nnew: {platform: fastmail}",
        check: Check::Intent(new_platform_stays),
    },
    Rule {
        id: "HST07",
        severity: Warning,
        says: "Mail programs meet a certificate for the name that they were told.",
        reference: "RFC 7817 §3",
        bad: "old: {}\nnew: {retrieval: {imap: imap.gmail.com.}}",
        good: "old: {}\nnew: {retrieval: {imap: imap.example.org.}}",
        check: Check::Intent(certificates_match),
    },
    Rule {
        id: "DM10",
        severity: Warning,
        says: "While mail moves, no policy refuses what a platform sends that has no proven key.",
        reference: "RFC 9989 §4.7",
        bad: "old: {mx: 10 a.example.org., dmarc: v=DMARC1; p=reject}\n\
            new: {mx: 10 b.example.org., dmarc: v=DMARC1; p=reject}",
        good: "old: {mx: 10 a.example.org., dmarc: v=DMARC1; p=reject}\n\
            new: {mx: 10 b.example.org., dmarc: v=DMARC1; p=none}",
        check: Check::Intent(new_senders_are_spared),
    },
];

fn senders_receive(intent: &Intent) -> Vec<Hit> {
    let new = &intent.new;
    let is_null = new.mx.iter().any(|mx| mx.exchange == Name::root());
    let passes = |spf: &Spf| spf.directives().any(|(q, _)| q == Qualifier::Pass);
    let signs = |key: &Rdata| match key {
        Rdata::Txt(txt) => KeyRecord::parse(&txt.text()).is_ok_and(|key| !key.is_revoked()),
        _ => true,
    };
    let sends = new.spf.as_ref().is_some_and(passes) || new.dkim.values().any(signs);
    let message = "`MX 0 .` takes no mail in, but SPF or DKIM let somebody send: many receivers \
        refuse mail that nobody can answer";
    (is_null && sends).then(|| (intent.zone.clone(), message.to_owned())).into_iter().collect()
}

fn one_platform(intent: &Intent) -> Vec<Hit> {
    let hosts = intent.new.mx.iter().map(|mx| &mx.exchange);
    let known = hosts.filter_map(|host| Some((hosted::of_exchange(host)?.name, host)));
    let by_name: BTreeMap<_, _> = known.collect();
    let mut all = by_name.values();
    let pair = all.next().zip(all.next());
    let message = |(a, b)| {
        format!("`{a}` and `{b}` belong to two platforms: each takes in mail for its own mailboxes")
    };
    pair.map(|pair| (intent.zone.clone(), message(pair))).into_iter().collect()
}

fn new_platform_stays(intent: &Intent) -> Vec<Hit> {
    let end = intent.new.ending();
    let message = |(name, day)| {
        format!("platform `{name}` ends on {day}: mail would have to move again before that day")
    };
    end.map(|end| (intent.zone.clone(), message(end))).into_iter().collect()
}

fn certificates_match(intent: &Intent) -> Vec<Hit> {
    let mut by_host: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
    for (owner, data) in intent.new.submission.iter().chain(&intent.new.retrieval) {
        // Programs that look for their settings expect to be sent on.
        let is_found = [&b"autoconfig"[..], b"autodiscover"]
            .iter()
            .any(|word| owner.labels().next().is_some_and(|own| own.eq_ignore_ascii_case(word)));
        for target in data {
            if let Rdata::Cname(host) = target
                && hosted::serves_users(host)
                && !is_found
            {
                by_host.entry(host).or_default().insert(owner);
            }
        }
    }
    let found = by_host.into_iter().filter_map(|(host, owners)| {
        let others = owners.iter().skip(1).map(|owner| format!(", as does `{owner}`"));
        let message = format!(
            "leads to `{host}`, whose certificate names only itself{}: tell users to enter that",
            others.collect::<String>()
        );
        Some(((*owners.first()?).clone(), message))
    });
    found.collect()
}

/// The plan holds the milder of both records until the old platform retires.
fn new_senders_are_spared(intent: &Intent) -> Vec<Hit> {
    let held = intent.dmarc_in_between().filter(|_| moves(intent));
    let found = held.and_then(|held| {
        if dmarc::policy(&held).is_ok_and(|policy| policy == Policy::None) {
            return None;
        }
        let tags = tags::split(&held).ok()?;
        let is_strict =
            |tag| tags::find(&tags, tag).is_some_and(|how| how.eq_ignore_ascii_case("s"));
        let why = match intent.new.dkim.is_empty() {
            true => "the new platform has no DKIM key here",
            false if is_strict("adkim") => "`adkim=s` fails signatures of any other name",
            false if is_strict("aspf") => "`aspf=s` fails senders of any other name",
            false => return None,
        };
        let policy = tags::find(&tags, "p").unwrap_or_default();
        Some(format!(
            "`p={policy}` holds throughout the move, and {why}: try how its mail passes before MX \
             moves, or write `p=none` under `new` until then"
        ))
    });
    found.map(|message| (dmarc_owner(&intent.zone), message)).into_iter().collect()
}
