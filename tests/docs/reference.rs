//! `docs/reference.md` and `docs/files.md`: all that can be typed and written.

use super::{ROOT, page};
use clap::CommandFactory as _;
use cutover::cli::Cli;
use std::collections::BTreeSet;
use std::path::Path;

const HEAD: &str = "\
# Commands

Every command with its options, as `cutover help COMMAND` prints it. Data goes to standard output,
everything else to standard error; `--json` prints one document.

This page is made of the program itself: `UPDATE=1 cargo nextest run the_reference_is_up_to_date`.
";

/// The names of a command's children, but for those that everybody has.
fn children(command: &clap::Command) -> Vec<String> {
    command.get_subcommands().map(|one| one.get_name().to_owned()).collect()
}

/// What a command prints of itself, and its children after it.
fn chapters(out: &mut String, path: &[&str]) {
    let mut command = Cli::command().term_width(100);
    command.build();
    let mut found = &mut command;
    for word in path {
        found = found.find_subcommand_mut(word).unwrap();
    }
    let help = found.render_long_help().to_string();
    // What every command has is told once, at the top.
    let own = help.split("\nGlobal options:").next().unwrap_or(&help);
    let text = if path.is_empty() { &help } else { own };
    let lines: Vec<_> = text.trim_end().lines().map(str::trim_end).collect();
    let title = ["cutover"].iter().chain(path).copied().collect::<Vec<_>>().join(" ");
    *out += &format!("\n## {title}\n\n```text\n{}\n```\n", lines.join("\n"));
    for child in children(found) {
        chapters(out, &[path, &[&child]].concat());
    }
}

#[test]
fn the_reference_is_up_to_date() {
    let mut made = HEAD.to_owned();
    chapters(&mut made, &[]);
    let path = Path::new(ROOT).join("docs/reference.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(made == written, "docs/reference.md is not what the program says: run with UPDATE=1");
}

/// The keys that files may have, as the code that reads them names them.
fn keys() -> BTreeSet<String> {
    let folder = Path::new(ROOT).join("src/config");
    let mut found = BTreeSet::new();
    for file in [
        "accept",
        "account",
        "notify",
        "project",
        "resolvers",
        "selector",
        "side",
        "transition",
        "zone",
    ] {
        let text = std::fs::read_to_string(folder.join(file).with_extension("rs")).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        for call in ["get(", "need(", "take("] {
            let named =
                text.split(call).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
            found.extend(named.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
    found
}

#[test]
fn every_key_is_told() {
    let (page, keys) = (page("files.md"), keys());
    assert!(keys.len() > 40, "{keys:?}");
    let is_told = |key: &String| {
        let mut words = page.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        words.any(|word| word == key)
    };
    let missing: Vec<_> = keys.iter().filter(|key| !is_told(key)).collect();
    assert!(missing.is_empty(), "docs/files.md does not tell of {missing:?}");
}
