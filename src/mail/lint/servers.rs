//! Whether the name servers of a zone agree.

use super::{Check, Hit, Rule, delegation};
use crate::dns::{Name, Rdata, RrKey, Rtype};
use crate::mail::finding::Finding;
use crate::mail::finding::Severity::{Info, Warning};
use crate::mail::spf::is_spf;
use std::collections::{BTreeMap, BTreeSet};

/// What one address of one name server says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Says {
    /// What people call it.
    pub server: String,
    /// What it answers to each question, nothing where there is no such record; or why it is of no
    /// use.
    pub answers: BTreeMap<RrKey, Result<Vec<Rdata>, String>>,
}

/// What is said of a zone's own name, side by side.
#[derive(Clone, Debug)]
pub struct Testimony {
    /// The zone.
    pub apex: Name,
    /// What its own name servers say.
    pub servers: Vec<Says>,
    /// What its parent says by NS and DS; what nobody could find out is not there.
    pub parent: BTreeMap<Rtype, Vec<Rdata>>,
    /// When that was, in seconds since 1970, which wrap.
    pub now: u32,
}

/// About name servers side by side.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "MX009",
        severity: Warning,
        says: "All name servers have the same MX.",
        reference: "RFC 1034 §4.3.5",
        bad: "@ 60 MX 10 a\n---\n@ 60 MX 10 b",
        good: "@ 60 MX 10 a\n---\n@ 60 MX 10 a",
        check: Check::Servers(same_mx),
    },
    Rule {
        id: "SPF24",
        severity: Warning,
        says: "All name servers have the same SPF.",
        reference: "RFC 1034 §4.3.5",
        bad: "@ 60 TXT \"v=spf1 -all\"\n---\n@ 60 TXT \"v=spf1 ~all\"",
        good: "@ 60 TXT \"v=spf1 -all\"\n@ 60 TXT a\n---\n@ 60 TXT \"v=spf1 -all\"",
        check: Check::Servers(same_spf),
    },
    Rule {
        id: "ZN05",
        severity: Warning,
        says: "All name servers answer, with authority, from the same version of the zone.",
        reference: "RFC 1034 §4.3.5",
        bad: "@ 60 SOA ns1 hostmaster 2 7200 3600 1209600 3600\n---\n\
            @ 60 SOA ns1 hostmaster 1 7200 3600 1209600 3600",
        good: "@ 60 SOA ns1 hostmaster 2 7200 3600 1209600 3600\n---\n\
            @ 60 SOA ns1 hostmaster 2 7200 3600 1209600 3600",
        check: Check::Servers(all_follow),
    },
];

/// About those whom nobody answers for.
pub const UNANSWERED: Rule = Rule {
    id: "ZN14",
    severity: Info,
    says: "Whoever knows what records lead to answers.",
    reference: "RFC 9520 §2",
    bad: "`include:_spf.example.org`, and its name servers are down",
    good: "`include:_spf.example.org`, and a record there",
    check: Check::Elsewhere,
};

/// What every server must answer.
const PLAIN: [Rtype; 3] = [Rtype::SOA, Rtype::MX, Rtype::TXT];

/// What to ask each server for these rules. From a signed zone its signatures are wanted besides.
pub fn asked_of_servers(apex: &Name) -> [RrKey; 5] {
    let [soa, mx, txt] = PLAIN;
    [soa, mx, txt, Rtype::NS, Rtype::DNSKEY].map(|rtype| RrKey::new(apex.clone(), rtype))
}

/// What is found in that which servers and the parent say.
pub fn servers(all: &Testimony) -> Vec<Finding> {
    let found = RULES.iter().chain(delegation::RULES).flat_map(|rule| match rule.check {
        Check::Servers(check) => rule.findings(check(all)),
        _ => Vec::new(),
    });
    found.collect()
}

/// One hit if servers that answer do so differently, with the first that differs from the first.
fn differ<T: Eq>(
    all: &Testimony,
    rtype: Rtype,
    part: impl Fn(&[Rdata]) -> T,
    what: &str,
) -> Vec<Hit> {
    let key = RrKey::new(all.apex.clone(), rtype);
    let answers = || {
        let heard = all
            .servers
            .iter()
            .filter_map(|says| Some((says, says.answers.get(&key)?.as_ref().ok()?)));
        heard.map(|(says, data)| (&says.server, part(data)))
    };
    let first = answers().next();
    let pair = first.and_then(|(one, data)| {
        let other = answers().find(|(_, others)| *others != data)?;
        Some((one, other.0))
    });
    let message = |(one, other)| format!("{one} and {other} have different {what}");
    pair.map(|pair| (all.apex.clone(), message(pair))).into_iter().collect()
}

fn same_mx(all: &Testimony) -> Vec<Hit> {
    let part = |data: &[Rdata]| data.iter().cloned().collect::<BTreeSet<_>>();
    differ(all, Rtype::MX, part, "MX: mail goes by chance")
}

fn same_spf(all: &Testimony) -> Vec<Hit> {
    let part = |data: &[Rdata]| {
        let texts = data.iter().filter_map(Rdata::text).filter(|text| is_spf(text));
        texts.map(String::from).collect::<BTreeSet<_>>()
    };
    differ(all, Rtype::TXT, part, "SPF: mail is judged by chance")
}

