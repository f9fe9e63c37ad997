//! Letters: which there are, what they say, and what users are told to enter.

use super::{EXCHANGE, Example, INSTITUTE, LINODE, OFFICE, lacks};
use std::fs;

fn letter(example: &Example, id: &str) -> String {
    example.prints(&example.project(), "notices", &["--only", id])
}

#[test]
fn there_are_eleven_each_in_a_file() {
    let project = OFFICE.project();
    let folder = project.path("letters");
    let printed = OFFICE.prints(&project, "notices", &["--out", folder.to_str().unwrap()]);
    assert_eq!(printed, "");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 11, "{names:?}");
    assert!(names.contains(&"example.com-N1-announcement.txt".to_owned()), "{names:?}");
    for name in names {
        let text = project.read(&format!("letters/{name}"));
        assert_eq!(lacks(&text, &["Notice: N", "To: ", "Send: ", "Subject: "]), None, "{name}");
    }
}

#[test]
fn letters_say_what_is_known() {
    let check = |example: &Example, id, words: &[&str]| {
        let text = letter(example, id).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(lacks(&text, words), None, "{} {text}", example.name);
    };
    check(&OFFICE, "N1", &["from ByStar to Microsoft 365", "takes 6 h", "phone 4000"]);
    check(&OFFICE, "n3", &["Saturday 5 June 2027, 20:00 UTC", "drafts"]);
    check(&OFFICE, "N4", &["01:18 UTC", "Ada Ortiz", "certificate"]);
    check(&OFFICE, "N6", &["flushdns", "delete the account and add it again"]);
    check(&OFFICE, "N8", &["example-com.mail.protection.outlook.com", "include:spf.protection"]);
    check(&EXCHANGE, "N8", &["10 mx1.example.com 198.51.100.21", "Saturday 30 January 2027"]);
    check(&EXCHANGE, "N11", &["scanners and printers", "bystar2027._domainkey.example.com"]);
    check(&INSTITUTE, "N1", &["Friday 12 March 2027, 16:00 UTC", "move your folders"]);
    check(&INSTITUTE, "N9", &["room 102"]);
    check(&LINODE, "N3", &["12:00 CST (18:00 UTC)"]);
}

/// A name of one's own where its servers are, the platform's where its certificate is.
#[test]
fn users_are_told_names_that_certificates_have() {
    let check = |example: &Example, rows: &[&str], remark: &str| {
        let markdown = ["--only", "N2", "--format", "markdown"];
        let text = example.prints(&example.project(), "notices", &markdown).replace('\\', "");
        assert_eq!(lacks(&text, rows), None, "{text}");
        assert!(text.contains(remark), "{text}");
    };
    let tls = "TLS from the start";
    check(
        &OFFICE,
        &[
            &format!("| reading, IMAP | outlook.office365.com | 993 | {tls} | OAuth 2.0 |"),
            &format!("| reading, POP | outlook.office365.com | 995 | {tls} | OAuth 2.0 |"),
            "| sending | smtp.office365.com | 587 | STARTTLS | OAuth 2.0 |",
            "Programs that know passwords only stop working",
        ],
        "smtp.example.com and submit.example.com lead to smtp.office365.com too",
    );
    check(
        &EXCHANGE,
        &[
            &format!("| reading, IMAP | imap.example.com | 993 | {tls} | password |"),
            &format!("| sending | smtp.example.com | 465 | {tls} | password |"),
            &format!("| in a browser | https://owa.example.com/ | 443 | {tls} |"),
        ],
        "The user name is the full mail address.",
    );
    check(
        &LINODE,
        &[&format!("| reading, POP | pop.gmail.com | 995 | {tls} | OAuth 2.0 or app password |")],
        "imap.dankolb.net leads to imap.gmail.com too",
    );
    // Another platform than the preset's name tells nothing of certificates: a name elsewhere does.
    check(
        &INSTITUTE,
        &[&format!("| reading, IMAP | imap.central.example | 993 | {tls} | password |")],
        "imap.seminar.example and pop.seminar.example lead to imap.central.example too",
    );
    let paper = EXCHANGE.prints(&EXCHANGE.project(), "runbook", &[]);
    assert!(paper.contains("▢ certificates to be checked: they must name `imap.example.com`"));
}

#[test]
fn a_letter_that_does_not_exist_is_a_slip() {
    OFFICE.project().run(&["notices", "--only", "N12"]).exits(64);
}
