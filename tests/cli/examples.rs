//! The examples do what their README says.

use super::support::project::Project;
use std::fs;
use std::path::Path;

#[test]
fn linode_to_google_edits_its_zone_file_in_place() {
    let project = Project::example("linode-to-google");
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
    let plan =
        Project::example("linode-to-google").run(&["plan", "--at", "2027-02-20T09:00:00Z"]).stdout;
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
