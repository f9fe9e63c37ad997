//! What somebody else's client reads from the same API.

use super::fake::Request;
use cutover::dns::{Name, Rtype, Zone};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// The zone, and the record types that this client reads at all.
///
/// # Panics
/// When the client is not installed, or fails.
pub(crate) async fn read(
    host: &str,
    addr: SocketAddr,
    secret: &str,
    apex: &Name,
) -> (Zone, Vec<Rtype>) {
    let zone = apex.to_string();
    let address = format!("http://{addr}");
    let text = run("judge.py", &[host, &address, secret, zone.trim_end_matches('.')], b"").await;
    let types = text.lines().find_map(|line| line.strip_prefix("; types "));
    let types = types.unwrap().split(' ').filter_map(Rtype::parse).collect();
    (Zone::parse(&text, apex).unwrap(), types)
}

/// Holds the bodies of writes against the host's own types; how many parts there were, and which.
///
/// # Panics
/// When one does not fit.
pub(crate) async fn shapes(host: &str, writes: &[(Request, u16)]) -> String {
    let one = |(request, _): &(Request, u16)| {
        let Request { method, path, .. } = request;
        json!({"method": method, "path": path, "body": request.json()})
    };
    let all = Value::Array(writes.iter().map(one).collect());
    run("shapes.py", &[host], all.to_string().as_bytes()).await
}

/// What a script says to its input.
async fn run(script: &str, args: &[&str], input: &[u8]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/judges/bin/python");
    assert!(python.exists(), "{} is missing: run `./test`, which makes it", python.display());
    let mut child = Command::new(python)
        .arg(root.join("tests/conformance").join(script))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}
