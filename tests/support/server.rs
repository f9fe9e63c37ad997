//! One DNS daemon: started, awaited, and ended with the test.
//!
//! A [`Server`] knows its process, its directory and its address. What the daemon is told is the
//! business of the module named after it.
//!
//! A test that is itself killed with SIGKILL runs no `Drop` and leaves its servers behind.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::question::Question;

/// In each server's directory; a daemon that insists on a file of its own may append to it.
const LOG: &str = "log";
const START_LIMIT: Duration = Duration::from_secs(10);
const STOP_LIMIT: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(5);

/// A program of the distribution, and the package that holds it.
#[derive(Clone, Copy)]
pub struct Program {
    /// Absolute, because /usr/sbin is not on everyone's PATH.
    pub path: &'static str,
    /// Name of the Debian package.
    pub package: &'static str,
}

impl Program {
    /// The installed file.
    ///
    /// # Panics
    /// When it is missing; the message says how to install it.
    pub fn installed(self) -> &'static str {
        let Program { path, package } = self;
        assert!(Path::new(path).exists(), "{path} is missing: run `apt-get install -y {package}`");
        path
    }

    /// A command for the program, without arguments.
    pub fn command(self) -> Command {
        Command::new(self.installed())
    }

    /// Runs the program in `dir` to its end.
    ///
    /// # Panics
    /// When it fails; the message holds what it printed.
    pub fn run(self, dir: &Path, args: &[&str]) {
        let output = self.command().current_dir(dir).args(args).output().unwrap();
        assert!(
            output.status.success(),
            "{} {args:?}: {}\n{}{}",
            self.path,
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// A running DNS server; dropping it ends the process and removes its files.
pub struct Server {
    child: Child,
    dir: TempDir,
    /// Where it answers, over UDP and TCP.
    pub addr: SocketAddr,
    name: &'static str,
}

impl Server {
    /// Starts `program` inside `dir` and returns once it answers `question` at `addr`.
    ///
    /// # Panics
    /// When it ends by itself or is not ready in ten seconds; the message holds its log.
    pub fn start(
        program: Program,
        args: &[&str],
        dir: TempDir,
        addr: SocketAddr,
        question: Question<'_>,
    ) -> Server {
        let log = File::options().create(true).append(true).open(dir.path().join(LOG)).unwrap();
        let child = program
            .command()
            .args(args)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Server { child, dir, addr, name: program.path };
        server.wait_ready(question);
        server
    }

    fn wait_ready(&mut self, question: Question<'_>) {
        let mut ended = None;
        let ready = eventually(START_LIMIT, || {
            ended = self.child.try_wait().unwrap();
            ended.is_some() || question.is_answered(self.addr)
        });
        let (name, addr) = (self.name, self.addr);
        if let Some(status) = ended {
            panic!("{name} for {addr} ended early, {status}; its log:\n{}", self.log());
        }
        assert!(ready, "{name} at {addr} not ready in {START_LIMIT:?}; its log:\n{}", self.log());
    }

    /// Everything the server has printed so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.dir.path().join(LOG)).unwrap()).into_owned()
    }

    /// The directory with the server's configuration, zone and log.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The process, as the system numbers it.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Once it was waited for, its number may be another's.
        let mut ended = !matches!(self.child.try_wait(), Ok(None));
        if !ended {
            signal("-TERM", &self.pid().to_string());
        }
        // NSD forks and forks again, so that only the directory tells which processes are its own.
        let clean = eventually(STOP_LIMIT, || {
            ended = ended || !matches!(self.child.try_wait(), Ok(None));
            ended && processes_in(self.dir()).is_empty()
        });
        if !clean {
            for pid in processes_in(self.dir()) {
                signal("-KILL", &pid);
            }
            let _ = self.child.wait();
            eventually(STOP_LIMIT, || processes_in(self.dir()).is_empty());
        }
    }
}

fn signal(signal: &str, pid: &str) {
    let _ = Command::new("/bin/kill").args([signal, pid]).stderr(Stdio::null()).status();
}

/// The processes whose working directory is `dir`, which each server's is for all its life.
fn processes_in(dir: &Path) -> Vec<String> {
    let works_here =
        |process: &Path| fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == dir);
    fs::read_dir("/proc")
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| works_here(&entry.path()))
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

/// A temporary directory with these files in it.
pub fn directory(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::Builder::new().prefix("cutover-dns-").tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

/// A port of 127.0.0.1 that is free for both UDP and TCP, never given twice by one process.
pub fn free_port() -> u16 {
    // Below the range the kernel takes source ports from, or a passing query could sit on a port
    // between this call and the start of its server. Each process begins elsewhere, for the same
    // reason.
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 22_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let begin = process::id().wrapping_mul(7919);
    (0..COUNT)
        .map(|_| begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT + FIRST)
        .map(|port| u16::try_from(port).unwrap())
        .find(|&port| is_free(port))
        .expect("a free port on 127.0.0.1")
}

fn is_free(port: u16) -> bool {
    let addr = loopback(port);
    match UdpSocket::bind(addr).and_then(|_held| TcpListener::bind(addr)) {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::AddrInUse => false,
        Err(error) => panic!("{addr}: {error}"),
    }
}

/// The address of a port on 127.0.0.1.
pub fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Whether `check` came true before `limit` was over; it is asked every few milliseconds.
pub fn eventually(limit: Duration, mut check: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if check() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(PAUSE);
    }
}
