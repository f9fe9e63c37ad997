//! An open project: its files, its journals, and the ways out into the world.

use super::inquiry::resolver;
use super::{Failure, Terminal, exit};
use crate::clock::SystemClock;
use crate::config::{Account, Branch, Files, Findings, OpenBranch, Project, ZoneSpec, project};
use crate::dns::{Name, RrKey, RrSet, Rtype, Zone};
use crate::git::{Repository, Tree};
use crate::journal::{FileJournal, Store};
use crate::lookup::{Heard, NameServers, Recursive, Source};
use crate::port::{
    Answer, Clock as _, Journal as _, Lookup, Provider, ProviderError, Server, Visitor,
};
use crate::provider::{Budget, Context, DRIVERS, Metered, Open};
use crate::report::When;
use crate::run::{Run, Timestamp};
use crate::wire::{Poller, Secure};
use futures_util::{StreamExt as _, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long one of three tries of a question may take: a server at the other end of the world
/// answers within half a second.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// A project whose files are in order.
pub(super) struct Session<'a> {
    pub(super) project: Project<Box<dyn Open>>,
    pub(super) store: Store,
    pub(super) clock: Arc<SystemClock>,
    pub(super) poller: Arc<Poller>,
    pub(super) secure: Secure,
    pub(super) terminal: &'a Terminal,
    /// Who is asked about what others publish; nobody, if the project names none.
    pub(super) resolver: Option<Recursive>,
    /// What they said, for all zones together.
    pub(super) heard: Heard,
    /// Who goes to see what no question tells; nobody, but for a check.
    pub(super) visitor: Option<Box<dyn Visitor>>,
    /// One an account, for all its zones together.
    budgets: BTreeMap<String, Arc<Budget>>,
    /// What an account is warned of, which is the same for each of its zones.
    warnings: Mutex<BTreeSet<String>>,
}

/// An account and what it bears.
type Budgeted<'a> = (&'a Account<Box<dyn Open>>, &'a Arc<Budget>);

