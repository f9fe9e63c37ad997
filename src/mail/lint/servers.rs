//! Whether the name servers of a zone agree.

use super::{Check, Hit, Rule};
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

/// What to ask each server for these rules.
pub fn asked_of_servers(apex: &Name) -> [RrKey; 3] {
    [Rtype::SOA, Rtype::MX, Rtype::TXT].map(|rtype| RrKey::new(apex.clone(), rtype))
}

/// What the name servers of a zone show, side by side.
pub fn servers(apex: &Name, all: &[Says]) -> Vec<Finding> {
    let found = RULES.iter().flat_map(|rule| match rule.check {
        Check::Servers(check) => rule.findings(check(apex, all)),
        _ => Vec::new(),
    });
    found.collect()
}

/// One hit if servers that answer do so differently, with the first that differs from the first.
fn differ<T: Eq>(
    apex: &Name,
    all: &[Says],
    rtype: Rtype,
    part: impl Fn(&[Rdata]) -> T,
    what: &str,
) -> Vec<Hit> {
    let key = RrKey::new(apex.clone(), rtype);
    let answers = || {
        let heard =
            all.iter().filter_map(|says| Some((says, says.answers.get(&key)?.as_ref().ok()?)));
        heard.map(|(says, data)| (&says.server, part(data)))
    };
    let first = answers().next();
    let pair = first.and_then(|(one, data)| {
        let other = answers().find(|(_, others)| *others != data)?;
        Some((one, other.0))
    });
    let message = |(one, other)| format!("{one} and {other} have different {what}");
    pair.map(|pair| (apex.clone(), message(pair))).into_iter().collect()
}

fn same_mx(apex: &Name, all: &[Says]) -> Vec<Hit> {
    let part = |data: &[Rdata]| data.iter().cloned().collect::<BTreeSet<_>>();
    differ(apex, all, Rtype::MX, part, "MX: mail goes by chance")
}

fn same_spf(apex: &Name, all: &[Says]) -> Vec<Hit> {
    let part = |data: &[Rdata]| {
        let texts = data.iter().filter_map(Rdata::text).filter(|text| is_spf(text));
        texts.map(String::from).collect::<BTreeSet<_>>()
    };
    differ(apex, all, Rtype::TXT, part, "SPF: mail is judged by chance")
}

/// What a server does instead of answering it does to every question.
fn all_follow(apex: &Name, all: &[Says]) -> Vec<Hit> {
    let part = |data: &[Rdata]| match data {
        [Rdata::Soa(soa)] => Some(soa.serial),
        _ => None,
    };
    let lag = differ(apex, all, Rtype::SOA, part, "versions of the zone (SOA serial)");
    let problems: BTreeSet<_> = all
        .iter()
        .flat_map(|says| says.answers.values())
        .filter_map(|said| said.as_ref().err())
        .collect();
    let useless = problems.into_iter().map(|problem| {
        let message = format!("{problem}; nothing counts as published until it answers");
        (apex.clone(), message)
    });
    lag.into_iter().chain(useless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Answer, Zone};

    /// What servers say with these zones, one behind the other.
    fn found(text: &str) -> BTreeSet<&'static str> {
        let apex = Name::parse("example.net.").unwrap();
        let says = text.split("---\n").enumerate().map(|(at, text)| {
            let zone = Zone::parse(text, &apex).unwrap();
            let answer = |key| match Answer::of(&zone, &key) {
                Answer::Data(data) => (key, Ok(data.to_vec())),
                _ => (key, Ok(Vec::new())),
            };
            let answers = asked_of_servers(&apex).map(answer).into();
            Says { server: format!("ns{at}"), answers }
        });
        let found = servers(&apex, &says.collect::<Vec<_>>());
        found.into_iter().map(|finding| finding.id).collect()
    }

    #[test]
    fn each_rule_finds_its_bad_example_and_leaves_the_good_one() {
        for Rule { id, bad, good, .. } in RULES {
            assert_eq!(found(bad), BTreeSet::from([*id]), "{bad}");
            assert_eq!(found(good), BTreeSet::new(), "{good}");
        }
    }

    #[test]
    fn who_does_not_answer_is_told_and_does_not_differ() {
        let apex = Name::parse("example.net.").unwrap();
        let [soa, mx, _] = asked_of_servers(&apex);
        let data = vec![Rdata::parse(Rtype::MX, "10 mail", Some(&apex)).unwrap()];
        let good = Says { server: "a".to_owned(), answers: [(mx.clone(), Ok(data))].into() };
        let silent = || Err("b does not answer".to_owned());
        let bad =
            Says { server: "b".to_owned(), answers: [(mx, silent()), (soa, silent())].into() };
        let found = servers(&apex, &[good, bad]);
        let told: Vec<_> = found.iter().map(|one| (one.id, one.message.as_str())).collect();
        let message = "b does not answer; nothing counts as published until it answers";
        assert_eq!(told, [("ZN05", message)]);
    }
}
