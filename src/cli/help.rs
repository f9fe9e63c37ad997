//! `cutover help`: how commands are used, and the pages of the documentation.

use super::{Cli, Failure, Terminal, exit};
use crate::config::advice;
use clap::CommandFactory as _;

/// A page: its name, what it is about, its text.
type Topic = (&'static str, &'static str, &'static str);

macro_rules! topics {
    ($($name:literal $file:literal $about:literal)*) => {
        &[$(($name, $about, include_str!(concat!("../../docs/", $file)))),*]
    };
}

/// In the order in which one would read them. A command's name is no topic's.
const TOPICS: &[Topic] = topics! {
    "getting-started" "getting-started.md" "from an empty folder to a first plan"
    "a-move" "a-move.md" "a whole move, day by day"
    "concepts" "concepts.md" "the words, and how time is counted"
    "safety" "safety.md" "what can go wrong, and what then"
    "files" "files.md" "zone files, accounts and settings: every key"
    "dns-hosts" "providers.md" "what each host takes, how each was tested"
    "watching" "watch.md" "who answers with what; the page; webhooks"
    "long-run" "run.md" "terminal, timer or service; stopping, editing, logs"
    "git" "git.md" "a server that judges pushes, and applies them"
    "papers" "papers.md" "execution plan, letters to people, calendar"
    "ci" "ci.md" "plans on pull requests, and what is due applied by CI"
    "troubleshooting" "troubleshooting.md" "when it does not go on"
    "reference" "reference.md" "every command with its options"
};

/// Prints the help of the program, of a command, the list of pages, or a page.
pub(super) fn help(words: &[String], terminal: &Terminal) -> Result<u8, Failure> {
    let mut command = Cli::command();
    command.build();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => terminal.print(&command.render_long_help().to_string()),
        ["topics"] => terminal.print(&list()),
        [topic] if let Some((.., page)) = find(topic) => terminal.print(page),
        [name, ..] => {
            let mut found = &mut command;
            for word in &words {
                let known: Vec<_> = names(found);
                found = found.find_subcommand_mut(word).ok_or_else(|| unknown(name, known))?;
            }
            terminal.print(&found.render_long_help().to_string());
        }
    }
    Ok(exit::DONE)
}

fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|(topic, ..)| *topic == name)
}

fn list() -> String {
    let line = |(name, about, _): &Topic| format!("{name:<16} {about}\n");
    TOPICS.iter().map(line).collect()
}

fn names(command: &clap::Command) -> Vec<String> {
    command.get_subcommands().map(|one| one.get_name().to_owned()).collect()
}

fn unknown(word: &str, commands: Vec<String>) -> Failure {
    let topics = TOPICS.iter().map(|(name, ..)| *name);
    let known: Vec<_> = commands.iter().map(String::as_str).chain(topics).collect();
    let message =
        format!("neither a command nor a topic is called `{word}`; {}", advice(word, &known));
    Failure::with(exit::USAGE, message).hint("`cutover help topics` lists the topics")
}
