//! What is looked at while the old system still runs, and what becomes of it.

use super::opening::list;
use super::{Part, at, known};
use crate::plan::{Stage, Timestamp};
use crate::report::paper::{Paper, code, prose};
use crate::report::{BLANK, Dossier, span};

pub(super) fn soak(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let times = &dossier.proposal.schedule.milestones;
    part.below(paper, "Every day of the soak");
    paper.text(format!(
        "Until {} the old system goes on taking mail and passing it on. Logs are read every day, \
         not only when something is wrong:",
        at(dossier, times.soak_until)
    ));
    let zone = dossier.zone();
    let has_tls = dossier.start.rrsets().any(|set| {
        set.owner().labels().next().is_some_and(|label| label.eq_ignore_ascii_case(b"_smtp"))
    });
    let mut rows = vec![
        vec!["mail ping".to_owned(), "no alarm for 24 hours".to_owned()],
        vec![
            "old server's log".to_owned(),
            "who still delivers here; last wanted message".to_owned(),
        ],
        vec!["queues of both".to_owned(), "nothing older than an hour".to_owned()],
        vec!["bounces".to_owned(), "none for own addresses".to_owned()],
        vec!["DMARC reports".to_owned(), "no unknown sender that is ours".to_owned()],
        vec![code(&format!("cutover status {zone}")), "what comes next, and when".to_owned()],
    ];
    if has_tls {
        rows.insert(5, vec!["TLS reports".to_owned(), "no failed policy".to_owned()]);
    }
    rows.iter_mut().for_each(|row| row.push(BLANK.to_string()));
    paper.table(&["look at", "must show", "days, initials"], rows);
    paper.text(format!(
        "A silence of {} proves something only while the log has no gap: the ping by the old \
         server must be in it. Write the time of the last wanted message under `quiet-since` in \
         the zone file.",
        span(dossier.policy.silence)
    ));
}

pub(super) fn fate(paper: &mut Paper, dossier: &Dossier<'_>) {
    let (times, policy) = (&dossier.proposal.schedule.milestones, &dossier.policy);
    let runbook = dossier.runbook();
    match &runbook.old_system {
        Some(text) => paper.text(prose(text)),
        None => paper
            .text(format!("{}.", known(None, "what the old system is, and what becomes of it"))),
    }
    let opens = dossier.opening();
    let retire = dossier.phase(Stage::Retire).map(|(_, times)| times.begins);
    let row = |time: Option<Timestamp>, what: String| time.map(|time| (time, what));
    let rows = [
        row(
            opens.filter(|_| dossier.has("old-access-off") && dossier.deadline().is_none()),
            "users' doors (IMAP, POP, web, submission) close; port 25 stays open".to_owned(),
        ),
        row(dossier.deadline(), "the deadline of users: IMAP and POP close".to_owned()),
        row(times.quiet_at, format!("{} without a wanted message are over", span(policy.silence))),
        row(times.soak_until, format!("the soak of {} ends", span(policy.soak))),
        row(retire, "`retire`: old senders and names leave DNS; no way back from here".to_owned()),
        row(
            times.decommission_at,
            "the old mail server may close port 25, earliest. The domain \
            stays in its configuration: a closed port delays, a refusal bounces"
                .to_owned(),
        ),
        row(
            dossier.phase(Stage::RetireKeys).map(|(_, times)| times.begins),
            "`retire-keys`: old DKIM keys leave DNS".to_owned(),
        ),
        row(
            times.repurpose_at,
            format!(
                "after {} more old machines and addresses may serve again; \
            until then nothing else answers there",
                span(policy.repurpose_after)
            ),
        ),
    ];
    let mut rows: Vec<_> = rows.into_iter().flatten().collect();
    rows.sort();
    let rows =
        rows.into_iter().map(|(time, what)| vec![dossier.when.at(time), what, BLANK.to_string()]);
    paper.table(&["when", "what", "done"], rows);
    if times.quiet_at.is_none() && dossier.phase(Stage::Retire).is_some() {
        paper.text(format!(
            "Port 25 closes {} after the last wanted message, and not before the soak has ended: \
             whichever is later.",
            span(policy.silence)
        ));
    }
    let mut rest = vec![
        "[ ] logs archived, with their end".to_owned(),
        "[ ] backups: where, until when, who deletes them".to_owned(),
        "[ ] certificates, accounts, licences and monitoring of the old system ended".to_owned(),
        "[ ] its addresses taken out of firewalls, allow-lists and PTR records".to_owned(),
    ];
    if dossier.has("relocated-on") {
        rest.push("[ ] the `relocated` table kept until port 25 closes".to_owned());
    }
    if dossier.has("old-submission-off") {
        rest.push("[ ] the scanner and authenticated SMTP go by themselves, later".to_owned());
    }
    paper.text(list("", rest.into_iter()));
}
