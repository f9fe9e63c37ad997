//! The examples from their first day to their last, with a kill every few steps.
//!
//! The program is the real one, by a clock that leaps over waits: half of the time while it runs,
//! as if its machine had been suspended, half of the time between a kill and the next start.

use crate::clock::Clock;
use crate::judge::{complaints, hurried, unconfirmed};
use crate::log::{last, of};
use crate::stage::{Stage, records};
use crate::support::project::Running;
use cutover::clock::SystemClock;
use cutover::port::Clock as _;
use cutover::run::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

/// How long it may take in real time.
const LIMIT: Duration = Duration::from_secs(150);
const DAY: Duration = Duration::from_secs(86_400);

/// A long run, a person who does what is asked, and somebody with a kill switch.
struct Story {
    stage: Stage,
    clock: Clock,
    dice: StdRng,
    running: Option<Running>,
    kills: usize,
    /// How many writes the switch has seen.
    writes: usize,
}

impl Story {
    fn now(&self) -> Timestamp {
        self.clock.now(SystemClock.now())
    }

    fn command(&self, args: &[&str]) -> String {
        self.stage.project.by_clock(&self.clock.file(), args).wait().exits(0).stdout
    }

    fn log(&mut self) -> String {
        let (project, clock) = (&self.stage.project, &self.clock);
        let start = || project.by_clock(&clock.file(), &["run", "--log-format", "json"]);
        self.running.get_or_insert_with(start).stderr()
    }

    fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
            self.kills += 1;
        }
    }

    /// Does what has been asked for.
    fn confirm(&mut self, zone: &str, asked: &Value) {
        let ids: Vec<_> = asked["checkpoint"].as_str().unwrap().split(", ").collect();
        self.command(&[&["confirm", zone], &ids[..]].concat());
    }

    /// To when the first of them can go on.
    fn leap(&mut self, to: Timestamp) {
        if self.dice.random_bool(0.5) {
            self.kill();
        }
        let by = (to - self.now()).to_std().unwrap_or_default();
        self.clock.leap(by + Duration::from_secs(1));
    }

    /// One look at the log; whether all zones are done.
    fn look(&mut self, answered: &mut BTreeMap<String, String>) -> bool {
        let log = self.log();
        // Anywhere at all, if rarely.
        if self.dice.random_bool(0.02) {
            self.kill();
            return false;
        }
        if self.stage.all_writes() > self.writes {
            self.writes = self.stage.all_writes();
            if self.dice.random_bool(0.5) {
                self.kill();
                return false;
            }
        }
        let last = last(&log);
        let (mut until, mut is_busy) = (Vec::<Timestamp>::new(), false);
        for zone in self.stage.zones.clone() {
            let Some(line) = last.get(&zone) else {
                is_busy = true;
                continue;
            };
            match line["event"].as_str().unwrap() {
                "done" => (),
                "waiting" => until.push(line["until"].as_str().unwrap().parse().unwrap()),
                "asked" if answered.get(&zone) == Some(&line.to_string()) => is_busy = true,
                "asked" => {
                    self.confirm(&zone, line);
                    answered.insert(zone, line.to_string());
                    is_busy = true;
                }
                "failed" | "missed" | "unready" => panic!("{line}\n{log}"),
                _ => is_busy = true,
            }
        }
        if let (false, Some(first)) = (is_busy, until.iter().min()) {
            match *first > self.now() {
                true => self.leap(*first),
                false => is_busy = true,
            }
        }
        !is_busy && until.is_empty()
    }
}

/// Plays an example from this day on.
fn play(example: &str, begins: &str, zones: &[&str], seed: u64) {
    let stage = Stage::example(example, zones);
    let clock = Clock::at(begins, SystemClock.now());
    let dice = StdRng::seed_from_u64(seed);
    let mut story = Story { stage, clock, dice, running: None, kills: 0, writes: 0 };
    let export = |zone: &&str| {
        let args = ["export", zone, "--format", "bind", "--stage", "retire-keys"];
        ((*zone).to_owned(), records(&story.command(&args), zone))
    };
    let foretold: BTreeMap<_, _> = zones.iter().map(export).collect();
    let (begun, mut answered) = (Instant::now(), BTreeMap::new());
    while !story.look(&mut answered) {
        assert!(begun.elapsed() < LIMIT, "it hangs\n{}", story.log());
        thread::sleep(Duration::from_millis(20));
    }
    story.kill();
    // Nothing is left to do, as cron would find too.
    let args = ["run", "--once", "--log-format", "json"];
    let once = story.stage.project.by_clock(&story.clock.file(), &args).wait().exits(0);
    assert_eq!(of(&once.stderr, "done").len(), zones.len());
    for zone in zones {
        assert_eq!(story.stage.zone(zone), foretold[*zone], "{zone}");
        let journal = story.stage.project.read(&format!(".cutover/{zone}.jsonl"));
        assert_eq!(complaints(&journal), [""; 0], "{zone}");
        let phases = journal.matches("{\"published\":").count();
        assert_eq!(story.stage.writes(zone), phases, "{zone}: each phase is written once");
        // The judge is awake.
        assert_ne!(complaints(&hurried(&journal, "retire", DAY)), [""; 0]);
        assert_ne!(complaints(&unconfirmed(&journal)), [""; 0]);
    }
    assert!(story.kills >= 5, "{} kills in {:?}", story.kills, begun.elapsed());
}

#[test]
fn exchange_to_bystar() {
    play("exchange-to-bystar", "2027-01-08T09:00:00Z", &["example.com"], 1);
}

#[test]
fn bystar_to_office365() {
    play("bystar-to-office365", "2027-05-25T09:00:00Z", &["example.com"], 2);
}

#[test]
fn iwi_to_central() {
    let zones = [
        "seminar.example",
        "institute.example",
        "informatics.example",
        "mathematics.example",
        "logic.example",
    ];
    play("iwi-to-central", "2027-01-22T09:00:00Z", &zones, 3);
}

#[test]
fn linode_to_google() {
    play("linode-to-google", "2027-02-20T09:00:00Z", &["dankolb.net"], 4);
}
