//! `cutover hook`: what `git push` runs on the server that holds the zones.

mod install;
mod judge;
mod push;
mod server;

use self::install::quoted;
use self::judge::{judged, touched};
use self::server::Server;
use super::apply::{Mandate, carry_out};
use super::session::{Session, read_from};
use super::{Failure, Terminal, args, exit, plan};
use crate::config::ZoneSpec;
use crate::dns::Name;
use crate::git::{Repository, Tree};
use crate::report::text;
use push::Push;
use std::path::Path;
use std::sync::Arc;

/// What a tree may hold, since a project begins as a folder, and what is never read from it.
const OURS: [&str; 2] = ["cutover.yaml", "providers"];

/// Does what is asked for.
pub(super) async fn hook(
    base: &Path,
    what: &args::Hook,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    match what {
        args::Hook::Install(args) => install::install(base, args, terminal),
        args::Hook::PreReceive => pre_receive(base, terminal).await,
        args::Hook::PostReceive => post_receive(base, terminal).await,
    }
}

/// Refuses a push that `check` or `plan` would refuse; writes nothing.
async fn pre_receive(base: &Path, terminal: &Terminal) -> Result<u8, Failure> {
    let server = Server::open(base, terminal)?;
    let Some(push) = Push::read(&server.branch.reference())? else { return Ok(exit::DONE) };
    let Some(new) = &push.new else {
        let message = format!("`{}` is where the server's zones come from", server.branch.name);
        return Err(Failure::with(exit::UNSAFE, message).hint("it cannot be deleted"));
    };
    let _turn = server.turn(terminal)?;
    let repository = server.repository.clone().with_pushed();
    let before = zones_at(base, &repository, push.old.as_deref());
    let tree = repository.commit(new)?;
    note_ignored(&tree, terminal);
    let session = Session::at(base, tree, terminal).await?;
    let code = judged(&session, &before, terminal).await;
    match code {
        exit::DONE => Ok(code),
        code => Err(Failure::with(code, "the push is refused; nothing was changed")),
    }
}

/// Plans what was pushed, and does what is due if the server's settings say so.
async fn post_receive(base: &Path, terminal: &Terminal) -> Result<u8, Failure> {
    let server = Server::open(base, terminal)?;
    let Some(push) = Push::read(&server.branch.reference())? else { return Ok(exit::DONE) };
    let _turn = server.turn(terminal)?;
    // Not as it was pushed: others may have pushed while this one waited.
    let session = Session::open(base, terminal).await?;
    let before = zones_at(base, &server.repository, push.old.as_deref());
    let zones = touched(&before, &session.project.zones);
    if zones.is_empty() {
        terminal.note("no zone is touched: there is nothing to plan");
        return Ok(exit::DONE);
    }
    if server.applies {
        let drive = args::Drive { through: None, wait: false, once: true, yes: true };
        let mandate = Mandate { accept_tail: false, drive, who: server::who() };
        let targets = zones.into_iter().map(|spec| (spec, None)).collect();
        return carry_out(&session, targets, &mandate).await;
    }
    let zones: Vec<Name> = zones.into_iter().map(|spec| spec.intent.zone.clone()).collect();
    let code = plan::plan(&session, &args::Plan::of(zones.clone())).await?;
    let names: Vec<_> = zones.iter().map(text::plain).collect();
    let base = std::fs::canonicalize(base)?;
    let command = format!("cutover -C {} apply {}", quoted(&base)?, names.join(" "));
    terminal.note(&format!("nothing was applied; on the server, `{command}` does what is due"));
    Ok(code)
}

/// What the zones were before. Where they cannot be read, all that is pushed is new.
fn zones_at(base: &Path, repository: &Repository, old: Option<&str>) -> Vec<ZoneSpec> {
    let Some(old) = old else { return Vec::new() };
    let read = read_from(base, &|_| Ok(Arc::new(repository.commit(old)?)));
    read.map(|(project, _)| project.zones).unwrap_or_default()
}

fn note_ignored(tree: &Tree, terminal: &Terminal) {
    for path in OURS.into_iter().filter(|path| tree.holds(path)) {
        terminal.note(&format!("note: `{path}` is not read from a push; the server's own is used"));
    }
}
