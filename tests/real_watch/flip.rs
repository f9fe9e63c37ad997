//! When a cache really drops what it holds, found out without filling it.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::scene::{LIMIT, now};
use super::support::client::dig;

/// What a prediction may be off by.
const TOLERANCE: TimeDelta = TimeDelta::seconds(2);
const PAUSE: Duration = Duration::from_millis(250);

/// A cache, a record, what the cache shows of the old, and when that goes.
type Flip<'a> = (SocketAddr, (&'a str, &'a str), &'a str, DateTime<Utc>);

/// Each of them comes when it was foretold.
pub(crate) fn all_come<const N: usize>(flips: [Flip<'_>; N]) {
    thread::scope(|scope| {
        for flip in flips {
            scope.spawn(move || comes(flip));
        }
    });
}

/// Peeks into a cache, which must let us, until it does not show `old` any more; that must be
/// when it was foretold.
///
/// The later an answer comes, the less it proves: a slow machine makes this no harder to pass.
#[expect(clippy::disallowed_methods, reason = "caches of other people's go by the real time")]
fn comes((cache, record, old, foretold): Flip<'_>) {
    let mut held = None;
    loop {
        let before = now();
        let said = dig(cache, &["+norecurse", record.0, record.1]);
        if said.contains(old) {
            held = Some(before);
        } else if said.contains("->>HEADER<<-") {
            let held = held.unwrap_or_else(|| panic!("{cache} never had {old}\n{said}"));
            let (early, late) = (now() - foretold, held - foretold);
            assert!(early >= -TOLERANCE, "{cache} drops {record:?} {} too early", -early);
            assert!(late <= TOLERANCE, "{cache} drops {record:?} {late} too late");
            return;
        }
        assert!(before < foretold + LIMIT, "{cache} keeps {record:?}\n{said}");
        thread::sleep(PAUSE);
    }
}
