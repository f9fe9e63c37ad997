//! What is logged, and what can be looked at meanwhile.

use crate::clock::Clock;
use crate::log::{lines, of};
use crate::stage::Stage;
use crate::support::project::Running;
use crate::support::server::eventually;
use cutover::clock::SystemClock;
use cutover::port::Clock as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(30);
const ZONE: &str = "dankolb.net";

#[track_caller]
fn wait_for(run: &Running, text: &str) -> String {
    assert!(eventually(SOON, || run.stderr().contains(text)), "{text}\n{}", run.stderr());
    run.stderr()
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply
}

#[test]
fn a_page_numbers_and_webhooks_are_there_while_it_runs() {
    let mut stage = Stage::example("linode-to-google", &[ZONE]);
    // Nobody takes it, and its address is a secret.
    let settings = "version: 1\nresolvers: []\nnotify: [{webhook: env:HOOK}]\n";
    stage.project = stage.project.settings(settings).env("HOOK", "http://127.0.0.1:9/s3cr3t");
    let clock = Clock::at("2027-02-20T09:00:00Z", SystemClock.now());
    let args = ["run", "--log-format", "json", "--serve", "127.0.0.1:0"];
    let run = stage.project.by_clock(&clock.file(), &args);
    let log = wait_for(&run, "the page is at ");
    let address = log.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    assert!(get(&address, "/healthz").ends_with("ok\n"));
    wait_for(&run, "\"event\":\"waiting\"");
    let numbers = || get(&address, "/metrics").contains("zone=\"dankolb.net\"");
    assert!(eventually(SOON, numbers), "{}", get(&address, "/metrics"));
    // The first look may have been before the plan.
    let phases = || get(&address, "/zones/dankolb.net").contains("prepare");
    assert!(eventually(SOON, phases), "{}", get(&address, "/zones/dankolb.net"));
    let log = wait_for(&run, "a webhook cannot be reached");
    assert!(!log.contains("s3cr3t"), "{log}");
    assert!(lines(&log).iter().all(|line| line["event"].is_string() && line["level"].is_string()));
}

/// The bodies of what is posted to this address; each is taken.
fn listen() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    let posts = Arc::<Mutex<Vec<String>>>::default();
    let heard = posts.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut text, mut piece) = (String::new(), [0; 4096]);
            // The body is one object, and the last thing that comes.
            while !text.ends_with('}') {
                let count = stream.read(&mut piece).unwrap();
                text += std::str::from_utf8(&piece[..count]).unwrap();
            }
            heard.lock().unwrap().push(text.split_once("\r\n\r\n").unwrap().1.to_owned());
            let reply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(reply.as_bytes()).unwrap();
        }
    });
    (address, posts)
}

#[test]
fn webhooks_hear_of_steps_of_people_and_of_trouble() {
    let mut stage = Stage::example("linode-to-google", &[ZONE]);
    let (address, posts) = listen();
    let settings = "version: 1\nresolvers: []\nnotify: [{webhook: env:HOOK}]\n";
    stage.project = stage.project.settings(settings).env("HOOK", &address);
    let clock = Clock::at("2027-02-20T09:00:00Z", SystemClock.now());
    let run = stage.project.by_clock(&clock.file(), &["run"]);
    let heard = |event: &str| {
        let told = format!("\"event\":\"{event}\"");
        let is_told = || posts.lock().unwrap().iter().any(|post| post.contains(&told));
        assert!(eventually(SOON, is_told), "{event}: {posts:?}\n{}", run.stderr());
    };
    heard("published");
    clock.leap(Duration::from_secs(274 * 3_600));
    heard("waiting");
    let zone = stage.project.read("db.dankolb.net");
    stage.project.write("db.dankolb.net", &zone.replace("MX   10 mail", "MX   11 mail"));
    let confirm = ["confirm", ZONE, "signing-on"];
    stage.project.by_clock(&clock.file(), &confirm).wait().exits(0);
    heard("failed");
}

#[test]
fn facts_have_fields() {
    let stage = Stage::example("linode-to-google", &[ZONE]);
    let clock = Clock::at("2027-02-20T09:00:00Z", SystemClock.now());
    let args = ["run", "--once", "--log-format", "json"];
    let log = stage.project.by_clock(&clock.file(), &args).wait().exits(6).stderr;
    let check = |event: &str, stage: &str, text: &str| {
        let [line] = &of(&log, event)[..] else { panic!("{event}\n{log}") };
        assert_eq!((&line["zone"], &line["stage"]), (&ZONE.into(), &stage.into()));
        assert!(line["message"].as_str().unwrap().contains(text), "{line}");
    };
    check("apply-began", "prepare", "prepare: sending");
    check("applied", "prepare", "prepare: the provider has it");
    check("published", "prepare", "prepare: every name server answers with it since");
    assert!(of(&log, "seen")[0]["server"].as_str().unwrap().starts_with("ns1 (127.0.0.1:"));
}

#[test]
fn the_systems_journal_keeps_times_by_itself() {
    let clock = Clock::at("2027-02-20T09:00:00Z", SystemClock.now());
    let check = |stream: &[(&str, &str)], begins: &str| {
        let mut stage = Stage::example("linode-to-google", &[ZONE]);
        for (name, value) in stream {
            stage.project = stage.project.env(name, value);
        }
        let ended = stage.project.by_clock(&clock.file(), &["run", "--once"]).wait().exits(6);
        let first = ended.stderr.lines().next().unwrap();
        assert!(first.starts_with(begins) && first.contains("dankolb.net: plan "), "{first}");
    };
    check(&[], "2027-02-20T09:0");
    check(&[("JOURNAL_STREAM", "8:1")], " INFO dankolb.net: plan ");
}
