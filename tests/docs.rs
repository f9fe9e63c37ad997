//! The documentation does what it says: every command runs, every link leads somewhere.

#[path = "docs/links.rs"]
mod links;
mod support;

use std::fs;
use std::path::Path;
use support::page::{Reader, invented};
use support::server::free_port;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join("docs").join(name)).unwrap()
}

fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_cutover")).parent().unwrap()
}

/// From an empty folder to a first plan, with a BIND that the page itself sets up.
#[test]
fn getting_started_gets_started() {
    let folder = tempfile::tempdir().unwrap();
    let page = page("getting-started.md").replace("5300", &free_port().to_string());
    let mut reader = Reader::new(folder.path(), programs());
    reader.follow(&page, |_, block| {
        // Nothing here may ask the internet.
        let settings = folder.path().join("move/cutover.yaml");
        if block.info == "console" && settings.exists() {
            let text = fs::read_to_string(&settings).unwrap();
            fs::write(&settings, text.replace("resolvers: builtin ", "resolvers: [] ")).unwrap();
        }
    });
}

#[test]
fn what_is_not_printed_is_invented() {
    let check = |shown, line| assert_eq!(invented(shown, "one\ntwo 2\nthree\n"), line);
    check("one\n...\nthree", None);
    check("one\ntw...\n", None);
    check("one\nfour", Some("four"));
    check("two 2\none", Some("one")); // not in this order
}
