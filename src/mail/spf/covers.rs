//! Whether one SPF record lets everybody send whom another one lets, as far as text can tell.

use super::network::Network;
use super::{Mechanism, Qualifier, Spf};

/// What a record does with whoever matches: to let pass or not.
#[derive(Clone, PartialEq)]
struct Rule {
    passes: bool,
    mechanism: Mechanism,
}

impl Spf {
    /// The first mechanism by which `other` lets somebody send, and which does not surely let the
    /// same people send here.
    ///
    /// It does if it stands here too, or within a wider network, and nothing before it that might
    /// match the same sender denies him, unless `other` denies him just so. Names are not resolved:
    /// two of them may mean anything, the same included.
    pub fn uncovered(&self, other: &Self) -> Option<Mechanism> {
        let (here, there) = (self.rules(), other.rules());
        let missing = there
            .iter()
            .enumerate()
            .find(|(at, rule)| rule.passes && !is_passed(&rule.mechanism, &here, &there[..*at]));
        missing.map(|(_, rule)| rule.mechanism.clone())
    }

    /// Whether whoever is named nowhere is not judged: no verdict, or a neutral one (§4.7).
    pub fn spares_strangers(&self) -> bool {
        let all = self.all().unwrap_or(Qualifier::Neutral);
        self.redirect().is_none() && all <= Qualifier::Neutral
    }

    /// What is looked at, in its order: nothing behind `all`; a `redirect` passes what it leads to.
    fn rules(&self) -> Vec<Rule> {
        let mut rules: Vec<_> = self
            .directives()
            .map(|(qualifier, mechanism)| Rule {
                passes: qualifier == Qualifier::Pass,
                mechanism: mechanism.clone(),
            })
            .collect();
        if let Some(all) = rules.iter().position(|rule| rule.mechanism == Mechanism::All) {
            rules.truncate(all + 1);
        }
        let redirect = self.redirect().map(|domain| Mechanism::Include(domain.to_owned()));
        rules.extend(redirect.map(|mechanism| Rule { passes: true, mechanism }));
        rules
    }
}

fn is_passed(wanted: &Mechanism, rules: &[Rule], denied_there: &[Rule]) -> bool {
    let denies = |rule: &Rule| {
        !rule.passes && may_meet(&rule.mechanism, wanted) && !denied_there.contains(rule)
    };
    let reached = rules.iter().take_while(|rule| !denies(rule));
    reached.filter(|rule| rule.passes).any(|rule| includes(&rule.mechanism, wanted))
}

/// Whether whoever matches `inner` matches `outer`.
fn includes(outer: &Mechanism, inner: &Mechanism) -> bool {
    match (Network::of(outer), Network::of(inner)) {
        (Some(outer), Some(inner)) => outer.contains(inner),
        _ => *outer == Mechanism::All || outer == inner,
    }
}

/// Whether one sender may match both.
pub(super) fn may_meet(a: &Mechanism, b: &Mechanism) -> bool {
    match (Network::of(a), Network::of(b)) {
        (Some(a), Some(b)) => a.contains(b) || b.contains(a),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spf(text: &str) -> Spf {
        Spf::parse(&format!("v=spf1 {text}")).unwrap()
    }

    fn check(record: &str, other: &str, missing: Option<&str>) {
        let found = spf(record).uncovered(&spf(other)).map(|mechanism| mechanism.to_string());
        assert_eq!(found.as_deref(), missing, "{record} / {other}");
    }

    #[test]
    fn a_sender_is_covered_by_himself_or_by_more() {
        check("ip4:192.0.2.1 -all", "ip4:192.0.2.1 -all", None);
        check("ip4:192.0.2.2 -all", "ip4:192.0.2.1 -all", Some("ip4:192.0.2.1"));
        check("ip4:192.0.2.0/24 -all", "ip4:192.0.2.1 -all", None);
        check("ip4:192.0.2.1 -all", "ip4:192.0.2.0/24 -all", Some("ip4:192.0.2.0/24"));
        check("ip4:0.0.0.0/0 -all", "ip4:192.0.2.1 -all", None);
        check("ip6:::/0 -all", "ip4:192.0.2.1 -all", Some("ip4:192.0.2.1"));
        check("ip6:2001:db8::/32 -all", "ip6:2001:db8::1 -all", None);
        check("include:a.example include:b.example -all", "include:b.example ~all", None);
        check("a -all", "a/24 -all", Some("a/24"));
        check("+all", "include:b.example exists:%{i}.x ptr -all", None);
        check("", "?include:a.example -all", None);
    }

    #[test]
    fn a_redirect_counts_as_an_include() {
        check("include:a.example -all", "redirect=a.example", None);
        check("redirect=a.example", "include:a.example -all", None);
        check("redirect=a.example -all", "include:a.example -all", Some("include:a.example"));
        check("-all", "redirect=a.example -all", None);
    }

    #[test]
    fn who_is_denied_before_is_not_covered() {
        check("-ip4:192.0.2.0/24 ip4:192.0.2.1", "ip4:192.0.2.1", Some("ip4:192.0.2.1"));
        check("?ip4:192.0.2.1 ip4:192.0.2.0/24", "ip4:192.0.2.0/24", Some("ip4:192.0.2.0/24"));
        check("-ip4:192.0.2.9 ip4:192.0.2.1", "ip4:192.0.2.1", None);
        check("-ip6:::/0 ip4:192.0.2.1", "ip4:192.0.2.1", None);
        check("-all ip4:192.0.2.1", "ip4:192.0.2.1", Some("ip4:192.0.2.1"));
        check("-include:bad.example ip4:192.0.2.1", "ip4:192.0.2.1", Some("ip4:192.0.2.1"));
        check("-include:bad.example a -all", "-include:bad.example a -all", None);
        check("a -include:bad.example -all", "-include:bad.example a -all", None);
    }

    #[test]
    fn strangers_are_spared_by_a_neutral_verdict_only() {
        let check = |text, spared| assert_eq!(spf(text).spares_strangers(), spared, "{text}");
        check("", true);
        check("a ?all", true);
        check("a ~all", false);
        check("redirect=a.example", false);
    }

    /// Records in which much overlaps. `+all` is left out, which a lint refuses.
    fn record() -> impl Strategy<Value = Spf> {
        let mechanisms = [
            "a",
            "mx",
            "include:a.example",
            "include:b.example",
            "exists:x.example",
            "ip4:192.0.2.0/24",
            "ip4:192.0.2.1",
            "ip4:198.51.100.1",
            "ip6:2001:db8::/32",
            "ip6:2001:db8::1",
        ];
        let qualifier = prop::sample::select(vec!["", "", "", "-", "?"]);
        let term = (qualifier, prop::sample::select(mechanisms.to_vec()));
        let ends = ["", "-all", "~all", "?all", "redirect=c.example", "-all a"];
        let end = prop::sample::select(ends.to_vec());
        (prop::collection::vec(term, 0..6), end).prop_map(|(terms, end)| {
            let terms: Vec<_> = terms.into_iter().map(|(q, m)| format!("{q}{m}")).collect();
            spf(&format!("{} {end}", terms.join(" ")))
        })
    }

    proptest! {
        #[test]
        fn the_union_covers_both(old in record(), new in record()) {
            let union = Spf::union(&old, &new);
            prop_assert_eq!(union.uncovered(&old), None, "{} / {} = {}", old, new, union);
            prop_assert_eq!(union.uncovered(&new), None, "{} / {} = {}", old, new, union);
        }

        #[test]
        fn every_record_covers_itself(record in record()) {
            prop_assert_eq!(record.uncovered(&record), None, "{}", record);
        }
    }
}
