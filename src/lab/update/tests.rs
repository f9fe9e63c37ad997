//! The rules of RFC 2136, case by case.

use super::*;
use crate::dns::parse_rrset;

const ZONE: &str = "
@ 3600 IN SOA ns host 1 7200 900 1209600 300
@ 3600 IN NS ns
@ 3600 IN MX 10 a
@ 3600 IN MX 20 b
@ 3600 IN TXT one
mail 3600 IN A 192.0.2.1
mail 3600 IN A 192.0.2.2
web 3600 IN CNAME mail
x.deep 3600 IN A 192.0.2.3
*.wild 3600 IN A 192.0.2.4
";

fn zone() -> Zone {
    Zone::parse(ZONE, &Name::parse("example.").unwrap()).unwrap()
}

/// `ANY mail A`, `NONE mail ANY`, or a record in zone-file form behind `IN` or `NONE`.
fn record(line: &str) -> Record {
    let apex = zone().apex().clone();
    let (class, rest) = line.split_once(' ').unwrap();
    let class = match class {
        "IN" => DNSClass::IN,
        "NONE" => DNSClass::NONE,
        _ => DNSClass::ANY,
    };
    let mut record = match rest.split(' ').collect::<Vec<_>>()[..] {
        [owner, rtype] => {
            let rtype = if rtype == "ANY" { ANY } else { Rtype::parse(rtype).unwrap() };
            let owner = message::name_out(&Name::parse_in(owner, &apex).unwrap()).unwrap();
            Record::update0(owner, 0, message::rtype_out(rtype))
        }
        _ => message::rrset_out(&parse_rrset(rest, &apex).unwrap().0).unwrap().remove(0),
    };
    record.dns_class = class;
    record
}

fn records(lines: &str) -> Vec<Record> {
    lines.lines().map(|line| record(line.trim())).collect()
}

#[test]
fn prerequisites_look_at_the_zone_as_it_is() {
    let check = |lines: &str, rcode: Rcode| {
        let update = update(&mut zone(), &records(lines), &[], Ttl::from_secs(0));
        assert_eq!(update.err().unwrap_or(Rcode::NOERROR), rcode, "{lines}");
    };
    check("ANY mail ANY", Rcode::NOERROR);
    check("ANY gone ANY", Rcode::NXDOMAIN);
    check("ANY deep ANY", Rcode::NXDOMAIN);
    check("NONE mail ANY", Rcode::YXDOMAIN);
    check("NONE deep ANY", Rcode::NOERROR);
    check("NONE a.wild ANY", Rcode::NOERROR);
    check("ANY mail A", Rcode::NOERROR);
    check("ANY mail AAAA", Rcode::NXRRSET);
    check("NONE mail A", Rcode::YXRRSET);
    check("NONE web A", Rcode::NOERROR);
    check("NONE web CNAME", Rcode::YXRRSET);
    check("IN @ 0 MX 10 a\nIN @ 0 MX 20 b", Rcode::NOERROR);
    check("IN @ 0 MX 20 B\nIN @ 0 MX 10 A", Rcode::NOERROR);
    check("IN @ 0 MX 10 a", Rcode::NXRRSET);
    check("IN @ 0 MX 10 a\nIN @ 0 MX 20 b\nIN @ 0 MX 30 c", Rcode::NXRRSET);
    check("IN @ 0 MX 10 a\nIN @ 0 MX 20 other", Rcode::NXRRSET);
    check("IN gone 0 A 192.0.2.1", Rcode::NXRRSET);
    check("IN @ 0 TXT One", Rcode::NXRRSET);
    check("IN @ 0 TXT \"on\" \"e\"", Rcode::NXRRSET);
    check("IN @ 60 TXT one", Rcode::FORMERR);
    check("IN mail A", Rcode::FORMERR);
    check("ANY mail 0 A 192.0.2.1", Rcode::FORMERR);
    check("ANY example.org. A", Rcode::NOTZONE);
}

