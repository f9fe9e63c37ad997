//! Writes a zone as octoDNS reads it: keys in its order, each type in its form.

use super::{FORMS, JOINT};
use crate::dns::rdata::Txt;
use crate::dns::{Field, Fields, Name, Rdata, RrKey, RrSet, Rtype, Zone};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Types whose data is written as one text.
const WORDS: [Rtype; 5] = [Rtype::A, Rtype::AAAA, Rtype::NS, Rtype::PTR, Rtype::TXT];
/// The same where a name has one at most: a list of them would not be read.
const ALONE: [Rtype; 2] = [Rtype::CNAME, Rtype::DNAME];
/// Parameters of services that are lists.
const LISTS: [&str; 4] = ["mandatory", "alpn", "ipv4hint", "ipv6hint"];

/// A zone as octoDNS's YAML.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Octodns {
    /// The file.
    pub text: String,
    /// What is not in it, for octoDNS knows no such type.
    pub left_out: Vec<RrKey>,
}

/// Text that no YAML can say as octoDNS reads it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` holds octets that are no UTF-8; octoDNS has no way to write them")]
pub struct Unwritable(RrKey);

/// Writes such a file; the SOA is the DNS host's own.
pub fn to_octodns(zone: &Zone) -> Result<Octodns, Unwritable> {
    let mut owners: BTreeMap<(_, String), Vec<&RrSet>> = BTreeMap::new();
    let mut left_out = Vec::new();
    for rrset in zone.rrsets().filter(|rrset| rrset.rtype() != Rtype::SOA) {
        if !has_form(rrset.rtype()) {
            left_out.push(rrset.key().clone());
            continue;
        }
        let owner = shown(rrset.owner(), zone.apex());
        owners.entry((natural(&owner), owner)).or_default().push(rrset);
    }
    let mut text = String::from("---\n");
    for ((_, owner), rrsets) in owners {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{}:", yaml(&owner.into()));
        for rrset in rrsets {
            text += &record(rrset).ok_or_else(|| Unwritable(rrset.key().clone()))?;
        }
    }
    Ok(Octodns { text, left_out })
}

fn has_form(rtype: Rtype) -> bool {
    let is_of_fields = FORMS.iter().any(|(known, _)| *known == rtype);
    let is_word = WORDS.contains(&rtype) || ALONE.contains(&rtype);
    is_of_fields || is_word || is_service(rtype)
}

fn is_service(rtype: Rtype) -> bool {
    [Rtype::SVCB, Rtype::HTTPS].contains(&rtype)
}

fn shown(owner: &Name, apex: &Name) -> String {
    match owner.relative_to(apex) {
        own if own == "@" => String::new(),
        other => other,
    }
}

/// What octoDNS sorts owners by, and refuses a file for: numbers in them count as such.
fn natural(owner: &str) -> Vec<(String, Option<u128>)> {
    let mut parts: Vec<(String, Option<u128>)> = vec![(String::new(), None)];
    for c in owner.chars() {
        let (text, number) = match parts.last_mut() {
            Some((text, number)) if number.is_none() || c.is_ascii_digit() => (text, number),
            _ => {
                parts.push((c.to_string(), None));
                continue;
            }
        };
        match c.to_digit(10) {
            Some(digit) => {
                let tens = number.unwrap_or_default().saturating_mul(10);
                *number = Some(tens.saturating_add(digit.into()));
            }
            None => text.push(c),
        }
    }
    parts
}

/// One RRset; `None` if a value has no form.
fn record(rrset: &RrSet) -> Option<String> {
    let rtype = rrset.rtype();
    let values: Option<Vec<_>> = rrset.rdata().iter().map(value).collect();
    let values = values?;
    let is_refused = rtype == Rtype::TXT && values.iter().any(is_refused);
    // What octoDNS holds to be a mistake, it takes when told to.
    let lenient = if is_refused { "octodns: {lenient: true}\n    " } else { "" };
    let mut text = format!("  - {lenient}ttl: {}\n    type: {rtype}\n", rrset.ttl());
    match values.as_slice() {
        [one] if ALONE.contains(&rtype) => text += &format!("    value: {}\n", yaml(one)),
        all => {
            let lines = all.iter().map(|one| format!("      - {}\n", yaml(one)));
            text += &format!("    values:\n{}", lines.collect::<String>());
        }
    }
    Some(text)
}

