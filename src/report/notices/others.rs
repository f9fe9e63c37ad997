//! Letters to those who are no users: support, other sites, owners of what sends.

use super::{Block, DAY, Facts, Notice, WEEK};
use crate::report::Dossier;

fn text(text: impl Into<String>) -> Block {
    Block::Text(text.into())
}

/// N4: what support must know.
pub(super) fn helpdesk(facts: &Facts<'_>) -> Notice {
    let dossier = facts.dossier;
    let times = &dossier.proposal.schedule.milestones;
    let mut body = vec![text(format!(
        "Mail of {} moves between {} and {}. What users will tell you, and what it is:",
        dossier.zone(),
        facts.day(facts.at.opens),
        facts.day(facts.at.closes)
    ))];
    let row = |symptom: &str, cause: &str| vec![symptom.to_owned(), cause.to_owned()];
    let rows = vec![
        row("a warning about a certificate", "the server name is not the one in the table"),
        row("asks for the password again", "still the old account, or the new needs a new sign-in"),
        row("sent mail is missing", "the folder has another name, or was not copied yet"),
        row("cannot send", "old server or port; the table has the new ones"),
        row("nothing new since the night", "reads at the old server: restart, clear its DNS cache"),
        row("contacts are gone", "IMAP does not carry them: import what was exported"),
        row("a mail is missing", "note sender and time; search the log of both servers"),
    ];
    body.push(Block::Table(vec!["what they say".into(), "what it is".into()], rows));
    body.extend(facts.settings());
    if let Some(time) = times.last_rollback {
        body.push(text(format!(
            "Whether to stay or to turn back is decided by {}.",
            facts.day(time)
        )));
    }
    let runbook = dossier.runbook();
    let channel = runbook.channel.iter().map(|way| format!("Tell what you cannot solve: {way}."));
    let decides = runbook.decision.iter().map(|name| format!("It is {name} who decides."));
    let both: Vec<_> = channel.chain(decides).collect();
    if !both.is_empty() {
        body.push(text(both.join(" ")));
    }
    Notice {
        id: "N4",
        name: "for the helpdesk",
        to: facts.help(),
        send: vec![facts.at.opens - DAY],
        once: None,
        subject: format!("Mail of {} moves tomorrow: what users will ask", dossier.zone()),
        body,
    }
}

/// N8: to other sites that have written our servers down.
pub(super) fn partners(facts: &Facts<'_>) -> Notice {
    let dossier = facts.dossier;
    let (zone, intent) = (dossier.zone(), &dossier.spec.intent);
    let end = dossier.end();
    let mut body = vec![text(format!(
        "From {} on mail for {zone} is taken by other servers. Who delivers by DNS need do \
         nothing. Who has written our servers down, in a fixed route, a list of allowed addresses \
         or an SPF include, please change it then:",
        facts.day(facts.at.opens)
    ))];
    let hosts = intent.new.mx.iter().map(|mx| {
        let addresses = Dossier::addresses(&end, &mx.exchange);
        let addresses = match addresses.is_empty() {
            true => "as DNS says; the platform may change them".to_owned(),
            false => addresses.join(", "),
        };
        vec![mx.preference.to_string(), Dossier::plain(&mx.exchange), addresses]
    });
    let head = vec!["preference".to_owned(), "server".to_owned(), "addresses".to_owned()];
    body.push(Block::Table(head, hosts.collect()));
    if let Some(spf) = &intent.new.spf {
        body.push(text(format!("Senders afterwards: {spf}")));
    }
    body.push(text(format!(
        "The old servers take mail and pass it on until {} at least. Nothing else may be expected \
         of their addresses after that.",
        facts.day(facts.at.off)
    )));
    body.push(text(format!("Contact: {}.", facts.help())));
    Notice {
        id: "N8",
        name: "to other sites",
        to:
            "administrators with fixed routes, lists of allowed addresses, SPF includes; list hosts"
                .to_owned(),
        send: vec![facts.at.opens - WEEK],
        once: None,
        subject: format!("Mail servers of {zone} change on {}", facts.day(facts.at.opens)),
        body,
    }
}

/// N11: to owners of whatever sends as the domain.
pub(super) fn senders(facts: &Facts<'_>) -> Notice {
    let dossier = facts.dossier;
    let zone = dossier.zone();
    let sending = crate::report::settings(dossier).into_iter().find(|one| one.what == "sending");
    let mut points = Vec::new();
    if let Some(one) = sending {
        points.push(format!(
            "hand mail to {}, port {}, {}, with an account of its own; sign in with: {}",
            one.host.text(),
            one.port,
            one.security,
            one.sign_in
        ));
    }
    points.push(format!(
        "whatever sends by itself must stand in the SPF record of {zone}, or sign with a DKIM key \
         of {zone}: tell us its addresses"
    ));
    let names: Vec<_> = dossier.spec.intent.new.dkim.keys().map(Dossier::plain).collect();
    if !names.is_empty() {
        points.push(format!("the new platform signs under {}", names.join(" and ")));
    }
    points.push(format!(
        "what sends through the old server works until {} and fails then",
        facts.day(facts.at.off)
    ));
    let known = &dossier.runbook().third_parties;
    let to = match known.is_empty() {
        true => "owners of web forms, printers, scanners, shops and monitoring that send as us",
        false => "owners of what sends as us",
    };
    let to = if known.is_empty() { to.to_owned() } else { format!("{to}: {}", known.join("; ")) };
    let body = vec![
        text(format!(
            "You run something that sends mail as {zone}. Our mail moves on {}; so that yours is \
             not taken for forged, please:",
            facts.day(facts.at.opens)
        )),
        Block::Points(points),
        text(format!("Contact: {}.", facts.help())),
    ];
    Notice {
        id: "N11",
        name: "to owners of senders",
        to,
        send: vec![facts.at.opens - WEEK],
        once: None,
        subject: format!("What sends as {zone} must change by {}", facts.day(facts.at.off)),
        body,
    }
}
