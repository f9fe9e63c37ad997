//! Zones as people have them, and what is found in them.

use super::*;

const ZONE: &str = r#"
@ 3600 SOA ns1 hostmaster 1 7200 3600 1209600 300
@ 3600 NS ns1
@ 3600 MX 10 mail
@ 3600 TXT "v=spf1 mx ~all"
@ 3600 TXT "MS=ms12345678"
mail 3600 A 192.0.2.10
www 3600 A 192.0.2.80
smtp 3600 CNAME mail
imap 3600 A 192.0.2.11
imap 3600 AAAA 2001:db8::11
_dmarc 3600 TXT "v=DMARC1; p=none"
s2015._domainkey 3600 TXT "v=DKIM1; p="
_imaps._tcp 3600 SRV 0 1 993 imap
_mta-sts 3600 TXT "v=STSv1; id=1"
mta-sts 3600 CNAME www
_smtp._tls 3600 TXT "v=TLSRPTv1; rua=mailto:a@example.net"
default._bimi 3600 TXT "v=BIMI1; l=https://example.net/a.svg"
_25._tcp.mail 3600 TLSA 3 1 1 00
_sip._tcp 3600 SRV 0 1 5060 sip.example.org.
"#;

fn zone(text: &str) -> Zone {
    Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap()
}

fn found(text: &str) -> Survey {
    survey(&zone(text), &Home::default())
}

/// All that a side claims, in zone-file form.
fn claims(side: &Side) -> Vec<String> {
    let apex = Name::parse("example.net.").unwrap();
    let claims = side.claims(&apex).into_iter();
    let lines = claims.flat_map(|claim| {
        let owner = claim.key.owner.relative_to(&apex);
        let rtype = claim.key.rtype;
        claim.rdata.into_iter().map(move |rdata| format!("{owner} {rtype} {rdata}"))
    });
    lines.collect()
}

#[test]
fn mail_records_are_told_from_their_neighbours() {
    let Survey { side, remarks } = found(ZONE);
    let expected = [
        "@ MX 10 mail.example.net.",
        "@ TXT \"v=spf1 mx ~all\"",
        "s2015._domainkey TXT \"v=DKIM1; p=\"",
        "_dmarc TXT \"v=DMARC1; p=none\"",
        "smtp CNAME mail.example.net.",
        "imap A 192.0.2.11",
        "imap AAAA 2001:db8::11",
        "default._bimi TXT \"v=BIMI1; l=https://example.net/a.svg\"",
        "_mta-sts TXT \"v=STSv1; id=1\"",
        "_imaps._tcp SRV 0 1 993 imap.example.net.",
        "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:a@example.net\"",
        "_25._tcp.mail TLSA 3 1 1 00",
        "mta-sts CNAME www.example.net.",
    ];
    let mut claims = claims(&side);
    let mut expected = expected.map(str::to_owned).to_vec();
    claims.sort();
    expected.sort();
    assert_eq!(claims, expected);
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert_eq!(remarks[0].owner.to_string(), "mail.example.net.");
}

#[test]
fn what_is_doubtful_is_left_alone_and_told() {
    let check = |line: &str, owner: &str, told: &str| {
        let apex = Name::parse("example.net.").unwrap();
        let Survey { side, remarks } = found(&format!("@ 60 MX 10 mx1.host.example.\n{line}\n"));
        let owner = Name::parse_in(owner, &apex).unwrap();
        assert!(
            remarks.iter().any(|r| r.owner == owner && r.message.contains(told)),
            "{remarks:?}"
        );
        assert_eq!(claims(&side), ["@ MX 10 mx1.host.example."], "{line}");
    };
    check("@ 60 TXT \"v=spf1 a -all\"\n@ 60 TXT \"v=spf1 -all\"", "@", "has 2 SPF records");
    check("@ 60 TXT \"v=spf1 ipv4:192.0.2.1 -all\"", "@", "`ipv4:192.0.2.1`");
    check("_dmarc 60 TXT \"v=DMARC1; p=block\"", "_dmarc", "`p=block` is not valid");
    check("_dmarc 60 TXT a\n_dmarc 60 TXT b", "_dmarc", "several texts");
    check("news 60 MX 10 mx.example.org.", "news", "MX records of its own");
    check("k1._domainkey 60 CNAME dkim.mcsv.example.", "k1._domainkey", "somebody else's");
    check("mandrill._domainkey 60 TXT \"v=DKIM1; p=\"", "mandrill._domainkey", "seems to be");
    check("s._domainkey 60 TXT a\ns._domainkey 60 TXT b", "s._domainkey", "undefined");
    check("*._domainkey 60 TXT \"v=DKIM1; p=\"", "*._domainkey", "every selector");
    check("_caldavs._tcp 60 SRV 0 1 443 cloud", "_caldavs._tcp", "somebody else's server");
}

