//! The domain that moves: from a server of its own to Google Workspace.

use crate::transition::Transition;
use cutover::dns::{Name, Rdata, Rtype, Ttl, Zone};
use cutover::mail::{Intent, Side, Spf};
use cutover::plan::Policy;
use std::time::Duration;

pub(crate) const MINUTE: u64 = 60;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// The old server's address.
const OLD_ADDRESS: &str = "192.0.2.10";
const OLD_KEY_TEXT: &str = "k=rsa; p=OLD";
const NEW_KEY_TEXT: &str = "k=rsa; p=NEW";

pub(crate) fn apex() -> Name {
    Name::parse("example.net.").unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse_in(text, &apex()).unwrap()
}

pub(crate) fn zone(text: &str) -> Zone {
    Zone::parse(text, &apex()).unwrap()
}

/// The TTLs of the zone before the move, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ttls {
    pub(crate) mx: u64,
    pub(crate) txt: u64,
    pub(crate) hosts: u64,
    pub(crate) key: u64,
    pub(crate) negative: u64,
}

impl Ttls {
    /// The same everywhere, with an hour for absence at most.
    pub(crate) fn all(ttl: u64) -> Self {
        Self { mx: ttl, txt: ttl, hosts: ttl, key: ttl, negative: ttl.min(HOUR) }
    }
}

/// The zone as it was, neighbours among it.
pub(crate) fn before(ttls: &Ttls) -> Zone {
    let Ttls { mx, txt, hosts, key, negative } = ttls;
    zone(&format!(
        r#"
@ {DAY} SOA ns1 hostmaster 1 3600 600 604800 {negative}
@ {DAY} NS ns1
@ {mx} MX 10 mail
@ {txt} TXT "v=spf1 mx -all"
@ {txt} TXT "google-site-verification=neighbour"
_dmarc {txt} TXT "v=DMARC1; p=reject"
s2015._domainkey {key} TXT "{OLD_KEY_TEXT}"
mail {hosts} A {OLD_ADDRESS}
smtp {hosts} A {OLD_ADDRESS}
imap {hosts} CNAME mail
www {hosts} A 192.0.2.80
"#
    ))
}

/// The zone as it shall be.
pub(crate) fn after(ttls: &Ttls) -> Zone {
    let Ttls { mx, txt, hosts, negative, .. } = ttls;
    zone(&format!(
        r#"
@ {DAY} SOA ns1 hostmaster 1 3600 600 604800 {negative}
@ {DAY} NS ns1
@ {mx} MX 1 smtp.google.com.
@ {txt} TXT "v=spf1 include:_spf.google.com ~all"
@ {txt} TXT "google-site-verification=neighbour"
_dmarc {txt} TXT "v=DMARC1; p=reject"
google._domainkey {HOUR} TXT "{NEW_KEY_TEXT}"
smtp {hosts} CNAME smtp.gmail.com.
imap {hosts} CNAME imap.gmail.com.
www {hosts} A 192.0.2.80
"#
    ))
}

/// What the zone file would say.
fn intent() -> Intent {
    let data = |rtype, text: &str| Rdata::parse(rtype, text, Some(&apex())).unwrap();
    let mx = |text| match data(Rtype::MX, text) {
        Rdata::Mx(mx) => vec![mx],
        other => panic!("`{other}` is not an MX"),
    };
    let key = |owner, text| [(name(owner), data(Rtype::TXT, &format!("\"{text}\"")))].into();
    let host = |owner, rtype, text| [(name(owner), vec![data(rtype, text)])].into();
    let mail = before(&Ttls::all(DAY)).find(&name("mail"), Rtype::A).unwrap().clone();
    let old = Side {
        mx: mx("10 mail"),
        spf: Some(Spf::parse("v=spf1 mx -all").unwrap()),
        dkim: key("s2015._domainkey", OLD_KEY_TEXT),
        dmarc: Some("v=DMARC1; p=reject".to_owned()),
        submission: host("smtp", Rtype::A, OLD_ADDRESS),
        retrieval: host("imap", Rtype::CNAME, "mail"),
        records: vec![(mail, None)],
        ..Side::default()
    };
    let new = Side {
        mx: mx("1 smtp.google.com."),
        spf: Some(Spf::parse("v=spf1 include:_spf.google.com ~all").unwrap()),
        dkim: key("google._domainkey", NEW_KEY_TEXT),
        dmarc: Some("v=DMARC1; p=reject".to_owned()),
        submission: host("smtp", Rtype::CNAME, "smtp.gmail.com."),
        retrieval: host("imap", Rtype::CNAME, "imap.gmail.com."),
        ..Side::default()
    };
    Intent { zone: apex(), old, new }
}

/// The move as a whole.
pub(crate) fn transition(ttls: &Ttls, policy: &Policy) -> Transition {
    let begin = crate::transition::BEGIN;
    Transition { begin, ..Transition::new(before(ttls), intent(), policy.clone()) }
}

/// A move of days instead of weeks, for stories that are told many times.
pub(crate) fn short() -> Policy {
    Policy {
        ttl: Ttl::from_secs(600),
        soak: Duration::from_secs(2 * DAY),
        queue: Duration::from_secs(DAY / 2),
        transit: Duration::from_secs(DAY / 2),
        silence: Duration::from_secs(DAY),
        restore_after: Duration::from_secs(2 * HOUR),
        ..Policy::default()
    }
}
