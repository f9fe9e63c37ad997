//! The examples do what their README says.

use super::support::project::Project;
use std::fs;
use std::path::Path;

/// A copy of an example, so that nothing is written into the source tree.
fn example(name: &str) -> Project {
    let project = Project::new();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), &project.path("."));
    project
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The times of `D_linode_to_google` of the independent schedules, with the MX ten minutes later
/// than there and signing from the opening on.
#[test]
fn linode_to_google_keeps_its_times() {
    let project = example("linode-to-google");
    project.run(&["check"]).exits(0);
    let plan = project.run(&["plan", "--at", "2027-02-20T09:00:00Z", "--json"]).exits(0).json();
    let deadline = |owner: &str, rtype: &str| {
        let all = plan["deadlines"].as_array().unwrap();
        let found = all.iter().find(|one| one["owner"] == owner && one["type"] == rtype);
        found.map(|one| one["at"].as_str().unwrap().to_owned())
    };
    let spf = deadline("dankolb.net.", "TXT");
    assert_eq!(spf.as_deref(), Some("2027-03-03T17:42:00Z"));
    let dkim = deadline("google._domainkey.dankolb.net.", "TXT");
    assert_eq!(dkim.as_deref(), Some("2027-03-01T17:42:00Z"));
    assert_eq!(plan["phases"][2]["not_before"], "2027-03-03T18:10:00Z");
    assert_eq!(plan["phases"][2]["drained_by"], "2027-03-03T18:18:00Z");
    assert_eq!(plan["soak_until"], "2027-03-17T18:10:00Z");
    assert_eq!(plan["last_rollback"], "2027-03-03T23:22:00Z");
}

#[test]
fn linode_to_google_edits_its_zone_file_in_place() {
    let project = example("linode-to-google");
    let before = project.read("db.dankolb.net");
    // Nobody serves the file here, so `apply` gives up waiting for the name server; the file stays.
    let apply = project.start(&["apply", "--yes"]);
    let written = super::support::server::eventually(std::time::Duration::from_secs(20), || {
        project.events("dankolb.net", "prepare").contains(&"applied".to_owned())
    });
    assert!(written, "{}", apply.stderr());
    let after = project.read("db.dankolb.net");
    assert!(after.contains("2027021902 ; serial"), "{after}");
    assert!(after.contains("; the machine at Linode"), "{after}");
    assert_eq!(before.matches("google-site-verification").count(), 1);
    assert_eq!(after.matches("google-site-verification").count(), 1);
}

/// Every line of the README's plan is a line that the program prints.
#[test]
fn the_readme_shows_what_is_printed() {
    let readme = include_str!("../../README.md");
    let plan = example("linode-to-google").run(&["plan", "--at", "2027-02-20T09:00:00Z"]).stdout;
    let (_, shown) = readme.split_once("plan --at 2027-02-20T09:00:00Z\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    assert!(shown.lines().count() > 10);
    for line in shown.lines().filter(|line| !line.trim().is_empty() && !line.ends_with("...")) {
        assert!(plan.contains(line), "the README shows `{line}`");
    }
}

#[test]
fn every_sample_is_read() {
    for (folder, other) in [("zones", "providers"), ("providers", "zones")] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let (stem, text) = (path.file_stem().unwrap(), fs::read_to_string(&path).unwrap());
            let project = Project::new().provider("version: 1\ndriver: manual\n");
            let name = stem.to_string_lossy();
            project.write(&format!("{folder}/{name}.yaml"), &text);
            let outcome = project.run(&["check", "--json"]);
            let json = outcome.json();
            assert_eq!(json["files"], serde_json::json!([]), "{folder}/{name} beside {other}");
        }
    }
}
