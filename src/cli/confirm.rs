//! `cutover confirm`: records that manual steps are done.

use super::args;
use super::session::Session;
use super::{Failure, exit};
use crate::port::Journal as _;
use crate::report::text;
use crate::run::{Entry, Event};

/// Appends to the journal, also while another process drives the zone.
pub(super) fn confirm(session: &Session<'_>, args: &args::Confirm) -> Result<u8, Failure> {
    let spec = session.zone(&args.zone)?;
    let zone = &spec.intent.zone;
    let Some((run, mut journal)) = session.run(zone)? else {
        return Err(Failure::error(format!("`{zone}` has no transition under way"))
            .hint("`cutover apply` begins one"));
    };
    let known: Vec<_> = run.checkpoints().collect();
    if let Some(unknown) = args.checkpoints.iter().find(|id| !known.contains(&id.as_str())) {
        let message = format!("`{zone}` has no checkpoint `{unknown}`");
        return Err(
            Failure::with(exit::USAGE, message).hint(format!("it has: {}", known.join(", ")))
        );
    }
    for checkpoint in &args.checkpoints {
        let (checkpoint, by, note) = (checkpoint.clone(), args.by.clone(), args.note.clone());
        let entry = Entry { at: session.now(), event: Event::Confirmed { checkpoint, by, note } };
        journal.append(&entry)?;
        session.terminal.note(&text::fact(zone, &entry, &session.when(spec)));
    }
    Ok(exit::DONE)
}
