//! An HTTP server on loopback in front of an API: it writes down what is asked, breaks what the
//! test wants broken, and notices when an RRset that must not vanish does.

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::Response;
use cutover::dns::{RrKey, Zone};
use cutover::lab::Authority;
use cutover::plan::Change;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Without the query, percent-decoded, with its first slash.
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// Path and query as they came, which signatures are about.
    pub(crate) target: String,
}

impl Request {
    /// The body as JSON; `null` when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The fields of a body that is a form, in their order.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        assert_eq!(self.header("content-type"), "application/x-www-form-urlencoded");
        let text = String::from_utf8(self.body.clone()).unwrap();
        // The query of an address is written in the same way.
        let url = reqwest::Url::parse(&format!("form:?{text}")).unwrap();
        url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The path cut at its slashes.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|segment| !segment.is_empty()).collect()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status, headers, body: body.to_string().into_bytes() }
    }

    pub(crate) fn text(status: u16, media_type: &str, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), media_type.to_owned())];
        Self { status, headers, body: body.as_bytes().to_vec() }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A DNS host's API and what stands behind it: made up by its documented rules, or a real server.
#[async_trait]
pub(crate) trait Far: Send {
    /// Answers as the host would.
    async fn answer(&mut self, request: &Request) -> Reply;

    /// The zone as the world would see it, found out in another way than by the driver.
    async fn served(&mut self) -> Zone;

    /// Somebody else changes something.
    async fn meddle(&mut self, change: &Change);

    /// Whether a request changes something.
    fn is_write(&self, request: &Request) -> bool {
        request.method != "GET"
    }
}

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The host answers with this instead of doing anything.
    Instead(Reply),
    /// The host does it, and the line breaks before the answer.
    Unheard,
    /// Somebody else is faster by a hair.
    Beaten(Change),
}

/// A running fake; it ends with the value.
pub(crate) struct Fake {
    pub(crate) addr: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    task: JoinHandle<()>,
}

struct Inner {
    far: Box<dyn Far>,
    log: Vec<(Request, u16)>,
    /// Everything that was written, from the beginning.
    written: Vec<(Request, u16)>,
    /// For the next requests, writes only if so said.
    faults: VecDeque<(bool, Fault)>,
    watched: Vec<RrKey>,
    lapses: Vec<String>,
    /// Who shows the zone to the world.
    published: Option<Authority>,
}

impl Fake {
    pub(crate) async fn start(far: impl Far + 'static) -> Self {
        let inner = Inner {
            far: Box::new(far),
            log: Vec::new(),
            written: Vec::new(),
            faults: VecDeque::new(),
            watched: Vec::new(),
            lapses: Vec::new(),
            published: None,
        };
        let inner = Arc::new(Mutex::new(inner));
        let app = Router::new().fallback(handle).with_state(inner.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { addr, inner, task }
    }

    /// Breaks the next request, or the next write.
    pub(crate) async fn fault(&self, writes_only: bool, fault: Fault) {
        self.inner.lock().await.faults.push_back((writes_only, fault));
    }

    /// Forgets what was to be broken.
    pub(crate) async fn mend(&self) {
        self.inner.lock().await.faults.clear();
    }

    /// From now on this server shows the zone to the world.
    pub(crate) async fn publish(&self, authority: Authority) {
        let mut inner = self.inner.lock().await;
        authority.put(inner.far.served().await);
        inner.published = Some(authority);
    }

    /// From now on this RRset must be served after every request.
    pub(crate) async fn watch(&self, key: RrKey) {
        self.inner.lock().await.watched.push(key);
    }

    /// After which requests a watched RRset was gone.
    pub(crate) async fn lapses(&self) -> Vec<String> {
        self.inner.lock().await.lapses.clone()
    }

    pub(crate) async fn served(&self) -> Zone {
        self.inner.lock().await.far.served().await
    }

    pub(crate) async fn meddle(&self, change: &Change) {
        self.inner.lock().await.far.meddle(change).await;
    }

    /// The requests since the last time of asking, with their statuses.
    pub(crate) async fn requests(&self) -> Vec<(Request, u16)> {
        std::mem::take(&mut self.inner.lock().await.log)
    }

    /// Every write from the beginning.
    pub(crate) async fn written(&self) -> Vec<(Request, u16)> {
        self.inner.lock().await.written.clone()
    }

    /// The writes among them, as `METHOD path`.
    pub(crate) async fn writes(&self) -> Vec<String> {
        let mut inner = self.inner.lock().await;
        let log = std::mem::take(&mut inner.log);
        let writes = log.iter().filter(|(request, _)| inner.far.is_write(request));
        writes.map(|(request, _)| format!("{} {}", request.method, request.path)).collect()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(
    State(inner): State<Arc<Mutex<Inner>>>,
    request: axum::http::Request<Body>,
) -> Response<Body> {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default();
    let decoded = |text: &str| urldecoded(text);
    let request = Request {
        method: head.method.to_string(),
        path: decoded(head.uri.path()),
        query: query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (decoded(key), decoded(&value.replace('+', " "))))
            .collect(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect(),
        body: to_bytes(body, 64 << 20).await.unwrap().to_vec(),
        target: head.uri.to_string(),
    };
    let mut guard = inner.lock().await;
    let inner = &mut *guard;
    let is_write = inner.far.is_write(&request);
    let at = inner.faults.iter().position(|(writes_only, _)| is_write || !writes_only);
    let fault = at.and_then(|at| inner.faults.remove(at)).map(|(_, fault)| fault);
    if let Some(Fault::Beaten(change)) = &fault {
        inner.far.meddle(change).await;
    }
    let reply = match &fault {
        Some(Fault::Instead(reply)) => reply.clone(),
        _ => inner.far.answer(&request).await,
    };
    inner.log.push((request.clone(), reply.status));
    if is_write {
        inner.written.push((request.clone(), reply.status));
    }
    // Also after a question: some hosts do things later.
    if !inner.watched.is_empty() || inner.published.is_some() {
        let zone = inner.far.served().await;
        inner.published.iter().for_each(|authority| authority.put(zone.clone()));
        let gone = inner.watched.iter().filter(|key| zone.get(key).is_none());
        let name = format!("{} {}", request.method, request.path);
        inner.lapses.extend(gone.map(|key| format!("{key} after {name}")));
    }
    if let Some(Fault::Unheard) = fault {
        // A body that breaks off closes the connection.
        let broken = futures_util::stream::once(async { Err::<Vec<u8>, _>("broken off") });
        return Response::new(Body::from_stream(broken));
    }
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(reply.body)).unwrap()
}

fn urldecoded(text: &str) -> String {
    let (mut octets, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, more)) = rest.split_first() {
        let code = more.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%') {
            Some(octet) => (octets.push(octet), rest = &more[2..]).0,
            None => (octets.push(*first), rest = more).0,
        }
    }
    String::from_utf8(octets).unwrap()
}
