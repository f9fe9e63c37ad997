//! Zone files through one door: what is read, and what is told.

mod copies;

use super::*;
use crate::dns::{Name, Rdata, Zone};
use crate::mail::Intent;
use crate::mail::lint::{self, Rule};
use crate::plan::{Kind, Place, Stage};
use std::path::Path;
use std::time::Duration;

const FILE: &str = r#"
version: 1
zone: example.com
provider: primary
old:
  mx: [10 mail]
  spf: v=spf1 mx ip4:192.0.2.10 -all
  dkim: {sel2015: "v=DKIM1; k=rsa; p="}
  dmarc: v=DMARC1; p=none; rua=mailto:postmaster@example.com
  submission: {smtp: mail}
  retrieval: {imap: [192.0.2.10, "2001:db8::10"]}
  records: ["_imaps._tcp 3600 IN SRV 0 1 993 imap"]
new:
  platform: google-workspace
  dkim: {google: {cname: "{zone-dashed}.dkim.example.net."}}
  retrieval: {imap: imap.gmail.com.}
transition:
  window: {opens: 2026-12-05 22:00 America/Chicago, length: 6h}
  ttl: 5m
  at: {delivery: +20m}
  order: [delivery, submission, retrieval]
  checkpoints:
    - {after: delivery, id: synced, ask: "Sync."}
"#;

fn read(text: &str) -> (Vec<ZoneSpec>, Vec<String>) {
    let source = Source::new("zones/x.yaml", text);
    let (specs, found) = zone_file(&source, Path::new("."));
    (specs, found.iter().map(|found| found.line(&source).replace("error: ", "")).collect())
}

#[test]
fn a_zone_file_says_it_all() {
    let (specs, found) = read(FILE);
    assert_eq!(found, Vec::<String>::new());
    let [spec] = &specs[..] else { panic!("{specs:?}") };
    let (old, new) = (&spec.intent.old, &spec.intent.new);
    assert_eq!(old.mx[0].to_string(), "10 mail.example.com.");
    assert_eq!(old.retrieval.values().next().unwrap().len(), 2);
    assert_eq!(new.mx[0].to_string(), "1 smtp.google.com.");
    assert_eq!(new.spf.as_ref().unwrap().to_string(), "v=spf1 include:_spf.google.com ~all");
    let target = Name::parse("example-com.dkim.example.net.").unwrap();
    assert_eq!(new.dkim.values().next(), Some(&Rdata::Cname(target)));
    let policy = &spec.policy;
    assert_eq!(policy.window.unwrap().opens.to_rfc3339(), "2026-12-06T04:00:00+00:00");
    assert_eq!(policy.ttl.secs(), 300);
    assert_eq!(policy.order[0], Stage::Delivery);
    assert_eq!(policy.dkim_lead, Duration::from_secs(172_800));
    let points = policy.checkpoints.as_ref().unwrap();
    assert_eq!(points[0].place, Place::After(Stage::Delivery));
}

#[test]
fn the_kind_of_move_is_written_or_told_by_the_platforms() {
    let check = |text: &str, kind| {
        let (specs, found) = read(text);
        assert_eq!(found, Vec::<String>::new());
        assert_eq!(specs[0].policy.kind, kind);
    };
    check(FILE, None); // `old` names no platform
    let told = FILE.replace("old:\n", "old:\n  platform: self-hosted\n");
    check(&told, Some(Kind::SelfHostedToHosted));
    let written = told.replace("  ttl: 5m", "  ttl: 5m\n  kind: institute-to-central");
    check(&written, Some(Kind::InstituteToCentral));
}

#[test]
fn one_file_serves_many_zones() {
    let text = FILE.replace("zone: example.com", "zones: [a.example, b.example]");
    let (specs, found) = read(&text);
    assert_eq!(found, Vec::<String>::new());
    let hosts: Vec<_> = specs.iter().map(|spec| spec.intent.old.mx[0].to_string()).collect();
    assert_eq!(hosts, ["10 mail.a.example.", "10 mail.b.example."]);
    assert_ne!(specs[0].digest, specs[1].digest);
}

