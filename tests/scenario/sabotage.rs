//! Negative controls on the four transitions: take away what makes one safe, and somebody notices
//! at a minute that has a name. What DNS alone can tell, `hazards` finds beforehand.

use crate::domain::DAY;
use crate::four::{LATE, servers};
use crate::internet::{Setting, UNLUCKY};
use crate::judge::{NEW_SPF, NO_HOST, REFUSED};
use crate::moving::Move;
use crate::population::population;
use crate::transition::Transition;
use crate::world::spf_text;
use cutover::dns::{Name, RrKey, RrSet, Rtype, Zone};
use cutover::plan::{Facts, Gate, Invariant, Plan, Stage, Walk, hazards, walk};
use cutover::run::Timestamp;
use std::collections::BTreeSet;

/// What somebody does to a move.
#[derive(Default)]
struct Sabotage {
    walk: Option<fn(&mut Walk)>,
    plan: Option<fn(&mut Plan)>,
    is_lazy: bool,
}

impl Sabotage {
    fn walk(walk: fn(&mut Walk)) -> Self {
        Self { walk: Some(walk), ..Self::default() }
    }
}

/// The first complaint, by those whose caches obey, and what `hazards` says of the plan.
async fn check(
    transition: &Transition,
    sabotage: Sabotage,
    (what, when): (&str, &str),
    foreseen: &[Invariant],
) {
    let Transition { live, intent, policy, .. } = transition;
    let mut walk = walk(live, intent, policy, &Facts::default());
    sabotage.walk.into_iter().for_each(|tamper| tamper(&mut walk));
    let mut plan = Plan::forward(&walk, policy, String::new());
    sabotage.plan.into_iter().for_each(|tamper| tamper(&mut plan));
    let found: BTreeSet<_> =
        hazards(live, &plan, intent).into_iter().map(|hazard| hazard.invariant).collect();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), foreseen);

    let setting = Setting { servers: servers(transition), resolvers: population(1), late: LATE };
    let mut moving = Move::by(plan, transition, &setting);
    moving.is_lazy = sabotage.is_lazy;
    moving.confirm_all();
    moving.finish().await.unwrap();
    let all = moving.net.complaints_of(UNLUCKY);
    let first = all.into_iter().min_by_key(|(_, span)| span.first);
    let first = first.map(|(what, span)| {
        let at = Timestamp::from_timestamp(span.first, 0).unwrap();
        (what, at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    });
    assert_eq!(first, Some((what, when.to_owned())));
    let sampled = moving.net.violations().iter().any(|who| !who.starts_with(UNLUCKY));
    assert!(sampled, "no single resolver noticed");
}

fn example(folder: &str) -> Transition {
    Transition::examples(folder).into_iter().next().unwrap()
}

/// The zones between the first stage of these and the last.
fn zones(walk: &mut Walk, first: Stage, last: Stage) -> impl Iterator<Item = &mut Zone> {
    let upto = walk.steps.iter().position(|(stage, _)| *stage == last).unwrap();
    let steps = walk.steps[..=upto].iter_mut().skip_while(move |(stage, _)| *stage != first);
    steps.map(|(_, zone)| zone)
}

#[tokio::test]
async fn without_drains_the_new_platform_sends_before_it_is_known() {
    let plan: fn(&mut Plan) = |plan| {
        let waits =
            |gate: &Gate| matches!(gate, Gate::Drained(_) | Gate::Usable(_) | Gate::Arrived { .. });
        plan.phases.iter_mut().for_each(|phase| phase.gates.retain(|gate| !waits(gate)));
    };
    let sabotage = Sabotage { plan: Some(plan), ..Sabotage::default() };
    let first = (NEW_SPF, "2027-01-09T00:17:20Z");
    use Invariant::{Clients, Delivery, Keys, Retirement, Senders};
    let foreseen = [Delivery, Senders, Retirement, Clients, Keys];
    check(&example("exchange-to-bystar").at_once(), sabotage, first, &foreseen).await;
}

#[tokio::test]
async fn without_a_common_spf_the_new_platform_fails_from_its_first_minute_on() {
    let sabotage = Sabotage::walk(|walk| {
        let apex = walk.start.apex().clone();
        let key = RrKey::new(apex, Rtype::TXT);
        let is_spf = |rdata: &_| spf_text(rdata).is_some();
        let old = walk.start.get(&key).unwrap().rdata().iter().find(|one| is_spf(one)).cloned();
        for zone in zones(walk, Stage::Prepare, Stage::RestoreTtl) {
            let now = zone.remove(&key).unwrap();
            let others = now.rdata().iter().filter(|rdata| !is_spf(rdata)).cloned();
            zone.put(RrSet::of(key.clone(), now.ttl(), others.chain(old.clone())).unwrap());
        }
    });
    let first = (NEW_SPF, "2027-03-03T18:04:00Z");
    check(&example("linode-to-google"), sabotage, first, &[Invariant::Senders]).await;
}

#[tokio::test]
async fn when_the_old_host_goes_with_the_mx_senders_that_know_only_it_find_nothing() {
    let sabotage = Sabotage::walk(|walk| {
        let host = Name::parse_in("mail", walk.start.apex()).unwrap();
        for zone in zones(walk, Stage::Delivery, Stage::RetireKeys) {
            zone.remove(&RrKey::new(host.clone(), Rtype::A));
        }
    });
    let first = (NO_HOST, "2027-01-17T00:14:20Z");
    let foreseen = [Invariant::Delivery, Invariant::Clients];
    check(&example("exchange-to-bystar"), sabotage, first, &foreseen).await;
}

#[tokio::test]
async fn a_policy_with_the_old_hosts_only_refuses_the_new_ones() {
    let lazy = Sabotage { is_lazy: true, ..Sabotage::default() };
    let first = (REFUSED, "2027-06-05T22:14:20Z");
    check(&example("bystar-to-office365"), lazy, first, &[]).await;
}

#[tokio::test]
async fn a_policy_without_a_new_id_is_not_fetched_again() {
    let sabotage = Sabotage::walk(|walk| {
        let owner = Name::parse_in("_mta-sts", walk.start.apex()).unwrap();
        let key = RrKey::new(owner, Rtype::TXT);
        let old = walk.start.get(&key).unwrap().rdata().to_vec();
        for zone in zones(walk, Stage::Prepare, Stage::RestoreTtl) {
            let ttl = zone.get(&key).unwrap().ttl();
            zone.put(RrSet::of(key.clone(), ttl, old.iter().cloned()).unwrap());
        }
    });
    let first = (REFUSED, "2027-06-05T22:14:20Z");
    // Longer than the way from the first stage to the MX, or the old policy is forgotten anyway.
    let transition = Transition { max_age: 30 * DAY as i64, ..example("bystar-to-office365") };
    check(&transition, sabotage, first, &[Invariant::Policies]).await;
}
