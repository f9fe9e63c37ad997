//! `cutover import`: the file of a zone, from its records as they are.

use super::session::{Session, read};
use super::{Failure, Terminal, args, exit};
use crate::config::{self, Draft, Platform, Source, platform, recognised, zone_file};
use crate::dns::{RrKey, Zone};
use crate::mail::survey::{questions, without_wildcards};
use crate::mail::{Home, Intent, Remark, Side, Survey, survey};
use crate::port::{Provider as _, Server};
use crate::provider::Manual;
use crate::report::text::plain;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// The account of who has none: a person types changes in.
const BY_HAND: &str = "manual";
const BY_HAND_FILE: &str = include_str!("../../providers/manual.yaml");

/// Reads a zone and writes its file.
pub(super) async fn import(
    base: &Path,
    args: &args::Import,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    // Mistakes in files of other zones are no reason not to begin this one.
    let (project, files) = read(base)?;
    let session = Session::of(project, terminal).await?;
    let provider = provider(&session, args, &files)?;
    let place = place(&session, args)?;
    let (zone, wild) = match &args.from {
        Some(file) => (from_file(file, args)?, None),
        None => served(&session, args, provider.as_deref()).await?,
    };
    let from = recognised(&zone);
    let mut survey = survey(&zone, &from.as_ref().map(Platform::home).unwrap_or_default());
    survey.remarks.extend(wild);
    let name = provider.as_deref().unwrap_or(BY_HAND);
    let draft = Draft { zone: &zone, survey: &survey, from: from.as_ref(), provider: name };
    let text = match args.to.as_deref().and_then(|to| platform(to, &args.zone)) {
        Some(to) => draft.moving(&to, &session.now().format("%Y%m%d%H%M%S").to_string()),
        None => draft.still(),
    };
    reads_back(&draft)?;
    match &place {
        Some(path) => {
            write(path, &text, args.force)?;
            terminal.print(&format!("{}\n", path.display()));
            by_hand(&session, args, provider.is_none())?;
        }
        None => terminal.print(&text),
    }
    tell(terminal, &survey, from.as_ref());
    Ok(exit::DONE)
}

/// The account that is named, or the one that stands for typing by hand.
fn provider(
    session: &Session<'_>,
    args: &args::Import,
    files: &config::Findings,
) -> Result<Option<String>, Failure> {
    let accounts = &session.project.accounts;
    let Some(name) = &args.provider else {
        let has_one = accounts.contains_key(BY_HAND) && args.server.is_empty();
        return Ok(has_one.then(|| BY_HAND.to_owned()));
    };
    if accounts.contains_key(name) {
        return Ok(Some(name.clone()));
    }
    let is_its_own = |source: &&(Source, _)| {
        source.0.path.starts_with("providers") && source.0.path.file_stem() == Some(name.as_ref())
    };
    for (source, found) in files.0.iter().filter(is_its_own) {
        session.terminal.note(&source.render(found, session.terminal.is_coloured()));
    }
    let known: Vec<_> = accounts.keys().map(String::as_str).collect();
    let message = format!("there is no provider `{name}`; {}", config::advice(name, &known));
    Err(Failure::with(exit::USAGE, message)
        .hint("an account is a file in `providers/`; without one, leave `--provider` out"))
}

/// Where the file goes; `None` is standard output.
fn place(session: &Session<'_>, args: &args::Import) -> Result<Option<PathBuf>, Failure> {
    let name = plain(&args.zone);
    let file = PathBuf::from("zones").join(format!("{name}.yaml"));
    let path = match &args.out {
        Some(out) if out.as_os_str() == "-" => return Ok(None),
        Some(out) => return Ok(Some(out.clone())),
        None if name.contains(['/', '\\']) => {
            let message = format!("`{name}` cannot be the name of a file");
            return Err(Failure::with(exit::USAGE, message).hint("say where to write by `--out`"));
        }
        None => session.project.base.join(&file),
    };
    match session.project.zone(&args.zone) {
        Some(spec) if spec.path != file => {
            let message = format!("`{}` is about `{}` already", spec.path.display(), args.zone);
            Err(Failure::error(message).hint("one zone, one file; `--out -` only prints"))
        }
        _ => Ok(Some(path)),
    }
}

fn from_file(path: &Path, args: &args::Import) -> Result<Zone, Failure> {
    let failed = |error| Failure::error(format!("cannot read `{}`: {error}", path.display()));
    let source = Source::new(path, &fs::read_to_string(path).map_err(failed)?);
    let is_yaml = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let by_ending = if is_yaml { args::Source::Octodns } else { args::Source::Bind };
    match args.format.unwrap_or(by_ending) {
        args::Source::Bind => Zone::parse(&source.text, &args.zone).map_err(|error| {
            let (line, column) = source.place(error.at);
            Failure::error(format!("{}:{line}:{column}: {error}", path.display()))
        }),
        args::Source::Octodns => {
            let (zone, found) = config::octodns(&source, &args.zone);
            match found.is_empty() {
                true => Ok(zone),
                false => Err(Failure::error(source.render(&found, false))),
            }
        }
    }
}