/// Everything that speaks for one zone.
pub(super) struct World<P = Box<dyn Provider>> {
    pub(super) providers: Vec<P>,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl<'a> Session<'a> {
    /// Reads the project's files; any mistake in them is told, with all others.
    pub(super) async fn open(base: &Path, terminal: &'a Terminal) -> Result<Self, Failure> {
        let (project, findings) = read(base)?;
        in_order(&findings, terminal)?;
        Self::of(project, terminal).await
    }

    /// The same with zones from this tree.
    pub(super) async fn at(
        base: &Path,
        tree: Tree,
        terminal: &'a Terminal,
    ) -> Result<Self, Failure> {
        let tree = Arc::new(tree);
        let (project, findings) = read_from(base, &|_| Ok(tree.clone()))?;
        in_order(&findings, terminal)?;
        Self::of(project, terminal).await
    }

    /// A session with what could be read of a project.
    pub(super) async fn of(
        project: Project<Box<dyn Open>>,
        terminal: &'a Terminal,
    ) -> Result<Self, Failure> {
        let store = Store::new(&project.settings.state);
        let poller = Arc::new(Poller::bind(ANSWER_WITHIN).await?);
        let budget = |account: &Account<Box<dyn Open>>| {
            let rate = account.rate.filter(|_| !account.settings.counts_requests());
            Arc::new(Budget::new(rate))
        };
        let budgets = project
            .accounts
            .iter()
            .map(|(name, account)| (name.clone(), budget(account)))
            .collect();
        let (clock, warnings) = (Arc::new(SystemClock), Mutex::default());
        let (resolver, heard) = (resolver(&project), Heard::default());
        let visitor = None;
        Ok(Self {
            project,
            store,
            clock,
            poller,
            secure: Secure::new(ANSWER_WITHIN),
            terminal,
            resolver,
            heard,
            visitor,
            budgets,
            warnings,
        })
    }

    /// The same by files that were edited meanwhile: what accounts have had to bear, and what
    /// people were told, still counts.
    pub(super) fn after(mut self, earlier: &Self) -> Self {
        for (name, budget) in &mut self.budgets {
            if let Some(known) = earlier.budgets.get(name) {
                *budget = Arc::clone(known);
            }
        }
        if let (Ok(mut told), Ok(before)) = (self.warnings.lock(), earlier.warnings.lock()) {
            told.extend(before.iter().cloned());
        }
        self.poller = Arc::clone(&earlier.poller);
        self
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn when(&self, spec: &ZoneSpec) -> When {
        When { now: self.now(), zone: spec.time_zone }
    }

    /// The zones named, or all, in the order of their names.
    pub(super) fn zones(&self, names: &[Name]) -> Result<Vec<&ZoneSpec>, Failure> {
        if names.is_empty() {
            return match self.project.zones.is_empty() {
                false => Ok(self.project.zones.iter().collect()),
                true => Err(Failure::with(exit::USAGE, "there is no zone file in `zones/`")
                    .hint(self.first_zone())),
            };
        }
        // A zone that is named twice is one zone, and would find itself held.
        let names: BTreeSet<_> = names.iter().collect();
        names.into_iter().map(|name| self.zone(name)).collect()
    }

    /// How a project comes by its first zone.
    fn first_zone(&self) -> String {
        match &self.project.settings.zones {
            None => "`cutover import ZONE --provider NAME` writes one".to_owned(),
            Some(Branch { name, .. }) => format!("push one to `{name}`; zones come from there"),
        }
    }

    pub(super) fn zone(&self, name: &Name) -> Result<&ZoneSpec, Failure> {
        self.project.zone(name).ok_or_else(|| {
            let known: Vec<_> =
                self.project.zones.iter().map(|spec| spec.intent.zone.to_string()).collect();
            Failure::with(exit::USAGE, format!("no zone file is about `{name}`"))
                .hint(format!("there are files about: {}", known.join(", ")))
        })
    }

    /// Opens the accounts of a zone, and finds whom the world asks about it.
    pub(super) async fn world(&self, spec: &ZoneSpec) -> Result<World, Failure> {
        self.served(&spec.providers, &spec.intent.keys()).await
    }

    /// The same for a command that writes.
    pub(super) async fn world_to_write(&self, spec: &ZoneSpec) -> Result<World, Failure> {
        let found = self.metered(&spec.providers, &spec.intent.keys()).await?;
        let providers = found.providers.into_iter().map(|one| boxed(one.to_write())).collect();
        Ok(World { providers, lookup: found.lookup })
    }

    /// The same by the names of accounts; those that see no zone look at these RRsets.
    pub(super) async fn served(
        &self,
        names: &[String],
        keys: &BTreeSet<RrKey>,
    ) -> Result<World, Failure> {
        let found = self.metered(names, keys).await?;
        let providers = found.providers.into_iter().map(boxed).collect();
        Ok(World { providers, lookup: found.lookup })
    }

    async fn metered(
        &self,
        names: &[String],
        keys: &BTreeSet<RrKey>,
    ) -> Result<World<Metered>, Failure> {
        let accounts = self.accounts(names)?;
        let lookup = self.name_servers(self.published(names)?);
        let mut providers = Vec::new();
        for account in accounts {
            providers.push(self.open_account(account, lookup.clone(), keys).await?);
        }
        Ok(World { providers, lookup })
    }

    /// One account by itself; `None` if there is none of this name.
    pub(super) async fn account(
        &self,
        name: &str,
        keys: &BTreeSet<RrKey>,
    ) -> Result<Option<Metered>, ProviderError> {
        let Some(account) = self.project.accounts.get(name).zip(self.budgets.get(name)) else {
            return Ok(None);
        };
        let lookup = self.name_servers(account.0.published.clone().unwrap_or_default());
        self.open_account(account, lookup, keys).await.map(Some)
    }

    async fn open_account(
        &self,
        (account, budget): Budgeted<'_>,
        lookup: Arc<dyn Lookup>,
        keys: &BTreeSet<RrKey>,
    ) -> Result<Metered, ProviderError> {
        let context = Context {
            base: &self.project.base,
            clock: self.clock.clone(),
            lookup,
            warn: &|warning| self.warn(warning),
            keys: keys.clone(),
            rate: account.rate,
        };
        let provider = account.settings.open(context).await?;
        Ok(Metered::new(provider, budget.clone(), account.ttl_floor))
    }

    /// Tells a warning, once.
    pub(super) fn warn(&self, warning: &str) {
        let is_new = self.warnings.lock().is_ok_and(|mut told| told.insert(warning.to_owned()));
        if is_new {
            self.terminal.warn(warning);
        }
    }

    fn accounts(&self, names: &[String]) -> Result<Vec<Budgeted<'_>>, Failure> {
        let account = |name: &String| {
            let found = self.project.accounts.get(name).zip(self.budgets.get(name));
            found.ok_or_else(|| Failure::error(format!("there is no provider `{name}`")))
        };
        names.iter().map(account).collect()
    }

    /// The servers that accounts name.
    pub(super) fn published(&self, accounts: &[String]) -> Result<Vec<Server>, Failure> {
        let accounts = self.accounts(accounts)?;
        let named = accounts.iter().filter_map(|(account, _)| account.published.clone());
        Ok(named.flatten().collect())
    }

    /// The published servers that the accounts name; found by delegation if none does. Looking
    /// needs no secrets.
    pub(super) fn lookup(&self, spec: &ZoneSpec) -> Result<Arc<dyn Lookup>, Failure> {
        Ok(self.name_servers(self.published(&spec.providers)?))
    }

    /// These servers, or those that are found by delegation.
    pub(super) fn name_servers(&self, named: Vec<Server>) -> Arc<dyn Lookup> {
        let source = match named.is_empty() {
            false => Source::Published(named),
            true => Source::Discovered { resolvers: Vec::new(), port: 53 },
        };
        Arc::new(NameServers::new(self.poller.clone(), source))
    }

    /// A zone's journal and the run that it tells; `None` before the first plan.
    pub(super) fn run(&self, zone: &Name) -> Result<Option<(Run, FileJournal)>, Failure> {
        let Some(mut journal) = self.store.open(zone)? else {
            return Ok(None);
        };
        let entries = journal.news()?;
        if entries.is_empty() {
            return Ok(None);
        }
        Ok(Some((Run::replay(&entries)?, journal)))
    }
}

impl World {
    /// The zone as the first provider holds it; the others are compared when something is sent.
    pub(super) async fn zone(&self, apex: &Name) -> Result<Zone, Failure> {
        match self.providers.first() {
            Some(provider) => {
                let mut zone = provider.zone(apex).await?;
                // Many APIs keep the SOA to themselves, and absence is cached by what it says.
                if zone.soa().is_none() {
                    self.soa(apex).await.into_iter().for_each(|soa| zone.put(soa));
                }
                Ok(zone)
            }
            None => Err(Failure::error("no provider is named")),
        }
    }

