//! `cutover hook install`: has git run this program when somebody pushes.

use super::server::Server;
use crate::cli::{Failure, Terminal, args, exit};
use crate::config::{Branch, branch_name, settings};
use crate::git::Repository;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What git runs before and after it takes a push.
const HOOKS: [&str; 2] = ["pre-receive", "post-receive"];

/// Writes both hooks, once the project reads its zones from the repository.
pub(super) fn install(
    base: &Path,
    args: &args::Install,
    terminal: &Terminal,
) -> Result<u8, Failure> {
    let base = std::fs::canonicalize(base)
        .map_err(|error| Failure::error(format!("cannot find `{}`: {error}", base.display())))?;
    let branch = branch(&base, args.bare.as_deref(), terminal)?;
    let repository = Repository::new(&base, &branch);
    let hooks = absolute(&repository.hooks()?)?;
    let program = std::env::current_exe()?;
    let scripts = HOOKS.map(|name| (hooks.join(name), name));
    // Both or none.
    for (path, name) in &scripts {
        if !args.force && is_foreign(path, name)? {
            let message = format!("`{}` is another hook", path.display());
            return Err(Failure::error(message)
                .hint("have it run `cutover hook` itself, or write over it with `--force`"));
        }
    }
    std::fs::create_dir_all(&hooks)?;
    for (path, name) in &scripts {
        write(path, &script(&program, &base, name)?)?;
        terminal.print(&format!("{}\n", path.display()));
    }
    // So that no push makes a file: the first takes its turn as the last does.
    drop(Server::open(&base, terminal)?.turn(terminal)?);
    terminal.note(&format!(
        "pushes to `{}` are judged from now on; `hook: {{apply-on-push: true}}` in `{}` lets them \
         apply what is due",
        branch.name,
        base.join("cutover.yaml").display(),
    ));
    Ok(exit::DONE)
}

/// The branch that the project reads; where there are no settings yet, they are written.
fn branch(base: &Path, bare: Option<&Path>, terminal: &Terminal) -> Result<Branch, Failure> {
    let path = base.join("cutover.yaml");
    let (settings, findings) = settings(base)?;
    crate::cli::session::in_order(&findings, terminal)?;
    let wanted = bare.map(absolute).transpose()?;
    if let Some(branch) = settings.zones {
        let ours = absolute(&base.join(&branch.git))?;
        return match wanted.filter(|wanted| *wanted != ours) {
            None => proven(base, branch),
            Some(wanted) => Err(Failure::error(format!(
                "`{}` reads zones from `{}`, not from `{}`",
                path.display(),
                ours.display(),
                wanted.display()
            ))),
        };
    }
    let Some(git) = wanted else {
        let message = "no repository is named";
        return Err(Failure::with(exit::USAGE, message).hint("name it with `--bare PATH`"));
    };
    let branch = proven(base, Branch { git, name: "main".to_owned() })?;
    let head = Repository::new(base, &branch).head()?;
    let name = head.strip_prefix("refs/heads/").unwrap_or_default();
    let name = branch_name(name).map_err(|error| Failure::error(error.to_string()))?;
    let branch = Branch { name, ..branch };
    let git = serde_json::to_string(&branch.git)
        .map_err(|error| Failure::error(format!("cannot write the path: {error}")))?;
    let line = format!("zones: {{git: {git}, branch: {}}}", branch.name);
    if path.exists() {
        let message = format!("`{}` does not read zones from the repository", path.display());
        return Err(Failure::error(message)
            .hint(format!("add this line, then run the same command again:\n\n{line}\n")));
    }
    std::fs::write(&path, format!("version: 1\n{line}\n"))?;
    terminal.print(&format!("{}\n", path.display()));
    Ok(branch)
}

/// The branch, if it is of a repository that one pushes to.
fn proven(base: &Path, branch: Branch) -> Result<Branch, Failure> {
    let repository = Repository::new(base, &branch);
    match repository.is_bare()? {
        true => Ok(branch),
        false => {
            let message = format!("`{}` has a work tree", repository.dir().display());
            Err(Failure::error(message).hint("`git init --bare` makes one to push to"))
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    // A folder for hooks may have to be made.
    std::fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .map_err(|error| Failure::error(format!("cannot find `{}`: {error}", path.display())))
}

/// Two lines of shell: nothing that was pushed is among its words.
fn script(program: &Path, base: &Path, name: &str) -> Result<String, Failure> {
    let [program, base] = [quoted(program)?, quoted(base)?];
    Ok(format!("{START}{program} -C {base} hook {name}\n"))
}

const START: &str = "#!/bin/sh\nexec ";

/// A word that the shell takes as it is.
pub(super) fn quoted(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| !text.contains(char::is_control));
    let text = text.ok_or_else(|| {
        Failure::error(format!("`{}` is no path that a script can name", path.display()))
    })?;
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

/// Whether there is a hook, and not one of ours.
fn is_foreign(path: &Path, name: &str) -> Result<bool, Failure> {
    if std::fs::symlink_metadata(path).is_err() {
        return Ok(false);
    }
    let text = std::fs::read(path)?;
    let text = String::from_utf8_lossy(&text);
    let ours = text.starts_with(&format!("{START}'"))
        && text.ends_with(&format!("' hook {name}\n"))
        && text.lines().count() == 2;
    Ok(!ours)
}

/// Whole or not at all, since a push may come at any moment.
fn write(path: &Path, script: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(script.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o755))?;
    }
    file.persist(path).map_err(|error| {
        Failure::error(format!("cannot write `{}`: {}", path.display(), error.error))
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_two_lines_whatever_the_paths_are() {
        let script = script(Path::new("/bin/cutover"), Path::new("/srv/it's; rm -rf $HOME"), "x");
        let expected = "#!/bin/sh\nexec '/bin/cutover' -C '/srv/it'\\''s; rm -rf $HOME' hook x\n";
        assert_eq!(script.unwrap(), expected);
        assert!(quoted(Path::new("/srv/a\nb")).is_err());
    }
}
