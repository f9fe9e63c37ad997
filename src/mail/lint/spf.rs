//! Who may send.

use super::scene::Scene;
use super::{Check, Hit, Rule, texts};
use crate::dns::{Name, Rtype, Zone};
use crate::mail::finding::Severity::{Error, Info, Warning};
use crate::mail::records::mx;
use crate::mail::spf::{MOST_LOOKUPS, Mechanism, Qualifier, Spf, Term, is_spf};

/// About SPF records.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "SPF01",
        severity: Error,
        says: "A domain has one SPF record.",
        reference: "RFC 7208 §4.5",
        bad: "@ 60 TXT \"v=spf1 a -all\"\n@ 60 TXT \"v=spf1 mx -all\"",
        good: "@ 60 TXT \"v=spf1 a mx -all\"",
        check: Check::Records(one_record),
    },
    Rule {
        id: "SPF02",
        severity: Error,
        says: "Every term can be read.",
        reference: "RFC 7208 §4.6",
        bad: "@ 60 TXT \"v=spf1 ip4:192.0.2.1~all\"",
        good: "@ 60 TXT \"v=spf1 ip4:192.0.2.1 ~all\"",
        check: Check::Records(|zone| unreadable(zone, "SPF02")),
    },
    Rule {
        id: "SPF03",
        severity: Error,
        says: "A record asks the DNS ten times at most.",
        reference: "RFC 7208 §4.6.4",
        bad: "@ 60 TXT \"v=spf1 a:a.example a:b.example a:c.example a:d.example a:e.example \
            a:f.example a:g.example a:h.example a:i.example a:j.example a:k.example -all\"",
        good: "@ 60 TXT \"v=spf1 ip4:192.0.2.0/28 include:_spf.example.org -all\"",
        check: Check::Asked(asks_little),
    },
    Rule {
        id: "SPF04",
        severity: Warning,
        says: "There is room for the senders of another platform.",
        reference: "RFC 7208 §4.6.4",
        bad: "@ 60 TXT \"v=spf1 a:a.example a:b.example a:c.example a:d.example a:e.example \
            a:f.example a:g.example a:h.example a:i.example -all\"",
        good: "@ 60 TXT \"v=spf1 ip4:192.0.2.0/28 include:_spf.example.org -all\"",
        check: Check::Asked(has_room),
    },
    Rule {
        id: "SPF08",
        severity: Error,
        says: "Not everybody may send.",
        reference: "RFC 7208 §5.1",
        bad: "@ 60 TXT \"v=spf1 mx all\"",
        good: "@ 60 TXT \"v=spf1 mx ~all\"",
        check: Check::Spf(not_everybody),
    },
    Rule {
        id: "SPF09",
        severity: Warning,
        says: "A record says what to make of strangers.",
        reference: "RFC 7208 §4.7",
        bad: "@ 60 TXT \"v=spf1 mx\"",
        good: "@ 60 TXT \"v=spf1 mx ~all\"",
        check: Check::Spf(judges_strangers),
    },
    Rule {
        id: "SPF10",
        severity: Warning,
        says: "Senders are not named by `ptr`.",
        reference: "RFC 7208 §5.5",
        bad: "@ 60 TXT \"v=spf1 ptr -all\"",
        good: "@ 60 TXT \"v=spf1 ip4:192.0.2.0/28 -all\"",
        check: Check::Spf(no_ptr),
    },
    Rule {
        id: "SPF11",
        severity: Warning,
        says: "Nothing stands behind `all`.",
        reference: "RFC 7208 §5.1",
        bad: "@ 60 TXT \"v=spf1 mx -all include:_spf.example.org\"",
        good: "@ 60 TXT \"v=spf1 mx include:_spf.example.org -all\"",
        check: Check::Spf(all_is_last),
    },
    Rule {
        id: "SPF12",
        severity: Warning,
        says: "A record has either `all` or `redirect`.",
        reference: "RFC 7208 §6.1",
        bad: "@ 60 TXT \"v=spf1 mx redirect=_spf.example.org ~all\"",
        good: "@ 60 TXT \"v=spf1 mx include:_spf.example.org ~all\"",
        check: Check::Spf(all_or_redirect),
    },
    Rule {
        id: "SPF13",
        severity: Error,
        says: "Networks have an address and a prefix length of their own family.",
        reference: "RFC 7208 §5.6",
        bad: "@ 60 TXT \"v=spf1 ip4:2001:db8::1 -all\"",
        good: "@ 60 TXT \"v=spf1 ip6:2001:db8::1 -all\"",
        check: Check::Records(|zone| unreadable(zone, "SPF13")),
    },
    Rule {
        id: "SPF14",
        severity: Warning,
        says: "A record fits into the smallest answer, beside the other texts.",
        reference: "RFC 7208 §3.4",
        bad: "@ 60 TXT \"v=spf1 ip6:2001:db8:1111:1111:1111:1111:1111:1111 \
            ip6:2001:db8:1111:1111:1111:1111:1111:1112 ip6:2001:db8:1111:1111:1111:1111:1111:1113 \
            ip6:2001:db8:1111:1111:1111:1111:1111:1114 \" \
            \"ip6:2001:db8:1111:1111:1111:1111:1111:1115 \
            ip6:2001:db8:1111:1111:1111:1111:1111:1116 ip6:2001:db8:1111:1111:1111:1111:1111:1117 \
            ip6:2001:db8:1111:1111:1111:1111:1111:1118 \" \
            \"ip6:2001:db8:1111:1111:1111:1111:1111:1119 \
            ip6:2001:db8:1111:1111:1111:1111:1111:111a \
            ip6:2001:db8:1111:1111:1111:1111:1111:111b -all\"",
        good: "@ 60 TXT \"v=spf1 ip6:2001:db8:1111:1111::/64 -all\"",
        check: Check::Records(short),
    },
    Rule {
        id: "SPF15",
        severity: Error,
        says: "A record begins with `v=spf1` and a space.",
        reference: "RFC 7208 §4.5",
        bad: "@ 60 TXT \"v=spf1; mx -all\"",
        good: "@ 60 TXT \"v=spf1 mx -all\"",
        check: Check::Records(begins_right),
    },
    Rule {
        id: "SPF16",
        severity: Warning,
        says: "SPF is published as TXT, in its first version.",
        reference: "RFC 7208 §3.1",
        bad: "@ 60 TXT \"spf2.0/pra mx -all\"",
        good: "@ 60 TXT \"v=spf1 mx -all\"",
        check: Check::Records(not_obsolete),
    },
    Rule {
        id: "SPF17",
        severity: Error,
        says: "Receivers can fill in every macro.",
        reference: "RFC 7208 §7.1",
        bad: "@ 60 TXT \"v=spf1 exists:%{x}._spf.example.org -all\"",
        good: "@ 60 TXT \"v=spf1 exists:%{i}._spf.example.org -all\"",
        check: Check::Records(|zone| unreadable(zone, "SPF17")),
    },
    Rule {
        id: "SPF22",
        severity: Info,
        says: "Where one mail host has an SPF record for what it calls itself, all have.",
        reference: "RFC 7208 §10.1.2",
        bad: "@ 60 MX 10 mx1\n@ 60 MX 20 mx2\nmx1 60 A 192.0.2.1\nmx2 60 A 192.0.2.2\n\
            mx1 60 TXT \"v=spf1 a -all\"",
        good: "@ 60 MX 10 mx1\n@ 60 MX 20 mx2\nmx1 60 A 192.0.2.1\nmx2 60 A 192.0.2.2\n\
            mx1 60 TXT \"v=spf1 a -all\"\nmx2 60 TXT \"v=spf1 a -all\"",
        check: Check::Zone(hosts_speak_for_themselves),
    },
    Rule {
        id: "SPF23",
        severity: Warning,
        says: "Every term stands there once.",
        reference: "RFC 7208 §4.6.4",
        bad: "@ 60 TXT \"v=spf1 include:_spf.example.org include:_spf.example.org -all\"",
        good: "@ 60 TXT \"v=spf1 include:_spf.example.org -all\"",
        check: Check::Spf(terms_once),
    },
];

