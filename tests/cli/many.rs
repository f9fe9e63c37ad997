//! Many zones at once: one that fails is told, and holds nobody back.

use super::support::dankolb::{self, key};
use super::support::project::Project;
use super::support::server::{free_port, loopback};
use cutover::clock::SystemClock;
use cutover::dns::{Name, Zone};
use cutover::journal::{Lease, Store};
use cutover::lab::{Authority, Running};
use cutover::wire::{Algorithm, TsigKey};
use data_encoding::BASE64;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const ZONE: &str = "\
@ 2 IN SOA ns1 hostmaster 1 60 30 604800 2
@ 2 IN NS ns1
@ 2 IN MX 10 mail
@ 2 IN TXT \"v=spf1 mx -all\"
mail 2 IN A 192.0.2.10
";

const MOVE: &str = "\
version: 1
zone: {zone}
provider: primary
old: {mx: [10 mail], spf: v=spf1 mx -all}
new: {mx: [10 mx.example.net.], spf: v=spf1 ip4:192.0.2.20 -all}
transition:
  ttl: 1s
  propagation: 1s
  restore-after: 1s
  soak: 1s
  silence: 1s
  queue: 1s
  transit: 1s
";

/// A name server with many zones, and a project that moves them all.
struct Town {
    project: Project,
    server: Authority,
    running: Running,
    _runtime: Runtime,
}

impl Town {
    /// Zones named by the first so many letters: `a.example`, `b.example` and on.
    fn new(zones: usize) -> Self {
        let secret = BASE64.decode(key().secret_base64.as_bytes()).unwrap();
        let tsig = TsigKey::new(name(&key().name), Algorithm::HmacSha256, &secret);
        let server = Authority::new("town", Arc::new(SystemClock)).with_key(tsig);
        let runtime = Runtime::new().unwrap();
        let running = runtime.block_on(server.serve(loopback(0))).unwrap();
        let project = Project::new()
            .provider(&dankolb::rfc2136(running.address(), &[running.address()]))
            .env("CUTOVER_TSIG_SECRET", &key().secret_base64);
        let town = Self { project, server, running, _runtime: runtime };
        for letter in ('a'..='z').take(zones) {
            let zone = format!("{letter}.example");
            town.serve(&zone, ZONE);
            town.edit(&zone, |text| text);
        }
        town
    }

    /// Serves a zone with this content.
    fn serve(&self, zone: &str, text: &str) {
        self.server.put(Zone::parse(text, &name(&format!("{zone}."))).unwrap());
    }

    /// Writes the file of a zone anew.
    fn edit(&self, zone: &str, edit: impl FnOnce(String) -> String) {
        let text = edit(MOVE.replace("{zone}", zone));
        self.project.write(&format!("zones/{zone}.yaml"), &text);
    }

    /// A provider that nobody answers for, for this zone.
    fn cut_off(&self, zone: &str) {
        let nobody = loopback(free_port());
        let provider = dankolb::rfc2136(nobody, &[self.running.address()]);
        self.project.write("providers/gone.yaml", &provider.replace("transfer", "# transfer"));
        self.edit(zone, |text| text.replace("primary", "gone"));
    }

    /// Gives a zone another MX behind the program's back.
    fn meddle(&self, zone: &str) {
        self.serve(zone, &ZONE.replace("MX 10 mail", "MX 5 mail"));
    }

    /// Holds a zone as another process would.
    fn hold(&self, zone: &str, who: &str) -> Lease {
        let store = Store::new(self.project.path(".cutover"));
        store.lease(&name(&format!("{zone}.")), who).unwrap()
    }

