//! Budgets by a stopped clock: what begins when, and how much at once.

use super::*;
use futures_util::future::join_all;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long every call of [`Slow`] takes.
const TAKES: Duration = Duration::from_millis(100);

/// A host that remembers when it was called, and how many calls were under way at most.
struct Slow {
    since: Instant,
    calls: std::sync::Mutex<Vec<u128>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Slow {
    fn new() -> Arc<Self> {
        let (since, calls) = (Instant::now(), std::sync::Mutex::default());
        Arc::new(Self { since, calls, now: AtomicUsize::new(0), most: AtomicUsize::new(0) })
    }

    async fn call(&self) {
        self.calls.lock().unwrap().push(self.since.elapsed().as_millis());
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        sleep(TAKES).await;
        self.now.fetch_sub(1, Ordering::Relaxed);
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::Relaxed)
    }

    /// When its calls began, in milliseconds from the first.
    fn times(&self) -> Vec<u128> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl Provider for Arc<Slow> {
    fn facts(&self) -> Facts {
        Facts { ttl_floor: Ttl::from_secs(60), ..Facts::default() }
    }

    async fn zone(&self, apex: &Name) -> Result<Zone, ProviderError> {
        self.call().await;
        Ok(Zone::new(apex.clone()))
    }

    async fn apply(&self, _: &Name, _: &[Change]) -> Result<(), ProviderError> {
        self.call().await;
        Ok(())
    }
}

fn rate(calls: u32, seconds: u64) -> Option<Rate> {
    let calls = NonZeroU32::new(calls).unwrap();
    Some(Rate { calls, period: Duration::from_secs(seconds) })
}

/// As many zones of one account as said, each with a provider of its own.
fn zones(host: &Arc<Slow>, budget: &Arc<Budget>, count: usize) -> Vec<Metered> {
    (0..count)
        .map(|_| Metered::new(Box::new(host.clone()), budget.clone(), None).to_write())
        .collect()
}

/// Reads every zone once, all of them at the same time.
async fn read_all(zones: &[impl Provider]) {
    let apex = Name::root();
    join_all(zones.iter().map(|zone| zone.zone(&apex))).await;
}

#[tokio::test(start_paused = true)]
async fn the_zones_of_an_account_share_eight_places() {
    let host = Slow::new();
    read_all(&zones(&host, &Arc::new(Budget::new(None)), 20)).await;
    assert_eq!(host.most(), 8);
    assert_eq!(host.times(), [vec![0; 8], vec![100; 8], vec![200; 4]].concat());
}

#[tokio::test(start_paused = true)]
async fn reads_and_writes_are_calls_alike() {
    let (host, budget) = (Slow::new(), Arc::new(Budget::new(rate(1, 1))));
    let (zones, apex) = (zones(&host, &budget, 2), Name::root());
    let (read, written) = tokio::join!(zones[0].zone(&apex), zones[1].apply(&apex, &[]));
    assert!(read.is_ok() && written.is_ok());
    assert_eq!(host.times(), [0, 1_000]);
}

/// The negative control: what the budget holds back comes all at once without it.
#[tokio::test(start_paused = true)]
async fn without_a_budget_everything_overlaps() {
    let host = Slow::new();
    read_all(&vec![host.clone(); 20]).await;
    assert_eq!((host.most(), host.times()), (20, vec![0; 20]));
}

/// The negative control for sharing: budgets of their own hold nobody back.
#[tokio::test(start_paused = true)]
async fn accounts_do_not_wait_for_each_other() {
    let host = Slow::new();
    let own = || zones(&host, &Arc::new(Budget::new(rate(1, 1))), 1).remove(0);
    read_all(&[own(), own(), own()]).await;
    assert_eq!(host.times(), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn no_period_sees_more_calls_than_its_rate() {
    let host = Slow::new();
    let zones = zones(&host, &Arc::new(Budget::new(rate(3, 1))), 8);
    read_all(&zones).await;
    assert_eq!(host.times(), [0, 0, 0, 1_000, 1_000, 1_000, 2_000, 2_000]);
    // What was not used up is not saved up.
    sleep(Duration::from_secs(60)).await;
    read_all(&zones[..4]).await;
    let since = host.times()[8];
    let later: Vec<_> = host.times()[8..].iter().map(|at| at - since).collect();
    assert_eq!(later, [0, 0, 0, 1_000]);
}

#[tokio::test(start_paused = true)]
async fn a_period_is_counted_from_each_call_and_not_by_the_clock() {
    let host = Slow::new();
    let zones = zones(&host, &Arc::new(Budget::new(rate(2, 1))), 2);
    read_all(&zones[..1]).await;
    sleep(Duration::from_millis(800)).await;
    read_all(&zones).await;
    read_all(&zones).await;
    assert_eq!(host.times(), [0, 900, 1_000, 1_900, 2_000]);
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_waiting_has_not_called() {
    let host = Slow::new();
    let zones = zones(&host, &Arc::new(Budget::new(rate(1, 60))), 1);
    read_all(&zones).await;
    let impatient = timeout(Duration::from_secs(1), read_all(&zones)).await;
    assert!(impatient.is_err());
    read_all(&zones).await;
    assert_eq!(host.times(), [0, 60_000]);
}

#[tokio::test]
async fn the_higher_ttl_floor_counts() {
    let check = |own: Option<u32>, floor| {
        let own = own.map(Ttl::from_secs);
        let host = Metered::new(Box::new(Slow::new()), Arc::new(Budget::new(None)), own);
        assert_eq!(host.facts().ttl_floor, Ttl::from_secs(floor));
    };
    check(None, 60);
    check(Some(30), 60);
    check(Some(3_600), 3_600);
}
