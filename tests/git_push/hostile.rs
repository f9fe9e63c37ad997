//! Trees that were made to do harm: they change nothing, read nothing outside and run nothing.

use super::support::dankolb::{self, MOVE};
use super::support::server::loopback;
use super::world::{Clone, FILE, World};
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;

/// A repository in which everything that git can be told to run would leave a mark.
struct Trap {
    world: World,
    clone: Clone,
    mark: PathBuf,
    before: (Vec<(PathBuf, Vec<u8>)>, u32),
}

impl Trap {
    fn new() -> Self {
        let world = World::new();
        let clone = world.clone("mallory");
        let mark = world.folder.path().join("mark");
        let script = world.folder.path().join("script");
        fs::write(&script, format!("#!/bin/sh\ntouch '{}'\ncat\n", mark.display())).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        let keys = [
            "core.fsmonitor",
            "core.pager",
            "core.sshCommand",
            "diff.external",
            "diff.x.textconv",
            "filter.x.clean",
            "filter.x.smudge",
            "gpg.program",
        ];
        for key in keys {
            let path = world.bare().join("config");
            clone.git(&["config", "--file", path.to_str().unwrap(), key, script.to_str().unwrap()]);
        }
        fs::create_dir_all(world.bare().join("info")).unwrap();
        fs::write(world.bare().join("info/attributes"), "* diff=x filter=x\n").unwrap();
        let before = (world.listing(), world.serial());
        Self { world, clone, mark, before }
    }

    /// Makes sure that nothing has happened.
    fn is_unsprung(&self, told: &str) {
        assert!(!self.mark.exists(), "something was run\n{told}");
        assert_eq!((self.world.listing(), self.world.serial()), self.before, "{told}");
        let secret = dankolb::key().secret_base64;
        assert!(!told.contains(&secret) && !told.contains("root:"), "{told}");
    }

    /// Pushes what is in the folder.
    fn refuses(&self, words: &[&str]) {
        let pushed = self.clone.push().refused(words);
        self.is_unsprung(&pushed.told);
        self.clone.git(&["reset", "--quiet", "--hard", "start"]);
    }

    /// Pushes a tree that no working copy can be.
    fn refuses_tree(&self, tree: &[u8], words: &[&str]) {
        let tree =
            self.clone.feed(&["hash-object", "-t", "tree", "--literally", "-w", "--stdin"], tree);
        let commit = self.clone.git(&["commit-tree", "-m", "by hand", &tree]);
        let pushed = self.clone.push_as(&format!("{commit}:refs/heads/main")).wait();
        self.is_unsprung(&pushed.told);
        pushed.refused(words);
    }

    fn blob(&self, text: &str) -> Vec<u8> {
        octets(&self.clone.feed(&["hash-object", "-w", "--stdin"], text.as_bytes()))
    }
}

fn octets(id: &str) -> Vec<u8> {
    let id = data_encoding::HEXLOWER.decode(id.as_bytes());
    id.unwrap()
}

/// A tree as git stores it.
fn tree(entries: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let entry = |(mode, name, id): &(&str, &str, &[u8])| {
        [format!("{mode} {name}\0").as_bytes(), id].concat()
    };
    entries.iter().flat_map(entry).collect()
}

#[test]
fn links_and_paths_lead_nowhere() {
    let trap = Trap::new();
    let clone = &trap.clone;
    clone.commit();
    clone.git(&["tag", "start"]);
    let link = |to: &str, path: &str| {
        let path = clone.path(path);
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
        symlink(to, path).unwrap();
    };

    link("/etc/passwd", FILE);
    trap.refuses(&["`zones/dankolb.net.yaml` is a symbolic link"]);
    link("/etc/passwd", "s2015.txt");
    trap.refuses(&["`s2015.txt` is a symbolic link", &format!("--> {FILE}:8:24")]);
    link("/etc", "zones");
    trap.refuses(&["`zones` is a symbolic link"]);
    clone.edit("{file: s2015.txt}", "{file: /etc/passwd}");
    trap.refuses(&["`/etc/passwd` leads out of the branch", &format!("--> {FILE}:8:24")]);
    let secret = trap.world.project.path("tsig.secret");
    clone.edit("{file: s2015.txt}", &format!("{{file: ../../../../{}}}", secret.display()));
    trap.refuses(&["leads out of the branch"]);
    // Of the server's own folder, too, nothing is read.
    clone.edit("{file: s2015.txt}", "{file: tsig.secret}");
    trap.refuses(&["cannot read `tsig.secret`: the branch has no such file"]);
    let id = clone.git(&["rev-parse", "HEAD"]);
    clone.git(&["rm", "-r", "--quiet", "zones"]);
    let module = format!("160000,{id},zones");
    clone.git(&["update-index", "--add", "--cacheinfo", &module]);
    clone.git(&["commit", "--quiet", "--message", "module"]);
    let pushed = clone.push_as("HEAD:refs/heads/main").wait();
    let pushed = pushed.refused(&["`zones` is a submodule"]);
    trap.is_unsprung(&pushed.told);
}

