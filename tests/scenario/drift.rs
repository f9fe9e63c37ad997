//! Somebody else changes the zone while it moves.

use crate::domain::{HOUR, MINUTE, Ttls, after, apex, before, short, transition, zone};
use crate::moving::{Move, setting};
use cutover::dns::{Rtype, Zone};
use cutover::engine::Error;
use cutover::plan::Stage;
use cutover::run::Event;

/// A move that has reached a stage, after which the zone is edited by hand.
async fn edited(through: Stage, edit: impl Fn(&mut Zone)) -> Move {
    let ttls = Ttls::all(HOUR);
    let mut moving = Move::new(&transition(&ttls, &short()), &setting(10 * MINUTE));
    moving.go(Some(through)).await.unwrap();
    let mut zone = moving.net.zone();
    edit(&mut zone);
    moving.net.state().write(&zone);
    moving
}

#[tokio::test]
async fn an_mx_that_somebody_changed_stops_the_move() {
    let stranger = zone("@ 600 MX 5 mail");
    let stranger = stranger.find(&apex(), Rtype::MX).unwrap();
    let mut moving = edited(Stage::Submission, |zone| zone.put(stranger.clone())).await;
    let (found, writes) = (moving.net.zone(), moving.net.state().writes);
    let Err(Error::Drift(drifts)) = moving.finish().await else { panic!("no drift") };
    let told: Vec<_> = drifts.iter().map(ToString::to_string).collect();
    let expected = "`example.net. MX` is not as planned: \
        expected `10 mail.example.net.` with TTL 600, found `5 mail.example.net.` with TTL 600";
    assert_eq!(told, [expected]);
    assert_eq!((moving.net.zone(), moving.net.state().writes), (found, writes), "nothing is sent");
    let last = moving.diary.entries().pop().unwrap().event;
    assert!(matches!(last, Event::Published { stage: Stage::Submission, .. }), "{last:?}");
}

#[tokio::test]
async fn a_neighbour_that_moves_in_stays() {
    let text = zone("@ 600 TXT \"facebook-domain-verification=stranger\"");
    let stranger = text.find(&apex(), Rtype::TXT).unwrap().rdata()[0].clone();
    for stage in [Stage::Prepare, Stage::Delivery, Stage::RestoreTtl] {
        let add = |zone: &mut Zone| {
            let known = zone.find(&apex(), Rtype::TXT).unwrap().clone();
            zone.put(known.with(stranger.clone()).unwrap());
        };
        let mut moving = edited(stage, add).await;
        moving.finish().await.unwrap();
        let mut wanted = after(&Ttls::all(HOUR));
        add(&mut wanted);
        assert_eq!(moving.net.text(), wanted.to_text(), "{stage}");
        assert_eq!(moving.net.violations(), Vec::<String>::new(), "{stage}");
    }
}

#[tokio::test]
async fn what_an_earlier_phase_brought_must_still_be_there() {
    // Somebody puts the old SPF back; the new platform may not send before that is mended.
    let old = before(&Ttls::all(600)).find(&apex(), Rtype::TXT).unwrap().clone();
    let mut moving = edited(Stage::Prepare, |zone| zone.put(old.clone())).await;
    let Err(Error::Drift(drifts)) = moving.finish().await else { panic!("no drift") };
    let keys: Vec<_> = drifts.iter().map(|drift| drift.key.to_string()).collect();
    assert_eq!(keys, ["example.net. TXT"]);
    assert_eq!(moving.run.applied(), 1);
    assert_eq!(moving.net.violations(), Vec::<String>::new());
}
