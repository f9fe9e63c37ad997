//! A page of the documentation, and whether what it shows is what happens.
//!
//! A fenced block whose first line names a language and a path is a file; one that says `console`
//! is a session: what is typed stands behind `$ `, below it what is printed. `...` at the end of a
//! line, or alone, stands for what is left out. `exit=6` behind `console` is how its last command
//! ends.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// One fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// What stands behind the fence.
    pub info: String,
    /// The lines within.
    pub text: String,
}

/// The fenced blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let (mut found, mut open): (Vec<Block>, Option<Block>) = (Vec::new(), None);
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                open = Some(Block { info: info.to_owned(), text: String::new() });
            }
            (Some(_), Some("")) => found.extend(open.take()),
            (Some(block), _) => block.text += &format!("{line}\n"),
            (None, None) => (),
        }
    }
    found
}

impl Block {
    /// The words behind the fence.
    pub fn words(&self) -> Vec<&str> {
        self.info.split_whitespace().collect()
    }

    /// The commands of a session, each with what is shown below it.
    pub fn commands(&self) -> Vec<(&str, String)> {
        let mut all: Vec<(&str, String)> = Vec::new();
        for line in self.text.lines() {
            match (line.strip_prefix("$ "), all.last_mut()) {
                (Some(command), _) => all.push((command, String::new())),
                (None, Some((_, shown))) => *shown += &format!("{line}\n"),
                (None, None) => panic!("a session begins with `$ `: {line}"),
            }
        }
        all
    }
}

/// The first line that is shown but not printed, or not there; `...` stands for what is left out.
/// Seconds of a time of day are not compared: machines are busy.
pub fn invented<'a>(shown: &'a str, printed: &str) -> Option<&'a str> {
    let printed = minutes(printed);
    let mut rest = &*printed;
    shown.lines().find(|line| {
        let line = minutes(line);
        let start = line.strip_suffix("...").unwrap_or(&line);
        let found = rest.split_once(start);
        rest = found.map_or(rest, |(_, behind)| behind);
        found.is_none()
    })
}

/// Times of day without their seconds.
fn minutes(text: &str) -> String {
    let is_time = |part: &[u8]| {
        let mut like = part.iter().zip(b"00:00:00");
        part.len() == 8
            && like.all(|(found, like)| found == like || found.is_ascii_digit() && *like == b'0')
    };
    let (mut kept, mut at) = (Vec::new(), 0);
    let octets = text.as_bytes();
    while at < octets.len() {
        let time = octets.get(at..at + 8).filter(|part| is_time(part));
        kept.extend_from_slice(time.map_or(&octets[at..=at], |time| &time[..5]));
        at += time.map_or(1, <[u8]>::len);
    }
    String::from_utf8(kept).unwrap()
}

/// A shell that goes on from block to block, as that of a person who reads the page.
pub struct Reader {
    folder: std::path::PathBuf,
    shell: std::process::Child,
    printed: std::path::PathBuf,
    count: usize,
}

impl Reader {
    /// Opens a shell in a folder, with programs of this folder before all others.
    pub fn new(folder: &Path, programs: &Path) -> Self {
        let path = format!("{}:/usr/sbin:{}", programs.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("/bin/bash");
        shell.args(["--noprofile", "--norc"]).current_dir(folder).env("PATH", path);
        shell.env("TZ", "UTC").env("USER", "tester").env("COLUMNS", "200");
        // In a group of its own, so that all that it started ends with it.
        shell.stdin(Stdio::piped()).process_group(0);
        let printed = folder.join(".printed");
        Self { folder: folder.to_owned(), shell: shell.spawn().unwrap(), printed, count: 0 }
    }

    /// Types a command; its exit code and what it printed.
    pub fn run(&mut self, command: &str) -> (i32, String) {
        self.count += 1;
        let (printed, ended) = (self.printed.display(), self.folder.join(".ended"));
        let end = ended.display();
        // A program in the background keeps no file of ours waiting.
        let run = format!("{{ {command}\n}} > {printed} 2>&1 < /dev/null");
        let line = format!("{run}; echo \"$?\" > {end}.new; mv {end}.new {end}\n");
        self.shell.stdin.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
        let limit = std::time::Duration::from_secs(90);
        let has_ended = super::server::eventually(limit, || ended.exists());
        let text =
            String::from_utf8_lossy(&std::fs::read(&self.printed).unwrap_or_default()).into_owned();
        assert!(has_ended, "`{command}` did not end\n{text}");
        let code = std::fs::read_to_string(&ended).unwrap().trim().parse().unwrap();
        std::fs::remove_file(&ended).unwrap();
        (code, text)
    }

    /// Does what a page tells: writes its files, types its commands, and compares.
    ///
    /// # Panics
    /// When something else happens than the page says.
    pub fn follow(&mut self, page: &str, mut before: impl FnMut(&Self, &Block)) {
        let mut typed = 0;
        for block in blocks(page) {
            before(self, &block);
            let words = block.words();
            match words[..] {
                ["console", ..] => {
                    let commands = block.commands();
                    let last = commands.len() - 1;
                    for (at, (command, shown)) in commands.into_iter().enumerate() {
                        let (mut code, mut printed) = self.run(command);
                        // Who reads takes longer than a server needs to start, and would ask again.
                        for _ in 0..50 {
                            if !command.starts_with("dig ") || invented(&shown, &printed).is_none()
                            {
                                break;
                            }
                            std::thread::sleep(std::time::Duration::from_millis(100));
                            (code, printed) = self.run(command);
                        }
                        let exit = words.iter().find_map(|word| word.strip_prefix("exit="));
                        let expected = exit.filter(|_| at == last).unwrap_or("0");
                        assert_eq!(code.to_string(), expected, "$ {command}\n{printed}");
                        let invented = invented(&shown, &printed);
                        assert_eq!(invented, None, "$ {command}\n{printed}");
                        typed += 1;
                    }
                }
                [_, path] if path.contains('.') => {
                    let path = self.folder.join(path);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, &block.text).unwrap();
                }
                _ => (),
            }
        }
        assert!(typed > 5, "only {typed} commands were found");
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // The group and not only the shell: a page may have started a server.
        let _ = Command::new("/bin/kill").args(["--", &format!("-{}", self.shell.id())]).status();
        let _ = self.shell.wait();
    }
}
