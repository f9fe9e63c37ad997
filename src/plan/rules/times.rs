//! Rules about a plan's times.

use crate::mail::Severity::{Error, Warning};
use crate::mail::lint::{Check, Rule};

pub(in crate::plan) const LATE: Rule = Rule {
    id: "PL01",
    severity: Error,
    says: "Nothing changes while a cache may hold what was before its TTL was lowered.",
    reference: "RFC 2181 §5.2",
    bad: "a TTL of a day, and a window that opens in an hour",
    good: "a TTL of a day, and a window that opens in two days",
    check: Check::Elsewhere,
};

/// About the window's end, and about clocks that change within it.
pub const NARROW: Rule = Rule {
    id: "PL04",
    severity: Warning,
    says: "What users notice fits into the window, verifying and turning back included.",
    reference: "RFC 2181 §5.2",
    bad: "a window of an hour, and a last stage 50 minutes after its opening",
    good: "a window of six hours, and a last stage 50 minutes after its opening",
    check: Check::Elsewhere,
};

pub(in crate::plan) const CLOSED: Rule = Rule {
    id: "PL12",
    severity: Error,
    says: "The window is still to come, or open.",
    reference: "RFC 2181 §5.2",
    bad: "a window that closed yesterday",
    good: "a window that opens tomorrow",
    check: Check::Elsewhere,
};

/// About a zone on its way without a journal.
pub const BEGUN: Rule = Rule {
    id: "PL13",
    severity: Warning,
    says: "Whoever goes on with a move knows when each change was made.",
    reference: "RFC 1035 §3.2.1",
    bad: "MX is as `new` wants it, and there is no journal",
    good: "MX is as `new` wants it, and the journal says since when",
    check: Check::Elsewhere,
};

/// About TTLs that nobody remembers.
pub const FORGOTTEN: Rule = Rule {
    id: "PL14",
    severity: Warning,
    says: "After a move, TTLs are what they were before.",
    reference: "RFC 1035 §3.2.1",
    bad: "TTLs were lowered by hand, there is no journal and no `final-ttl`",
    good: "TTLs were lowered by hand, and `final-ttl: 1h` is written",
    check: Check::Elsewhere,
};

pub(in crate::plan) const HASTY: Rule = Rule {
    id: "PL15",
    severity: Warning,
    says: "A server counts as silent after the longest pause that mail servers make.",
    reference: "RFC 5321 §4.5.4.1",
    bad: "`silence: 1h`",
    good: "`silence: 72h`",
    check: Check::Elsewhere,
};

pub(in crate::plan) const STRICT: Rule = Rule {
    id: "PL17",
    severity: Warning,
    says: "Senders have forgotten the MTA-STS policy that lists the old MX only.",
    reference: "RFC 8461 §5.1",
    bad: "`sts-max-age: 7d`, and a window that opens in a day",
    good: "`sts-max-age: 7d`, and a window that opens in ten days",
    check: Check::Elsewhere,
};

pub(in crate::plan) const TAIL: Rule = Rule {
    id: "PL18",
    severity: Warning,
    says: "Nobody is led to the old system any more once the new one is in use.",
    reference: "RFC 2181 §5.2",
    bad: "`--accept-tail`, and a window that opens before old TTLs have run out",
    good: "`--accept-tail`, and a window that opens when old TTLs have run out",
    check: Check::Elsewhere,
};

pub(in crate::plan) const OUTLIVED: Rule = Rule {
    id: "PL21",
    severity: Warning,
    says: "The old platform lasts for as long as the plan needs it.",
    reference: "RFC 5321 §4.5.4.1",
    bad: "an old platform that ends in ten days, and a soak of 14 days",
    good: "an old platform that ends in three months, and a soak of 14 days",
    check: Check::Elsewhere,
};

pub(in crate::plan) const KEYS: Rule = Rule {
    id: "DK13",
    severity: Warning,
    says: "An old key stays as long as mail that it signed may wait in somebody's queue.",
    reference: "RFC 5321 §4.5.4.1",
    bad: "`transit: 1d`",
    good: "`transit: 5d`",
    check: Check::Elsewhere,
};

pub(in crate::plan) const POLICY_AGE: Rule = Rule {
    id: "ST05",
    severity: Warning,
    says: "Senders keep an MTA-STS policy for a day at least; while MX moves, for a week at most.",
    reference: "RFC 8461 §3.2",
    bad: "`sts-max-age: 30d`",
    good: "`sts-max-age: 7d`",
    check: Check::Elsewhere,
};

pub(super) const RULES: &[Rule] =
    &[LATE, NARROW, CLOSED, BEGUN, FORGOTTEN, HASTY, STRICT, TAIL, OUTLIVED, KEYS, POLICY_AGE];
