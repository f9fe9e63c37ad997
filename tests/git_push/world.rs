//! A server with a bare repository, a project that reads from it, and people who push.

use super::support::bind::Bind;
use super::support::client::serial;
use super::support::dankolb::{self, MOVE, NAME, ZONE};
use super::support::project::Project;
use super::support::server::{Server, eventually};
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Longer than any push takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The zone file that people push.
pub(crate) const FILE: &str = "zones/dankolb.net.yaml";

/// BIND, the server's project and repository, and a folder for clones.
pub(crate) struct World {
    pub(crate) bind: Server,
    pub(crate) project: Project,
    pub(crate) folder: TempDir,
}

/// A working copy.
pub(crate) struct Clone {
    dir: PathBuf,
    home: PathBuf,
    ssh: Option<String>,
}

/// How a push ended, and what the pusher's terminal shows.
#[derive(Debug)]
pub(crate) struct Pushed {
    pub(crate) is_taken: bool,
    pub(crate) told: String,
}

impl World {
    /// A server whose hooks are installed.
    pub(crate) fn new() -> Self {
        let bind = Bind::primary(NAME, ZONE, &dankolb::key(), &[]);
        let provider = provider(bind.addr);
        let secret = dankolb::key().secret_base64;
        let project = Project::new().provider(&provider).file("tsig.secret", &secret);
        let mode = fs::Permissions::from_mode(0o600);
        fs::set_permissions(project.path("tsig.secret"), mode).unwrap();
        let folder = tempfile::Builder::new().prefix("cutover-push-").tempdir().unwrap();
        let world = Self { bind, project, folder };
        let bare = world.bare();
        git(world.folder.path(), &world.home(), &["init", "--quiet", "--bare", text(&bare)]);
        let world = world.settings("");
        world.project.run(&["hook", "install"]).exits(0);
        world
    }

    /// The server's `cutover.yaml`, with more lines.
    pub(crate) fn settings(self, more: &str) -> Self {
        let bare = self.bare();
        let zones = format!("zones: {{git: {}, branch: main}}\n", bare.display());
        self.project.write("cutover.yaml", &format!("version: 1\nresolvers: []\n{zones}{more}"));
        self
    }

    /// The repository that is pushed to.
    pub(crate) fn bare(&self) -> PathBuf {
        self.folder.path().join("dns.git")
    }

    fn home(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// A working copy with the move of dankolb.net, which is not committed yet; of a repository
    /// that has it, its clone.
    pub(crate) fn clone(&self, name: &str) -> Clone {
        let dir = self.folder.path().join(name);
        let home = self.home();
        git(&home, &home, &["clone", "--quiet", text(&self.bare()), text(&dir)]);
        let clone = Clone { dir, home, ssh: None };
        if !clone.dir.join(FILE).exists() {
            clone.git(&["checkout", "--quiet", "-B", "main"]);
            let old_key = ZONE.split_once("( ").and_then(|(_, rest)| rest.split_once(" )"));
            let new_key = include_str!("../../examples/linode-to-google/google-dkim.txt");
            clone.write(FILE, MOVE);
            clone.write("s2015.txt", old_key.unwrap().0);
            clone.write("google-dkim.txt", new_key);
        }
        clone
    }

    /// The zone's serial at BIND, which any change raises.
    pub(crate) fn serial(&self) -> u32 {
        serial(self.bind.addr, NAME).unwrap()
    }

    /// All that is on the server beside the repository: paths, sizes, contents.
    pub(crate) fn listing(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        list(&self.project.path("."), &mut found);
        found.sort();
        found
    }
}

/// An account of the server's own, whose secret is a file.
pub(crate) fn provider(server: SocketAddr) -> String {
    dankolb::rfc2136(server, &[server]).replace("env:CUTOVER_TSIG_SECRET", "file:tsig.secret")
}

fn list(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
        match entry.file_type().unwrap().is_dir() {
            true => list(&entry.path(), found),
            // Who had the last turn is written in there.
            false if entry.file_name() == "pushing" => found.push((entry.path(), Vec::new())),
            false => found.push((entry.path(), fs::read(entry.path()).unwrap())),
        }
    }
}

