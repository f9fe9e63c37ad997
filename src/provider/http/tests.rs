//! A host that wants to be left alone for long, by a clock that is set.

use super::*;
use crate::run::Timestamp;
use axum::extract::State;
use axum::http::Response;
use axum::routing::get;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tokio::net::TcpListener;

/// Goes on when somebody sleeps or says so.
struct Set(Mutex<Timestamp>);

impl Set {
    fn pass(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }
}

#[async_trait]
impl Clock for Set {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep_until(&self, until: Timestamp) {
        let mut now = self.0.lock().unwrap();
        *now = until.max(*now);
    }
}

/// How long it wants to be left alone, 0 for no longer, and how often it was asked.
#[derive(Default)]
struct Host {
    pause: AtomicU64,
    asked: AtomicUsize,
}

async fn answer(State(host): State<Arc<Host>>) -> Response<String> {
    host.asked.fetch_add(1, Ordering::Relaxed);
    let response = match host.pause.load(Ordering::Relaxed) {
        0 => Response::builder(),
        pause => Response::builder().status(429).header("retry-after", pause),
    };
    response.body("slow down".to_owned()).unwrap()
}

async fn start(pause: u64) -> (Arc<Host>, Arc<Set>, Http) {
    _ = rustls::crypto::ring::default_provider().install_default();
    let host = Arc::new(Host { pause: pause.into(), asked: AtomicUsize::new(0) });
    let app = axum::Router::new().route("/zones", get(answer)).with_state(host.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let clock = Arc::new(Set(Mutex::new("2026-11-26T12:00:00Z".parse().unwrap())));
    let rate = Rate { calls: 100.try_into().unwrap(), period: Duration::from_secs(1) };
    let header = Arc::new(Header::bearer(Secret::new("s3cret")));
    (host, clock.clone(), Http::new(base, header, rate, clock))
}

/// What comes of a call, and how often the host has been asked by then.
async fn ask(host: &Host, http: &Http) -> (String, usize) {
    let found = http.send(Call::get("zones")).await;
    let said = found.map_or_else(|error| error.to_string(), |_| "well".to_owned());
    (said, host.asked.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_host_is_left_alone_as_long_as_it_asks() {
    let (host, clock, http) = start(3_600).await;
    let (said, asked) = ask(&host, &http).await;
    let until = "it asks to be left alone until 2026-11-26 13:00:00 UTC";
    assert!(said.ends_with(until) && asked == 1, "{said}");
    clock.pass(3_599);
    let (said, asked) = ask(&host, &http).await;
    assert!(said.ends_with(until) && asked == 1, "{said}");
    host.pause.store(0, Ordering::Relaxed);
    clock.pass(1);
    assert_eq!(ask(&host, &http).await, ("well".to_owned(), 2));
}

#[tokio::test]
async fn a_number_in_another_unit_closes_nothing_for_years() {
    let (host, clock, http) = start(u64::MAX / 2).await;
    let (said, _) = ask(&host, &http).await;
    assert!(said.ends_with("until 2026-11-27 12:00:00 UTC"), "{said}");
    host.pause.store(0, Ordering::Relaxed);
    clock.pass(86_400);
    assert_eq!(ask(&host, &http).await, ("well".to_owned(), 2));
}

/// What a call can wait for is waited for, and nobody is sent away.
#[tokio::test]
async fn a_short_pause_closes_nothing() {
    let (host, clock, http) = start(330).await;
    let begun = clock.now();
    tokio::time::pause();
    let (said, asked) = ask(&host, &http).await;
    assert!(said.ends_with("HTTP 429: slow down") && asked == TRIES, "{said}");
    assert_eq!(clock.now() - begun, chrono::TimeDelta::seconds(4 * 330));
}
