//! The page that `watch --serve` shows, in a real browser, while mail really moves.
//!
//! Pictures are left in `target/page`.

mod support;

use serde_json::Value;
use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::bind::Bind;
use support::client::dig;
use support::dankolb::{self, GOOGLE, NAME, ZONE};
use support::project::{Project, Running};
use support::server::{Program, Server, eventually};
use support::unbound::Unbound;

const CHROMIUM: Program = Program { path: "/usr/bin/chromium", package: "chromium" };
const CURL: Program = Program { path: "/usr/bin/curl", package: "curl" };
const LIMIT: Duration = Duration::from_secs(90);

/// A zone at BIND whose MX lives for ten seconds while it moves, and two caches.
struct Scene {
    project: Project,
    caches: [Server; 2],
    _bind: Server,
}

impl Scene {
    fn new() -> Self {
        let zone = ZONE.replace("@ 4    IN MX", "@ 10    IN MX");
        let bind = Bind::primary(NAME, &zone, &dankolb::key(), &[]);
        let caches = [(); 2].map(|()| Unbound::cache(NAME, &[bind.addr], GOOGLE));
        let list = caches.iter().zip(["near", "far"]);
        let list = list.map(|(cache, name)| format!("{{name: {name}, address: {}}}", cache.addr));
        let list = list.collect::<Vec<_>>().join(", ");
        let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]))
            .settings(&format!("version: 1\nresolvers: [{list}]\n"))
            .edited("zones/dankolb.net.yaml", "ttl: 2s", "ttl: 10s");
        Self { project, caches, _bind: bind }
    }

    /// Starts to serve the page; says where.
    fn serve(&self, args: &[&str]) -> (Running, String) {
        let args = [&["watch", "--serve", "127.0.0.1:0", "--interval", "1s"], args].concat();
        let watch = self.project.start(&args);
        let address = || {
            let told = watch.stderr();
            Some(told.lines().find_map(|line| line.split_once("page is at "))?.1.to_owned())
        };
        assert!(eventually(LIMIT, || address().is_some()), "{}", watch.stderr());
        let address = address().unwrap();
        (watch, address)
    }

    fn apply(&self, stage: &str) {
        self.project.run(&["apply", "--yes", "--wait", "--through", stage]).exits(0);
    }

    /// A user's question, by which a cache comes to know the record.
    fn ask(&self, cache: usize) -> SocketAddr {
        dig(self.caches[cache].addr, &[NAME, "MX"]);
        self.caches[cache].addr
    }
}

/// The browser, and what it has said so far.
struct Browser {
    child: Child,
    said: std::path::PathBuf,
}

impl Browser {
    fn open(address: &str, rrset: &str) -> Self {
        CHROMIUM.installed();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (folder, python) = (root.join("target/page"), root.join("target/judges/bin/python"));
        fs::create_dir_all(&folder).unwrap();
        let said = folder.join("said");
        let out = File::create(&said).unwrap();
        let child = Command::new(&python)
            .arg(root.join("tests/page/look.py"))
            .args([address, rrset])
            .arg(&folder)
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; run `./test`", python.display()));
        Self { child, said }
    }

    fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    fn comes_to(&mut self, word: &str) {
        let is_there = |said: &str| said.lines().any(|line| line == word);
        let come = eventually(LIMIT, || {
            is_there(&self.said()) || self.child.try_wait().unwrap().is_some()
        });
        assert!(come && is_there(&self.said()), "not `{word}`:\n{}", self.said());
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn cells_flip_before_the_eyes_of_whoever_looks() {
    let scene = Scene::new();
    scene.apply("submission");
    let (_watch, address) = scene.serve(&[]);
    let mut browser = Browser::open(&address, "dankolb.net. MX");
    browser.comes_to("ready");
    scene.ask(0);
    scene.apply("delivery");
    browser.comes_to("during");
    browser.comes_to("after");
    // To be looked at beside the pictures.
    let report = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/page/report.html");
    scene.project.run(&["report", "--html", "--out", report.to_str().unwrap()]).exits(0);
}

/// What is at an address, with these headers.
fn get(address: &str, path: &str, more: &[&str]) -> (u16, String) {
    let url = format!("{}{path}", address.trim_end_matches('/'));
    let output = CURL
        .command()
        .args(["--silent", "--show-error", "--max-time", "20", "--write-out", "\n%{http_code}"])
        .args(more)
        .arg(url)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

#[test]
fn programs_get_numbers_and_documents() {
    let scene = Scene::new();
    scene.apply("prepare");
    let (_watch, address) = scene.serve(&[]);
    let zones = || serde_json::from_str::<Value>(&get(&address, "/api/v1/zones", &[]).1).unwrap();
    let is_seen = || zones()["zones"][0]["matrix"]["published"] == true;
    assert!(eventually(LIMIT, is_seen), "{:#}", zones());
    assert_eq!(zones()["zones"][0]["status"]["phases"][0]["stage"], "prepare");
    let (status, metrics) = get(&address, "/metrics", &[]);
    assert_eq!(status, 200);
    for line in [
        "cutover_phase{zone=\"dankolb.net\"} 1",
        "cutover_published{zone=\"dankolb.net\"} 1",
        "cutover_stage{zone=\"dankolb.net\",stage=\"prepare\"} 1",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line}\n{metrics}");
    }
    assert_eq!(get(&address, "/healthz", &[]), (200, "ok\n".to_owned()));
    assert_eq!(get(&address, "/zones/example.org", &[]).0, 404);
    // A page of somebody else's, whose name has come to lead here.
    assert_eq!(get(&address, "/api/v1/zones", &["--header", "Host: evil.example"]).0, 421);
    assert_eq!(get(&address, "/api/v1/zones", &["--request", "POST"]).0, 405);
}

#[test]
fn a_token_keeps_others_out() {
    let scene = Scene::new();
    let open = ["watch", "--serve", "0.0.0.0:0", "--interval", "1s"];
    let refused = scene.project.run(&open).exits(64);
    assert!(refused.stderr.contains("there is no token"), "{}", refused.stderr);
    let scene = Scene { project: scene.project.env("CUTOVER_TOKEN", "s3cret +token;"), ..scene };
    let (watch, address) = scene.serve(&[]);
    let check = |path: &str, more: &[&str], status: u16| {
        assert_eq!(get(&address, path, more).0, status, "{path} {more:?}");
    };
    check("/api/v1/zones", &[], 401);
    check("/api/v1/zones", &["--header", "Authorization: Bearer s3cret +token;"], 200);
    check("/api/v1/zones", &["--header", "Authorization: Bearer s3cret +token"], 401);
    check("/api/v1/zones?token=wrong", &[], 401);
    check("/api/v1/zones?token=s3cret++token%3B", &[], 401);
    let once = "/api/v1/zones?token=s3cret+%2Btoken%3B";
    check(once, &[], 303);
    // A browser comes back with what it was given, and that is not the token.
    let jar = scene.project.path("jar");
    check(once, &["--location", "--cookie-jar", jar.to_str().unwrap()], 200);
    check("/api/v1/zones", &["--cookie", jar.to_str().unwrap()], 200);
    let kept = fs::read_to_string(&jar).unwrap();
    assert!(kept.contains("cutover-token") && !kept.contains("s3cret"), "{kept}");
    check("/api/v1/zones", &["--header", "Cookie: cutover-token=0123"], 401);
    check("/metrics", &[], 401);
    check("/healthz", &[], 200);
    let (_, page) = get(&address, "/", &["--cookie", "", "--location"]);
    assert!(!page.contains("dankolb"), "{page}");
    assert!(!watch.stderr().contains("s3cret"), "{}", watch.stderr());
}