#[test]
fn comments_leave_the_digest_alone() {
    let digest = |text: &str| read(text).0[0].digest.clone();
    assert_eq!(digest(FILE), digest(&format!("# new\n{FILE}")));
    assert_ne!(digest(FILE), digest(&FILE.replace("ttl: 5m", "ttl: 6m")));
}

#[test]
fn mistakes_are_told_with_file_line_and_column() {
    let check = |from: &str, to: &str, expected: &str| {
        assert!(FILE.contains(from), "{from}");
        let (_, found) = read(&FILE.replacen(from, to, 1));
        assert_eq!(found.len(), 1, "{from} -> {to}: {found:#?}");
        assert!(found[0].contains(expected), "{found:#?}");
    };
    check(
        "  mx: [10 mail]",
        "  mx: [10 mail]\n  mx: [10 b]",
        "zones/x.yaml:7:3: `mx` is written twice",
    );
    check("  dmarc:", "  dmrac:", "x.yaml:9:3: unknown key `dmrac`");
    check(
        "10 mail]",
        "10 mail.example.com]",
        "x.yaml:6:11: `mail.example.com` can be read in two ways",
    );
    check("10 mail]", "mail]", "an MX is a preference and a host");
    check("10 mail]", "ten mail]", "an MX begins with a preference");
    check("ttl: 5m", "ttl: 0", "x.yaml:19:8: a TTL of 0");
    check("3600 IN SRV", "0 IN SRV", "x.yaml:12:13: a TTL of 0");
    check(
        "spf: v=spf1 mx ip4:192.0.2.10 -all",
        "spf: [v=spf1 a, v=spf1 b]",
        "x.yaml:7:8: a domain has one SPF record",
    );
    check("ip4:192.0.2.10", "ip4:192.0.2.300", "x.yaml:7:18: `ip4:192.0.2.300`");
    check(
        "2026-12-05 22:00",
        "2027-03-14 02:30",
        "x.yaml:18:19: `2027-03-14 02:30` does not exist",
    );
    check(
        "platform: google-workspace",
        "platform: gogle-workspace",
        "did you mean `google-workspace`?",
    );
    check("SRV 0 1 993 imap", "SRV 0 1 x imap", "x.yaml:12:42: `x` is not a port");
    check("zone: example.com", "zones: []\nzone: example.com", "write either `zone` or `zones`");
    check("version: 1", "version: 2", "version 2 is newer");
    check("[delivery, submission, retrieval]", "[delivery, retrieval]", "an order names all three");
    check("ttl: 5m", "kind: hosted", "`hosted` is not a known kind of move");
    check("after: delivery, ", "", "`before` or `after` a stage");
    check("dkim: {sel2015", "dkim: {sel2015.example.com.", "must be a name below");
    check("{smtp: mail}", "{smtp: [mail, 192.0.2.1]}", "either one host or addresses");
}

#[test]
fn name_servers_stay() {
    let check = |record: &str, id| {
        let text = FILE.replace("records: [", &format!("records: [\"{record}\", "));
        assert_ne!(text, FILE);
        let (_, found) = zone_file(&Source::new("zones/x.yaml", &text), Path::new("."));
        assert_eq!(found.first().and_then(|one| one.id), id, "{record}: {found:?}");
        assert_eq!(found.is_empty(), id.is_none(), "{record}");
    };
    check("@ IN NS ns1.example.org.", Some("PL03"));
    check("sub IN NS ns1.example.org.", None);
    check("@ IN CAA 0 issue ca.example.org", None);
}

#[test]
fn what_a_rule_forbids_is_told_by_its_name() {
    let check = |term: &str, id| {
        let text = FILE.replacen("ip4:192.0.2.10", term, 1).replacen("v=DMARC1; p=none", term, 1);
        let (_, found) = zone_file(&Source::new("zones/x.yaml", &text), Path::new("."));
        assert!(found.iter().any(|one| one.id == Some(id)), "{term}: {found:?}");
    };
    check("v=DMARC1; p=block", "DM05");
    check("v=dmarc1; p=none", "DM03");
    check("ip4:192.0.2.300", "SPF02");
    check("ip4:192.0.2.0/33", "SPF13");
    check("ip4:2001:db8::1", "SPF13");
    check("exists:%{x}.example.org", "SPF17");
}

