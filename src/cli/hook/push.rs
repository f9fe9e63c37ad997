//! What git tells a hook on its standard input.

use crate::cli::Failure;
use std::io::{BufRead, Read as _};

/// Octets of input: a push of ten thousand branches with long names.
const LIMIT: u64 = 4 << 20;

/// Where one branch stood, and where it goes.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Push {
    /// `None` if it is new.
    pub(super) old: Option<String>,
    /// `None` if it is deleted.
    pub(super) new: Option<String>,
}

impl Push {
    /// The update of a reference, if it is among those that are pushed.
    pub(super) fn read(reference: &str) -> Result<Option<Self>, Failure> {
        Self::among(std::io::stdin().lock().take(LIMIT), reference)
    }

    fn among(lines: impl BufRead, reference: &str) -> Result<Option<Self>, Failure> {
        let mut found = None;
        for line in lines.split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            let mut fields = line.splitn(3, ' ');
            let (Some(old), Some(new), Some(name)) = (fields.next(), fields.next(), fields.next())
            else {
                let message = "this is run by git, which says `OLD NEW REF` on standard input";
                return Err(Failure::error(message));
            };
            if name == reference {
                found = Some(Self { old: object(old)?, new: object(new)? });
            }
        }
        Ok(found)
    }
}

/// The name of an object, of SHA-1 or SHA-256; `None` where all is zeros.
fn object(id: &str) -> Result<Option<String>, Failure> {
    let is_id = [40, 64].contains(&id.len()) && id.chars().all(|c| c.is_ascii_hexdigit());
    match is_id {
        true => Ok(Some(id.to_owned()).filter(|id| id.chars().any(|c| c != '0'))),
        false => {
            Err(Failure::error(format!("`{}` is not the name of an object", id.escape_debug())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const Z: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn one_branch_is_ours_and_others_are_not() {
        let some = |id: &str| Some(id.to_owned());
        let check = |lines: String, expected: Option<Push>| {
            let found = Push::among(lines.as_bytes(), "refs/heads/main").unwrap();
            assert_eq!(found, expected, "{lines}");
        };
        let push = |old, new| Some(Push { old, new });
        check(String::new(), None);
        check(format!("{A} {A} refs/heads/other\n"), None);
        check(format!("{A} {A} refs/heads/main/x\n"), None);
        check(format!("{A} {A} refs/tags/x\n{A} {A} refs/heads/main\n"), push(some(A), some(A)));
        check(format!("{Z} {A} refs/heads/main\n"), push(None, some(A)));
        check(format!("{A} {Z} refs/heads/main\n"), push(some(A), None));
    }

    #[test]
    fn what_git_would_not_say_is_an_error() {
        let check = |lines: &str| {
            let found = Push::among(lines.as_bytes(), "refs/heads/main");
            assert!(found.is_err(), "{lines}");
        };
        check("main\n");
        check(&format!("--help {A} refs/heads/main\n"));
        check(&format!("{A} {A}~1 refs/heads/main\n"));
    }
}
