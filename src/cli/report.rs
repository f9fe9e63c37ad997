//! `cutover report`: what came of a move, for those who were not there.

use super::args;
use super::session::Session;
use super::{Failure, exit};
use crate::config::ZoneSpec;
use crate::port::Journal as _;
use crate::report::after::{After, document, paper};
use crate::report::json;
use crate::watch::observations;
use serde_json::Value;

/// Tells of zones what journals and watches have kept; asks nobody.
pub(super) fn report(session: &Session<'_>, args: &args::Report) -> Result<u8, Failure> {
    let mut parts = Vec::new();
    for spec in session.zones(&args.zones)? {
        parts.push((spec.intent.zone.clone(), after(session, spec)?, session.when(spec)));
    }
    let text = if args.json {
        let told = |(zone, after, _): &(_, Option<After>, _)| {
            after.as_ref().map_or_else(|| json::unbegun(zone), document)
        };
        let documents: Vec<Value> = parts.iter().map(told).collect();
        let document = match <[_; 1]>::try_from(documents) {
            Ok([one]) => one,
            Err(many) => Value::Array(many),
        };
        format!("{document:#}\n")
    } else {
        let paper = paper(&parts);
        if args.html { paper.html() } else { paper.markdown() }
    };
    match args.out.as_deref().filter(|path| path.as_os_str() != "-") {
        None => session.terminal.print(&text),
        Some(path) => std::fs::write(path, text).map_err(|error| {
            Failure::error(format!("cannot write `{}`: {error}", path.display()))
        })?,
    }
    Ok(exit::DONE)
}

/// What is known of one zone; `None` if its move has not begun.
fn after(session: &Session<'_>, spec: &ZoneSpec) -> Result<Option<After>, Failure> {
    let zone = &spec.intent.zone;
    let Some(mut journal) = session.store.open(zone)? else { return Ok(None) };
    let entries = journal.news()?;
    if entries.is_empty() {
        return Ok(None);
    }
    let seen = observations(&session.store.observations(zone))?;
    let after = After::of(&entries, &seen, &spec.policy, session.now())?;
    let platforms = (spec.intent.old.platform.clone(), spec.intent.new.platform.clone());
    Ok(Some(After { platforms, ..after }))
}
