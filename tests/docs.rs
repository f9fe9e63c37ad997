//! The documentation does what it says: every command runs, every link leads somewhere.

#[path = "docs/commands.rs"]
mod commands;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/reference.rs"]
mod reference;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use support::knot::Knot;
use support::page::{Reader, invented};
use support::project::{Project, faketime};
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

/// Every command at the time that the page tells, with a Knot that reads the zone's file.
#[test]
fn a_move_goes_day_by_day() {
    let project = Project::example("linode-to-google").settings("version: 1\nresolvers: []\n");
    let folder = fs::canonicalize(project.path(".")).unwrap();
    let knot = Knot::of_file("dankolb.net", &folder.join("db.dankolb.net"));
    let socket = knot.dir().join("knot.sock");
    let provider = project.read("providers/hand-written.yaml");
    let reload = format!("reload: knotc\nreload-options: [-s, {}]\n", socket.display());
    let provider = provider.replace("127.0.0.1:5301", &knot.addr.to_string()) + &reload;
    project.write("providers/hand-written.yaml", &provider);

    let programs = folder.join("programs");
    let at = programs.join("at");
    let binary = env!("CARGO_BIN_EXE_cutover");
    let library = faketime();
    let cutover = format!(
        "#!/bin/sh\nexport FAKETIME=\"@$(cat {})\" FAKETIME_DONT_FAKE_MONOTONIC=1\n\
         LD_PRELOAD={} exec {binary} \"$@\"\n",
        at.display(),
        library.display(),
    );
    project.write("programs/cutover", &cutover);
    let path = programs.join("cutover");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    let mut reader = Reader::new(&folder, &programs);
    reader.follow(&page("a-move.md"), |_, block| {
        if let ["console", time, ..] = block.words()[..] {
            fs::write(&at, time.replace('T', " ").replace('Z', "")).unwrap();
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
    let at = |shown| invented(shown, "12:01:36 x: sending, see 12:10:00");
    assert_eq!(at("12:01:35 x: sending, see 12:10:01"), None);
    assert_eq!(at("12:02:36 x: sending..."), Some("12:02:36 x: sending..."));
}
