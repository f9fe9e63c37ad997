//! Kinds of moves, and the manual steps that each is known to need.

use super::{Checkpoint, Place, Policy, Stage, Walk};
use crate::dns::{Name, RrSet, Rtype, Zone};
use std::time::Duration;

/// A move that others have made before and written down.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// From Exchange in the house to mail servers of one's own.
    ExchangeToSelfHosted,
    /// From mail servers of one's own to a platform that somebody else runs.
    SelfHostedToHosted,
    /// From an institute's server to those that are central to all: MX first, users by a deadline.
    InstituteToCentral,
}

/// Platforms that run on servers of one's own.
const OWN: [&str; 6] = ["bystar-qmail", "mailcow", "mailinabox", "mox", "self-hosted", "stalwart"];

/// One manual step: for which kinds, where, its name, what is asked.
struct Step(&'static [Kind], Place, &'static str, &'static str);

const FROM_EXCHANGE: &[Kind] = &[Kind::ExchangeToSelfHosted];
const TO_HOSTED: &[Kind] = &[Kind::SelfHostedToHosted];
const TO_CENTRAL: &[Kind] = &[Kind::InstituteToCentral];
const IN_A_NIGHT: &[Kind] = &[Kind::ExchangeToSelfHosted, Kind::SelfHostedToHosted];
const FROM_UNIX: &[Kind] = &[Kind::SelfHostedToHosted, Kind::InstituteToCentral];
const ALL: &[Kind] = &Kind::ALL;

const AT_FIRST: Place = Place::Before(Stage::Prepare);
/// Before the first thing that users notice, whichever stage that is.
const READY: Place = Place::After(Stage::Prepare);
const MX_MOVED: Place = Place::After(Stage::Delivery);
const BEFORE_READING: Place = Place::Before(Stage::Retrieval);
const MOVED: Place = Place::After(Stage::Retrieval);
const AT_LAST: Place = Place::Before(Stage::Retire);

/// In the order in which they are done.
#[rustfmt::skip] // a step is a row
const STEPS: &[Step] = &[
    Step(TO_CENTRAL, AT_FIRST, "domains-listed",
        "List every domain whose MX leads to the old server; each needs a place in a zone file \
         here."),
    Step(ALL, AT_FIRST, "clients-tried",
        "Try every mail program in use against the new servers: it must send, read and trust \
         their certificates."),
    Step(IN_A_NIGHT, READY, "accounts-ready",
        "Make every mailbox, alias and group on the new platform under its old address; compare \
         both lists."),
    Step(TO_CENTRAL, READY, "accounts-mapped",
        "Find the central account of every old account; no address may be left without one."),
    Step(TO_CENTRAL, READY, "aliases-expanded",
        "Expand `virtual` until nothing in it matches any more, then `aliases`; enter the \
         result at the central servers."),
    Step(TO_CENTRAL, READY, "lists-replaced",
        "Set every mailing list up anew, with its members and with who may post."),
    Step(FROM_UNIX, READY, "forwards-rebuilt",
        "Find users with a `.forward`, `.qmail` or `.procmailrc`, and rebuild on the new \
         platform what these do."),
    Step(TO_CENTRAL, READY, "relays-closed",
        "Try from outside to relay through the old and the new servers; both must refuse."),
    Step(ALL, READY, "mailboxes-backed-up",
        "Back up all mailboxes; note where, how large and with which checksum."),
    Step(IN_A_NIGHT, READY, "address-books-backed-up",
        "Back up address books, calendars and tasks: IMAP does not carry them."),
    Step(ALL, READY, "filtering-on",
        "Switch the filtering of spam and malware on at the new platform, before its first mail \
         from outside."),
    Step(ALL, READY, "abuse-alias",
        "Add whoever runs the new platform to the `abuse` and `postmaster` aliases; send a \
         message to each."),
    Step(ALL, READY, "old-server-trusted",
        "Name the old server's addresses to the new platform as a trusted relay: SPF would fail \
         for all that it forwards."),
    Step(IN_A_NIGHT, READY, "pilot-moved",
        "Move a few mailboxes all the way, and test the plan by them."),
    Step(TO_HOSTED, READY, "initial-sync",
        "Copy all mailboxes for a first time, and stop the job when it is through: what comes \
         later follows in the window."),
    Step(ALL, READY, "signing-on",
        "Switch DKIM signing on at the new platform; a test message must verify under the new \
         selector."),
    Step(ALL, READY, "users-told",
        "Tell users what changes when, and what to enter into their mail programs."),
    Step(IN_A_NIGHT, READY, "old-access-off",
        "When the window opens, turn off what users read and send by on the old server: IMAP, \
         POP, web, submission. Leave SMTP on port 25 running."),
    Step(TO_CENTRAL, MX_MOVED, "new-delivery-tested",
        "Send from two providers elsewhere to every domain; find all of it at the central \
         servers."),
    Step(TO_CENTRAL, MX_MOVED, "forwards-set",
        "Let `virtual` send what still reaches the old server on to the central accounts, by \
         the name of a host and not by MX: mail would loop."),
    Step(TO_CENTRAL, MX_MOVED, "deadline-told",
        "Tell users the deadline for moving folders, and where they get help; remind them 14, 7 \
         and 1 days before."),
    Step(FROM_EXCHANGE, BEFORE_READING, "mailboxes-locked",
        "Suspend the queues to the mailboxes that are being copied; port 25 goes on taking \
         mail."),
    Step(TO_HOSTED, BEFORE_READING, "mailboxes-locked",
        "Hold deliveries into the mailboxes that are being copied, with qmail by the sticky bit \
         on each home; port 25 goes on taking mail."),
    Step(IN_A_NIGHT, BEFORE_READING, "mailboxes-synced",
        "Copy what is still missing of every mailbox; compare the number of messages in each \
         folder."),
    Step(IN_A_NIGHT, BEFORE_READING, "forwards-set",
        "Forward every old mailbox to the new platform, by the name of a host and not by MX: \
         mail would loop."),
    Step(FROM_EXCHANGE, BEFORE_READING, "mailboxes-unlocked",
        "Resume the queues by submitting them anew, so that what was held takes the new \
         forwards."),
    Step(TO_HOSTED, BEFORE_READING, "mailboxes-unlocked",
        "Release the mailboxes and have the queue tried at once, with qmail by SIGALRM to \
         `qmail-send`."),
    Step(TO_CENTRAL, BEFORE_READING, "mailboxes-synced",
        "See that every user has moved all folders, or was helped to."),
    Step(TO_CENTRAL, BEFORE_READING, "old-access-off",
        "At the deadline, turn IMAP and POP off on the old server. Leave SMTP on port 25 \
         running."),
    Step(ALL, MOVED, "new-access-tested",
        "Read and send from outside by the names that users know."),
    Step(ALL, MOVED, "old-forwarding-tested",
        "Hand a message to port 25 of the old server, and find it in the new mailbox."),
    Step(IN_A_NIGHT, MOVED, "new-delivery-tested",
        "Send from two providers elsewhere, and answer; SPF and DKIM must pass both ways."),
    Step(ALL, MOVED, "users-told-done",
        "Tell users that the move is done, and whom to ask."),
    Step(ALL, MOVED, "mail-ping-on",
        "Set up a mail ping against the new platform that alarms, and have its logs read every \
         day."),
    Step(ALL, AT_LAST, "forwarding-quiet",
        "See in the old server's log that it has forwarded nothing wanted for 72 hours, two \
         working days among them."),
    Step(TO_CENTRAL, AT_LAST, "relocated-on",
        "Enter the addresses that have ceased into `relocated`, so that senders learn the new \
         ones; all others stay forwarded."),
    Step(TO_CENTRAL, AT_LAST, "old-submission-off",
        "See that nobody sends by the old authenticated server any more, and turn it off."),
    Step(TO_HOSTED, AT_LAST, "logs-kept",
        "Keep the old server's mail logs: they prove deliveries that the new platform knows \
         nothing of."),
    Step(IN_A_NIGHT, AT_LAST, "old-mta-off",
        "Close port 25 of the old server. Leave the domain in its configuration: a refusal \
         would bounce, a closed port only delays."),
];

/// Where senders keep an MTA-STS policy, and MX moves (RFC 8461 §8.1).
#[rustfmt::skip] // the same
const STS_STEPS: &[Step] = &[
    Step(ALL, AT_FIRST, "sts-policy-both",
        "Serve over HTTPS an MTA-STS policy that lists both the old and the new MX hosts \
         (`cutover export ZONE --format mta-sts --stage prepare` prints one); only then may its \
         `id` change."),
    Step(ALL, AT_LAST, "sts-policy-new",
        "Serve an MTA-STS policy that lists the new MX hosts only (`cutover export ZONE --format \
         mta-sts --stage retire` prints one)."),
];

/// A first copy of many mailboxes takes days, and is tried twice.
const INITIAL_SYNC: Duration = Duration::from_secs(10 * 86_400);

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] =
        [Self::ExchangeToSelfHosted, Self::SelfHostedToHosted, Self::InstituteToCentral];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExchangeToSelfHosted => "exchange-to-self-hosted",
            Self::SelfHostedToHosted => "self-hosted-to-hosted",
            Self::InstituteToCentral => "institute-to-central",
        }
    }

    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }

    /// The kind that the names of both platforms tell; who is central, no preset knows.
    pub fn of(old: Option<&str>, new: Option<&str>) -> Option<Self> {
        const EXCHANGE: &str = "exchange-onprem";
        let is_own = |platform: &str| OWN.contains(&platform);
        match (old?, new?) {
            (EXCHANGE, new) if is_own(new) => Some(Self::ExchangeToSelfHosted),
            (_, EXCHANGE) => None,
            (old, new) if is_own(old) && !is_own(new) => Some(Self::SelfHostedToHosted),
            _ => None,
        }
    }

    /// Its manual steps.
    pub fn checkpoints(self) -> Vec<Checkpoint> {
        let own = STEPS.iter().filter(|Step(kinds, ..)| kinds.contains(&self));
        own.map(Step::checkpoint).collect()
    }
}

