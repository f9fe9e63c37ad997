//! `cutover run`: drives all zones to their end, each step when it is due, until stopped.
//!
//! Nothing but the journals is state. A zone is held only while something is done to it, so people
//! may confirm, and turn back, while it waits.

mod berth;
mod files;
mod signals;
mod visit;

use super::drive::code;
use super::lookout::{self, Sight, Troubles, look_on};
use super::news::{Level, News};
use super::propose::is_under_way;
use super::session::Session;
use super::tally::Tally;
use super::{Failure, Terminal, args, exit};
use crate::dns::Name;
use crate::engine::{Outcome, Stop};
use crate::port::Clock as _;
use crate::run::Timestamp;
use berth::Berth;
use files::Files;
use futures_util::StreamExt as _;
use futures_util::future::{LocalBoxFuture, join_all};
use futures_util::stream::FuturesUnordered;
use signals::{Signal, Signals};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch as channel};
use visit::{Means, Visit, visit};

/// How often journals are looked at for what people confirmed.
const LOOK_FOR_NEWS: Duration = Duration::from_secs(2);
/// In how many of these looks zone files are read as well.
const FILES_EVERY: u32 = 2;
/// How long what others say of their names is believed: as long as most TTLs there.
const BELIEVED: Duration = Duration::from_secs(300);
/// How many zones are planned at once: each holds a live zone in memory.
const AT_ONCE: usize = 64;

/// Zones, where each stands, and who visits them.
struct Fleet<'a> {
    files: Files<'a>,
    /// The zones that were named; all, if none was.
    named: Vec<Name>,
    means: Means,
    /// Whether somebody has asked to stop.
    is_stopping: bool,
    terminal: &'a Terminal,
    berths: BTreeMap<Name, Berth>,
    /// Since when others are believed.
    heard: Timestamp,
    visits: FuturesUnordered<LocalBoxFuture<'a, Visit>>,
    sights: channel::Sender<Sight<'a>>,
    troubles: Troubles,
}

/// Drives until stopped, or does what is due.
pub(super) async fn run(base: &Path, args: &args::Run, terminal: &Terminal) -> Result<u8, Failure> {
    let mut signals = Signals::listen()?;
    let files = Files::open(base, terminal).await?;
    for zone in &args.zones {
        files.session.zone(zone)?;
    }
    let means = Means {
        stop: Stop::default(),
        planning: Arc::new(Semaphore::new(AT_ONCE)),
        accept_tail: args.accept_tail,
    };
    let stop = means.stop.clone();
    let named = args.zones.clone();
    let first = (files.session.clone(), Vec::new());
    let (sights, sight) = channel::channel(first);
    let (berths, visits) = (BTreeMap::new(), FuturesUnordered::new());
    let (is_stopping, troubles, heard) = (false, Troubles::default(), files.session.now());
    let mut fleet = Fleet {
        files,
        named,
        means,
        is_stopping,
        terminal,
        berths,
        heard,
        visits,
        sights,
        troubles: troubles.clone(),
    };
    if args.once {
        return tokio::select! {
            code = fleet.once() => Ok(code),
            () = twice(&mut signals, &stop) => Ok(at_once(terminal)),
        };
    }
    fleet.man(None);
    fleet.tell_of_orphans();
    let door = match args.serve {
        Some(address) => Some(lookout::open(terminal, address).await?),
        None => None,
    };
    let is_watched = door.is_some() || !fleet.files.session.project.settings.notify.is_empty();
    let watching = async {
        match is_watched {
            true => look_on(door, sight, &troubles).await,
            false => std::future::pending().await,
        }
    };
    let mut watching = std::pin::pin!(watching);
    tokio::select! {
        ended = fleet.sail(&mut signals) => if ended? { return Ok(at_once(terminal)) },
        failed = &mut watching => return failed.map(|()| exit::ERROR),
    }
    drop(fleet);
    if is_watched {
        tokio::select! {
            told = &mut watching => told?,
            _ = signals.next() => return Ok(at_once(terminal)),
        }
    }
    terminal.tell(&News::new("stopped", "stopped; nothing is half done"));
    Ok(exit::DONE)
}

