//! The journal under power cuts, strangers and second processes.

use super::*;
use crate::dns::{Name, RrKey, Rtype, Ttl, Zone};
use crate::plan::ledger::Answer;
use crate::plan::{Facts, Guard, Plan, Policy, Served, Sighting, Stage, Timestamp, walk};
use crate::run::{Event, Run};

fn zone() -> Name {
    Name::parse("example.net.").unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// A plan with every kind of gate, scope and change.
fn plan() -> Plan {
    use crate::mail::{Intent, Side, Spf};
    let live = Zone::parse(
        "@ 3600 SOA ns h 1 2 3 4 5\n@ 3600 TXT \"v=spf1 mx -all\"\n@ 3600 TXT x\n\
         imap 60 A 192.0.2.1\n@ 60 MX 10 imap\n",
        &zone(),
    )
    .unwrap();
    let side = |mx: &str, spf, imap: Option<&str>| Side {
        mx: vec![match crate::dns::Rdata::parse(Rtype::MX, mx, Some(&zone())).unwrap() {
            crate::dns::Rdata::Mx(mx) => mx,
            _ => unreachable!(),
        }],
        spf: Some(Spf::parse(spf).unwrap()),
        retrieval: imap
            .map(|text| {
                let rtype = if text.ends_with('.') { Rtype::CNAME } else { Rtype::A };
                let rdata = crate::dns::Rdata::parse(rtype, text, None).unwrap();
                (Name::parse("imap.example.net.").unwrap(), vec![rdata])
            })
            .into_iter()
            .collect(),
        ..Side::default()
    };
    let intent = Intent {
        zone: zone(),
        old: side("10 imap", "v=spf1 mx -all", Some("192.0.2.1")),
        new: side("1 b.", "v=spf1 include:b.example ~all", Some("imap.example.org.")),
    };
    let window =
        crate::plan::Window { opens: at(9_000), length: std::time::Duration::from_secs(60) };
    let policy = Policy {
        window: Some(window),
        accept_tail: true,
        preflight: Some(25),
        cache_floor: std::time::Duration::from_secs(45),
        flattened: vec![crate::plan::Flattened {
            domain: "_spf.example.org".to_owned(),
            passes: Spf::parse("v=spf1 ip4:192.0.2.0/24 include:x.example").unwrap(),
            asked: at(1),
            until: at(301),
            owner: Name::parse("_spf.example.org.").unwrap(),
        }],
        ..Policy::default()
    };
    let walk = walk(&live, &intent, &policy, &Facts::default());
    assert_eq!(walk.mismatches, []);
    Plan::forward(&walk, &policy, "abc".to_owned())
}

fn entries() -> Vec<Entry> {
    let sighting = |server: Option<&str>, served| Sighting {
        server: server.map(str::to_owned),
        key: RrKey::new(zone(), Rtype::MX),
        served,
    };
    let seen = vec![
        sighting(None, Served::Other(Answer::Absent(Ttl::from_secs(9)))),
        sighting(Some("ns1"), Served::Before),
        sighting(Some("ns1"), Served::After),
    ];
    let stage = Stage::Prepare;
    let (checkpoint, by) = ("mailboxes-synced".to_owned(), "ann".to_owned());
    let events = [
        Event::Planned(Box::new(plan())),
        Event::ApplyBegan(Stage::Prepare),
        Event::Applied(Stage::Prepare, Guard::Values),
        Event::Seen { stage, seen },
        Event::Published { stage, since: at(3) },
        Event::Confirmed { checkpoint, by, note: Some("all 500\nof them".to_owned()) },
        Event::Found(Stage::Delivery),
        Event::Probed { probe: "preflight".to_owned(), found: "all is well".to_owned() },
        Event::ApplyBegan(Stage::Delivery),
    ];
    events.into_iter().zip(0..).map(|(event, n)| Entry { at: at(n), event }).collect()
}

fn written() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::new(dir.path().join("state"));
    let mut journal = store.create(&zone()).unwrap();
    entries().iter().for_each(|entry| journal.append(entry).unwrap());
    (dir, store)
}

#[test]
fn what_is_written_reads_back_the_same() {
    let (_dir, store) = written();
    let mut journal = store.open(&zone()).unwrap().unwrap();
    assert_eq!(journal.news().unwrap(), entries());
    assert_eq!(journal.news().unwrap(), []);
    let edited = Plan { intent: "edited".to_owned(), ..plan() };
    let revised = Entry { at: at(9), event: Event::Revised(Box::new(edited)) };
    journal.append(&revised).unwrap();
    assert_eq!(store.open(&zone()).unwrap().unwrap().news().unwrap().pop(), Some(revised));
    assert!(store.open(&Name::parse("other.").unwrap()).unwrap().is_none());
}

