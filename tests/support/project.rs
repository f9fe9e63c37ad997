//! A project folder in a temporary directory, and the program run in it as a user would.
//!
//! ```ignore
//! let project = Project::new().zone(ZONE_YAML).provider(PROVIDER_YAML).env("SECRET", "..");
//! let plan = project.run(&["plan"]).exits(0);
//! assert!(plan.stdout.ends_with("1 to delete in 7 phases\n"));
//!
//! let apply = project.start(&["apply", "--yes", "--wait"]); // goes on while the test does
//! project.run(&["confirm", "dankolb.net", "mailboxes-synced"]).exits(0);
//! apply.wait().exits(0);
//! ```
//!
//! Nothing is asked of the internet unless a test writes a `cutover.yaml` of its own. Unless a test
//! asks for one there is no terminal: the program's standard input is empty and its output is not
//! coloured.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::server::{Program, eventually};

/// Longer than anything that a test waits for; a program that takes more hangs.
const LIMIT: Duration = Duration::from_secs(90);

/// What makes a program's clock go faster, below the folder of the machine's architecture.
const FAKETIME: &str = "faketime/libfaketimeMT.so.1";

/// What gives a program a terminal.
const SCRIPT: Program = Program { path: "/usr/bin/script", package: "bsdutils" };

/// Without public resolvers, which the program would watch otherwise.
const SETTINGS: &str = "version: 1\nresolvers: []\n";

/// A project folder; dropping it removes the folder.
pub struct Project {
    dir: TempDir,
    env: Vec<(String, String)>,
}

impl Project {
    /// A project without zones.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("cutover-project-").tempdir().unwrap();
        Self { dir, env: Vec::new() }.settings(SETTINGS)
    }

    /// A copy of a folder in `examples`, so that nothing is written into the source tree.
    pub fn example(name: &str) -> Self {
        let project = Self::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&root.join("examples").join(name), &project.path("."));
        project
    }

    /// The same with something else written in a file.
    ///
    /// # Panics
    /// When the file does not have it.
    #[must_use]
    pub fn edited(self, path: &str, from: &str, to: &str) -> Self {
        let text = self.read(path);
        assert!(text.contains(from), "`{from}` is not in {path}\n{text}");
        self.file(path, &text.replace(from, to))
    }

    /// This text as `cutover.yaml`.
    pub fn settings(self, yaml: &str) -> Self {
        self.file("cutover.yaml", yaml)
    }

    /// This text as `zones/ZONE.yaml`, ZONE being what it says behind `zone:`; a text that does not
    /// say is `zones/zone.yaml`.
    pub fn zone(self, yaml: &str) -> Self {
        let name = yaml.lines().find_map(|line| line.strip_prefix("zone:"));
        let name = name.map_or("zone", |name| name.split('#').next().unwrap_or_default().trim());
        self.file(&format!("zones/{name}.yaml"), yaml)
    }

    /// This text as `providers/primary.yaml`.
    pub fn provider(self, yaml: &str) -> Self {
        self.file("providers/primary.yaml", yaml)
    }

    /// This text as a file, whose path is within the project.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// This variable in the environment of everything that is run.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file, also over one that is there.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        let path = self.path(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The place of a file.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Runs `cutover` with these arguments to its end.
    pub fn run(&self, args: &[&str]) -> Outcome {
        self.start(args).wait()
    }

    /// Runs `cutover` at a terminal, on which this is typed; both outputs come as one.
    pub fn at_terminal(&self, args: &[&str], typed: &str) -> Outcome {
        self.write("typed", typed);
        let typed = File::open(self.path("typed")).unwrap();
        let words = [&[env!("CARGO_BIN_EXE_cutover")], args].concat().join(" ");
        let mut script = SCRIPT.command();
        script.args(["--quiet", "--return", "--command", &words, "/dev/null"]);
        self.spawn(&mut script, typed.into(), args).wait()
    }

    /// Runs `cutover` from a shell that gives it no more than so many open files unasked.
    pub fn with_files(&self, files: usize, args: &[&str]) -> Outcome {
        let limited = format!("ulimit -S -n {files}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &limited, env!("CARGO_BIN_EXE_cutover")]).args(args);
        self.spawn(&mut shell, Stdio::null(), args).wait()
    }

    /// Starts `cutover` with these arguments.
    pub fn start(&self, args: &[&str]) -> Running {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cutover"));
        self.spawn(program.args(args), Stdio::null(), args)
    }

    /// Starts `cutover` with a clock that goes so many times as fast, timers and all, and has
    /// for so long.
    pub fn hurried(&self, times: u32, since: Duration, args: &[&str]) -> Running {
        let library = faketime();
        let ahead = since.as_secs_f64() * f64::from(times - 1);
        let mut program = Command::new(env!("CARGO_BIN_EXE_cutover"));
        program.env("LD_PRELOAD", library).env("FAKETIME", format!("+{ahead} x{times}"));
        self.spawn(program.args(args), Stdio::null(), args)
    }

    /// Starts `cutover` with the clock that a file tells, and tells anew whenever it is written.
    pub fn by_clock(&self, clock: &Path, args: &[&str]) -> Running {
        let mut program = Command::new(env!("CARGO_BIN_EXE_cutover"));
        program.env("LD_PRELOAD", faketime()).env("FAKETIME_TIMESTAMP_FILE", clock);
        program.env("FAKETIME_NO_CACHE", "1").env_remove("FAKETIME");
        self.spawn(program.args(args), Stdio::null(), args)
    }

    fn spawn(&self, command: &mut Command, stdin: Stdio, args: &[&str]) -> Running {
        let output = tempfile::tempdir().unwrap();
        let [out, err] = [OUT, ERR].map(|name| File::create(output.path().join(name)).unwrap());
        let child = command
            .current_dir(&self.dir)
            .env("PATH", search_path())
            .env("USER", "tester")
            .env_remove("CLICOLOR_FORCE")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(stdin)
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap();
        Running { child, output, command: format!("cutover {}", args.join(" ")) }
    }

    /// What the journal of a zone tells of a stage, in order, such as `apply-began`, `applied` and
    /// `published`; not what was `seen`, which depends on when one looked.
    pub fn events(&self, zone: &str, stage: &str) -> Vec<String> {
        let path = format!(".cutover/{zone}.jsonl");
        let text = if self.path(&path).exists() { self.read(&path) } else { String::new() };
        // The last line may be under way.
        let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let lines = whole.map(|line| serde_json::from_str::<Value>(line).unwrap());
        let events = lines.filter_map(|line| {
            let (name, fields) = line["event"].as_object()?.iter().next()?;
            (fields["stage"] == stage && name != "seen").then(|| name.clone())
        });
        events.collect()
    }
}

