//! Addresses that stand for includes: `flatten: true`, with a name server of others as the world.

use super::support::bind::Bind;
use super::support::client;
use super::support::dankolb::{self, NAME, ZONE, key, values};
use super::support::project::Project;
use super::support::server::Server;

/// With what both platforms include, receivers would ask fourteen times.
const OTHERS: &str = r#"$TTL 300
@ SOA ns1 hostmaster 1 60 30 604800 600
@ NS ns1
ns1 A 127.0.0.1
@ MX 10 mail
mail A 203.0.113.6
_spf TXT "v=spf1 include:a._spf.example.org include:b._spf.example.org a:mail.example.org -all"
a._spf 60 TXT "v=spf1 ip4:198.51.100.0/25 ip4:198.51.100.128/25 ip6:2001:db8:1::/48 ~all"
b._spf TXT "v=spf1 include:c._spf.example.org include:d._spf.example.org ~all"
c._spf TXT "v=spf1 ip4:203.0.113.7 ~all"
d._spf TXT "v=spf1 exists:%{i}.d.example.org ~all"
new TXT "v=spf1 a:mail.example.org mx:example.org include:e.example.org ~all"
e TXT "v=spf1 a:mail.example.org mx:example.org include:c._spf.example.org ~all"
"#;
const OLD: &str = "v=spf1 include:_spf.example.org mx -all";
/// What stands in between: the old include as addresses, all but the part that cannot be.
const UNION: &str = "v=spf1 ip4:192.0.2.10 ip4:198.51.100.0/24 ip4:203.0.113.6/31 \
    ip6:2001:db8:1::/48 include:d._spf.example.org include:new.example.org ~all";
const FILE: &str = "zones/dankolb.net.yaml";

/// A zone that is to move, what others publish, and a project in which both are known.
struct Scene {
    bind: Server,
    others: Server,
    project: Project,
}

fn scene(others: &str) -> Scene {
    let bind = Bind::primary(NAME, &ZONE.replace("v=spf1 mx -all", OLD), &key(), &[]);
    let others = Bind::primary("example.org", others, &key(), &[]);
    let settings = format!("version: 1\nresolvers: [{{name: others, address: {}}}]\n", others.addr);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]))
        .settings(&settings)
        .edited(FILE, "v=spf1 mx -all", OLD)
        .edited(FILE, "include:_spf.google.com ~all", "include:new.example.org ~all")
        .edited(FILE, "  ttl: 2s", "  ttl: 2s\n  flatten: true");
    Scene { bind, others, project }
}

/// The SPF record that is served.
fn spf(bind: &Server) -> String {
    let texts = values(&dankolb::served(bind.addr), "dankolb.net.", "TXT");
    texts.into_iter().find(|text| text.contains("v=spf1")).unwrap()
}

#[test]
fn addresses_stand_for_what_old_includes_as_far_as_needed() {
    let Scene { project, bind: _bind, others: _others } = scene(OTHERS);
    let plan = project.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains(&format!("\"{UNION}\"")), "{plan}");
    let told = [
        "warning[SPF27]: dankolb.net. `ip4:198.51.100.0/24 ip4:203.0.113.6/31 ip6:2001:db8:1::/48 \
         include:d._spf.example.org` stands for `include:_spf.example.org` as of ",
        "whoever runs `a._spf.example.org.` may change that from ",
        "info[SPF28]: dankolb.net. `include:d._spf.example.org` stays: `exists:%{i}.d.example.org`",
    ];
    assert!(told.iter().all(|part| plan.contains(part)), "{plan}");
    let json = project.run(&["plan", "--json"]).exits(0).json();
    let [one] = &json["flattened"].as_array().unwrap()[..] else { panic!("{json:#}") };
    assert_eq!(one["include"], "_spf.example.org");
    assert_eq!(one["passes"][0], "ip4:198.51.100.0/24");
    assert_eq!(one["owner"], "a._spf.example.org.");
    let [asked, until] = ["asked_at", "until"]
        .map(|at| chrono::DateTime::parse_from_rfc3339(one[at].as_str().unwrap()).unwrap());
    assert_eq!((until - asked).num_seconds(), 60);
    let refused = project.edited(FILE, "  flatten: true", "").run(&["plan"]).exits(3).stdout;
    let told = ["error[SPF03]: dankolb.net. SPF asks 14 times", "`flatten: true`"];
    assert!(told.iter().all(|part| refused.contains(part)), "{refused}");
}

