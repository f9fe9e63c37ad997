//! What is printed where, and the exit codes of the quiet cases.

use super::support::bind::Bind;
use super::support::client;
use super::support::dankolb::{self, MOVE, NAME, ZONE, key};
use super::support::project::Project;
use super::support::server::{eventually, free_port, loopback};
use std::time::Duration;

#[test]
fn usage_mistakes_end_with_64() {
    let project = dankolb::project("version: 1\ndriver: manual\n");
    for args in [
        &["nonsense"][..],
        &["plan", "--at", "tomorrow"],
        &["apply", "--through", "nowhere"],
        &["plan", "example.org"],
        &["rollback", "dankolb.net", "--to", "retire"],
    ] {
        let outcome = project.run(args).exits(64);
        assert_eq!(outcome.stdout, "", "{args:?}");
    }
    let known = project.run(&["plan", "example.org"]).stderr;
    assert!(known.contains("there are files about: dankolb.net."), "{known}");
}

#[test]
fn help_is_data() {
    let project = Project::new();
    let help = project.run(&["--help"]).exits(0);
    assert!(help.stdout.contains("Exit codes:") && help.stderr.is_empty());
    let script = project.run(&["completions", "bash"]).exits(0).stdout;
    assert!(script.contains("_cutover"));
}

#[test]
fn help_is_for_commands_and_topics() {
    let project = Project::new();
    let help = |words: &[&str], code| project.run(&[&["help"], words].concat()).exits(code);
    assert_eq!(help(&[], 0).stdout, project.run(&["--help"]).exits(0).stdout);
    assert_eq!(help(&["plan"], 0).stdout, project.run(&["plan", "--help"]).exits(0).stdout);
    let topics = help(&["topics"], 0).stdout;
    assert!(topics.lines().count() > 8, "{topics}");
    for line in topics.lines() {
        let (name, _) = line.split_once(' ').unwrap();
        assert!(help(&[name], 0).stdout.starts_with("# "), "{name} is also a command");
    }
    assert!(help(&["paln"], 64).stderr.contains("did you mean `plan`?"));
    let page = project.run(&["man"]).exits(0).stdout;
    assert!(page.starts_with(".ie") && page.contains(".SH SUBCOMMANDS"), "{page}");
    project.run(&["man", "--out", "pages"]).exits(0);
    assert!(project.read("pages/cutover-apply.1").contains("Do what is due"));
}

#[test]
fn a_new_project_can_be_checked_at_once() {
    let project = Project::new();
    let made = project.run(&["init", "new"]).exits(0);
    assert_eq!(made.stdout.lines().count(), 4, "{}", made.stdout);
    project.run(&["-C", "new", "check"]).exits(0);
    let again = project.run(&["init", "new"]).exits(0);
    assert_eq!(again.stdout, "", "nothing that exists is touched");
}

#[test]
fn a_plan_is_shown_alike_to_people_and_programs() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    let text = project.run(&["plan"]).exits(0);
    assert_eq!(text.stderr, "");
    let last = text.stdout.lines().last().unwrap();
    assert_eq!(last, "Plan: 2 to create, 14 to replace, 1 to delete in 7 phases");
    assert!(!text.stdout.contains('\x1b'), "no colour without a terminal");

    let json = project.run(&["preview", "--json"]).exits(0).json();
    assert_eq!((&json["version"], &json["feasible"]), (&1.into(), &true.into()));
    let phases = json["phases"].as_array().unwrap();
    let stages: Vec<_> = phases.iter().map(|phase| phase["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, dankolb::STAGES);
    assert!(text.stdout.contains(&json["digest"].as_str().unwrap()[..12]));
    project.run(&["plan", "--detailed-exitcode"]).exits(2);
    let markdown = project.run(&["plan", "--markdown"]).exits(0).stdout;
    assert!(markdown.contains("\n### delivery\n"), "{markdown}");
    assert!(markdown.contains("\n+ _dmarc.dankolb.net. 2 IN TXT"), "{markdown}");
}

#[test]
fn without_a_terminal_nothing_is_begun_unasked() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    let serial = client::serial(bind.addr, NAME);
    let outcome = project.run(&["apply"]).exits(64);
    assert!(outcome.stderr.contains("`--yes`"), "{}", outcome.stderr);
    assert_eq!(client::serial(bind.addr, NAME), serial);
    let status = project.run(&["status"]).exits(0).stdout;
    assert!(status.contains("dankolb.net: not begun"), "{status}");
}

