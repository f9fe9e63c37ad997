//! `zones:` in `cutover.yaml`: the branch that zone files are read from, in place of a folder.

use super::Node;
use super::reader::{Read, Reader, scalar, text};
use crate::dns::TextError;
use std::path::PathBuf;

/// A branch of a bare repository.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Branch {
    /// The repository, from the project's folder or absolute.
    pub git: PathBuf,
    /// The branch's name, without `refs/heads/`.
    pub name: String,
}

impl Branch {
    /// The full name of the reference.
    pub fn reference(&self) -> String {
        format!("refs/heads/{}", self.name)
    }
}

/// `{git: ../dns.git, branch: main}`.
pub(super) fn branch(reader: &Reader<'_>, node: &Node) -> Read<Branch> {
    let mut table = reader.table(node)?;
    let git = table.need("git", |reader, node| {
        let text = text(reader, node)?;
        if text.contains("://") {
            let message = "zones are read from a repository on this machine, by its path";
            return reader.refuse(&node.span, message);
        }
        Some(PathBuf::from(text))
    });
    let name = table.need("branch", scalar(branch_name));
    table.finish();
    Some(Branch { git: git?, name: name? })
}

/// A name that git takes as it is: no option, no revision, no pattern.
pub fn branch_name(text: &str) -> Result<String, TextError> {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./+#".contains(c);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with('.');
    let is_good = !text.starts_with('-')
        && !text.starts_with("refs/")
        && !text.contains("..")
        && text.chars().all(is_plain)
        && text.split('/').all(part);
    if is_good {
        return Ok(text.to_owned());
    }
    let message = format!("`{text}` is not the name of a branch; write `main`");
    Err(TextError { at: 0, len: text.len().max(1), message })
}

/// `hook: {apply-on-push: true}`: whether a push applies what it plans.
pub(super) fn hook(reader: &Reader<'_>, node: &Node) -> Read<bool> {
    let mut table = reader.table(node)?;
    let applies = table.need("apply-on-push", |reader, node| match text(reader, node)?.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        other => reader.refuse(&node.span, format!("`{other}` is neither `true` nor `false`")),
    });
    table.finish();
    applies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn told<T>(text: &str, read: impl Fn(&Reader<'_>, &Node) -> Read<T>) -> String {
        let source = Source::new("cutover.yaml", text);
        let reader = Reader::new(&source);
        read(&reader, &Node::parse(text).unwrap());
        let found: Vec<_> = reader.finish().iter().map(|found| found.line(&source)).collect();
        found.join("\n")
    }

    #[test]
    fn a_branch_is_a_repository_and_a_plain_name() {
        let check = |text: &str, expected: &str| {
            let told = told(text, branch);
            assert_eq!(told.is_empty(), expected.is_empty(), "{text}: {told}");
            assert!(told.contains(expected), "{text}: {told}");
        };
        check("{git: ../dns.git, branch: main}", "");
        check("{git: /srv/dns.git, branch: team/zones-2}", "");
        check("{git: ../dns.git}", "1:1: error: `branch` is missing here");
        check("{git: 'https://git.example/dns', branch: main}", "1:7: error: zones are read from");
        check("{git: a, branch: --help}", "1:18: error: `--help` is not the name of a branch");
        check("{git: a, branch: 'main~1'}", "is not the name of a branch");
        check("{git: a, branch: 'a..b'}", "is not the name of a branch");
        check("{git: a, branch: a/.b}", "is not the name of a branch");
        check("{git: a, branch: refs/heads/main}", "is not the name of a branch");
    }

    #[test]
    fn whether_a_push_applies_is_said_in_so_many_words() {
        let check = |text: &str, expected: &str| {
            let told = told(text, hook);
            assert_eq!(told.is_empty(), expected.is_empty(), "{text}: {told}");
            assert!(told.contains(expected), "{text}: {told}");
        };
        check("{apply-on-push: true}", "");
        check("{apply-on-push: false}", "");
        check("{}", "`apply-on-push` is missing here");
        check("{apply-on-push: yes}", "1:17: error: `yes` is neither `true` nor `false`");
        check("{apply_on_push: true}", "unknown key `apply_on_push`");
    }
}
