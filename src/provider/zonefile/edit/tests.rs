//! Edits of zone files: what changes, and what stays byte for byte.

use super::*;
use crate::dns::Ttl;
use crate::plan::diff;
use proptest::prelude::*;

const SOA: &str = "@ 60 IN SOA ns hostmaster 7 2 3 4 5\n";
const MOVED: &str = "@ 60 IN SOA ns hostmaster 8 2 3 4 5\n";

fn apex() -> Name {
    Name::parse("example.net.").unwrap()
}

fn zone(text: &str) -> Zone {
    Zone::parse(text, &apex()).unwrap()
}

/// Reads changes as zone-file lines behind `-` and `+`.
fn changes(lines: &[&str]) -> Vec<Change> {
    let side = |sign| {
        let lines = lines.iter().filter_map(|line| line.strip_prefix(sign));
        zone(&lines.collect::<Vec<_>>().join("\n"))
    };
    diff(&side("- "), &side("+ "))
}

/// Edits a file that begins with an SOA record; the edit done again must do nothing.
fn check(before: &str, lines: &[&str], after: &str) {
    let changes = changes(lines);
    let edited = edit(&format!("{SOA}{before}"), &apex(), &changes).unwrap();
    assert_eq!(edited, format!("{MOVED}{after}"), "{before:?} {lines:?}");
    assert_eq!(edit(&edited, &apex(), &changes).unwrap(), edited);
}

fn refuse(text: &str, lines: &[&str], message: &str) {
    let error = edit(text, &apex(), &changes(lines)).unwrap_err().to_string();
    assert!(error.contains(message), "{text:?} {lines:?}: {error}");
}

#[test]
fn a_record_is_replaced_in_its_place() {
    let to_b = ["- @ 60 MX 10 a.", "+ @ 60 MX 10 b."];
    check("@ 60 MX 10 a.\nx 1 A 192.0.2.1\n", &to_b, "@ 60 IN MX 10 b.\nx 1 A 192.0.2.1\n");
    check("@ 60 MX 10 a.", &to_b, "@ 60 IN MX 10 b.\n");
    check("@ 60 MX ( ; why\n 10\n a. ) ; that\n", &to_b, "@ 60 IN MX 10 b.\n");
    check("EXAMPLE.net. 60 MX 10 A.\n", &to_b, "@ 60 IN MX 10 b.\n");
    check("$TTL 60\n@ MX 10 a.\n", &to_b, "$TTL 60\n@ 60 IN MX 10 b.\n");
    let two = ["- @ 60 MX 10 a.", "- @ 60 MX 20 c.", "+ @ 60 MX 10 b."];
    let gap = "@ 60 MX 20 c.\n; why\n\n@ 60 MX 10 a.\n";
    check(gap, &two, "@ 60 IN MX 10 b.\n; why\n\n");
}

#[test]
fn data_that_stays_keeps_its_text() {
    let one = ["- @ 60 TXT a", "- @ 60 TXT b", "+ @ 60 TXT a", "+ @ 60 TXT c"];
    check("@\t60 TXT a ; x\n@ 60 TXT b\n", &one, "@\t60 TXT a ; x\n@ 60 IN TXT \"c\"\n");
    let ttl = ["- @ 60 MX 10 a", "+ @ 30 MX 10 a"];
    check("@ 60 MX 10 a ; why\n", &ttl, "@ 30 IN MX 10 a ; why\n");
    check("@ 60 MX 10 ( a ; why\n )\n", &ttl, "@ 30 IN MX 10 ( a ; why\n )\n");
    check("@ 60 ( MX 10 a ; why\n )\n", &ttl, "@ 30 IN MX 10 a.example.net.\n");
    check("  60 MX 10 a ; why\n", &ttl, " 30 IN MX 10 a ; why\n");
    let more = ["- @ 60 TXT b", "+ @ 60 TXT a", "+ @ 60 TXT b"];
    check(
        "@ 60 TXT b\nx 1 A 192.0.2.1\n",
        &more,
        "@ 60 TXT b\n@ 60 IN TXT \"a\"\nx 1 A 192.0.2.1\n",
    );
    let same = ["- @ 60 TXT \"a\" \"b\"", "+ @ 30 TXT ab"];
    check("@ 60 TXT ( \"a\"\n \"b\" )\n", &same, "@ 30 IN TXT \"a\" \"b\"\n");
}

