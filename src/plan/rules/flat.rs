//! Rules about addresses that stand for includes.

use crate::dns::Name;
use crate::mail::Finding;
use crate::mail::Severity::{Error, Info, Warning};
use crate::mail::lint::{Check, Rule};
use crate::mail::spf::Obstacle;
use crate::plan::{Flattened, Flattening, Timestamp};

/// About what stands for includes, and until when that may be relied on.
const STANDS: Rule = Rule {
    id: "SPF27",
    severity: Warning,
    says: "Addresses of other people's senders, who may change them, are included and not copied.",
    reference: "RFC 7208 §10.1.1",
    bad: "`flatten: true`, and `old` includes `_spf.example.org`",
    good: "`flatten: true`, and `old` names addresses",
    check: Check::Elsewhere,
};

/// About includes that stay.
const STAYS: Rule = Rule {
    id: "SPF28",
    severity: Info,
    says: "For every include that is to be flattened, there are addresses that say the same.",
    reference: "RFC 7208 §5",
    bad: "`flatten: true`, and `_spf.example.org` is \"v=spf1 exists:%{i}.example.org -all\"",
    good: "`flatten: true`, and `_spf.example.org` is \"v=spf1 ip4:192.0.2.0/28 -all\"",
    check: Check::Elsewhere,
};

/// About includes that nobody can be asked for.
const UNASKED: Rule = Rule {
    id: "SPF29",
    severity: Error,
    says: "What every include that is to be flattened stands for can be asked.",
    reference: "RFC 7208 §2.6.6",
    bad: "`flatten: true`, and the name servers of `example.org` are down",
    good: "`flatten: true`, and the name servers of `example.org` answer",
    check: Check::Elsewhere,
};

pub(super) const RULES: &[Rule] = &[STANDS, STAYS, UNASKED];
/// Those that somebody may break knowingly.
pub(super) const BEARABLE: &[Rule] = &[STANDS, STAYS];

/// What stands for includes of a zone's SPF, and which stay.
pub fn told(zone: &Name, flattened: &[Flattened], found: &Flattening) -> Vec<Finding> {
    let stands = flattened.iter().map(|one| STANDS.finding(zone.clone(), standing(one)));
    let inner = found.flat.iter().flat_map(|flat| &flat.kept);
    let stays = found.kept.iter().chain(inner).map(|(domain, why)| match why {
        Obstacle::Unknown(_) => {
            let message = format!(
                "no addresses can stand for `include:{domain}`: {why}; plan again when somebody \
                 does, name `resolvers` that do, or leave `flatten` out"
            );
            UNASKED.finding(zone.clone(), message)
        }
        _ => STAYS.finding(zone.clone(), format!("`include:{domain}` stays: {why}")),
    });
    stands.chain(stays).collect()
}

fn standing(Flattened { domain, passes, asked, until, owner }: &Flattened) -> String {
    let passes = passes.terms.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let passes = if passes.is_empty() { "nobody".to_owned() } else { format!("`{passes}`") };
    format!(
        "{passes} stands for `include:{domain}` as of {}; whoever runs `{owner}` may change that \
         from {} on: look again before mail depends on it",
        utc(*asked),
        utc(*until)
    )
}

fn utc(time: Timestamp) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
