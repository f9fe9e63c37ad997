//! Mistakes in the world: a wrong key, a server that is down, a zone that is not there.

use super::support::bind::Bind;
use super::support::client;
use super::support::dankolb::{self, NAME, ZONE, key};
use super::support::project::Project;
use super::support::server::{Server, free_port, loopback};
use super::support::signed::Signed;

fn bind() -> Server {
    Bind::primary(NAME, ZONE, &key(), &[])
}

fn project(server: &Server) -> Project {
    dankolb::project(&dankolb::rfc2136(server.addr, &[server.addr]))
}

/// Every command that needs the server fails alike, and leaves no journal.
#[track_caller]
fn fails(project: &Project, code: i32, expected: &[&str]) {
    for command in [&["check", "--live"][..], &["plan"], &["apply", "--yes"]] {
        let outcome = project.run(command).exits(code);
        for part in expected {
            assert!(outcome.stderr.contains(part), "`{part}` is not in\n{}", outcome.stderr);
        }
        assert!(!project.path(".cutover/dankolb.net.jsonl").exists());
    }
}

#[test]
fn a_wrong_tsig_key() {
    let bind = bind();
    let project = project(&bind).env("CUTOVER_TSIG_SECRET", &key().forged().secret_base64);
    let secret = key().forged().secret_base64;
    fails(&project, 1, &["does not accept the credentials", "but with another secret", "hint: "]);
    assert!(!project.run(&["plan"]).stderr.contains(&secret));
}

#[test]
fn a_server_that_is_down() {
    let nobody = loopback(free_port());
    let project = dankolb::project(&dankolb::rfc2136(nobody, &[nobody]));
    fails(&project, 1, &["the provider does not answer", &nobody.to_string()]);
}

#[test]
fn a_zone_that_the_server_does_not_have() {
    let other = ZONE.replace("dankolb.net", "example.test");
    let bind = Bind::primary("example.test", &other, &key(), &[]);
    fails(&project(&bind), 1, &["the provider has no zone `dankolb.net.`"]);
}

#[test]
fn a_secret_that_is_not_set() {
    let bind = bind();
    fails(&project(&bind).env("CUTOVER_TSIG_SECRET", ""), 1, &["CUTOVER_TSIG_SECRET", "empty"]);
}

#[test]
fn two_spf_strings_in_the_live_zone_are_refused_as_unsafe() {
    let bind = bind();
    client::nsupdate(bind.addr, NAME, &key(), &["add dankolb.net. 3 TXT \"v=spf1 a -all\""])
        .unwrap();
    let project = project(&bind);
    let plan = project.run(&["plan"]).exits(3);
    assert!(plan.stdout.contains("error[SPF01]: dankolb.net. 2 SPF records"), "{}", plan.stdout);
    let serial = client::serial(bind.addr, NAME);
    project.run(&["apply", "--yes"]).exits(3);
    assert_eq!(client::serial(bind.addr, NAME), serial);
}

#[test]
fn servers_that_disagree_are_told() {
    let (first, second) = (bind(), bind());
    let check = |expected: &[&str], not: &[&str]| {
        let project = dankolb::project(&dankolb::rfc2136(first.addr, &[first.addr, second.addr]));
        let found = project.run(&["check", "--live"]).exits(0).stdout;
        assert!(expected.iter().all(|part| found.contains(part)), "{found}");
        assert!(!not.iter().any(|part| found.contains(part)), "{found}");
    };
    check(&[], &["MX009", "ZN05", "SPF24"]);
    let lines = ["add dankolb.net. 4 MX 20 elsewhere.example.org."];
    client::nsupdate(second.addr, NAME, &key(), &lines).unwrap();
    check(&["warning[MX009]: dankolb.net.", "warning[ZN05]"], &["SPF24"]);
}

