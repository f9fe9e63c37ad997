//! Names, aliases, and the zone as such.

use super::{Check, Hit, Rule};
use crate::dns::{Name, Rdata, RrSet, Rtype, Zone};
use crate::mail::finding::Severity::{Error, Warning};

/// About names and TTLs.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "HST01",
        severity: Error,
        says: "An alias has its name to itself.",
        reference: "RFC 1034 §3.6.2",
        bad: "imap 60 CNAME mail.example.org.\nimap 60 TXT x",
        good: "imap 60 CNAME mail.example.org.",
        check: Check::Records(alias_alone),
    },
    Rule {
        id: "HST02",
        severity: Error,
        says: "The zone's own name is no alias.",
        reference: "RFC 1034 §3.6.2",
        bad: "@ 60 CNAME host.example.org.",
        good: "@ 60 A 192.0.2.1",
        check: Check::Records(apex_is_no_alias),
    },
    Rule {
        id: "HST06",
        severity: Warning,
        says: "Hosts that mail goes to have names of letters, digits and hyphens.",
        reference: "RFC 1123 §2.1",
        bad: "@ 60 MX 10 my_mail.example.org.",
        good: "@ 60 MX 10 my-mail.example.org.",
        check: Check::Records(hosts_are_spelt),
    },
    Rule {
        id: "HST08",
        severity: Warning,
        says: "An alias leads to a host, at most over one other alias.",
        reference: "RFC 1034 §3.6.2",
        bad: "a 60 CNAME b\nb 60 CNAME c\nc 60 CNAME d\nd 60 A 192.0.2.1",
        good: "a 60 CNAME d\nd 60 A 192.0.2.1",
        check: Check::Records(short_chains),
    },
    Rule {
        id: "ZN03",
        severity: Warning,
        says: "A secondary retries soon, and lives for a week without its primary.",
        reference: "RFC 1912 §2.2",
        bad: "@ 60 SOA ns1 hostmaster 1 3600 7200 86400 300",
        good: "@ 60 SOA ns1 hostmaster 1 7200 3600 1209600 300",
        check: Check::Zone(soa_times),
    },
    Rule {
        id: "ZN04",
        severity: Warning,
        says: "What does not exist is remembered for a day at most.",
        reference: "RFC 2308 §5",
        bad: "@ 604800 SOA ns1 hostmaster 1 7200 3600 1209600 604800",
        good: "@ 3600 SOA ns1 hostmaster 1 7200 3600 1209600 3600",
        check: Check::Zone(negative_ttl),
    },
    Rule {
        id: "ZN13",
        severity: Warning,
        says: "A record may be remembered, and for a week at most.",
        reference: "RFC 8767 §4",
        bad: "@ 0 MX 10 mx.example.org.",
        good: "@ 3600 MX 10 mx.example.org.",
        check: Check::Zone(sensible_ttls),
    },
];

/// The longest chain of aliases that is no nuisance.
const LONGEST_CHAIN: usize = 2;
const DAY: u32 = 86_400;

/// Aliases that are not alone at their name (RFC 1034 §3.6.2).
pub fn crowded_aliases(zone: &Zone) -> impl Iterator<Item = &RrSet> {
    // RRSIG and NSEC stand beside a CNAME by right (RFC 4034 §4).
    let counts = |set: &&RrSet| ![Rtype(46), Rtype(47)].contains(&set.rtype());
    let aliases = zone.rrsets().filter(|set| set.rtype() == Rtype::CNAME);
    aliases.filter(move |alias| {
        alias.rdata().len() > 1 || zone.at(alias.owner()).filter(counts).count() > 1
    })
}

fn alias_alone(zone: &Zone) -> Vec<Hit> {
    let message = "a CNAME stands beside other records; servers drop one of them";
    crowded_aliases(zone).map(|alias| (alias.owner().clone(), message.to_owned())).collect()
}

fn apex_is_no_alias(zone: &Zone) -> Vec<Hit> {
    let message = "a CNAME here takes the place of MX, SOA and NS";
    let alias = zone.find(zone.apex(), Rtype::CNAME);
    alias.map(|alias| (alias.owner().clone(), message.to_owned())).into_iter().collect()
}

fn hosts_are_spelt(zone: &Zone) -> Vec<Hit> {
    let host = |rdata: &Rdata| match rdata {
        Rdata::Mx(mx) => Some(mx.exchange.clone()),
        Rdata::Srv(srv) => Some(srv.target.clone()),
        _ => None,
    };
    let named = zone.rrsets().flat_map(|set| {
        set.rdata().iter().filter_map(host).map(|host| (set.owner().clone(), host))
    });
    let bad = named.filter(|(_, host)| !host.labels().all(is_spelt));
    bad.map(|(owner, host)| (owner, format!("`{host}` is no host's name; some refuse it")))
        .collect()
}

fn is_spelt(label: &[u8]) -> bool {
    label.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-')
        && !label.starts_with(b"-")
        && !label.ends_with(b"-")
}

fn short_chains(zone: &Zone) -> Vec<Hit> {
    let next = |name: &Name| match zone.find(name, Rtype::CNAME)?.rdata().first()? {
        Rdata::Cname(target) => Some(target.clone()),
        _ => None,
    };
    let aliases = zone.rrsets().filter(|set| set.rtype() == Rtype::CNAME).map(RrSet::owner);
    let is_long = |owner: &&Name| {
        let chain = std::iter::successors(Some((*owner).clone()), next);
        chain.take(LONGEST_CHAIN + 2).count() > LONGEST_CHAIN + 1
    };
    let message = "leads over many aliases, or in a circle; lead it to the host";
    aliases.filter(is_long).map(|owner| (owner.clone(), message.to_owned())).collect()
}

fn soa_times(zone: &Zone) -> Vec<Hit> {
    let Some((_, soa)) = zone.soa() else { return Vec::new() };
    let (refresh, retry) = (soa.refresh.secs(), soa.retry.secs());
    let is_hasty = retry >= refresh;
    let lives = soa.expire.secs();
    let is_short = lives < 7 * DAY || lives < refresh.saturating_mul(7);
    let problems = [
        (is_hasty, format!("secondaries retry after {retry} s, and refresh after {refresh} s")),
        (is_short, format!("secondaries fall silent {lives} s after the primary; write 14 d")),
    ];
    let found = problems.into_iter().filter(|(is_so, _)| *is_so);
    found.map(|(_, message)| (zone.apex().clone(), message)).collect()
}

fn negative_ttl(zone: &Zone) -> Vec<Hit> {
    let lasts = zone.soa().map(|_| zone.negative_ttl().secs()).filter(|ttl| *ttl > DAY);
    let message = |ttl| format!("a name that is asked for too early stays unknown for {ttl} s");
    lasts.map(|ttl| (zone.apex().clone(), message(ttl))).into_iter().collect()
}

fn sensible_ttls(zone: &Zone) -> Vec<Hit> {
    let bad = zone.rrsets().filter(|set| !(1..=7 * DAY).contains(&set.ttl().secs()));
    let message = |set: &RrSet| match set.ttl().secs() {
        0 => format!("{} may not be remembered at all, so each mail asks for it", set.rtype()),
        ttl => format!("{} is remembered for {ttl} s; write a day", set.rtype()),
    };
    bad.map(|set| (set.owner().clone(), message(set))).collect()
}
