//! What somebody else's client reads from the same API.

use cutover::dns::{Name, Rtype, Zone};
use std::net::SocketAddr;
use std::path::Path;
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/judges/bin/python");
    assert!(python.exists(), "{} is missing: run `./test`, which makes it", python.display());
    let output = Command::new(python)
        .arg(root.join("tests/conformance/judge.py"))
        .args([host, &format!("http://{addr}"), secret])
        .arg(apex.to_string().trim_end_matches('.'))
        .output()
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let types = text.lines().find_map(|line| line.strip_prefix("; types "));
    let types = types.unwrap().split(' ').filter_map(Rtype::parse).collect();
    (Zone::parse(&text, apex).unwrap(), types)
}
