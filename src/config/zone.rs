//! A zone file: which zone, how its mail is, how it shall be, and the way there.

use super::accept::{Accepted, accepted};
use super::reader::{Read, Reader, either, list, placed, scalar, text};
use super::runbook::{Runbook, runbook};
use super::scalar::{domain, integer};
use super::side::Place;
use super::transition::{Confirmed, Way, outline, transition};
use super::{Diagnostic, Files, Folder, Node, Source};
use crate::dns::Name;
use crate::mail::{Intent, KeyCopy};
use crate::plan::{Kind, Policy, digest_of};
use chrono_tz::Tz;
use std::path::{Path, PathBuf};

/// What a zone file says of one zone.
#[derive(Clone, Debug)]
pub struct ZoneSpec {
    /// The file.
    pub path: PathBuf,
    /// Old and new.
    pub intent: Intent,
    /// The way between them.
    pub policy: Policy,
    /// The accounts that serve the zone, by the names of their files.
    pub providers: Vec<String>,
    /// The time zone in which the file tells its window.
    pub time_zone: Option<Tz>,
    /// Manual steps that the file says are done.
    pub confirmed: Vec<Confirmed>,
    /// Rules that the zone breaks knowingly.
    pub accepted: Vec<Accepted>,
    /// What papers say besides.
    pub runbook: Runbook,
    /// A digest of all this but what is confirmed, accepted or said in papers: an edit that changes
    /// nothing leaves it as it is.
    pub digest: String,
}

/// Reads a zone file of a folder; a file with `zones:` gives one entry each.
pub fn zone_file(source: &Source, base: &Path) -> (Vec<ZoneSpec>, Vec<Diagnostic>) {
    zone_file_among(source, &Folder::new(base))
}

/// Reads a zone file that may name others of these.
pub(super) fn zone_file_among(
    source: &Source,
    files: &dyn Files,
) -> (Vec<ZoneSpec>, Vec<Diagnostic>) {
    let node = match Node::parse(&source.text) {
        Ok(node) => node,
        Err(problem) => return (Vec::new(), vec![*problem]),
    };
    let reader = Reader::new(source);
    let specs = specs(&reader, &node, files, &source.path).unwrap_or_default();
    (specs, reader.finish())
}

fn specs(reader: &Reader<'_>, node: &Node, files: &dyn Files, path: &Path) -> Read<Vec<ZoneSpec>> {
    let mut table = reader.table(node)?;
    table.need("version", scalar(version));
    let one = table.get("zone", placed(scalar(domain)));
    let many = table.get("zones", placed(either(scalar(domain))));
    let providers = table.need("provider", either(text));
    let (old, new) = (table.take("old"), table.take("new"));
    let accepted = table.get("accept", list(accepted)).unwrap_or_default();
    let runbook = table.get("runbook", runbook).unwrap_or_default();
    let way_node = table.take("transition");
    let way = way_node.and_then(|node| transition(reader, node));
    table.finish();

    let zones = match (one, many) {
        (Some(zone), None) => Some(vec![zone.value]),
        (None, Some(zones)) => Some(zones.value),
        (Some(_), Some(zones)) => reader.refuse(&zones.span, "write either `zone` or `zones`"),
        (None, None) => reader.refuse(&node.span, "`zone` is missing here"),
    };
    let (Some(old), Some(new)) = (old, new) else {
        let missing = if old.is_none() { "old" } else { "new" };
        let found = Diagnostic::error(format!("`{missing}` is missing here"));
        let help = "write `old: {}` if the domain has no mail yet";
        reader.tell(found.at(node.span.clone()).help(help));
        return None;
    };
    let Way { policy, time_zone, confirmed } = way.unwrap_or_default();
    let spec = |zone: Name| {
        let place = |is_old| Place { zone: &zone, files, is_old };
        let (old, new) = (place(true).side(reader, old), place(false).side(reader, new));
        let (old, new) = (old?, new?);
        let (dkim_lead, mx_wait) = (new.dkim_lead, new.mx_wait);
        let told = || Kind::of(old.platform.as_deref(), new.platform.as_deref());
        let kind = policy.kind.or_else(told);
        let policy = Policy { dkim_lead, mx_wait, kind, ..policy.clone() };
        let intent = Intent { zone, old, new };
        let digest = digest_of(&meaning(&intent, way_node));
        let (path, providers) = (path.to_owned(), providers.clone()?);
        Some(ZoneSpec {
            path,
            intent,
            policy,
            providers,
            time_zone,
            confirmed: confirmed.clone(),
            accepted: accepted.clone(),
            runbook: runbook.clone(),
            digest,
        })
    };
    let specs: Vec<_> = zones?.into_iter().map(spec).collect();
    specs.into_iter().collect()
}

/// What the file means, in words that only an edit changes: no comment, no newer program.
fn meaning(intent: &Intent, transition: Option<&Node>) -> String {
    let mut out = format!("{}\n{}\n", intent.zone, transition.map(outline).unwrap_or_default());
    for (name, side) in [("old", &intent.old), ("new", &intent.new)] {
        for claim in side.claims(&intent.zone) {
            let rdata: Vec<_> = claim.rdata.iter().map(ToString::to_string).collect();
            let ttl = claim.ttl.map(|ttl| ttl.to_string()).unwrap_or_default();
            out += &format!("{name} {} {:?} {ttl} {}\n", claim.key, claim.role, rdata.join(" | "));
        }
        for (owner, copy) in &side.copies {
            let key = match copy {
                KeyCopy::Key(key) => key.to_string(),
                KeyCopy::Live => "live".to_owned(),
            };
            out += &format!("{name} {owner} copy {key}\n");
        }
    }
    out
}

/// Version 1, the only one so far.
pub(super) fn version(text: &str) -> Result<(), crate::dns::TextError> {
    match integer::<u32>(text)? {
        1 => Ok(()),
        other => Err(crate::dns::TextError {
            at: 0,
            len: text.len(),
            message: format!("version {other} is newer than this program; it reads version 1"),
        }),
    }
}
