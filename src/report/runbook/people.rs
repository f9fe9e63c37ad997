//! Who does what, who decides, and how they talk meanwhile.

use super::known;
use crate::report::paper::{Paper, code, escape};
use crate::report::{BLANK, Dossier};

pub(super) fn people(paper: &mut Paper, dossier: &Dossier<'_>) {
    let runbook = dossier.runbook();
    let fixed = [
        ("decides: go, no-go, turn back", runbook.decision.as_deref(), "decision maker"),
        ("users get help at", runbook.helpdesk.as_deref(), "helpdesk"),
        ("channel without the mail that moves", runbook.channel.as_deref(), "channel"),
    ];
    let fixed = fixed.into_iter().map(|(part, who, what)| {
        vec![part.to_owned(), known(who, what), String::new(), String::new()]
    });
    let contacts = runbook.contacts.iter().map(|one| {
        let owns: Vec<_> = one.owns.iter().map(|id| code(id)).collect();
        vec![
            escape(&one.role),
            escape(&one.name),
            known(one.reach.as_deref(), "how reached"),
            owns.join(", "),
        ]
    });
    let blank = ["DNS", "old system", "new system"];
    let blank = blank.into_iter().filter(|_| runbook.contacts.is_empty());
    let blank = blank
        .map(|role| vec![role.to_owned(), BLANK.to_string(), BLANK.to_string(), String::new()]);
    let rows: Vec<_> = fixed.chain(contacts).chain(blank).collect();
    paper.table(&["part", "who", "reached by", "does"], rows);
    paper.text(
        "While mail moves nobody relies on it: calls, chat and the page of `cutover watch --serve` \
         are the way. This paper is printed, for the case that nothing else works.",
    );
}

/// Whose a stage or a checkpoint is.
pub(super) fn owner(dossier: &Dossier<'_>, id: &str) -> String {
    let contacts = &dossier.runbook().contacts;
    let found = contacts.iter().find(|one| one.owns.iter().any(|owned| owned == id));
    found.map_or_else(|| BLANK.to_string(), |one| escape(&one.name))
}