fn value(rdata: &Rdata) -> Option<Value> {
    let written = rdata.to_string();
    let rtype = rdata.rtype();
    match (rdata, FORMS.iter().find(|(known, _)| *known == rtype)) {
        (Rdata::Txt(txt), _) => text(txt).map(Value::from),
        (_, Some((_, names))) => fields(&written, names),
        _ if is_service(rtype) => service(&written),
        _ => Some(written.into()),
    }
}

/// Text whose semicolons are escaped, and nothing else is. Of a value that begins with a quote the
/// first and the last character go, and of every value what stands between two strings.
fn text(txt: &Txt) -> Option<String> {
    let text = String::from_utf8(txt.joined()).ok()?;
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some(c) = rest.chars().next() {
        match c {
            ';' => out += "\\;",
            '"' if rest.starts_with(JOINT) => out = out + "\"" + JOINT,
            other => out.push(other),
        }
        rest = &rest[c.len_utf8()..];
    }
    Some(if out.starts_with('"') { format!("\"{out}\"") } else { out })
}

/// Whether octoDNS takes it for a mistake: a letter beyond ASCII, a semicolon behind a backslash.
fn is_refused(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_ascii() || text.contains("\\\\;"))
}

/// A table of fields: numbers but for the last one, which may be hexadecimal.
fn fields(written: &str, names: &[&str]) -> Option<Value> {
    let fields = split(written)?;
    let last = names.len() - 1;
    let table = names.iter().zip(fields).enumerate().map(|(at, (name, field))| {
        let name = name.trim_start_matches('"').split('|').next()?;
        let text = String::from_utf8(field.octets().ok()?).ok()?;
        let number = text.parse::<u32>().ok().filter(|_| at < last && !field.quoted);
        Some((name.to_owned(), number.map_or_else(|| Value::from(text), Value::from)))
    });
    table.collect::<Option<Map<_, _>>>().map(Value::Object)
}

fn split(written: &str) -> Option<Vec<Field<'_>>> {
    Fields::split(written, None).ok()?.rest("a field", Ok).ok()
}

fn service(written: &str) -> Option<Value> {
    let fields = split(written)?;
    let [priority, target, params @ ..] = fields.as_slice() else { return None };
    let mut table = Map::new();
    let mut params = params.iter().peekable();
    while let Some(param) = params.next() {
        let quoted = params.next_if(|next| next.quoted).map(|value| format!("\"{}\"", value.raw));
        let (name, value) = match param.raw.split_once('=') {
            Some((name, value)) => (name, quoted.unwrap_or_else(|| value.to_owned()).into()),
            None => (param.raw, Value::Null),
        };
        let list = value.as_str().filter(|_| LISTS.contains(&name));
        let list = list.map(|list| list.split(',').collect::<Vec<_>>().into());
        table.insert(name.to_owned(), list.unwrap_or(value));
    }
    let priority: u16 = priority.raw.parse().ok()?;
    Some(json!({"svcparams": table, "svcpriority": priority, "targetname": target.raw}))
}

