//! Records: what changes with each stage, and every one before, during and after.

use super::Part;
use crate::dns::{RrKey, RrSet, Zone};
use crate::plan::Change;
use crate::report::paper::{Paper, code};
use crate::report::{Dossier, text};
use std::collections::BTreeSet;

/// Changes as zone-file lines, and as one types them into a console.
pub(super) fn changes(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    paper.text(
        "`+` comes, `~` changes, `-` goes. The program does this; the tables are for hosts where a \
         person types. Values that are not ours and stand beside stay as they are.",
    );
    let apex = dossier.start.apex();
    for (phase, _) in dossier.phases() {
        part.below(paper, phase.stage.name());
        let lines = text::changes(&phase.changes, "");
        paper.verbatim("diff", &anstream::adapter::strip_str(&lines).to_string());
        let rows = phase.changes.iter().map(|change| {
            let key = change.key();
            let (what, set) = match change {
                Change::Create(after) => ("add", after),
                Change::Replace { after, .. } if change.is_ttl_only() => ("set TTL", after),
                Change::Replace { after, .. } => ("replace", after),
                Change::Delete(before) => ("delete", before),
            };
            vec![
                what.to_owned(),
                code(&key.owner.relative_to(apex)),
                key.rtype.to_string(),
                set.ttl().to_string(),
                typed(change, set),
            ]
        });
        paper.table(&["do", "name", "type", "TTL", "value"], rows);
    }
}

/// What is typed; where only the TTL changes, the value stays as it is.
fn typed(change: &Change, set: &RrSet) -> String {
    if change.is_ttl_only() {
        return "as it is".to_owned();
    }
    let values: Vec<_> = set.rdata().iter().map(|rdata| code(&rdata.to_string())).collect();
    values.join(" and ")
}

/// The zone before, every RRset that moves at each stage, and the zone after.
pub(super) fn appendix(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let zones = dossier.zones();
    part.below(paper, "Before");
    paper.verbatim("dns", &dossier.start.to_text());
    part.below(paper, "During: each RRset that changes, at each stage");
    paper.text("A stage that is not named leaves it as the one before.");
    let keys: BTreeSet<_> = dossier
        .phases()
        .flat_map(|(phase, _)| phase.changes.iter().map(|change| change.key().clone()))
        .collect();
    let rows = keys.iter().map(|key| {
        let mut before = shown(&dossier.start, key);
        let mut cells =
            vec![format!("{} {}", code(&key.owner.relative_to(dossier.start.apex())), key.rtype)];
        cells.push(before.clone());
        let mut stages = Vec::new();
        for (stage, zone) in &zones {
            let now = shown(zone, key);
            if now != before {
                stages.push(format!("**{stage}** {now}"));
                before = now;
            }
        }
        cells.push(stages.join("; "));
        cells
    });
    paper.table(&["RRset", "before", "then"], rows);
    part.below(paper, "After");
    paper.verbatim("dns", &dossier.end().to_text());
    part.below(paper, "Marks of this paper");
    paper.text(format!(
        "Plan {}; zone file {}; program cutover {}.",
        code(&dossier.plan().digest()),
        code(&dossier.spec.digest),
        env!("CARGO_PKG_VERSION")
    ));
}

fn shown(zone: &Zone, key: &RrKey) -> String {
    let Some(set) = zone.get(key) else { return "absent".to_owned() };
    let values = set.rdata().iter().map(|rdata| code(&short(&rdata.to_string())));
    format!("TTL {} {}", set.ttl(), values.collect::<Vec<_>>().join(" "))
}

/// Keys are long, and stand in full in the zones before and after.
fn short(text: &str) -> String {
    const MOST: usize = 300; // an SPF record that fits into one string is shorter
    match text.chars().count() > MOST {
        true => text.chars().take(60).collect::<String>() + "...",
        false => text.to_owned(),
    }
}