/// The manual steps on a walk: those that the zone file writes, or the customary ones of its kind.
pub(super) fn checkpoints(walk: &Walk, stages: &[Stage], policy: &Policy) -> Vec<Checkpoint> {
    if let Some(written) = &policy.checkpoints {
        return written.clone();
    }
    let mut points = match policy.kind {
        Some(kind) => kind.checkpoints(),
        None if stages.contains(&Stage::Retrieval) => vec![Checkpoint::mailboxes_synced()],
        None => Vec::new(),
    };
    if keeps_senders_to_its_mx(walk) {
        points.extend(STS_STEPS.iter().map(Step::checkpoint));
    }
    points
}

/// Whether the MX moves and senders may hold an MTA-STS policy that lists it.
fn keeps_senders_to_its_mx(walk: &Walk) -> bool {
    let apex = walk.start.apex();
    let zones = || [&walk.start].into_iter().chain(walk.steps.iter().map(|(_, zone)| zone));
    let mx = |zone: &Zone| zone.find(apex, Rtype::MX).map(RrSet::rdata).map(<[_]>::to_vec);
    let policy = Name::parse_in("_mta-sts", apex).ok();
    let has_policy = zones()
        .any(|zone| policy.as_ref().is_some_and(|owner| zone.find(owner, Rtype::TXT).is_some()));
    let first = mx(&walk.start);
    has_policy && first.is_some() && zones().any(|zone| mx(zone) != first)
}

