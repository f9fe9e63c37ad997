//! The MTA-STS policy of a domain whose mail moves: what to serve, and when.

use super::{Failure, Session, args, exit};
use crate::config::ZoneSpec;
use crate::dns::{Name, Rdata};
use crate::mail::{Intent, Side, sts};
use crate::plan::Stage;
use std::fmt::Write as _;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// Prints the policy for a stage, and tells where it goes and what comes next.
pub(super) fn export(
    session: &Session<'_>,
    spec: &ZoneSpec,
    args: &args::Export,
) -> Result<u8, Failure> {
    let policy = policy(spec, args)?;
    session.terminal.note(&steps(&spec.intent, args.stage, &policy));
    session.terminal.print(&policy.to_string());
    Ok(exit::DONE)
}

fn policy(spec: &ZoneSpec, args: &args::Export) -> Result<sts::Policy, Failure> {
    // While mail moves, what senders keep for long is in the way.
    let max_age = args.max_age.unwrap_or(match args.stage.is_final() {
        true => spec.policy.sts_max_age.unwrap_or(7 * DAY),
        false => DAY,
    });
    let max_age = u32::try_from(max_age.as_secs()).ok().filter(|age| *age <= sts::MAX_AGE);
    let max_age = max_age.ok_or_else(|| {
        Failure::with(exit::USAGE, "`--max-age` is a year at most, 31557600 seconds")
    })?;
    let hosts = hosts(&spec.intent, args.stage);
    let mode = args.mode.unwrap_or(sts::Mode::Testing);
    if hosts.is_empty() && mode != sts::Mode::None {
        return Err(Failure::error("the zone file names no MX host, so no policy can list one"));
    }
    Ok(sts::Policy::for_hosts(mode, max_age, hosts))
}

/// The MX hosts that senders may know: those of both sides until the old ones retire.
fn hosts(intent: &Intent, stage: Stage) -> Vec<Name> {
    let of = |side: &Side| -> Vec<Name> {
        let hosts = side.mx.iter().map(|mx| mx.exchange.clone());
        hosts.filter(|host| *host != Name::root()).collect() // `MX 0 .` is no host
    };
    let (old, new) = (of(&intent.old), of(&intent.new));
    match new.is_empty() || !stage.is_final() {
        true => [old, new].concat(),
        false => new,
    }
}

/// First the document, then the id (RFC 8461 §8.1).
fn steps(intent: &Intent, stage: Stage, policy: &sts::Policy) -> String {
    let point = if stage.is_final() { "sts-policy-new" } else { "sts-policy-both" };
    let mut out = format!("serve it at {}", sts::address(&intent.zone));
    let ids = [&intent.old, &intent.new].map(|side| id(&intent.zone, side));
    // Writing to a `String` cannot fail.
    let _ = match ids {
        [old, Some(new)] if old.as_ref() != Some(&new) => {
            write!(out, "; the plan changes the id once `{point}` is confirmed")
        }
        _ => {
            let id = sts::Record { id: sts::Id::of(policy), extensions: Vec::new() };
            write!(out, ", and only then publish _mta-sts IN TXT \"{id}\"")
        }
    };
    if policy.mode == sts::Mode::Testing {
        out +=
            "\nsenders deliver whatever fails; `--mode enforce` comes once TLS reports are clean";
    }
    out
}

/// The id that one side publishes.
fn id(zone: &Name, side: &Side) -> Option<sts::Id> {
    let owner = Name::parse_in("_mta-sts", zone).ok()?;
    let sets = side.records.iter().map(|(rrset, _)| rrset);
    let texts = sets.filter(|set| *set.owner() == owner).flat_map(|set| set.rdata());
    texts.filter_map(Rdata::text).find_map(|text| Some(sts::Record::parse(&text).ok()?.id))
}