#[test]
fn all_mistakes_of_a_file_come_together() {
    let text =
        FILE.replace("ttl: 5m", "ttl: 0").replace("10 mail]", "mail]").replace("dmarc", "dmrac");
    let (_, found) = read(&text);
    assert_eq!(found.len(), 3, "{found:#?}");
}

/// What is told of two sides.
fn found(sides: &str) -> Vec<&'static str> {
    lint::intent(&intent(sides)).into_iter().map(|finding| finding.id).collect()
}

fn intent(sides: &str) -> Intent {
    let text = format!("version: 1\nzone: example.com\nprovider: primary\n{sides}\n");
    let (mut specs, mistakes) = read(&text);
    assert_eq!(mistakes, Vec::<String>::new(), "{sides}");
    specs.remove(0).intent
}

/// What is told of an example: two sides, and perhaps records of others, one a line.
fn found_in(example: &str) -> Vec<&'static str> {
    let at = example.match_indices('\n').nth(1).map_or(example.len(), |(at, _)| at);
    let (sides, others) = example.split_at(at);
    let others = Zone::parse(others, &Name::root()).unwrap();
    let asked = lint::asked(&intent(sides), &others).into_iter().map(|finding| finding.id);
    found(sides).into_iter().chain(asked).collect()
}

#[test]
fn rules_about_zone_files_find_their_bad_examples_and_leave_the_good_ones() {
    let rules: Vec<_> = lint::rules().filter(|rule| rule.is_about_intents()).collect();
    for Rule { id, bad, good, .. } in &rules {
        assert!(found_in(bad).contains(id), "{id} does not find\n{bad}");
        assert!(!found_in(good).contains(id), "{id} finds\n{good}");
    }
    assert!(!rules.is_empty());
}

#[test]
fn rules_about_a_move_tell_what_is_left_and_nothing_else() {
    let check = |old: &str, new: &str, ids: &[&str]| {
        assert_eq!(found(&format!("old: {{{old}}}\nnew: {{{new}}}")), ids, "{old} to {new}");
    };
    let (a, b) = ("mx: 10 a.example.org.", "mx: 10 b.example.org.");
    check(a, b, &[]);
    // A backup server that stays is no leftover, nor is a host that stays first.
    check(
        "mx: [10 a.example.org., 20 c.example.org.]",
        "mx: [10 b.example.org., 20 c.example.org.]",
        &[],
    );
    check(a, "mx: [10 a.example.org., 20 b.example.org.]", &[]);
    check(a, "mx: [10 b.example.org., 20 a.example.org.]", &["MX011"]);
    // Whoever receives nothing may say so, as long as he sends nothing.
    check("", "mx: 0 ., spf: v=spf1 -all, dkim: {'*': v=DKIM1; p=}", &["DK14"]);
    check("", "mx: 0 ., dkim: {s: {cname: s.example.org.}}", &["MX006"]);
    let google = "mx: 1 smtp.google.com.";
    let dane = "mx: 0 x.y-v1.mx.microsoft.";
    let office = "mx: 0 x.mail.protection.outlook.com.";
    check(google, "mx: [1 aspmx.l.google.com., 5 mx.example.org.]", &[]);
    check(a, "mx: [0 x.mail.protection.outlook.com., 10 mail.protonmail.ch.]", &["MX010"]);
    // What the platform that stays needs is no leftover.
    let spf = "spf: v=spf1 include:_spf.google.com ~all";
    check(google, &format!("mx: 5 aspmx.l.google.com., {spf}"), &[]);
    check(google, &format!("{office}, {spf}"), &["SPF25"]);
    check(a, &format!("{b}, {spf}"), &[]);
    let key = "dkim: {s: {cname: s.example.org.}}";
    check(&format!("{office}, {key}"), dane, &[]);
    check(&format!("{office}, {key}"), &format!("{google}, {key}"), &[]);
    check(&format!("{office}, {key}"), google, &["DK17"]);
    check(&format!("{a}, dkim: {{s: {{cname: key}}}}"), b, &[]);
    // What is copied may go; each other key is told.
    let copied = "dkim: {s: {cname: s.example.org., copy: live}, t: {cname: t.example.org.}}";
    check(&format!("{office}, {copied}"), google, &["DK17"]);
    check(&format!("{office}, {}", key.replace("org.}", "org., copy: live}")), google, &[]);
    let auto = "retrieval: {autodiscover: autodiscover.outlook.com.}";
    check(&format!("{office}, {auto}"), &format!("{dane}, {auto}"), &[]);
    check(&format!("{office}, {auto}"), &format!("{b}, {auto}"), &["AD03"]);
    // A host of one's own that moves, and one that does not.
    let own = |address| format!("retrieval: {{autodiscover: auto, auto: {address}}}");
    check(&format!("{a}, {}", own("192.0.2.1")), &format!("{b}, {}", own("192.0.2.2")), &[]);
    check(&format!("{a}, {}", own("192.0.2.1")), &format!("{b}, {}", own("192.0.2.1")), &["AD03"]);
    let service = "records: [_autodiscover._tcp IN SRV 0 1 443 a.example.org.]";
    check("", &format!("{b}, {auto}, {service}"), &["AD03"]);
    check("", &format!("{b}, retrieval: {{autodiscover: a.example.org.}}, {service}"), &[]);
    check("", &format!("{b}, {auto}"), &[]);
    check("", "retrieval: {imap: outlook.office365.com., pop: outlook.office365.com.}", &["HST07"]);
    check(
        "",
        "submission: {smtp: smtp.gmail.com.}, retrieval: {imap: imap.gmail.com.}",
        &["HST07"; 2],
    );
    let strict = "dmarc: v=DMARC1; p=reject";
    check(&format!("{a}, {strict}"), &format!("{b}, {strict}"), &["DM10"]);
    check(&format!("{a}, {strict}"), &format!("{b}, {strict}, {key}"), &[]);
    check(&format!("{a}, {strict}; adkim=s"), &format!("{b}, {strict}; adkim=s, {key}"), &["DM10"]);
    check(&format!("{a}, {strict}"), &format!("{b}, dmarc: v=DMARC1; p=none"), &[]);
    check(a, &format!("{b}, {strict}"), &[]);
    check(&format!("{a}, {strict}"), &format!("{a}, {strict}"), &[]);
}

