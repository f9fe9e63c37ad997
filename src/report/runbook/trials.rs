//! Tests of the way that mail takes, each with what it must show.

use super::Part;
use super::script::commands;
use crate::dns::Name;
use crate::mail::Side;
use crate::report::paper::{Paper, code, escape};
use crate::report::{BLANK, Dossier, settings};

pub(super) fn trials(paper: &mut Paper, dossier: &Dossier<'_>, part: Part) {
    let (zone, intent) = (dossier.zone(), &dossier.spec.intent);
    paper.text(
        "Each message has a subject of its own, so that it is found in logs. A message that \
         arrives twice is a failure: something loops, or forwards twice.",
    );
    let mx = |side: &Side| host(side.mx.first().map(|mx| &mx.exchange));
    let (old, new) = (mx(&intent.old), mx(&intent.new));
    let ways = settings(dossier);
    let way = |what: &str| {
        let found = ways.iter().find(|one| one.what == what);
        found.map(|one| format!("{}:{}", one.host.text(), one.port))
    };
    let reads = way("reading, IMAP").unwrap_or_else(|| BLANK.to_string());
    let sends = way("sending").unwrap_or_else(|| BLANK.to_string());
    let test = |id: &str, way: String, must: &str| {
        vec![id.to_owned(), way, must.to_owned(), BLANK.to_string()]
    };
    let rows = [
        test(
            "(j) new access",
            format!("sign in at {} and {} from outside", code(&reads), code(&sends)),
            "reads, sends, no warning about a certificate",
        ),
        test(
            "(k) old forwarding",
            format!("outside to {}, then the new mailbox", code(&format!("{old}:25"))),
            "arrives once; `Received` shows both servers",
        ),
        test(
            "(l) new delivery",
            format!("two sites elsewhere to {}", code(&format!("{new}:25"))),
            "arrives once, by the new MX only",
        ),
        test(
            "new sending",
            format!("{} to two sites elsewhere", code(&sends)),
            "SPF, DKIM and DMARC pass in `Authentication-Results`",
        ),
        test("to oneself", format!("{} to an own mailbox", code(&sends)), "arrives once"),
        test(
            "old doors",
            "ports 143, 993, 110, 995, 587, 465 of the old server".to_owned(),
            "closed once old access is off; port 25 open",
        ),
        test(
            "unknown address",
            format!("RCPT TO a made-up address at {}", code(&new)),
            "refused with 5xx, or taken where a catch-all is wanted",
        ),
        test(
            "strangers' mail",
            format!("RCPT TO somebody elsewhere at {} and {}", code(&old), code(&new)),
            "refused: no open relay",
        ),
        test(
            "abuse, postmaster",
            format!(
                "a message to {} and {}",
                code(&format!("abuse@{zone}")),
                code(&format!("postmaster@{zone}"))
            ),
            "arrives at whoever runs the new platform",
        ),
        test(
            "lists and aliases",
            "a message to each list and to a few aliases".to_owned(),
            "everybody gets it once",
        ),
    ];
    paper.table(&["test", "way", "must show", "result, initials"], rows);
    part.below(paper, "By hand");
    let read = reads.split(':').next().unwrap_or_default();
    let look = format!("openssl s_client -connect {reads} -verify_hostname {read} </dev/null");
    commands(
        paper,
        &[
            (format!("dig +short {zone}. MX"), "by the resolver that you use"),
            (format!("swaks --server {old} --to you@{zone}"), "(k)"),
            (format!("swaks --server {new} --to you@{zone}"), "(l)"),
            (look, "the certificate"),
        ],
    );
    part.below(paper, "Mail ping");
    paper.text(format!(
        "From the evening on a message goes every five minutes from outside to {} and is looked \
         for in the mailbox; monitoring alarms when it is late. With monitoring-plugins-contrib:",
        escape(&format!("mailping@{zone}"))
    ));
    paper.verbatim(
        "sh",
        &format!(
            "check_email_delivery --smtp-server {new} --mailto mailping@{zone} \\\n  \
             --mailfrom ping@elsewhere.example --imap-server {read} \\\n  \
             --username mailping@{zone} --password ... --warning 150 --critical 300"
        ),
    );
}

fn host(name: Option<&Name>) -> String {
    name.map_or_else(|| BLANK.to_string(), Dossier::plain)
}
