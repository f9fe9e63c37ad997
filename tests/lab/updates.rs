//! Changes to a zone, and changes that must not happen.

use crate::world::{
    Fate, Off, World, ZONE, any_port, apex, driver, key_of, name, proxy, rrset, tsig, zone,
};
use cutover::dns::{Rdata, RrSet, Rtype, Ttl, Zone};
use cutover::lab::Authority;
use cutover::plan::Change;
use cutover::port::{Provider, ProviderError};
use std::sync::Arc;

const MOVED: &str = r#"
@ 3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@ 3600 IN NS ns1
@ 300 IN MX 10 mx1.mail.example.
@ 300 IN MX 20 mx2.mail.example.
@ 3600 IN TXT "v=spf1 mx include:mail.example -all"
ns1 3600 IN A 127.0.0.1
mail 60 IN A 192.0.2.10
smtp 300 IN CNAME Smtp.mail.example.
sel._domainkey 300 IN TXT "v=DKIM1; k=rsa; " "p=MIIB"
_25._tcp.mail 300 IN TLSA 3 1 1 00ff
"#;

#[tokio::test]
async fn a_zone_is_turned_into_another_and_back() {
    let world = World::new(ZONE).await;
    let changes = world.turn_into(MOVED).await;
    assert_eq!(world.serial(), 2);
    assert_eq!(world.driver.zone(&apex()).await.unwrap(), world.now());
    let back: Vec<_> = changes.into_iter().rev().map(Change::inverse).collect();
    world.driver.apply(&apex(), &back).await.unwrap();
    assert_eq!(world.serial(), 3);
    assert_eq!(cutover::plan::diff(&world.now(), &zone(ZONE)), []);
}

#[tokio::test]
async fn applied_twice_it_is_one_change() {
    let world = World::new(ZONE).await;
    let changes = world.turn_into(MOVED).await;
    world.driver.apply(&apex(), &changes).await.unwrap();
    assert_eq!(world.serial(), 2);
}

#[tokio::test]
async fn what_is_not_as_planned_is_drift_and_nothing_is_written() {
    let mx = |text| Change::Replace { before: rrset(text), after: rrset("@ 300 MX 10 new") };
    let check = async |change: Change| {
        let world = World::new(ZONE).await;
        let key = change.key().clone();
        let good = Change::Create(rrset("good 60 A 192.0.2.1"));
        let error = world.driver.apply(&apex(), &[good, change]).await.unwrap_err();
        assert!(matches!(&error, ProviderError::Drift(drifted) if *drifted == key), "{error}");
        assert_eq!(world.now(), zone(ZONE));
    };
    check(mx("@ 3600 MX 10 other")).await;
    check(mx("@ 3600 MX 10 mail\n@ 3600 MX 20 mail2")).await;
    check(mx("@ 7200 MX 10 mail")).await;
    check(Change::Create(rrset("mail 60 A 192.0.2.1"))).await;
    check(Change::Delete(rrset("mail 3600 A 192.0.2.1"))).await;
    check(Change::Replace {
        before: rrset("gone 60 A 192.0.2.1"),
        after: rrset("gone 60 A 192.0.2.2"),
    })
    .await;
}

#[tokio::test]
async fn what_somebody_else_did_already_is_not_done_again() {
    let world = World::new(ZONE).await;
    let mut zone = world.now();
    zone.put(rrset("@ 300 MX 10 new"));
    world.authority.put(zone);
    let changes = [
        Change::Replace { before: rrset("@ 3600 MX 10 mail"), after: rrset("@ 300 MX 10 new") },
        Change::Create(rrset("new 60 A 192.0.2.1")),
    ];
    world.driver.apply(&apex(), &changes).await.unwrap();
    assert!(world.now().get(changes[1].key()).is_some());
}

#[tokio::test]
async fn case_and_the_split_of_texts_are_no_drift() {
    let world = World::new(ZONE).await;
    let changes = [
        Change::Replace { before: rrset("@ 3600 MX 10 MAIL"), after: rrset("@ 300 MX 10 mail") },
        Change::Replace {
            before: rrset("@ 3600 TXT \"v=spf1\" \" mx -all\""),
            after: rrset("@ 60 TXT \"v=spf1 -all\""),
        },
    ];
    world.driver.apply(&apex(), &changes).await.unwrap();
    assert_eq!(world.now().get(changes[1].key()), changes[1].after());
}

#[tokio::test]
async fn the_apex_ns_set_changes_record_by_record() {
    let world = World::new(ZONE).await;
    let change = Change::Replace {
        before: rrset("@ 3600 NS ns1"),
        after: rrset("@ 300 NS ns2.example.org.\n@ 300 NS ns3.example.org."),
    };
    world.driver.apply(&apex(), std::slice::from_ref(&change)).await.unwrap();
    assert_eq!(world.now().get(change.key()), change.after());
}

#[tokio::test]
async fn a_server_that_does_something_else_is_told_on() {
    let world = World::new(ZONE).await;
    // The server leaves out a CNAME beside other data, and says NOERROR.
    let change = Change::Create(rrset("mail 60 CNAME elsewhere.example."));
    let error = world.driver.apply(&apex(), &[change]).await.unwrap_err().to_string();
    assert!(error.contains("`mail.example.net. CNAME`, but holds no such record"), "{error}");
}

