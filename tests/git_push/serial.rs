//! Pushes at the same time: one after the other.

use super::APPLIES;
use super::world::World;
use std::fs::File;

const WAITS: &str = "remote: waiting: another push is at work (";

#[test]
fn two_pushes_at_once_are_one_after_the_other() {
    let world = World::new().settings(APPLIES);
    let alice = world.clone("alice");
    alice.push_as("HEAD:refs/heads/none").wait().refused(&["src refspec HEAD"]);
    let bob = world.clone("bob");
    for one in [&alice, &bob] {
        one.edit("  soak: 2s", "  soak: 20d");
    }
    bob.write("README", "the same zone, from another clone");
    alice.commit();
    bob.commit();

    // Somebody else's turn, as long as the test likes.
    let lock = File::open(world.project.path(".cutover/pushing")).unwrap();
    lock.lock().unwrap();
    let [mut first, mut second] = [&alice, &bob].map(|clone| clone.push_as("HEAD:refs/heads/main"));
    first.tells(WAITS);
    second.tells(WAITS);
    let other = alice.push_as("HEAD:refs/heads/draft").wait().taken(&[]);
    assert!(!other.told.contains("waiting"), "{}", other.told);
    // Long enough for a push that would not wait.
    assert!(!first.is_over() && !second.is_over());
    assert!(first.told().lines().count() == 1 && second.told().lines().count() == 1);
    lock.unlock().unwrap();

    let ends = [first.wait(), second.wait()];
    let taken: Vec<_> = ends.iter().filter(|end| end.is_taken).collect();
    assert_eq!(taken.len(), 1, "{ends:#?}");
    let journal = world.project.read(".cutover/dankolb.net.jsonl");
    let count = |event: &str| journal.matches(event).count();
    assert_eq!((count("\"planned\""), count("\"apply-began\"")), (1, 1), "{journal}");

    // Whoever came too late fetches, as ever.
    let late = if ends[0].is_taken { &bob } else { &alice };
    late.git(&["fetch", "--quiet"]);
    late.git(&["rebase", "--quiet", "--empty=drop", "-X", "theirs", "origin/main"]);
    late.push().taken(&["0 zones are touched"]);
}

#[test]
fn what_was_pushed_meanwhile_is_planned_as_it_is_then() {
    let world = World::new();
    let alice = world.clone("alice");
    alice.push().taken(&[]);
    alice.write("zones/later.yaml", "version: 1\nzone: later.example\n");
    alice.commit();
    // Hooks are what git runs them with: a push that waits for its turn behind another.
    let old = alice.git(&["rev-parse", "HEAD~1"]);
    let new = alice.git(&["rev-parse", "HEAD"]);
    world.project.write("pushed", &format!("{old} {new} refs/heads/main\n"));
    let hook = world.bare().join("hooks/post-receive");
    let output = std::process::Command::new(hook)
        .stdin(File::open(world.project.path("pushed")).unwrap())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("no zone is touched"), "{told}");
}
