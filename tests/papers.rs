//! The papers that people carry along: the execution plan, letters, and the calendar.

mod support;

#[path = "papers/calendar.rs"]
mod calendar;
#[path = "papers/judge.rs"]
mod judge;
#[path = "papers/letters.rs"]
mod letters;

use serde_json::Value;
use std::time::Duration;
use support::project::Project;
use support::server::eventually;

/// An example, and when its README plans it.
struct Example {
    name: &'static str,
    zone: &'static str,
    at: &'static str,
    oracle: &'static str,
    /// Times of the oracle that are about another case than the example.
    elsewhere: &'static [&'static str],
}

const EXCHANGE: Example = Example {
    name: "exchange-to-bystar",
    zone: "example.com",
    at: "2027-01-14T09:00:00Z",
    oracle: "A_exchange_to_bystar",
    elsewhere: &["cut.mx.old_dead_if_NOTIFY_60s"],
};
const OFFICE: Example = Example {
    name: "bystar-to-office365",
    zone: "example.com",
    at: "2027-06-01T08:00:00Z",
    oracle: "B_bystar_to_o365",
    elsewhere: &[],
};
const INSTITUTE: Example = Example {
    name: "iwi-to-central",
    zone: "seminar.example",
    at: "2027-01-29T08:00:00Z",
    oracle: "C_iwi_to_cit",
    elsewhere: &[],
};
const LINODE: Example = Example {
    name: "linode-to-google",
    zone: "dankolb.net",
    at: "2027-02-20T09:00:00Z",
    oracle: "D_linode_to_google",
    elsewhere: &[
        "signup_and_domain_verify_by (72h upper bound + publish)",
        "variant_24h_ttl.old_dead",
        "drain_satisfied", // nobody has seen the log yet
        "example.last_legit_mail_on_linode",
    ],
};

impl Example {
    fn project(&self) -> Project {
        Project::example(self.name)
    }

    /// What a command prints about this example's zone.
    fn prints(&self, project: &Project, command: &str, flags: &[&str]) -> String {
        let args = [&[command, self.zone, "--at", self.at], flags].concat();
        project.run(&args).exits(0).stdout
    }

    /// What it prints about all zones.
    fn prints_all(&self, command: &str, flags: &[&str]) -> String {
        let args = [&[command, "--at", self.at], flags].concat();
        self.project().run(&args).exits(0).stdout
    }

    fn plan(&self, project: &Project) -> Value {
        project.run(&["plan", self.zone, "--json", "--at", self.at]).json()
    }
}

/// The text between a heading and the next of its level.
fn chapter<'a>(paper: &'a str, title: &str) -> &'a str {
    let rest = paper.split_once(&format!(". {title}\n"));
    let (_, rest) = rest.unwrap_or_else(|| panic!("no chapter `{title}`"));
    rest.split("\n## ").next().unwrap()
}

/// The first of these that a text does not have.
fn lacks<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    words.iter().find(|word| !text.contains(*word)).copied()
}

