//! What is printed reads back the same: for every kind of mail record, made of parts or read from
//! text that comes near its grammar.
//!
//! `PROPTEST_CASES=100000` tries more.

use cutover::dns::Name;
use cutover::mail::dkim::{KeyKind, KeyRecord};
use cutover::mail::dmarc::{Failure, Limit, Mode, Policy, Psd, Report, Tag, Unit};
use cutover::mail::spf::{Mechanism, Qualifier, Spf, Target, Term};
use cutover::mail::uri::Uri;
use cutover::mail::{dmarc, sts, tlsrpt};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::fmt::{Debug, Display};

/// Whether records of these parts come back, and whatever is read from such pieces of text.
fn check<T, E>(
    parts: impl Strategy<Value = T>,
    pieces: &'static [&'static str],
    parse: fn(&str) -> Result<T, E>,
) where
    T: Debug + Display + PartialEq,
    E: Debug + PartialEq,
{
    let runner = || {
        let mut config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
        if std::env::var_os("PROPTEST_CASES").is_none() {
            config.cases = 1_000;
        }
        TestRunner::new(config)
    };
    let comes_back = |record: T| {
        let printed = record.to_string();
        prop_assert_eq!(parse(&printed), Ok(record), "{}", printed);
        Ok(())
    };
    let told = runner().run(&parts, comes_back);
    assert!(told.is_ok(), "{}", told.unwrap_err());

    let (read, refused) = (Cell::new(0), Cell::new(0));
    let text = (any::<bool>(), vec(select(pieces), 0..12));
    let told = runner().run(&text, |(has_head, rest)| {
        // The first piece is how a record begins.
        let text = format!("{}{}", if has_head { pieces[0] } else { "" }, rest.concat());
        let count = match parse(&text) {
            Ok(record) => {
                comes_back(record)?;
                &read
            }
            Err(_) => &refused,
        };
        count.set(count.get() + 1);
        Ok(())
    });
    assert!(told.is_ok(), "{}", told.unwrap_err());
    // Else the pieces would be too good or too bad to try anything.
    assert!(read.get() > 0 && refused.get() > 0, "{read:?} read, {refused:?} refused");
}

/// Text as it may stand behind an equals sign.
fn value() -> impl Strategy<Value = String> {
    "[!-:<-~]{1,8}( [!-:<-~]{1,8}){0,2}"
}

/// Tags that nobody knows, of different names.
fn extensions() -> impl Strategy<Value = Vec<(String, String)>> {
    vec(value(), 0..3).prop_map(|values| {
        let named = values.into_iter().enumerate();
        named.map(|(at, value)| (format!("x{}", 9 - at), value)).collect()
    })
}

fn uri() -> impl Strategy<Value = Uri> {
    "(mailto:[a-z%0-9.+-]{1,9}@|https://)[a-z]{1,9}(\\.[a-z]{2,9}){1,2}"
        .prop_map(|text| Uri::parse(&text).unwrap())
}

fn words() -> impl Strategy<Value = Option<Vec<String>>> {
    option::of(vec("[a-z0-9*-]{0,6}", 1..4))
}

