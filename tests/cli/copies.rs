//! Keys of the old platform that are copied: looked up, kept by the plan, compared if written.

use super::support::dankolb::{self, key};
use super::support::project::Project;
use super::support::server::loopback;
use cutover::clock::SystemClock;
use cutover::dns::{Name, Zone};
use cutover::lab::{Authority, Running};
use cutover::wire::{Algorithm, TsigKey};
use data_encoding::BASE64;
use std::sync::Arc;
use tokio::runtime::Runtime;

const ZONE: &str = "\
@ 2 IN SOA ns1 hostmaster 1 60 30 604800 2
@ 2 IN NS ns1
@ 2 IN MX 10 mail
mail 2 IN A 192.0.2.10
s._domainkey 2 IN CNAME s.dkim.example.org.
";

const MOVE: &str = "\
version: 1
zone: a.example
provider: primary
old:
  mx: [10 mail]
  dkim: {s: {cname: s.dkim.example.org.}}
new: {mx: [10 mx.example.net.]}
transition:
  ttl: 1s
  propagation: 1s
  restore-after: 1s
  soak: 1s
  silence: 1s
  queue: 1s
  transit: 1s
";

const KEY: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const OTHER: &str = "v=DKIM1; k=ed25519; p=22qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// The zone's name server, and one of the old platform that plays the resolver.
struct World {
    project: Project,
    ours: Authority,
    theirs: Authority,
    _running: [Running; 2],
    _runtime: Runtime,
}

impl World {
    /// With this beside `cname`, while this text stands where the alias leads.
    fn new(copy: &str, at_target: &str) -> Self {
        let secret = BASE64.decode(key().secret_base64.as_bytes()).unwrap();
        let tsig = TsigKey::new(name(&key().name), Algorithm::HmacSha256, &secret);
        let ours = Authority::new("ours", Arc::new(SystemClock)).with_key(tsig);
        ours.put(Zone::parse(ZONE, &name("a.example.")).unwrap());
        let theirs = Authority::new("theirs", Arc::new(SystemClock));
        let runtime = Runtime::new().unwrap();
        let serve = |one: &Authority| runtime.block_on(one.serve(loopback(0))).unwrap();
        let running = [serve(&ours), serve(&theirs)];
        let [address, resolver] = [running[0].address(), running[1].address()];
        let project = Project::new()
            .provider(&dankolb::rfc2136(address, &[address]))
            .env("CUTOVER_TSIG_SECRET", &key().secret_base64)
            .settings(&format!(
                "version: 1\nresolvers: [{{name: theirs, address: \"{resolver}\"}}]\n"
            ));
        let world = Self { project, ours, theirs, _running: running, _runtime: runtime };
        world.publish(at_target);
        world.write(copy);
        world
    }

    fn write(&self, copy: &str) {
        let text = MOVE.replace("example.org.}", &format!("example.org.{copy}}}"));
        self.project.write("zones/a.example.yaml", &text);
    }

    /// What the old platform has where the alias leads.
    fn publish(&self, text: &str) {
        let record = format!("s.dkim 2 TXT \"{text}\"\n");
        let record = if text.is_empty() { "" } else { &record };
        let zone = format!("@ 2 SOA ns1 hostmaster 1 60 30 604800 2\n@ 2 NS ns1\n{record}");
        self.theirs.put(Zone::parse(&zone, &name("example.org.")).unwrap());
    }

    fn zone(&self) -> String {
        self.ours.zone(&name("a.example.")).unwrap().to_text()
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[test]
fn a_copy_is_planned_compared_or_missed() {
    let check = |copy: &str, at_target: &str, code, expected: &[&str], not: &[&str]| {
        let world = World::new(copy, at_target);
        let told = world.project.run(&["plan"]).exits(code).stdout;
        let same = world.project.run(&["check", "--live"]).exits(code).stdout;
        assert!(expected.iter().all(|part| told.contains(part)), "{copy}: {told}");
        assert!(!not.iter().any(|part| told.contains(part)), "{copy}: {told}");
        assert_eq!(same.contains("DK18"), told.contains("DK18"), "{same}");
    };
    let written = |key: &str| format!(", copy: \"{key}\"");
    let planned = format!("+ s._domainkey.a.example. 2 IN TXT \"{KEY}\"");
    check(
        "",
        KEY,
        0,
        &["warning[DK17]", "`s: {cname: s.dkim.example.org., copy: live}`"],
        &["DK18", &planned],
    );
    check(", copy: live", KEY, 0, &[&planned], &["DK17", "DK18"]);
    check(&written(KEY), KEY, 0, &[&planned], &["DK17", "DK18"]);
    check(&written(KEY), OTHER, 3, &["error[DK18]", "is not the key"], &["DK17"]);
    check(", copy: live", "", 3, &["error[DK18]", "no key is at `s.dkim.example.org.`"], &[]);
    check(", copy: live", "v=DKIM1; p=", 3, &["error[DK18]", "`p=` is empty"], &[]);
    // What cannot be compared is held against nobody.
    check(&written(KEY), "", 0, &[&planned], &["DK18"]);
}

#[test]
fn where_nobody_is_asked_a_key_must_be_written() {
    let world = World::new(", copy: live", KEY);
    world.project.write("cutover.yaml", "version: 1\nresolvers: []\n");
    let told = world.project.run(&["plan"]).exits(3).stdout;
    assert!(told.contains("nobody says which key is at `s.dkim.example.org.`"), "{told}");
    world.write(&format!(", copy: \"{OTHER}\""));
    world.project.run(&["plan"]).exits(0);
}

#[test]
fn a_plan_keeps_the_key_that_it_found() {
    let world = World::new(", copy: live", KEY);
    world.project.run(&["apply", "--yes", "--wait", "--through", "prepare"]).exits(0);
    // The old platform is gone, and somebody edits the file.
    world.publish("");
    let text = world.project.read("zones/a.example.yaml");
    world.project.write("zones/a.example.yaml", &text.replace("soak: 1s", "soak: 2s"));
    world.project.run(&["apply", "--yes", "--wait", "--through", "retire"]).exits(0);
    assert!(world.zone().contains(KEY) && !world.zone().contains("CNAME"), "{}", world.zone());
    // The journal is lost, and the copy is known by what it is.
    std::fs::remove_dir_all(world.project.path(".cutover")).unwrap();
    let plan = world.project.run(&["plan", "--json"]).exits(0).json();
    let phases = plan["phases"].as_array().unwrap();
    let stages: Vec<_> = phases.iter().map(|phase| phase["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["retire-keys"], "{plan:#}");
    assert_eq!(phases[0]["changes"][0]["type"], "TXT");
}