/// How many questions of a record leave room for another platform's.
const ROOMY: usize = 8;
/// Octets of text that fit into an answer of 512 octets (RFC 7208 §3.4).
const LONGEST: usize = 450;

fn spf_texts(zone: &Zone) -> Vec<String> {
    let mut texts = texts(zone, zone.apex());
    texts.retain(|text| is_spf(text));
    texts
}

/// The records that can be read.
pub(super) fn records(zone: &Zone) -> Vec<Spf> {
    spf_texts(zone).iter().filter_map(|text| Spf::parse(text).ok()).collect()
}

fn one_record(zone: &Zone) -> Vec<Hit> {
    let count = spf_texts(zone).len();
    let message =
        || format!("{count} SPF records stand beside each other; receivers fail both: merge them");
    (count > 1).then(|| (zone.apex().clone(), message())).into_iter().collect()
}

/// Mistakes of a record that are for this rule to tell.
fn unreadable(zone: &Zone, rule: &str) -> Vec<Hit> {
    let errors = spf_texts(zone).into_iter().filter_map(|text| Spf::parse(&text).err());
    errors
        .filter(|error| error.rule() == rule)
        .map(|error| (zone.apex().clone(), error.to_string()))
        .collect()
}

fn asks_little(scene: &Scene<'_>) -> Vec<Hit> {
    let far = scene.spf.iter().map(|(_, census)| census.lookups).filter(|n| *n > MOST_LOOKUPS);
    let message = |n| {
        format!(
            "SPF asks {n} times; receivers fail it after {MOST_LOOKUPS}: name addresses, or write \
             `flatten: true` under `transition` if that is so only while mail moves"
        )
    };
    far.map(|n| (scene.zone.apex().clone(), message(n))).collect()
}