#[test]
fn new_includes_are_flattened_where_that_is_not_enough() {
    let many = OTHERS.replace("e TXT \"v=spf1 ", "e TXT \"v=spf1 a:x.example.org a:y.example.org ");
    let many = scene(&many);
    let plan = many.project.run(&["plan"]).exits(0).stdout;
    let union = UNION.replace(" include:new.example.org", "");
    assert!(plan.contains(&format!("\"{union}\"")), "{plan}");
    let more = OTHERS.replace(
        "d._spf TXT \"v=spf1 ",
        &format!("d._spf TXT \"v=spf1 {}", ["exists:x.example.org "; 9].concat()),
    );
    let more = scene(&more);
    let plan = more.project.run(&["plan"]).exits(3).stdout;
    assert!(plan.contains("error[SPF03]: dankolb.net. SPF asks 11 times"), "{plan}");
}

#[test]
fn what_nobody_says_is_not_pretended() {
    let check = |project: &Project, expected: &str| {
        let plan = project.run(&["plan"]).exits(3).stdout;
        assert!(plan.contains("error[SPF29]: dankolb.net. no addresses can stand for"), "{plan}");
        assert!(plan.contains(expected), "{plan}");
    };
    let Scene { project, bind: _bind, .. } = scene(OTHERS);
    check(
        &project.settings("version: 1\nresolvers: []\n"),
        "`include:_spf.example.org`: nobody says what is at `_spf.example.org. TXT`",
    );
    let lost = OTHERS.replace("include:c._spf.example.org", "include:_spf.example.com");
    let lost = scene(&lost);
    check(
        &lost.project,
        "`include:_spf.example.com`: nobody says what is at `_spf.example.com. TXT`",
    );
}

/// The text that was approved stays, whatever others do meanwhile, and whatever else is edited.
#[test]
fn what_was_approved_stays_to_the_end() {
    let Scene { bind, others, project } = scene(OTHERS);
    project.run(&["apply", "--yes", "--wait", "--through", "prepare"]).exits(0);
    assert!(spf(&bind).contains(UNION), "{}", spf(&bind));
    let lines = [
        "delete a._spf.example.org. TXT",
        "add a._spf.example.org. 60 TXT \"v=spf1 ip4:192.0.2.200 ~all\"",
    ];
    client::nsupdate(others.addr, "example.org", &key(), &lines).unwrap();
    let project = project.edited(FILE, "soak: 2s", "soak: 3s");
    let plan = project.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains("`ip4:198.51.100.0/24 ") && !plan.contains("192.0.2.200"), "{plan}");
    project.run(&["apply", "--yes", "--wait", "--through", "restore-ttl"]).exits(0);
    assert!(spf(&bind).contains(UNION), "{}", spf(&bind));
    project.run(&["apply", "--yes", "--wait"]).exits(0);
    assert!(spf(&bind).contains("\"v=spf1 include:new.example.org ~all\""), "{}", spf(&bind));
}

/// What an earlier try has left stands until the next one is through.
#[test]
fn a_try_after_a_rollback_takes_up_what_stands() {
    let Scene { bind, others, project } = scene(OTHERS);
    project.run(&["apply", "--yes", "--wait", "--through", "submission"]).exits(0);
    project.run(&["rollback", NAME, "--to", "prepare", "--yes", "--wait"]).exits(0);
    let lines =
        ["delete c._spf.example.org. TXT", "add c._spf.example.org. 300 TXT \"v=spf1 ?all\""];
    client::nsupdate(others.addr, "example.org", &key(), &lines).unwrap();
    let plan = project.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains("`ip4:198.51.100.0/24 ip4:203.0.113.6/31"), "{plan}");
    assert!(spf(&bind).contains(UNION), "{}", spf(&bind));
}