/// What others publish is asked of the resolvers that the project names, here a name server of
/// theirs, and of nobody if it names none.
#[test]
fn what_spf_leads_to_is_asked_of_others() {
    let check = |record: &str, resolves: bool, code, expected: &[&str], not: &[&str]| {
        let others = format!(
            "$TTL 3\n@ SOA ns1 hostmaster 1 60 30 604800 2\n@ NS ns1\nns1 A 127.0.0.1\n{record}\n"
        );
        let others = Bind::primary("example.org", &others, &key(), &[]);
        let bind = bind();
        let spf = "v=spf1 include:_spf.example.org mx -all";
        let lines = [
            "delete dankolb.net. TXT \"v=spf1 mx -all\"".to_owned(),
            format!("add dankolb.net. 3 TXT \"{spf}\""),
        ];
        client::nsupdate(bind.addr, NAME, &key(), &[&lines[0], &lines[1]]).unwrap();
        let resolver = match resolves {
            true => format!("{{name: others, address: {}}}", others.addr),
            false => String::new(),
        };
        let project = project(&bind)
            .settings(&format!("version: 1\nresolvers: [{resolver}]\n"))
            .edited("zones/dankolb.net.yaml", "spf: v=spf1 mx -all", &format!("spf: {spf}"));
        let found = project.run(&["check", "--live"]).exits(code).stdout;
        assert!(expected.iter().all(|part| found.contains(part)), "{record}\n{found}");
        assert!(!not.iter().any(|part| found.contains(part)), "{record}\n{found}");
    };
    let (good, bad) = ("_spf TXT \"v=spf1 ip4:192.0.2.77 -all\"", "_spf TXT \"nothing of ours\"");
    let place = "--> zones/dankolb.net.yaml:";
    check(
        bad,
        true,
        3,
        &["error[SPF06]: dankolb.net.", "`_spf.example.org.`", "[DK04]", place],
        &[],
    );
    check(good, true, 0, &["[ZN14]", "_spf.google.com."], &["SPF06", "_spf.example.org."]);
    check(bad, false, 0, &[], &["SPF06", "ZN14"]);
}

/// Only a check goes anywhere, and only where somebody may be asked; who cannot be reached from
/// here is told, and not accused.
#[test]
fn policies_are_fetched_by_a_check_only() {
    let bind = bind();
    let lines = [
        "add _mta-sts.dankolb.net. 3 TXT \"v=STSv1; id=1\"",
        "add mta-sts.dankolb.net. 3 A 127.7.7.7",
    ];
    client::nsupdate(bind.addr, NAME, &key(), &lines).unwrap();
    let check = |resolver: &str, command: &[&str], is_told: bool| {
        let settings = format!("version: 1\nresolvers: [{resolver}]\n");
        // The id stays while MX moves, which is refused whatever is served.
        let found = project(&bind).settings(&settings).run(command).exits(3).stdout;
        let told = found.contains("the MTA-STS policy of `dankolb.net.`");
        assert_eq!(told && found.contains("[ZN14]"), is_told, "{found}");
        assert!(!found.contains("[ST01]"), "{found}");
    };
    let resolver = format!("{{name: others, address: {}}}", bind.addr);
    check(&resolver, &["check", "--live"], true);
    check(&resolver, &["plan"], false);
    check("", &["check", "--live"], false);
}

/// The parent's DS is asked of those whom the project names, here its own name server.
#[test]
fn signatures_and_their_keys_are_looked_at() {
    let check = |zone: &str, ds: Option<&str>, code, expected: &[&str]| {
        let ds = ds.map(|ds| format!("dankolb DS {ds}\n")).unwrap_or_default();
        let parent = format!(
            "$TTL 3\n@ SOA ns hostmaster 1 60 30 604800 2\n@ NS ns.invalid.\n\
            dankolb NS ns.invalid.\n{ds}"
        );
        let parent = Bind::primary("net", &parent, &key(), &[]);
        let bind = Bind::primary(NAME, zone, &key(), &[]);
        let resolver = format!("{{name: parent, address: {}}}", parent.addr);
        let project = project(&bind).settings(&format!("version: 1\nresolvers: [{resolver}]\n"));
        let found = project.run(&["check", "--live"]).exits(code).stdout;
        assert!(expected.iter().all(|part| found.contains(part)), "{expected:?}\n{found}");
        for id in ["ZN02", "ZN08", "ZN09", "ZN15"] {
            let is_expected = expected.iter().any(|part| part.contains(id));
            assert_eq!(found.contains(id), is_expected, "{id}\n{found}");
        }
    };
    let fresh = Signed::new(NAME, ZONE, "now-3600", "now+1209600");
    let other = Signed::new(NAME, ZONE, "now-3600", "now+1209600");
    check(&fresh.zone, Some(&fresh.ds), 0, &[]);
    check(&fresh.zone, None, 0, &[]);
    let strange = ["error[ZN09]: dankolb.net.", "has other keys than the DS at the parent says"];
    check(&fresh.zone, Some(&other.ds), 3, &strange);
    check(ZONE, Some(&fresh.ds), 3, &["error[ZN09]: dankolb.net.", "has no key"]);
    let late = Signed::new(NAME, ZONE, "now-864000", "now+3600");
    let about = ["error[ZN08]: dankolb.net. the signature over", "is about to end"];
    check(&late.zone, Some(&late.ds), 3, &about);
    let over = Signed::new(NAME, ZONE, "now-864000", "now-60");
    check(&over.zone, Some(&over.ds), 3, &["error[ZN08]: dankolb.net.", "has ended"]);
    let zone = ZONE.replace(" 604800 ", " 1209600 ");
    assert_ne!(zone, ZONE);
    let long = Signed::new(NAME, &zone, "now-3600", "now+1206000");
    check(&long.zone, Some(&long.ds), 0, &["warning[ZN15]: dankolb.net.", "(EXPIRE)"]);
}

