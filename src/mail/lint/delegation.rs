//! Whether a zone and its parent agree, and what those see who validate.

use super::servers::Testimony;
use super::{Check, Hit, Rule};
use crate::dns::rdata::{Dnskey, Ds, Rrsig};
use crate::dns::{Name, Rdata, RrKey, Rtype};
use crate::mail::dnssec::{Age, age, is_about, lifetime};
use crate::mail::finding::Severity::{Error, Warning};
use std::collections::BTreeSet;

/// A parent that knows the key, and a server that has it.
macro_rules! signed {
    ($($line:literal)*) => {
        concat!(
            "; parent\n@ 60 DS 1 13 2 ",
            "F07237F5901939E6065A03490EAD568ACF5CD9B3701C2052D25637A1BD852EB9\n",
            "---\n@ 60 DNSKEY 257 3 13 AAAA\n",
            $($line),*
        )
    };
}

/// About the parent, whose part in examples begins with `; parent`, and about DNSSEC.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ZN02",
        severity: Warning,
        says: "The parent names the same name servers as the zone itself.",
        reference: "RFC 1034 §4.2.2",
        bad: "; parent\n@ 60 NS ns1\n@ 60 NS ns2\n---\n@ 60 NS ns1\n@ 60 NS ns3",
        good: "; parent\n@ 60 NS ns1\n@ 60 NS ns2\n---\n@ 60 NS NS2\n@ 60 NS ns1",
        check: Check::Servers(same_servers),
    },
    Rule {
        id: "ZN08",
        severity: Error,
        says: "Signatures are valid, and are renewed before the last tenth of their life.",
        reference: "RFC 4035 §5.3.1",
        bad: signed!("@ 60 RRSIG MX 13 2 60 20270117000000 20270101000000 1 example.net. AAAA"),
        good: signed!("@ 60 RRSIG MX 13 2 60 20270128000000 20270114000000 1 example.net. AAAA"),
        check: Check::Servers(signatures_are_fresh),
    },
    Rule {
        id: "ZN09",
        severity: Error,
        says: "The DS at the parent is about a key of the zone.",
        reference: "RFC 4035 §5.2",
        bad: "; parent\n@ 60 DS 1 13 2 \
            0000000000000000000000000000000000000000000000000000000000000000\n\
            ---\n@ 60 DNSKEY 257 3 13 AAAA",
        good: signed!(),
        check: Check::Servers(parent_knows_a_key),
    },
    Rule {
        id: "ZN15",
        severity: Warning,
        says: "A name server that is cut off stops answering before its signatures end.",
        reference: "RFC 6781 §4.4.1",
        bad: signed!(
            "@ 60 SOA ns1 hostmaster 1 7200 3600 1209600 3600\n"
            "@ 60 RRSIG SOA 13 2 60 20270128000000 20270114000000 1 example.net. AAAA"
        ),
        good: signed!(
            "@ 60 SOA ns1 hostmaster 1 7200 3600 604800 3600\n"
            "@ 60 RRSIG SOA 13 2 60 20270128000000 20270114000000 1 example.net. AAAA"
        ),
        check: Check::Servers(zones_end_before_signatures),
    },
];

/// What each server that answers says of a type, with its name; of parsed data, the part wanted.
fn said<'t, T>(
    all: &'t Testimony,
    rtype: Rtype,
    part: impl Fn(&'t Rdata) -> Option<T> + Copy,
) -> impl Iterator<Item = (&'t str, Vec<T>)> {
    let key = RrKey::new(all.apex.clone(), rtype);
    all.servers.iter().filter_map(move |says| {
        let data = says.answers.get(&key)?.as_ref().ok()?;
        Some((says.server.as_str(), data.iter().filter_map(part).collect()))
    })
}

fn first(all: &Testimony, found: impl Iterator<Item = String>) -> Vec<Hit> {
    found.take(1).map(|message| (all.apex.clone(), message)).collect()
}

fn host(data: &Rdata) -> Option<&Name> {
    match data {
        Rdata::Ns(host) => Some(host),
        _ => None,
    }
}