#[test]
fn spf() {
    let domain = || {
        let plain = "[a-z0-9_-]{1,9}(\\.[a-z0-9_/-]{1,9}){0,2}\\.[a-z]{2,9}\\.?";
        prop_oneof![
            plain,
            select(&["%{i}._spf.%{d2r-}", "%%%_x.example", "%{L}.a/24.example"])
                .prop_map(str::to_owned)
        ]
    };
    let target = || {
        let lengths = (option::of(0..=32_u8), option::of(0..=128_u8));
        (option::of(domain()), lengths).prop_map(|(domain, (v4, v6))| Target { domain, v4, v6 })
    };
    let mechanism = prop_oneof![
        Just(Mechanism::All),
        domain().prop_map(Mechanism::Include),
        target().prop_map(Mechanism::A),
        target().prop_map(Mechanism::Mx),
        option::of(domain()).prop_map(Mechanism::Ptr),
        (any::<[u8; 4]>(), 0..=32_u8).prop_map(|(ip, length)| Mechanism::Ip4(ip.into(), length)),
        (any::<[u8; 16]>(), 0..=128_u8).prop_map(|(ip, length)| Mechanism::Ip6(ip.into(), length)),
        domain().prop_map(Mechanism::Exists),
    ];
    let qualifier =
        select(&[Qualifier::Pass, Qualifier::Neutral, Qualifier::SoftFail, Qualifier::Fail]);
    let directive = (qualifier, mechanism).prop_map(|(sign, of)| Term::Directive(sign, of));
    let modifier = |name: &'static str| {
        let modifier = move |value| Term::Modifier { name: name.to_owned(), value };
        option::of(domain().prop_map(modifier))
    };
    let other = ("[a-z][a-z0-9._-]{3,5}", "[!-$&-~]{0,8}")
        .prop_map(|(name, value)| Term::Modifier { name, value });
    let terms = vec(prop_oneof![4 => directive, 1 => other], 0..6);
    let spf = (terms, modifier("redirect"), modifier("Exp")).prop_map(|(mut terms, to, why)| {
        terms.extend(to.into_iter().chain(why));
        Spf { terms }
    });
    let pieces = &[
        "v=spf1",
        " +A/24//64",
        " ip6:2001:DB8::/32",
        " ~ALL",
        " exp=%{d2}.example",
        " ",
        " ",
        " ",
        "a",
        "mx",
        "all",
        "include",
        "ip4",
        "ip6",
        ":",
        ":",
        "/",
        "//",
        "24",
        "0",
        "192.0.2.1",
        "2001:db8::",
        "a.example",
        "%{d}",
        "%",
        "=",
        "redirect",
        "-",
        "~",
        "+",
        "\u{e4}",
        "",
    ];
    check(spf, pieces, Spf::parse);
}

/// One DER element (X.690 §8.1); none of those here reaches 64 KiB.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let length = match (high, low) {
        (0, 0..=0x7f) => vec![low],
        (0, _) => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [&[tag], &length[..], content].concat()
}

#[test]
fn dkim() {
    let rsa = vec(1..=255_u8, 1..300).prop_map(|modulus| {
        let numbers = [element(2, &modulus), element(2, &[1, 0, 1])].concat();
        (KeyKind::Rsa, element(0x30, &numbers))
    });
    let key = prop_oneof![
        rsa,
        any::<[u8; 32]>().prop_map(|key| (KeyKind::Ed25519, key.to_vec())),
        select(&[KeyKind::Rsa, KeyKind::Ed25519]).prop_map(|kind| (kind, Vec::new())),
    ];
    let about = (words(), words(), words(), option::of(value()), extensions());
    let record = (key, about).prop_map(|((kind, key), about)| {
        let (hashes, services, flags, notes, extensions) = about;
        KeyRecord { kind, key, hashes, services, flags, notes, extensions }
    });
    let pieces = &[
        "v=DKIM1;p=;",
        "t=y: s ;",
        "n=a=b;",
        " x = 1 ;",
        "h=sha256:;",
        ";",
        ";",
        "=",
        "=",
        " ",
        "p=",
        "k=ed25519",
        "k=rsa",
        "t",
        "y",
        ":",
        "s",
        "h=sha1",
        "n",
        "x",
        "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
        "\t",
        "\u{e4}",
        "",
    ];
    check(record, pieces, KeyRecord::parse);
}

