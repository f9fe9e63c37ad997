//! Signals: between steps, at once, and to read everything anew.

use crate::log::{last, of};
use crate::stage::Stage;
use crate::support::project::Running;
use crate::support::server::eventually;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);
/// How long the slow host takes to load a zone.
const SLOW: Duration = Duration::from_secs(3);
const ZONE: &str = "dankolb.net";
const RUN: [&str; 3] = ["run", "--log-format", "json"];

/// A move that is due, for it has no window.
fn stage() -> Stage {
    let stage = Stage::example("linode-to-google", &[ZONE]);
    let zone = stage.project.read("zones/dankolb.net.yaml");
    let lines =
        zone.lines().filter(|line| !line.starts_with("  window") && !line.contains("at: {"));
    let zone: String = lines.map(|line| format!("{line}\n")).collect();
    stage.project.write("zones/dankolb.net.yaml", &zone);
    stage
}

/// The same at a host that takes its time: between the send and its record there are seconds.
fn slow() -> Stage {
    let mut stage = stage();
    let provider = stage.project.read("providers/hand-written.yaml");
    stage.project.write("providers/hand-written.yaml", &format!("{provider}reload: rndc\n"));
    stage.project.write("bin/rndc", &format!("#!/bin/sh\nsleep {}\n", SLOW.as_secs()));
    let program = stage.project.path("bin/rndc");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path =
        format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    stage.project = stage.project.env("PATH", &path);
    stage
}

fn signal(running: &Running, signal: Signal) {
    let pid = Pid::from_raw(running.pid().cast_signed()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[track_caller]
fn wait_until(running: &Running, what: impl Fn() -> bool) {
    assert!(eventually(SOON, what), "{}", running.stderr());
}

fn events(stage: &Stage) -> Vec<String> {
    stage.project.events(ZONE, "prepare")
}

#[test]
fn a_send_that_has_begun_is_finished_and_recorded() {
    for stop in [Signal::TERM, Signal::INT] {
        let stage = slow();
        let run = stage.project.start(&RUN);
        wait_until(&run, || events(&stage) == ["apply-began"]);
        signal(&run, stop);
        let ended = run.wait().exits(0);
        assert_eq!(events(&stage), ["apply-began", "applied"], "{}", ended.stderr);
        assert_eq!(of(&ended.stderr, "stopped").len(), 1);
    }
}

#[test]
fn a_second_signal_ends_at_once() {
    let stage = slow();
    let run = stage.project.start(&RUN);
    wait_until(&run, || events(&stage) == ["apply-began"]);
    let begun = Instant::now();
    signal(&run, Signal::TERM);
    wait_until(&run, || !of(&run.stderr(), "stopping").is_empty());
    signal(&run, Signal::TERM);
    let ended = run.wait().exits(1);
    assert!(begun.elapsed() < SLOW, "{:?}", begun.elapsed());
    assert_eq!(events(&stage), ["apply-began"], "{}", ended.stderr);
    // The next start sees what has become of it.
    let next = stage.project.start(&RUN);
    wait_until(&next, || events(&stage).contains(&"published".to_owned()));
    assert_eq!(stage.writes(ZONE), 1);
}

#[test]
fn a_wait_ends_at_once() {
    let stage = stage();
    let run = stage.project.start(&RUN);
    wait_until(&run, || last(&run.stderr()).values().any(|line| line["event"] == "waiting"));
    let begun = Instant::now();
    signal(&run, Signal::TERM);
    run.wait().exits(0);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[test]
fn accounts_are_read_anew_when_told() {
    let stage = stage();
    let path = "providers/hand-written.yaml";
    let right = stage.project.read(path);
    // Nobody answers there.
    let at = right.split("address: ").nth(1).unwrap().split('}').next().unwrap();
    stage.project.write(path, &right.replace(at, "127.0.0.1:9"));
    let run = stage.project.start(&RUN);
    wait_until(&run, || !of(&run.stderr(), "lagging").is_empty());
    stage.project.write(path, &right.replace("driver", "drivel"));
    signal(&run, Signal::HUP);
    wait_until(&run, || !of(&run.stderr(), "files").is_empty());
    let log = run.stderr();
    assert!(log.contains("providers/hand-written.yaml:"), "{log}");
    assert_eq!(events(&stage), ["apply-began", "applied"]);
    stage.project.write(path, &right);
    signal(&run, Signal::HUP);
    // Whoever still looks by the old account is called back.
    wait_until(&run, || events(&stage).contains(&"published".to_owned()));
}
