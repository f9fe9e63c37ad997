//! Changes as zone-file lines.

use super::{ADDED, CHANGED, QUIET, REMOVED, Styled};
use crate::dns::{Name, Rdata, RrSet, Zone};
use crate::plan::Change;
use anstyle::Style;
use similar::TextDiff;
use std::fmt::Write as _;

/// Changes, one record a line behind `+`, `~` or `-`; what stands in a comment is for the reader.
pub fn changes<'a>(changes: impl IntoIterator<Item = &'a Change>, indent: &str) -> String {
    let mut out = String::new();
    for change in changes {
        match change {
            Change::Create(after) => lines(&mut out, indent, '+', ADDED, after),
            Change::Delete(before) => lines(&mut out, indent, '-', REMOVED, before),
            Change::Replace { before, after } => replace(&mut out, indent, before, after),
        }
    }
    out
}

fn lines(out: &mut String, indent: &str, sign: char, style: Style, rrset: &RrSet) {
    for rdata in rrset.rdata() {
        line(out, indent, sign, style, &record(rrset, rdata), "");
    }
}

fn replace(out: &mut String, indent: &str, before: &RrSet, after: &RrSet) {
    let same = before.same_rdata(after);
    let ttl = match before.ttl() == after.ttl() {
        true => String::new(),
        false => format!("TTL was {}", before.ttl()),
    };
    for rdata in after.rdata() {
        let kept = before.rdata().contains(rdata);
        let (sign, style) = if kept && !same { (' ', QUIET) } else { ('~', CHANGED) };
        let remark = match (kept && !same, ttl.is_empty()) {
            (true, true) => "stays",
            (true, false) => &format!("stays, {ttl}"),
            (false, _) => &ttl,
        };
        line(out, indent, sign, style, &record(after, rdata), remark);
    }
    for rdata in before.rdata().iter().filter(|rdata| !after.rdata().contains(rdata)) {
        let text = format!("; was {}", record(before, rdata));
        let _ = writeln!(out, "{indent}  {}", Styled(QUIET, text));
    }
}

fn record(rrset: &RrSet, rdata: &Rdata) -> String {
    format!("{} {} IN {} {rdata}", rrset.owner(), rrset.ttl(), rrset.rtype())
}

fn line(out: &mut String, indent: &str, sign: char, style: Style, record: &str, remark: &str) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "{indent}{} {record}", Styled(style, sign));
    if !remark.is_empty() {
        let _ = write!(out, " {}", Styled(QUIET, format!("; {remark}")));
    }
    out.push('\n');
}

/// What a person must type at a DNS host: the records, and the same as a zone file's difference.
pub fn by_hand(zone: &Name, wanted: &[Change]) -> String {
    let mut out = format!("At the DNS host of {}, make these changes:\n", super::plain(zone));
    out += &changes(wanted, "  ");
    let side = |pick: fn(&Change) -> Option<&RrSet>| {
        let rrsets = wanted.iter().filter_map(pick).cloned();
        Zone::of(zone.clone(), rrsets).to_text()
    };
    let (before, after) = (side(Change::before), side(Change::after));
    let diff = TextDiff::from_lines(&before, &after);
    out += "The same as a difference of zone files:\n";
    out += &diff.unified_diff().context_radius(0).header("before", "after").to_string();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::diff;

    fn zone(text: &str) -> Zone {
        Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap()
    }

    fn check(from: &str, to: &str, expected: &str) {
        let text = changes(&diff(&zone(from), &zone(to)), "");
        assert_eq!(anstream::adapter::strip_str(&text).to_string(), expected);
    }

    #[test]
    fn each_kind_of_change_is_told_apart() {
        check("", "@ 300 MX 1 a.", "+ example.net. 300 IN MX 1 a.\n");
        check("@ 300 MX 1 a.", "", "- example.net. 300 IN MX 1 a.\n");
        check("@ 3600 MX 1 a.", "@ 300 MX 1 a.", "~ example.net. 300 IN MX 1 a. ; TTL was 3600\n");
        check(
            "@ 60 TXT a\n@ 60 TXT x",
            "@ 60 TXT b\n@ 60 TXT x",
            "~ example.net. 60 IN TXT \"b\"\n  example.net. 60 IN TXT \"x\" ; stays\n  \
             ; was example.net. 60 IN TXT \"a\"\n",
        );
        check(
            "@ 90 TXT a\n@ 90 TXT x",
            "@ 60 TXT b\n@ 60 TXT x",
            "~ example.net. 60 IN TXT \"b\" ; TTL was 90\n  \
             example.net. 60 IN TXT \"x\" ; stays, TTL was 90\n  \
             ; was example.net. 90 IN TXT \"a\"\n",
        );
    }
}