#[test]
fn updates_are_done_whole_or_not_at_all() {
    let check = |lines: &str, expected: Result<bool, Rcode>, removed: &str, added: &str| {
        let mut updated = zone();
        assert_eq!(
            update(&mut updated, &[], &records(lines), Ttl::from_secs(0)),
            expected,
            "{lines}"
        );
        let lines_of = |zone: &Zone| {
            let text = zone.to_text();
            let is_soa = |line: &&str| line.contains(" SOA ") || line.starts_with('$');
            text.lines().filter(|line| !is_soa(line)).map(str::to_owned).collect::<Vec<_>>()
        };
        let (before, after) = (lines_of(&zone()), lines_of(&updated));
        let less = |a: &[String], b: &[String]| {
            a.iter().filter(|line| !b.contains(line)).cloned().collect::<Vec<_>>().join("\n")
        };
        assert_eq!(less(&before, &after), removed, "{lines}");
        assert_eq!(less(&after, &before), added, "{lines}");
        let serial = 1 + u32::from(expected == Ok(true));
        assert_eq!(updated.soa().unwrap().1.serial, serial, "{lines}");
    };
    let (both_mx, both_a) = (
        "@ 3600 IN MX 10 a.example.\n@ 3600 IN MX 20 b.example.",
        "mail 3600 IN A 192.0.2.1\nmail 3600 IN A 192.0.2.2",
    );
    check("IN new 60 A 192.0.2.9", Ok(true), "", "new 60 IN A 192.0.2.9");
    check("IN mail 3600 A 192.0.2.1", Ok(false), "", "");
    check("ANY mail A", Ok(true), both_a, "");
    check("ANY mail ANY", Ok(true), both_a, "");
    check("ANY gone A", Ok(false), "", "");
    check("NONE mail 0 A 192.0.2.1", Ok(true), "mail 3600 IN A 192.0.2.1", "");
    check("NONE mail 0 A 192.0.2.7", Ok(false), "", "");
    // The TTL of all records is the last one given.
    check(
        "IN @ 60 MX 10 a",
        Ok(true),
        both_mx,
        "@ 60 IN MX 10 a.example.\n@ 60 IN MX 20 b.example.",
    );
    check("ANY mail A\nIN mail 3600 A 192.0.2.2\nIN mail 3600 A 192.0.2.1", Ok(false), "", "");
    // The apex keeps its SOA and its NS.
    check("ANY @ NS", Ok(false), "", "");
    check("ANY @ SOA", Ok(false), "", "");
    check("NONE @ 0 NS ns", Ok(false), "", "");
    check("ANY @ ANY", Ok(true), &format!("{both_mx}\n@ 3600 IN TXT \"one\""), "");
    check(
        "IN @ 60 NS ns2\nNONE @ 0 NS ns",
        Ok(true),
        "@ 3600 IN NS ns.example.",
        "@ 60 IN NS ns2.example.",
    );
    // A CNAME has its name for itself, and a second one replaces the first.
    check("IN mail 60 CNAME web", Ok(false), "", "");
    check("IN web 60 A 192.0.2.1", Ok(false), "", "");
    check(
        "ANY web CNAME\nIN web 60 A 192.0.2.1",
        Ok(true),
        "web 3600 IN CNAME mail.example.",
        "web 60 IN A 192.0.2.1",
    );
    check(
        "IN web 60 CNAME b",
        Ok(true),
        "web 3600 IN CNAME mail.example.",
        "web 60 IN CNAME b.example.",
    );
    // One record that cannot be keeps all others out.
    check("IN new 60 A 192.0.2.9\nIN example.org. 60 A 192.0.2.9", Err(Rcode::NOTZONE), "", "");
    check("IN new 60 A 192.0.2.9\nIN new ANY", Err(Rcode::FORMERR), "", "");
    check("IN new 60 A 192.0.2.9\nNONE new A", Err(Rcode::FORMERR), "", "");
    check("IN new 60 A 192.0.2.9\nANY mail 0 A 192.0.2.1", Err(Rcode::FORMERR), "", "");
}

#[test]
fn a_serial_given_is_taken_when_it_is_newer() {
    let check = |given: u32, serial: u32| {
        let mut zone = zone();
        let soa = format!("IN @ 3600 SOA ns host {given} 7200 900 1209600 300");
        update(
            &mut zone,
            &[],
            &records(&format!("{soa}\nIN new 60 A 192.0.2.9")),
            Ttl::from_secs(0),
        )
        .unwrap();
        assert_eq!(zone.soa().unwrap().1.serial, serial, "{given}");
    };
    check(7, 7);
    check(1, 2);
    check(0, 2);
    check(u32::MAX, 2);
}
