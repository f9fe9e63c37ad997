//! Trees as they are listed, good and made by hand.

use super::*;

fn listed(entries: &[(&str, &str)]) -> Result<Tree> {
    let line = |(mode, path): &(&str, &str)| format!("{mode} blob 0a1b      12\t{path}\0");
    let text: String = entries.iter().map(line).collect();
    let mut tree = Tree::empty();
    list(text.as_bytes(), &mut tree.entries).map(|()| tree)
}

#[test]
fn a_folder_has_what_stands_in_it_and_not_below() {
    let paths = ["cutover.yaml", "zones-2/x", "zones/a.yaml", "zones/b/c.yaml"];
    let tree = listed(&paths.map(|path| ("100644", path))).unwrap();
    let check = |folder: &str, expected: &[&str]| {
        let found = tree.list(Path::new(folder)).unwrap();
        assert_eq!(found, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{folder}");
    };
    check("zones", &["zones/a.yaml"]);
    check("./zones/b", &["zones/b/c.yaml"]);
    check("providers", &[]);
    assert!(tree.holds("zones") && tree.holds("cutover.yaml") && !tree.holds("zone"));
}

#[test]
fn what_is_no_file_is_not_read_and_stands_in_the_way() {
    let check = |mode: &str, path: &str, asked: &str, expected: &str| {
        let tree = listed(&[(mode, path)]).unwrap();
        let error = tree.read(Path::new(asked)).unwrap_err().to_string();
        assert!(error.contains(expected), "{mode} {path} {asked}: {error}");
        if path == "zones" {
            let error = tree.list(Path::new("zones")).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    };
    check("120000", "zones/a.yaml", "zones/a.yaml", "`zones/a.yaml` is a symbolic link");
    check("120000", "zones", "zones/a.yaml", "`zones` is a symbolic link");
    check("160000", "zones", "zones/a.yaml", "`zones` is a submodule");
    check("100600", "key", "key", "is no regular file");
    check("100644", "key", "/etc/passwd", "`/etc/passwd` leads out of the branch");
    check("100644", "key", "../key", "`../key` leads out of the branch");
    check("100644", "key", "zones/../../key", "leads out of the branch");
    check("100644", "key", "other", "the branch has no such file");
}

#[test]
fn a_tree_that_git_would_not_write_is_refused_as_a_whole() {
    let check = |path: &str, expected: &str| {
        let error = listed(&[("100644", "a"), ("100644", path)]).unwrap_err().to_string();
        assert!(error.contains(expected), "{path:?}: {error}");
    };
    check("zones/../x", "`zones/../x` is no path");
    check("..", "`..` is no path");
    check("/etc/passwd", "`/etc/passwd` is no path");
    check("zones/.GIT/config", "is no path");
    check("zones//a", "is no path");
    check("a", "`a` is there twice");
    check("../\x1b[2J", "`../\\u{1b}[2J` is no path");
}

#[test]
fn a_tree_of_trees_without_end_is_given_up() {
    let paths: Vec<_> = (0..=ENTRIES).map(|number| number.to_string()).collect();
    let entries: Vec<_> = paths.iter().map(|path| ("100644", path.as_str())).collect();
    assert!(listed(&entries[1..]).is_ok());
    assert!(listed(&entries).unwrap_err().to_string().contains("more than 100000 files"));
    // What is cut off in its middle may go on for ever.
    let mut entries = BTreeMap::new();
    let cut = list(&b"100644 blob 0a1b 12\tzon"[..], &mut entries);
    assert!(cut.unwrap_err().to_string().contains("more than 100000 files"));
}

#[test]
fn a_large_file_is_refused_unread() {
    let mut tree = listed(&[("100644", "zones/a.yaml")]).unwrap();
    tree.entries.get_mut("zones/a.yaml").unwrap().size = FILE + 1;
    let error = tree.read(Path::new("zones/a.yaml")).unwrap_err().to_string();
    assert_eq!(error, "`zones/a.yaml` has 1048577 octets; files of up to 1048576 are read");
}
