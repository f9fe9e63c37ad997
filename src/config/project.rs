//! A project folder: `cutover.yaml`, `zones/`, `providers/`.

use super::account::{Account, ReadSettings, account};
use super::notify::{Webhook, webhook};
use super::reader::{Read, Reader, list, scalar, text};
use super::resolvers::{Listed, resolvers};
use super::zone::{ZoneSpec, version, zone_file};
use super::{Diagnostic, Node, Severity, Source};
use crate::dns::Name;
use crate::plan::digest_of;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything that the files of a project say.
#[derive(Clone, Debug)]
pub struct Project<T> {
    /// The folder.
    pub base: PathBuf,
    /// Where journals are kept.
    pub state: PathBuf,
    /// The resolvers to watch.
    pub resolvers: Vec<Listed>,
    /// Who is told what happens.
    pub notify: Vec<Webhook>,
    /// Zones in the order of their names.
    pub zones: Vec<ZoneSpec>,
    /// Accounts by their names.
    pub accounts: BTreeMap<String, Account<T>>,
}

/// Files with what is wrong in each; files without findings are not among them.
#[derive(Debug, Default)]
pub struct Findings(pub Vec<(Source, Vec<Diagnostic>)>);

impl Findings {
    /// Whether any of them stops the work.
    pub fn has_errors(&self) -> bool {
        let mut all = self.0.iter().flat_map(|(_, found)| found);
        all.any(|found| found.severity == Severity::Error)
    }

    fn add(&mut self, source: Source, found: Vec<Diagnostic>) {
        if !found.is_empty() {
            self.0.push((source, found));
        }
    }
}

/// Reads a project; what could be read is there even when something else could not.
pub fn project<T>(
    base: &Path,
    drivers: &[(&str, ReadSettings<T>)],
) -> std::io::Result<(Project<T>, Findings)> {
    let mut findings = Findings::default();
    let settings = match read(base, Path::new("cutover.yaml")) {
        Ok(source) => settings_file(source, &mut findings),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Settings::default(),
        Err(error) => return Err(error),
    };
    let mut accounts = BTreeMap::new();
    for path in yaml_files(base, "providers")? {
        let source = read(base, &path)?;
        let (found, problems) = account(&source, drivers);
        accounts.extend(found.map(|account| (account.name.clone(), account)));
        findings.add(source, problems);
    }
    let (mut zones, mut claimed) = (Vec::new(), BTreeMap::new());
    for path in yaml_files(base, "zones")? {
        let source = read(base, &path)?;
        let (specs, mut problems) = zone_file(&source, base);
        for spec in specs {
            problems.extend(clash(&mut claimed, &spec));
            problems.extend(unknown_account(base, &spec));
            zones.push(spec);
        }
        findings.add(source, problems);
    }
    zones.sort_by(|a: &ZoneSpec, b| a.intent.zone.cmp(&b.intent.zone));
    let state = base.join(settings.state.unwrap_or_else(|| ".cutover".into()));
    let resolvers = settings.resolvers.unwrap_or_else(|| vec![Listed::Builtin]);
    let notify = settings.notify;
    let base = base.to_owned();
    Ok((Project { base, state, resolvers, notify, zones, accounts }, findings))
}

/// Digests of all zone files as they are now, by their short paths: who holds others reads the
/// project again.
pub fn zone_files(base: &Path) -> std::io::Result<BTreeMap<PathBuf, String>> {
    let digest = |path: PathBuf| read(base, &path).map(|source| (path, digest_of(&source.text)));
    yaml_files(base, "zones")?.into_iter().map(digest).collect()
}

impl<T> Project<T> {
    /// The file of a zone.
    pub fn zone(&self, name: &Name) -> Option<&ZoneSpec> {
        let at = self.zones.binary_search_by(|spec| spec.intent.zone.cmp(name)).ok()?;
        self.zones.get(at)
    }
}

/// A zone that two files claim.
fn clash(claimed: &mut BTreeMap<Name, PathBuf>, spec: &ZoneSpec) -> Option<Diagnostic> {
    let zone = &spec.intent.zone;
    let other = claimed.insert(zone.clone(), spec.path.clone())?;
    let message = format!("`{zone}` is in `{}` already; one zone, one file", other.display());
    Some(Diagnostic::error(message))
}

/// An account that has no file. One whose file has mistakes is told there.
fn unknown_account(base: &Path, spec: &ZoneSpec) -> Option<Diagnostic> {
    let missing = spec.providers.iter().find(|name| {
        let file = |ending| base.join("providers").join(format!("{name}.{ending}"));
        !file("yaml").exists() && !file("yml").exists()
    })?;
    let message = format!("there is no provider `{missing}`: no file `providers/{missing}.yaml`");
    Some(Diagnostic::error(message))
}

#[derive(Default)]
struct Settings {
    state: Option<PathBuf>,
    resolvers: Option<Vec<Listed>>,
    notify: Vec<Webhook>,
}

fn settings_file(source: Source, findings: &mut Findings) -> Settings {
    let node = match Node::parse(&source.text) {
        Ok(node) => node,
        Err(problem) => {
            findings.add(source, vec![*problem]);
            return Settings::default();
        }
    };
    let reader = Reader::new(&source);
    let settings = settings(&reader, &node).unwrap_or_default();
    let found = reader.finish();
    findings.add(source, found);
    settings
}

fn settings(reader: &Reader<'_>, node: &Node) -> Read<Settings> {
    let mut table = reader.table(node)?;
    table.need("version", scalar(version));
    let state = table.get("state", |reader, node| {
        let text = text(reader, node)?;
        if text.contains("://") {
            let message = "state is kept in a folder; a shared database is not supported yet";
            return reader.refuse(&node.span, message);
        }
        Some(PathBuf::from(text))
    });
    let resolvers = table.get("resolvers", resolvers);
    let notify = table.get("notify", list(webhook)).unwrap_or_default();
    table.finish();
    Some(Settings { state, resolvers, notify })
}

/// The YAML files of a folder, by name; a folder that is not there has none.
fn yaml_files(base: &Path, folder: &str) -> std::io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(base.join(folder)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = PathBuf::from(folder).join(entry?.file_name());
        if path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads a file, keeping the short path for messages.
fn read(base: &Path, path: &Path) -> std::io::Result<Source> {
    let text = std::fs::read_to_string(base.join(path)).map_err(|error| {
        std::io::Error::new(error.kind(), format!("cannot read `{}`: {error}", path.display()))
    })?;
    Ok(Source::new(path, &text))
}
