//! The old platform keeps its key in a zone of its own, and the key goes with the account.

use crate::domain::{DAY, HOUR, MINUTE, Ttls, after, name, short, transition};
use crate::internet::UNLUCKY;
use crate::judge::NO_OLD_KEY;
use crate::moving::{Move, setting};
use crate::transition::Transition;
use crate::world::text;
use cutover::dns::{Name, Rdata, RrKey, Rtype, Ttl};
use cutover::mail::KeyCopy;
use cutover::plan::{Policy, Stage};
use cutover::port::Clock as _;

const KEY: &str = "k=rsa; p=OLD";
const TTL: u64 = 2 * HOUR;

/// The move of a domain whose old selector is an alias, with this key to take its place.
fn story(copy: Option<&str>) -> Transition {
    let mut story = transition(&Ttls::all(TTL), &short());
    let owner = name("s2015._domainkey");
    let alias = Rdata::Cname(Name::parse("s2015.dkim.example.org.").unwrap());
    story.live.remove(&RrKey::new(owner.clone(), Rtype::TXT));
    story.live.add(owner.clone(), Ttl::from_secs(TTL as u32), alias.clone());
    story.intent.old.dkim.insert(owner.clone(), alias);
    let copy = copy.map(|key| (owner, KeyCopy::Key(text(key))));
    story.intent.old.copies.extend(copy);
    story
}

/// Moves until `retire` is published, by a plan with this copy; the true key is `KEY`.
async fn retired(copy: Option<&str>) -> Move {
    let told = story(copy);
    let plan = Move::plan(&told, &told.live, &told.policy);
    let mut moving = Move::by(plan, &story(Some(KEY)), &setting(10 * MINUTE));
    moving.go(Some(Stage::Retire)).await.unwrap();
    moving
}

/// The account ends so long after; all the rest is as ever.
async fn check(copy: Option<&str>, wait: u64, is_verified: bool) {
    let mut moving = retired(copy).await;
    moving.sleep(wait).await;
    moving.net.state().end_account();
    moving.finish().await.unwrap();
    moving.sleep(2 * DAY).await;
    assert_eq!(moving.net.text(), after(&Ttls::all(TTL)).to_text());
    let complaints = moving.net.complaints_of(UNLUCKY);
    match is_verified {
        true => assert_eq!(moving.net.violations(), Vec::<String>::new()),
        false => assert_eq!(complaints.into_keys().collect::<Vec<_>>(), [NO_OLD_KEY]),
    }
}

#[tokio::test]
async fn mail_under_way_is_verified_after_the_account_has_ended() {
    check(Some(KEY), TTL, true).await;
}

#[tokio::test]
async fn without_a_copy_or_with_another_key_it_is_not() {
    check(None, TTL, false).await;
    check(Some("k=rsa; p=OTHER"), TTL, false).await;
}

#[tokio::test]
async fn the_account_may_not_end_before_caches_have_forgotten_the_alias() {
    check(Some(KEY), 0, false).await;
}

#[tokio::test]
async fn without_a_journal_the_copy_stays_as_long() {
    let moving = retired(Some(KEY)).await;
    moving.sleep(TTL).await;
    moving.net.state().end_account();
    let policy = Policy { unknown_before: Some(moving.net.now()), ..short() };
    let transition = moving.transition.clone();
    let plan = Move::plan(&transition, &moving.net.zone(), &policy);
    let stages: Vec<_> = plan.phases.iter().map(|phase| phase.stage).collect();
    assert_eq!(stages, [Stage::RetireKeys]);
    let mut moving = Move::of(moving.net, &transition, plan);
    moving.finish().await.unwrap();
    moving.sleep(2 * DAY).await;
    assert_eq!(moving.net.violations(), Vec::<String>::new());
    assert_eq!(moving.net.text(), after(&Ttls::all(TTL)).to_text());
}