#[test]
fn cut_at_any_byte_it_holds_the_whole_lines_and_goes_on() {
    let (_dir, store) = written();
    let path = store.open(&zone()).unwrap().unwrap().path().to_owned();
    let (whole, all) = (std::fs::read(&path).unwrap(), entries());
    for cut in 0..whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let lines = whole[..cut].iter().filter(|c| **c == b'\n').count();
        let mut journal = store.open(&zone()).unwrap().unwrap();
        let found = journal.news().unwrap();
        assert_eq!(found, all[..lines], "cut at {cut}");
        if lines > 0 {
            Run::replay(&found).unwrap();
        }
        // Appending syncs the disk: every place around a line end, and every so many elsewhere.
        let at_border = whole[cut.saturating_sub(2)..(cut + 2).min(whole.len())].contains(&b'\n');
        if !at_border && cut % 97 > 0 {
            continue;
        }
        journal.append(&all[lines]).unwrap();
        let again = store.open(&zone()).unwrap().unwrap().news().unwrap();
        assert_eq!(again, all[..=lines], "cut at {cut}, then appended");
    }
}

#[test]
fn a_spoiled_line_stops_everything() {
    let check = |from: &str, to: &str, message: &str| {
        let (_dir, store) = written();
        let path = store.open(&zone()).unwrap().unwrap().path().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let error = store.open(&zone()).unwrap().unwrap().news().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    check("\"apply-began\"", "\"apply-begun\"", "line 2 cannot be read");
    check("{\"v\":1", "{\"v\":2", "version 2 is newer");
    check("\"ttl\":3600", "\"ttl\":36000", "digest");
    check("include:b.example", "include:c", "digest");
    check("\"stage\":\"prepare\"", "\"stage\":\"prepared\"", "`prepared` is not a stage");
}

#[test]
fn a_confirmation_from_elsewhere_is_news() {
    let (_dir, store) = written();
    let mut driver = store.open(&zone()).unwrap().unwrap();
    assert_eq!(driver.news().unwrap().len(), entries().len());
    let mut other = store.open(&zone()).unwrap().unwrap();
    other.append(&entries()[5]).unwrap();
    driver.append(&entries()[6]).unwrap();
    assert_eq!(driver.news().unwrap(), entries()[5..6]);
    let whole = store.open(&zone()).unwrap().unwrap().news().unwrap();
    assert_eq!(whole.len(), entries().len() + 2);
}

#[test]
fn the_second_driver_is_told_who_is_the_first() {
    let (_dir, store) = written();
    let lease = store.lease(&zone(), "process 7, `apply`").unwrap();
    let error = store.lease(&zone(), "process 8").unwrap_err().to_string();
    assert!(error.ends_with("is held by process 7, `apply`"), "{error}");
    drop(lease);
    store.lease(&zone(), "process 8").unwrap();
}

#[test]
fn pushes_take_turns_and_say_for_whom_they_wait() {
    let (_dir, store) = written();
    let first = store.turn("alice", |_| panic!("nobody else is there")).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let second = std::thread::spawn({
        let store = store.clone();
        move || store.turn("bob", |holder| tell.send(holder.to_owned()).unwrap()).unwrap()
    });
    assert_eq!(told.recv().unwrap(), "alice");
    assert!(!second.is_finished());
    drop(first);
    let _second = second.join().unwrap();
    let third = store.hold(store.dir.join("pushing"), "carol").unwrap_err().to_string();
    assert!(third.ends_with("is held by bob"), "{third}");
    // A zone of that name has another file.
    store.lease(&Name::parse("pushing.").unwrap(), "dave").unwrap();
}

#[test]
fn a_zone_name_stays_within_the_folder() {
    let store = Store::new("/state");
    let check = |text, path: &str| {
        assert_eq!(store.path(&Name::parse(text).unwrap(), "jsonl"), Path::new(path));
    };
    check("Example.NET.", "/state/example.net.jsonl");
    check(".", "/state/root.jsonl");
    check("0/25.2.0.192.in-addr.arpa.", "/state/0\\04725.2.0.192.in-addr.arpa.jsonl");
    check("\\.\\./x.", "/state/\\.\\.\\047x.jsonl");
}
