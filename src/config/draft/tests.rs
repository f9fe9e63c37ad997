//! What is drafted reads back as the zone that it was made from.

use super::super::{Source, platform, recognised, zone_file};
use super::*;
use crate::mail::{Home, survey};
use std::path::Path;

const ZONE: &str = r#"
@ 3600 MX 10 mail
@ 3600 TXT "v=spf1 mx include:spf.news.example ip4:192.0.2.10 ip4:198.51.100.7 -all"
mail 3600 A 192.0.2.10
smtp 3600 CNAME mail
imap 3600 A 192.0.2.11
imap 3600 AAAA 2001:db8::11
webmail 3600 CNAME www
_dmarc 3600 TXT "v=DMARC1; p=none; rua=mailto:a@example.net"
s2015._domainkey 3600 TXT "v=DKIM1; p="
_imaps._tcp 3600 SRV 0 1 993 imap
_mta-sts 3600 TXT "v=STSv1; id=1"
mta-sts 3600 CNAME www
"#;

fn zone(text: &str) -> Zone {
    Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap()
}

fn drafted(text: &str, write: impl FnOnce(&Draft<'_>) -> String) -> (Survey, String) {
    let zone = zone(text);
    let from = recognised(&zone);
    let home = from.as_ref().map_or_else(Home::default, Platform::home);
    let survey = survey(&zone, &home);
    let draft = Draft { zone: &zone, survey: &survey, from: from.as_ref(), provider: "primary" };
    let text = write(&draft);
    (survey, text)
}

#[test]
fn a_draft_is_what_a_person_would_write() {
    let (_, text) = drafted(ZONE, |draft| draft.still());
    let expected = r#"version: 1
zone: example.net
provider: primary

old:
  # decide: `mail.example.net.` is a host to which other records lead, so it stays as it is;
  #   if mail programs have it entered too, give users a name of their own first
  platform: self-hosted
  mx:
    - 10 mail
  spf: v=spf1 mx include:spf.news.example ip4:192.0.2.10 ip4:198.51.100.7 -all
  dkim:
    s2015: v=DKIM1; p=
  dmarc: v=DMARC1; p=none; rua=mailto:a@example.net
  submission:
    smtp: mail
  retrieval:
    imap:
      - 192.0.2.11
      - 2001:db8::11
    webmail: www
  records:
    - '_mta-sts IN TXT "v=STSv1; id=1"'
    - _imaps._tcp IN SRV 0 1 993 imap.example.net.
    - mta-sts IN CNAME www.example.net.

new:
  # As `old`, so nothing changes: write here what shall, or import anew with
  # `--to PLATFORM --force`.
  platform: self-hosted
"#;
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn both_sides_read_back_as_what_was_found() {
    let check = |text: &str| {
        let (survey, text) = drafted(text, |draft| draft.still());
        let source = Source::new("zones/x.yaml", &text);
        let (specs, found) = zone_file(&source, Path::new("."));
        assert_eq!(found, [], "{text}");
        let intent = &specs[0].intent;
        let expected = survey.side.claims(&intent.zone);
        assert_eq!(intent.old.claims(&intent.zone), expected, "{text}");
        assert_eq!(intent.new.claims(&intent.zone), expected, "{text}");
    };
    check(ZONE);
    check("");
    check("@ 60 MX 0 .");
    check("@ 60 MX 10 in1-smtp.messagingengine.com.");
    check("@ 60 MX 10 mx.deep.er.example.net.");
    check("@ 60 TXT \"v=spf1\"\n@ 60 MX 10 @");
    check("a.b._domainkey 60 TXT \"v=DKIM1; n=it's \\\"x\\\"; p=\"\nnull._domainkey 60 CNAME @");
    check("x._domainkey 60 TXT \" v=DKIM1;  p=\\195\\169\\010\"");
    check("default._bimi 60 TXT \"l='\" \"a\\255\"\n_smtp._tls 60 TXT a\n_smtp._tls 60 TXT b");
}

#[test]
fn a_move_keeps_what_is_not_the_old_platforms() {
    let to = platform("microsoft-365", zone("").apex()).unwrap();
    let (_, text) = drafted(ZONE, |draft| draft.moving(&to, "20270101"));
    let new = text.split_once("\nnew:\n").unwrap().1;
    let check = |line: &str| assert!(new.contains(line), "`{line}` is not in\n{new}");
    check("  platform: microsoft-365\n");
    check("  #   tenant: # Settings > Domains: the label before .onmicrosoft.com\n");
    check(
        "  spf: v=spf1 include:spf.protection.outlook.com include:spf.news.example \
        ip4:198.51.100.7 -all\n",
    );
    check("  dmarc: v=DMARC1; p=none; rua=mailto:a@example.net\n");
    check("    smtp: smtp.office365.com.\n");
    check("    autodiscover: autodiscover.outlook.com.\n    imap: outlook.office365.com.\n");
    check("    - '_mta-sts IN TXT \"v=STSv1; id=20270101\"'\n    - mta-sts IN CNAME");
    check("`_imaps._tcp.example.net.` serve the old platform");
    check("where `webmail.example.net.` shall lead");
    assert!(!new.contains("192.0.2.1"), "{new}");
}

#[test]
fn what_a_preset_with_blanks_would_overwrite_is_left_alone() {
    let to = platform("mailcow", zone("").apex()).unwrap();
    let (_, text) = drafted(ZONE, |draft| draft.moving(&to, "20270101"));
    assert!(!text.contains("mta-sts IN"), "{text}");
    assert!(text.contains("then publish it as `v=STSv1; id=20270101`"), "{text}");
    assert!(text.contains("    - _imaps._tcp IN SRV"), "{text}");
}
