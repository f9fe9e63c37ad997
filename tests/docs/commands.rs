//! Every command that a page names can be typed.

use super::links::pages;
use super::support::page::blocks;
use clap::{CommandFactory as _, Parser as _};
use cutover::cli::Cli;
use std::fs;

/// The words of a command line, as a shell would part them; `None` if it is not a call of ours.
fn words(line: &str) -> Option<Vec<String>> {
    let line = line.trim().trim_start_matches("$ ");
    let line = line.split(" #").next()?.split(" > ").next()?.split(" || ").next()?;
    let (mut words, mut quote) = (vec![String::new()], None);
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut()?.push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    (words.first()? == "cutover").then_some(words)
}

/// Why a line cannot be typed.
fn refused(line: &str) -> Option<String> {
    let words = words(line)?;
    match Cli::try_parse_from(words) {
        Err(error) if error.use_stderr() => Some(format!("{line}: {error}")),
        _ => None,
    }
}

/// What stands in a line as `cutover WORD ...`.
fn mentioned(text: &str) -> Vec<&str> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter_map(|span| span.strip_prefix("cutover ")?.split_whitespace().next()).collect()
}

#[test]
fn every_command_can_be_typed() {
    let known: Vec<_> = Cli::command()
        .get_subcommands()
        .flat_map(|one| {
            one.get_all_aliases().chain([one.get_name()]).map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let sessions = blocks(&text).into_iter().filter(|block| {
            block.words().first().is_some_and(|language| ["console", "sh"].contains(language))
        });
        for block in sessions {
            let is_typed = |line: &&str| block.words()[0] == "sh" || line.starts_with("$ ");
            for line in block.text.lines().filter(is_typed) {
                assert_eq!(refused(line), None, "{}", page.display());
                count += usize::from(words(line).is_some());
            }
        }
        let outside: Vec<_> = text.split("```").step_by(2).collect();
        for word in outside.iter().flat_map(|part| mentioned(part)) {
            let is_known =
                known.iter().any(|name| name == word) || !word.starts_with(char::is_lowercase);
            assert!(is_known, "{}: there is no `cutover {word}`", page.display());
        }
    }
    assert!(count > 60, "only {count} commands were found");
}

#[test]
fn what_cannot_be_typed_is_found() {
    assert!(refused("cutover appyl").is_some());
    assert!(refused("$ cutover apply --wiat").is_some());
    assert!(refused("cutover apply --through nowhere").is_some());
    assert_eq!(refused("cutover confirm example.net step --note 'two words' # done"), None);
    assert_eq!(refused("ls --nonsense"), None);
    assert_eq!(mentioned("so `cutover appyl x` and `ls`"), ["appyl"]);
}
