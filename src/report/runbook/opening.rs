//! What the move is for, and what is taken for granted.

use super::{Part, known};
use crate::dns::RrSet;
use crate::plan::{Kind, Stage};
use crate::report::paper::{Paper, code, escape, prose};
use crate::report::{Dossier, span};

/// Aims that every move has: what the plan is made for.
const AIMS: [&str; 4] = [
    "no interruption of the mail service beyond what users are told",
    "no message lost",
    "as few bounces as possible",
    "as little to do for users and for those who write to them as possible",
];

/// What happens to merits nobody may have thought of.
const QUESTIONS: [&str; 5] = [
    "Who can read, keep and hand over the mail? What do privacy and contracts ask for?",
    "Who can delete it for good? Is what is deleted gone (the \"delete test\")?",
    "How does one get out again, with all mail, and by which deadline?",
    "Who notices failures, and who can look into logs?",
    "What does it cost a year, in money and in hours?",
];

pub(super) fn purpose(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let intent = &dossier.spec.intent;
    let runbook = dossier.runbook();
    let who = known(runbook.organisation.as_deref(), "organisation");
    paper.text(format!(
        "The mail of {who}, domain {}, moves from **{}** to **{}**. Mail addresses stay as they \
         are, and so does the control over the domain's DNS.",
        code(&dossier.zone()),
        escape(&dossier.called(&intent.old)),
        escape(&dossier.called(&intent.new))
    ));
    paper.text(list("Aims of the plan:", AIMS.iter().map(|aim| (*aim).to_owned())));
    let goals = runbook.goals.iter().map(|goal| prose(goal));
    match runbook.goals.is_empty() {
        true => paper.text(format!("Aims of the move: {}.", known(None, "why it is made"))),
        false => paper.text(list("Aims of the move:", goals)),
    }
    paper.text(
        "No aims: DNS hosting, web sites and records of other services stay as they are; nothing \
         in the zone is touched but what part 3 calls old or new.",
    );
    part.below(paper, "Merits");
    match &runbook.merits {
        // Written for this paper, in Markdown.
        Some(merits) => paper.text(merits.clone()),
        None => {
            paper.text(format!("{}.", known(None, "opinion on the move")));
            paper.text(list("Worth an answer:", QUESTIONS.iter().map(|one| (*one).to_owned())));
        }
    }
}

pub(super) fn assumptions(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let (runbook, plan) = (dossier.runbook(), dossier.plan());
    let many =
        |number: Option<u32>, one: &'static str, many| if number == Some(1) { one } else { many };
    let number =
        |number: Option<u32>, what: &str| known(number.map(|n| n.to_string()).as_deref(), what);
    let mut facts = vec![format!(
        "{} {}, {} {}.",
        number(runbook.users, "how many"),
        many(runbook.users, "user", "users"),
        number(runbook.mailboxes, "how many"),
        many(runbook.mailboxes, "mailbox", "mailboxes")
    )];
    if let Some(window) = plan.window {
        facts.push(format!(
            "The window lasts {}, from {} to {}.",
            span(window.length),
            dossier.when.at(window.opens),
            dossier.when.at(window.closes())
        ));
    }
    let accounts: Vec<_> = dossier.spec.providers.iter().map(|name| code(name)).collect();
    facts.push(control(dossier, &accounts));
    facts.push(format!(
        "Name servers follow within {}; absence is cached for {}; every lead has {} of margin.",
        span(plan.propagation),
        span(plan.negative_ttl.into()),
        span(dossier.policy.margin)
    ));
    facts.push(format!(
        "The old platform keeps mail in its queue for {}, other people's servers for {}.",
        span(dossier.policy.queue),
        span(dossier.policy.transit)
    ));
    facts.extend(capacity(dossier));
    facts.extend(kind(dossier.policy.kind).map(str::to_owned));
    facts.extend(runbook.assumptions.iter().map(|text| prose(text)));
    paper.text(list("", facts.into_iter()));
    part.below(paper, "Open points");
    let open = runbook.open_points.iter().map(|text| format!("[ ] {}", prose(text)));
    let asked = missing(dossier).into_iter().map(|what| format!("[ ] {}", prose(what)));
    let all: Vec<_> = open.chain(asked).collect();
    match all.is_empty() {
        true => paper.text("None is known."),
        false => paper.text(list("", all.into_iter())),
    }
}

