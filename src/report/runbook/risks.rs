//! What may go wrong all the same, and what is done about it.

use crate::dns::Rtype;
use crate::plan::{Kind, Stage};
use crate::report::paper::{Paper, escape};
use crate::report::{BLANK, Dossier, Host, settings, span};

pub(super) fn risks(paper: &mut Paper, dossier: &Dossier<'_>) {
    let plan = dossier.plan();
    let moves = plan.phase(Stage::Delivery).is_some();
    let hosted = dossier.policy.kind == Some(Kind::SelfHostedToHosted);
    let platform_names = settings(dossier)
        .iter()
        .any(|one| matches!(one.host, Host::Platform(_)) && !one.names.is_empty());
    let own_hosts = dossier
        .spec
        .intent
        .old
        .records
        .iter()
        .any(|(set, _)| [Rtype::A, Rtype::AAAA].contains(&set.rtype()));
    let sts = dossier.has("sts-policy-both");
    let repurpose = span(dossier.policy.repurpose_after);
    let all = [
        (
            true,
            "caches that ignore TTLs, or serve what is out of date (up to 3 days)".to_owned(),
            "the old system serves through the soak; `cutover watch` shows who still has the old"
                .to_owned(),
        ),
        (
            moves,
            "senders with fixed routes or written-down addresses never learn of the MX".to_owned(),
            "notice N8; the old server's log names them; forwards".to_owned(),
        ),
        (
            moves,
            "mail loops between old and new".to_owned(),
            "forwards go to the name of a host, never by MX; test (k)".to_owned(),
        ),
        (
            moves,
            "forwarded mail fails SPF at the new platform".to_owned(),
            "the old server is named to it as a relay; DKIM signatures survive forwarding"
                .to_owned(),
        ),
        (
            true,
            "a sender nobody knows of fails SPF and DKIM afterwards".to_owned(),
            "DMARC reports; notice N11; `retire` takes the old senders out last".to_owned(),
        ),
        (
            platform_names,
            "own names lead to servers whose certificate has other names".to_owned(),
            "users enter the platform's names (notice N2)".to_owned(),
        ),
        (
            sts,
            "senders that hold an old MTA-STS policy refuse the new MX".to_owned(),
            "policy with both MX before its id, and both before the window".to_owned(),
        ),
        (
            hosted,
            "the platform takes longer than it says to notice records".to_owned(),
            "leads are in the deadlines; signing is confirmed before the window".to_owned(),
        ),
        (
            hosted,
            "control and privacy are with somebody else; logs are theirs".to_owned(),
            "own DNS stays; old logs are kept; own ping".to_owned(),
        ),
        (
            own_hosts,
            "old addresses are given to somebody else and take our mail".to_owned(),
            format!("they serve nothing else for {repurpose}"),
        ),
        (
            plan.window.is_some(),
            "copying mailboxes takes longer than the window".to_owned(),
            "first copy ahead, measured by the pilot; mail is safe on port 25 meanwhile".to_owned(),
        ),
        (
            true,
            "somebody edits the zone meanwhile".to_owned(),
            "the program compares before it writes, and stops".to_owned(),
        ),
    ];
    let rows = all.into_iter().filter(|(is, ..)| *is);
    let rows = rows.map(|(_, risk, answer)| vec![escape(&risk), answer, BLANK.to_string()]);
    paper.table(&["risk", "answer", "accepted by"], rows);
}
