//! Letters to users.

use super::{Block, DAY, Facts, Notice, WEEK};
use crate::report::BLANK;

const ALL: &str = "all users";

fn text(text: impl Into<String>) -> Block {
    Block::Text(text.into())
}

fn points<const N: usize>(all: [&str; N]) -> Block {
    Block::Points(all.map(str::to_owned).to_vec())
}

fn help(facts: &Facts<'_>) -> Block {
    text(format!("Questions: {}.", facts.help()))
}

fn notice(
    id: &'static str,
    name: &'static str,
    send: Vec<crate::plan::Timestamp>,
    subject: String,
    body: Vec<Block>,
) -> Notice {
    Notice { id, name, to: ALL.to_owned(), send, once: None, subject, body }
}

/// N1: what, why, when, and what to do before.
pub(super) fn announce(facts: &Facts<'_>) -> Notice {
    let (old, new) = facts.platforms();
    let zone = facts.dossier.zone();
    let opens = facts.day(facts.at.opens);
    let mut body = vec![text(format!(
        "The mail of {} moves from {old} to {new}. Your mail address stays the same, \
         and those who write to you need not know of it.",
        facts.organisation()
    ))];
    let goals = &facts.dossier.runbook().goals;
    if !goals.is_empty() {
        body.push(text(format!("Why: {}.", goals.join(", "))));
    }
    body.push(text(match facts.at.deadline {
        Some(deadline) => format!(
            "From {opens} on new mail arrives in your new mailbox. Your old one stays readable \
             until {}; by then move your folders over.",
            facts.day(deadline)
        ),
        None => format!(
            "It begins on {opens} and takes {}. Meanwhile you cannot read or send. Mail to you is \
             not lost: it waits, or is in your new mailbox already.",
            facts.length()
        ),
    }));
    body.push(text("Before that, please:"));
    body.push(points([
        "delete what you do not need, and empty the trash: it moves faster",
        "have your password and your mail address at hand",
        "export address books, calendars and tasks if they are kept with your mail: IMAP does not \
         carry them",
        "write down filters, forwards and absence notes that you have set up: they are set up anew",
        "tell us about printers, scanners and programs that send mail for you",
    ]));
    body.push(help(facts));
    let lead = if facts.at.deadline.is_some() { 4 * WEEK } else { 2 * WEEK };
    let send = facts.at.opens - lead;
    notice("N1", "announcement", vec![send], format!("Mail of {zone} moves on {opens}"), body)
}

/// N2: what to enter into mail programs.
pub(super) fn instruct(facts: &Facts<'_>) -> Notice {
    let zone = facts.dossier.zone();
    let mut body = vec![text(format!(
        "After the move, from {} on, mail programs need these settings:",
        facts.day(facts.at.deadline.unwrap_or(facts.at.closes))
    ))];
    body.extend(facts.settings());
    body.push(text("How to change them:"));
    body.push(points([
        "Outlook and Apple Mail: add the account anew with your mail address; remove the old one \
         when all of your mail is there",
        "Thunderbird: account settings, server settings and outgoing server; compare every line \
         with the table",
        "phones: delete the account and add it again",
        "everything else: change server, port and encryption as in the table, nothing more",
    ]));
    let clients = &facts.dossier.runbook().clients;
    if !clients.is_empty() {
        body.push(text(format!("We have tried: {}.", clients.join(", "))));
    }
    body.push(text(
        "If you get a new password or a second factor, set it up now, while the old account works.",
    ));
    body.push(help(facts));
    let subject = format!("What to change in your mail program for {zone}");
    notice("N2", "instructions", vec![facts.at.opens - WEEK], subject, body)
}

/// N3: it is tomorrow.
pub(super) fn remind(facts: &Facts<'_>) -> Notice {
    let (opens, zone) = (facts.day(facts.at.opens), facts.dossier.zone());
    let mut body = Vec::new();
    if facts.is_in_a_night() {
        body.push(text(format!(
            "Reading and sending are off from {opens} until {} at the latest. Mail to you is not \
             lost: it waits, or arrives in the new mailbox.",
            facts.day(facts.at.closes)
        )));
        body.push(text("Send or save your drafts before, and close your mail program."));
    } else {
        body.push(text(format!(
            "From {opens} on new mail arrives in your new mailbox. The old one stays readable \
             until {}.",
            facts.day(facts.at.closes)
        )));
    }
    body.push(text("The settings that you need afterwards were in our letter of last week."));
    body.push(help(facts));
    notice("N3", "reminder", vec![facts.at.opens - DAY], format!("Tomorrow: {zone} moves"), body)
}

