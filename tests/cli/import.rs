//! Zones as they are found in the wild, one a platform, and what becomes of them.

use super::support::project::{Outcome, Project};
use super::support::server::loopback;
use cutover::clock::SystemClock;
use cutover::config::{Source, zone_file};
use cutover::dns::{Name, Rdata, RrKey, Rtype, Zone};
use cutover::lab::{Authority, Running};
use cutover::mail::{Intent, spf};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// A zone, the platform that is recognised, one to move to, and its settings.
struct Case(&'static str, &'static str, &'static str);

#[rustfmt::skip] // a case is a row
const CASES: [Case; 10] = [
    Case("microsoft-365", "google-workspace", ""),
    Case("google-workspace", "microsoft-365", "{mx: a.mail.protection.outlook.com., tenant: b}"),
    Case("fastmail", "migadu", ""),
    Case("proton", "fastmail", ""),
    Case("zoho", "google-workspace", ""),
    Case("icloud", "proton", "{dkim-label: dabc}"),
    Case("migadu", "icloud", ""),
    Case("rackspace", "microsoft-365", "{mx: a.mail.protection.outlook.com., tenant: b}"),
    Case("self-hosted", "google-workspace", ""),
    Case("exchange-onprem", "mailbox-org", ""),
];

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// The text of a zone in `tests/import`.
fn source(platform: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    std::fs::read_to_string(folder.join(format!("{platform}.zone"))).unwrap()
}

fn zone(platform: &str) -> Zone {
    Zone::parse(&source(platform), &apex(platform)).unwrap()
}

fn apex(platform: &str) -> Name {
    name(&format!("{platform}.example."))
}

/// A project with the zone as a file.
fn project(platform: &str) -> Project {
    Project::new()
        .provider("version: 1\ndriver: zonefile\npath: db.{zone}\n")
        .file(&format!("db.{platform}.example"), &source(platform))
}

fn import(project: &Project, platform: &str, more: &[&str]) -> Outcome {
    let zone = format!("{platform}.example");
    project.run(&[&["import", &zone, "--provider", "primary"], more].concat())
}

/// What the zone file says of both sides.
fn intent(project: &Project, platform: &str) -> Intent {
    let text = project.read(&format!("zones/{platform}.example.yaml"));
    let source = Source::new("zones/x.yaml", &text);
    let (specs, found) = zone_file(&source, Path::new("."));
    assert_eq!(found, [], "{text}");
    specs.into_iter().next().unwrap().intent
}

#[test]
fn a_zone_that_was_imported_has_nothing_to_do() {
    for Case(platform, ..) in CASES {
        let project = project(platform);
        let outcome = import(&project, platform, &[]).exits(0);
        assert_eq!(intent(&project, platform).old.platform.as_deref(), Some(platform));
        assert!(outcome.stderr.starts_with("found "), "{}", outcome.stderr);
        project.run(&["check"]).exits(0);
        let plan = project.run(&["plan", "--detailed-exitcode"]).exits(0);
        assert!(plan.stdout.contains("No changes. "), "{}", plan.stdout);
    }
}

#[test]
fn a_move_brings_what_is_new_and_touches_nothing_else() {
    for Case(platform, to, settings) in CASES {
        let project = project(platform);
        import(&project, platform, &["--to", to]).exits(0);
        let file = format!("zones/{platform}.example.yaml");
        if !settings.is_empty() {
            let told = project.run(&["check"]).exits(1).stderr;
            assert!(told.contains(&format!("platform `{to}` needs `settings: ")), "{told}");
        }
        answer(&project, platform, to, settings);
        let plan = project.run(&["plan"]);
        assert_eq!(plan.code, Some(0), "{}{}{}", project.read(&file), plan.stdout, plan.stderr);
        let export = ["export", &format!("{platform}.example"), "--format", "bind"];
        let after = Zone::parse(&project.run(&export).exits(0).stdout, &apex(platform)).unwrap();
        is_complete(&intent(&project, platform), &after);
        untouched(&intent(&project, platform), &zone(platform), &after);
    }
}

/// Fills in what the file asks for.
fn answer(project: &Project, platform: &str, to: &str, settings: &str) {
    let file = format!("zones/{platform}.example.yaml");
    let text = project.read(&file);
    let mark = format!("\n  platform: {to}\n");
    let (old, new) = text.rsplit_once(&mark).unwrap();
    let settings = match settings {
        "" => String::new(),
        settings => format!("  settings: {settings}\n"),
    };
    project.write(&file, &format!("{old}{mark}{settings}{new}"));
}

/// At the end stands what `new` wants, and nothing of `old` that it does not.
fn is_complete(intent: &Intent, after: &Zone) {
    assert!(!intent.new.mx.is_empty() && intent.new.spf.is_some());
    for claim in intent.new.claims(&intent.zone) {
        let there = after.get(&claim.key).map(|set| set.rdata()).unwrap_or_default();
        assert!(claim.rdata.iter().all(|data| there.contains(data)), "{}\n{there:?}", claim.key);
    }
    let new: BTreeSet<_> = intent.new.claims(&intent.zone).into_iter().map(|c| c.key).collect();
    for claim in intent.old.claims(&intent.zone) {
        let is_gone = new.contains(&claim.key) || after.get(&claim.key).is_none();
        assert!(is_gone, "{} is left", claim.key);
    }
}

/// Whatever nobody claims is as before, TTL and all; so are neighbours of SPF.
fn untouched(intent: &Intent, before: &Zone, after: &Zone) {
    let sides = [&intent.old, &intent.new];
    let claims = sides.into_iter().flat_map(|side| side.claims(&intent.zone));
    let mut claimed: BTreeSet<_> = claims.map(|claim| claim.key).collect();
    claimed.insert(RrKey::new(intent.zone.clone(), Rtype::SOA));
    let others = |zone: &Zone| {
        let sets = zone.rrsets().filter(|set| !claimed.contains(set.key()));
        sets.cloned().collect::<Vec<_>>()
    };
    assert!(others(before).len() > 2);
    assert_eq!(others(before), others(after));
    let neighbours = |zone: &Zone| -> Vec<Rdata> {
        let texts = zone.find(&intent.zone, Rtype::TXT).unwrap().rdata().iter();
        let is_spf = |data: &Rdata| data.text().is_some_and(|text| spf::is_spf(&text));
        texts.filter(|data| !is_spf(data)).cloned().collect()
    };
    assert_eq!(neighbours(before), neighbours(after));
}

#[test]
fn what_is_doubtful_is_told_and_left_alone() {
    let check = |platform, told: &str, owner: &str| {
        let project = project(platform);
        let outcome = import(&project, platform, &["--out", "-"]).exits(0);
        assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
        assert!(outcome.stdout.contains(&format!("# decide: `{owner}.{platform}.example.`")));
        assert!(!project.path("zones").exists(), "only printed");
    };
    let other = "is a key of somebody else's who sends for the domain";
    check("microsoft-365", other, "k1._domainkey");
    check("google-workspace", other, "s1._domainkey");
    check("rackspace", "seems to be a key of somebody else's", "mandrill._domainkey");
    check("self-hosted", "is a host to which other records lead", "mail");
    check("self-hosted", "has MX records of its own", "lists");
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let project = project("icloud");
    import(&project, "icloud", &[]).exits(0);
    let first = project.read("zones/icloud.example.yaml");
    let refused = import(&project, "icloud", &["--to", "fastmail"]).exits(1).stderr;
    assert!(refused.contains("is there already") && refused.contains("--force"), "{refused}");
    assert_eq!(project.read("zones/icloud.example.yaml"), first);
    import(&project, "icloud", &["--to", "fastmail", "--force"]).exits(0);
    assert_ne!(project.read("zones/icloud.example.yaml"), first);
    project.write("zones/all.yaml", &first);
    std::fs::remove_file(project.path("zones/icloud.example.yaml")).unwrap();
    let refused = import(&project, "icloud", &["--force"]).exits(1).stderr;
    assert!(refused.contains("`zones/all.yaml` is about `icloud.example.`"), "{refused}");
}

#[test]
fn mistakes_on_the_command_line_are_told() {
    let project = project("icloud");
    let check = |args: &[&str], code, expected: &str| {
        let stderr =
            project.run(&[&["import", "icloud.example"], args].concat()).exits(code).stderr;
        assert!(stderr.contains(expected), "{stderr}");
    };
    check(&["--provider", "primry"], 64, "did you mean `primary`?");
    check(&["--to", "gogle"], 64, "google-workspace");
    check(&["--format", "bind"], 64, "--from");
    check(&["--from", "nowhere"], 1, "cannot read `nowhere`");
    project.write("a.zone", "@ 60 MX 10 mail\nx y\n");
    check(&["--from", "a.zone"], 1, "a.zone:2:3: `y` is not a record type");
    project.write("a.yaml", "www: {type: ALIAS, value: a.}\n");
    check(&["--from", "a.yaml"], 1, "`ALIAS` is no record type");
}

#[test]
fn a_file_is_read_in_both_forms() {
    let project = project("zoho");
    let bind = import(&project, "zoho", &["--from", "db.zoho.example", "--out", "-"]).exits(0);
    import(&project, "zoho", &[]).exits(0);
    let export = project.run(&["export", "zoho.example", "--format", "octodns"]).exits(0);
    project.write("zoho.example.yaml", &export.stdout);
    let yaml = import(&project, "zoho", &["--from", "zoho.example.yaml", "--out", "-"]).exits(0);
    assert_eq!(bind.stdout, project.read("zones/zoho.example.yaml"));
    assert_eq!(yaml.stdout, bind.stdout);
}

/// A name server for one of the zones, which shows nobody all of it.
struct Served {
    running: Running,
    _runtime: Runtime,
}

impl Served {
    fn new(platform: &str) -> Self {
        let server = Authority::new("ns", Arc::new(SystemClock));
        server.put(zone(platform));
        let runtime = Runtime::new().unwrap();
        let running = runtime.block_on(server.serve(loopback(0))).unwrap();
        Self { running, _runtime: runtime }
    }

    fn import(&self, project: &Project, platform: &str, more: &[&str]) -> Outcome {
        let (zone, server) = (format!("{platform}.example"), self.running.address().to_string());
        project.run(&[&["import", &zone, "--server", &server], more].concat())
    }
}

#[test]
fn without_an_account_name_servers_are_asked() {
    for (platform, selectors) in [
        ("microsoft-365", ""),
        ("google-workspace", ""), // with a wildcard
        ("migadu", ""),           // with another
        ("rackspace", "20250318-abcdefgh"),
        ("self-hosted", "s2015"),
    ] {
        let (served, project) = (Served::new(platform), Project::new());
        let more: Vec<_> =
            ["--selector", selectors].into_iter().take(2 * selectors.len().min(1)).collect();
        served.import(&project, platform, &more).exits(0);
        project.run(&["check"]).exits(0);
        let plan = project.run(&["plan", "--detailed-exitcode"]).exits(0);
        assert!(plan.stdout.contains("No changes. "), "{}", plan.stdout);
        let whole = self::project(platform);
        import(&whole, platform, &[]).exits(0);
        let [asked, read] = [&project, &whole].map(|project| intent(project, platform).old);
        assert_eq!(asked, read, "{platform}");
    }
}

#[test]
fn a_server_that_does_not_answer_is_no_empty_zone() {
    let project = Project::new();
    let nobody = loopback(super::support::server::free_port()).to_string();
    let stderr = project.run(&["import", "a.example", "--server", &nobody]).exits(1).stderr;
    assert!(stderr.contains("does not answer"), "{stderr}");
    assert!(!project.path("zones").exists());
    let served = Served::new("icloud");
    let stderr = served.import(&project, "proton", &[]).exits(1).stderr;
    assert!(stderr.contains("REFUSED"), "{stderr}");
    let stderr = served.import(&project, "home.icloud", &[]).exits(1).stderr;
    assert!(stderr.contains("is no zone"), "{stderr}");
}