/// The zone as its account or its name servers tell it, and what a wildcard hides.
async fn served(
    session: &Session<'_>,
    args: &args::Import,
    provider: Option<&str>,
) -> Result<(Zone, Option<Remark>), Failure> {
    let mut keys = questions(&args.zone, &args.selector);
    let (zone, is_whole) = ask(session, args, provider, &keys).await?;
    if is_whole {
        return Ok((zone, None));
    }
    if zone.soa().is_none() {
        return Err(Failure::error(format!("`{}` is no zone of its own", args.zone)));
    }
    // Whose addresses SPF means is told by what has been found.
    let old = survey(&zone, &Home::default()).side;
    let found = Intent { zone: args.zone.clone(), old, new: Side::default() }.keys();
    let more: BTreeSet<_> = found.difference(&keys).cloned().collect();
    let zone = match more.is_empty() {
        true => zone,
        false => {
            keys.extend(more);
            ask(session, args, provider, &keys).await?.0
        }
    };
    let (zone, hidden) = without_wildcards(&zone);
    let message = "has a wildcard; names that say just the same cannot be told from it, and are \
        left out";
    let wild = Remark { owner: args.zone.clone(), message: message.to_owned() };
    Ok((zone, (!hidden.is_empty()).then_some(wild)))
}

/// The zone with whether it is all of it.
async fn ask(
    session: &Session<'_>,
    args: &args::Import,
    provider: Option<&str>,
    keys: &BTreeSet<RrKey>,
) -> Result<(Zone, bool), Failure> {
    match provider {
        Some(name) => {
            let world = session.served(&[name.to_owned()], keys).await?;
            let by_hand = world.providers.iter().any(|provider| provider.facts().by_hand);
            Ok((world.zone(&args.zone).await?, !by_hand))
        }
        None => {
            let named = args.server.iter();
            let named =
                named.map(|address| Server { name: address.to_string(), address: *address });
            let lookup = session.name_servers(named.collect());
            Ok((Manual::new(lookup, keys.clone()).zone(&args.zone).await?, false))
        }
    }
}

/// Makes sure that a file says what was found, before anybody relies on it.
fn reads_back(draft: &Draft<'_>) -> Result<(), Failure> {
    let (apex, side) = (draft.zone.apex(), &draft.survey.side);
    let source = Source::new("the draft", &draft.still());
    let (specs, found) = zone_file(&source, Path::new("."));
    let is_same = |spec: &config::ZoneSpec| spec.intent.old.claims(apex) == side.claims(apex);
    match specs.first() {
        Some(spec) if found.is_empty() && is_same(spec) => Ok(()),
        _ => {
            let told = source.render(&found, false);
            let message = format!("a zone file cannot say what `{apex}` holds; {told}");
            Err(Failure::error(message))
        }
    }
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let failed = |error| Failure::error(format!("cannot write `{}`: {error}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let file = match force {
        true => File::create(path),
        false => File::create_new(path),
    };
    match file {
        Ok(mut file) => file.write_all(text.as_bytes()).map_err(failed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("`{}` is there already; nothing was written", path.display());
            Err(Failure::error(message)
                .hint("`--force` writes over it, `--out -` prints what would be written"))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes the account that a file without one names, unless it is there.
fn by_hand(session: &Session<'_>, args: &args::Import, is_named: bool) -> Result<(), Failure> {
    let path = session.project.base.join("providers").join(format!("{BY_HAND}.yaml"));
    if !is_named || path.exists() {
        return Ok(());
    }
    let servers: String = args.server.iter().map(|server| format!("  - {server}\n")).collect();
    let published = if servers.is_empty() { servers } else { format!("published:\n{servers}") };
    write(&path, &format!("{BY_HAND_FILE}{published}"), false)?;
    session.terminal.print(&format!("{}\n", path.display()));
    Ok(())
}

/// What was found, and what is left to a person.
fn tell(terminal: &Terminal, survey: &Survey, from: Option<&Platform>) {
    let Side { mx, spf, dkim, dmarc, submission, retrieval, records, .. } = &survey.side;
    let count = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}"));
    let parts = [
        count(mx.len(), "MX"),
        spf.as_ref().map(|_| "SPF".to_owned()),
        count(dkim.len(), "DKIM"),
        dmarc.as_ref().map(|_| "DMARC".to_owned()),
        count(submission.len() + retrieval.len(), "names of users"),
        count(records.len(), "other sets of records"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let platform = from.map_or("of no platform known here", |from| from.name);
    match parts.is_empty() {
        true => terminal.note("found no mail records"),
        false => terminal.note(&format!("found {}: {platform}", parts.join(", "))),
    }
    for remark in &survey.remarks {
        terminal.note(&format!("decide: {remark}"));
    }
    terminal.note("next: decide what the file asks, then `cutover check` and `cutover plan`");
}
