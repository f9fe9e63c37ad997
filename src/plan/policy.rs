//! How a person wants the transition done: its window, its waits, its manual steps.

use super::{Flattened, Kind, Stage};
use crate::dns::Ttl;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::time::Duration;

/// Wall-clock time: waits outlive the process.
pub type Timestamp = DateTime<Utc>;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long to wait where nobody remembers what was served before: a day, to which most resolvers
/// cut TTLs (Unbound, PowerDNS and Knot by default).
pub const OBLIVION: Duration = Duration::from_secs(DAY);

/// When users are told that things change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Window {
    /// Its begin.
    pub opens: Timestamp,
    /// Its length.
    pub length: Duration,
}

impl Window {
    /// Its end.
    pub fn closes(&self) -> Timestamp {
        self.opens + self.length
    }
}

/// A manual step that a person confirms.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// Its name: `mailboxes-synced`.
    pub id: String,
    /// What the person is asked to do.
    pub ask: String,
    /// Which stage must wait for it, or which one it follows.
    pub place: Place,
    /// How long before the window opens it must be begun, where it takes long.
    pub lead: Option<Duration>,
}

impl Checkpoint {
    /// What every move of mailboxes waits for, unless the zone file says otherwise.
    pub(super) fn mailboxes_synced() -> Self {
        Self {
            id: "mailboxes-synced".to_owned(),
            ask: "Synchronise all mailboxes and forward what still comes in.".to_owned(),
            place: Place::Before(Stage::Retrieval),
            lead: None,
        }
    }
}

/// Where a checkpoint stands on the walk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Before this stage is applied.
    Before(Stage),
    /// After this one, before whichever comes next.
    After(Stage),
}

/// The wishes of a zone file's `transition`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// When the visible part happens; without it each stage is due once its gates open.
    pub window: Option<Window>,
    /// The TTL to hold during the move; it never raises one.
    pub ttl: Ttl,
    /// Earliest times of stages, from the opening.
    pub at: BTreeMap<Stage, Duration>,
    /// The order of the three middle stages.
    pub order: [Stage; 3],
    /// Added to every computed lead: clocks and people.
    pub margin: Duration,
    /// How long the slowest name server takes to follow, where that is known.
    pub propagation: Option<Duration>,
    /// How long verifying takes before the last moment to turn back.
    pub verify: Duration,
    /// How long the old system stays in use as a sender and receiver.
    pub soak: Duration,
    /// How long mail may wait in the old platform's own queue.
    pub queue: Duration,
    /// How long mail may be under way in other people's queues; old DKIM keys outlive the soak by
    /// as much.
    pub transit: Duration,
    /// How long the old server must have been quiet.
    pub silence: Duration,
    /// When the old server last took mail that somebody wanted, as far as its logs tell.
    pub quiet_since: Option<Timestamp>,
    /// How long after the window TTLs go up again.
    pub restore_after: Duration,
    /// How long after the window the old machines and addresses must not serve anything else.
    pub repurpose_after: Duration,
    /// The TTL afterwards, if not each RRset's own from before.
    pub final_ttl: Option<Ttl>,
    /// Manual steps; `None` means those of the kind, or else `mailboxes-synced` where there is a
    /// `retrieval` stage.
    pub checkpoints: Option<Vec<Checkpoint>>,
    /// What kind of move this is, where it is a known one.
    pub kind: Option<Kind>,
    /// How long the new platform takes to begin signing once its DKIM key is published.
    pub dkim_lead: Duration,
    /// How long the new platform takes to notice that MX leads to it.
    pub mx_wait: Duration,
    /// The longest `max_age` of the MTA-STS policies served so far, for the sake of senders that
    /// do not fetch a policy again before they give up (RFC 8461 §5.1).
    pub sts_max_age: Option<Duration>,
    /// What caches behind caches may add to every TTL: the lowest TTL that each further one keeps.
    pub cache_floor: Duration,
    /// Whether what users notice may begin while old TTLs still run out: who holds old data is led
    /// to the old platform until then. Additions are waited for all the same.
    pub accept_tail: bool,
    /// The port on which each new MX host must answer SMTP before MX moves; `None` leaves that to
    /// people, since many networks let nobody out to port 25.
    pub preflight: Option<u16>,
    /// Somebody has begun and no journal says when: every wait counts from here.
    pub unknown_before: Option<Timestamp>,
    /// Whether addresses stand for what SPF includes while both platforms send.
    pub flatten: bool,
    /// The addresses that do.
    pub flattened: Vec<Flattened>,
    /// TTLs from before an earlier, rolled-back try, which the live zone no longer shows.
    pub own_ttls: BTreeMap<crate::dns::RrKey, Ttl>,
}

impl Default for Policy {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self {
            window: None,
            ttl: Ttl::from_secs(600), // what people lower to by hand; rollback costs this much
            at: BTreeMap::new(),
            order: [Stage::Submission, Stage::Delivery, Stage::Retrieval],
            margin: secs(HOUR),
            propagation: None,
            verify: secs(30 * MINUTE),
            soak: secs(14 * DAY),
            queue: secs(5 * DAY), // RFC 5321 §4.5.4.1, as Postfix and sendmail keep it
            transit: secs(5 * DAY), // the same, in queues that nobody knows
            silence: secs(72 * HOUR), // the largest retry gap of a stock mail server is 8 h 34 min
            quiet_since: None,
            restore_after: secs(24 * HOUR),
            repurpose_after: secs(90 * DAY), // rare senders keep addresses for months
            final_ttl: None,
            checkpoints: None,
            kind: None,
            dkim_lead: Duration::ZERO,
            mx_wait: Duration::ZERO,
            sts_max_age: None,
            cache_floor: Duration::ZERO,
            accept_tail: false,
            preflight: None,
            unknown_before: None,
            flatten: false,
            flattened: Vec::new(),
            own_ttls: BTreeMap::new(),
        }
    }
}