/// JSON is YAML, as far as its characters are those that YAML calls printable.
fn yaml(value: &Value) -> String {
    let escaped = |c: char| match u32::from(c) {
        0x20..=0x7e => c.to_string(),
        code @ ..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    };
    value.to_string().chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Source, octodns};

    fn zone(text: &str) -> Zone {
        Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap()
    }

    #[test]
    fn values_are_taken_apart() {
        let lines = "@ 60 MX 10 a.\n_dmarc 60 TXT \"v=DMARC1; p=none\"\nwww 60 CNAME b.";
        let expected = r#"---
"":
  - ttl: 60
    type: MX
    values:
      - {"exchange":"a.","preference":10}
"_dmarc":
  - ttl: 60
    type: TXT
    values:
      - "v=DMARC1\\; p=none"
"www":
  - ttl: 60
    type: CNAME
    value: "b."
"#;
        let expected = Octodns { text: expected.to_owned(), left_out: vec![] };
        assert_eq!(to_octodns(&zone(lines)), Ok(expected));
    }

    /// What octoDNS 1.22 reads as these texts.
    #[test]
    fn texts_are_written_for_octodns() {
        let check = |data: &str, value: &str, is_lenient: bool| {
            let found = to_octodns(&zone(&format!("a 60 TXT {data}"))).unwrap().text;
            assert!(found.ends_with(&format!("      - {value}\n")), "{data}: {found}");
            assert_eq!(found.contains("octodns: {lenient: true}"), is_lenient, "{data}");
        };
        check(r#""a;b" "c""#, r#""a\\;bc""#, false);
        check(r#""it's \"so\"""#, r#""it's \"so\"""#, false);
        check(r#""\"so\"""#, r#""\"\"so\"\"""#, false);
        check(r#""a\" \" \"b""#, r#""a\"\" \" \"\" \" \"b""#, false);
        check(r#""\\""#, r#""\\""#, false);
        check(r#""\\;""#, r#""\\\\;""#, true);
        check(r#""\127\000""#, r#""\u007f\u0000""#, false);
        check(r#""\195\188""#, r#""\u00fc""#, true);
    }

    #[test]
    fn what_octodns_cannot_say_is_told() {
        let told = to_octodns(&zone("caf 60 TXT \"\\233\"")).unwrap_err().to_string();
        assert!(
            told.starts_with("`caf.example.net. TXT` holds octets that are no UTF-8"),
            "{told}"
        );
        let written = to_octodns(&zone("a 60 TYPE65280 \\# 2 00ff\nb 60 A 192.0.2.1")).unwrap();
        assert_eq!(written.left_out.len(), 1);
        assert!(!written.text.contains("TYPE65280") && written.text.contains("\"b\":"));
    }

    #[test]
    fn owners_are_in_the_order_that_octodns_wants() {
        let owners = ["", "9a", "10a", "*", "_a", "a", "a1", "a2", "a10", "a10.b", "a10b", "a11"];
        let lines: String = owners
            .map(|o| if o.is_empty() { "@" } else { o })
            .iter()
            .rev()
            .map(|owner| format!("{owner} 60 A 192.0.2.1\n"))
            .collect();
        let text = to_octodns(&zone(&lines)).unwrap().text;
        let found: Vec<_> = text.lines().filter_map(|line| line.strip_prefix('"')).collect();
        assert_eq!(found, owners.map(|owner| format!("{owner}\":")));
    }

    #[test]
    fn what_is_written_is_read_as_the_same_zone() {
        let zone = zone(
            r#"
@ 60 MX 10 a.
@ 60 TXT "v=spf1 mx -all"
@ 60 TXT "a;b" "it's \ \"quoted\""
@ 60 CAA 0 issue "ca.example; x=1"
_dmarc 60 TXT "v=DMARC1; p=none"
_imaps._tcp 60 SRV 0 1 993 imap
_25._tcp.mail 60 TLSA 3 1 1 0123
* 60 CNAME www
a.b 60 AAAA 2001:db8::1
a.b 60 SSHFP 4 2 0123
a.b 60 DS 60485 8 2 0123
a.b 60 NAPTR 100 50 "s" "SIP+D2U" "!^.*$!a\\b!" _sip._udp
svc 60 HTTPS 1 . alpn=h2,h3 no-default-alpn port=8443 ipv4hint=192.0.2.1 key667="a b"
alias 60 DNAME a.b
"#,
        );
        let source = Source::new("x.yaml", &to_octodns(&zone).unwrap().text);
        let (again, told) = octodns(&source, zone.apex());
        assert_eq!(told, []);
        assert_eq!(again, zone);
    }
}
