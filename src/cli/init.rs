//! `cutover init`: a project folder to start from.

use super::{Failure, Terminal, args, exit};
use std::fs;

/// Each file of a new project; none that exists is touched.
const FILES: [(&str, &str); 4] = [
    ("cutover.yaml", include_str!("init/cutover.yaml")),
    // By this name nobody takes the sample for a zone of his.
    ("zones/example.com.yaml.sample", include_str!("../../zones/example.com.yaml")),
    ("providers/primary.yaml", include_str!("../../providers/rfc2136.yaml")),
    (".gitignore", ".cutover/\n"),
];

/// What all workflows do alike: scripts, each in the place of a line that names it.
const STEPS: [(&str, &str); 4] = [
    ("@@restore@@", include_str!("init/ci/restore.sh")),
    ("@@plan@@", include_str!("init/ci/plan.sh")),
    ("@@apply@@", include_str!("init/ci/apply.sh")),
    ("@@save@@", include_str!("init/ci/save.sh")),
];

/// Writes the files that are not there yet.
pub(super) fn init(args: &args::Init, terminal: &Terminal) -> Result<u8, Failure> {
    let files = FILES.map(|(name, content)| (name, content.to_owned()));
    let ci = args.ci.map(|ci| (ci.path(), workflow(ci.template())));
    for (name, content) in files.into_iter().chain(ci) {
        let path = args.dir.join(name);
        let cannot = |error| Failure::error(format!("cannot write `{}`: {error}", path.display()));
        if path.exists() {
            terminal.note(&format!("{} is there already", path.display()));
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(cannot)?;
        }
        fs::write(&path, content).map_err(cannot)?;
        terminal.print(&format!("{}\n", path.display()));
    }
    terminal.note(
        "next: edit providers/primary.yaml, try it by `cutover providers`, then let `cutover \
         import ZONE --provider primary --to PLATFORM` write the first zone file",
    );
    Ok(exit::DONE)
}

impl args::Ci {
    fn path(self) -> &'static str {
        match self {
            Self::Github => ".github/workflows/cutover.yaml",
            Self::Gitlab => ".gitlab-ci.yml",
            Self::Forgejo => ".forgejo/workflows/cutover.yaml",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::Github => include_str!("init/ci/github.yaml"),
            Self::Gitlab => include_str!("init/ci/gitlab.yaml"),
            Self::Forgejo => include_str!("init/ci/forgejo.yaml"),
        }
    }
}

/// A template with its scripts, indented as the lines that name them.
fn workflow(template: &str) -> String {
    let filled = template.lines().map(|line| {
        let name = line.trim_start();
        let Some((_, script)) = STEPS.iter().find(|(step, _)| *step == name) else {
            return format!("{line}\n");
        };
        let indent = &line[..line.len() - name.len()];
        script.lines().map(|line| format!("{indent}{line}\n")).collect()
    });
    filled.collect()
}
