//! Mistakes that people made who moved mail by hand, each caught before anything is sent.

use super::support::project::Project;

/// Everything an hour and more: nobody has lowered anything yet.
const ZONE: &str = "\
$TTL 86400
@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600
@ IN NS ns1
ns1 IN A 192.0.2.53
@ IN MX 10 mail
@ IN TXT \"v=spf1 mx -all\"
mail IN A 192.0.2.10
smtp IN CNAME mail
imap IN CNAME mail
autodiscover IN CNAME mail
";

const MOVE: &str = "\
version: 1
zone: example.net
provider: primary
old:
  mx: [10 mail]
  spf: v=spf1 mx -all
  submission: {smtp: mail}
  retrieval: {imap: mail, autodiscover: mail}
new:
  mx: [10 mx.example.org.]
  spf: v=spf1 include:_spf.example.org -all
  submission: {smtp: smtp.example.org.}
  retrieval: {imap: imap.example.org., autodiscover: autodiscover.example.org.}
transition: {ttl: 10m}
";

fn project(zone: &str, file: &str) -> Project {
    Project::new()
        .zone(file)
        .provider("version: 1\ndriver: zonefile\npath: db.{zone}\n")
        .file("db.example.net", zone)
}

/// What `plan` prints between the titles of a stage and of the next.
fn stage(plan: &str, stage: &str, next: &str) -> String {
    let (_, rest) = plan.split_once(stage).unwrap_or_else(|| panic!("no {stage} in\n{plan}"));
    rest.split_once(next).unwrap_or_else(|| panic!("no {next} in\n{plan}")).0.to_owned()
}

/// `mx` would mean the new hosts once MX moves, and the old servers still send.
#[test]
fn spf_says_mx_and_mx_moves() {
    let plan = project(ZONE, MOVE).run(&["plan"]).exits(0).stdout;
    let first = stage(&plan, "prepare", "submission");
    assert!(first.contains("v=spf1 ip4:192.0.2.10 include:_spf.example.org"), "{first}");
    assert!(!first.contains("+ example.net. 600 IN TXT \"v=spf1 mx"), "{first}");
}

/// A record elsewhere in the zone that SPF includes, and that nobody freezes, is told.
#[test]
fn spf_leads_to_a_host_that_moves() {
    let zone = format!("{ZONE}_spf IN TXT \"v=spf1 a:smtp.example.net -all\"\n");
    let zone = zone.replace("\"v=spf1 mx -all\"", "\"v=spf1 include:_spf.example.net -all\"");
    let file = MOVE.replace("spf: v=spf1 mx -all", "spf: v=spf1 include:_spf.example.net -all");
    let file = file.replace("include:_spf.example.org", "include:_spf.example.net");
    let plan = project(&zone, &file).run(&["plan"]).exits(3).stdout;
    assert!(plan.contains("error[SPF19]"), "{plan}");
}

/// Three names were lowered by hand, and `autodiscover` and SPF were forgotten.
#[test]
fn the_ttl_is_lowered_for_three_names_only() {
    let lowered = ["@ IN MX", "smtp IN", "imap IN"]
        .iter()
        .fold(ZONE.to_owned(), |zone, line| zone.replace(line, &line.replace(" IN", " 600 IN")));
    let check = |zone: &str, names: &[(&str, bool)]| {
        let plan = project(zone, MOVE).run(&["plan"]).exits(0).stdout;
        let first = stage(&plan, "prepare", "submission");
        for (name, is_lowered) in names {
            assert_eq!(
                first.contains(&format!("~ {name} 600 IN CNAME")),
                *is_lowered,
                "{name}\n{first}"
            );
        }
    };
    let (forgotten, by_hand) = ("autodiscover.example.net.", "imap.example.net.");
    check(ZONE, &[(forgotten, true), (by_hand, true)]);
    check(&lowered, &[(forgotten, true), (by_hand, false)]);
}

/// A form of a DNS host took 255 characters of the key and dropped the rest.
#[test]
fn a_key_is_cut_at_255() {
    let whole = include_str!("../../examples/linode-to-google/google-dkim.txt");
    let cut = whole.trim().split("\" \"").next().unwrap().trim_matches('"');
    assert_eq!(cut.len(), 255);
    let check = |key: &str, code| {
        let dkim = "  dkim: {google: {file: key.txt}}\n  submission: {smtp: smtp";
        let file = MOVE.replace("  submission: {smtp: smtp", dkim);
        let project = project(ZONE, &file).file("key.txt", key);
        project.run(&["check"]).exits(code).stdout
    };
    let found = check(cut, 3);
    assert!(found.contains("error[DK01]: google._domainkey.example.net."), "{found}");
    assert!(found.contains("cut at 255"), "{found}");
    assert!(!check(whole, 0).contains("DK01"));
}