#[test]
fn a_closed_gate_ends_with_6_and_says_until_when() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    project.write("zones/dankolb.net.yaml", &MOVE.replace("soak: 2s", "soak: 14d"));
    let outcome = project.run(&["apply", "--yes"]).exits(6);
    assert!(outcome.stderr.contains("not yet: run `cutover apply` again at"), "{}", outcome.stderr);
    let plan = project.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains("prepare      published; caches forget by"), "{plan}");
    let status = project.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["phases"][0]["state"], "draining", "{status:#}");
    assert!(status["next"]["at"].is_string(), "{status:#}");
}

/// A manual step before everything: who has done it is not asked again, nor for the same plan.
#[test]
fn what_is_approved_stays_approved() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let step = "checkpoints: [{before: prepare, id: tried, ask: Try it.}]";
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    project.write("zones/dankolb.net.yaml", &MOVE.replace("checkpoints: []", step));
    assert!(project.run(&["apply", "--yes"]).exits(6).stderr.contains("  tried: Try it."));
    // Another plan by now, of which nothing has been sent: it is asked for, the step is not.
    let other = MOVE.replace("checkpoints: []", step).replace("1 ASPMX", "2 ASPMX");
    project.write("zones/dankolb.net.yaml", &other);
    project.run(&["confirm", NAME, "tried"]).exits(0);
    project.run(&["apply"]).exits(64);
    project.write("zones/dankolb.net.yaml", &MOVE.replace("checkpoints: []", step));
    let went = project.run(&["apply"]).exits(6).stderr;
    assert!(went.contains("prepare: every name server answers with it"), "{went}");
    assert_eq!(project.read(".cutover/dankolb.net.jsonl").matches("\"planned\"").count(), 1);
}

#[test]
fn what_somebody_else_changes_on_the_way_is_drift() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    let live =
        |args: &[&str], code| project.run(&[&["status", "--live"], args].concat()).exits(code);
    assert!(!live(&[], 0).stdout.contains("drift"));
    project.run(&["apply", "--yes"]).exits(6);
    assert!(live(&[], 0).stdout.ends_with("  the live zone is as it should be\n"));
    // A stranger's record is none of ours.
    let change = |line: &str| client::nsupdate(bind.addr, NAME, &key(), &[line]).unwrap();
    change("add stranger.dankolb.net. 60 A 192.0.2.1");
    assert_eq!(live(&["--json"], 0).json()["drift"], serde_json::json!([]));
    change("add dankolb.net. 2 MX 99 elsewhere.example.");
    let json = live(&["--json"], 4).json();
    assert_eq!(json["drift"][0]["type"], "MX", "{json:#}");
    let told = live(&[], 4).stdout;
    assert!(told.contains("drift: `dankolb.net. MX` is not as planned: expected "), "{told}");
    project.run(&["status"]).exits(0);
}

#[test]
fn an_edit_during_the_run_is_noticed() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    project.run(&["apply", "--yes"]).exits(6);
    let file = "zones/dankolb.net.yaml";
    project.write(file, &format!("# a comment\n{MOVE}"));
    assert!(!project.run(&["apply", "--yes"]).exits(6).stderr.contains("edited"));
    project.write(file, &MOVE.replace("ttl: 2s", "ttl: 1s"));
    let refused = project.run(&["apply", "--yes"]).exits(4).stderr;
    assert!(refused.contains("was edited while its plan is under way"), "{refused}");
    assert!(refused.contains("`dankolb.net. MX` became `10 mail.dankolb.net.` with TTL 2"));
    assert!(refused.contains("by the edited file it would be `10 mail.dankolb.net.` with TTL 1"));
    // What is still to come may be another.
    project.write(file, &MOVE.replace("1 ASPMX", "2 ASPMX"));
    let plan = project.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains("IN MX 2 ASPMX.L.GOOGLE.COM."), "{plan}");
    let edited = project.run(&["apply", "--yes", "--wait"]).exits(0).stderr;
    assert!(edited.contains("goes on by the edited plan"), "{edited}");
    let status = project.run(&["status", "--json"]).exits(0).json();
    let mut mx = status["versions"].as_array().unwrap().iter().filter(|one| one["type"] == "MX");
    let last = mx.next_back().unwrap();
    assert!(last["rdata"][0].as_str().unwrap().starts_with("2 ASPMX"), "{status:#}");
    assert_eq!(last["servers"].as_object().unwrap().len(), 1, "{status:#}");
}

