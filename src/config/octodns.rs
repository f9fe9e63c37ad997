//! Reads a zone as octoDNS keeps it: YAML, owners relative to the zone.

mod written;

pub use written::{Octodns, Unwritable, to_octodns};

use super::reader::{Read, Reader, either, pairs, scalar, text};
use super::{Diagnostic, Node, Source, Value, scalar as read};
use crate::dns::rdata::Txt;
use crate::dns::{Name, Rdata, Rtype, TextError, Ttl, Zone};

/// What a record without a TTL has, by octoDNS's own default.
const DEFAULT_TTL: Ttl = Ttl::from_secs(3_600);

/// The fields of a value in their order in zone files; one that begins with a quote is a quoted
/// string there, and behind a bar stands an older name of the same field.
#[rustfmt::skip] // a type is a row
const FORMS: &[(Rtype, &[&str])] = &[
    (Rtype::MX, &["preference|priority", "exchange|value"]),
    (Rtype::SRV, &["priority", "weight", "port", "target"]),
    (Rtype::CAA, &["flags", "tag", "\"value"]),
    (Rtype::TLSA,
        &["certificate_usage", "selector", "matching_type", "certificate_association_data"]),
    (Rtype::SSHFP, &["algorithm", "fingerprint_type", "fingerprint"]),
    (Rtype::DS, &["key_tag", "algorithm", "digest_type", "digest"]),
    (Rtype::NAPTR, &["order", "preference", "\"flags", "\"service", "\"regexp", "replacement"]),
];

/// What stands between two strings of a text; octoDNS takes it out wherever it is.
const JOINT: &str = "\" \"";

/// What one record of such a file says: a TTL and the values of one type.
type Record = (Ttl, Vec<Rdata>);

/// Reads such a file; all that it cannot take over is told.
pub fn octodns(source: &Source, apex: &Name) -> (Zone, Vec<Diagnostic>) {
    let mut zone = Zone::new(apex.clone());
    let node = match Node::parse(&source.text) {
        Ok(node) => node,
        Err(problem) => return (zone, vec![*problem]),
    };
    let reader = Reader::new(source);
    for (name, key, value) in pairs(&reader, &node).unwrap_or_default() {
        let owner = if name.is_empty() { Ok(apex.clone()) } else { read::below(name, apex) };
        let owner = owner.map_or_else(|error| reader.refuse_text(key, &error), Some);
        let records = either(record)(&reader, value);
        for (owner, (ttl, rdata)) in owner
            .iter()
            .flat_map(|owner| records.iter().flatten().map(move |record| (owner, record)))
        {
            rdata.iter().for_each(|one| zone.add(owner.clone(), *ttl, one.clone()));
        }
    }
    (zone, reader.finish())
}

fn record(reader: &Reader<'_>, node: &Node) -> Read<Record> {
    let mut table = reader.table(node)?;
    let ttl = table.get("ttl", scalar(read::ttl)).unwrap_or(DEFAULT_TTL);
    let rtype = table.need("type", scalar(rtype));
    let value = table.take("value");
    let values = table.take("values");
    // What octoDNS itself makes of a record is no part of it.
    table.take("octodns");
    let Some(written) = value.or(values) else {
        return reader.refuse(&node.span, "neither `value` nor `values` stands here");
    };
    // Answers that depend on who asks are more than records, and are refused as unknown keys.
    table.finish();
    let rtype = rtype?;
    let data = either(move |reader: &Reader<'_>, node: &Node| data(reader, node, rtype));
    Some((ttl, data(reader, written)?))
}

fn rtype(text: &str) -> Result<Rtype, TextError> {
    Rtype::parse(text).ok_or_else(|| TextError {
        at: 0,
        len: text.len().max(1),
        message: format!("`{text}` is no record type with a form here; leave the record out"),
    })
}

/// One value: a table of fields, or the data in zone-file form.
fn data(reader: &Reader<'_>, node: &Node, rtype: Rtype) -> Read<Rdata> {
    let form = FORMS.iter().find(|(known, _)| *known == rtype).map(|(_, fields)| *fields);
    let written = match (&node.value, form) {
        (Value::Map(_), Some(fields)) => fielded(reader, node, fields)?,
        (Value::Map(_), None) if [Rtype::SVCB, Rtype::HTTPS].contains(&rtype) => {
            service(reader, node)?
        }
        _ => {
            let text = text(reader, node)?;
            if rtype == Rtype::TXT {
                return Some(Rdata::Txt(Txt::new(unescaped(&text))));
            }
            text
        }
    };
    let parsed = Rdata::parse(rtype, &written, None);
    parsed.map_or_else(|error| reader.refuse(&node.span, error.message), Some)
}

/// Text with its semicolons as they are; octoDNS escapes them, and lets it be cut in quotes.
fn unescaped(text: &str) -> String {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text).replace(JOINT, "").replace("\\;", ";")
}

