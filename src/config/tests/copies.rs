//! Copies of keys that lie with the old platform.

use super::*;
use crate::dns::Rtype;
use crate::mail::KeyCopy;
use std::collections::BTreeSet;

const KEY: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// A zone file with this under `dkim` of `old`, and this under that of `new`.
fn file(old: &str, new: &str) -> String {
    format!(
        "version: 1\nzone: example.com\nprovider: primary\nold:\n  dkim: {old}\n\
         new:\n  dkim: {new}\n"
    )
}

#[test]
fn a_copy_is_a_key_or_to_be_looked_up() {
    let check = |copy: &str, expected: &str| {
        let text = file(&format!("{{s: {{cname: s.example.org., copy: {copy}}}}}"), "{}");
        let (specs, found) = read(&text);
        assert_eq!(found, Vec::<String>::new());
        let old = &specs[0].intent.old;
        let told = match old.copies.values().next().unwrap() {
            KeyCopy::Key(key) => key.text().unwrap().into_owned(),
            KeyCopy::Live => "live".to_owned(),
        };
        assert_eq!(told, expected);
        assert_eq!(old.dkim.values().next().unwrap().to_string(), "s.example.org.");
    };
    check("live", "live");
    check(&format!("\"{KEY}\""), KEY);
    let text = include_str!("../../../examples/linode-to-google/google-dkim.txt");
    let google = Rdata::parse(Rtype::TXT, text.trim(), None).unwrap();
    check("{file: examples/linode-to-google/google-dkim.txt}", &google.text().unwrap());
}

#[test]
fn a_copy_that_verifies_nothing_is_told_in_its_place() {
    let check = |selector: &str, line: &str| {
        let (_, found) = read(&file(&format!("{{s: {selector}}}"), "{}"));
        assert!(found.len() == 1 && found[0].contains(line), "{selector}: {found:?}");
    };
    let copy = |text: &str| format!("{{cname: s.example.org., copy: {text}}}");
    check(&copy("\"v=DKIM1; p=\""), "x.yaml:5:43: `p=` is empty");
    check(&copy("\"v=DKIM1; k=dsa; p=AA==\""), "x.yaml:5:43: `k=dsa` is not valid");
    check(&copy(&format!("\"{}\"", KEY.replace("ed25519", "rsa"))), "not hold a whole public key");
    check(&copy("lives"), "x.yaml:5:43: `lives` is not of the form `tag=value`");
    check(&copy("{}"), "x.yaml:5:43: `file` is missing here");
    check(&copy("[live]"), "text is wanted here, not a list");
    check("{copy: live}", "x.yaml:5:20: a `copy` is of the key behind a `cname`");
}

#[test]
fn a_copy_is_of_a_key_that_goes() {
    let (_, found) = read(&file("{}", "{s: {cname: s.example.org., copy: live}}"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("x.yaml:7:43: a `copy` is of a key that goes: write it under `old`"));
}

#[test]
fn what_is_copied_belongs_to_what_the_file_means() {
    let digest = |copy: &str| {
        let text = file(&format!("{{s: {{cname: s.example.org.{copy}}}}}"), "{}");
        let (specs, found) = read(&text);
        assert_eq!(found, Vec::<String>::new());
        specs[0].digest.clone()
    };
    let other = KEY.replace("11qY", "22qY");
    let all = [String::new(), ", copy: live".to_owned()];
    let all = all.into_iter().chain([KEY, &other].map(|key| format!(", copy: \"{key}\"")));
    let digests: BTreeSet<_> = all.map(|copy| digest(&copy)).collect();
    assert_eq!(digests.len(), 4);
}
