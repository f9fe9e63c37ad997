//! What strict readers of calendars and of pages say.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the reader prints, or what it complains of.
///
/// # Panics
/// When it is not installed.
pub(crate) fn judge(kind: &str, text: &str) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/judges/bin/python");
    assert!(python.exists(), "{} is missing: run `./test`, which makes it", python.display());
    let mut child = Command::new(python)
        .arg(root.join("tests/papers/judge.py"))
        .arg(kind)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = |octets: Vec<u8>| String::from_utf8(octets).unwrap();
    if output.status.success() { Ok(said(output.stdout)) } else { Err(said(output.stderr)) }
}