/// What a server does instead of answering it does to every question.
fn all_follow(all: &Testimony) -> Vec<Hit> {
    let part = |data: &[Rdata]| match data {
        [Rdata::Soa(soa)] => Some(soa.serial),
        _ => None,
    };
    let lag = differ(all, Rtype::SOA, part, "versions of the zone (SOA serial)");
    let problems: BTreeSet<_> = all
        .servers
        .iter()
        .flat_map(|says| &says.answers)
        .filter(|(key, _)| PLAIN.contains(&key.rtype))
        .filter_map(|(_, said)| said.as_ref().err())
        .collect();
    let useless = problems.into_iter().map(|problem| {
        let message = format!("{problem}; nothing counts as published until it answers");
        (all.apex.clone(), message)
    });
    lag.into_iter().chain(useless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Answer, Zone};

    /// What servers say with these zones, one behind the other, on a day in January.
    fn found(text: &str) -> BTreeSet<&'static str> {
        let apex = Name::parse("example.net.").unwrap();
        let zones = text.split("---\n").map(|text| (text, Zone::parse(text, &apex).unwrap()));
        let (above, own): (Vec<_>, Vec<_>) =
            zones.partition(|(text, _)| text.starts_with("; parent"));
        let says = own.into_iter().enumerate().map(|(at, (_, zone))| {
            let answer = |key| match Answer::of(&zone, &key) {
                Answer::Data(data) => (key, Ok(data.to_vec())),
                _ => (key, Ok(Vec::new())),
            };
            let signatures = RrKey::new(apex.clone(), Rtype::RRSIG);
            let asked = asked_of_servers(&apex).into_iter().chain([signatures]);
            Says { server: format!("ns{at}"), answers: asked.map(answer).collect() }
        });
        let servers = says.collect();
        let parent = above.iter().flat_map(|(_, zone)| zone.rrsets());
        let parent = parent.map(|set| (set.rtype(), set.rdata().to_vec())).collect();
        let now = 1_800_057_600; // 2027-01-16
        let found = super::servers(&Testimony { apex: apex.clone(), servers, parent, now });
        found.into_iter().map(|finding| finding.id).collect()
    }

    #[test]
    fn each_rule_finds_its_bad_example_and_leaves_the_good_one() {
        for Rule { id, bad, good, .. } in RULES.iter().chain(delegation::RULES) {
            assert_eq!(found(bad), BTreeSet::from([*id]), "{bad}");
            assert_eq!(found(good), BTreeSet::new(), "{good}");
        }
    }

    #[test]
    fn what_is_not_known_of_a_parent_is_held_against_nobody() {
        let check = |text: &str, id: &str, is_found: bool| {
            assert_eq!(found(&text.replace('|', "\n")).contains(id), is_found, "{text}");
        };
        let keys = "---|@ 60 DNSKEY 257 3 13 AAAA";
        let old = "20270101000000 20261201000000";
        check(&format!("; parent|@ 60 DS 1 13 1 00|{keys}"), "ZN09", false);
        check(&format!("; parent|@ 60 DS 1 13 1 00|@ 60 DS 1 13 2 00|{keys}"), "ZN09", true);
        check(&format!("; parent|@ 60 DS 1 13 9 00|@ 60 DS 1 13 2 00|{keys}"), "ZN09", false);
        check(&format!("; parent|{keys}"), "ZN09", false);
        check("; parent|@ 60 DS 1 13 2 00|---|@ 60 TXT x", "ZN09", true);
        let revoked = keys.replace("257", "385");
        check(&format!("; parent|@ 60 DS 1 13 2 00|{revoked}"), "ZN09", true);
        // Nobody looks at signatures that no parent vouches for.
        let over = format!("{keys}|@ 60 RRSIG MX 13 2 60 {old} 1 example.net. AAAA");
        check(&format!("; parent|{over}"), "ZN08", false);
        check(&format!("; parent|@ 60 DS 1 13 1 00|{over}"), "ZN08", true);
        check("; parent|---|@ 60 NS a", "ZN02", false);
        check("; parent|@ 60 NS a|---|@ 60 TXT x", "ZN02", false);
        check("; parent|@ 60 NS a|---|@ 60 NS a|---|@ 60 NS a|@ 60 NS b", "ZN02", true);
        check("@ 60 NS a|---|@ 60 NS b", "ZN02", false);
    }

    #[test]
    fn who_does_not_answer_is_told_and_does_not_differ() {
        let apex = Name::parse("example.net.").unwrap();
        let [soa, mx, ..] = asked_of_servers(&apex);
        let data = vec![Rdata::parse(Rtype::MX, "10 mail", Some(&apex)).unwrap()];
        let good = Says { server: "a".to_owned(), answers: [(mx.clone(), Ok(data))].into() };
        let silent = || Err("b does not answer".to_owned());
        let bad =
            Says { server: "b".to_owned(), answers: [(mx, silent()), (soa, silent())].into() };
        let servers = vec![good, bad];
        let all = Testimony { apex, servers, parent: BTreeMap::new(), now: 0 };
        let found = super::servers(&all);
        let told: Vec<_> = found.iter().map(|one| (one.id, one.message.as_str())).collect();
        let message = "b does not answer; nothing counts as published until it answers";
        assert_eq!(told, [("ZN05", message)]);
    }
}
