//! `cutover export`: a zone on the walk, in another tool's form.

mod policy;

use super::args::{self, Format};
use super::propose::propose;
use super::session::Session;
use super::{Failure, exit};
use crate::dns::{Rdata, RrSet, Zone};
use crate::plan::{Change, Scope, order, overlaid};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Prints the zone after a stage, computed from the live zone and the plan.
pub(super) async fn export(session: &Session<'_>, args: &args::Export) -> Result<u8, Failure> {
    let spec = session.zone(&args.zone)?;
    let render: fn(&Zone, &Zone) -> String = match args.format {
        Format::MtaSts => return policy::export(session, spec, args),
        _ if args.mode.is_some() || args.max_age.is_some() => {
            let message = "`--mode` and `--max-age` are for `--format mta-sts`";
            return Err(Failure::with(exit::USAGE, message));
        }
        Format::Bind => |_, zone| zone.to_text(),
        Format::Nsupdate => nsupdate,
        Format::Octodns => |_, zone| octodns(zone),
    };
    let apex = &spec.intent.zone;
    let proposal = propose(session, spec, session.now(), false).await?;
    let live = session.world(spec).await?.zone(apex).await?;
    let rank = |wanted| order(&spec.policy).position(|stage| stage == wanted);
    let phases = proposal.plan.phases.iter().filter(|phase| rank(phase.stage) <= rank(args.stage));
    let mut zone = live.clone();
    for change in phases.flat_map(|phase| &phase.changes) {
        overlay(&mut zone, change, proposal.plan.scope(change.key()));
    }
    session.terminal.print(&render(&live, &zone));
    Ok(exit::DONE)
}

/// Puts our values of a change in; other people's stay as they are now, and not as when it was
/// planned.
fn overlay(zone: &mut Zone, change: &Change, scope: &Scope) {
    match overlaid(change, zone.get(change.key()), scope) {
        Some(rrset) => zone.put(rrset),
        None => drop(zone.remove(change.key())),
    }
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

/// octoDNS's YAML: owners relative to the zone, JSON strings being YAML strings too.
fn octodns(zone: &Zone) -> String {
    let mut owners: BTreeMap<String, Vec<&RrSet>> = BTreeMap::new();
    for rrset in zone.rrsets().filter(|rrset| rrset.rtype() != crate::dns::Rtype::SOA) {
        let owner = rrset.owner().relative_to(zone.apex());
        let owner = if owner == "@" { String::new() } else { owner };
        owners.entry(owner).or_default().push(rrset);
    }
    let mut out = String::from("---\n");
    for (owner, rrsets) in owners {
        let _ = writeln!(out, "{}:", serde_json::Value::from(owner));
        for rrset in rrsets {
            let _ = writeln!(out, "  - type: {}\n    ttl: {}", rrset.rtype(), rrset.ttl());
            let _ = writeln!(out, "    values:");
            for rdata in rrset.rdata() {
                let _ = writeln!(out, "      - {}", octodns_value(rdata));
            }
        }
    }
    out
}

fn octodns_value(rdata: &Rdata) -> serde_json::Value {
    match rdata {
        Rdata::Mx(mx) => {
            serde_json::json!({"preference": mx.preference, "exchange": mx.exchange.to_string()})
        }
        // octoDNS wants semicolons escaped and cuts long text itself.
        Rdata::Txt(txt) => txt.text().replace(';', "\\;").into(),
        Rdata::Srv(srv) => serde_json::json!({
            "priority": srv.priority,
            "weight": srv.weight,
            "port": srv.port,
            "target": srv.target.to_string(),
        }),
        Rdata::Caa(caa) => serde_json::json!({
            "flags": caa.flags,
            "tag": caa.tag,
            "value": String::from_utf8_lossy(&caa.value),
        }),
        Rdata::Tlsa(tlsa) => serde_json::json!({
            "certificate_usage": tlsa.usage,
            "selector": tlsa.selector,
            "matching_type": tlsa.matching,
            "certificate_association_data": data_encoding::HEXLOWER.encode(&tlsa.data),
        }),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::Name;

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

    #[test]
    fn octodns_takes_values_apart() {
        let text = octodns(&zone("@ 60 MX 10 a.\n_dmarc 60 TXT \"v=DMARC1; p=none\""));
        let expected = r#"---
"":
  - type: MX
    ttl: 60
    values:
      - {"exchange":"a.","preference":10}
"_dmarc":
  - type: TXT
    ttl: 60
    values:
      - "v=DMARC1\\; p=none"
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn octodns_reads_back_as_the_same_zone() {
        let lines = r#"
@ 60 MX 10 a.
@ 60 TXT "v=spf1 mx -all"
@ 60 TXT "a;b" "it's \ \"quoted\""
@ 60 CAA 0 issue "ca.example; x=1"
_dmarc 60 TXT "v=DMARC1; p=none"
_imaps._tcp 60 SRV 0 1 993 imap
_25._tcp.mail 60 TLSA 3 1 1 0123
* 60 CNAME www
a.b 60 AAAA 2001:db8::1
a.b 60 SSHFP 4 2 0123
svc 60 HTTPS 1 . alpn=h2,h3
old 60 TYPE65280 \# 2 00ff
"#;
        let source = crate::config::Source::new("x.yaml", &octodns(&zone(lines)));
        let (again, told) = crate::config::octodns(&source, zone("").apex());
        assert_eq!(told, []);
        assert_eq!(again, zone(lines));
    }
}