/// MX leads nowhere before its host answers: a closed port first, then a server that greets.
#[test]
fn mail_is_led_only_to_a_server_that_answers() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    let port = free_port();
    let mx = MOVE.lines().filter(|line| !line.contains(" ALT")).collect::<Vec<_>>().join("\n");
    let file = mx
        .replace("1 ASPMX.L.GOOGLE.COM.", "1 localhost.")
        .replace("transition:", &format!("transition:\n  preflight: {port}"));
    project.write("zones/dankolb.net.yaml", &file);
    let through = ["apply", "--yes", "--wait", "--through", "submission"];
    project.run(&through).exits(0);
    let refused = project.run(&["apply", "--yes", "--through", "delivery"]).exits(6).stderr;
    assert!(refused.contains("not yet: `localhost.` at "), "{refused}");
    assert!(refused.contains("confirm dankolb.net preflight` to vouch for it"), "{refused}");
    assert_eq!(project.events(NAME, "delivery"), Vec::<String>::new());
    let status = project.run(&["status"]).exits(0).stdout;
    assert!(status.contains("next: waits for `localhost.` to answer SMTP on port"), "{status}");

    let server = std::net::TcpListener::bind(loopback(port)).unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for stream in server.incoming() {
            let mut stream = stream.unwrap();
            stream.write_all(b"220 localhost ESMTP\r\n").unwrap();
            while stream.read(&mut [0; 512]).is_ok_and(|read| read > 0) {
                stream.write_all(b"250 localhost\r\n").unwrap();
            }
        }
    });
    let passed =
        project.run(&["apply", "--yes", "--wait", "--through", "delivery"]).exits(0).stderr;
    assert!(passed.contains("`preflight` passed: SMTP is answered by localhost at"), "{passed}");
}

#[test]
fn what_the_zone_file_says_is_done_is_confirmed() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    let asks = "checkpoints: [{before: delivery, id: ready, ask: Be ready.}]";
    let asked = MOVE.replace("checkpoints: []", asks);
    assert_ne!(asked, MOVE);
    project.write("zones/dankolb.net.yaml", &asked);
    let outcome = project.run(&["apply", "--yes", "--wait", "--through", "submission"]).exits(0);
    assert!(!outcome.stderr.contains("confirmed"));
    let ask = project.run(&["apply", "--yes", "--through", "delivery"]);
    assert!(ask.code == Some(6), "{}", ask.stderr);
    // That the file says so is no edit of the plan.
    let done = "confirmed: [{id: ready, by: ann}, nonsense]\n  ";
    let file = asked.replace("checkpoints:", &format!("{done}checkpoints:"));
    project.write("zones/dankolb.net.yaml", &file);
    let last = ["apply", "--yes", "--wait", "--through", "delivery"];
    let outcome = project.run(&last).exits(0).stderr;
    assert!(outcome.contains("`ready` confirmed by ann"), "{outcome}");
    assert!(outcome.contains("names `nonsense`, which is no checkpoint"), "{outcome}");
    assert!(!outcome.contains("edited"), "{outcome}");
}

#[test]
fn a_plan_can_be_given_up_for_another_but_not_its_waits() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    project.run(&["apply", "--yes"]).exits(6);
    let other = MOVE.replace("ttl: 2s", "ttl: 1s").replace("1 ASPMX", "2 ASPMX");
    project.write("zones/dankolb.net.yaml", &other);
    project.run(&["apply", "--yes"]).exits(4);
    let back = project.run(&["rollback", NAME, "--yes"]).exits(0);
    assert!(back.stdout.contains("the plan itself is given up"), "{}", back.stdout);
    let again = project.run(&["apply", "--yes"]).exits(6);
    assert!(again.stdout.contains("IN MX 2 ASPMX.L.GOOGLE.COM."), "{}", again.stdout);
    let status = project.run(&["status"]).exits(0).stdout;
    assert!(status.contains("caches to forget the plan before, for submission"), "{status}");
}

#[test]
fn a_plan_is_not_given_up_while_a_name_server_lags() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let nobody = loopback(free_port());
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr, nobody]));
    let apply = project.start(&["apply", "--yes"]);
    let sent = || project.events(NAME, "prepare").contains(&"applied".to_owned());
    assert!(eventually(Duration::from_secs(20), sent), "{}", apply.stderr());
    drop(apply.kill());
    let back = project.run(&["rollback", NAME, "--yes"]).exits(6);
    assert!(back.stderr.contains("not yet as planned on every name server"), "{}", back.stderr);
}

