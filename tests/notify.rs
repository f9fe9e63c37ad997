//! Webhooks: what is posted while a zone really moves, how it is signed, and how often.

mod support;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use data_encoding::HEXLOWER;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex};
use support::bind::Bind;
use support::dankolb::{self, NAME, ZONE};
use support::project::Project;

const KEY: &str = "a key between the two of us";

/// Posts as they came: the path, the signature, the body.
type Posts = Arc<Mutex<Vec<(String, String, Bytes)>>>;

/// Somebody who listens; what comes first is refused for now.
async fn listen() -> (String, Posts) {
    let posts = Posts::default();
    let hear = |path: &'static str| {
        post(move |State(posts): State<Posts>, headers: HeaderMap, body: Bytes| async move {
            let signature = headers.get("x-cutover-signature");
            let signature = signature.map(|value| value.to_str().unwrap().to_owned());
            let mut posts = posts.lock().unwrap();
            posts.push((path.to_owned(), signature.unwrap_or_default(), body));
            if posts.len() == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
        })
    };
    let app = Router::new().route("/json", hear("json")).route("/slack", hear("slack"));
    let app = app.with_state(posts.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, posts)
}

/// The signature as openssl makes it.
fn signed(project: &Project, body: &[u8]) -> String {
    let path = project.path("body");
    fs::write(&path, body).unwrap();
    let key = format!("hexkey:{}", HEXLOWER.encode(KEY.as_bytes()));
    let args = ["dgst", "-sha256", "-r", "-mac", "HMAC", "-macopt", &key];
    let output = Command::new("openssl").args(args).arg(path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    format!("sha256={}", text.split(' ').next().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_told_everything_once() {
    let (address, posts) = listen().await;
    let bind = Bind::primary(NAME, ZONE, &dankolb::key(), &[]);
    let hooks = "[{webhook: env:HOOK, key: file:key}, {webhook: env:CHAT, format: slack}]";
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]))
        .settings(&format!("version: 1\nresolvers: []\nnotify: {hooks}\n"))
        .env("HOOK", &format!("{address}/json"))
        .env("CHAT", &format!("{address}/slack"))
        .file("key", KEY);
    let project = tokio::task::spawn_blocking(move || {
        fs::set_permissions(
            project.path("key"),
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .unwrap();
        project.run(&["apply", "--yes", "--wait", "--through", "prepare"]).exits(0);
        for _ in 0..2 {
            project.run(&["watch", "--interval", "1s", "--timeout", "60s"]).exits(0);
        }
        project
    });
    let project = project.await.unwrap();
    let posts = posts.lock().unwrap().clone();
    let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (path, signature, body) in &posts {
        let document: Value = serde_json::from_slice(body).unwrap();
        match path.as_str() {
            "json" => {
                assert_eq!(*signature, signed(&project, body), "{document}");
                assert_eq!(document["zone"], NAME);
                let event = format!("{} {}", document["event"], document["about"]);
                *told.entry((path.clone(), event)).or_default() += 1;
            }
            _ => {
                assert_eq!(signature, "");
                let text = document["text"].as_str().unwrap().to_owned();
                let (zone, _) = text.split_once(": ").unwrap();
                assert_eq!(zone, NAME);
                *told.entry((path.clone(), text)).or_default() += 1;
            }
        }
    }
    let json = |event: &str| told.get(&("json".to_owned(), event.to_owned())).copied();
    // The first post was refused, and came again; nothing else came twice.
    assert_eq!(json("\"published\" \"prepare\""), Some(2), "{told:?}");
    assert_eq!(json("\"safe\" \"prepare\""), Some(1), "{told:?}");
    assert_eq!(told.values().filter(|times| **times > 1).count(), 1, "{told:?}");
    assert_eq!(told.keys().filter(|(path, _)| path == "slack").count(), 2, "{told:?}");
}

#[tokio::test]
async fn an_address_never_shows() {
    let hooks = "[{webhook: env:HOOK}]";
    let bind = Bind::primary(NAME, ZONE, &dankolb::key(), &[]);
    let project = dankolb::project(&dankolb::rfc2136(bind.addr, &[bind.addr]))
        .settings(&format!("version: 1\nresolvers: []\nnotify: {hooks}\n"))
        .env("HOOK", "ftp://user:s3cret@127.0.0.1/x");
    let watch = project.run(&["watch"]).exits(1);
    assert!(watch.stderr.contains("it is no address of the web"), "{}", watch.stderr);
    assert!(!watch.stderr.contains("s3cret"), "{}", watch.stderr);
}