#[test]
fn dmarc() {
    let policy = || select(&[Policy::None, Policy::Quarantine, Policy::Reject]);
    let mode = || select(&[Mode::Relaxed, Mode::Strict]);
    let unit = select(&[Unit::Octet, Unit::Kilo, Unit::Mega, Unit::Giga, Unit::Tera]);
    let limit = option::of((any::<u64>(), unit).prop_map(|(count, unit)| Limit { count, unit }));
    let report = (uri(), limit).prop_map(|(uri, limit)| Report { uri, limit });
    let reports = vec(report, 1..4).boxed();
    let failures = prop_oneof![
        Just(vec![Failure::All, Failure::Dkim, Failure::Spf]),
        Just(vec![Failure::Spf, Failure::Any]),
        Just(vec![Failure::Dkim]),
    ];
    let tag = prop_oneof![
        policy().prop_map(Tag::P),
        policy().prop_map(Tag::Sp),
        policy().prop_map(Tag::Np),
        mode().prop_map(Tag::Adkim),
        mode().prop_map(Tag::Aspf),
        failures.prop_map(Tag::Fo),
        reports.clone().prop_map(Tag::Rua),
        reports.prop_map(Tag::Ruf),
        any::<bool>().prop_map(Tag::T),
        select(&[Psd::Yes, Psd::No, Psd::Unsaid]).prop_map(Tag::Psd),
        (0..=100_u8).prop_map(Tag::Pct),
        value().prop_map(Tag::Rf),
        any::<u32>().prop_map(Tag::Ri),
        ("x[a-z]{0,3}", value()).prop_map(Tag::Other),
    ];
    let record = vec(tag, 0..9)
        .prop_map(|tags| tags.into_iter().fold(dmarc::Record::default(), dmarc::Record::with));
    let pieces = &[
        "v=DMARC1;",
        "p=None ;",
        "rua=mailto:a@example.net!010M,https://example.net;",
        "pct=007;",
        "fo=d:1;",
        "T=y;",
        ";",
        ";",
        "=",
        "p",
        "sp",
        "none",
        "Reject",
        "rua",
        "fo",
        "1",
        ":",
        "d",
        "t",
        "psd",
        "y",
        "pct",
        "100",
        "mailto:a@example.net",
        ",",
        "!",
        "10M",
        " ",
        "x",
        "\u{e4}",
        "",
    ];
    check(record.clone(), pieces, dmarc::Record::parse);
    // What receivers pass over comes back, too.
    check(record, pieces, |text| dmarc::Record::read(text).map(|(record, _)| record));
}

#[test]
fn mta_sts() {
    let id = "[A-Za-z0-9]{1,32}".prop_map(|id| sts::Id::parse(&id).unwrap());
    let record = (id, extensions()).prop_map(|(id, extensions)| sts::Record { id, extensions });
    let pieces = &[
        "v=STSv1;id=1;",
        "x=1;",
        " y = a=b ; ",
        ";",
        ";",
        "id",
        "=",
        "=",
        "20270101",
        "a",
        "x",
        "-",
        " ",
        "\u{e4}",
        "",
    ];
    check(record, pieces, sts::Record::parse);

    let host = "([*]\\.)?[a-z0-9_-]{1,9}(\\.[a-z]{2,9}){1,2}\\.";
    let hosts = |least| vec(host.prop_map(|host| Name::parse(&host).unwrap()), least..4);
    let with_hosts = (select(&[sts::Mode::Enforce, sts::Mode::Testing]), hosts(1));
    let mode = prop_oneof![with_hosts, (Just(sts::Mode::None), hosts(0))];
    let policy =
        (mode, 0..=sts::MAX_AGE, extensions()).prop_map(|((mode, mx), max_age, extensions)| {
            sts::Policy { mode, max_age, mx, extensions }
        });
    let pieces = &[
        "version: STSv1\nmode: none\nmax_age: 1\n",
        "mx:*.a.example \r\n",
        "x.y:a:b\n",
        "mx: MX.a.example\n",
        "mx: ",
        "*.",
        "a.example",
        "\n",
        "\r\n",
        "\n",
        "x",
        ":",
        " ",
        "mode",
        "enforce",
        "version",
        "\u{e4}",
        "\t",
        "",
    ];
    check(policy, pieces, sts::Policy::parse);
}

#[test]
fn tls_reports() {
    let record = (vec(uri(), 1..4), extensions())
        .prop_map(|(rua, extensions)| tlsrpt::Record { rua, extensions });
    let pieces = &[
        "v=TLSRPTv1; rua=mailto:a@example.net",
        ", HTTPS://example.net/a?b",
        ";x=1;",
        "; y = a=b",
        ";",
        ",",
        "https://example.net",
        "/x",
        "?",
        "!",
        "=",
        "x",
        " ",
        "\u{e4}",
        "",
    ];
    check(record, pieces, tlsrpt::Record::parse);
}