#[test]
fn a_weak_key_that_goes_is_no_reason_to_stay() {
    let weak = "add s2009._domainkey.dankolb.net. 3 TXT \"p=MEgCQQDK5A8Zr7Wd5Xq0bJqVw2V0aQ==\"";
    let bind = bind();
    client::nsupdate(bind.addr, NAME, &key(), &[weak]).unwrap();
    let plan = project(&bind).run(&["plan"]).exits(0);
    assert!(plan.stdout.contains("warning[DK0"), "{}", plan.stdout);
}

#[test]
fn a_live_zone_that_is_not_as_old_says() {
    let bind = bind();
    let lines = ["delete dankolb.net. MX", "add dankolb.net. 4 MX 10 elsewhere.example.org."];
    client::nsupdate(bind.addr, NAME, &key(), &lines).unwrap();
    fails(&project(&bind), 4, &["`dankolb.net. MX`", "elsewhere.example.org.", "hint: "]);
}

#[test]
fn a_window_too_early_for_the_old_ttls() {
    let bind = bind();
    let long = dankolb::MOVE
        .replace("  ttl: 2s", "  window: {opens: 2099-01-01T00:00:00Z, length: 6h}\n  ttl: 2s");
    let project = project(&bind);
    project.write("zones/dankolb.net.yaml", &long);
    project.run(&["plan", "--at", "2098-12-31T00:00:00Z"]).exits(0);
    let plan = project.run(&["plan", "--at", "2098-12-31T23:59:58Z"]).exits(3);
    assert!(plan.stdout.contains("error[PL01]"), "{}", plan.stdout);
    let late = ["plan", "--at", "2099-01-02T00:00:00Z", "--out", "late.json"];
    let plan = project.run(&late).exits(3);
    assert!(!project.path("late.json").exists(), "a refused plan is no file to apply");
    assert!(plan.stdout.contains("error[PL12]"), "{}", plan.stdout);
}

#[test]
fn a_domain_gives_mail_up() {
    let bind = bind();
    let (head, rest) = dankolb::MOVE.split_once("new:\n").unwrap();
    let (_, times) = rest.split_once("transition:\n").unwrap();
    let new = "new: {mx: 0 ., spf: v=spf1 -all, dmarc: v=DMARC1; p=reject}\n";
    let project = project(&bind).zone(&format!("{head}{new}transition:\n{times}"));
    let plan = project.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains("warning[MX021]"), "{plan}");
    project.run(&["apply", "--yes", "--wait", "--through", "retire-keys"]).exits(0);
    let end = dankolb::served(bind.addr);
    let check = |owner: &str, rtype, expected: &[&str]| {
        assert_eq!(dankolb::values(&end, owner, rtype), expected);
    };
    check("dankolb.net.", "MX", &["4 0 ."]);
    check("_dmarc.dankolb.net.", "TXT", &["3600 \"v=DMARC1; p=reject\""]);
    check("s2015._domainkey.dankolb.net.", "TXT", &[]);
    check("imap.dankolb.net.", "CNAME", &[]);
    let texts = dankolb::values(&end, "dankolb.net.", "TXT");
    assert_eq!(texts, [format!("3 {}", dankolb::NEIGHBOUR), "3 \"v=spf1 -all\"".to_owned()]);
}
