//! Whole moves on real name servers: there, and back again.

mod support;

use std::fs;
use std::net::SocketAddr;

use data_encoding::BASE64;
use serde_json::Value;
use support::bind::Bind;
use support::client::dig;
use support::dankolb::{self, GOOGLE, NAME, NEIGHBOUR, STAGES, ZONE, foretold, served, values};
use support::knot::Knot;
use support::nsd::Nsd;
use support::pdns::Pdns;
use support::project::Project;
use support::server::{Program, free_port, loopback};
use support::unbound::Unbound;

const OPENSSL: Program = Program { path: "/usr/bin/openssl", package: "openssl" };

#[test]
fn bind_moves_with_its_secondary() {
    let (key, port) = (dankolb::key(), free_port());
    let bind = Bind::primary(NAME, ZONE, &key, &[loopback(port)]);
    let nsd = Nsd::secondary(NAME, bind.addr, &key, port);
    walk(&[bind.addr, nsd.addr]);
}

#[test]
fn knot_moves() {
    let knot = Knot::primary(NAME, ZONE, &dankolb::key());
    walk(&[knot.addr]);
}

#[test]
fn powerdns_moves() {
    let pdns = Pdns::primary(NAME, ZONE, &dankolb::key());
    walk(&[pdns.addr]);
}

/// Moves the zone stage by stage, behind a cache; the first server takes the updates.
fn walk(servers: &[SocketAddr]) {
    let cache = Unbound::cache(NAME, servers, GOOGLE);
    let resolvers = format!("version: 1\nresolvers: [{{name: cache, address: {}}}]\n", cache.addr);
    let project = dankolb::project(&dankolb::rfc2136(servers[0], servers)).settings(&resolvers);
    let check = project.run(&["check", "--live"]).exits(0);
    assert!(check.stdout.contains("warning[DK04]: s2015._domainkey"), "{}", check.stdout);
    let plan = project.run(&["plan"]).exits(0);
    assert!(plan.stdout.ends_with(" in 7 phases\n"), "{}", plan.stdout);

    let wanted = STAGES.map(|stage| (stage, foretold(&project, stage)));
    for (stage, zone) in &wanted {
        // A sender, whose resolver remembers what was before.
        dig(cache.addr, &[NAME, "MX"]);
        project.run(&["apply", "--yes", "--wait", "--through", stage]).exits(0);
        for server in servers {
            assert_eq!(served(*server), *zone, "{server} after {stage}");
        }
        let texts = values(zone, "dankolb.net.", "TXT");
        assert!(texts.iter().any(|text| text.ends_with(NEIGHBOUR)), "{stage}: {texts:?}");
    }
    caches_follow(&project, cache.addr);
    nothing_is_left_to_do(&project);
}

fn caches_follow(project: &Project, cache: SocketAddr) {
    let watch = project.run(&["watch", "--json", "--interval", "1s", "--timeout", "60s"]);
    let watch = watch.exits(0);
    let last: Value = serde_json::from_str(watch.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["settled"], true, "{last:#}");
    let rows = last["rows"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["kind"] == "resolver" && row["server"] == "cache"));

    let exchanges = dig(cache, &["+short", NAME, "MX"]).to_lowercase();
    assert_eq!(exchanges.matches("aspmx.l.google.com.").count(), 5, "{exchanges}");
    assert_eq!(dig(cache, &["+short", "s2015._domainkey.dankolb.net", "TXT"]), "");
    let key = dig(cache, &["+short", "google._domainkey.dankolb.net", "TXT"]);
    let text = key_as_openssl_reads_it(project, &key);
    assert!(text.starts_with("Public-Key: (2048 bit)"), "{text}");
}

/// The key in a DKIM record, from what `dig +short` prints of it: two strings that count as one.
fn key_as_openssl_reads_it(project: &Project, record: &str) -> String {
    let text: String = record.split('"').skip(1).step_by(2).collect();
    let (_, base64) = text.split_once("p=").unwrap_or_else(|| panic!("no key in {record}"));
    let der = project.path("key.der");
    fs::write(&der, BASE64.decode(base64.as_bytes()).unwrap()).unwrap();
    let mut openssl = OPENSSL.command();
    openssl.args(["rsa", "-pubin", "-inform", "DER", "-noout", "-text", "-in"]).arg(der);
    String::from_utf8(openssl.output().unwrap().stdout).unwrap()
}

fn nothing_is_left_to_do(project: &Project) {
    project.run(&["apply", "--yes", "--wait"]).exits(0);
    let status = project.run(&["status"]).exits(0).stdout;
    assert!(status.contains("next: nothing, all is done"), "{status}");
    let again = project.run(&["apply", "--yes"]).exits(0);
    assert!(again.stdout.contains("No changes."), "{}", again.stdout);
    let back = project.run(&["rollback", NAME, "--yes"]).exits(3);
    assert!(back.stderr.contains("nothing leads back"), "{}", back.stderr);
    for stage in STAGES {
        assert_eq!(project.events(NAME, stage), ["apply-began", "applied", "published"]);
    }
}

/// The first try is broken off after its MX moved; what is harmless stays for the second.
#[test]
fn a_move_turns_back_and_goes_again() {
    let bind = Bind::primary(NAME, ZONE, &dankolb::key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    let end = foretold(&project, "retire-keys");
    let prepared = foretold(&project, "prepare");

    project.run(&["apply", "--yes", "--wait", "--through", "delivery"]).exits(0);
    assert_eq!(values(&served(bind.addr), "dankolb.net.", "MX").len(), 5);
    project.run(&["rollback", NAME, "--yes", "--wait"]).exits(0);
    assert_eq!(served(bind.addr), prepared);
    assert_eq!(values(&prepared, "dankolb.net.", "MX"), ["2 10 mail.dankolb.net."]);
    let texts = values(&prepared, "dankolb.net.", "TXT");
    let union = r#"2 "v=spf1 ip4:192.0.2.10 include:_spf.google.com ~all""#;
    assert!(texts.iter().any(|text| text == union), "{texts:?}");
    assert_eq!(values(&prepared, "google._domainkey.dankolb.net.", "TXT").len(), 1);

    project.run(&["apply", "--yes", "--wait"]).exits(0);
    assert_eq!(served(bind.addr), end);
    // Its TTL from before the first try, of which the live zone knew nothing any more.
    let exchanges = values(&end, "dankolb.net.", "MX");
    assert!(exchanges.iter().all(|exchange| exchange.starts_with("4 ")), "{exchanges:?}");
}