#[test]
fn unequal_ttls_become_one() {
    let lines = ["- @ 60 MX 10 a.", "- @ 60 MX 20 b.", "+ @ 30 MX 10 a.", "+ @ 30 MX 20 b."];
    check("@ 60 MX 10 a.\n@ 90 MX 20 b.\n", &lines, "@ 30 IN MX 10 a.\n@ 30 IN MX 20 b.\n");
}

#[test]
fn new_records_come_behind_their_owner_or_last() {
    let new = ["+ x 60 TXT t"];
    check(
        "x 1 A 192.0.2.1\ny 1 A 192.0.2.1\n",
        &new,
        "x 1 A 192.0.2.1\nx 60 IN TXT \"t\"\ny 1 A 192.0.2.1\n",
    );
    check("y 1 A 192.0.2.1", &new, "y 1 A 192.0.2.1\nx 60 IN TXT \"t\"\n");
    check("; the end", &new, "; the end\nx 60 IN TXT \"t\"\n");
    check(
        "x 1 A 192.0.2.1\n  1 AAAA ::1\n",
        &["- x 1 AAAA ::1", "- x 1 A 192.0.2.1", "+ x 1 CNAME y."],
        "x 1 IN CNAME y.\n",
    );
}

#[test]
fn a_blank_owner_never_moves() {
    let gone = ["- x 1 A 192.0.2.1"];
    check("x 1 A 192.0.2.1\n  1 TXT t\n", &gone, "x  1 TXT t\n");
    check(
        "x 1 A 192.0.2.1\n; c\n\n\t1 TXT t\n 1 HINFO \\# 0\n".replace("HINFO", "TYPE99").as_str(),
        &gone,
        "; c\n\nx\t1 TXT t\n 1 TYPE99 \\# 0\n",
    );
    check("y 1 A 192.0.2.1\nx 1 A 192.0.2.1\n 1 TXT t\n", &gone, "y 1 A 192.0.2.1\nx 1 TXT t\n");
    check("x 1 A 192.0.2.1\n$ORIGIN a\n 1 TXT t\n", &gone, "$ORIGIN a\nx.example.net. 1 TXT t\n");
    check("  1 MX 0 a.\n  1 TXT t\n", &["- @ 1 MX 0 a."], "  1 TXT t\n");
    check("x 1 A 192.0.2.1\n 1 TXT t\n", &["- x 1 TXT t"], "x 1 A 192.0.2.1\n");
}

#[test]
fn a_ttl_left_out_never_moves() {
    // Without `$TTL`, it is that of the record above (RFC 1035 §5.1).
    let gone = ["- x 5 A 192.0.2.1"];
    check("x 5 A 192.0.2.1\ny A 192.0.2.2 ; c\n", &gone, "y 5 A 192.0.2.2 ; c\n");
    check("x 5 A 192.0.2.1\n\tTXT ( t ; c\n )\n", &gone, "x 5\tTXT ( t ; c\n )\n");
    check("x 5 A 192.0.2.1\ny ( TXT ; 5\n t )\nz TXT t\n", &gone, "y 5 ( TXT ; 5\n t )\nz TXT t\n");
    check("x 5 A 192.0.2.1\n$TTL 5\ny TXT t\n", &gone, "$TTL 5\ny TXT t\n");
    let new = ["- x 5 A 192.0.2.1", "+ x 7 A 192.0.2.1"];
    check("x 5 A 192.0.2.1\n IN TXT t", &new, "x 7 IN A 192.0.2.1\n 5 IN TXT t");
}

