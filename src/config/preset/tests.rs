//! Presets, filled in through zone files, and what they say of themselves.

use super::*;
use crate::config::zone_file;
use std::path::Path;

/// A side of `example.net`, and what is told of it.
fn read(side: &str) -> (Option<Side>, Vec<String>) {
    let head = "version: 1\nzone: example.net\nprovider: p\nold: {}\nnew:\n";
    let source = Source::new("zones/x.yaml", &format!("{head}  {side}\n"));
    let (specs, found) = zone_file(&source, Path::new("."));
    let line = |found: &Diagnostic| {
        let help = found.help.iter().map(|help| format!("; {help}"));
        format!("{}{}", found.line(&source), help.collect::<String>())
    };
    (specs.into_iter().next().map(|spec| spec.intent.new), found.iter().map(line).collect())
}

/// What a preset asks for, and what is left without its head.
fn parts(text: &str) -> (Settings, Node) {
    let source = Source::new("preset.yaml", text);
    let whole = Node::parse(text).unwrap();
    let asked = head(&Reader::new(&source), &whole).unwrap().settings;
    (asked, without(whole, &Node::parse("{}").unwrap()))
}

#[test]
fn every_preset_is_read() {
    for preset in PRESETS {
        let value = |name: &str| match name {
            "host" | "mx" => "mail.example.org.".to_owned(),
            "region" => "eu".to_owned(),
            _ => format!("x-{name}"),
        };
        let asked = parts(preset.text).0;
        let given: Vec<_> = asked.keys().map(|k| format!("{k}: {}", value(k))).collect();
        let given = format!("platform: {}\n  settings: {{{}}}", preset.name, given.join(", "));
        let (side, found) = read(&given);
        assert_eq!(found, Vec::<String>::new(), "{}", preset.name);
        let side = side.unwrap();
        assert_eq!(side.platform.as_deref(), Some(preset.name));
        let has_no_mx = ["bystar-qmail", "self-hosted"].contains(&preset.name);
        assert_eq!(side.mx.is_empty(), has_no_mx, "{}", preset.name);
    }
}

#[test]
fn presets_declare_what_they_ask_for() {
    for preset in PRESETS {
        let (asked, rest) = parts(preset.text);
        let asked: BTreeSet<_> = asked.keys().map(String::as_str).collect();
        assert_eq!(asked, blanks(&rest.outline()), "{}", preset.name);
    }
}

#[test]
fn a_preset_tells_where_its_facts_are_from() {
    const HEAD: &str = "about: A\nsource: a page\nconfidence: high\nchecked: 2026-11\n";
    let check = |from: &str, to: &str, expected: &str| {
        let source = Source::new("preset.yaml", &HEAD.replace(from, to));
        let reader = Reader::new(&source);
        let asked = head(&reader, &Node::parse(&source.text).unwrap());
        let found = reader.finish();
        assert_eq!(asked.is_some() && found.is_empty(), expected.is_empty(), "{to}");
        assert!(found.iter().all(|found| found.message.contains(expected)), "{found:?}");
    };
    check("", "", "");
    check("about: A\n", "", "`about` is missing");
    check("source: a page\n", "", "`source` is missing");
    check("high", "hihg", "did you mean `high`?");
    check("2026-11", "2026-13", "`2026-13` is not a month");
    check("2026-11", "2026-11\nends: 2027-02-30", "`2027-02-30` is not a day");
}

#[test]
fn what_only_a_console_knows_is_asked_for() {
    let check = |side: &str, expected: &[&str]| {
        let (_, found) = read(side);
        assert_eq!(found, expected, "{side}");
    };
    let mx = "zones/x.yaml:6:3: error: platform `microsoft-365` needs `settings: {mx: ...}`; \
        Settings > Domains > the domain > DNS records: the MX, with a final dot";
    let tenant = "zones/x.yaml:6:3: error: platform `microsoft-365` needs `settings: \
        {tenant: ...}`; Settings > Domains: the label before .onmicrosoft.com";
    check("platform: microsoft-365", &[mx, tenant]);
    check("platform: microsoft-365\n  settings: {mx: a.example.org.}", &[tenant]);
    // What the side writes itself needs no setting.
    check("platform: microsoft-365\n  settings: {mx: a.example.org.}\n  dkim: {}", &[]);
    check("platform: microsoft-365\n  mx: [0 a.example.org.]\n  dkim: {}", &[]);
    // Nothing of the preset is left.
    check("platform: self-hosted\n  mx: [0 a.example.org.]\n  dkim-lead: 0s", &[]);
}

#[test]
fn a_setting_may_follow_from_another() {
    let check = |settings: &str, expected: &str| {
        let (side, found) = read(&format!("platform: microsoft-365\n  settings: {settings}"));
        assert_eq!(found, Vec::<String>::new(), "{settings}");
        let keys = side.unwrap().dkim;
        let key = keys.values().next().map(ToString::to_string);
        assert_eq!(key.unwrap(), format!("selector1-{expected}._domainkey.t.onmicrosoft.com."));
    };
    let mx = "mx: example-net0i.mail.protection.outlook.com.";
    check(&format!("{{tenant: t, {mx}}}"), "example-net0i");
    check(&format!("{{tenant: t, {mx}, mx-label: example-net}}"), "example-net");
    let (_, found) =
        read("platform: microsoft-365\n  settings: {tenant: t}\n  mx: [0 a.example.org.]");
    assert!(found.len() == 1 && found[0].contains("needs `settings: {mx-label"), "{found:?}");
}

#[test]
fn a_side_may_lack_what_its_platform_brings() {
    let none = "mx: []\n  spf: []\n  dkim: {}\n  retrieval: {}\n  records: []";
    let (side, found) = read(&format!("platform: migadu\n  {none}"));
    assert_eq!(found, Vec::<String>::new());
    let side = Side { platform: None, ..side.unwrap() };
    assert_eq!(side, Side::default());
}

#[test]
fn what_nobody_asks_for_is_told() {
    let (_, found) = read("settings: {host: mail.example.org.}");
    let told = "zones/x.yaml:6:13: error: `settings` are for a `platform`, and none is named";
    assert_eq!(found, [told]);
    // Only a preset says this of itself.
    let (_, found) = read("platform: fastmail\n  about: a copy");
    assert!(found[0].contains("unknown key `about`"), "{found:?}");
    let check = |platform: &str, settings: &str, expected: &str| {
        let (_, found) = read(&format!("platform: {platform}\n  settings: {{{settings}}}"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains(expected), "{found:?}");
    };
    let unknown = "x.yaml:7:14: error: platform `microsoft-365` asks for no setting `tennant`; \
        did you mean `tenant`?";
    check("microsoft-365", "tennant: t", unknown);
    check(
        "microsoft-365",
        "colour: t",
        "asks for no setting `colour`; known here: `mx`, `mx-label`, `tenant`",
    );
    check("fastmail", "tenant: t", "platform `fastmail` asks for no setting `tenant`");
    check("self-hosted", "[1]: a", "a key of plain text is wanted");
    check("mox", "host: mail.example.org", "x.yaml:7:13: error: preset `mox`: ");
}
