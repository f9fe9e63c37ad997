//! `cutover init`: a project folder to start from.

use super::{Failure, Terminal, exit};
use std::fs;
use std::path::Path;

/// Each file of a new project; none that exists is touched.
const FILES: [(&str, &str); 5] = [
    ("cutover.yaml", include_str!("init/cutover.yaml")),
    ("zones/example.com.yaml", include_str!("../../zones/example.com.yaml")),
    ("providers/primary.yaml", include_str!("../../providers/rfc2136.yaml")),
    (".gitignore", ".cutover/\n"),
    (".github/workflows/cutover.yaml", include_str!("init/workflow.yaml")),
];

/// Writes the files that are not there yet.
pub(super) fn init(dir: &Path, terminal: &Terminal) -> Result<u8, Failure> {
    for (name, content) in FILES {
        let path = dir.join(name);
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
    terminal
        .note("next: edit the zone and provider files, then `cutover check` and `cutover plan`");
    Ok(exit::DONE)
}
