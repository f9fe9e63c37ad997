//! Rules for records and for intents: one table, each rule with a function and its examples.
//!
//! What records lead to is looked up in a [`View`], and what that does not know is held against
//! nobody.

mod answers;
mod arrival;
mod copies;
mod delegation;
mod departure;
mod discovery;
mod dkim;
mod dmarc;
mod hosted;
mod hosts;
mod intents;
mod machines;
mod mx;
mod scene;
mod senders;
mod servers;
mod services;
mod spf;
mod visits;

use super::finding::{Finding, Severity};
use super::intent::{Intent, Side};
use super::records::texts;
use super::spf::Spf;
use super::view::View;
use crate::dns::{Name, Rdata, RrSet, Ttl, Zone};
pub use hosts::crowded_aliases;
use scene::{Part, Scene};
pub use servers::{Says, Testimony, UNANSWERED, asked_of_servers, servers};
use std::collections::{BTreeMap, BTreeSet};

/// What must hold, how it is found out, and how it looks if it does not.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// A stable name such as `SPF01`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What must hold, in one sentence.
    pub says: &'static str,
    /// Where that is written: `RFC 7208 §4.5`.
    pub reference: &'static str,
    /// What breaks it: lines of a zone file, or the sides of an intent.
    pub bad: &'static str,
    /// The same as it should be.
    pub good: &'static str,
    /// How it is found out here.
    pub(crate) check: Check,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    /// Records as they are: those of a platform alone, too.
    Records(fn(&Zone) -> Vec<Hit>),
    /// An SPF record of the zone's own name, of those that can be read.
    Spf(fn(&Spf) -> Option<String>),
    /// A zone as a whole, in which what is not there does not exist.
    Zone(fn(&Zone) -> Vec<Hit>),
    /// Records, and what others say of that which they lead to.
    Asked(fn(&Scene<'_>) -> Vec<Hit>),
    /// What each name server says of the zone's own name, and what the parent does.
    Servers(fn(&Testimony) -> Vec<Hit>),
    /// What a zone file says under `old` and `new`.
    Intent(fn(&Intent) -> Vec<Hit>),
    /// The same, and what others say of that which it leads to.
    AskedIntent(fn(&Intent, &dyn View) -> Vec<Hit>),
    /// Nothing here: whoever makes plans finds it out, or keeps it by the way he makes them.
    Elsewhere,
}

/// Where a rule is broken, and what to do there.
pub(crate) type Hit = (Name, String);

/// All rules.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let records = [mx::RULES, hosts::RULES, spf::RULES, dkim::RULES, dmarc::RULES, services::RULES];
    let wholes = [discovery::RULES, answers::RULES, senders::RULES, machines::RULES, visits::RULES];
    let servers = servers::RULES.iter().chain(delegation::RULES).chain([&UNANSWERED]);
    let sides = [intents::RULES, arrival::RULES, departure::RULES, copies::RULES];
    records.into_iter().chain(wholes).chain(sides).flatten().chain(servers)
}

