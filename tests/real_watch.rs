//! The propagation matrix before real name servers and caches, each with a habit of its own.

mod support;

#[path = "real_watch/flip.rs"]
mod flip;
#[path = "real_watch/looks.rs"]
mod looks;
#[path = "real_watch/scene.rs"]
mod scene;
#[path = "real_watch/told.rs"]
mod told;

use std::sync::Arc;
use std::time::Duration;

use cutover::clock::SystemClock;
use cutover::dns::{Name, RrKey, Rtype, Ttl};
use cutover::lookup::{NameServers, Source};
use cutover::plan::Scope;
use cutover::port::{self, Recursor, Way};
use cutover::run::Target;
use cutover::watch::{Memory, Watch};
use cutover::wire::{Poller, Secure};
use looks::{Looks, cell, verdict, words};
use scene::{APEX, LIMIT, LOGS, NAME, SELECTOR, Times, ask_mx, asked, now, time, wait_for};
use support::bind::Bind;
use support::client::{dig, nsupdate};
use support::dankolb;
use support::knot::Knot;
use support::nsd::Nsd;
use support::pool::Pool;
use support::project::Project;
use support::server::{Server, eventually, free_port, loopback};
use support::unbound::Unbound;

const MX: (&str, &str) = (APEX, "MX");
const DKIM: (&str, &str) = (SELECTOR, "TXT");
/// What a cache shows of the old.
const OLD_MX: &str = "old.example.net.";
const NO_KEY: &str = "status: NXDOMAIN";

const STALE: &str = "    serve-expired: yes\n";
const STALE_AND_SAYS_SO: &str =
    "    serve-expired: yes\n    ede: yes\n    ede-serve-expired: yes\n";

/// A cache before one server, with a habit.
fn cache(server: &Server, habit: &str) -> Server {
    Unbound::cache(NAME, &[server.addr], &format!("{LOGS}{habit}"))
}

fn apply(project: &Project, stage: &str) {
    project.run(&["apply", "--yes", "--wait", "--through", stage]).exits(0);
}

/// Knot hears no NOTIFY, and so lags by the REFRESH of the SOA.
#[test]
fn caches_with_habits_flip_when_foretold() {
    let times = Times { mx: [26, 26], absent: 2, refresh: 7 };
    let (key, port) = (dankolb::key(), free_port());
    let bind = Bind::primary(NAME, &times.zone(), &key, &[loopback(port)]);
    let nsd = Nsd::secondary(NAME, bind.addr, &key, port);
    let plain = cache(&bind, "");
    let floor = cache(&bind, "    cache-min-ttl: 44");
    let (stale, mute) = (cache(&nsd, STALE_AND_SAYS_SO), cache(&nsd, STALE));
    let chain = Unbound::forwarder(NAME, plain.addr, LOGS);
    let knot = Knot::secondary(NAME, bind.addr, &key);
    let cap = cache(&knot, "    cache-max-ttl: 18");
    let steady = [("plain", &plain), ("floor", &floor), ("chain", &chain), ("cap", &cap)];
    let caches = [&steady[..], &[("stale", &stale), ("mute", &mute)]].concat();
    let names: Vec<_> = caches.iter().map(|(name, _)| *name).collect();
    let servers = [&bind, &nsd, &knot].map(|server| server.addr);
    let [at_bind, at_nsd, at_knot] = servers.map(|address| address.to_string());
    let project = times.project(&servers, &caches).edited(
        "zones/example.net.yaml",
        "checkpoints: []",
        "checkpoints: [{before: delivery, id: users-have-asked, ask: Have they?}]",
    );

    let run = project.start(&["apply", "--yes", "--wait", "--through", "delivery"]);
    let (applied, looks) = (wait_for(&project, "prepare", "applied"), Looks::start(&project, &[]));
    looks.wait_for("unasked", |look| {
        let lags = [(&at_bind, "new"), (&at_knot, "old")];
        lags.iter().all(|(name, word)| verdict(look, name, DKIM) == *word)
            && names.iter().all(|name| verdict(look, name, DKIM) == "unasked")
    });
    let published = wait_for(&project, "prepare", "published");
    looks.ends_settled();
    assert!((published - applied).num_seconds() > 1, "Knot does not lag: nothing is proved");
    for (name, cache) in &caches {
        let asked = asked(cache, DKIM);
        assert!(!asked.is_empty(), "nobody asked {name}: its log proves nothing");
        let early = asked.iter().filter(|second| **second < published.timestamp());
        assert_eq!(early.count(), 0, "{name} was asked for what was nowhere yet");
    }

    Knot::wait_refreshed(&knot, LIMIT);
    caches.iter().for_each(|(_, cache)| ask_mx(cache.addr, "old"));
    project.run(&["confirm", NAME, "users-have-asked", "--by", "tester"]).exits(0);
    let applied = wait_for(&project, "delivery", "applied");
    let looks = Looks::start(&project, &[]);
    looks.wait_for("Knot behind", |look| {
        let servers = [(&at_bind, "new"), (&at_nsd, "new"), (&at_knot, "old")];
        servers.iter().all(|(name, word)| verdict(look, name, MX) == *word)
            && names.iter().all(|name| verdict(look, name, MX) == "unasked")
            && look["published"] == false
    });
    let first = looks.wait_for("asked", |look| verdict(look, "plain", MX) != "unasked");
    let published = wait_for(&project, "delivery", "published");
    for (name, cache) in &caches {
        let between = applied.timestamp() + 1..published.timestamp();
        assert!(!asked(cache, MX).iter().any(|second| between.contains(second)), "{name}");
    }
    project.run(&["watch", "--timeout", "1s", "--interval", "1s"]).exits(7);

    let until = |name: &str| time(&cell(&first, name, MX)["until"]).unwrap();
    flip::all_come(steady.map(|(name, cache)| (cache.addr, MX, OLD_MX, until(name))));
    run.wait().exits(0);
    let all = looks.ends_settled();
    let check =
        |name: &str, expected: &[&str]| assert_eq!(words(&all, name, MX), expected, "{name}");
    check("plain", &["unasked", "old", "new"]);
    check("floor", &["unasked", "stretched", "new"]);
    check("chain", &["unasked", "old", "new"]);
    check("cap", &["unasked", "old", "new"]);
    check("stale", &["unasked", "old", "stale", "new"]);
    check("mute", &["unasked", "old", "stale", "new"]);
    let (safe, end) = (time(&first["safe_at"]).unwrap(), time(&all.last().unwrap()["at"]).unwrap());
    assert!(safe < until("floor"), "nothing outlives the horizon: nobody was waited for");
    assert!(end >= until("floor") && end >= safe, "{end}");
    assert!(all.iter().all(|look| look["alarms"] == serde_json::json!([])));
}

