//! The examples do what their README says.

use super::support::page::{blocks, invented};
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

/// The blocks of a README in this language.
fn texts(readme: &str, language: &str) -> Vec<String> {
    blocks(readme).into_iter().filter(|one| one.info == language).map(|one| one.text).collect()
}

/// Whether the program would take this: known words and flags, zones of the project, and
/// checkpoints of their plans.
fn is_command(project: &Project, line: &str, plan: &str) -> bool {
    let words: Vec<_> = line.split_whitespace().take_while(|word| *word != "#").collect();
    let [command, args @ ..] = &words[1..] else { return false };
    let zones = args.iter().copied().filter(|word| word.contains('.')).collect::<Vec<_>>();
    let is_read = project.run(&[&words[1..], &["--help"]].concat()).code == Some(0);
    let is_known = project.run(&[&["check"], &zones[..]].concat()).code == Some(0);
    let asked = |id| plan.contains(&format!("waits for `{id}`: "));
    is_read && is_known && (*command != "confirm" || asked(args[1]))
}

/// Whatever an example's README shows and tells to type is real.
#[track_caller]
fn is_true(name: &str) {
    let project = Project::example(name);
    let readme = project.read("README.md");
    project.run(&["check"]).exits(0);
    let mut plan = String::new();
    for block in texts(&readme, "console") {
        let (command, shown) = block.split_once('\n').unwrap();
        let args: Vec<_> = command.strip_prefix("$ cutover ").unwrap().split(' ').collect();
        let printed = project.run(&args).exits(0).stdout;
        assert_eq!(invented(shown, &printed), None, "{name}");
        plan += &printed;
    }
    let commands = texts(&readme, "sh").concat();
    let commands = commands.lines();
    let mut commands = commands.filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert!(commands.clone().count() > 5 && plan.lines().count() > 30);
    assert_eq!(commands.find(|line| !is_command(&project, line, &plan)), None);
}

#[test]
fn what_the_readmes_of_examples_show_is_true() {
    is_true("exchange-to-bystar");
    is_true("bystar-to-office365");
    is_true("iwi-to-central");
    is_true("linode-to-google");
}

#[test]
fn what_cannot_be_typed_is_no_command() {
    let project = Project::example("linode-to-google");
    let check = |line, real| assert_eq!(is_command(&project, line, "waits for `a`: "), real);
    check("cutover apply --wait   # and wait", true);
    check("cutover apply --wiat", false);
    check("cutover apply --through nowhere", false);
    check("cutover appyl", false);
    check("cutover confirm dankolb.net a", true);
    check("cutover confirm dankolb.net b", false);
    check("cutover rollback dankolb.com", false);
}

#[test]
fn the_readme_shows_what_is_printed() {
    let at = "plan --at 2027-02-20T09:00:00Z";
    let args: Vec<_> = at.split(' ').collect();
    let plan = Project::example("linode-to-google").run(&args).stdout;
    let (_, shown) = include_str!("../../README.md").split_once(&format!("{at}\n")).unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    assert!(shown.lines().count() > 10);
    assert_eq!(invented(shown, &plan), None);
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

/// By the name of its driver.
#[test]
fn every_driver_has_a_sample() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (driver, _) in cutover::provider::DRIVERS {
        let path = root.join(format!("providers/{driver}.yaml"));
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
        assert!(text.contains(&format!("\ndriver: {driver}\n")), "{text}");
    }
}
