//! Files that change while the run goes on, and mistakes in them.

use crate::clock::Clock;
use crate::log::{last, of};
use crate::stage::Stage;
use crate::support::project::Running;
use crate::support::server::eventually;
use cutover::clock::SystemClock;
use cutover::port::Clock as _;
use std::fs;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);
const ZONE: &str = "dankolb.net";
/// From the beginning, and a few looks.
const INTO_THE_WINDOW: Duration = Duration::from_secs(274 * 3_600);
const FILE: &str = "zones/dankolb.net.yaml";

struct Scene {
    stage: Stage,
    clock: Clock,
    run: Running,
}

impl Scene {
    /// A run that waits for its window.
    fn new() -> Self {
        let stage = Stage::example("linode-to-google", &[ZONE]);
        let clock = Clock::at("2027-02-20T09:00:00Z", SystemClock.now());
        let run = stage.project.by_clock(&clock.file(), &["run", "--log-format", "json"]);
        let scene = Self { stage, clock, run };
        scene.wait(1, "waiting");
        scene
    }

    /// Waits until so many events of this kind were told.
    #[track_caller]
    fn wait(&self, count: usize, event: &str) {
        let told = || of(&self.run.stderr(), event).len() >= count;
        assert!(eventually(SOON, told), "{event}\n{}", self.run.stderr());
    }

    /// Lets the run look at files a few times.
    fn pass(&self) {
        std::thread::sleep(Duration::from_secs(2));
    }

    fn edit(&self, from: &str, to: &str) {
        let text = self.stage.project.read(FILE);
        assert!(text.contains(from));
        self.stage.project.write(FILE, &text.replace(from, to));
    }
}

#[test]
fn an_edit_is_taken_up() {
    let scene = Scene::new();
    scene.edit("at: {delivery: +0m", "at: {delivery: +5m");
    scene.wait(1, "revised");
    scene.wait(2, "waiting");
    let line = last(&scene.run.stderr())[ZONE].to_string();
    assert!(line.contains("\"until\":\"2027-03-03T18:05:00+00:00\""), "{line}");
    // One that changes nothing is not worth a word.
    let told = scene.run.stderr();
    scene.stage.project.write(FILE, &format!("{}# \n", scene.stage.project.read(FILE)));
    scene.pass();
    assert_eq!(scene.run.stderr(), told);
}

#[test]
fn an_edit_of_what_is_done_is_told_once_and_the_old_plan_stays() {
    let scene = Scene::new();
    scene.edit("google: {file: google-dkim.txt}", "gugel: {file: google-dkim.txt}");
    scene.wait(1, "failed");
    let line = last(&scene.run.stderr())[ZONE].clone();
    assert_eq!(line["code"], 4, "{line}");
    assert!(line["message"].to_string().contains("was edited while its plan is under way"));
    let journal = scene.stage.project.read(".cutover/dankolb.net.jsonl");
    // The clock goes by the pauses between tries: nothing new is told.
    scene.clock.leap(Duration::from_secs(300));
    scene.pass();
    assert_eq!(of(&scene.run.stderr(), "failed").len(), 1, "{}", scene.run.stderr());
    assert_eq!(scene.stage.project.read(".cutover/dankolb.net.jsonl"), journal);
    scene.edit("gugel", "google");
    scene.wait(2, "waiting");
}

#[test]
fn mistakes_in_one_file_hold_nobody_else_up() {
    let scene = Scene::new();
    scene.stage.project.write("zones/other.yaml", "version: 1\nzone: [\n");
    scene.wait(1, "file");
    let told = of(&scene.run.stderr(), "file");
    let text = told[0]["message"].as_str().unwrap();
    assert!(text.contains("--> zones/other.yaml:2:7\n"), "a code frame: {text}");
    // The zone under way goes on even when the mistake is in its own file.
    scene.edit("zone: dankolb.net", "zoon: dankolb.net");
    scene.wait(2, "file");
    scene.clock.leap(INTO_THE_WINDOW);
    scene.wait(1, "asked");
    scene.pass();
    assert_eq!(of(&scene.run.stderr(), "file").len(), 2, "{}", scene.run.stderr());
    assert_eq!(of(&scene.run.stderr(), "gone").len(), 0);
}