/// Fields by their names, joined as in a zone file.
fn fielded(reader: &Reader<'_>, node: &Node, fields: &[&'static str]) -> Read<String> {
    let mut table = reader.table(node)?;
    let words = fields.iter().map(|field| {
        let (quote, names) = match field.strip_prefix('"') {
            Some(names) => (true, names),
            None => (false, *field),
        };
        let (name, older) = names.split_once('|').unwrap_or((names, names));
        let found = match table.take(older).filter(|_| older != name) {
            Some(node) => text(reader, node),
            None => table.need(name, text),
        }?;
        Some(if quote { quoted(&found) } else { found })
    });
    let words: Vec<_> = words.collect();
    table.finish();
    Some(words.into_iter().collect::<Option<Vec<_>>>()?.join(" "))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// SVCB and HTTPS, whose parameters are a table of their own.
fn service(reader: &Reader<'_>, node: &Node) -> Read<String> {
    let mut table = reader.table(node)?;
    let priority = table.need("svcpriority", text);
    let target = table.need("targetname", text);
    let params = table.get("svcparams", |reader, node| {
        let params = pairs(reader, node)?.into_iter().map(|(name, _, value)| match value.value {
            Value::Null => Some(name.to_owned()),
            _ => Some(format!("{name}={}", either(text)(reader, value)?.join(","))),
        });
        params.collect::<Option<Vec<_>>>()
    });
    table.finish();
    let params = params.unwrap_or_default();
    Some([priority?, target?].into_iter().chain(params).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Zone, Vec<String>) {
        let source = Source::new("example.net.yaml", text);
        let (zone, found) = octodns(&source, &Name::parse("example.net.").unwrap());
        (zone, found.iter().map(|one| one.line(&source)).collect())
    }

    #[test]
    fn every_form_of_a_record_is_read() {
        let (zone, told) = found(
            r#"---
"":
  - type: MX
    ttl: 300
    values:
      - {preference: 10, exchange: mail.example.net.}
      - {priority: 20, value: mx.example.org.}
  - type: TXT
    values: ["v=spf1 mx -all", 'a\; b', '"one" "two"']
  - {type: CAA, value: {flags: 0, tag: issue, value: letsencrypt.org}}
www: {type: CNAME, ttl: 60, value: example.net., octodns: {cloudflare: {proxied: true}}}
a.b: {type: A, ttl: 60, values: [192.0.2.1, 192.0.2.2]}
_imaps._tcp: {type: SRV, ttl: 60, value: {priority: 0, weight: 1, port: 993, target: a.}}
'*': {type: HTTPS, ttl: 60, value: {svcpriority: 1, targetname: ., svcparams: {alpn: [h2, h3]}}}
_25._tcp.mail:
  type: TLSA
  ttl: 60
  value: {certificate_usage: 3, selector: 1, matching_type: 1, certificate_association_data: ab}
"#,
        );
        assert_eq!(told, Vec::<String>::new());
        let expected = "\
$ORIGIN example.net.
@ 300 IN MX 10 mail.example.net.
@ 300 IN MX 20 mx.example.org.
@ 3600 IN TXT \"a; b\"
@ 3600 IN TXT \"onetwo\"
@ 3600 IN TXT \"v=spf1 mx -all\"
@ 3600 IN CAA 0 issue \"letsencrypt.org\"
* 60 IN HTTPS 1 . alpn=h2,h3
_imaps._tcp 60 IN SRV 0 1 993 a.
_25._tcp.mail 60 IN TLSA 3 1 1 AB
a.b 60 IN A 192.0.2.1
a.b 60 IN A 192.0.2.2
www 60 IN CNAME example.net.
";
        let sorted = |text: &str| {
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&zone.to_text()), sorted(expected));
    }

    #[test]
    fn what_cannot_be_taken_over_is_told() {
        let check = |text: &str, expected: &str| {
            let (_, told) = found(text);
            assert!(told.len() == 1 && told[0].contains(expected), "{told:?}");
        };
        check("www: {type: ALIAS, value: a.}", "1:13: error: `ALIAS` is no record type");
        check("www: {type: A, value: 192.0.2.1, dynamic: {}}", "unknown key `dynamic`");
        check("www: {type: A}", "neither `value` nor `values`");
        check("www: {value: 192.0.2.1}", "`type` is missing");
        check("www.example.net.: {type: A, value: 192.0.2.1}", "must be a name below");
        check("www: {type: A, value: 192.0.2.256}", "not an IPv4 address");
        check("www: {type: CNAME, value: mail}", "`mail.` if it is meant to be absolute");
        check("'': {type: MX, value: {preference: 10}}", "`exchange` is missing");
        check("'': {type: MX, value: {preference: 10, exchange: a., x: 1}}", "unknown key `x`");
        check("- a", "a table is wanted");
    }
}
