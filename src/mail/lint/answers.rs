//! What fits into an answer.

use super::{Check, Hit, Rule, labelled};
use crate::dns::{Rdata, RrSet, Rtype, Zone};
use crate::mail::finding::Severity::{Error, Warning};
use crate::mail::intent::dmarc_owner;
use crate::mail::spf::is_spf;

/// Lines of a zone file that fill an answer.
macro_rules! long {
    ($($name:literal)*) => {
        concat!($("@ 60 TXT \"", $name,
            "-verification=0123456789012345678901234567890123456789012345678901234567890123456789",
            "0123456789012345678901234567890123456789012345678901234567890123456789012345678901",
            "0123456789012345678901234567890123456789012345678901234567890123456789\"\n",
        )*)
    };
}

/// About the size and the characters of answers.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ZN06",
        severity: Error,
        says: "What receivers read as mail settings is plain ASCII.",
        reference: "RFC 7208 §4.6, RFC 6376 §3.2",
        bad: "_dmarc 60 TXT \"v=DMARC1; p=none; rua=\\226\\128\\156mailto:a@example.net\"",
        good: "_dmarc 60 TXT \"v=DMARC1; p=none; rua=mailto:a@example.net\"",
        check: Check::Records(plain_ascii),
    },
    Rule {
        id: "ZN07",
        severity: Warning,
        says: "An answer about mail fits into one UDP packet.",
        reference: "RFC 9715 §3",
        bad: long!("one" "two" "three" "four" "five"),
        good: long!("one"),
        check: Check::Records(fits_into_a_packet),
    },
];

/// What name servers and resolvers send by UDP at most, by default.
const PACKET: usize = 1_232;

/// The texts at names that only mail servers ask for, and the SPF record.
fn plain_ascii(zone: &Zone) -> Vec<Hit> {
    let dmarc = dmarc_owner(zone.apex());
    let is_of_mail = |set: &&RrSet| {
        let mut labels = set.owner().labels();
        let first = labels.next().unwrap_or_default();
        let second = labels.next().unwrap_or_default();
        *set.owner() == dmarc
            || second.eq_ignore_ascii_case(b"_domainkey")
            || first.eq_ignore_ascii_case(b"_mta-sts")
            || second.eq_ignore_ascii_case(b"_tls")
    };
    let is_foreign = |data: &Rdata| data.text().is_some_and(|text| !text.is_ascii());
    let is_bad = |set: &&RrSet| match set.owner() == zone.apex() {
        true => set
            .rdata()
            .iter()
            .any(|data| is_foreign(data) && data.text().is_some_and(|text| is_spf(&text))),
        false => is_of_mail(set) && set.rdata().iter().any(is_foreign),
    };
    let message = "has characters that are no ASCII, such as quotes or blanks of a word processor";
    let bad = zone.rrsets().filter(is_bad);
    bad.map(|set| (set.owner().clone(), message.to_owned())).collect()
}

fn fits_into_a_packet(zone: &Zone) -> Vec<Hit> {
    let own = [Rtype::TXT, Rtype::MX].into_iter().filter_map(|rtype| zone.find(zone.apex(), rtype));
    let keys = labelled(zone, 1, "_domainkey").filter(|set| set.rtype() == Rtype::TXT);
    let large = own.chain(keys).map(|set| (set, size(set))).filter(|(_, size)| *size > PACKET);
    let message = |set: &RrSet, size| {
        format!(
            "{} takes {size} octets; over {PACKET} it comes by TCP only, which some networks \
             lose: take out what nobody needs",
            set.rtype()
        )
    };
    large.map(|(set, size)| (set.owner().clone(), message(set, size))).collect()
}

/// The octets of an answer, names within data written out (RFC 1035 §4.1, RFC 6891 §6.1.2).
fn size(set: &RrSet) -> usize {
    const HEADER: usize = 12;
    const EDNS: usize = 11;
    let question = set.owner().wire().len() + 4;
    // The owner is a pointer; then type, class, TTL and length.
    let records = set.rdata().iter().map(|data| 12 + data.octets().len());
    HEADER + question + records.sum::<usize>() + EDNS
}
