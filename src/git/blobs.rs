//! Reads objects from one `git cat-file` that lives as long as the tree.

use super::{Repository, cannot_run};
use std::io::{BufRead as _, BufReader, Error, Read as _, Result, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// A running `git cat-file --batch`; dropping it ends it.
#[derive(Debug)]
pub(super) struct Blobs {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Blobs {
    pub(super) fn open(repository: &Repository) -> Result<Self> {
        let mut command = repository.command(&["cat-file", "--batch"]);
        // Its complaints are about objects that are named, and we say which.
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(cannot_run)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(to), Some(from)) => Ok(Self { child, to, from: BufReader::new(from) }),
            _ => Err(Error::other("`git cat-file` has no pipes")),
        }
    }

    /// The content of a blob, which has this many octets.
    pub(super) fn read(&mut self, id: &str, size: u64) -> Result<Vec<u8>> {
        writeln!(self.to, "{id}").and_then(|()| self.to.flush())?;
        let mut head = String::new();
        self.from.read_line(&mut head)?;
        if head.trim_end() != format!("{id} blob {size}") {
            // Where the next answer begins is unknown now.
            let _ = self.child.kill();
            return Err(Error::other(format!("`git cat-file` does not know object `{id}`")));
        }
        // A line end follows the content.
        let mut content = Vec::new();
        self.from.by_ref().take(size + 1).read_to_end(&mut content)?;
        match content.pop() {
            Some(b'\n') if content.len() as u64 == size => Ok(content),
            _ => Err(Error::other(format!("`git cat-file` ended within object `{id}`"))),
        }
    }
}

impl Drop for Blobs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
