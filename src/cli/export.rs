//! `cutover export`: a zone on the walk, in another tool's form.

mod policy;

use super::args::{self, Format};
use super::propose::propose;
use super::session::Session;
use super::{Failure, Terminal, exit};
use crate::config::{Octodns, to_octodns};
use crate::dns::{Rdata, RrSet, Zone};
use crate::plan::{order, overlay};
use std::fmt::Write as _;

/// Prints the zone after a stage, computed from the live zone and the plan.
pub(super) async fn export(session: &Session<'_>, args: &args::Export) -> Result<u8, Failure> {
    let spec = session.zone(&args.zone)?;
    if matches!(args.format, Format::MtaSts) {
        return policy::export(session, spec, args);
    }
    if args.mode.is_some() || args.max_age.is_some() {
        let message = "`--mode` and `--max-age` are for `--format mta-sts`";
        return Err(Failure::with(exit::USAGE, message));
    }
    let apex = &spec.intent.zone;
    let proposal = propose(session, spec, session.now(), false).await?;
    let live = session.world(spec).await?.zone(apex).await?;
    let rank = |wanted| order(&spec.policy).position(|stage| stage == wanted);
    let phases = proposal.plan.phases.iter().filter(|phase| rank(phase.stage) <= rank(args.stage));
    let mut zone = live.clone();
    for change in phases.flat_map(|phase| &phase.changes) {
        overlay(&mut zone, change, proposal.plan.scope(change.key()));
    }
    session.terminal.print(&match args.format {
        Format::Nsupdate => nsupdate(&live, &zone),
        Format::Octodns => octodns(&zone, session.terminal)?,
        Format::Bind | Format::MtaSts => zone.to_text(),
    });
    Ok(exit::DONE)
}

/// Prerequisites and updates that lead from one zone to the other in one transaction.
fn nsupdate(from: &Zone, to: &Zone) -> String {
    let mut out = format!("zone {}\n", from.apex());
    let (mut prerequisites, mut updates) = (String::new(), String::new());
    for change in crate::plan::diff(from, to) {
        let key = change.key();
        let (owner, rtype) = (&key.owner, key.rtype);
        // Writing to a `String` cannot fail.
        match change.before() {
            None => drop(writeln!(prerequisites, "prereq nxrrset {owner} {rtype}")),
            Some(before) => {
                for rdata in before.rdata() {
                    let _ = writeln!(prerequisites, "prereq yxrrset {owner} {rtype} {rdata}");
                }
                let _ = writeln!(updates, "update delete {owner} {rtype}");
            }
        }
        for (after, rdata) in change.after().into_iter().flat_map(each) {
            let ttl = after.ttl();
            let _ = writeln!(updates, "update add {owner} {ttl} {rtype} {rdata}");
        }
    }
    out += &prerequisites;
    out += &updates;
    out + "send\n"
}

fn each(rrset: &RrSet) -> impl Iterator<Item = (&RrSet, &Rdata)> {
    rrset.rdata().iter().map(move |rdata| (rrset, rdata))
}

/// octoDNS's YAML; what cannot be in it is told.
fn octodns(zone: &Zone, terminal: &Terminal) -> Result<String, Failure> {
    let Octodns { text, left_out } =
        to_octodns(zone).map_err(|error| Failure::error(error.to_string()))?;
    for key in left_out {
        terminal.note(&format!("`{key}` is left out: octoDNS has no such type"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Name;
    use crate::plan::Scope;

    fn zone(text: &str) -> Zone {
        Zone::parse(text, &Name::parse("example.net.").unwrap()).unwrap()
    }

    #[test]
    fn nsupdate_checks_before_it_writes() {
        let expected = "zone example.net.\n\
            prereq yxrrset example.net. MX 10 a.\n\
            prereq nxrrset www.example.net. A\n\
            update delete example.net. MX\n\
            update add example.net. 60 MX 10 b.\n\
            update add www.example.net. 60 A 192.0.2.1\n\
            send\n";
        let to = zone("@ 60 MX 10 b.\nwww 60 A 192.0.2.1");
        assert_eq!(nsupdate(&zone("@ 60 MX 10 a."), &to), expected);
    }

    #[test]
    fn a_stranger_who_came_after_the_plan_is_exported_too() {
        let (from, to) = (zone("@ 60 TXT \"v=spf1 a -all\""), zone("@ 60 TXT \"v=spf1 b -all\""));
        let spf = Scope::Values { spf: true, exact: [].into() };
        let mut live = zone("@ 60 TXT \"v=spf1 a -all\"\n@ 60 TXT proof");
        overlay(&mut live, &crate::plan::diff(&from, &to)[0], &spf);
        assert_eq!(live, zone("@ 60 TXT \"v=spf1 b -all\"\n@ 60 TXT proof"));
    }
}