impl Clone {
    /// The same, pushing to this address over SSH.
    pub(crate) fn over(mut self, url: &str, ssh: String) -> Self {
        self.git(&["remote", "set-url", "origin", url]);
        self.ssh = Some(ssh);
        self
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Writes something else into the zone file.
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.dir.join(FILE)).unwrap();
        assert!(text.contains(from), "`{from}` is not in {FILE}\n{text}");
        self.write(FILE, text.replace(from, to));
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        git(&self.dir, &self.home, args)
    }

    /// What git says to this on its standard input.
    pub(crate) fn feed(&self, args: &[&str], input: &[u8]) -> String {
        let mut child = command(&self.dir, &self.home, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        said(args, child.wait_with_output().unwrap())
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "a change"]);
    }

    /// Commits all there is and pushes it.
    pub(crate) fn push(&self) -> Pushed {
        self.commit();
        self.push_as("HEAD:refs/heads/main").wait()
    }

    /// Starts to push.
    pub(crate) fn push_as(&self, what: &str) -> Pushing {
        let args = ["-c", "protocol.version=2", "push", "origin", what];
        let mut command = command(&self.dir, &self.home, &args);
        command.envs(self.ssh.iter().map(|ssh| ("GIT_SSH_COMMAND", ssh)));
        let log = self.dir.with_extension(format!("log-{}", what.replace([':', '/'], "-")));
        let file = fs::File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        Pushing { child: child.spawn().unwrap(), log }
    }
}

/// A push under way; dropping it ends it.
pub(crate) struct Pushing {
    child: Child,
    log: PathBuf,
}

impl Pushing {
    pub(crate) fn told(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }

    /// Waits until the pusher's terminal shows this.
    pub(crate) fn tells(&self, words: &str) {
        let is_told = eventually(LIMIT, || self.told().contains(words));
        assert!(is_told, "{words}\n{}", self.told());
    }

    pub(crate) fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    pub(crate) fn wait(mut self) -> Pushed {
        assert!(eventually(LIMIT, || self.is_over()), "no end: {}", self.told());
        let is_taken = self.child.wait().unwrap().success();
        Pushed { is_taken, told: self.told() }
    }
}

impl Drop for Pushing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Pushed {
    /// Makes sure that the push was taken, and that these words were shown.
    #[track_caller]
    pub(crate) fn taken(self, words: &[&str]) -> Self {
        assert!(self.is_taken, "{}", self.told);
        self.tells(words)
    }

    #[track_caller]
    pub(crate) fn refused(self, words: &[&str]) -> Self {
        assert!(!self.is_taken, "{}", self.told);
        self.tells(words)
    }

    #[track_caller]
    fn tells(self, words: &[&str]) -> Self {
        let missing: Vec<_> = words.iter().filter(|word| !self.told.contains(**word)).collect();
        assert!(missing.is_empty(), "{missing:?} not in:\n{}", self.told);
        self
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// `git` as somebody uses it who has no settings.
fn command(dir: &Path, home: &Path, args: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new("git");
    command.current_dir(dir).args(args).env("HOME", home).env("USER", "alice");
    for name in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{name}_NAME"), "Alice");
        command.env(format!("GIT_{name}_EMAIL"), "alice@example.net");
    }
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_COUNT", "1");
    command.env("GIT_CONFIG_KEY_0", "init.defaultBranch").env("GIT_CONFIG_VALUE_0", "main");
    command
}

fn git(dir: &Path, home: &Path, args: &[&str]) -> String {
    said(args, command(dir, home, args).output().unwrap())
}

fn said(args: &[&str], output: Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