/// Chapters, times, steps and records of a move in a night.
#[track_caller]
fn is_complete(example: &Example) {
    let project = example.project();
    let paper = example.prints(&project, "runbook", &[]);
    let plan = example.plan(&project);
    let has = |title: &str, words: &[&str]| {
        assert_eq!(lacks(chapter(&paper, title), words), None, "{title}");
    };
    has("Purpose", &["no message lost", "as few bounces", "Merits", "**For:**", "**Against:**"]);
    has("Assumptions", &["500 users, 1000 mailboxes.", "The window lasts 6 h", "Open points"]);
    has("Inventory", &["ns1.example.com", "negative TTL", "old SPF", "docs-site-verification"]);
    has("How mail flows", &["### Before", "### During", "### After", "not by MX"]);
    has("People", &["Ada Ortiz", "conference call 4900"]);
    has(
        "Schedule",
        &[
            "servers follow",
            "absence cached",
            "margin",
            "```mermaid\ngantt",
            "last moment to turn back",
        ],
    );
    has("Preparation", &["evidence", "cutover check example.com --live", "certificate"]);
    has("Script of the window", &["expect", "dig +short", "undo", "initials"]);
    has(
        "Go or no-go",
        &["Last moment to turn back", "cutover rollback example.com", "no way back"],
    );
    has("Tests", &["(j)", "(k)", "(l)", "abuse@example.com", "check_email_delivery"]);
    has("After the move", &["DMARC reports", "every day", "quiet-since"]);
    has("The old system", &["two weeks", "72 hours", "port 25", "90 d"]);
    has(
        "Notices",
        &["N1 ", "N2 ", "N3 ", "N4 ", "N5 ", "N6 ", "N7 ", "N8 ", "N9 ", "N10 ", "N11 "],
    );
    has("Risks", &["caches that ignore TTLs", "loops"]);

    for phase in plan["phases"].as_array().unwrap() {
        let stage = phase["stage"].as_str().unwrap();
        has("Records to change, stage by stage", &[&format!("### {stage}\n")]);
        has("Script of the window", &[&format!("apply `{stage}`")]);
        for change in phase["changes"].as_array().unwrap() {
            let (owner, rtype) = (change["owner"].as_str().unwrap(), &change["type"]);
            let side = |side: &Value| -> Vec<String> {
                // A side without a record is null.
                let rdata = side["rdata"].as_array();
                rdata.into_iter().flatten().map(|one| one.as_str().unwrap().to_owned()).collect()
            };
            let changed = chapter(&paper, "Records to change, stage by stage");
            for rdata in side(&change["before"]).iter().chain(&side(&change["after"])) {
                let line = format!(" IN {} {rdata}", rtype.as_str().unwrap());
                assert!(changed.contains(&line), "{stage} {owner}{line}");
            }
        }
    }
    let plain = project.run(&["plan", "--at", example.at]).stdout;
    let asked = plain.lines().filter_map(|line| line.trim().strip_prefix("waits for `"));
    let asked: Vec<_> = asked.map(|rest| rest.split('`').next().unwrap()).collect();
    assert!(asked.len() > 15, "{asked:?}");
    for id in asked {
        has("Script of the window", &[&format!("| `{id}` |")]);
        assert!(paper.contains(&format!("cutover confirm {} {id} ", example.zone)), "{id}");
    }

    let appendix = chapter(&paper, "Appendix: every record, before and after");
    let (before, after) = (part(appendix, "Before"), part(appendix, "After"));
    let stage =
        |stage| project.run(&["export", example.zone, "--format", "bind", "--stage", stage]);
    assert_eq!(after.trim(), stage("retire-keys").stdout.trim());
    for set in ["MX", "NS", "SOA"] {
        assert!(before.contains(&format!(" IN {set} ")), "{before}");
    }
    assert_eq!(lacks(&paper, &[plan["digest"].as_str().unwrap(), env!("CARGO_PKG_VERSION")]), None);
}

/// A verbatim part of the appendix.
fn part<'a>(appendix: &'a str, title: &str) -> &'a str {
    let (_, rest) = appendix.split_once(&format!("### {title}\n\n```dns\n")).unwrap();
    rest.split("```").next().unwrap()
}

#[test]
fn both_papers_are_complete() {
    is_complete(&EXCHANGE);
    is_complete(&OFFICE);
}

#[test]
fn what_the_paper_lacks_is_told() {
    assert_eq!(lacks("one two", &["one", "three"]), Some("three"));
    let paper = "## 1. A\n\nx\n\n## 2. B\n\ny\n";
    assert_eq!(lacks(chapter(paper, "A"), &["x", "y"]), Some("y"));
}

/// Every time that somebody else computed is in the paper, to the second.
#[test]
fn times_are_those_that_somebody_else_computed() {
    let oracles: Value = serde_json::from_str(include_str!("oracles/schedules.json")).unwrap();
    for example in [EXCHANGE, OFFICE, INSTITUTE, LINODE] {
        let paper = example.prints_all("runbook", &[]);
        let schedule = oracles[example.oracle]["schedule"].as_object().unwrap();
        let times = schedule.iter().filter_map(|(name, time)| Some((name, time.as_str()?)));
        let absent = times.filter(|(_, time)| !paper.contains(time)).map(|(name, _)| name.as_str());
        let absent: Vec<_> = absent.collect();
        let unknown = absent.iter().find(|name| !example.elsewhere.contains(name));
        assert_eq!(unknown, None, "{}", example.name);
    }
}

