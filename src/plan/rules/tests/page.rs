//! `docs/rules.md`: the catalogue as a page, made of the rows that are its tests.

use super::PROOFS;
use crate::mail::lint::{self, Check, Rule};
use crate::plan::rules::rules;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rules.md");
const HEAD: &str = "\
# Rules

What `cutover` looks for in zone files, zones, name servers and plans. `cutover check --explain ID`
tells the same of one rule. An error refuses the plan; a zone file may take warnings by `accept`.

Each example shows what raises the finding (`-`) and what does not (`+`). Records are those of
`example.net` and of whom they lead to; `old` and `new` are the sides of a zone file. Behind a line
`---` stands what else was seen: the answer of the next name server, a policy that was fetched, a
certificate in hexadecimal. Where an example is told in words, the rule is about a plan as a whole;
if the plan keeps it by the way it is made, the test is named that proves it.

This page is made of the rules themselves and their tests:
`UPDATE=1 cargo nextest run the_page_of_rules`.
";

/// Families in the order of the page, each with the beginning of its rules' names; those of no
/// family here come last.
const FAMILIES: &[(&str, &str)] = &[
    ("MX", "Who receives"),
    ("HST", "Hosts"),
    ("SPF", "SPF: who may send"),
    ("DK", "DKIM: keys"),
    ("DM", "DMARC: what receivers do"),
    ("ST", "MTA-STS and TLS reports"),
    ("DA", "DANE"),
    ("BI", "BIMI"),
    ("AD", "How mail programs find servers"),
    ("ZN", "The zone and its name servers"),
    ("PR", "The DNS host"),
    ("PL", "The plan"),
    ("I", "What holds for everybody, whatever he has cached"),
];

#[test]
fn the_page_of_rules_is_up_to_date() {
    let page = page(&lint::rules().copied().chain(rules()).collect::<Vec<_>>());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PATH, &page).unwrap();
    }
    let written = std::fs::read_to_string(PATH).unwrap_or_default();
    let difference = TextDiff::from_lines(&written, &page).unified_diff().to_string();
    let advice = "docs/rules.md is not what the rules say: run it again with UPDATE=1";
    assert!(written == page, "{advice}\n{difference}");
}

#[test]
fn a_rule_has_its_row_its_example_and_its_proof() {
    let rule = |id, check, bad, good| {
        let (severity, says) = (crate::mail::Severity::Error, "It is `a|b`.");
        Rule { id, severity, says, reference: "RFC 7505 §3", bad, good, check }
    };
    let shown = |id, bad, good| page(&[rule(id, Check::Elsewhere, bad, good)]);
    let check = |id, bad, good, expected: &[&str]| {
        let page = shown(id, bad, good);
        assert!(expected.iter().all(|part| page.contains(part)), "{expected:?}\n{page}");
    };
    let link = "[RFC 7505 §3](https://www.rfc-editor.org/rfc/rfc7505#section-3)";
    let row = format!("| [MX1](#mx1) | error | It is `a\\|b`. | {link} |\n");
    check("MX1", "a\nb", "b\nc", &["## Who receives\n", &row, "\n- a\n  b\n+ c\n"]);
    check("MX1", "in words", "better", &["- Raises it: in words\n- Does not: better\n"]);
    let proof = "Proven by `both_platforms_may_send` in \
        [src/plan/hazard/tests.rs](../src/plan/hazard/tests.rs).\n";
    check("I2", "bad", "good", &["## What holds for everybody", proof]);
    check("NEW1", "bad", "good", &["## NEW\n", "### NEW1\n"]);
}

/// The whole page: a family, its table, then each rule with its examples.
fn page(all: &[Rule]) -> String {
    let mut families: BTreeMap<(usize, &str), Vec<&Rule>> = BTreeMap::new();
    for rule in all {
        let prefix = rule.id.trim_end_matches(|c: char| c.is_ascii_digit());
        let known = FAMILIES.iter().position(|(of, _)| *of == prefix);
        let place = known.unwrap_or(FAMILIES.len());
        let title = known.map_or(prefix, |at| FAMILIES[at].1);
        families.entry((place, title)).or_default().push(rule);
    }
    let mut page = HEAD.to_owned();
    for ((_, title), mut rules) in families {
        rules.sort_by_key(|rule| number(rule.id));
        let head =
            "| rule | severity | what must hold | where that is written |\n|---|---|---|---|";
        let rows: String = rules.iter().map(|rule| row(rule)).collect();
        let sections: String = rules.iter().map(|rule| section(rule)).collect();
        write!(page, "\n## {title}\n\n{head}\n{rows}{sections}").unwrap();
    }
    page
}

fn number(id: &str) -> Option<u32> {
    id.trim_start_matches(|c: char| c.is_ascii_alphabetic()).parse().ok()
}

fn row(rule: &Rule) -> String {
    let Rule { id, severity, says, .. } = rule;
    let (anchor, reference) = (id.to_ascii_lowercase(), linked(rule.reference));
    let row = [format!("[{id}](#{anchor})"), severity.to_string(), says.replace('|', "\\|")];
    format!("| {} | {reference} |\n", row.join(" | "))
}

fn section(rule: &Rule) -> String {
    let Rule { id, severity, says, reference, bad, good, .. } = rule;
    let is_in_words = matches!(rule.check, Check::Elsewhere) && !bad.contains('\n');
    let example = match is_in_words {
        true => format!("- Raises it: {bad}\n- Does not: {good}\n"),
        false => format!("```diff\n{}```\n", difference(bad, good)),
    };
    let proofs = PROOFS.iter().filter(|(ids, ..)| ids.split(' ').any(|one| one == *id));
    let proof = |(_, file, test): &(&str, &str, &str)| {
        format!("\nProven by `{test}` in [{file}](../{file}).\n")
    };
    let proofs: String = proofs.map(proof).collect();
    let reference = linked(reference);
    format!("\n### {id}\n\n{says} ({severity}, {reference})\n\n{example}{proofs}")
}

/// Both examples as one, what they share once.
fn difference(bad: &str, good: &str) -> String {
    let lines = |text: &str| format!("{}\n", text.trim_end());
    let (bad, good) = (lines(bad), lines(good));
    let sign = |tag| match tag {
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
        ChangeTag::Equal => ' ',
    };
    let diff = TextDiff::from_lines(&bad, &good);
    let lines = diff.iter_all_changes();
    lines.map(|line| format!("{} {}", sign(line.tag()), line.value())).collect()
}

/// References as links, section for section.
fn linked(reference: &str) -> String {
    let link = |one: &str| {
        let (rfc, section) = one.split_once(" §").unwrap_or((one, ""));
        let number = rfc.trim_start_matches("RFC ");
        let section =
            if section.is_empty() { String::new() } else { format!("#section-{section}") };
        format!("[{one}](https://www.rfc-editor.org/rfc/rfc{number}{section})")
    };
    reference.split(", ").map(link).collect::<Vec<_>>().join(", ")
}
