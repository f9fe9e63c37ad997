//! What a `git push` does: real git, real SSH, and a real BIND behind it.

mod support;

#[path = "git_push/hostile.rs"]
mod hostile;
#[path = "git_push/serial.rs"]
mod serial;
#[path = "git_push/sshd.rs"]
mod sshd;
#[path = "git_push/world.rs"]
mod world;

use sshd::Sshd;
use std::time::Duration;
use support::dankolb::{NAME, served, values};
use support::server::eventually;
use world::{FILE, World};

const APPLIES: &str = "hook: {apply-on-push: true}\n";

#[test]
fn a_mistake_is_told_in_the_pushers_terminal_with_its_place() {
    let world = World::new();
    let (alice, before) = (world.clone("alice"), (world.listing(), world.serial()));
    let check = |from: &str, to: &str, words: &[&str]| {
        alice.edit(from, to);
        alice.push().refused(words).refused(&["pre-receive hook declined"]);
        alice.edit(to, from);
    };
    let place = format!("remote:   --> {FILE}:10:3");
    let frame = "remote: 10 |   retreival: {imap: mail}";
    let help = "help: did you mean `retrieval`?";
    alice.edit("  retrieval: {imap: mail}", "  retreival: {imap: mail}");
    let told = alice.push().refused(&["unknown key `retreival`", &place, frame, help]);
    assert!(!told.told.contains('\x1b'), "{}", told.told);
    alice.edit("  retreival: {imap: mail}", "  retrieval: {imap: mail}");

    let place = format!("remote:   --> {FILE}:19:8");
    check("google.com ~all", "google.com +all", &["remote: error[SPF08]", &place]);
    // Where the live zone is another, the file is judged all the same.
    let words = ["warning[MX008]", &format!("--> {FILE}:6:7"), "in the live zone, but"];
    check("mx: [10 mail]", "mx: [10 mail, 20 mail]", &words);
    check(
        "old:\n  mx: [10 mail]",
        "old:\n  mx: [10 post]",
        &["error[MX002]", "error[I1]: dankolb.net. in prepare, who holds"],
    );
    let closed = "  window: {opens: 2020-01-01T00:00:00Z, length: 6h}\n  ttl: 2s";
    check("  ttl: 2s", closed, &["error[PL12]", &format!("--> {FILE}")]);
    check("{file: s2015.txt}", "{file: s2016.txt}", &["`s2016.txt`: the branch has no such file"]);
    check("provider: primary", "provider: other", &["there is no provider `other`"]);
    assert_eq!((world.listing(), world.serial()), before);
    alice.push().taken(&["1 zone is touched, and nothing speaks against this push"]);
}

#[test]
fn a_good_push_shows_its_plan_and_changes_nothing_unasked() {
    let world = World::new();
    let (alice, serial) = (world.clone("alice"), world.serial());
    let told = alice.push().taken(&["remote: prepare: ", "in 7 phases", "nothing was applied"]);
    assert!(told.told.contains(&format!("apply {NAME}")), "{}", told.told);
    assert_eq!(world.serial(), serial);
    // What nobody has touched is not planned again.
    alice.write("README", "zones of ours");
    alice.edit("version: 1", "version: 1 # the only one");
    alice.push().taken(&["0 zones are touched", "there is nothing to plan"]);
    alice.edit("old:\n", "accept: [{id: DK04, because: it goes}]\nold:\n");
    alice.push().taken(&["1 zone is touched", "in 7 phases"]);
    // From now on the server needs no copy.
    world.project.run(&["apply", "--yes", "--wait", "--through", "prepare"]).exits(0);
    assert!(world.serial() > serial);
    assert!(!world.project.path("zones").exists());
}

#[test]
fn a_push_applies_what_is_due_where_the_server_says_so() {
    let world = World::new().settings(APPLIES);
    let (alice, serial) = (world.clone("alice"), world.serial());
    alice.edit("  soak: 2s", "  soak: 20d");
    let words = ["in 7 phases", "prepare: sending", "not yet: run `cutover apply` again at"];
    alice.push().taken(&words);
    assert!(world.serial() > serial);
    let key = values(&served(world.bind.addr), "google._domainkey.dankolb.net.", "TXT");
    assert_eq!(key.len(), 1);

    // What is done must come out the same; the rest may be another.
    alice.edit("dkim: {google:", "dkim: {other:");
    alice.push().refused(&["was edited while its plan is under way"]);
    alice.edit("dkim: {other:", "dkim: {google:");
    alice.git(&["rm", "--quiet", "--cached", FILE]);
    alice.git(&["commit", "--quiet", "--message", "away"]);
    let gone = alice.push_as("HEAD:refs/heads/main").wait();
    gone.refused(&["its transition is under way", FILE, "rollback dankolb.net"]);
    alice.edit("  soak: 20d", "  soak: 21d");
    alice.push().taken(&["1 zone is touched"]);
    let journal = world.project.read(".cutover/dankolb.net.jsonl");
    assert_eq!(journal.matches("\"revised\"").count(), 1, "{journal}");
}