#[test]
fn names_are_written_for_the_origin_in_force() {
    let new = ["+ x 60 TXT t"];
    check(
        "$ORIGIN sub\n@ 1 A 192.0.2.1",
        &new,
        "$ORIGIN sub\n@ 1 A 192.0.2.1\nx.example.net. 60 IN TXT \"t\"\n",
    );
    check(
        "$ORIGIN sub\n$origin example.NET.\n",
        &new,
        "$ORIGIN sub\n$origin example.NET.\nx 60 IN TXT \"t\"\n",
    );
    check(
        "$ORIGIN net.\nexample 1 A 192.0.2.1\n",
        &["- @ 1 A 192.0.2.1", "+ @ 2 A 192.0.2.1"],
        "$ORIGIN net.\nexample.net. 2 IN A 192.0.2.1\n",
    );
}

#[test]
fn windows_files_stay_windows_files() {
    let soa = "@ 60 IN SOA ns hostmaster (\r\n 7 ; serial\r\n 2 3 4 5 )\r\n";
    let before = format!("{soa}@ 60 MX 10 a. ; c\r\n\r\n; end");
    let lines = ["- @ 60 MX 10 a.", "+ @ 30 MX 10 a.", "+ x 1 TXT t"];
    let edited = edit(&before, &apex(), &changes(&lines)).unwrap();
    let soa = soa.replace(" 7 ;", " 8 ;");
    assert_eq!(edited, format!("{soa}@ 30 IN MX 10 a. ; c\r\n\r\n; end\r\nx 1 IN TXT \"t\"\r\n"));
}

#[test]
fn the_serial_moves_in_its_place() {
    let check = |serial: &str, next: &str| {
        let text = |serial| format!("; 7\n@ 60 SOA 7. 7. ( ; 7\n {serial} ; 7\n 7 7 7 7 )\n");
        let edited = edit(&text(serial), &apex(), &changes(&["+ x 1 TXT t"])).unwrap();
        assert_eq!(edited, format!("{}x 1 IN TXT \"t\"\n", text(next)));
    };
    check("7", "8");
    check("2026112299", "2026112300");
    check("4294967295", "1");
}

#[test]
fn what_is_not_as_planned_is_left_alone() {
    let text = &format!("{SOA}@ 60 MX 10 a.\nx 60 CNAME y.\n");
    refuse(text, &["- @ 60 MX 10 b."], "`example.net. MX` is not as planned");
    refuse(text, &["- @ 61 MX 10 a.", "+ @ 30 MX 10 a."], "not as planned");
    refuse(text, &["+ @ 60 MX 10 b."], "not as planned");
    refuse(text, &["+ x 60 TXT t"], "`x.example.net.` would have a CNAME beside");
    refuse(text, &["+ @ 60 CNAME y."], "would have a CNAME beside");
    refuse("@ 60 TXT t\n", &["+ x 60 TXT t"], "needs one SOA");
    let signed = "@ 60 RRSIG TXT 13 2 60 0 0 1 example.net. AA==\n@ 60 TXT t\n";
    refuse(signed, &["+ x 60 TXT t"], "it is signed");
    refuse(
        "@ 60 SOA \\# 22 00 00 0000000700000002000000030000000400000005\n",
        &["+ x 60 TXT t"],
        "needs one SOA",
    );
    refuse("\n@ 60 A x\n", &["+ x 60 TXT t"], "line 2: `x` is not an IPv4");
    let soa = zone("@ 60 SOA ns hostmaster 9 2 3 4 5\n");
    let change = Change::between(
        zone(text).find(&apex(), Rtype::SOA).cloned(),
        soa.rrsets().next().cloned(),
    );
    assert_eq!(edit(text, &apex(), &[change.unwrap()]), Err(EditError::Soa));
    let outside =
        RrSet::new(Name::parse("x.example.").unwrap(), Ttl::from_secs(1), Rdata::Ns(apex()));
    assert_eq!(edit(text, &apex(), &[Change::Create(outside)]), Err(EditError::Mangled));
}

