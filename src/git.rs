//! Floor 5: zone files straight from a branch of a repository, by the program `git`.
//!
//! Who pushes decides what a tree holds, and nothing else: no name in it reaches the disk, nothing
//! in it is run, and what is read is bounded before it is read.

mod blobs;
mod tree;

pub use tree::Tree;

use crate::config::Branch;
use std::ffi::OsString;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a hook is told about objects that are pushed and not taken yet.
const QUARANTINE: [&str; 3] =
    ["GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH"];

/// What every `git` of ours hears in place of this process's environment: no settings of the user
/// or the machine, no other object in place of the one that was named, nothing fetched.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("LC_ALL", "C"),
];

/// A repository's own settings may name programs, of which none is run.
const SETTINGS: [&str; 4] = ["-c", "core.fsmonitor=false", "-c", "core.useReplaceRefs=false"];

/// A repository on this machine.
#[derive(Clone, Debug)]
pub struct Repository {
    dir: PathBuf,
    quarantine: Vec<(&'static str, OsString)>,
}

impl Repository {
    /// The repository of a branch, as everybody sees it.
    pub fn new(base: &Path, branch: &Branch) -> Self {
        Self { dir: base.join(&branch.git), quarantine: Vec::new() }
    }

    /// The same with what is being pushed, as this process's environment tells a hook.
    #[must_use]
    pub fn with_pushed(self) -> Self {
        let told = |name| std::env::var_os(name).map(|value| (name, value));
        Self { quarantine: QUARANTINE.into_iter().filter_map(told).collect(), ..self }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether it is a repository without a work tree.
    pub fn is_bare(&self) -> Result<bool> {
        Ok(self.ask(&["rev-parse", "--is-bare-repository"])? == "true")
    }

    /// The folder from which it runs hooks.
    pub fn hooks(&self) -> Result<PathBuf> {
        self.ask(&["rev-parse", "--git-path", "hooks"]).map(PathBuf::from)
    }

    /// The branch that a clone starts from, by its full name.
    pub fn head(&self) -> Result<String> {
        self.ask(&["symbolic-ref", "HEAD"])
    }

    /// The files at the head of a branch; none before its first push.
    pub fn branch(&self, branch: &Branch) -> Result<Tree> {
        let commit = format!("{}^{{tree}}", branch.reference());
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
        let output = self.run(&args)?;
        // That there is no such reference is said in silence, and by this code.
        if output.status.code() == Some(1) && output.stderr.is_empty() {
            // But of a folder that is no repository nothing can be said.
            self.is_bare()?;
            return Ok(Tree::empty());
        }
        let tree = said(&args, &output)?;
        Tree::read(self, &tree)
    }

    /// The files of a commit, by the name of the object.
    pub fn commit(&self, id: &str) -> Result<Tree> {
        let commit = format!("{id}^{{tree}}");
        let tree = self.ask(&["rev-parse", "--verify", "--end-of-options", &commit])?;
        Tree::read(self, &tree)
    }

    /// One line that git answers.
    fn ask(&self, args: &[&str]) -> Result<String> {
        said(args, &self.run(args)?)
    }

    fn run(&self, args: &[&str]) -> Result<Output> {
        self.command(args).output().map_err(cannot_run)
    }

    /// `git` for this repository, with an environment of its own.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.env_clear().envs(ENVIRONMENT).envs(self.quarantine.iter().map(|(k, v)| (k, v)));
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        // Named like this, git looks for no other, and does not ask whose folder it is.
        let mut dir = OsString::from("--git-dir=");
        dir.push(&self.dir);
        command.arg(dir).args(SETTINGS).args(args).stdin(Stdio::null());
        command
    }
}

fn cannot_run(error: Error) -> Error {
    Error::new(error.kind(), format!("cannot run `git`: {error}"))
}

/// What git said, without the line end; its complaint if it failed.
fn said(args: &[&str], output: &Output) -> Result<String> {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).trim().to_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => {
            let what = args.first().copied().unwrap_or_default();
            Err(Error::other(format!("`git {what}` failed: {}", text(&output.stderr))))
        }
    }
}
