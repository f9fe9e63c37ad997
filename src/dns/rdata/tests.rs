//! Every type, through one door: text and octets round-trip, bad text is refused with its place.

use super::{Rdata, Rtype};
use crate::dns::Name;
use proptest::prelude::*;

/// A type, its text as written, and the same in canonical form where that differs.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("A", "192.0.2.1", ""),
    ("NS", "ns1.Example.NET.", ""),
    ("CNAME", "ghs.google.com.", ""),
    ("SOA", "ns h.example. 1 1h 30m 2W 300", "ns.o. h.example. 1 3600 1800 1209600 300"),
    ("PTR", "mail.example.net.", ""),
    ("MX", "10 mail", "10 mail.o."),
    ("MX", "0 .", ""),
    ("TXT", r#""v=spf1 -all""#, ""),
    ("TXT", r"v=DMARC1\;p=none", r#""v=DMARC1;p=none""#),
    ("TXT", r#""a" "b""#, ""),
    ("TXT", r#""" "quote \" and \\ and \200""#, ""),
    ("TXT", "é", r#""\195\169""#),
    ("AAAA", "2001:DB8::1", "2001:db8::1"),
    ("SRV", "0 1 993 imap", "0 1 993 imap.o."),
    (
        "NAPTR",
        r#"100 10 U E2U+sip "!^.*$!sip:a@b!" ."#,
        r#"100 10 "U" "E2U+sip" "!^.*$!sip:a@b!" ."#,
    ),
    ("DNAME", "example.org.", ""),
    (
        "DS",
        "60485 5 1 2bb183af5f22588179a53b0a 98631fad1a292118",
        "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118",
    ),
    ("SSHFP", "4 2 0123ABCD", ""),
    (
        "RRSIG",
        "A 13 2 3600 20270116220000 ( 1800000000 60485 example. AAEC Aw== )",
        "A 13 2 3600 20270116220000 20270115080000 60485 example. AAECAw==",
    ),
    ("NSEC", "a A mx RRSIG NSEC TYPE1234", "a.o. A MX RRSIG NSEC TYPE1234"),
    ("NSEC", "a.", ""),
    ("DNSKEY", "257 3 13 AAEC Aw==", "257 3 13 AAECAw=="),
    (
        "NSEC3",
        "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
        "1 0 0 - 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A",
    ),
    ("NSEC3", "1 1 12 AABB 00", ""),
    ("NSEC3PARAM", "1 0 12 aabb", "1 0 12 AABB"),
    ("CDS", "0 0 0 00", ""),
    ("CDNSKEY", "0 3 0 AA==", ""),
    ("TLSA", "3 1 1 ( ab\ncd )", "3 1 1 ABCD"),
    ("SVCB", "1 . alpn=h2,h3 port=853 ipv4hint=192.0.2.1,192.0.2.2", ""),
    (
        "SVCB",
        r#"1 foo.example. port="53" mandatory=port,alpn alpn="h2" no-default-alpn key667="hi\210""#,
        r#"1 foo.example. mandatory=alpn,port alpn=h2 no-default-alpn port=53 key667="hi\210""#,
    ),
    ("HTTPS", "0 cdn.example.", ""),
    ("HTTPS", "1 . ech=AAEC", ""),
    ("CAA", "0 issue letsencrypt.org", r#"0 issue "letsencrypt.org""#),
    ("CAA", r#"128 iodef "mailto:a@b""#, ""),
    ("TYPE65280", r"\# 3 00ff 10", r"\# 3 00ff10"),
    ("TYPE65280", r"\# 0", ""),
    ("A", r"\# 4 C0000201", "192.0.2.1"),
];

fn origin() -> Name {
    Name::parse("o.").unwrap()
}

#[test]
fn what_is_printed_reads_back_the_same() {
    for (rtype, text, canonical) in SAMPLES {
        let rtype = Rtype::parse(rtype).unwrap();
        let data = Rdata::parse(rtype, text, Some(&origin())).unwrap();
        let printed = data.to_string();
        let expected = if canonical.is_empty() { text } else { canonical };
        assert_eq!(printed, *expected, "{rtype} {text}");
        let again = Rdata::parse(rtype, &printed, None).unwrap();
        assert_eq!(again.to_string(), printed);
        assert_eq!(again, data);
    }
}

#[test]
fn octets_read_back_the_same() {
    for (rtype, text, _) in SAMPLES {
        let rtype = Rtype::parse(rtype).unwrap();
        let data = Rdata::parse(rtype, text, Some(&origin())).unwrap();
        let octets = data.octets();
        let again = Rdata::decode(rtype, &octets).unwrap();
        assert_eq!(again.octets(), octets, "{rtype} {text}");
        assert_eq!(again.to_string(), data.to_string());
        if !matches!(data, Rdata::Txt(_) | Rdata::Other(..)) {
            let cut = octets.len() - 1;
            let short = Rdata::decode(rtype, &octets[..cut]);
            assert!(short.as_ref() != Ok(&data), "{rtype} {text} without its last octet");
        }
    }
}

#[test]
fn every_known_type_has_a_sample() {
    for rtype in Rtype::KNOWN {
        let mnemonic = rtype.to_string();
        assert!(SAMPLES.iter().any(|sample| sample.0 == mnemonic), "{mnemonic}");
    }
}

#[test]
fn bad_text_is_refused_with_its_place() {
    let check = |rtype, text: &str, at, message: &str| {
        let error = Rdata::parse(Rtype::parse(rtype).unwrap(), text, None).unwrap_err();
        assert_eq!(error.at, at, "{rtype} {text}: {error}");
        assert!(error.message.contains(message), "{rtype} {text}: {error}");
    };
    check("A", "192.0.2.256", 0, "not an IPv4 address");
    check("A", "192.0.2.1 x", 10, "nothing more");
    check("MX", "ten mail.", 0, "`ten` is not a preference");
    check("MX", "10", 2, "a mail host is missing");
    check("MX", "10 mail.example.net", 3, "relative; write `mail.example.net.`");
    check("TXT", "", 0, "text is missing");
    check("CAA", "0 is-sue x", 2, "letters and digits");
    check("TLSA", "3 1 1 xyz", 6, "cannot be read");
    check("SVCB", "1 . alpn=h2 alpn=h3", 12, "given twice");
    check("SVCB", "1 . nonsense=1", 4, "not a parameter key");
    check("SVCB", "1 . port=x", 9, "`x` is not a port");
    check("RRSIG", "A 13 2 60 20271316220000 0 1 . AA==", 10, "not a time");
    check("NSEC", "a. A MXX", 5, "`MXX` is not a record type");
    check("NSEC3PARAM", "1 0 0 x", 6, "hexadecimal, or is `-`");
    check("NSEC3", "1 0 0 - w A", 8, "base32hex");
    check("TYPE65280", "x", 0, "RFC 3597");
    check("TYPE65280", r"\# 2 00", 0, "the length says 2 octets, the data has 1");
    check("A", r"\# 3 000000", 0, "IPv4 address");
}

#[test]
fn txt_compares_by_joined_octets() {
    let txt = |text| Rdata::parse(Rtype::TXT, text, None).unwrap();
    assert_eq!(txt(r#""ab" "c""#), txt(r#""a" "bc""#));
    assert_eq!(txt(r#""ab" "c""#).cmp(&txt("abc")), std::cmp::Ordering::Equal);
    assert_ne!(txt(r#""ab" "c""#), txt(r#""ab c""#));
    assert_ne!(txt("abc"), txt("ABC"));
}

#[test]
fn types_print_by_name_or_number() {
    let check = |text, printed| assert_eq!(Rtype::parse(text).unwrap().to_string(), printed);
    check("mx", "MX");
    check("TYPE15", "MX");
    check("type4242", "TYPE4242");
    assert_eq!(Rtype::parse("TYPE"), None);
    assert_eq!(Rtype::parse("TYPE65536"), None);
    assert_eq!(Rtype::parse("MXX"), None);
}

proptest! {
    /// Whatever octets a server sends: read or refused, and what is read survives its own text.
    #[test]
    fn any_octets_are_read_or_refused(
        rtype in prop::sample::select(Rtype::KNOWN),
        octets in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        if let Ok(data) = Rdata::decode(rtype, &octets) {
            prop_assert_eq!(data.octets(), octets);
            let printed = data.to_string();
            let again = Rdata::parse(rtype, &printed, None);
            prop_assert_eq!(again.map(|again| again.octets()), Ok(data.octets()), "{}", printed);
        }
    }

    /// Whatever a person types: read or refused, never a panic.
    #[test]
    fn any_text_is_read_or_refused(
        rtype in prop::sample::select(Rtype::KNOWN),
        text in r#"[ -~é\n"\\();]{0,40}"#,
    ) {
        if let Ok(data) = Rdata::parse(rtype, &text, Some(&origin())) {
            let again = Rdata::parse(rtype, &data.to_string(), None);
            prop_assert_eq!(again, Ok(data));
        }
    }
}