#[test]
fn a_new_file_begins_and_a_lost_one_stands_still() {
    let scene = Scene::new();
    let project = &scene.stage.project;
    let file = project.read(FILE);
    let zone = include_str!("../../examples/linode-to-google/db.dankolb.net");
    project.write("db.dankolb.org", &zone.replace("dankolb.net", "dankolb.org"));
    project.write("zones/dankolb.org.yaml", &file.replace("dankolb.net", "dankolb.org"));
    let begun = || !project.events("dankolb.org", "prepare").is_empty();
    assert!(eventually(SOON, begun), "{}", scene.run.stderr());

    fs::remove_file(project.path(FILE)).unwrap();
    scene.wait(1, "gone");
    let gone = of(&scene.run.stderr(), "gone");
    assert_eq!((&gone[0]["zone"], &gone[0]["level"]), (&ZONE.into(), &"ERROR".into()));
    let journal = project.read(".cutover/dankolb.net.jsonl");
    scene.clock.leap(INTO_THE_WINDOW);
    scene.pass();
    assert_eq!(project.read(".cutover/dankolb.net.jsonl"), journal, "nothing is done without it");
    let again = project.by_clock(&scene.clock.file(), &["run", "--log-format", "json"]);
    let told = || of(&again.stderr(), "gone").iter().any(|line| line["zone"] == ZONE);
    assert!(eventually(SOON, told), "{}", again.stderr());
    drop(again);
    project.write(FILE, &file);
    scene.wait(1, "asked");
}

#[test]
fn who_turns_back_is_not_moved_again() {
    let scene = Scene::new();
    let project = &scene.stage.project;
    let back = ["rollback", ZONE, "--to", "start", "--yes"];
    let told = project.by_clock(&scene.clock.file(), &back).wait();
    assert!(told.stderr.contains("not yet: run `cutover apply` again"), "{}", told.stderr);
    scene.clock.leap(Duration::from_secs(3_600));
    let ended = || {
        last(&scene.run.stderr())[ZONE]["message"].to_string().contains("turned back; it begins")
    };
    assert!(eventually(SOON, ended), "{}", scene.run.stderr());
    let journal = project.read(".cutover/dankolb.net.jsonl");
    scene.pass();
    assert_eq!(project.read(".cutover/dankolb.net.jsonl"), journal);
    let zone = include_str!("../../examples/linode-to-google/db.dankolb.net");
    assert_eq!(scene.stage.zone(ZONE), crate::stage::records(zone, ZONE));
}

#[test]
fn what_somebody_has_changed_is_told_once_until_it_is_put_back() {
    let scene = Scene::new();
    let project = &scene.stage.project;
    scene.clock.leap(INTO_THE_WINDOW);
    scene.wait(1, "asked");
    let zone = project.read("db.dankolb.net");
    let changed = zone.replace("MX   10 mail", "MX   11 mail");
    assert_ne!(zone, changed);
    project.write("db.dankolb.net", &changed);
    project.by_clock(&scene.clock.file(), &["confirm", ZONE, "signing-on"]).wait().exits(0);
    scene.wait(1, "failed");
    let line = last(&scene.run.stderr())[ZONE].clone();
    assert_eq!(line["code"], 4, "{line}");
    // Longer than the first two pauses.
    scene.clock.leap(Duration::from_secs(40));
    scene.pass();
    scene.clock.leap(Duration::from_secs(70));
    scene.pass();
    assert_eq!(of(&scene.run.stderr(), "failed").len(), 1, "{}", scene.run.stderr());
    assert_eq!(scene.stage.project.events(ZONE, "delivery"), [""; 0]);
    project.write("db.dankolb.net", &zone);
    scene.clock.leap(Duration::from_secs(140));
    let published = || project.events(ZONE, "delivery").contains(&"published".to_owned());
    assert!(eventually(SOON, published), "{}", scene.run.stderr());
}

#[test]
fn one_pass_tells_by_its_exit_code() {
    let stage = Stage::example("linode-to-google", &[ZONE]);
    let clock = Clock::at("2027-02-20T09:00:00Z", SystemClock.now());
    let check = |code, event: &str| {
        let args = ["run", "--once", "--log-format", "json"];
        let ended = stage.project.by_clock(&clock.file(), &args).wait().exits(code);
        assert_eq!(of(&ended.stderr, event).len(), 1, "{}", ended.stderr);
    };
    check(6, "waiting");
    check(6, "waiting");
    // Among others a broken file is one that has failed.
    stage.project.write("zones/other.yaml", "zone: [\n");
    check(5, "file");
    fs::remove_file(stage.project.path("zones/other.yaml")).unwrap();
    clock.leap(Duration::from_secs(12 * 86_400));
    check(3, "missed");
}
