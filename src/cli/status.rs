//! `cutover status`: where each transition stands.

use super::args;
use super::session::Session;
use super::{Failure, exit};
use crate::report::{json, text};

/// Shows the runs of zones; looks only, so it needs no lease.
pub(super) fn status(session: &Session<'_>, args: &args::Status) -> Result<u8, Failure> {
    let mut documents = Vec::new();
    for spec in session.zones(&args.zones)? {
        let zone = &spec.intent.zone;
        match session.run(zone)? {
            Some((run, _)) if args.json => documents.push(json::status(&run.view(session.now()))),
            Some((run, _)) => {
                let view = run.view(session.now());
                session.terminal.print(&text::status(&view, &session.when(spec)));
            }
            None if args.json => documents.push(json::unbegun(zone)),
            None => {
                let zone = text::plain(zone);
                session.terminal.print(&format!("{zone}: not begun; see `cutover plan`\n"));
            }
        }
    }
    if args.json {
        let document = match <[_; 1]>::try_from(documents) {
            Ok([one]) => one,
            Err(many) => serde_json::Value::Array(many),
        };
        session.terminal.print(&format!("{document:#}\n"));
    }
    Ok(exit::DONE)
}