/// Before anything moves: a TTL is lowered, and a key is where there was none.
#[test]
fn caches_remember_high_ttls_and_absence() {
    let times = Times { mx: [18, 6], absent: 14, refresh: 60 };
    let bind = Bind::primary(NAME, &times.zone(), &dankolb::key(), &[]);
    let plain = cache(&bind, "");
    let floor = cache(&bind, "    cache-min-ttl: 32");
    let mute = cache(&bind, STALE);
    let steady = [("plain", &plain), ("floor", &floor)];
    let caches = [&steady[..], &[("mute", &mute)]].concat();
    let project = times.project(&[bind.addr], &caches);
    for (_, cache) in &caches {
        ask_mx(cache.addr, "old");
        assert!(dig(cache.addr, &[SELECTOR, "TXT"]).contains(NO_KEY));
    }
    apply(&project, "prepare");
    let looks = Looks::start(&project, &[]);
    let first = looks.wait_for("asked", |look| verdict(look, "plain", DKIM) != "unasked");
    let until = |name: &str| time(&cell(&first, name, DKIM)["until"]).unwrap();
    flip::all_come(steady.map(|(name, cache)| (cache.addr, DKIM, NO_KEY, until(name))));
    let all = looks.ends_settled();
    let check = |name: &str, mx: &[&str], dkim: &[&str]| {
        assert_eq!(words(&all, name, MX), mx, "{name}");
        assert_eq!(words(&all, name, DKIM), dkim, "{name}");
    };
    check("plain", &["unlowered", "new"], &["old", "new"]);
    check("floor", &["unlowered", "new"], &["stretched", "new"]);
    check("mute", &["unlowered", "new"], &["old", "stale", "new"]);
}

