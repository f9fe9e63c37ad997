//! Where in a zone file somebody wrote what a finding is about.

use super::node::Span;
use super::{Node, Source, Value, ZoneSpec, scalar};
use crate::dns::{Name, parse_rrset};
use crate::mail::{Finding, lint};

/// Line and column, from 1, of what causes each finding; `None` if the file does not say it: it may
/// be in the live zone only, or come with a preset.
pub fn places(
    source: &Source,
    spec: &ZoneSpec,
    findings: &[Finding],
) -> Vec<Option<(usize, usize)>> {
    let Ok(node) = Node::parse(&source.text) else { return vec![None; findings.len()] };
    let [of_old, of_new] = lint::sides(&spec.intent);
    let place = |finding: &Finding| {
        let is_told_of_both = lint::rule(finding.id).is_some_and(lint::Rule::is_about_intents);
        let sides = [("new", &of_new), ("old", &of_old)]
            .into_iter()
            .filter(|(_, found)| is_told_of_both || found.iter().any(|one| is_same(one, finding)));
        let zone = &spec.intent.zone;
        let mut spans = sides.filter_map(|(side, _)| written(get(&node, side)?, zone, finding));
        spans.next().map(|span| source.place(span.start))
    };
    findings.iter().map(place).collect()
}

/// Whether two findings are the same but for how much they weigh.
fn is_same(one: &Finding, other: &Finding) -> bool {
    one.id == other.id && one.owner == other.owner && other.message.starts_with(&one.message)
}

fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(found, _)| found.text() == Some(key)).map(|(_, value)| value)
}

/// The place within a side, by the rule's subject and the name that the finding is about.
fn written(side: &Node, zone: &Name, finding: &Finding) -> Option<Span> {
    let whole = |key| get(side, key).map(|node| node.span.clone());
    let below = |key, parent: Option<Name>| {
        let Value::Map(entries) = &get(side, key)?.value else { return None };
        let is_it = |text: &str| {
            let name = match &parent {
                Some(parent) => scalar::below(text, parent),
                None => scalar::name(text, zone),
            };
            name.is_ok_and(|name| name == finding.owner)
        };
        let found = entries.iter().find(|(key, _)| key.text().is_some_and(is_it));
        found.map(|(key, _)| key.span.clone())
    };
    let record = || {
        let Value::List(items) = &get(side, "records")?.value else { return None };
        let is_it = |node: &&Node| {
            let set = node.text().and_then(|text| parse_rrset(text, zone).ok());
            set.is_some_and(|(set, _)| *set.owner() == finding.owner)
        };
        items.iter().find(is_it).map(|node| node.span.clone())
    };
    let subject: String = finding.id.chars().take_while(char::is_ascii_alphabetic).collect();
    let own = match subject.as_str() {
        "MX" => whole("mx"),
        "SPF" => whole("spf"),
        "DM" => whole("dmarc"),
        "DK" => below("dkim", scalar::below("_domainkey", zone).ok()),
        _ => None,
    };
    let host = || below("submission", None).or_else(|| below("retrieval", None));
    own.or_else(record).or_else(host)
}

#[cfg(test)]
mod tests {
    use super::super::zone_file;
    use super::*;
    use std::path::Path;

    const FILE: &str = "version: 1\nzone: example.net\nprovider: p\nold:\n  \
        mx: [10 mail, 20 mail]\n  spf: v=spf1 mx ptr -all\n  dkim: {s: \"v=DKIM1; p=\"}\nnew:\n  \
        mx: [10 mx.example.org.]\n  \
        spf: v=spf1 include:example.org\n  dkim:\n    t: example.org.dkim.\n  \
        records:\n    - \"@ CAA 0 issue ca.example\"\n    - _mta-sts TXT v=STSv1\n";

    #[test]
    fn findings_lead_to_what_was_written() {
        let source = Source::new("zones/example.net.yaml", FILE);
        let (specs, problems) = zone_file(&source, Path::new("."));
        let spec = specs.first().unwrap_or_else(|| panic!("{problems:?}"));
        let found = lint::intent(&spec.intent);
        let check = |id, place| {
            let finding = found.iter().find(|one| one.id == id);
            let finding = finding.unwrap_or_else(|| panic!("no {id} in {found:?}"));
            assert_eq!(places(&source, spec, std::slice::from_ref(finding)), [Some(place)], "{id}");
        };
        check("MX008", (5, 7));
        check("SPF10", (6, 8));
        check("DK14", (7, 10));
        check("SPF09", (10, 8));
        check("DK11", (12, 5));
        check("ST04", (15, 7));
    }

    #[test]
    fn what_only_the_live_zone_has_is_nowhere_in_the_file() {
        let source = Source::new("zones/example.net.yaml", FILE);
        let (specs, _) = zone_file(&source, Path::new("."));
        let mut finding = lint::intent(&specs[0].intent).remove(0);
        finding.owner = Name::parse("other.example.net.").unwrap();
        assert_eq!(places(&source, &specs[0], &[finding]), [None]);
    }
}