#[test]
fn keys_and_services_of_the_platform_are_claimed() {
    let check = |line: &str| {
        let text = format!("@ 60 MX 10 mx1.host.example.\n{line}\n");
        assert_eq!(found(&text).remarks, []);
        assert_eq!(claims(&found(&text).side).len(), 2, "{line}");
    };
    check("k1._domainkey 60 CNAME k1.dkim.host.example.");
    check("k1._domainkey 60 CNAME s1._domainkey");
    check("_caldavs._tcp 60 SRV 0 1 443 dav.host.example.");
    check("a.b._domainkey 60 TXT \"v=DKIM1; p=\"");
    check("_dmarc 60 CNAME _dmarc.reports.example.");
    check("mail 60 CNAME web.host.example.");
}

#[test]
fn a_key_as_text_is_no_key_of_a_platform_that_has_aliases() {
    let home = Home { domains: Vec::new(), keys_are_aliases: true };
    let found = survey(&zone("x._domainkey 60 TXT \"v=DKIM1; p=\""), &home);
    assert_eq!((claims(&found.side).len(), found.remarks.len()), (0, 1));
}

#[test]
fn a_host_that_other_names_lead_to_is_no_name_of_users() {
    let check = |zone: &str, submission: usize, retrieval: usize| {
        let side = found(zone).side;
        assert_eq!(
            (side.submission.len(), side.retrieval.len()),
            (submission, retrieval),
            "{zone}"
        );
    };
    check("smtp 60 A 192.0.2.1\nimap 60 A 192.0.2.1", 1, 1);
    check("smtp 60 A 192.0.2.1\nimap 60 CNAME smtp", 0, 1);
    check("smtp 60 CNAME imap\nimap 60 A 192.0.2.1", 1, 0);
    check("pop 60 CNAME imap\nimap 60 A 192.0.2.1", 0, 2);
    check("@ 60 MX 10 mail\nmail 60 A 192.0.2.1\nwebmail 60 CNAME mail", 0, 1);
}

#[test]
fn answers_of_a_wildcard_are_no_records() {
    let wild = "cutover-asks-for-a-wildcard 60 A 192.0.2.80\n\
        cutover-asks-for-a-wildcard._domainkey 60 TXT wild\n";
    let check = |line: &str, is_kept: bool| {
        let (kept, told) = without_wildcards(&zone(&format!("{wild}{line}\n")));
        let expected = if is_kept { zone(line) } else { zone("") };
        assert_eq!(kept, expected, "{line}");
        assert_eq!(told.is_empty(), is_kept, "{line}");
    };
    check("imap 60 A 192.0.2.80", false);
    check("imap 60 A 192.0.2.81", true);
    check("imap 60 AAAA 2001:db8::1", true);
    check("google._domainkey 60 TXT wild", false);
    check("google._domainkey 60 TXT \"v=DKIM1; p=\"", true);
    check("@ 60 A 192.0.2.80", true);
}

#[test]
fn everything_that_can_be_claimed_is_asked_for() {
    let keys = questions(zone("").apex(), &["s2015".to_owned()]);
    for claim in found(ZONE).side.claims(zone("").apex()) {
        assert!(keys.contains(&claim.key), "{}", claim.key);
    }
}
