//! Names that mail records stand at by custom, and so the questions to ask of who shows no zone.

use crate::dns::{Name, RrKey, Rtype};
use std::collections::BTreeSet;

/// Names that users send to.
pub(super) const SUBMISSION: &[&str] = &["outgoing", "smtp", "smtps", "submission", "submit"];

/// Names that users read at.
pub(super) const RETRIEVAL: &[&str] = &[
    "autoconfig",
    "autodiscover",
    "imap",
    "imap4",
    "imaps",
    "incoming",
    "mail",
    "owa",
    "pop",
    "pop3",
    "pops",
    "ua-auto-config",
    "webmail",
];

/// Labels below which services of mail are found (RFC 6186 §3, RFC 8314 §5.1, RFC 8620 §2.2).
pub(super) const SERVICES: &[&str] = &[
    "_autodiscover",
    "_imap",
    "_imaps",
    "_jmap",
    "_pop3",
    "_pop3s",
    "_sieve",
    "_smtps",
    "_submission",
    "_submissions",
];

/// The same for calendars and address books, which are not always the mail platform's (RFC 6764).
pub(super) const GROUPWARE: &[&str] = &["_caldav", "_caldavs", "_carddav", "_carddavs"];

/// Ports of mail servers, as TLSA records name them.
pub(super) const PORTS: &[&str] = &["_25", "_110", "_143", "_465", "_587", "_993", "_995", "_4190"];

/// DKIM selectors that platforms and mail servers use unless told otherwise.
const SELECTORS: &[&str] = &[
    "default",
    "dkim",
    "dkim1",
    "dkim2",
    "ed25519",
    "fm1",
    "fm2",
    "fm3",
    "google",
    "key1",
    "key2",
    "key3",
    "k1",
    "k2",
    "k3",
    "mail",
    "mailo",
    "MBO0001",
    "MBO0002",
    "MBO0003",
    "MBO0004",
    "mesmtp",
    "mxvault",
    "postfix",
    "protonmail",
    "protonmail2",
    "protonmail3",
    "rsa",
    "s1",
    "s2",
    "s1024",
    "s2048",
    "selector",
    "selector1",
    "selector2",
    "sig1",
    "smtp",
    "x",
    "zmail",
    "zoho",
];

/// Hosts that MX records lead to by custom; SPF is joined by their addresses.
const HOSTS: &[&str] = &["mx", "mx1", "mx2", "mx3"];

/// A label that nobody has, and that only a wildcard answers for.
const NOBODY: &str = "cutover-asks-for-a-wildcard";

/// Whose children are asked for a wildcard: the zone's, and what records of mail stand below.
const PARENTS: &[&str] = &["", "._domainkey", "._tcp", "._smtp"];

/// The questions that find the mail records of a zone that cannot be read as a whole.
pub fn questions(zone: &Name, selectors: &[String]) -> BTreeSet<RrKey> {
    const HOST: &[Rtype] = &[Rtype::CNAME, Rtype::A, Rtype::AAAA];
    const TEXT: &[Rtype] = &[Rtype::CNAME, Rtype::TXT];
    let mut keys = BTreeSet::new();
    let mut ask = |name: &str, rtypes: &[Rtype]| {
        // A name too long for this zone has no records.
        let owner = Name::parse_in(name, zone).ok();
        let each = rtypes.iter().filter_map(|rtype| Some(RrKey::new(owner.clone()?, *rtype)));
        keys.extend(each);
    };
    ask("@", &[Rtype::SOA, Rtype::NS, Rtype::MX, Rtype::TXT, Rtype::A, Rtype::AAAA]);
    for host in SUBMISSION.iter().chain(RETRIEVAL).chain(HOSTS).chain(&["mta-sts"]) {
        ask(host, HOST);
        ask(&format!("_25._tcp.{host}"), &[Rtype::CNAME, Rtype::TLSA]);
    }
    for name in ["_dmarc", "_mta-sts", "_smtp._tls", "default._bimi"] {
        ask(name, TEXT);
    }
    for service in SERVICES.iter().chain(GROUPWARE) {
        ask(&format!("{service}._tcp"), &[Rtype::SRV, Rtype::TXT]);
    }
    for selector in SELECTORS.iter().copied().chain(selectors.iter().map(String::as_str)) {
        ask(&format!("{selector}._domainkey"), TEXT);
    }
    for parent in PARENTS {
        let all = [Rtype::CNAME, Rtype::A, Rtype::AAAA, Rtype::TXT, Rtype::SRV, Rtype::TLSA];
        ask(&format!("{NOBODY}{parent}"), &all);
    }
    keys
}

/// Whether this is a name that is only asked for to find a wildcard.
pub(super) fn is_nobody(name: &Name) -> bool {
    name.labels().next().is_some_and(|label| label == NOBODY.as_bytes())
}