/// The rule of this name.
pub fn rule(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// What a zone shows, and what those say whom `view` can ask: the zone itself, if nobody else.
pub fn zone(zone: &Zone, view: &dyn View) -> Vec<Finding> {
    let scene = Scene::new(zone, view);
    let found = rules().flat_map(|rule| match rule.check {
        Check::Zone(check) => rule.findings(check(zone)),
        _ => rule.about_records(&scene),
    });
    found.collect()
}

/// What a zone file's two sides show, each finding once.
pub fn intent(intent: &Intent) -> Vec<Finding> {
    let about_both = rules().flat_map(|rule| match rule.check {
        Check::Intent(check) => rule.findings(check(intent)),
        _ => Vec::new(),
    });
    let found = sides(intent).into_iter().flatten().chain(about_both);
    let mut once: Vec<Finding> = Vec::new();
    for finding in softened(found.collect(), intent) {
        if !once.contains(&finding) {
            once.push(finding);
        }
    }
    once
}

/// What a zone file's two sides show to those whom `view` can ask.
pub fn asked(intent: &Intent, view: &dyn View) -> Vec<Finding> {
    let found = rules().flat_map(|rule| match rule.check {
        Check::AskedIntent(check) => rule.findings(check(intent, view)),
        _ => Vec::new(),
    });
    found.collect()
}

/// What the records of `old` and of `new` show, each for itself.
pub fn sides(intent: &Intent) -> [Vec<Finding>; 2] {
    [&intent.old, &intent.new].map(|side| {
        let zone = records(&intent.zone, side);
        let part = Part(&zone);
        let scene = Scene::new(&zone, &part);
        rules().flat_map(|rule| rule.about_records(&scene)).collect()
    })
}

/// The findings as far as they speak against the move: what is wrong with records at names that
/// `new` does not claim, a key that goes or a neighbour's service, is no reason to stay.
pub fn softened(found: Vec<Finding>, intent: &Intent) -> Vec<Finding> {
    let claims = intent.new.claims(&intent.zone);
    let claimed: BTreeSet<_> = claims.iter().map(|claim| &claim.key.owner).collect();
    let weighed = found.into_iter().map(|finding| {
        let is_told_of_files = rule(finding.id).is_some_and(Rule::is_about_intents);
        match is_told_of_files || claimed.contains(&finding.owner) {
            true => finding,
            false => Finding { severity: finding.severity.min(Severity::Warning), ..finding },
        }
    });
    weighed.collect()
}

impl Rule {
    /// Whether the rule is about what a zone file says, not about records.
    pub fn is_about_intents(&self) -> bool {
        matches!(self.check, Check::Intent(_) | Check::AskedIntent(_))
    }

    /// What records show that need not be all of a zone.
    fn about_records(&self, scene: &Scene<'_>) -> Vec<Finding> {
        let apex = scene.zone.apex();
        self.findings(match self.check {
            Check::Records(check) => check(scene.zone),
            Check::Asked(check) => check(scene),
            Check::Spf(check) => {
                let hits = scene.spf.iter().filter_map(|(spf, _)| check(spf));
                hits.map(|message| (apex.clone(), message)).collect()
            }
            _ => Vec::new(),
        })
    }

    /// That the rule is broken at a name.
    pub(crate) fn finding(&self, owner: Name, message: String) -> Finding {
        let Self { id, severity, reference, .. } = *self;
        Finding { id, severity, owner, message, reference }
    }

    fn findings(&self, hits: Vec<Hit>) -> Vec<Finding> {
        hits.into_iter().map(|(owner, message)| self.finding(owner, message)).collect()
    }
}

/// What one side wants, as records.
fn records(apex: &Name, side: &Side) -> Zone {
    let mut sets: BTreeMap<_, Vec<Rdata>> = BTreeMap::new();
    for claim in side.claims(apex) {
        sets.entry(claim.key).or_default().extend(claim.rdata);
    }
    let sets = sets.into_iter().filter_map(|(key, rdata)| RrSet::of(key, Ttl::from_secs(0), rdata));
    Zone::of(apex.clone(), sets)
}

/// The zone's name below itself, which comes of a name that lacks its final dot.
fn doubled(zone: &Zone) -> Option<Name> {
    Name::parse_in(zone.apex().to_string().trim_end_matches('.'), zone.apex()).ok()
}

/// The RRsets whose owners have this label at this place, counted from the left.
fn labelled<'z>(zone: &'z Zone, at: usize, label: &str) -> impl Iterator<Item = &'z RrSet> {
    zone.rrsets().filter(move |set| {
        set.owner().labels().nth(at).is_some_and(|own| own.eq_ignore_ascii_case(label.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::evidence::{Evidence, Said};
    use super::super::visit::{Shown, Visit};
    use super::*;
    use crate::dns::{Answer, RrKey, Rtype};
    use data_encoding::HEXLOWER;

    /// What is found in a zone file, in which other people's records may stand, too, and behind
    /// `---` what everybody shows who is visited.
    fn found(text: &str) -> BTreeSet<&'static str> {
        let apex = Name::parse("example.net.").unwrap();
        let (text, shown) = text.split_once("---\n").unwrap_or((text, ""));
        let world = Zone::parse(&format!("$ORIGIN example.net.\n{text}"), &Name::root());
        let world = world.unwrap_or_else(|error| panic!("{text}: {error}"));
        let (own, others): (Vec<_>, Vec<_>) =
            world.rrsets().cloned().partition(|set| set.owner().is_within(&apex));
        let (parsed, others) = (Zone::of(apex, own), Zone::of(Name::root(), others));
        let mut evidence = Evidence::default();
        loop {
            let findings = zone(&parsed, &evidence.beside(&parsed));
            let (open, visits) = (evidence.questions(), evidence.visits());
            if open.is_empty() && visits.is_empty() {
                return findings.into_iter().map(|finding| finding.id).collect();
            }
            for key in open {
                let said = match others.answer(&key) {
                    Answer::Data(data) => Said::Data(data.to_vec()),
                    Answer::Alias(target) => Said::Alias(target.clone()),
                    Answer::Absent if is_foreign(&key, &others) => Said::Absent,
                    _ => Said::Nothing,
                };
                evidence.learn(key, said);
            }
            for visit in visits {
                let shown = match &visit {
                    _ if shown.is_empty() => Shown::Nothing,
                    Visit::Policy { .. } => Shown::Document(shown.to_owned()),
                    Visit::Chain { .. } => {
                        Shown::Chain(vec![HEXLOWER.decode(shown.as_bytes()).unwrap()])
                    }
                };
                evidence.see(visit, shown);
            }
        }
    }

    /// Whether an example says something of these people; of all others nobody knows.
    fn is_foreign(key: &RrKey, others: &Zone) -> bool {
        let tail = |name: &Name| {
            let labels: Vec<_> = name.labels().map(<[u8]>::to_vec).collect();
            labels.into_iter().rev().take(2).collect::<Vec<_>>()
        };
        let parent = key.owner.parent().filter(|_| key.rtype == Rtype::DS);
        let speaks = |set: &RrSet| {
            tail(set.owner()) == tail(&key.owner) || Some(set.owner()) == parent.as_ref()
        };
        others.rrsets().any(speaks)
    }

    #[test]
    fn each_rule_finds_its_bad_example_and_leaves_the_good_one() {
        let told_elsewhere = |rule: &&Rule| {
            rule.is_about_intents() || matches!(rule.check, Check::Servers(_) | Check::Elsewhere)
        };
        for rule in rules().filter(|rule| !told_elsewhere(rule)) {
            let Rule { id, bad, good, .. } = rule;
            assert!(found(bad).contains(id), "{id} does not find\n{bad}");
            assert!(!found(good).contains(id), "{id} finds\n{good}");
        }
    }

    #[test]
    fn ids_are_told_once_and_rules_speak_in_sentences() {
        let mut known = BTreeSet::new();
        for rule in rules() {
            assert!(known.insert(rule.id), "{} twice", rule.id);
            assert!(rule.says.ends_with('.') && !rule.reference.is_empty(), "{}", rule.id);
        }
        assert_eq!(rule("spf01").map(|rule| rule.id), Some("SPF01"));
    }

    #[test]
    fn what_a_careful_person_writes_is_left_alone() {
        let zone = "@ 3600 SOA ns1 hostmaster 1 7200 3600 1209600 3600\n@ 3600 NS ns1\n\
            ns1 3600 A 192.0.2.53\n@ 3600 MX 10 mail\n@ 3600 MX 20 mx.example.org.\n\
            mail 3600 A 192.0.2.1\n@ 3600 TXT \"v=spf1 mx include:_spf.example.org ~all\"\n\
            @ 3600 TXT neighbour=1\n\
            _dmarc 3600 TXT \"v=DMARC1; p=none; rua=mailto:a@example.net\"\n\
            s1._domainkey 3600 CNAME s1.dkim.example.org.\n\
            _mta-sts 3600 TXT \"v=STSv1; id=20270101\"\nmta-sts 3600 CNAME mail\n\
            _smtp._tls 3600 TXT \"v=TLSRPTv1; rua=mailto:tls@example.net\"\n\
            _imaps._tcp 3600 SRV 0 1 993 mail\nimap 3600 CNAME mail\n";
        assert_eq!(found(zone), BTreeSet::new());
    }

    #[test]
    fn examples_have_neighbours_that_are_right() {
        let check = |zone: &str, ids: &[&str]| {
            assert_eq!(
                found(&zone.replace('|', "\n")).into_iter().collect::<Vec<_>>(),
                ids,
                "{zone}"
            );
        };
        let reports = |to: &str| format!("_dmarc 60 TXT \"v=DMARC1; p=none; rua={to}\"");
        check(&reports("mailto:a@example.net"), &["DM09"]);
        check(&reports("mailto:a@example.org,https://x.example.net/"), &[]);
        check(&format!("{}|r 60 MX 0 .", reports("mailto:a@r.example.net!10m")), &["DM09"]);
        check(&format!("{}|r 60 CNAME r.example.org.", reports("mailto:a@r.example.net")), &[]);
        check(&format!("{}|* 60 A 192.0.2.1", reports("mailto:a@r.example.net")), &[]);
        let key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        check(&format!("s._domainkey 60 TXT \"k=ed25519; p={key}; v=DKIM1\""), &["DK05"]);
        check(&format!("s._domainkey 60 TXT \"v=DKIM2; k=ed25519; p={key}\""), &["DK01"]);
        let strict = format!("s._domainkey 60 TXT \"v=DKIM1; k=ed25519; t=s; p={key}\"");
        check(&strict, &[]);
        check(&format!("{strict}|@ 60 TXT \"v=spf1 mx -all\""), &[]);
        check(&format!("{strict}|a 60 TXT \"v=spf1 mx -all\""), &["DK07"]);
        let host = "@ 60 MX 10 a|@ 60 MX 20 b.example.org.|a 60 A 192.0.2.1";
        check(host, &[]);
        check(&format!("{host}|a 60 TXT \"v=spf1 a -all\""), &[]);
        let wild = "* 60 MX 10 mx.example.org.|a 60 A 192.0.2.1|_25._tcp 60 TXT x";
        check(wild, &["MX018"]);
        check(&format!("{wild}|a 60 MX 10 mx.example.org."), &[]);
        check("*.sub 60 MX 10 mx.example.org.|a 60 A 192.0.2.1", &[]);
        let srv = |plain: &str, tls: &str| {
            format!(
                "_imap._tcp 60 SRV {plain} a.example.org.|_imaps._tcp 60 SRV {tls} a.example.org."
            )
        };
        check(&srv("0 1 143", "0 1 993"), &[]);
        check(&srv("0 1 143", "1 1 993"), &["AD02"]);
        check("_submission._tcp 60 SRV 0 1 587 a.example.org.", &["AD02"]);
        check("_submission._tcp 60 SRV 0 0 0 .", &[]);
        check("@ 60 TXT \"caf\\195\\169\"|www 60 TXT \"caf\\195\\169\"", &[]);
        check("@ 60 TXT \"v=spf1 \\226\\128\\147all\"", &["SPF02", "ZN06"]);
        let tlsa =
            |usage| format!("_25._tcp.a 60 TLSA {usage} 1 1 {}|a 60 A 192.0.2.1", "0".repeat(64));
        check(&tlsa(3), &["DA04"]);
        check(&tlsa(2), &[]);
        let caa = |one| {
            format!(
                "@ 60 CAA 0 {one}|autoconfig 60 CNAME a.example.org.|a.example.org. 60 A 192.0.2.1"
            )
        };
        check(&caa("issue ca.example"), &["ZN12"]);
        check(&caa("ISSUE \";\""), &["ZN12"]);
        check(&caa("issuewild \";\""), &[]);
    }

    #[test]
    fn what_new_does_not_claim_is_no_reason_to_stay() {
        let check = |owner: &str, id, expected| {
            let zone = Name::parse("example.net.").unwrap();
            let owner = Name::parse_in(owner, &zone).unwrap();
            let data = Rdata::parse(Rtype::CNAME, "imap.example.org.", None).unwrap();
            let key = Name::parse_in("imap", &zone).unwrap();
            let new = Side { retrieval: [(key, vec![data])].into(), ..Side::default() };
            let rule = rule(id).unwrap();
            let found = rule.findings(vec![(owner, String::new())]);
            let intent = Intent { zone, old: Side::default(), new };
            assert_eq!(softened(found, &intent)[0].severity, expected, "{id}");
        };
        check("imap", "HST01", Severity::Error);
        check("_sip._tcp", "AD01", Severity::Warning);
        check("s1._domainkey", "DK01", Severity::Warning);
        // What the zone file itself says counts wherever it is.
        check("mail", "PL10", Severity::Error);
    }
}
