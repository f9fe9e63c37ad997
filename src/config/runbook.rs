//! The `runbook` of a zone file: what only people know, for the papers that they read.

use super::Node;
use super::reader::{Read, Reader, list, scalar, text};
use super::scalar::integer;

/// What papers say besides what follows from the plan. Prose is no part of it: an edit here changes
/// nothing that is under way.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Runbook {
    /// Whose mail moves.
    pub organisation: Option<String>,
    /// How many people use it.
    pub users: Option<u32>,
    /// How many mailboxes there are, shared ones among them.
    pub mailboxes: Option<u32>,
    /// Where users get help.
    pub helpdesk: Option<String>,
    /// Who decides whether to go on or to turn back.
    pub decision: Option<String>,
    /// How those at work reach each other without the mail that moves.
    pub channel: Option<String>,
    /// Where mail is read in a browser afterwards.
    pub webmail: Option<String>,
    /// Who has a part in it.
    pub contacts: Vec<Contact>,
    /// What the move is for.
    pub goals: Vec<String>,
    /// What is taken for granted.
    pub assumptions: Vec<String>,
    /// What is not known yet.
    pub open_points: Vec<String>,
    /// What speaks for and against the move, in somebody's opinion.
    pub merits: Option<String>,
    /// What the old system is, and what becomes of it.
    pub old_system: Option<String>,
    /// Mail programs in use.
    pub clients: Vec<String>,
    /// Whatever else sends as the domain, or is known to lead mail to the old servers: printers,
    /// web forms, partners with fixed routes.
    pub third_parties: Vec<String>,
}

/// Somebody with a part in the move.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact {
    /// The part.
    pub role: String,
    /// Who plays it.
    pub name: String,
    /// By which way that does not depend on the mail that moves.
    pub reach: Option<String>,
    /// Stages and checkpoints that are this person's.
    pub owns: Vec<String>,
}

/// Reads a runbook.
pub(super) fn runbook(reader: &Reader<'_>, node: &Node) -> Read<Runbook> {
    let mut table = reader.table(node)?;
    let found = Runbook {
        organisation: table.get("organisation", text),
        users: table.get("users", scalar(integer)),
        mailboxes: table.get("mailboxes", scalar(integer)),
        helpdesk: table.get("helpdesk", text),
        decision: table.get("decision", text),
        channel: table.get("channel", text),
        webmail: table.get("webmail", text),
        contacts: table.get("contacts", list(contact)).unwrap_or_default(),
        goals: table.get("goals", list(text)).unwrap_or_default(),
        assumptions: table.get("assumptions", list(text)).unwrap_or_default(),
        open_points: table.get("open-points", list(text)).unwrap_or_default(),
        merits: table.get("merits", text),
        old_system: table.get("old-system", text),
        clients: table.get("clients", list(text)).unwrap_or_default(),
        third_parties: table.get("third-parties", list(text)).unwrap_or_default(),
    };
    table.finish();
    Some(found)
}

fn contact(reader: &Reader<'_>, node: &Node) -> Read<Contact> {
    let mut table = reader.table(node)?;
    let (role, name) = (table.need("role", text), table.need("name", text));
    let reach = table.get("reach", text);
    let owns = table.get("owns", list(text)).unwrap_or_default();
    table.finish();
    Some(Contact { role: role?, name: name?, reach, owns })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn read(text: &str) -> (Option<Runbook>, Vec<String>) {
        let source = Source::new("zone.yaml", text);
        let reader = Reader::new(&source);
        let found = runbook(&reader, &Node::parse(text).unwrap());
        (found, reader.finish().iter().map(|found| found.line(&source)).collect())
    }

    #[test]
    fn people_say_what_no_record_does() {
        let (found, told) = read(
            "{users: 500, merits: '* control', \
             contacts: [{role: DNS, name: Ada, owns: [delivery]}]}",
        );
        assert_eq!(told, Vec::<String>::new());
        let found = found.unwrap();
        assert_eq!((found.users, found.mailboxes), (Some(500), None));
        assert_eq!(found.contacts[0].owns, ["delivery"]);
    }

    #[test]
    fn it_is_read_as_strictly_as_all_else() {
        let check = |text: &str, line: &str| {
            let (_, told) = read(text);
            assert!(told.len() == 1 && told[0].contains(line), "{text}: {told:?}");
        };
        check("{usres: 500}", "unknown key `usres`");
        check("{users: many}", "1:9");
        check("{contacts: [{name: Ada}]}", "`role` is missing here");
        check("{clients: Outlook}", "a list is wanted here");
    }
}
