//! A project whose zone files a name server shows as soon as they change.

use crate::support::project::Project;
use cutover::clock::SystemClock;
use cutover::dns::{Name, Rtype, Zone};
use cutover::lab::{Authority, Running};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use tokio::runtime::Runtime;

/// A project, and the server of its zones.
pub(crate) struct Stage {
    pub(crate) project: Project,
    pub(crate) zones: Vec<String>,
    /// How often each zone was written.
    writes: Arc<Mutex<BTreeMap<String, usize>>>,
    _shower: Shower,
    _running: Running,
    _runtime: Runtime,
}

impl Stage {
    /// One of the examples.
    pub(crate) fn example(name: &str, zones: &[&str]) -> Self {
        Self::of(Project::example(name), "providers/hand-written.yaml", zones)
    }

    /// A project with zones in `db.ZONE`, whose provider file names a server at port 5301.
    pub(crate) fn of(project: Project, provider: &str, zones: &[&str]) -> Self {
        let server = Authority::new("ns1", Arc::new(SystemClock));
        let runtime = Runtime::new().unwrap();
        let running = runtime.block_on(server.serve("127.0.0.1:0".parse().unwrap())).unwrap();
        let at = running.address().to_string();
        let project = project.edited(provider, "127.0.0.1:5301", &at);
        let zones: Vec<_> = zones.iter().map(|zone| (*zone).to_owned()).collect();
        let (writes, ends) = (Arc::<Mutex<_>>::default(), Arc::new(AtomicBool::new(false)));
        let files = zones.iter().map(|zone| (zone.clone(), project.path(&format!("db.{zone}"))));
        let (files, counted, end) = (files.collect::<Vec<_>>(), writes.clone(), ends.clone());
        let thread = thread::spawn(move || show(&server, &files, &counted, &end));
        let _shower = Shower { ends, thread: Some(thread) };
        let (_running, _runtime) = (running, runtime);
        Self { project, zones, writes, _shower, _running, _runtime }
    }

    /// A zone as its file has it, without what every write changes.
    pub(crate) fn zone(&self, zone: &str) -> String {
        records(&self.project.read(&format!("db.{zone}")), zone)
    }

    /// How often a zone was written.
    pub(crate) fn writes(&self, zone: &str) -> usize {
        self.writes.lock().unwrap().get(zone).copied().unwrap_or_default()
    }

    /// How often any of them was written.
    pub(crate) fn all_writes(&self) -> usize {
        self.writes.lock().unwrap().values().sum()
    }
}

/// Who reads zone files, until dropped.
struct Shower {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Shower {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.take().into_iter().for_each(|thread| drop(thread.join()));
    }
}

/// The records of a zone in their order, without its SOA.
pub(crate) fn records(text: &str, zone: &str) -> String {
    let zone = Zone::parse(text, &Name::parse(&format!("{zone}.")).unwrap()).unwrap();
    let rrsets = zone.rrsets().filter(|rrset| rrset.rtype() != Rtype::SOA);
    rrsets.map(|rrset| format!("{rrset}\n")).collect()
}

/// Reads zone files again and again.
fn show(
    server: &Authority,
    files: &[(String, PathBuf)],
    writes: &Mutex<BTreeMap<String, usize>>,
    ends: &AtomicBool,
) {
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    while !ends.load(Ordering::Relaxed) {
        for (name, path) in files {
            let Ok(text) = fs::read_to_string(path) else { continue };
            if known.get(name.as_str()) == Some(&text) {
                continue;
            }
            server.put(Zone::parse(&text, &Name::parse(&format!("{name}.")).unwrap()).unwrap());
            if known.insert(name, text).is_some() {
                *writes.lock().unwrap().entry(name.clone()).or_default() += 1;
            }
        }
        thread::sleep(Duration::from_millis(5));
    }
}