    fn has_moved(&self, zone: &str) -> bool {
        let zone = self.server.zone(&name(&format!("{zone}."))).unwrap();
        zone.to_text().contains("MX 10 mx.example.net.")
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[test]
fn one_that_fails_holds_nobody_back() {
    let town = Town::new(12);
    town.cut_off("c.example");
    town.meddle("e.example");
    let held = town.hold("g.example", "process 4711, `cutover run`");
    let apply = town.project.run(&["apply", "--yes", "--wait"]).exits(5);
    let last = "12 zones: 9 done, 1 not as planned: e.example; 2 failed: c.example, g.example";
    assert_eq!(apply.stderr.lines().last(), Some(last), "{}", apply.stderr);
    for told in [
        "error: c.example: the provider does not answer",
        "error: e.example: `e.example. MX` is `5 mail.e.example.` in the live zone",
        "g.example.lock` is held by process 4711, `cutover run`",
    ] {
        assert_eq!(apply.stderr.matches(told).count(), 1, "{told}\n{}", apply.stderr);
    }
    for letter in 'a'..='l' {
        let is_well = !['c', 'e', 'g'].contains(&letter);
        assert_eq!(town.has_moved(&format!("{letter}.example")), is_well, "{letter}");
    }
    // The negative control: it was this lock, and nothing else.
    drop(held);
    town.project.run(&["apply", "g.example", "--yes", "--wait"]).exits(0);
    assert!(town.has_moved("g.example"));
}

#[test]
fn a_mistake_in_one_file_stops_all() {
    let town = Town::new(3);
    town.edit("b.example", |text| text.replace("soak", "soka"));
    let apply = town.project.run(&["apply", "--yes"]).exits(1);
    assert!(apply.stderr.contains("nothing was done"), "{}", apply.stderr);
    assert!(!town.project.path(".cutover").exists());
}

#[test]
fn the_summary_tells_when_the_first_goes_on() {
    let town = Town::new(3);
    town.edit("b.example", |text| text + "  window: {opens: 2099-01-01T00:00:00Z, length: 6h}\n");
    town.edit("c.example", |text| text + "  window: {opens: 2098-01-01T00:00:00Z, length: 6h}\n");
    town.project.run(&["apply", "a.example", "--yes", "--wait"]).exits(0);
    // Each first waits for the TTLs of before.
    town.project.run(&["apply", "--yes", "--wait", "--through", "prepare"]).exits(0);
    let apply = town.project.run(&["apply", "--yes"]).exits(6);
    let last = "3 zones: 1 done, 2 not yet (next 2098-01-01T00:00:00Z)";
    assert_eq!(apply.stderr.lines().last(), Some(last), "{}", apply.stderr);
}

#[test]
fn all_plans_are_shown_before_anything_begins() {
    let town = Town::new(3);
    town.meddle("b.example");
    let apply = town.project.run(&["apply", "--yes", "--wait", "--through", "prepare"]).exits(5);
    let plans: Vec<_> =
        apply.stdout.lines().filter(|line| line.ends_with(": as written")).collect();
    assert_eq!(plans, ["a.example: as written", "c.example: as written"], "{}", apply.stdout);
}

#[test]
fn one_question_begins_all() {
    let town = Town::new(3);
    let prepare = ["apply", "--wait", "--through", "prepare"];
    let refused = town.project.at_terminal(&prepare, "no\n").exits(1).stdout;
    assert!(refused.contains("not confirmed; nothing was changed"), "{refused}");
    assert!(!town.project.path(".cutover/a.example.jsonl").exists());
    let begun = town.project.at_terminal(&prepare, "yes\n").exits(0).stdout;
    assert_eq!(begun.matches("Begin these 3 transitions?").count(), 1, "{begun}");
    assert!(begun.ends_with("3 zones: 3 done\r\n"), "{begun}");
}

#[test]
fn without_a_terminal_what_has_begun_goes_on() {
    let town = Town::new(3);
    let prepare = ["apply", "b.example", "--yes", "--wait", "--through", "prepare"];
    town.project.run(&prepare).exits(0);
    let apply = town.project.run(&["apply", "--wait"]).exits(5);
    assert_eq!(apply.stderr.matches("there is no terminal to ask on").count(), 1);
    let last = "3 zones: 1 done, 2 not begun: a.example, c.example";
    assert_eq!(apply.stderr.lines().last(), Some(last), "{}", apply.stderr);
    assert!(town.has_moved("b.example") && !town.has_moved("a.example"));
}

#[test]
fn more_zones_are_driven_than_a_shell_gives_files_for() {
    let town = Town::new(26);
    let prepare = ["apply", "--yes", "--wait", "--through", "prepare"];
    town.project.with_files(40, &prepare).exits(0);
}

#[test]
fn a_zone_that_is_named_twice_is_one_zone() {
    let town = Town::new(1);
    let prepare = ["apply", "a.example", "A.example.", "--yes", "--wait", "--through", "prepare"];
    town.project.run(&prepare).exits(0);
}

#[test]
fn a_plan_of_many_shows_those_that_can_be_shown() {
    let town = Town::new(3);
    town.cut_off("b.example");
    let plan = town.project.run(&["plan"]).exits(5);
    assert_eq!(plan.stdout.matches("\nPlan: ").count(), 2, "{}", plan.stdout);
    assert!(plan.stderr.starts_with("error: b.example: the provider does not"), "{}", plan.stderr);
    let json = town.project.run(&["plan", "a.example", "b.example", "--json"]).exits(5).json();
    assert_eq!(json.as_array().map(Vec::len), Some(1), "{json:#}");
    assert_eq!(json[0]["zone"], "a.example.");
    let none = town.project.run(&["plan", "b.example", "--out", "plan.json"]).exits(1);
    assert_eq!(none.stdout, "");
    assert!(none.stderr.contains("`plan.json` was not written"), "{}", none.stderr);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the program waits by the real time")]
fn the_zones_of_an_account_share_its_rate() {
    let town = Town::new(3);
    let takes = |limit: &str| {
        let provider = dankolb::rfc2136(town.running.address(), &[town.running.address()]);
        town.project.write("providers/primary.yaml", &format!("{provider}{limit}"));
        let begun = Instant::now();
        town.project.run(&["plan"]).exits(0);
        begun.elapsed()
    };
    // The second and the third zone each wait for a period of their own.
    assert!(takes("rate: 1/s\n") >= Duration::from_secs(2));
    assert!(takes("") < Duration::from_secs(2));
}

#[test]
fn a_ttl_floor_is_planned_with() {
    let town = Town::new(1);
    town.edit("a.example", |text| text.replace("new: {", "new: {dmarc: v=DMARC1; p=none, "));
    let created = |ttl: u32| format!("+ _dmarc.a.example. {ttl} IN TXT \"v=DMARC1; p=none\"");
    let plan = town.project.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains(&created(1)), "{plan}");
    let provider = dankolb::rfc2136(town.running.address(), &[town.running.address()]);
    town.project.write("providers/primary.yaml", &format!("{provider}ttl-floor: 1h\n"));
    let plan = town.project.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains(&created(3_600)), "{plan}");
}