/// The library that gives programs another clock.
///
/// # Panics
/// When it is missing; the message says how to install it.
pub fn faketime() -> PathBuf {
    let found = fs::read_dir("/usr/lib").unwrap().flatten();
    let library = found.map(|folder| folder.path().join(FAKETIME)).find(|path| path.exists());
    library.expect("faketime is missing: run `apt-get install -y faketime`")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// Control programs of name servers are in /usr/sbin, which is not on everyone's PATH.
fn search_path() -> String {
    format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default())
}

const OUT: &str = "stdout";
const ERR: &str = "stderr";

/// A program that may still run; dropping it kills it.
pub struct Running {
    child: Child,
    /// Files and no pipes, which would stop a program that nobody reads from.
    output: TempDir,
    command: String,
}

impl Running {
    /// The process, as the system numbers it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        read(self.output.path(), OUT)
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        read(self.output.path(), ERR)
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not come; the message holds what the program has written.
    pub fn wait(mut self) -> Outcome {
        let mut status = None;
        let ended = eventually(LIMIT, || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        assert!(ended, "`{}` did not end in {LIMIT:?}\n{}", self.command, self.written());
        self.outcome(status.unwrap())
    }

    /// Kills it with SIGKILL, which leaves it no last word.
    ///
    /// # Panics
    /// When it has ended before.
    pub fn kill(mut self) -> Outcome {
        let ended = self.child.try_wait().unwrap();
        assert!(ended.is_none(), "`{}` has ended by itself\n{}", self.command, self.written());
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        self.outcome(status)
    }

    fn outcome(&self, status: ExitStatus) -> Outcome {
        let (stdout, stderr) = (self.stdout(), self.stderr());
        Outcome { code: status.code(), stdout, stderr, command: self.command.clone() }
    }

    fn written(&self) -> String {
        format!("stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Once it was waited for, both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(dir: &Path, name: &str) -> String {
    String::from_utf8_lossy(&fs::read(dir.join(name)).unwrap()).into_owned()
}

/// How a program ended, and all it wrote.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Data.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
    command: String,
}

impl Outcome {
    /// Makes sure of the exit code.
    ///
    /// # Panics
    /// When it is another; the message holds what the program has written.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        let Self { code: found, stdout, stderr, command } = &self;
        assert!(
            *found == Some(code),
            "`{command}` ended with {found:?}, not {code}\nstdout:\n{stdout}\nstderr:\n{stderr}"
        );
        self
    }

    /// Standard output as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("`{}`: {error}\n{}", self.command, self.stdout))
    }
}