/// Asks to stop at the first signal, and returns at the second.
async fn twice(signals: &mut Signals, stop: &Stop) {
    loop {
        if signals.next().await == Signal::Stop {
            if stop.is_asked() {
                return;
            }
            stop.ask();
        }
    }
}

fn at_once(terminal: &Terminal) -> u8 {
    let text = "ended at once; what was being sent is compared at the next start";
    terminal.tell(&News::new("stopped", text).level(Level::Warning));
    exit::ERROR
}

impl<'a> Fleet<'a> {
    /// The zones to drive, by the files as they were read last.
    fn zones(&self) -> Vec<Name> {
        let all = self.files.session.project.zones.iter().map(|spec| spec.intent.zone.clone());
        all.filter(|zone| self.named.is_empty() || self.named.contains(zone)).collect()
    }

    fn now(&self) -> Timestamp {
        self.files.session.now()
    }

    /// One visit to every zone.
    async fn once(&mut self) -> u8 {
        let visits = self.zones().into_iter().map(|zone| self.visit(zone));
        let (mut tally, stop) = (Tally::default(), self.means.stop.clone());
        for Visit { zone, end, .. } in join_all(visits.collect::<Vec<_>>()).await {
            match end {
                Err(failure) => tally.fail(&zone, failure, self.terminal),
                Ok(end) => {
                    self.terminal.tell(&end.news);
                    tally.add(&zone, code(&end.outcome));
                    if let Outcome::Waiting(until) = end.outcome {
                        tally.goes_on(until);
                    }
                }
            }
        }
        tally.summary().iter().for_each(|summary| self.terminal.note(summary));
        match tally.code() {
            _ if stop.is_asked() => exit::DONE,
            code if self.files.broken.is_empty() => code,
            exit::DONE if self.berths.is_empty() && self.zones().is_empty() => exit::ERROR,
            exit::DONE | exit::NOT_YET => exit::PARTLY,
            code => code,
        }
    }