fn has_room(scene: &Scene<'_>) -> Vec<Hit> {
    let tight = ROOMY + 1..=MOST_LOOKUPS;
    let near = scene.spf.iter().map(|(_, census)| census.lookups).filter(|n| tight.contains(n));
    let message = |n| {
        format!("SPF asks {n} times of {MOST_LOOKUPS}: no room for the senders of both platforms")
    };
    near.map(|n| (scene.zone.apex().clone(), message(n))).collect()
}

fn not_everybody(spf: &Spf) -> Option<String> {
    let message = "`+all` lets anyone send in your name; write `~all`";
    (spf.all() == Some(Qualifier::Pass)).then(|| message.to_owned())
}

fn judges_strangers(spf: &Spf) -> Option<String> {
    let message = "SPF does not say what to make of strangers; write `~all` at its end";
    let is_mild = spf.spares_strangers() && spf.all() != Some(Qualifier::Pass);
    is_mild.then(|| message.to_owned())
}

fn no_ptr(spf: &Spf) -> Option<String> {
    let message = "`ptr` is slow, and many receivers ignore it; name addresses";
    let is_ptr = |(_, mechanism): (_, &Mechanism)| matches!(mechanism, Mechanism::Ptr(_));
    spf.directives().any(is_ptr).then(|| message.to_owned())
}

fn all_is_last(spf: &Spf) -> Option<String> {
    let mut behind = spf.directives().skip_while(|(_, one)| **one != Mechanism::All).skip(1);
    let (_, lost) = behind.next()?;
    Some(format!("`{lost}` stands behind `all`, where nobody looks"))
}

fn all_or_redirect(spf: &Spf) -> Option<String> {
    let domain = spf.modifiers("redirect").next().filter(|_| spf.all().is_some())?;
    Some(format!("`redirect={domain}` does nothing beside `all`; write `include:{domain}`"))
}

fn short(zone: &Zone) -> Vec<Hit> {
    let long = spf_texts(zone).into_iter().map(|text| text.len()).filter(|len| *len > LONGEST);
    let message = |len| format!("SPF has {len} octets; over {LONGEST} some receivers lose it");
    long.map(|len| (zone.apex().clone(), message(len))).collect()
}

fn begins_right(zone: &Zone) -> Vec<Hit> {
    let looks_like = |text: &String| {
        let start = text.trim_start().to_ascii_lowercase();
        (start.starts_with("v=spf1") || start.starts_with("v =spf1")) && !is_spf(text)
    };
    let message = |text: String| {
        let start: String = text.chars().take(12).collect();
        format!("`{start}` is not taken for SPF; it must begin with `v=spf1` and a space")
    };
    let found = texts(zone, zone.apex()).into_iter().filter(looks_like);
    found.map(|text| (zone.apex().clone(), message(text))).collect()
}

fn not_obsolete(zone: &Zone) -> Vec<Hit> {
    let has_type = zone.find(zone.apex(), Rtype(99)).is_some();
    let is_second = texts(zone, zone.apex()).iter().any(|text| text.starts_with("spf2.0/"));
    let message = "nobody reads type SPF or `spf2.0/` any more; take it out";
    (has_type || is_second).then(|| (zone.apex().clone(), message.to_owned())).into_iter().collect()
}

fn hosts_speak_for_themselves(zone: &Zone) -> Vec<Hit> {
    let is_here =
        |host: &Name| [Rtype::A, Rtype::AAAA].iter().any(|rtype| zone.find(host, *rtype).is_some());
    let hosts: Vec<_> = mx(zone).map(|mx| &mx.exchange).filter(|host| is_here(host)).collect();
    let speaks = |host: &Name| texts(zone, host).iter().any(|text| is_spf(text));
    let (some, others): (Vec<_>, Vec<_>) = hosts.into_iter().partition(|host| speaks(host));
    let Some(model) = some.first() else { return Vec::new() };
    let message = format!("has no SPF record for its greeting, as `{model}` has: `v=spf1 a -all`");
    others.into_iter().map(|host| (host.clone(), message.clone())).collect()
}

fn terms_once(spf: &Spf) -> Option<String> {
    let is_twice = |(at, term): &(usize, &Term)| spf.terms[..*at].contains(term);
    let (_, term) = spf.terms.iter().enumerate().find(is_twice)?;
    Some(format!("`{term}` stands there twice"))
}