#[test]
fn nothing_is_blank_that_the_example_tells() {
    let known = ["organisation", "helpdesk", "decision", "channel", "how many", "why it is made"];
    let blank =
        |paper: &str| known.into_iter().filter(|what| paper.contains(&format!("▢ {what}"))).count();
    for example in [EXCHANGE, OFFICE] {
        let project = example.project();
        assert_eq!(blank(&example.prints(&project, "runbook", &[])), 0, "{}", example.name);
        // Without what people know, the paper asks for it.
        let path = "zones/example.com.yaml";
        let file = project.read(path);
        let (bare, _) = file.split_once("\nrunbook:").unwrap();
        let bare = project.file(path, bare);
        assert_eq!(blank(&example.prints(&bare, "runbook", &[])), known.len(), "{}", example.name);
    }
}

#[test]
fn prose_is_no_part_of_the_plan() {
    let digest = |project: &Project| EXCHANGE.plan(project)["digest"].clone();
    let (as_is, path) = (EXCHANGE.project(), "zones/example.com.yaml");
    let reworded = EXCHANGE.project().edited(path, "Ada Ortiz", "Zoe Ivanova");
    assert_eq!(digest(&as_is), digest(&reworded));
    assert!(EXCHANGE.prints(&reworded, "runbook", &[]).contains("Zoe Ivanova, head of IT decides"));
    let other = EXCHANGE.project().edited(path, "soak: 14d", "soak: 15d");
    assert_ne!(digest(&as_is), digest(&other), "what is part of it is noticed");
}

#[test]
fn the_same_input_gives_the_same_octets() {
    for (command, flags) in
        [("runbook", &["--html"][..]), ("runbook", &[]), ("notices", &[]), ("calendar", &[])]
    {
        let print = || OFFICE.prints_all(command, flags);
        assert_eq!(print(), print(), "{command}");
    }
}

#[test]
fn each_kind_of_move_has_its_own_paper() {
    let check = |example: Example, has: &[&str], lacking: &[&str]| {
        let paper = example.prints_all("runbook", &[]);
        assert_eq!(lacks(&paper, has), None, "{}", example.name);
        let strange = lacking.iter().find(|word| paper.contains(**word));
        assert_eq!(strange, None, "{}", example.name);
    };
    check(EXCHANGE, &["Suspend the queues", "not in Maildir"], &["sticky bit", "relocated"]);
    check(OFFICE, &["sticky bit", "initial-sync", "MTA-STS"], &["Suspend the queues"]);
    check(INSTITUTE, &["relocated", "virtual", "5 domains"], &["accounts-ready", "MTA-STS policy"]);
    check(LINODE, &["google._domainkey", "ASPMX", "app password"], &["pilot-moved"]);
}

/// What was before stays on paper when the zone has changed, and so does the plan.
#[test]
fn a_move_under_way_keeps_its_paper() {
    let project = LINODE.project();
    let appendix = |project: &Project| {
        let paper = project.run(&["runbook", "--at", LINODE.at]).exits(0).stdout;
        chapter(&paper, "Appendix: every record, before and after").to_owned()
    };
    let planned = appendix(&project);
    // Nobody serves the file, so this goes on to wait for name servers; the file is written.
    let apply = project.start(&["apply", "--yes"]);
    let written = eventually(Duration::from_secs(20), || {
        project.events("dankolb.net", "prepare").contains(&"applied".to_owned())
    });
    assert!(written, "{}", apply.stderr());
    drop(apply);
    assert!(project.read("db.dankolb.net").contains("include:_spf.google.com"));
    let serial = |text: String| text.replace("2027021902", "2027021901");
    assert_eq!(serial(appendix(&project)), planned);
}

#[test]
fn a_plan_that_is_refused_says_so_on_paper() {
    let args = ["runbook", "--at", "2027-01-16T12:00:00Z"];
    let outcome = EXCHANGE.project().run(&args).exits(3);
    assert!(outcome.stdout.contains("**This plan is refused"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("PL01"), "{}", outcome.stderr);
}

#[test]
fn pages_are_taken_by_a_strict_reader() {
    for example in [EXCHANGE, OFFICE, INSTITUTE, LINODE] {
        let page = example.prints_all("runbook", &["--html"]);
        let headings = judge::judge("html", &page).unwrap();
        assert!(headings.lines().count() > 4, "{headings}");
    }
    let page = LINODE.prints_all("runbook", &["--html"]);
    for (from, to) in [("</table>", ""), ("<tr>", "<tr><p>"), ("id=\"part-2\"", "id=\"part-1\"")] {
        let broken = page.replacen(from, to, 1);
        assert!(broken != page && judge::judge("html", &broken).is_err(), "{from}");
    }
}