    fn visit(&self, zone: Name) -> LocalBoxFuture<'a, Visit> {
        Box::pin(visit(self.files.session.clone(), zone, self.means.clone()))
    }

    /// Drives until stopped; whether it was asked twice.
    async fn sail(&mut self, signals: &mut Signals) -> Result<bool, Failure> {
        let clock = self.files.session.clock.clone();
        let (mut next, mut looks) = (self.now(), 0);
        loop {
            let is_stopping = self.is_stopping;
            if is_stopping && self.visits.is_empty() {
                return Ok(false);
            }
            let now = self.now();
            if !is_stopping {
                self.set_out(now);
            }
            // A clock that was set back must not put the next look off.
            next = next.min(now + LOOK_FOR_NEWS);
            tokio::select! {
                Some(visit) = self.visits.next() => self.come_back(visit),
                signal = signals.next() => match signal {
                    Signal::Stop if is_stopping => return Ok(true),
                    Signal::Stop => {
                        let text = "asked to stop: what is being sent is finished";
                        self.terminal.tell(&News::new("stopping", text));
                        self.is_stopping = true;
                        self.means.stop.ask();
                    }
                    Signal::Reload if is_stopping => (),
                    Signal::Reload => self.reload().await,
                },
                () = clock.sleep_until(next), if !is_stopping => {
                    next = self.now() + LOOK_FOR_NEWS;
                    looks += 1;
                    self.look_for_news();
                    if looks % FILES_EVERY == 0 {
                        self.look_at_files().await;
                    }
                }
            }
        }
    }

    /// Sends somebody to each zone that is due.
    fn set_out(&mut self, now: Timestamp) {
        let due: Vec<_> = self.berths.iter_mut().filter(|(_, berth)| berth.is_due(now)).collect();
        let due: Vec<Name> = due
            .into_iter()
            .map(|(zone, berth)| {
                berth.leave();
                zone.clone()
            })
            .collect();
        if !due.is_empty() && now >= self.heard + BELIEVED {
            self.heard = now;
            self.files.session.heard.forget();
        }
        for zone in due {
            let visit = self.visit(zone);
            self.visits.push(visit);
        }
    }

    fn come_back(&mut self, visit: Visit) {
        let now = self.now();
        if let Ok(mut troubles) = self.troubles.lock() {
            match &visit.end {
                Ok(_) => drop(troubles.remove(&visit.zone)),
                Err(failure) => {
                    drop(troubles.insert(visit.zone.clone(), failure.message().to_owned()));
                }
            }
        }
        // A zone that is no longer ours has been told of.
        if let Some(berth) = self.berths.get_mut(&visit.zone) {
            berth.come_back(visit, now, self.terminal);
        }
    }

    /// Journals that have grown without us: somebody confirmed something, or turned back.
    fn look_for_news(&mut self) {
        let now = self.now();
        for (zone, berth) in &mut self.berths {
            berth.look(self.files.session.store.size(zone), now);
        }
    }

    async fn look_at_files(&mut self) {
        match self.files.changed() {
            Ok(changed) if changed.is_empty() => (),
            Ok(changed) => match self.files.read(false).await {
                Ok(true) => self.man(Some(&changed)),
                Ok(false) => (),
                Err(failure) => self.terminal.fail(None, failure),
            },
            Err(failure) => self.files.trouble(failure),
        }
    }

    async fn reload(&mut self) {
        self.terminal.tell(&News::new("reload", "reading settings, accounts and zones anew"));
        match self.files.read(true).await {
            Ok(true) => {
                // Who is out by the old accounts comes back, and sets out by the new.
                std::mem::take(&mut self.means.stop).ask();
                self.man(None);
            }
            Ok(false) => (),
            Err(failure) => self.terminal.fail(None, failure),
        }
    }

    /// Tells of files that went while nobody ran; whoever names zones knows what is left out.
    fn tell_of_orphans(&self) {
        let session = &self.files.session;
        let all = session.store.zones().into_iter();
        let all = all.filter(|zone| self.named.is_empty() && !self.berths.contains_key(zone));
        all.filter_map(|zone| orphaned(session, &zone)).for_each(|news| self.terminal.tell(&news));
    }

    /// Takes in what the files say now; zones of changed files, or all, are due at once.
    fn man(&mut self, changed: Option<&BTreeSet<PathBuf>>) {
        let (now, zones) = (self.now(), self.zones());
        let session = self.files.session.clone();
        let gone: Vec<_> =
            self.berths.keys().filter(|zone| !zones.contains(zone)).cloned().collect();
        for zone in gone {
            self.berths.remove(&zone);
            let gone = orphaned(&session, &zone);
            let gone = gone.unwrap_or_else(|| News::of(&zone, "gone", "its file is gone"));
            self.terminal.tell(&gone);
        }
        for zone in &zones {
            let is_broken = |path: &PathBuf| self.files.broken.contains(path);
            let path = session.project.zone(zone).map(|spec| &spec.path);
            let is_edited = changed
                .is_none_or(|all| path.is_some_and(|path| all.contains(path) && !is_broken(path)));
            match self.berths.get_mut(zone) {
                Some(berth) if is_edited => berth.call(now),
                Some(_) => (),
                None => drop(self.berths.insert(zone.clone(), Berth::new(now))),
            }
        }
        let _ = self.sights.send((session, zones));
    }
}

/// A transition under way that no file is about.
fn orphaned(session: &Session<'_>, zone: &Name) -> Option<News> {
    let (run, _) = session.run(zone).ok()??;
    let text = "its transition is under way and no file is about it: it stands still until its \
        file is back; nothing is lost";
    is_under_way(&run).then(|| News::of(zone, "gone", text).level(Level::Error))
}
