//! The server's side of a push: what its own project says.

use crate::cli::session::in_order;
use crate::cli::{Failure, Terminal};
use crate::config::{Branch, settings};
use crate::git::Repository;
use crate::journal::{Lease, Store};
use std::path::Path;

/// Where hosts for repositories tell who pushes; what comes first is meant.
const PUSHERS: [&str; 4] = ["GL_USERNAME", "GITEA_PUSHER_NAME", "REMOTE_USER", "USER"];

/// A project whose zones are on a branch.
pub(super) struct Server {
    pub(super) branch: Branch,
    pub(super) repository: Repository,
    /// Whether a push applies what it plans.
    pub(super) applies: bool,
    store: Store,
}

impl Server {
    pub(super) fn open(base: &Path, terminal: &Terminal) -> Result<Self, Failure> {
        let (settings, findings) = settings(base)?;
        in_order(&findings, terminal)?;
        let Some(branch) = settings.zones else {
            return Err(Failure::error("the server's `cutover.yaml` names no branch for zones")
                .hint("`cutover hook install` says what to write"));
        };
        let repository = Repository::new(base, &branch);
        is_of(&repository)?;
        let store = Store::new(&settings.state);
        Ok(Self { branch, repository, applies: settings.apply_on_push, store })
    }

    /// Waits until no other push is at work.
    pub(super) fn turn(&self, terminal: &Terminal) -> Result<Lease, Failure> {
        let who = format!("process {}, {}", std::process::id(), who());
        let waits = |holder: &str| {
            terminal.note(&format!("waiting: another push is at work ({holder})"));
        };
        Ok(self.store.turn(&who, waits)?)
    }
}

/// Git says for which repository it runs a hook; one that was copied elsewhere is not for that.
fn is_of(repository: &Repository) -> Result<(), Failure> {
    let Some(told) = std::env::var_os("GIT_DIR") else { return Ok(()) };
    let [told, ours] = [Path::new(&told), repository.dir()].map(std::fs::canonicalize);
    let shown = repository.dir().display();
    let ours = ours.map_err(|error| Failure::error(format!("cannot find `{shown}`: {error}")))?;
    match told.is_ok_and(|told| told == ours) {
        true => Ok(()),
        false => {
            Err(Failure::error(format!("the server's zones come from `{shown}`, not from here"))
                .hint("compare `zones` in the server's `cutover.yaml` with where this hook stands"))
        }
    }
}

/// Whose push it is, as far as anybody says.
pub(super) fn who() -> String {
    let named = PUSHERS.iter().filter_map(|name| std::env::var(name).ok());
    let mut named = named.filter(|name| !name.trim().is_empty());
    match named.next() {
        Some(name) => format!("`git push` by {}", name.escape_debug()),
        None => "`git push`".to_owned(),
    }
}
