//! The rules of the house: who may import what, and how a file may look.
//!
//! Parts under `#[cfg(test)]` and files named `tests.rs` may import, and panic, as they like.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

#[path = "layout/source.rs"]
mod source;

use source::{File, Paths, Token, tokens};

/// Every module of the crate. Each may use its own floor and those below.
const FLOORS: [&[&str]; 8] = [
    &["dns"],
    &["mail"],
    &["plan"],
    &["run"],
    &["port"],
    &[
        "clock", "config", "git", "journal", "lab", "lookup", "notify", "probe", "provider",
        "watch", "wire",
    ],
    &["engine"],
    &["cli", "dashboard", "report"],
];
/// Floors up to this one are pure, and name nothing that begins like these.
const PURE: usize = 3;
const IMPURE: &str =
    "async hickory reqwest serde std::env std::fs std::net::Tcp std::net::Udp std::process tokio";
/// Where modules know the ports and not each other, except for these.
const ADAPTERS: usize = 5;
const NEIGHBOURS: &[(&str, &str, &str)] = &[
    ("provider", "wire", "updates and transfers are DNS messages"),
    ("provider", "config", "a driver reads its own settings: adding one is adding one file"),
    ("lookup", "wire", "asks name servers"),
    ("git", "config", "a branch holds the files that it reads"),
    ("notify", "config", "what is posted, and secrets"),
    ("notify", "wire", "speaks TLS as everybody here"),
    ("watch", "wire", "asks name servers and resolvers"),
    ("probe", "wire", "speaks TLS as everybody here"),
    ("lab", "wire", "its servers answer in DNS messages"),
];
/// Crates, by the beginning of their names, and the modules that they stay in.
const BORDERS: &[(&str, &[&str])] = &[
    ("annotate_snippets", &["config/diagnostic"]),
    ("anstream", &["cli", "report"]),
    ("axum", &["dashboard"]),
    ("clap", &["cli"]),
    ("comfy_table", &["cli", "report"]),
    ("lettre", &["probe"]),
    ("maud", &["dashboard", "report"]),
    ("pulldown_cmark", &["report/paper"]),
    ("tracing", &["cli"]),
    ("icalendar", &["report"]),
    ("hickory", &["lab", "lookup", "provider/rfc2136", "wire"]),
];
/// Ways to ask for the time or to wait, and who else than the `Clock` may: with tokio's clock,
/// which tests can stop, these bound how long an answer may take, or space questions out.
const CLOCKS: &str = "Instant::now Local::now SystemTime::now Utc::now thread::sleep \
    time::* time::sleep time::sleep_until";
const TIMED: &[&str] = &["lab", "notify", "provider/budget", "wire"];
const PRINTS: &[&str] = &["eprint", "eprintln", "print", "println"];
const PANICS: &[&str] = &["dbg", "panic", "todo", "unimplemented"];
/// Names that say nothing of what is inside.
const VAGUE: &[&str] = &["common", "helper", "helpers", "manager", "util", "utils"];
const MAX_LINES: usize = 500;
const MAX_COLUMNS: usize = 100;

/// Tells what is wrong in a file, each with its place.
type Rule = fn(&File) -> Vec<String>;