/// Who holds the zone: own hands, and whether the new platform has its servers.
fn control(dossier: &Dossier<'_>, accounts: &[String]) -> String {
    let servers = dossier.servers();
    let domains = dossier.platform(&dossier.spec.intent.new).map(|platform| platform.domains);
    let is_theirs = servers
        .iter()
        .any(|server| domains.iter().flatten().any(|domain| server.is_within(domain)));
    let servers: Vec<_> = servers.iter().map(|name| code(&Dossier::plain(name))).collect();
    let whose = match is_theirs {
        true => "some of them are the new platform's: moving mail on again needs its help",
        false => "none of them is the new platform's, and no stage changes that",
    };
    format!(
        "The zone stays under own control, by the account {}. Its name servers are {}; {whose}.",
        accounts.join(", "),
        servers.join(", ")
    )
}

/// How fast mailboxes must be copied to fit between two stages.
fn capacity(dossier: &Dossier<'_>) -> Option<String> {
    const AT_ONCE: u64 = 8; // what one machine with a good line keeps busy
    let boxes = dossier.runbook().mailboxes.filter(|number| u64::from(*number) > AT_ONCE)?;
    let (from, to) = (dossier.opening()?, dossier.phase(Stage::Retrieval)?.1.begins);
    let room = (to - from).to_std().ok()?;
    if !dossier.has("mailboxes-synced") || room.is_zero() {
        return None;
    }
    let each = room.as_secs() * AT_ONCE / u64::from(boxes);
    Some(format!(
        "{boxes} mailboxes are brought up to date within {}, from the opening to `retrieval`: with \
         {AT_ONCE} at a time each may take {each} s. Measure it with the pilot.",
        span(room)
    ))
}

fn kind(kind: Option<Kind>) -> Option<&'static str> {
    Some(match kind? {
        Kind::ExchangeToSelfHosted => {
            "All of the old server is under own control, and there are credentials for every \
             mailbox. It keeps mail in a database of its own, not in Maildir: mailboxes are copied \
             over IMAP, contacts and calendars by export."
        }
        Kind::SelfHostedToHosted => {
            "All of the old servers is under own control, and there are credentials for every \
             mailbox. Mailboxes are copied by the new platform's own migration over IMAP. The \
             exact set of addresses stays active; to the outside the move is mostly not seen."
        }
        Kind::InstituteToCentral => {
            "Users move their folders themselves until the deadline, with an offer of help; mail \
             for all domains of the old server moves, also where nobody reads it."
        }
    })
}

/// What a careful reader would ask for.
fn missing(dossier: &Dossier<'_>) -> Vec<&'static str> {
    let runbook = dossier.runbook();
    let mut out = Vec::new();
    let mut ask = |is_missing: bool, what: &'static str| {
        if is_missing {
            out.push(what);
        }
    };
    ask(runbook.decision.is_none(), "who decides whether to go on or to turn back");
    ask(runbook.channel.is_none(), "a channel that does not need the mail that moves");
    ask(runbook.helpdesk.is_none(), "where users get help");
    ask(runbook.contacts.is_empty(), "who does what");
    ask(runbook.clients.is_empty(), "which mail programs are in use");
    ask(runbook.third_parties.is_empty(), "what else sends as the domain");
    let days = dossier.policy.quiet_since.is_none() && dossier.phase(Stage::Retire).is_some();
    ask(days, "when the old server took its last wanted mail (`quiet-since`, known only later)");
    let hidden = dossier.start.rrsets().filter(|set| set.rtype() == crate::dns::Rtype::MX);
    ask(hidden.map(RrSet::owner).count() > 1, "whether MX records below the domain move too");
    out
}

/// A list behind a line.
pub(super) fn list(title: &str, all: impl Iterator<Item = String>) -> String {
    let head = if title.is_empty() { String::new() } else { format!("{title}\n\n") };
    let lines: String = all.map(|one| format!("- {one}\n")).collect();
    head + &lines
}
