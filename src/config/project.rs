//! A project folder: `cutover.yaml`, `zones/`, `providers/`.

use super::account::{Account, ReadSettings, account};
use super::branch::{Branch, branch, hook};
use super::notify::{Webhook, webhook};
use super::reader::{Read, Reader, list, scalar, text};
use super::resolvers::{Listed, resolvers};
use super::zone::{ZoneSpec, version, zone_file_among};
use super::{Diagnostic, Files, Folder, Node, Severity, Source};
use crate::dns::Name;
use crate::plan::digest_of;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything that the files of a project say.
#[derive(Clone, Debug)]
pub struct Project<T> {
    /// The folder.
    pub base: PathBuf,
    /// What `cutover.yaml` says.
    pub settings: Settings,
    /// Where the zone files are.
    pub files: Arc<dyn Files>,
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

/// What `cutover.yaml` says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where journals are kept.
    pub state: PathBuf,
    /// The resolvers to watch.
    pub resolvers: Vec<Listed>,
    /// Who is told what happens.
    pub notify: Vec<Webhook>,
    /// Where zone files are, if not in the folder.
    pub zones: Option<Branch>,
    /// Whether a push applies what it plans.
    pub apply_on_push: bool,
}

impl Settings {
    fn new(base: &Path) -> Self {
        Self {
            state: base.join(".cutover"),
            resolvers: vec![Listed::Builtin],
            notify: Vec::new(),
            zones: None,
            apply_on_push: false,
        }
    }
}

/// Opens a branch that holds zone files, which a folder does not.
pub type OpenBranch<'a> = &'a dyn Fn(&Branch) -> Result<Arc<dyn Files>>;

/// Reads `cutover.yaml` alone; without the file, all is as usual.
pub fn settings(base: &Path) -> Result<(Settings, Findings)> {
    let mut findings = Findings::default();
    let settings = match read(&Folder::new(base), Path::new("cutover.yaml")) {
        Ok(source) => settings_file(base, source, &mut findings),
        Err(error) if error.kind() == ErrorKind::NotFound => Settings::new(base),
        Err(error) => return Err(error),
    };
    Ok((settings, findings))
}

/// Reads a project; what could be read is there even when something else could not.
pub fn project<T>(
    base: &Path,
    drivers: &[(&str, ReadSettings<T>)],
    open: OpenBranch<'_>,
) -> Result<(Project<T>, Findings)> {
    let (settings, mut findings) = settings(base)?;
    let folder = Arc::new(Folder::new(base));
    let mut accounts = BTreeMap::new();
    for path in yaml_files(&*folder, "providers")? {
        let source = read(&*folder, &path)?;
        let (found, problems) = account(&source, drivers);
        accounts.extend(found.map(|account| (account.name.clone(), account)));
        findings.add(source, problems);
    }
    let files = settings.zones.as_ref().map_or_else(|| Ok(folder as Arc<dyn Files>), open)?;
    let (mut zones, mut claimed) = (Vec::new(), BTreeMap::new());
    for path in yaml_files(&*files, "zones")? {
        let source = read(&*files, &path)?;
        let (specs, mut problems) = zone_file_among(&source, &*files);
        for spec in specs {
            problems.extend(clash(&mut claimed, &spec));
            problems.extend(unknown_account(base, &spec));
            zones.push(spec);
        }
        findings.add(source, problems);
    }
    zones.sort_by(|a: &ZoneSpec, b| a.intent.zone.cmp(&b.intent.zone));
    let base = base.to_owned();
    Ok((Project { base, settings, files, zones, accounts }, findings))
}

/// Digests of all zone files as they are now, by their short paths: who holds others reads the
/// project again.
pub fn zone_files(files: &dyn Files) -> Result<BTreeMap<PathBuf, String>> {
    let digest = |path: PathBuf| read(files, &path).map(|source| (path, digest_of(&source.text)));
    yaml_files(files, "zones")?.into_iter().map(digest).collect()
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

fn settings_file(base: &Path, source: Source, findings: &mut Findings) -> Settings {
    let node = match Node::parse(&source.text) {
        Ok(node) => node,
        Err(problem) => {
            findings.add(source, vec![*problem]);
            return Settings::new(base);
        }
    };
    let reader = Reader::new(&source);
    let settings = said(base, &reader, &node).unwrap_or_else(|| Settings::new(base));
    let found = reader.finish();
    findings.add(source, found);
    settings
}

fn said(base: &Path, reader: &Reader<'_>, node: &Node) -> Read<Settings> {
    let usual = Settings::new(base);
    let mut table = reader.table(node)?;
    table.need("version", scalar(version));
    let state = table.get("state", |reader, node| {
        let text = text(reader, node)?;
        if text.contains("://") {
            let message = "state is kept in a folder; a shared database is not supported yet";
            return reader.refuse(&node.span, message);
        }
        Some(base.join(text))
    });
    let resolvers = table.get("resolvers", resolvers);
    let notify = table.get("notify", list(webhook)).unwrap_or_default();
    let zones = table.get("zones", branch);
    let apply_on_push = table.get("hook", hook).unwrap_or_default();
    table.finish();
    let state = state.unwrap_or(usual.state);
    let resolvers = resolvers.unwrap_or(usual.resolvers);
    Some(Settings { state, resolvers, notify, zones, apply_on_push })
}

/// The YAML files of a folder, by name.
fn yaml_files(files: &dyn Files, folder: &str) -> Result<Vec<PathBuf>> {
    let mut paths = files.list(Path::new(folder))?;
    paths.retain(|path| path.extension().is_some_and(|end| end == "yaml" || end == "yml"));
    paths.sort();
    Ok(paths)
}

/// Reads a file, keeping the short path for messages.
fn read(files: &dyn Files, path: &Path) -> Result<Source> {
    Ok(Source::new(path, &files.read(path)?))
}