#[test]
fn a_push_over_ssh_is_like_any_other() {
    let (world, sshd) = (World::new().settings(APPLIES), Sshd::start());
    let alice = world.clone("alice").over(&sshd.url(&world.bare()), sshd.client());
    let serial = world.serial();
    alice.edit("  submission: {smtp: mail}", "  submision: {smtp: mail}");
    let place = format!("{FILE}:9:3");
    alice.push().refused(&["remote: error: unknown key `submision`", &place]);
    assert_eq!(world.serial(), serial);
    alice.edit("  submision: {smtp: mail}", "  submission: {smtp: mail}");
    alice.push().taken(&["remote: prepare: ", "prepare: sending"]);
    assert!(world.serial() > serial, "{}", sshd.log());
}

/// The service needs no `apply-on-push`: it reads the branch as others read a folder.
#[test]
fn a_long_run_takes_up_what_is_pushed() {
    let world = World::new();
    let (alice, run) = (world.clone("alice"), world.project.start(&["run"]));
    let stage = |stage: &str, event: &str| {
        let is_told = || world.project.events(NAME, stage).contains(&event.to_owned());
        let told = eventually(Duration::from_secs(60), is_told);
        assert!(told, "{stage} was not {event}\n{}", run.stderr());
    };
    alice.edit("checkpoints: []", "checkpoints: [{before: delivery, id: go, ask: Go.}]");
    alice.push().taken(&["in 7 phases", "nothing was applied"]);
    stage("prepare", "published");
    alice.edit("1 ASPMX", "7 ASPMX");
    alice.push().taken(&["1 zone is touched"]);
    let revised = || run.stderr().contains("goes on by the edited plan");
    assert!(eventually(Duration::from_secs(60), revised), "{}", run.stderr());
    world.project.run(&["confirm", NAME, "go"]).exits(0);
    stage("delivery", "published");
    let mx = values(&served(world.bind.addr), "dankolb.net.", "MX");
    assert!(mx.iter().any(|value| value.ends_with(" 7 aspmx.l.google.com.")), "{mx:?}");
    run.kill();
}

#[test]
fn a_zone_that_cannot_be_asked_is_not_taken() {
    let world = World::new();
    let silent = support::server::loopback(support::server::free_port());
    world.project.write("providers/primary.yaml", &world::provider(silent));
    let told = world.clone("alice").push();
    told.refused(&["error: dankolb.net: ", "the push is refused"]);
}

#[test]
fn other_branches_are_nobodys_business_and_ours_stays() {
    let world = World::new();
    let alice = world.clone("alice");
    alice.push().taken(&[]);
    alice.write(FILE, "no: zone");
    alice.commit();
    let other = alice.push_as("HEAD:refs/heads/draft").wait().taken(&[]);
    assert!(!other.told.contains("remote: "), "{}", other.told);
    let deleted = alice.push_as(":refs/heads/main").wait();
    deleted.refused(&["`main` is where the server's zones come from"]);
}

#[test]
fn a_hook_of_somebody_else_stays_unless_told_otherwise() {
    let world = World::new();
    let hook = world.bare().join("hooks/pre-receive");
    world.project.run(&["hook", "install"]).exits(0); // ours may be written again
    std::fs::write(&hook, "#!/bin/sh\nexec mine\n").unwrap();
    let install = world.project.run(&["hook", "install"]).exits(1);
    assert!(install.stderr.contains("is another hook"), "{}", install.stderr);
    assert_eq!(std::fs::read_to_string(&hook).unwrap(), "#!/bin/sh\nexec mine\n");
    world.project.run(&["hook", "install", "--force"]).exits(0);
    assert!(std::fs::read_to_string(&hook).unwrap().ends_with(" hook pre-receive\n"));

    // Without settings they are written; with others, somebody has to.
    let bare = world.bare();
    let args = ["hook", "install", "--bare", bare.to_str().unwrap()];
    world.project.write("cutover.yaml", "version: 1\n");
    let install = world.project.run(&args).exits(1);
    assert!(install.stderr.contains("branch: main}"), "{}", install.stderr);
    std::fs::remove_file(world.project.path("cutover.yaml")).unwrap();
    world.project.run(&args).exits(0);
    let settings = world.project.read("cutover.yaml");
    let expected = format!("zones: {{git: \"{}\", branch: main}}", bare.display());
    assert!(settings.contains(&expected), "{settings}");
}