/// A server that nobody lists goes on with the old, and a cache asks it.
#[test]
fn old_content_that_came_too_late_is_an_alarm() {
    let times = Times { mx: [20, 20], absent: 2, refresh: 60 };
    let (key, port) = (dankolb::key(), free_port());
    let hidden = Bind::primary(NAME, &times.zone(), &key, &[loopback(port)]);
    let bind = Bind::primary(NAME, &times.zone(), &key, &[loopback(port)]);
    let nsd = Nsd::secondary(NAME, bind.addr, &key, port);
    let (plain, lost) = (cache(&bind, ""), cache(&hidden, ""));
    let servers = [bind.addr, nsd.addr];
    let project = times.project(&servers, &[("plain", &plain), ("lost", &lost)]).edited(
        "zones/example.net.yaml",
        "  dkim: {s2027: {file: google-dkim.txt}}\n",
        "",
    );
    apply(&project, "delivery");
    let published = wait_for(&project, "delivery", "published");
    assert!(eventually(LIMIT, || now() > published + Duration::from_secs(4)));
    ask_mx(plain.addr, "new");
    ask_mx(lost.addr, "old");

    let looks = Looks::start(&project, &[]);
    let late = looks.wait_for("late", |look| verdict(look, "lost", MX) == "late");
    assert_eq!((verdict(&late, "plain", MX), &late["published"]), ("new", &true.into()));
    let until = time(&cell(&late, "lost", MX)["until"]).unwrap();
    let alarm = serde_json::json!([{
        "owner": APEX,
        "type": "MX",
        "resolver": format!("lost ({})", lost.addr),
        "until": cell(&late, "lost", MX)["until"],
        "suspects": [],
    }]);
    assert_eq!(late["alarms"], alarm);
    let told = project.run(&["watch", "--timeout", "1s", "--interval", "1s"]).exits(7).stdout;
    let expected = format!("! lost ({}) took in the old `{APEX} MX` after publication", lost.addr);
    assert!(told.contains(&expected), "{told}");
    assert!(told.contains("a name server that nobody lists lags"), "{told}");

    // One that is listed comes back with a backup.
    drop(nsd);
    let nsd = Nsd::secondary(NAME, hidden.addr, &key, port);
    let suspects = serde_json::json!([nsd.addr.to_string()]);
    let named = looks.wait_for("with a suspect", |look| look["alarms"][0]["suspects"] == suspects);
    assert_eq!(named["published"], false);
    let lines = ["del example.net. MX", "add example.net. 20 MX 10 new.example.net."];
    nsupdate(hidden.addr, NAME, &key, &lines).unwrap();
    flip::all_come([(lost.addr, MX, OLD_MX, until)]);
    let all = looks.ends_settled();
    assert_eq!(words(&all, "lost", MX), ["late", "new"]);
    told::tells_of_the_late(&project, &lost, &[bind.addr, nsd.addr], published);
}

/// Two caches behind one address, of which one was asked before.
#[test]
fn caches_that_share_an_address_are_mixed() {
    let times = Times { mx: [20, 20], absent: 4, refresh: 60 };
    let bind = Bind::primary(NAME, &times.zone(), &dankolb::key(), &[]);
    let (held, fresh) = (cache(&bind, ""), cache(&bind, ""));
    let pool = Pool::new(&[held.addr, fresh.addr]);
    let project = times.project_at(&[bind.addr], &[("pool", pool.addr)]);
    ask_mx(held.addr, "old");
    apply(&project, "delivery");
    let looks = Looks::start(&project, &["--samples", "4"]);
    let mixed = looks.wait_for("asked", |look| verdict(look, "pool", MX) != "unasked");
    assert_eq!(verdict(&mixed, "pool", MX), "mixed", "{mixed:#}");
    let cell = cell(&mixed, "pool", MX);
    assert_eq!(cell["caches"], 2);
    flip::all_come([(held.addr, MX, OLD_MX, time(&cell["until"]).unwrap())]);
    assert_eq!(words(&looks.ends_settled(), "pool", MX), ["mixed", "new"]);
}

/// The log of the cache tells on who asks too early: here the watch, told that all is published.
#[tokio::test]
async fn a_question_before_publication_would_be_seen() {
    let times = Times { mx: [20, 20], absent: 4, refresh: 60 };
    let bind = Bind::primary(NAME, &times.zone(), &dankolb::key(), &[]);
    let plain = cache(&bind, "");
    let primary = port::Server { name: "bind".to_owned(), address: bind.addr };
    let poller = Arc::new(Poller::bind(Duration::from_secs(2)).await.unwrap());
    let source = Source::Published(vec![primary]);
    let watch = Watch {
        lookup: &NameServers::new(Arc::clone(&poller), source),
        poller: &poller,
        secure: &Secure::new(Duration::from_secs(2)),
        resolvers: &[Recursor::at("plain", Way::Plain(plain.addr))],
        clock: &SystemClock,
        samples: 1,
    };
    let mut target = Target {
        key: RrKey::new(Name::parse(SELECTOR).unwrap(), Rtype::TXT),
        new: None,
        old: vec![None],
        scope: Scope::Whole,
        negative_ttl: Ttl::from_secs(times.absent),
        published: None,
        safe: None,
    };
    for (published, questions) in [(None, 0), (Some(now()), 1)] {
        target.published = published;
        let apex = Name::parse(APEX).unwrap();
        watch.look(&mut Memory::default(), &apex, &[target.clone()]).await.unwrap();
        assert_eq!(asked(&plain, DKIM).len(), questions, "{published:?}");
    }
}
