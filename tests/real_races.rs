//! What happens at the same time, on a real name server: other people's changes, kills, two
//! processes.

mod support;

use std::time::Duration;

use support::bind::Bind;
use support::client::serial;
use support::dankolb::{self, MOVE, NAME, STAGES, ZONE, foretold, meddle, served, values};
use support::nsd::Nsd;
use support::project::{Outcome, Project};
use support::proxy::Proxy;
use support::server::{Server, eventually, free_port, loopback};

const LIMIT: Duration = Duration::from_secs(30);

fn bind() -> Server {
    Bind::primary(NAME, ZONE, &dankolb::key(), &[])
}

/// A project for a server that is alone.
fn project(bind: &Server) -> Project {
    dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]))
}

fn apply(project: &Project, args: &[&str]) -> Outcome {
    project.run(&[&["apply", "--yes", "--wait"], args].concat())
}

#[test]
fn a_plan_file_is_applied() {
    let bind = bind();
    let project = project(&bind);
    let wanted = foretold(&project, "prepare");
    project.run(&["plan", "--out", "plan.json"]).exits(0);
    apply(&project, &["plan.json", "--through", "prepare"]).exits(0);
    assert_eq!(served(bind.addr), wanted);
}

#[test]
fn a_stale_plan_changes_nothing() {
    let bind = bind();
    let project = project(&bind);
    project.run(&["plan", "--out", "plan.json"]).exits(0);
    meddle(bind.addr, &["add dankolb.net. 4 MX 20 backup.example.org."]);
    let before = (served(bind.addr), serial(bind.addr, NAME));
    let refused = project.run(&["apply", "plan.json", "--yes"]).exits(4);
    assert!(refused.stderr.contains("`dankolb.net. MX`"), "{}", refused.stderr);
    assert!(refused.stderr.contains("backup.example.org."), "{}", refused.stderr);
    assert_eq!((served(bind.addr), serial(bind.addr, NAME)), before);

    meddle(bind.addr, &["del dankolb.net. MX 20 backup.example.org."]);
    meddle(bind.addr, &["add dankolb.net. 3 TXT some-other=1"]);
    apply(&project, &["plan.json"]).exits(0);
    let end = served(bind.addr);
    assert_eq!(values(&end, "dankolb.net.", "MX").len(), 5);
    let texts = values(&end, "dankolb.net.", "TXT");
    let kept =
        [dankolb::NEIGHBOUR, r#""some-other=1""#, r#""v=spf1 include:_spf.google.com ~all""#];
    assert_eq!(texts, kept.map(|text| format!("3 {text}")));
}

#[test]
fn killed_in_prepare_it_goes_on() {
    killed_between_send_and_answer("prepare", None);
}

#[test]
fn killed_in_delivery_it_goes_on() {
    killed_between_send_and_answer("delivery", Some("submission"));
}

fn killed_between_send_and_answer(stage: &str, before: Option<&str>) {
    let bind = bind();
    let proxy = Proxy::new(bind.addr);
    let project = dankolb::project(&dankolb::rfc2136(proxy.addr, &[bind.addr]));
    let (wanted, end) = (foretold(&project, stage), foretold(&project, "retire-keys"));
    if let Some(before) = before {
        apply(&project, &["--through", before]).exits(0);
    }
    let (serial_before, updates_before) = (serial(bind.addr, NAME).unwrap(), proxy.updates());

    proxy.withhold();
    let killed = project.start(&["apply", "--yes", "--wait"]);
    proxy.wait_withheld();
    killed.kill();
    assert_eq!(served(bind.addr), wanted);
    assert_eq!(project.events(NAME, stage), ["apply-began"]);

    proxy.pass();
    apply(&project, &["--through", stage]).exits(0);
    let events = ["apply-began", "apply-began", "applied", "published"];
    assert_eq!(project.events(NAME, stage), events);
    assert_eq!(proxy.updates(), updates_before + 1);
    assert_eq!(serial(bind.addr, NAME), Some(serial_before + 1));
    assert_eq!(served(bind.addr), wanted);

    apply(&project, &[]).exits(0);
    assert_eq!(served(bind.addr), end);
    for stage in STAGES {
        let events = project.events(NAME, stage);
        assert_eq!(events.iter().filter(|event| *event == "applied").count(), 1, "{stage}");
    }
}

#[test]
fn a_name_server_that_is_down_is_waited_for() {
    let (key, port) = (dankolb::key(), free_port());
    let bind = Bind::primary(NAME, ZONE, &key, &[loopback(port)]);
    let provider = dankolb::rfc2136(bind.addr, &[bind.addr, loopback(port)]);
    let project = dankolb::project(&provider);
    let wanted = foretold(&project, "prepare");
    let first = project.start(&["apply", "--yes", "--wait", "--through", "prepare"]);
    let lags = || first.stderr().contains(&format!("not yet: 127.0.0.1:{port}"));
    assert!(eventually(LIMIT, lags), "{}", first.stderr());
    assert_eq!(served(bind.addr), wanted);
    assert_eq!(project.events(NAME, "prepare"), ["apply-began", "applied"]);

    let nsd = Nsd::secondary(NAME, bind.addr, &key, port);
    first.wait().exits(0);
    assert_eq!(served(nsd.addr), wanted);
    assert_eq!(project.events(NAME, "prepare"), ["apply-began", "applied", "published"]);
}

#[test]
fn one_process_drives_and_another_confirms() {
    let bind = bind();
    // Left out, they are `mailboxes-synced` before `retrieval`.
    let project = project(&bind).zone(&MOVE.replace("  checkpoints: []\n", ""));
    let wanted = foretold(&project, "retrieval");
    let first = project.start(&["apply", "--yes", "--wait", "--through", "retrieval"]);
    let asks = || {
        let published = project.events(NAME, "delivery").contains(&"published".to_owned());
        published && next(&project) == "confirm mailboxes-synced"
    };
    assert!(eventually(LIMIT, asks), "{}", first.stderr());

    let second = project.run(&["apply", "--yes"]).exits(1);
    assert!(second.stderr.contains(&format!("process {},", first.pid())), "{}", second.stderr);
    assert_eq!(project.events(NAME, "retrieval"), [""; 0]);

    project.run(&["confirm", NAME, "mailboxes-synced", "--by", "postmaster"]).exits(0);
    let first = first.wait().exits(0);
    assert!(first.stderr.contains("confirmed by postmaster"), "{}", first.stderr);
    assert_eq!(served(bind.addr), wanted);
}

/// What the run waits for, as `status` tells it to programs.
fn next(project: &Project) -> String {
    let status = project.run(&["status", "--json"]).exits(0).json();
    status["next"]["what"].as_str().unwrap().to_owned()
}