/// N5: it begins.
pub(super) fn freeze(facts: &Facts<'_>) -> Notice {
    let body = match facts.at.deadline {
        None => vec![text(format!(
            "The move has begun: the old mail system is closed for reading and sending. We write \
             again when the new one is open, by {} at the latest.",
            facts.day(facts.at.closes)
        ))],
        Some(deadline) => vec![text(format!(
            "The move has begun: new mail arrives in your new mailbox. Folders may be moved until \
             {}.",
            facts.day(deadline)
        ))],
    };
    let subject = format!("Now: mail of {} is moving", facts.dossier.zone());
    let mut letter = notice("N5", "beginning", vec![facts.at.opens], subject, body);
    letter.to = "users who are at work at this hour".to_owned();
    letter
}

/// N6: it is done.
pub(super) fn done(facts: &Facts<'_>) -> Notice {
    let (zone, moved) = (facts.dossier.zone(), facts.day(facts.at.moved));
    let mut body = vec![text(format!(
        "The mail of {zone} has moved. Please change your mail program now, if you have not done \
         so:"
    ))];
    body.extend(facts.settings());
    body.push(points([
        "the old server answers still? Restart the program; on Windows also `ipconfig /flushdns`",
        "on a phone, delete the account and add it again",
        "the old webmail shows nothing new any more",
        "a mail is missing? Tell us who sent it and at which time; we find it",
    ]));
    body.push(text(format!("By {moved} the last computer has learnt where the new servers are.")));
    body.push(help(facts));
    let subject = format!("Done: mail of {zone} has moved");
    let mut letter = notice("N6", "done", vec![facts.at.moved], subject, body);
    letter.once = Some("once it has been decided to stay");
    letter
}

/// N7: it is not done.
pub(super) fn not_done(facts: &Facts<'_>) -> Notice {
    let zone = facts.dossier.zone();
    let body = vec![
        text(format!(
            "The move of {zone} has been stopped, and everything works as before. No mail is lost. \
             There is nothing that you need to do; leave your mail program as it was."
        )),
        text(format!("The next date: {BLANK}. We write again before that.")),
        help(facts),
    ];
    let subject = format!("Not yet: mail of {zone} stays for now where it was");
    let mut letter = notice("N7", "not done", vec![], subject, body);
    letter.once = Some("once it has been decided to turn back");
    letter
}

/// N9: to those who are still at the old servers.
pub(super) fn chase(facts: &Facts<'_>) -> Notice {
    let by = facts.at.deadline.unwrap_or(facts.at.off);
    let day = facts.day(by);
    let share = match facts.at.deadline {
        Some(_) => "Move the folders that you want to keep, and change your mail program.",
        None => "Change your mail program: what you send and read there misses the new system.",
    };
    let mut body = vec![text(format!(
        "Our logs show that your mail program still connects to the old server. It is turned off \
         on {day}. {share}"
    ))];
    body.extend(facts.settings());
    body.push(text(format!("We help you with it: {}.", facts.help())));
    let send = vec![by - 2 * WEEK, by - WEEK, by - DAY];
    let send = send
        .into_iter()
        .filter(|time| *time > facts.at.moved || facts.at.deadline.is_some())
        .collect();
    let subject = format!("Your mail program still uses the old server, until {day}");
    let mut letter = notice("N9", "to latecomers", send, subject, body);
    letter.to = "users whom logs of the old server still show, each by name".to_owned();
    letter
}

/// N10: the old system is off.
pub(super) fn farewell(facts: &Facts<'_>) -> Notice {
    let (old, _) = facts.platforms();
    let keeps = facts.dossier.proposal.schedule.milestones.repurpose_at;
    let mut body = vec![text(format!("The old mail system ({old}) is off from today on."))];
    if let Some(time) = keeps {
        body.push(text(format!("Its machines are kept until {}, then erased.", facts.day(time))));
    }
    if facts.dossier.has("relocated-on") {
        body.push(text(
            "Who writes to an address that has ceased is told the new one for a while.",
        ));
    }
    if let Some(fate) = &facts.dossier.runbook().old_system {
        body.push(text(fate.clone()));
    }
    body.push(help(facts));
    let subject = format!("The old mail system of {} is off", facts.dossier.zone());
    let mut letter = notice("N10", "farewell", vec![facts.at.off], subject, body);
    letter.once = Some("once port 25 of the old server is closed");
    letter
}
