//! What rules are called, and that each can be asked for its reason.

use super::support::project::Project;
use cutover::mail::lint;
use cutover::plan::rules;

#[test]
fn whatever_is_told_can_be_explained() {
    let project = Project::example("linode-to-google");
    let check = |id: &str, parts: &[&str]| {
        let told = project.run(&["check", "--explain", id]).exits(0).stdout;
        assert!(parts.iter().all(|part| told.contains(part)), "{id}: {told}");
    };
    check("spf11", &["SPF11 (warning, RFC 7208 §5.1)", "-all include:"]);
    check("i2", &["I2 (error, RFC 7208 §4)", "both platforms", "wrong", "right"]);
    check("SPF18", &["told as I2", "union of both records"]);
    check("pl13", &["PL13 (warning", "no journal"]);
    check("st01", &["ST01 (error, RFC 8461 §3.3)", "<html>", "mode: testing"]);
    check("st02", &["ST02 (error, RFC 8461 §4.1)", "mx: mx.example.org"]);
    check("zn02", &["ZN02 (warning, RFC 1034 §4.2.2)", "; parent", "NS ns3"]);
    check("zn08", &["ZN08 (error, RFC 4035 §5.3.1)", "RRSIG MX"]);
    check("zn09", &["ZN09 (error, RFC 4035 §5.2)", "DNSKEY 257"]);
    check("zn15", &["ZN15 (warning, RFC 6781 §4.4.1)", "1209600"]);
    check("da03", &["DA03 (error, RFC 7671 §8.1)", "two TTLs later"]);
    check("da02", &["DA02 (error, RFC 7672 §2.2)", "TLSA 3 0 0 3003020101"]);
    let told = project.run(&["check", "--explain", "I4"]).exits(64).stderr;
    assert!(told.contains("there is no rule `I4`"), "{told}");
    let all = lint::rules().copied().chain(rules::rules());
    assert!(all.count() > 100);
}

/// The plan of an example as somebody has left it tells just these, worst first.
#[track_caller]
fn told(project: &Project, at: &str, ids: &[&str]) {
    let plan = project.run(&["plan", "--at", at, "--json"]).exits(0).json();
    let findings = plan["findings"].as_array().unwrap();
    let told: Vec<_> = findings.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(told, ids, "{plan:#}");
}

#[test]
fn a_move_that_somebody_has_begun_is_told() {
    let at = "2027-02-20T09:00:00Z";
    let project = Project::example("linode-to-google");
    told(&project, at, &["HST07", "HST07"]);
    let (old, new) = ("smtp      3600  IN CNAME mail", "smtp 300 IN CNAME smtp.gmail.com.");
    let begun = project.edited("db.dankolb.net", old, new);
    told(&begun, at, &["HST07", "HST07", "PL13", "PL14"]);
    let kept = begun.edited("zones/dankolb.net.yaml", "ttl: 5m", "ttl: 5m\n  final-ttl: 1h");
    told(&kept, at, &["HST07", "HST07", "PL13"]);
}

#[test]
fn clocks_that_change_within_the_window_are_told() {
    let (day, change) = ("2027-03-03 12:00", "2027-03-14 00:00");
    let project = Project::example("linode-to-google");
    let project = project.edited("zones/dankolb.net.yaml", day, change);
    let plan = project.run(&["plan", "--at", "2027-02-20T09:00:00Z"]).exits(0).stdout;
    assert!(plan.contains("warning[PL04]: dankolb.net. the clocks change"), "{plan}");
    assert!(plan.contains("(RFC 3339 §4)"), "{plan}");
}

#[test]
fn each_record_that_breaks_a_rule_is_told() {
    let project = Project::example("linode-to-google");
    let backups = "IN MX   10 mail\n IN MX 20 smtp\n IN MX 30 imap";
    let project = project.edited("db.dankolb.net", "IN MX   10 mail", backups);
    let mx = ("mx: [10 mail]", "mx: [10 mail, 20 smtp, 30 imap]");
    let project = project.edited("zones/dankolb.net.yaml", mx.0, mx.1);
    let plan = project.run(&["plan", "--at", "2027-02-20T09:00:00Z"]).exits(3).stdout;
    let told: Vec<_> = plan.lines().filter(|line| line.contains("error[MX001]")).collect();
    assert_eq!(told.len(), 2, "{plan}");
    assert!(["`imap.dankolb.net.`", "`smtp.dankolb.net.`"].iter().all(|host| plan.contains(host)));
}

const WORKMAIL: &str = "$TTL 3600
@ SOA ns1 hostmaster 1 3600 600 604800 300
@ NS ns1
@ MX 10 inbound-smtp.eu-west-1.amazonaws.com.
@ TXT \"v=spf1 include:amazonses.com ~all\"
ns1 A 192.0.2.53
autodiscover CNAME autodiscover.mail.eu-west-1.awsapps.com.
a._domainkey CNAME a.dkim.amazonses.com.
b._domainkey CNAME b.dkim.amazonses.com.
c._domainkey CNAME c.dkim.amazonses.com.
";

#[test]
fn platforms_that_end_are_told() {
    let settings = "{region: eu-west-1, dkim-one: a, dkim-two: b, dkim-three: c}";
    let workmail = format!("{{platform: workmail, settings: {settings}}}");
    let check = |old: &str, new: &str, at: &str, ids: &[&str]| {
        let head = "version: 1\nzone: example.net\nprovider: primary";
        let project = Project::new()
            .zone(&format!("{head}\nold: {old}\nnew: {new}\n"))
            .provider("version: 1\ndriver: zonefile\npath: db.{zone}\n")
            .file("db.example.net", WORKMAIL);
        let plan = project.run(&["plan", "--at", at, "--json"]).json();
        let found = plan["findings"].as_array().unwrap().iter();
        let found = found.map(|one| one["id"].as_str().unwrap());
        let mut found: Vec<_> = found.filter(|id| ["PL19", "PL20", "PL21"].contains(id)).collect();
        found.sort_unstable();
        assert_eq!(found, ids, "{plan:#}");
    };
    let fastmail = "{platform: fastmail}";
    check(&workmail, fastmail, "2027-01-01T12:00:00Z", &["PL20"]);
    check(&workmail, fastmail, "2027-03-10T12:00:00Z", &["PL20"]);
    check(&workmail, fastmail, "2027-03-25T12:00:00Z", &["PL20", "PL21"]);
    check(&workmail, &workmail, "2027-01-01T12:00:00Z", &["PL19"]);
}