impl Step {
    fn checkpoint(&self) -> Checkpoint {
        let Self(_, place, id, ask) = *self;
        let lead = (id == "initial-sync").then_some(INITIAL_SYNC);
        Checkpoint { id: id.to_owned(), ask: ask.to_owned(), place, lead }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::platform::preset;

    #[test]
    fn platforms_tell_the_kind() {
        let check = |old, new, kind| assert_eq!(Kind::of(Some(old), Some(new)), kind);
        check("exchange-onprem", "self-hosted", Some(Kind::ExchangeToSelfHosted));
        check("self-hosted", "microsoft-365", Some(Kind::SelfHostedToHosted));
        check("self-hosted", "google-workspace", Some(Kind::SelfHostedToHosted));
        check("self-hosted", "self-hosted", None);
        check("exchange-onprem", "bystar-qmail", Some(Kind::ExchangeToSelfHosted));
        check("mailinabox", "fastmail", Some(Kind::SelfHostedToHosted));
        check("self-hosted", "mailcow", None);
        check("stalwart", "exchange-onprem", None);
        check("self-hosted", "exchange-onprem", None);
        check("exchange-onprem", "microsoft-365", None);
        check("microsoft-365", "google-workspace", None);
        assert_eq!(Kind::of(None, Some("google-workspace")), None);
        assert!(OWN.into_iter().all(|name| preset(name).is_some()));
    }

    #[test]
    fn every_kind_has_a_name_and_steps_of_different_names() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
            let mut ids: Vec<_> = kind.checkpoints().into_iter().map(|point| point.id).collect();
            ids.extend(STS_STEPS.iter().map(|Step(_, _, id, _)| (*id).to_owned()));
            let all = ids.len();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), all, "{kind:?}");
        }
    }

    #[test]
    fn steps_stand_in_the_order_of_the_stages() {
        for kind in Kind::ALL {
            let place = |point: &Checkpoint| match point.place {
                Place::Before(stage) => (stage, 0),
                Place::After(stage) => (stage, 1),
            };
            let places: Vec<_> = kind.checkpoints().iter().map(place).collect();
            assert!(places.is_sorted(), "{kind:?}: {places:?}");
        }
    }
}