#[tokio::test]
async fn thousands_of_changes_take_several_messages() {
    let world = World::new(ZONE).await;
    let text = "x".repeat(250);
    let changes: Vec<_> =
        (0..1_200).map(|i| Change::Create(rrset(&format!("t{i} 60 TXT {text}")))).collect();
    world.driver.apply(&apex(), &changes).await.unwrap();
    assert_eq!(world.now().rrsets().count(), zone(ZONE).rrsets().count() + 1_200);
    // At 48 KiB a message, which is far from 65,535 octets.
    assert!((5..20).contains(&(world.serial() - 1)), "{}", world.serial());
}

#[tokio::test]
async fn an_rrset_that_fits_no_message_is_refused_whole() {
    let world = World::new(ZONE).await;
    let text = "x".repeat(250);
    let lines: Vec<_> = (0..300).map(|i| format!("big 60 TXT {i}{text}")).collect();
    let lines = lines.join("\n").replace("TXT ", "TXT \"\" ");
    let change = Change::Create(rrset(&lines));
    let error = world.driver.apply(&apex(), &[change]).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused(_)), "{error}");
    assert_eq!(world.now(), zone(ZONE));
}

#[tokio::test]
async fn bad_credentials_are_told_apart() {
    let world = World::new(ZONE).await;
    let check = async |key, off, problem: &str| {
        let driver = driver(world.running.address(), key, off);
        let change = Change::Create(rrset("new 60 A 192.0.2.1"));
        for result in [driver.apply(&apex(), &[change]).await, driver.zone(&apex()).await.map(drop)]
        {
            let error = result.unwrap_err();
            assert!(matches!(error, ProviderError::Unauthorized(_)), "{error}");
            assert!(error.to_string().contains(problem), "{error}");
            assert!(!error.to_string().contains("secret-text"), "{error}");
        }
        assert_eq!(world.now(), zone(ZONE));
    };
    check(Some(tsig("cutover-key.", "secret-text")), 0, "with another secret").await;
    check(Some(tsig("who.", "secret")), 0, "no key `who.`").await;
    check(Some(tsig("cutover-key.", "secret")), 3_600, "3600 seconds behind").await;
    check(Some(tsig("cutover-key.", "secret")), -3_600, "3600 seconds ahead").await;
    check(None, 0, "without a TSIG key").await;
}

#[tokio::test]
async fn a_zone_that_is_not_there_is_told_apart() {
    let world = World::new(ZONE).await;
    let other = name("other.example.");
    let error = world.driver.zone(&other).await.unwrap_err();
    assert!(matches!(&error, ProviderError::NoZone(zone) if *zone == other), "{error}");
    let rdata = Rdata::parse(Rtype::A, "192.0.2.1", None).unwrap();
    let change = Change::Create(RrSet::new(other.clone(), Ttl::from_secs(60), rdata));
    let error = world.driver.apply(&other, &[change]).await.unwrap_err();
    assert!(matches!(&error, ProviderError::NoZone(zone) if *zone == other), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_there_is_busy() {
    let running = Authority::new("gone", Arc::new(Off(0))).serve(any_port()).await.unwrap();
    let address = running.address();
    drop(running);
    tokio::task::yield_now().await;
    let error = driver(address, None, 0).zone(&apex()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Busy(_)), "{error}");
}

#[tokio::test]
async fn a_server_has_a_zone_of_its_own_for_each_apex() {
    let second = Zone::parse(ZONE, &name("example.org.")).unwrap();
    let world = World::with(zone(ZONE), |authority| authority.with_zone(second.clone())).await;
    assert_eq!(world.driver.zone(&name("example.org.")).await.unwrap(), second);
    let change = Change::Delete(rrset("mail 3600 A 192.0.2.10"));
    world.driver.apply(&apex(), &[change]).await.unwrap();
    assert_eq!(world.now().get(&key_of("mail.example.net.", Rtype::A)), None);
    assert_eq!(world.driver.zone(&name("example.org.")).await.unwrap(), second);
}

/// The operation code of an answer, which tells one to an update (5) from one to a question.
fn is_update(message: &[u8]) -> bool {
    message[2] & 0x78 == 5 << 3
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_is_done_once() {
    let check = async |decide: fn(usize, Vec<u8>) -> Fate| {
        let world = World::new(ZONE).await;
        let proxy = proxy(world.running.address(), decide).await;
        let driver = driver(proxy, Some(tsig("cutover-key.", "secret")), 0);
        let changes = cutover::plan::diff(&world.now(), &zone(MOVED));
        driver.apply(&apex(), &changes).await.unwrap();
        assert_eq!(cutover::plan::diff(&world.now(), &zone(MOVED)), []);
        assert_eq!(world.serial(), 2);
    };
    // The answer to the update never comes: the connection breaks just then.
    check(|i, message| match is_update(&message) && i < 20 {
        true => Fate::HangUp,
        false => Fate::Pass(message),
    })
    .await;
    // It comes as SERVFAIL, and without a signature.
    check(|i, mut message| {
        if is_update(&message) && i < 20 {
            message.truncate(12);
            message[3..].copy_from_slice(&[2, 0, 0, 0, 0, 0, 0, 0, 0]);
        }
        Fate::Pass(message)
    })
    .await;
}

#[tokio::test]
async fn a_ttl_that_the_server_raises_is_told() {
    let floor = |authority: Authority| authority.ttl_floor(Ttl::from_secs(300));
    let world = World::with(zone(ZONE), floor).await;
    let change = Change::Create(rrset("new 60 A 192.0.2.1"));
    let error = world.driver.apply(&apex(), &[change]).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused(_)), "{error}");
    assert!(error.to_string().contains("made the TTL 300 of 60"), "{error}");
}
