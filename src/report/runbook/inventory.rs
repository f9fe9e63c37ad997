//! What there is: records and whose they are, hosts, senders, keys, other people's values.

use super::opening::list;
use super::{Part, known};
use crate::dns::Name;
use crate::dns::{Rdata, RrSet, Rtype};
use crate::mail::spf::Mechanism;
use crate::mail::{Side, Spf};
use crate::report::paper::{Paper, code, escape, prose};
use crate::report::{BLANK, Dossier};
use std::collections::BTreeMap;

pub(super) fn inventory(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let soa = dossier.start.soa().map(|(ttl, soa)| {
        format!(
            "serial {}, refresh {}, retry {}, negative TTL {}",
            soa.serial,
            soa.refresh,
            soa.retry,
            ttl.min(soa.minimum)
        )
    });
    let servers: Vec<_> =
        dossier.servers().iter().map(|name| code(&Dossier::plain(name))).collect();
    paper.text(format!(
        "Zone {}, name servers {}; SOA: {}. Plan {}, {} RRsets.",
        code(&dossier.zone()),
        servers.join(", "),
        soa.unwrap_or_else(|| "not shown by the DNS host".to_owned()),
        code(&dossier.plan().digest()[..12]),
        dossier.start.rrsets().count()
    ));
    roles(paper, dossier, part);
    senders(paper, dossier, part);
    records(paper, dossier, part);
    if part.is_first {
        others(paper, dossier, part);
    }
}

/// Which hosts do what, before and after.
fn roles(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    part.below(paper, "Who does what");
    let intent = &dossier.spec.intent;
    let end = dossier.end();
    let mx = |side: &Side, zone| {
        let hosts = side.mx.iter().map(|mx| {
            let addresses = Dossier::addresses(zone, &mx.exchange).join(", ");
            let at = if addresses.is_empty() { addresses } else { format!(" ({addresses})") };
            format!("{} {}{at}", mx.preference, code(&Dossier::plain(&mx.exchange)))
        });
        hosts.collect::<Vec<_>>().join("; ")
    };
    let hosts = |hosts: &BTreeMap<Name, Vec<Rdata>>| {
        let each = hosts.iter().filter(|(_, rdata)| !rdata.is_empty()).map(|(owner, rdata)| {
            let to = rdata.iter().map(|rdata| match rdata {
                Rdata::Cname(name) => Dossier::plain(name),
                other => other.to_string(),
            });
            let to: Vec<_> = to.collect();
            format!("{} at {}", code(&owner.relative_to(&intent.zone)), code(&to.join(" ")))
        });
        each.collect::<Vec<_>>().join("; ")
    };
    let keys = |side: &Side| {
        let names = side.dkim.keys().map(|name| code(&name.relative_to(&intent.zone)));
        names.collect::<Vec<_>>().join("; ")
    };
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let row =
        |what: &str, old: String, new: String| vec![what.to_owned(), or_none(old), or_none(new)];
    let (old, new) = (&intent.old, &intent.new);
    let rows = [
        row("platform", escape(&dossier.called(old)), escape(&dossier.called(new))),
        row("takes mail in (MX)", mx(old, &dossier.start), mx(new, &end)),
        row("users send by", hosts(&old.submission), hosts(&new.submission)),
        row("users read by", hosts(&old.retrieval), hosts(&new.retrieval)),
        row("signs with (DKIM)", keys(old), keys(new)),
    ];
    paper.table(&["role", "old", "new"], rows.into_iter().filter(|row| row[1] != row[2]));
}

/// Who may send, and by which word of which record.
fn senders(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    part.below(paper, "Who may send");
    let intent = &dossier.spec.intent;
    let terms = |spf: Option<&Spf>| -> Vec<String> {
        let Some(spf) = spf else { return Vec::new() };
        let own = spf.directives().map(|(_, mechanism)| mechanism);
        own.filter(|one| **one != Mechanism::All).map(ToString::to_string).collect()
    };
    let (old, new) = (terms(intent.old.spf.as_ref()), terms(intent.new.spf.as_ref()));
    let mut all: Vec<_> = old.iter().chain(&new).collect();
    all.dedup();
    all.sort();
    all.dedup();
    let yes = |is: bool| if is { "yes" } else { "" }.to_owned();
    let rows = all.into_iter().map(|term| {
        vec![code(term), yes(old.contains(term)), yes(new.contains(term)), meaning(term)]
    });
    paper.table(&["term", "old SPF", "new SPF", "means"], rows);
    let third = &dossier.runbook().third_parties;
    match third.is_empty() {
        true => paper.text(format!("Besides: {}.", known(None, "web forms, printers, shops"))),
        false => {
            let rows = third.iter().map(|one| vec![prose(one), BLANK.to_string()]);
            paper.table(&["besides sends, or leads mail here", "told (N8, N11)"], rows);
        }
    }
}

fn meaning(term: &str) -> String {
    let (name, value) = term.split_once(':').unwrap_or((term, ""));
    match (name, value) {
        ("mx", "") => "the hosts of the MX, whichever they are at the moment".to_owned(),
        ("a", "") => "the addresses of the domain itself".to_owned(),
        ("include", value) => format!("whoever {} lets send", code(value)),
        ("ip4" | "ip6", value) => format!("the address {}", code(value)),
        (_, value) => code(value),
    }
}

/// Every RRset of the zone with its TTL, and whose it is.
fn records(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    part.below(paper, "Records");
    let rows = dossier.start.rrsets().map(|set| {
        vec![
            code(&set.owner().relative_to(dossier.start.apex())),
            set.rtype().to_string(),
            set.ttl().to_string(),
            escape(&dossier.whose(set.key())),
        ]
    });
    paper.table(&["name", "type", "TTL", "whose"], rows);
}

/// What stays other people's, and what leads to other platforms.
fn others(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    part.below(paper, "Other people's");
    let neighbours = dossier.neighbours();
    let mut lines: Vec<_> = neighbours
        .iter()
        .map(|(key, rdata)| {
            format!(
                "{} beside ours at {}: it stays",
                code(&rdata.to_string()),
                code(&key.to_string())
            )
        })
        .collect();
    let apex = dossier.start.apex();
    let aliases = dossier.start.rrsets().filter(|set| set.rtype() == Rtype::CNAME);
    lines.extend(aliases.flat_map(RrSet::rdata).zip(names(dossier)).filter_map(
        |(rdata, owner)| {
            let Rdata::Cname(target) = rdata else { return None };
            let line = || {
                let (owner, target) =
                    (code(&owner.relative_to(apex)), code(&Dossier::plain(target)));
                format!("{owner} is an alias for {target}, on somebody else's platform")
            };
            (!target.is_within(apex)).then(line)
        },
    ));
    match lines.is_empty() {
        true => paper.text("Nothing in the zone is shared, and no alias leads out of it."),
        false => paper.text(list("", lines.into_iter())),
    }
    paper.text(format!(
        "What DNS does not show, to be filled in: {}.",
        [
            "lists and forwards",
            "host files and internal DNS",
            "Autodiscover in the directory (SCP)",
            "fixed routes at partners",
            "who relays through the old server",
        ]
        .map(|what| known(None, what))
        .join(", ")
    ));
}

fn names<'d>(dossier: &'d Dossier<'_>) -> impl Iterator<Item = &'d Name> {
    let aliases = dossier.start.rrsets().filter(|set| set.rtype() == Rtype::CNAME);
    aliases.map(RrSet::owner)
}
