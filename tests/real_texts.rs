//! Texts that are hard to write down, into real name servers and out of them, by every driver that
//! needs no account elsewhere and in every format.

mod support;

#[path = "real_files/servers.rs"]
mod servers;

use std::collections::BTreeMap;

use cutover::config::{Source, octodns, to_octodns};
use cutover::dns::rdata::Txt;
use cutover::dns::{Name, Rdata, RrSet, Rtype, Ttl, Zone};
use serde_json::Value;
use support::bind::Bind;
use support::client::{self, axfr};
use support::dankolb::{self, NAME, ZONE};
use support::knot::Knot;
use support::pdns::Pdns;
use support::project::Project;
use support::server::Server;
use support::texts::{Text, texts};

/// What is below a name of the zone, as octets: the cuts count, for servers compare them.
type Octets = BTreeMap<String, Vec<Vec<u8>>>;

const MOVE: &str = "version: 1
zone: dankolb.net
provider: primary
old: {}
transition: {ttl: 2s, propagation: 2s, restore-after: 1s, soak: 2s, silence: 1s, checkpoints: []}
new:
  records:
";

fn apex() -> Name {
    Name::parse(&format!("{NAME}.")).unwrap()
}

/// A project that brings all texts to a zone.
fn project(provider: &str) -> Project {
    let record = |text: &Text| {
        // A zone file says `{zone}` for its zone.
        let data = text.rdata().to_string().replace('{', "\\123");
        let line = format!("{}.t 2 IN TXT {data}", text.name);
        format!("    - {}\n", Value::from(line))
    };
    let records: String = texts().iter().map(record).collect();
    let key = dankolb::key().secret_base64;
    Project::new()
        .zone(&format!("{MOVE}{records}"))
        .provider(provider)
        .env("CUTOVER_TSIG_SECRET", &key)
}

/// The texts of a zone, which are below `t`.
fn octets(zone: &Zone) -> Octets {
    let below = Name::parse_in("t", &apex()).unwrap();
    let sets = zone.rrsets().filter(|set| set.owner().is_within(&below));
    let label = |name: &Name| name.relative_to(&below);
    sets.map(|set| (label(set.owner()), set.rdata().iter().map(Rdata::octets).collect())).collect()
}

fn expected() -> Octets {
    texts().iter().map(|text| (text.name.to_owned(), vec![text.octets()])).collect()
}

#[track_caller]
fn is_all_there(zone: &Zone) {
    let (found, expected) = (octets(zone), expected());
    for (name, text) in &expected {
        assert_eq!(found.get(name), Some(text), "{name}");
    }
    assert_eq!(found.len(), expected.len());
}

/// What a server serves, as dig prints it.
fn served(server: &Server) -> Zone {
    let lines = axfr(server.addr, NAME, &dankolb::key());
    Zone::parse(&lines.join("\n"), &apex()).unwrap()
}

/// There and back again: what was sent must be known again, to be taken away.
#[track_caller]
fn comes_and_goes(server: &Server, provider: &str) {
    let (project, before) = (project(provider), served(server));
    project.run(&["apply", "--yes", "--wait", "--through", "prepare"]).exits(0);
    is_all_there(&served(server));
    project.run(&["status"]).exits(0);
    project.run(&["rollback", NAME, "--to", "start", "--yes", "--wait"]).exits(0);
    assert_eq!(served(server), before);
}

#[test]
fn texts_are_printed_and_read() {
    for text in texts() {
        let (name, rdata) = (text.name, text.rdata());
        let check = |written: &str| {
            let read = Rdata::parse(Rtype::TXT, written, None).unwrap();
            assert_eq!(read.octets(), text.octets(), "{name}: {written}");
        };
        check(&text.escaped());
        check(&rdata.to_string());
    }
}

#[test]
fn bind_takes_them_by_update() {
    let bind = Bind::primary(NAME, ZONE, &dankolb::key(), &[]);
    comes_and_goes(&bind, &dankolb::rfc2136(bind.addr, &[bind.addr]));
}

#[test]
fn knot_takes_them_by_update() {
    let knot = Knot::primary(NAME, ZONE, &dankolb::key());
    comes_and_goes(&knot, &dankolb::rfc2136(knot.addr, &[knot.addr]));
}

#[test]
fn powerdns_takes_them_by_update() {
    let pdns = Pdns::primary(NAME, ZONE, &dankolb::key());
    comes_and_goes(&pdns, &dankolb::rfc2136(pdns.addr, &[pdns.addr]));
}

#[test]
fn bind_reads_them_in_a_zone_file() {
    by_file(servers::bind());
}

#[test]
fn knot_reads_them_in_a_zone_file() {
    by_file(servers::knot());
}

#[test]
fn nsd_reads_them_in_a_zone_file() {
    by_file(servers::nsd());
}

fn by_file((server, reload): (Server, String)) {
    let (path, published) = (server.dir().join("zone"), dankolb::published(&[server.addr]));
    let path = path.display();
    let head = "version: 1\ndriver: zonefile";
    comes_and_goes(&server, &format!("{head}\npath: {path}\n{reload}{published}"));
}

/// All but those that no YAML can say come back as they were, in strings of 255 octets.
#[test]
fn octodns_has_them_in_its_files() {
    for text in texts() {
        let joined = text.strings.concat();
        let mut zone = Zone::new(apex());
        zone.add(apex(), Ttl::from_secs(60), text.rdata());
        let written = to_octodns(&zone);
        assert_eq!(written.is_ok(), std::str::from_utf8(&joined).is_ok(), "{}", text.name);
        let Ok(written) = written else { continue };
        let (read, told) = octodns(&Source::new("x.yaml", &written.text), &apex());
        assert_eq!(told, [], "{}", text.name);
        let expected = Rdata::Txt(Txt::new(joined)).octets();
        let found: Vec<_> = read.rrsets().flat_map(RrSet::rdata).map(Rdata::octets).collect();
        assert_eq!(found, [expected], "{}\n{}", text.name, written.text);
    }
}

/// What is exported is what others read: BIND in its own form, nsupdate as its input.
#[test]
fn what_is_exported_arrives() {
    let project = project("version: 1\ndriver: zonefile\npath: db\n").file("db", ZONE);
    let export = |format| project.run(&["export", NAME, "--format", format]).exits(0).stdout;
    let lines = dankolb::foretold(&project, "retire-keys");
    is_all_there(&Zone::parse(&lines.join("\n"), &apex()).unwrap());

    let bind = Bind::primary(NAME, ZONE, &dankolb::key(), &[]);
    let script = export("nsupdate");
    let lines: Vec<_> = script.lines().filter(|line| !line.starts_with("zone ")).collect();
    client::nsupdate(bind.addr, NAME, &dankolb::key(), &lines).unwrap();
    is_all_there(&served(&bind));

    let plan = project.run(&["plan", "--json"]).exits(0).json();
    let phases = plan["phases"].as_array().unwrap().iter();
    let changes = phases.flat_map(|phase| phase["changes"].as_array().unwrap());
    let created: Vec<_> = changes.filter(|change| change["action"] == "create").collect();
    for text in texts() {
        let owner = format!("{}.t.{NAME}.", text.name);
        let change = created.iter().find(|change| change["owner"] == *owner);
        let printed = change.unwrap()["after"]["rdata"][0].as_str().unwrap();
        let read = Rdata::parse(Rtype::TXT, printed, None).unwrap();
        assert_eq!(read.octets(), text.octets(), "{printed}");
    }
}
