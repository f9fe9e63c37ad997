//! Rules that plans cannot help keeping, by the way they are made. Where a plan could still break
//! one, its hazards tell so under a name of their own.

use crate::mail::Severity::{Error, Warning};
use crate::mail::lint::{Check, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "SPF18",
        severity: Error,
        says: "From `prepare` to `retire`, SPF lets both platforms send; else it is told as I2.",
        reference: "RFC 7208 §4",
        bad: "MX moves while SPF names the old platform only",
        good: "`prepare` publishes the union of both records",
        check: Check::Elsewhere,
    },
    Rule {
        id: "SPF20",
        severity: Warning,
        says: "While mail moves, SPF does not refuse strangers: the union ends in `~all` at most.",
        reference: "RFC 7208 §8.4",
        bad: "`v=spf1 ip4:192.0.2.1 include:_spf.example.org -all` in between",
        good: "`v=spf1 ip4:192.0.2.1 include:_spf.example.org ~all` in between",
        check: Check::Elsewhere,
    },
    Rule {
        id: "MX020",
        severity: Warning,
        says: "Records of one name and type have one TTL: the lowest that is read counts for all.",
        reference: "RFC 2181 §5.2",
        bad: "@ 3600 MX 10 a.example.org.\n@ 300 MX 20 b.example.org.",
        good: "@ 300 MX 10 a.example.org.\n@ 300 MX 20 b.example.org.",
        check: Check::Elsewhere,
    },
    Rule {
        id: "ZN01",
        severity: Error,
        says: "A changed zone has a higher serial: whoever writes zone files raises it.",
        reference: "RFC 1982 §3.2",
        bad: "serial 2027010102, then 2027010101",
        good: "serial 2027010101, then 2027010102",
        check: Check::Elsewhere,
    },
    Rule {
        id: "PL02",
        severity: Error,
        says: "An MX host keeps its address as long as somebody may hold its MX; else it is told \
            as I1.",
        reference: "RFC 5321 §5.1",
        bad: "`mail A` goes together with `MX 10 mail`",
        good: "`mail A` goes when the platform retires",
        check: Check::Elsewhere,
    },
    Rule {
        id: "PL03",
        severity: Error,
        says: "Name servers and mail move at different times: no zone file moves NS or SOA.",
        reference: "RFC 1034 §4.2.2",
        bad: "records: [\"@ IN NS ns1.example.org.\"]",
        good: "records: [\"@ IN CAA 0 issue ca.example.org\"]",
        check: Check::Elsewhere,
    },
    Rule {
        id: "PL05",
        severity: Error,
        says: "The old server takes mail in until soak, silence and queues are over.",
        reference: "RFC 5321 §4.5.4.1",
        bad: "port 25 closes when the window does",
        good: "port 25 closes before `retire`, by the checkpoint `old-mta-off`",
        check: Check::Elsewhere,
    },
    Rule {
        id: "PL06",
        severity: Warning,
        says: "Every address has its place on the new platform: a checkpoint asks for it.",
        reference: "RFC 5321 §3.4",
        bad: "a catch-all on the old platform, and none on the new",
        good: "both lists compared, by the checkpoint `accounts-ready` or `accounts-mapped`",
        check: Check::Elsewhere,
    },
    Rule {
        id: "ST03",
        severity: Error,
        says: "An MTA-STS policy and its id change together, before MX; else it is told as I7.",
        reference: "RFC 8461 §8.1",
        bad: "MX moves, and `_mta-sts` has the same id under `old` and `new`",
        good: "`prepare` publishes a new id for a policy that lists both",
        check: Check::Elsewhere,
    },
    Rule {
        id: "ZN11",
        severity: Error,
        says: "The live zone holds what `old` says, or what is planned; else nothing is sent.",
        reference: "RFC 2136 §2.4",
        bad: "`old: {mx: [10 mail]}`, and `MX 10 elsewhere.example.org.` in the live zone",
        good: "`old: {mx: [10 mail]}`, and `MX 10 mail` in the live zone",
        check: Check::Elsewhere,
    },
];