    /// The SOA, if a name server tells it; without one, plans wait for the longest there is.
    async fn soa(&self, apex: &Name) -> Option<RrSet> {
        let key = RrKey::new(apex.clone(), Rtype::SOA);
        for server in self.lookup.servers(apex).await.ok()? {
            if let Ok(Answer::Found(soa)) = self.lookup.ask(&server, &key).await {
                return Some(soa);
            }
        }
        None
    }
}

fn boxed(provider: Metered) -> Box<dyn Provider> {
    Box::new(provider)
}

/// How many zones are planned at once, over all accounts: each holds a live zone in memory.
const AT_ONCE: usize = 64;

/// Does the same for each of many zones, several at a time; the results are in their order.
pub(super) async fn each<Z, T, F: Future<Output = T>>(
    zones: impl IntoIterator<Item = Z>,
    work: impl FnMut(Z) -> F,
) -> Vec<T> {
    stream::iter(zones).map(work).buffered(AT_ONCE).collect().await
}

/// Tells what is wrong in files, which stops the work if it is an error.
pub(super) fn in_order(findings: &Findings, terminal: &Terminal) -> Result<(), Failure> {
    for (source, found) in &findings.0 {
        terminal.note(&source.render(found, terminal.is_coloured()));
    }
    match findings.has_errors() {
        true => Err(Failure::error("the project's files have mistakes; nothing was done")),
        false => Ok(()),
    }
}

/// Reads a project's files, with what is wrong in them.
pub(super) fn read(base: &Path) -> Result<(Project<Box<dyn Open>>, Findings), Failure> {
    read_from(base, &|branch| on_branch(base, branch))
}

/// The files at the head of a branch.
pub(super) fn on_branch(base: &Path, branch: &Branch) -> std::io::Result<Arc<dyn Files>> {
    Ok(Arc::new(Repository::new(base, branch).branch(branch)?))
}

/// The same with zone files that are opened like this, where they are on a branch.
pub(super) fn read_from(
    base: &Path,
    open: OpenBranch<'_>,
) -> Result<(Project<Box<dyn Open>>, Findings), Failure> {
    Ok(project(base, DRIVERS, open)?)
}
