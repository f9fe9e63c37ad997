//! Mistakes in files: each gives one message with its place, and exit code 1; nothing is done.

use super::support::dankolb::{self, MOVE};
use super::support::server::loopback;

/// Changes one part of the zone file and runs `check`; the message must hold each of `expected`.
#[track_caller]
fn check(from: &str, to: &str, expected: &[&str]) {
    assert!(MOVE.contains(from), "`{from}` is not in the zone file");
    let project = dankolb::project(&dankolb::rfc2136(loopback(1), &[loopback(1)]));
    project.write("zones/dankolb.net.yaml", &MOVE.replacen(from, to, 1));
    for command in [&["check"][..], &["plan"], &["apply", "--yes"]] {
        let outcome = project.run(command).exits(1);
        for part in expected {
            assert!(outcome.stderr.contains(part), "`{part}` is not in\n{}", outcome.stderr);
        }
        let told = ["error: ", "error["].map(|head| outcome.stderr.matches(head).count());
        assert_eq!(told[0] + told[1], errors(command), "{}", outcome.stderr);
        assert!(!project.path(".cutover").exists());
    }
}

/// `check` tells the mistake; the others add that they did nothing.
fn errors(command: &[&str]) -> usize {
    if command == ["check"] { 1 } else { 2 }
}

#[test]
fn a_key_written_twice() {
    let to = "  spf: v=spf1 mx -all\n  spf: v=spf1 -all\n  dkim: {s";
    check(
        "  spf: v=spf1 mx -all\n  dkim: {s",
        to,
        &["`spf` is written twice", "zones/dankolb.net.yaml:8:3", "first written here"],
    );
}

#[test]
fn an_unknown_key() {
    check(
        "  ttl: 2s",
        "  tll: 2s",
        &["unknown key `tll`", "zones/dankolb.net.yaml:25:3", "did you mean `ttl`?"],
    );
}

#[test]
fn a_relative_mx_host_with_a_dot() {
    check(
        "[10 mail]",
        "[10 mail.dankolb.net]",
        &[
            "`mail.dankolb.net` can be read in two ways",
            "`mail.dankolb.net.` if it is absolute",
            "`mail.dankolb.net.dankolb.net.` if it is below the zone",
            "zones/dankolb.net.yaml:6:11",
        ],
    );
}

#[test]
fn a_ttl_of_zero() {
    check("  ttl: 2s", "  ttl: 0", &["a TTL of 0 forbids caching", "zones/dankolb.net.yaml:25:8"]);
}

#[test]
fn two_spf_strings() {
    check(
        "  spf: v=spf1 mx -all",
        "  spf: [v=spf1 mx -all, v=spf1 a -all]",
        &["a domain has one SPF record", "zones/dankolb.net.yaml:7:8", "join their terms into one"],
    );
}

#[test]
fn an_hour_that_the_clocks_skip() {
    let to = "  window: {opens: 2027-03-14 02:30 America/Chicago, length: 6h}\n  ttl: 2s";
    check(
        "  ttl: 2s",
        to,
        &[
            "`2027-03-14 02:30` does not exist in America/Chicago",
            "the clock jumps from 2027-03-14 02:00 to 2027-03-14 03:00",
            "zones/dankolb.net.yaml:25:19",
        ],
    );
}

#[test]
fn an_hour_that_the_clocks_repeat() {
    let to = "  window: {opens: 2027-11-07 01:30 America/Chicago, length: 6h}\n  ttl: 2s";
    check("  ttl: 2s", to, &["2027-11-07T06:30:00Z", "2027-11-07T07:30:00Z"]);
}

#[test]
fn a_literal_secret_is_refused_and_never_shown() {
    let provider = dankolb::rfc2136(loopback(1), &[loopback(1)]);
    let project = dankolb::project(&provider.replace("env:CUTOVER_TSIG_SECRET", "c2VjcmV0IQ=="));
    let outcome = project.run(&["check"]).exits(1);
    assert!(outcome.stderr.contains("a secret must not stand in a file"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("providers/primary.yaml:5:"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("c2VjcmV0IQ=="), "{}", outcome.stderr);
}

#[test]
fn a_key_in_the_form_of_dig_is_refused_and_never_shown() {
    let provider = "version: 1\ndriver: rfc2136\nserver: 127.0.0.1\ntsig: hmac-sha256:k:c2VjcmV0\n";
    let outcome = dankolb::project(provider).run(&["check"]).exits(1);
    assert!(outcome.stderr.contains("write `tsig: {name: ..."), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("c2VjcmV0"), "{}", outcome.stderr);
}

#[test]
fn a_blank_that_nothing_fills_is_told() {
    check(
        "1 ASPMX.L.GOOGLE.COM.",
        "1 {zone_dashed}.example.org.",
        &["`{zone_dashed}` stands for nothing here", "zones/dankolb.net.yaml:14:9"],
    );
}

#[test]
fn all_mistakes_of_all_files_come_together() {
    let project = dankolb::project("version: 1\ndriver: rfc2136\n");
    project.write("zones/dankolb.net.yaml", &MOVE.replace("  ttl: 2s", "  ttl: 0\n  tll: 2s"));
    let outcome = project.run(&["check"]).exits(1);
    for part in ["a TTL of 0", "unknown key `tll`", "`server` is missing here"] {
        assert!(outcome.stderr.contains(part), "{}", outcome.stderr);
    }
    let json = project.run(&["check", "--json"]).exits(1).json();
    assert_eq!(json["files"].as_array().unwrap().len(), 3, "{json:#}");
    assert_eq!(json["files"][1]["line"], 25, "{json:#}");
    let sarif = project.run(&["check", "--sarif"]).exits(1).json();
    let place = &sarif["runs"][0]["results"][1]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "zones/dankolb.net.yaml");
    assert_eq!(place["region"]["startLine"], 25);
}

#[test]
fn what_a_rule_forbids_may_be_accepted_with_a_reason() {
    let project = dankolb::project(&dankolb::rfc2136(loopback(1), &[loopback(1)]));
    let open = MOVE.replacen("spf: v=spf1 mx -all", "spf: v=spf1 mx +all", 1);
    project.write("zones/dankolb.net.yaml", &open);
    let told = project.run(&["check"]).exits(3).stdout;
    assert!(told.contains("SPF08") && !told.contains("accepted"), "{told}");
    let reason = "accept: [{id: SPF08, because: a honeypot}]\ntransition:";
    project.write("zones/dankolb.net.yaml", &open.replacen("transition:", reason, 1));
    let told = project.run(&["check"]).exits(0).stdout;
    assert!(told.contains("SPF08") && told.contains("(accepted: a honeypot)"), "{told}");
}

#[test]
fn a_rule_is_explained() {
    let project = dankolb::project(&dankolb::rfc2136(loopback(1), &[loopback(1)]));
    let told = project.run(&["check", "--explain", "spf11"]).exits(0).stdout;
    assert!(told.contains("RFC 7208") && told.contains("-all include:"), "{told}");
    let told = project.run(&["check", "--explain", "SPF99"]).exits(64).stderr;
    assert!(told.contains("did you mean `SPF09`?"), "{told}");
}