macro_rules! rules {
    ($($rule:ident)*) => {
        const RULES: &[(&str, Rule)] = &[$((stringify!($rule), $rule)),*];

        mod every_file {
            $(#[test] fn $rule() { super::hold(super::$rule) })*
        }
    };
}

rules! {
    every_module_stands_on_a_floor
    nothing_imports_upward
    adapters_are_strangers
    low_floors_are_pure
    crates_stay_behind_their_border
    only_the_clock_tells_the_time
    only_the_command_line_prints
    nothing_panics
    files_are_short
    lines_are_short
    names_say_what_is_inside
    files_begin_with_a_head_line
    dependencies_have_a_reason
}

fn hold(rule: Rule) {
    let mut files: Vec<_> = ["src", "tests", "examples"].into_iter().flat_map(File::all).collect();
    files.push(File::read("Cargo.toml"));
    assert!(files.iter().any(|file| file.path == "src/lib.rs"), "the files were not found");
    let broken: Vec<_> = files.iter().flat_map(rule).collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

fn every_module_stands_on_a_floor(file: &File) -> Vec<String> {
    let lost = !["", "lib", "main"].contains(&file.top()) && floor(file.top()).is_none();
    whole(file, lost, "the module stands on no floor: give it one in tests/layout.rs")
}

fn nothing_imports_upward(file: &File) -> Vec<String> {
    let Some(own) = floor(file.top()) else { return Vec::new() };
    let above = |to: &str| to == "*" || floor(to) > Some(own);
    tell(file, file.imports(), above, "is on a higher floor")
}

/// The engine, one floor up, knows adapters as ports only.
fn adapters_are_strangers(file: &File) -> Vec<String> {
    let from = file.top();
    if !floor(from).is_some_and(|own| [ADAPTERS, ADAPTERS + 1].contains(&own)) {
        return Vec::new();
    }
    let known = |to: &str| NEIGHBOURS.iter().any(|known| (known.0, known.1) == (from, to));
    let strange = |to: &str| floor(to) == Some(ADAPTERS) && to != from && !known(to);
    tell(file, file.imports(), strange, "is an adapter, to be met behind its port")
}

fn low_floors_are_pure(file: &File) -> Vec<String> {
    let pure = floor(file.top()).is_some_and(|own| own <= PURE);
    let impure = |path: &str| IMPURE.split(' ').any(|head| path.starts_with(head));
    tell(file, file.paths(), |path| pure && impure(path), "has no place on a pure floor")
}

fn crates_stay_behind_their_border(file: &File) -> Vec<String> {
    let out = |path: &str| {
        BORDERS.iter().any(|(head, places)| path.starts_with(head) && !file.is_in(places))
    };
    tell(file, file.paths(), out, "is outside of its border")
}

fn only_the_clock_tells_the_time(file: &File) -> Vec<String> {
    let code = file.code();
    let words: Vec<_> = code.iter().map(|(_, word)| *word).collect();
    let is_clock = words.windows(4).any(|four| four == ["impl", "Clock", "for", "SystemClock"]);
    let free = is_clock || file.is_in(TIMED);
    let asks = |path: &str| !free && CLOCKS.split_whitespace().any(|end| path.ends_with(end));
    tell(file, file.paths(), asks, "tells the time: take it as an argument, or a `Clock`")
}

fn only_the_command_line_prints(file: &File) -> Vec<String> {
    let may = file.module().is_none() || file.is_in(&["cli"]);
    if may { Vec::new() } else { macros(file, &tokens(&file.text), PRINTS) }
}

/// Clippy knows types and sees more; a parser's own `self.expect(..)` is not meant.
fn nothing_panics(file: &File) -> Vec<String> {
    let code = file.code();
    let calls = code.windows(3).filter(|three| {
        let [owner, dot, call] = [three[0].1, three[1].1, three[2].1];
        [".", "::"].contains(&dot) && ["expect", "unwrap"].contains(&call) && owner != "self"
    });
    let calls = calls.map(|three| file.at(three[2].0, &format!("`{}` panics", three[2].1)));
    macros(file, &code, PANICS).into_iter().chain(calls).collect()
}

fn files_are_short(file: &File) -> Vec<String> {
    let long = file.text.lines().count() > MAX_LINES;
    whole(file, long, "over 500 lines")
}

fn lines_are_short(file: &File) -> Vec<String> {
    let (rust, lines) = (file.path.ends_with(".rs"), file.text.lines().enumerate());
    let long = lines.filter(|(_, line)| rust && line.chars().count() > MAX_COLUMNS);
    long.map(|(above, _)| format!("{}:{}: over 100 columns", file.path, above + 1)).collect()
}

fn names_say_what_is_inside(file: &File) -> Vec<String> {
    let vague = file.path.split(['/', '.']).any(|name| VAGUE.contains(&name));
    whole(file, vague, "the name does not say what is inside")
}

fn files_begin_with_a_head_line(file: &File) -> Vec<String> {
    let bare = file.module().is_some() && !file.text.starts_with("//! ");
    whole(file, bare, "say in a first `//!` line what the file is for")
}

/// A comment stands for the dependency below, or for two that belong together.
fn dependencies_have_a_reason(file: &File) -> Vec<String> {
    let (mut found, mut inside, mut since) = (Vec::new(), false, 0);
    for (above, line) in file.text.lines().enumerate() {
        match line.chars().next() {
            Some('[') => (inside, since) = (line.ends_with("dependencies]"), 2),
            Some('#') => since = 0,
            Some(first) if first.is_alphanumeric() => since += 1,
            _ => continue,
        }
        if inside && since > 2 && !line.starts_with('[') {
            found.push(format!("{}:{}: no comment says why", file.path, above + 1));
        }
    }
    if file.path == "Cargo.toml" { found } else { Vec::new() }
}

fn whole(file: &File, broken: bool, wrong: &str) -> Vec<String> {
    if broken { vec![file.at(0, wrong)] } else { Vec::new() }
}

fn tell(file: &File, paths: Paths, bad: impl Fn(&str) -> bool, wrong: &str) -> Vec<String> {
    let paths = paths.into_iter().filter(|(_, path)| bad(path));
    paths.map(|(at, path)| file.at(at, &format!("`{path}` {wrong}"))).collect()
}

fn macros(file: &File, code: &[Token<'_>], names: &[&str]) -> Vec<String> {
    let calls = code.windows(2).filter(|two| names.contains(&two[0].1) && two[1].1 == "!");
    calls.map(|two| file.at(two[0].0, &format!("`{}!` is not for here", two[0].1))).collect()
}

fn median(files: &[File]) -> usize {
    let mut lengths: Vec<_> = files.iter().map(|file| file.text.lines().count()).collect();
    lengths.sort_unstable();
    lengths[lengths.len() / 2]
}

#[test]
fn half_of_the_files_have_less_than_150_lines() {
    let median = median(&File::all("src"));
    assert!(median < 150, "the median file has {median} lines");
}

#[test]
fn the_median_is_in_the_middle() {
    assert_eq!(median(&[3, 1, 200].map(|lines| File::new("src/x.rs", &"\n".repeat(lines)))), 3);
}

#[test]
fn every_rule_finds_what_is_bad_and_leaves_what_is_good() {
    let (lines, columns) = ("\n".repeat(MAX_LINES), "é".repeat(MAX_COLUMNS));
    let mut controls = include_str!("layout/controls.txt").lines().peekable();
    for (rule, check) in RULES {
        assert_eq!(controls.next(), Some(*rule), "every rule has controls, in the same order");
        while let Some(control) = controls.next_if(|line| line.starts_with(' ')) {
            let (verdict, control) = control.trim().split_once(' ').unwrap();
            let (path, text) = control.trim().split_once(' ').unwrap();
            let text = text.trim_start().replace("<500 lines>", &lines);
            let text = text.replace("<100 columns>", &columns).replace("\\n", "\n");
            let found = check(&File::new(path, &text));
            assert_eq!(found.len(), usize::from(verdict == "bad"), "{rule}: {text}\n{found:?}");
        }
    }
}
