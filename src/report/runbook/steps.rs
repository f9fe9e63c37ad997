//! What is known of manual steps by their names: how one sees that they are done, and what undoing
//! them takes.

/// One manual step.
#[derive(Clone, Copy)]
pub(super) struct Known {
    name: &'static str,
    /// What is written down when it is done.
    pub(super) evidence: &'static str,
    /// How one sees that it worked.
    pub(super) check: &'static str,
    /// How it is undone, and at which price.
    pub(super) undo: &'static str,
}

const fn known(
    name: &'static str,
    evidence: &'static str,
    check: &'static str,
    undo: &'static str,
) -> Known {
    Known { name, evidence, check, undo }
}

const NOTHING: &str = "nothing to undo";

const STEPS: &[Known] = &[
    known(
        "domains-listed",
        "the list, and who compared it",
        "domains in the old server's configuration, compared with the zone files",
        NOTHING,
    ),
    known(
        "clients-tried",
        "program, version, IMAP or POP, sending, certificate: each tried",
        "each program sends, reads, and shows no warning",
        NOTHING,
    ),
    known(
        "accounts-ready",
        "number of mailboxes, aliases and groups on both sides",
        "RCPT TO at the new server for every address: accepted; for a made-up one: refused",
        "delete the accounts; nobody has seen them",
    ),
    known(
        "accounts-mapped",
        "the table of old and new accounts",
        "no address of the old server is without a line",
        NOTHING,
    ),
    known(
        "aliases-expanded",
        "number of aliases before and after",
        "RCPT TO at the new server for every alias: accepted",
        NOTHING,
    ),
    known(
        "lists-replaced",
        "lists, members, who may post",
        "a test message to each list by a member and by a stranger",
        "lists of the old server go on",
    ),
    known(
        "forwards-rebuilt",
        "users with own forwards and filters",
        "a test message to each of them",
        NOTHING,
    ),
    known(
        "relays-closed",
        "answers to RCPT TO for a strange domain",
        "both servers refuse with 5xx",
        NOTHING,
    ),
    known(
        "mailboxes-backed-up",
        "where, size, SHA-256, date; one mailbox restored on trial",
        "restore one mailbox from it",
        NOTHING,
    ),
    known(
        "address-books-backed-up",
        "where, size, SHA-256, date",
        "import one of each kind",
        NOTHING,
    ),
    known(
        "filtering-on",
        "the setting, and the verdict on a test message (GTUBE, EICAR)",
        "both test messages are caught",
        "switch it off",
    ),
    known(
        "abuse-alias",
        "both test messages, with their time",
        "mail to abuse@ and postmaster@ arrives on both sides",
        "take the member out",
    ),
    known(
        "old-server-trusted",
        "the setting, with the addresses",
        "a message forwarded by the old server is not held for SPF",
        "take the addresses out",
    ),
    known(
        "pilot-moved",
        "which mailboxes, time for each, what went wrong",
        "pilot users read, send and find their folders; time for each mailbox is as planned",
        "forward the pilots' mail back, and copy what is new",
    ),
    known(
        "initial-sync",
        "mailboxes, messages and bytes copied; errors",
        "number of messages in each folder is the same on both sides",
        "delete the copies; the old server has everything",
    ),
    known(
        "signing-on",
        "a message with its `Authentication-Results`",
        "`dkim=pass` with the new selector",
        "switch it off; SPF carries the mail",
    ),
    known(
        "users-told",
        "notices N1, N2, N3 and their times",
        "the helpdesk has the answers (N4), partners and owners of senders too (N8, N11)",
        NOTHING,
    ),
    known(
        "old-access-off",
        "ports 143, 993, 110, 995, 587, 465 and web from outside, with the time",
        "all refuse; port 25 answers with 220",
        "start the services again: minutes, nothing lost",
    ),
    known(
        "new-delivery-tested",
        "messages with their headers",
        "test (l) of the tests: from two sites elsewhere, SPF and DKIM pass",
        NOTHING,
    ),
    known(
        "forwards-set",
        "number of forwards, and how they were set",
        "a message to the old port 25 is in the new mailbox, once",
        "take the forwards out; minutes by script",
    ),
    known("deadline-told", "the notices and their times", "the helpdesk has them", NOTHING),
    known(
        "mailboxes-locked",
        "number of mailboxes, with the time",
        "a message to the old server stays in its queue",
        "release them; minutes, nothing lost",
    ),
    known(
        "mailboxes-synced",
        "mailboxes, messages and bytes copied; errors",
        "number of messages in each folder is the same on both sides",
        "copy what is new back: as long as it took",
    ),
    known(
        "mailboxes-unlocked",
        "length of the queue before and after",
        "the queue is empty, and what was in it is in new mailboxes",
        "nothing: what was forwarded stays forwarded",
    ),
    known(
        "new-access-tested",
        "who tried what from where",
        "test (j) of the tests: the names that users know read and send",
        NOTHING,
    ),
    known(
        "old-forwarding-tested",
        "the message with its headers",
        "test (k) of the tests: from the old port 25 into the new mailbox, once",
        NOTHING,
    ),
    known(
        "users-told-done",
        "notice N6 and its time",
        "the helpdesk hears questions only",
        NOTHING,
    ),
    known(
        "mail-ping-on",
        "the ping's name in monitoring, its first results",
        "it alarms when it is stopped on trial",
        "take it out",
    ),
    known(
        "forwarding-quiet",
        "last wanted message in the log; that the log has no gap",
        "72 hours without a forward; own pings are in the log",
        NOTHING,
    ),
    known(
        "relocated-on",
        "the addresses",
        "a message to one of them is refused with the new address",
        "take the table out",
    ),
    known(
        "old-submission-off",
        "last sign-in in the log",
        "ports 587 and 465 refuse",
        "start it again",
    ),
    known(
        "logs-kept",
        "where, size, SHA-256, until when",
        "one delivery of last year is found",
        NOTHING,
    ),
    known(
        "old-mta-off",
        "port 25 from outside, with the time",
        "the port is closed; the domain is still in the configuration",
        "open the port again",
    ),
    known(
        "sts-policy-both",
        "the document as fetched, with the time",
        "curl shows both the old and the new MX hosts",
        "serve the old document; then its old `id`",
    ),
    known(
        "sts-policy-new",
        "the document as fetched, with the time",
        "curl shows the new MX hosts only",
        "serve the document with both again",
    ),
];

/// What is known of a step by its name.
pub(super) fn step(name: &str) -> Option<Known> {
    STEPS.iter().find(|step| step.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Kind;

    #[test]
    fn every_customary_step_is_known() {
        for point in Kind::ALL.into_iter().flat_map(Kind::checkpoints) {
            assert!(step(&point.id).is_some(), "{}", point.id);
        }
    }

    #[test]
    fn no_step_stands_there_twice() {
        let twice = |one: &&Known| STEPS.iter().filter(|other| other.name == one.name).count() > 1;
        assert_eq!(STEPS.iter().find(twice).map(|one| one.name), None);
    }
}
