//! Zone files through one door: what is read, and what is told.

use super::*;
use crate::dns::{Name, Rdata};
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
fn what_spf_forbids_is_told_by_its_rule() {
    let check = |term: &str, id| {
        let text = FILE.replace("ip4:192.0.2.10", term);
        let (_, found) = zone_file(&Source::new("zones/x.yaml", &text), Path::new("."));
        assert_eq!(found[0].id, Some(id), "{term}: {found:?}");
    };
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

#[test]
fn rules_about_zone_files_find_their_bad_examples_and_leave_the_good_ones() {
    let found = |sides: &str| {
        let text = format!("version: 1\nzone: example.com\nprovider: primary\n{sides}\n");
        let (specs, mistakes) = read(&text);
        assert_eq!(mistakes, Vec::<String>::new(), "{sides}");
        let found = lint::intent(&specs[0].intent);
        found.into_iter().map(|finding| finding.id).collect::<Vec<_>>()
    };
    let rules: Vec<_> = lint::rules().filter(|rule| rule.is_about_intents()).collect();
    for Rule { id, bad, good, .. } in &rules {
        assert!(found(bad).contains(id), "{id} does not find\n{bad}");
        assert!(!found(good).contains(id), "{id} finds\n{good}");
    }
    assert!(!rules.is_empty());
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