#[test]
fn an_export_is_in_the_form_asked_for() {
    let bind = Bind::primary(NAME, ZONE, &key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]));
    let export = |format| {
        let args = ["export", NAME, "--stage", "delivery", "--format", format];
        project.run(&args).exits(0).stdout
    };
    assert!(export("bind").contains("@ 2 IN MX 1 ASPMX.L.GOOGLE.COM.\n"));
    assert!(export("octodns").contains("{\"exchange\":\"ASPMX.L.GOOGLE.COM.\",\"preference\":1}"));
    let script = export("nsupdate");
    assert!(script.contains("prereq yxrrset dankolb.net. MX 10 mail.dankolb.net.\n"));
    // The script is good: the server takes it, and then there is nothing left up to that stage.
    let lines: Vec<_> = script.lines().filter_map(|line| line.strip_prefix("update ")).collect();
    client::nsupdate(bind.addr, NAME, &key(), &lines).unwrap();
    let mx = client::dig(bind.addr, &["+short", "MX", NAME]);
    assert_eq!(mx.lines().count(), 5, "{mx}");
}

#[test]
fn the_policy_to_serve_lists_the_hosts_of_its_stage() {
    let project = Project::example("bystar-to-office365");
    let export = |flags: &[&str], code| {
        let args = [&["export", "example.com", "--format", "mta-sts"], flags].concat();
        project.run(&args).exits(code)
    };
    let both = export(&["--stage", "prepare", "--mode", "enforce"], 0);
    let (old, new) = (
        "mx: mx1.example.com\r\nmx: mx2.example.com\r\n",
        "mx: example-com.mail.protection.outlook.com\r\n",
    );
    let document = |mode, hosts: &str, age| {
        format!("version: STSv1\r\nmode: {mode}\r\n{hosts}max_age: {age}\r\n")
    };
    assert_eq!(both.stdout, document("enforce", &format!("{old}{new}"), 86_400));
    let told = "serve it at https://mta-sts.example.com/.well-known/mta-sts.txt; the plan changes \
        the id once `sts-policy-both` is confirmed\n";
    assert_eq!(both.stderr, told);
    let last = export(&[], 0);
    assert_eq!(last.stdout, document("testing", new, 604_800));
    assert!(last.stderr.contains("once `sts-policy-new`"), "{}", last.stderr);
    assert!(last.stderr.contains("`--mode enforce`"), "{}", last.stderr);
    let long = export(&["--max-age", "400d"], 64);
    assert!(long.stderr.contains("a year at most"), "{}", long.stderr);
    export(&["--mode", "strict"], 64);
    let args = ["export", "example.com", "--format", "bind", "--mode", "enforce"];
    project.run(&args).exits(64);

    // Where DNS says nothing of a policy yet.
    let project = dankolb::project("version: 1\ndriver: manual\n");
    let first = project.run(&["export", NAME, "--format", "mta-sts"]).exits(0);
    assert!(first.stdout.contains("mx: ASPMX.L.GOOGLE.COM\r\n"), "{}", first.stdout);
    let then = ", and only then publish _mta-sts IN TXT \"v=STSv1; id=";
    assert!(first.stderr.contains(then), "{}", first.stderr);
}

#[test]
fn the_demo_plays_to_its_end() {
    let outcome = Project::new().run(&["demo"]).exits(0);
    let last = outcome.stdout.lines().last().unwrap();
    assert!(last.starts_with("done in "), "{last}");
    assert!(outcome.stdout.contains("old, "), "some cache must have been seen with the old");
    assert_eq!(outcome.stderr, "");
}

#[test]
fn platforms_are_shown_with_what_is_known_of_them() {
    let project = Project::new();
    let table = project.run(&["platforms"]).exits(0).stdout;
    let row = |name: &str| table.lines().find(|line| line.trim().starts_with(name)).unwrap();
    assert!(row("workmail").ends_with("ends 2027-03-31"), "{table}");
    assert!(row("microsoft-365 ").contains("mx, tenant  "), "{table}");
    let one = project.run(&["platforms", "microsoft-365"]).exits(0).stdout;
    for part in ["high confidence, checked 2026-", "the first label of `mx`", "dkim-lead: 4d"] {
        assert!(one.contains(part), "{one}");
    }
    assert!(!one.contains("about:") && !one.contains("settings:\n  mx"), "{one}");
    let all = project.run(&["platforms", "--json"]).exits(0).json();
    let all = all["platforms"].as_array().unwrap();
    assert_eq!(all.len(), cutover::mail::platform::PRESETS.len());
    let ends: Vec<_> = all.iter().filter(|one| !one["ends"].is_null()).collect();
    assert_eq!((ends.len(), &ends[0]["name"]), (1, &"workmail".into()));
    project.run(&["platforms", "workmial"]).exits(64);
}