fn same_servers(all: &Testimony) -> Vec<Hit> {
    let above = all.parent.get(&Rtype::NS).map(Vec::as_slice).unwrap_or_default();
    let above: BTreeSet<_> = above.iter().filter_map(host).collect();
    // Whoever is not delegated is for inside use.
    let own = said(all, Rtype::NS, host).filter(|(_, own)| !above.is_empty() && !own.is_empty());
    let differences = own.filter_map(|(server, own)| {
        let own: BTreeSet<_> = own.into_iter().collect();
        let list = |all: Vec<&_>| all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        let missing = list(own.difference(&above).collect()).join(" and ");
        let forgotten = list(above.difference(&own).collect()).join(" and ");
        match (missing.is_empty(), forgotten.is_empty()) {
            (true, true) => None,
            (false, true) => Some(format!("the parent does not name {missing}, as {server} does")),
            (true, false) => Some(format!("the parent names {forgotten}, which {server} does not")),
            _ => Some(format!(
                "the parent names {forgotten} and not {missing}; with {server} it is the other \
                 way round"
            )),
        }
    });
    let message = |difference| format!("{difference}: resolvers believe the one or the other");
    first(all, differences.map(message))
}

/// The DS at the parent, if it is known to have some: else nobody validates.
fn delegated(all: &Testimony) -> Vec<&Ds> {
    let above = all.parent.get(&Rtype::DS).map(Vec::as_slice).unwrap_or_default();
    let signers = above.iter().filter_map(|data| match data {
        Rdata::Ds(ds) => Some(ds),
        _ => None,
    });
    signers.collect()
}

fn parent_knows_a_key(all: &Testimony) -> Vec<Hit> {
    // Beside another digest nobody looks at SHA-1, and alone it is not judged (RFC 4509 §3).
    let signers: Vec<_> = delegated(all).into_iter().filter(|ds| ds.digest_type != 1).collect();
    let keys = said(all, Rtype::DNSKEY, |data| match data {
        Rdata::Dnskey(key) => Some(key.clone()),
        _ => None,
    });
    let strangers = keys.filter(|(_, keys): &(_, Vec<Dnskey>)| {
        let is_strange = |ds: &&Ds| is_about(ds, &all.apex, keys) == Some(false);
        !signers.is_empty() && signers.iter().all(is_strange)
    });
    let message = |(server, keys): (&str, Vec<_>)| {
        let has = if keys.is_empty() { "has no key" } else { "has other keys" };
        format!("{server} {has} than the DS at the parent says: who validates gets no answer")
    };
    first(all, strangers.map(message))
}

fn signatures(all: &Testimony) -> impl Iterator<Item = (&str, Vec<&Rrsig>)> {
    let is_used = !delegated(all).is_empty();
    let found = said(all, Rtype::RRSIG, |data| match data {
        Rdata::Rrsig(signature) => Some(signature),
        _ => None,
    });
    found.filter(move |_| is_used)
}

fn signatures_are_fresh(all: &Testimony) -> Vec<Hit> {
    let told = signatures(all).flat_map(|(server, signatures)| {
        signatures.into_iter().filter_map(move |signature| {
            let what = match age(signature, all.now) {
                Age::Fresh => return None,
                Age::Early => "is not valid yet: its signer's clock is ahead",
                Age::Late => "is about to end: nobody renews it",
                Age::Over => "has ended: who validates gets no answer",
            };
            Some(format!("the signature over {} at {server} {what}", signature.covered))
        })
    });
    first(all, told)
}

/// Those who sign while they answer keep theirs for a few days only, and hand none on.
const SIGNED_AHEAD: i32 = 7 * 86_400;

fn zones_end_before_signatures(all: &Testimony) -> Vec<Hit> {
    let expire = said(all, Rtype::SOA, |data| match data {
        Rdata::Soa(soa) => Some(soa.expire.secs()),
        _ => None,
    });
    let expire = expire.flat_map(|(_, expire)| expire).max();
    let lives = signatures(all).flat_map(|(_, signatures)| signatures).map(lifetime);
    let shortest = lives.filter(|life| *life >= SIGNED_AHEAD).min();
    let pair = expire.zip(shortest.and_then(|life| u32::try_from(life).ok()));
    let message = pair.filter(|(expire, life)| expire >= life).map(|(expire, life)| {
        format!(
            "a server that is cut off answers for {expire} s (EXPIRE) with signatures that last \
             {life} s: make EXPIRE a third of that"
        )
    });
    first(all, message.into_iter())
}