#[test]
fn trees_that_git_would_not_write_are_refused() {
    let trap = Trap::new();
    trap.clone.commit();
    let file = trap.blob(MOVE);
    let inner = octets(&trap.clone.feed(
        &["hash-object", "-t", "tree", "--literally", "-w", "--stdin"],
        &tree(&[("100644", "..", &file), ("100644", "a.yaml", &file)]),
    ));
    let never = "is no path that git would write";
    trap.refuses_tree(&tree(&[("40000", "zones", &inner)]), &["`zones/..`", never]);
    trap.refuses_tree(&tree(&[("100644", "../evil", &file)]), &["`../evil`", never]);
    trap.refuses_tree(&tree(&[("100644", "/etc/cron.d/evil", &file)]), &[never]);
    let twice = [("100644", "zones/a.yaml", &file[..]), ("100644", "zones/a.yaml", &file[..])];
    trap.refuses_tree(&tree(&twice), &["`zones/a.yaml` is there twice"]);
    trap.refuses_tree(&tree(&[("100644", "a\x1b[2Jb", &file), ("100644", "..", &file)]), &[never]);

    // Ten in ten in ten: more files than anybody can list.
    let mut level = file;
    for depth in 0..12 {
        let names: Vec<_> = (0..10).map(|number| format!("{number}.yaml")).collect();
        let mode = if depth == 0 { "100644" } else { "40000" };
        let entries: Vec<_> = names.iter().map(|name| (mode, name.as_str(), &level[..])).collect();
        let args = ["hash-object", "-t", "tree", "-w", "--stdin"];
        level = octets(&trap.clone.feed(&args, &tree(&entries)));
    }
    let bomb = tree(&[("40000", "zones", &level)]);
    trap.refuses_tree(&bomb, &["holds more than 100000 files"]);
}

#[test]
fn large_files_and_bombs_are_not_read() {
    let trap = Trap::new();
    let clone = &trap.clone;
    clone.commit();
    clone.git(&["tag", "start"]);
    clone.write(FILE, vec![b'#'; 100 << 20]);
    trap.refuses(&["has 104857600 octets; files of up to 1048576 are read"]);
    let bomb = (1..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, level| {
        let below = format!("*a{}", level - 1);
        text + &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(", "))
    });
    clone.write(FILE, bomb);
    trap.refuses(&[FILE, "the project's files have mistakes"]);
    clone.write(FILE, format!("x: {}", "[".repeat(500_000)));
    trap.refuses(&[FILE, "the project's files have mistakes"]);
    clone.write(FILE, [0xff, 0xfe, 0x00]);
    trap.refuses(&["`zones/dankolb.net.yaml` is not text"]);
}

#[test]
fn what_the_server_decides_is_not_pushed() {
    let trap = Trap::new();
    let clone = &trap.clone;
    let elsewhere = TcpListener::bind(loopback(0)).unwrap();
    let address = elsewhere.local_addr().unwrap();
    let datagrams = UdpSocket::bind(address).unwrap();
    let provider = dankolb::rfc2136(address, &[address]).replace("env:CUTOVER", "env:HOME_OF");
    clone.write("providers/primary.yaml", provider);
    clone.write("cutover.yaml", "version: 1\nstate: /tmp\nhook: {apply-on-push: true}\n");
    clone.write("hooks/pre-receive", "#!/bin/sh\nexit 0\n");
    clone.write("tsig.secret", "bm90IHRoZSBzZWNyZXQ=");
    clone.write(".gitattributes", "* filter=x diff=x\n");
    clone.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ext::sh -c touch% mark\n");
    clone.write(".gitconfig", "[core]\n\tfsmonitor = touch mark\n");
    clone.write("zones/.gitattributes", "*.yaml textconv=x export-subst\n");
    let pushed = clone.push().taken(&[
        "note: `cutover.yaml` is not read from a push; the server's own is used",
        "note: `providers` is not read from a push; the server's own is used",
        "in 7 phases",
        "nothing was applied",
    ]);
    trap.is_unsprung(&pushed.told);
    elsewhere.set_nonblocking(true).unwrap();
    datagrams.set_nonblocking(true).unwrap();
    assert!(elsewhere.accept().is_err() && datagrams.recv(&mut [0; 512]).is_err());

    // Whoever asks git in another way is caught.
    let bare = trap.world.bare();
    let dir = format!("--git-dir={}", bare.display());
    clone.git(&[&dir, "cat-file", "--textconv", &format!("main:{FILE}")]);
    assert!(trap.mark.exists());
}
