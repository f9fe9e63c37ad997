//! `cutover plan` for two hundred zones of one account, whose host takes five requests a second and
//! refuses the sixth.
//!
//! ```text
//! cargo bench --bench accounts
//! ```
//!
//! The limit that it is compared with is the host's own: requests divided by rate. It tells as well
//! how many requests were refused, and the longest pause between two that were not.
// Its figures are its output, and its times are real.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods)]

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cutover::clock::SystemClock;
use cutover::dns::{Name, Zone};
use cutover::lab::Authority;
use serde_json::json;
use std::collections::VecDeque;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const ZONES: usize = 200;
/// Requests that the host takes in a second.
const RATE: usize = 5;
/// A host counts by its own clock, and a request is under way for a while.
const SLACK: Duration = Duration::from_millis(20);

/// What a host remembers of its requests.
#[derive(Default)]
struct Seen {
    taken: Vec<Instant>,
    recent: VecDeque<Instant>,
    refused: usize,
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let app = Router::new().fallback(answer).with_state(seen.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, app).await });
        let world = Authority::new("ns1", Arc::new(SystemClock));
        zones().for_each(|zone| world.put(zone));
        let dns = world.serve("127.0.0.1:0".parse().expect("an address")).await;
        let dns = dns.expect("a free port");
        let folder = written(host, dns.address());
        let begun = Instant::now();
        let plan = tokio::task::spawn_blocking(move || plan(folder.path()));
        plan.await.expect("the program ends");
        report(&seen.lock().expect("nobody panics"), begun.elapsed());
    });
}

fn report(seen: &Seen, took: Duration) {
    let requests = seen.taken.len();
    let limit = requests.div_ceil(RATE) as f64 - 1.0;
    let gaps = seen.taken.windows(2).map(|pair| pair[1] - pair[0]);
    println!(
        "plan of {ZONES} zones: {requests} requests in {:.1} s, {:.2} x what {RATE} a second take \
         ({limit:.0} s); {} refused, longest pause {} ms",
        took.as_secs_f64(),
        took.as_secs_f64() / limit,
        seen.refused,
        gaps.max().unwrap_or_default().as_millis(),
    );
}

/// Cloudflare's API, as far as it is read.
async fn answer(State(seen): State<Arc<Mutex<Seen>>>, request: Request) -> Response {
    let now = Instant::now();
    let is_over = {
        let mut seen = seen.lock().expect("nobody panics");
        while seen.recent.front().is_some_and(|first| *first + Duration::from_secs(1) - SLACK < now)
        {
            seen.recent.pop_front();
        }
        let is_over = seen.recent.len() >= RATE;
        match is_over {
            true => seen.refused += 1,
            false => {
                seen.recent.push_back(now);
                seen.taken.push(now);
            }
        }
        is_over
    };
    if is_over {
        return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "1")]).into_response();
    }
    let path = request.uri().path();
    let result = match path.split('/').nth(2) {
        None => {
            let query = request.uri().query().unwrap_or_default();
            let name = query.split('&').find_map(|pair| pair.strip_prefix("name="));
            json!([{"id": name, "name": name, "status": "active"}])
        }
        Some(zone) => json!([
            {"id": "1", "name": zone, "type": "MX", "content": format!("mail.{zone}"),
                "priority": 10, "ttl": 3_600},
            {"id": "2", "name": format!("mail.{zone}"), "type": "A", "content": "192.0.2.25",
                "ttl": 3_600},
        ]),
    };
    axum::Json(json!({"success": true, "errors": [], "result": result})).into_response()
}

fn names() -> impl Iterator<Item = String> {
    (0..ZONES).map(|at| format!("d{at:03}.example"))
}

fn zones() -> impl Iterator<Item = Zone> {
    names().map(|name| {
        let apex = Name::parse(&format!("{name}.")).expect("a name");
        Zone::parse("@ 3600 SOA ns1 root 1 7200 900 1209600 300\n", &apex).expect("a zone")
    })
}

fn written(host: SocketAddr, dns: SocketAddr) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it is writable");
        fs::write(path, text).expect("it is writable");
    };
    put("cutover.yaml", "version: 1\nresolvers: []\n");
    put("token", "secret");
    let provider = format!(
        "version: 1\ndriver: cloudflare\nendpoint: http://{host}\ntoken: file:token\n\
         rate: {RATE}/s\npublished: [\"{dns}\"]\n"
    );
    put("providers/primary.yaml", &provider);
    for name in names() {
        let zone = format!(
            "version: 1\nzone: {name}\nprovider: primary\nold: {{mx: [10 mail]}}\n\
             new: {{mx: [10 mx.example.org.]}}\n"
        );
        put(&format!("zones/{name}.yaml"), &zone);
    }
    folder
}

fn plan(folder: &Path) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_cutover"));
    let program = program.current_dir(folder).args(["plan", "--json"]).stdout(Stdio::null());
    let status = program.stderr(Stdio::null()).status().expect("it starts");
    // Its findings are not the point, but it must have planned.
    assert!(matches!(status.code(), Some(0 | 3)), "{status}");
}