#[test]
fn what_rules_look_for_is_asked_for() {
    let text = FILE.replace("_imaps._tcp 3600 IN SRV 0 1 993", "_imap._tcp 3600 IN SRV 0 1 143");
    let text = text.replace("@example.com", "@reports.example.com,mailto:a@example.org");
    let keys: Vec<_> = read(&text).0[0].intent.keys().iter().map(ToString::to_string).collect();
    let check =
        |key: &str, is_asked| assert_eq!(keys.iter().any(|one| one == key), is_asked, "{key}");
    check("mail.example.com. A", true);
    check("mail.example.com. TXT", true); // an SPF record of its own
    check("reports.example.com. MX", true);
    check("_imaps._tcp.example.com. SRV", true);
    check("example.org. MX", false);
    check("smtp.google.com. TXT", false);
    check("_spf.google.com. TXT", false);
}

#[test]
fn what_is_accepted_needs_a_reason_and_a_rule() {
    let check = |accept: &str, told: &str| {
        let text = FILE.replace("transition:", &format!("accept:\n  - {accept}\ntransition:"));
        let (specs, found) = read(&text);
        match told {
            "" => assert_eq!((found, specs[0].accepted.len()), (vec![], 1), "{accept}"),
            _ => assert!(found[0].contains(told), "{accept}: {found:?}"),
        }
    };
    check("{id: SPF09, because: the panel cannot}", "");
    check("{id: spf09, because: the panel cannot}", "");
    check("{id: SPF9, because: x}", "there is no rule `SPF9`; did you mean `SPF09`?");
    check("{id: I2, because: x}", "`I2` is no rule that a zone may break");
    check("{id: PL01, because: x}", "`PL01` is no rule that a zone may break");
    check("{id: SPF19, because: the hosts stay}", "");
    check("{id: SPF09}", "`because` is missing");
    check("{id: SPF09, because: ' '}", "nothing is accepted without a reason");
}