/// One entry of a file in any of the ways that people write them; `n` makes comments differ.
fn entry(n: usize) -> impl Strategy<Value = String> {
    let owner = prop_oneof![
        3 => Just(""), 2 => Just("@"), 3 => Just("a"), 2 => Just("b.c"), 1 => Just("*.d"),
        1 => Just("a.example.net."),
    ];
    let ttl = prop_oneof![Just(""), Just("60 "), Just("1h ")];
    let data = prop_oneof![
        Just("A 192.0.2.1"),
        Just("A 192.0.2.2"),
        Just("MX 10 a"),
        Just("MX (\n10 ; in\n b. )"),
        Just("TXT \"v=spf1 -all; x\""),
        Just("TXT ( \"(\" ;\n \"b\" )"),
        Just("TXT \\\"\\; x"),
        Just("TYPE65280 \\# 2 abcd"),
        Just("SRV 0 1 993 @"),
        Just("CAA 0 issue \";\""),
    ];
    let record = (owner, ttl, data, any::<bool>()).prop_map(move |(owner, ttl, data, comment)| {
        format!(
            "{owner}\t{ttl}IN {data}{}",
            if comment { format!(" ; {n}") } else { String::new() }
        )
    });
    prop_oneof![
        8 => record,
        1 => Just(format!("; comment {n}")),
        1 => Just(String::new()),
        1 => prop_oneof![Just("$ORIGIN sub"), Just("$ORIGIN example.net."), Just("$TTL 300")]
            .prop_map(str::to_owned),
    ]
}

fn file() -> impl Strategy<Value = String> {
    let soa = "@ 1d SOA ns host ( 41 ; serial\n 2 3 4 5 )";
    let lines = (0..14).map(entry).collect::<Vec<_>>();
    (lines, 0..14_usize, any::<[bool; 2]>()).prop_map(move |(lines, length, [windows, ended])| {
        let mut text = format!("{soa}\n{}", lines[..length].join("\n"));
        text.push_str(if ended { "\n" } else { "" });
        if windows { text.replace('\n', "\r\n") } else { text }
    })
}

/// Drops, changes and adds RRsets by the bits of `seed`.
fn desired(zone: &Zone, seed: u64) -> Zone {
    let other =
        self::zone("a 5 A 192.0.2.9\na 5 MX 1 x.\nq 5 TXT q\n@ 5 TXT p\nz.sub 5 A 192.0.2.9\n");
    let bits = |i: usize| (seed >> (i * 2 % 62)) & 3;
    let kept = zone.rrsets().enumerate().filter_map(|(i, rrset)| match bits(i) {
        _ if rrset.rtype() == Rtype::SOA => Some(rrset.clone()),
        0 => None,
        1 => Some(rrset.clone().with_ttl(Ttl::from_secs(7))),
        _ => Some(rrset.clone()),
    });
    let mut desired = Zone::of(zone.apex().clone(), kept);
    for (i, rrset) in other.rrsets().enumerate().filter(|(i, _)| bits(i + 20) > 1) {
        match rrset.rdata() {
            [data] if bits(i + 25) == 0 => {
                desired.add(rrset.owner().clone(), rrset.ttl(), data.clone());
            }
            _ => desired.put(rrset.clone()),
        }
    }
    desired
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_file_is_edited_to_exactly_the_zone(text in file(), seed in any::<u64>()) {
        let before = zone(&text);
        let wanted = desired(&before, seed);
        let changes = diff(&before, &wanted);
        let edited = edit(&text, &apex(), &changes).unwrap();
        let expected = if changes.is_empty() { wanted } else { bumped(&wanted).unwrap() };
        prop_assert_eq!(zone(&edited), expected);
        prop_assert_eq!(edit(&edited, &apex(), &changes).unwrap(), edited.clone());

        let back: Vec<_> = changes.iter().cloned().map(Change::inverse).collect();
        let returned = zone(&edit(&edited, &apex(), &back).unwrap());
        prop_assert_eq!(diff(&returned, &before), vec![]);

        let kept = |text: &str| -> Vec<String> {
            let lines = text.lines().map(str::trim_end);
            lines.filter(|line| line.starts_with([';', '$'])).map(str::to_owned).collect()
        };
        prop_assert_eq!(kept(&edited), kept(&text));
        if text.contains('\r') {
            let unix = edited.matches('\n').count() - edited.matches("\r\n").count();
            prop_assert_eq!(unix, 0);
        }
    }
}
