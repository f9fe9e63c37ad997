//! The door: who may look, and what is where.

use super::metrics;
use super::page::{self, SCRIPT, STYLE};
use super::parts::{self, Part};
use super::scene::Scene;
use crate::config::Secret;
use crate::report::json;
use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;
use futures_util::{Stream, stream};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What a browser keeps in the place of the token.
const COOKIE: &str = "cutover-token";
/// Nothing but our own two files is loaded, and nobody frames the page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
    img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Other machines could look, and nothing keeps anybody out.
    #[error("`{0}` can be reached from other machines, and there is no token")]
    Unguarded(SocketAddr),
    /// The address is taken, or is none of ours.
    #[error("cannot listen at `{address}`: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// An open port, and who may come in.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    address: SocketAddr,
    token: Option<Secret>,
}

impl Door {
    /// Listens; an address that others can reach needs a token.
    pub async fn open(address: SocketAddr, token: Option<Secret>) -> Result<Self, DoorError> {
        if token.is_none() && !address.ip().is_loopback() {
            return Err(DoorError::Unguarded(address));
        }
        let bind = |source| DoorError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        Ok(Self { listener, address, token })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Newest scenes, as they come.
type Scenes = watch::Receiver<Arc<Scene>>;

struct Guard {
    address: SocketAddr,
    token: Option<Secret>,
}

/// Whether two secrets are equal: the time that it takes tells neither where they differ nor how
/// long they are.
fn is_same(one: &str, other: &str) -> bool {
    Sha256::digest(one).ct_eq(&Sha256::digest(other)).into()
}

/// What a browser shows in the place of the token: not every token can stand in a cookie.
fn pass(token: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(token))
}

/// Serves pages until dropped.
pub async fn serve(door: Door, scenes: Scenes) -> std::io::Result<()> {
    let guard = Arc::new(Guard { address: door.address, token: door.token });
    let router = Router::new()
        .route("/", get(index))
        .route("/events", get(index_events))
        .route("/zones/{zone}", get(zone))
        .route("/zones/{zone}/events", get(zone_events))
        .route("/api/v1/zones", get(api))
        .route("/metrics", get(numbers))
        .layer(middleware::from_fn_with_state(guard, admit))
        .route("/page.css", get(async || ([(header::CONTENT_TYPE, "text/css")], STYLE)))
        .route("/page.js", get(async || ([(header::CONTENT_TYPE, "text/javascript")], SCRIPT)))
        .route("/healthz", get(async || "ok\n"))
        .fallback(async || (StatusCode::NOT_FOUND, Html(page::missing().into_string())))
        .layer(middleware::map_response(harden))
        .with_state(scenes);
    axum::serve(door.listener, router).await
}

/// Lets in who knows the token; without one, who asks for a name of this machine, so that no page
/// of somebody else's can look through the eyes of a browser here.
async fn admit(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let Some(wanted) = guard.token.as_ref().map(Secret::expose) else {
        return match is_local(&request, guard.address) {
            true => next.run(request).await,
            false => (StatusCode::MISDIRECTED_REQUEST, "this is not the host asked for\n")
                .into_response(),
        };
    };
    if let Some(token) = query(request.uri(), "token") {
        if !is_same(&token, wanted) {
            return denied();
        }
        let cookie = format!("{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/", pass(wanted));
        let cookie = [(header::SET_COOKIE, cookie)];
        return (cookie, Redirect::to(request.uri().path())).into_response();
    }
    if is_known(&request, wanted) { next.run(request).await } else { denied() }
}

/// Whether a request brings the token along, or what a browser was given for it.
fn is_known(request: &Request, wanted: &str) -> bool {
    let of = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let bearer = of(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let cookies = of(header::COOKIE).into_iter().flat_map(|all| all.split("; "));
    let mut passes =
        cookies.filter_map(|one| one.split_once('=')).filter(|(name, _)| *name == COOKIE);
    bearer.is_some_and(|token| is_same(token, wanted))
        || passes.any(|(_, shown)| is_same(shown, &pass(wanted)))
}

fn denied() -> Response {
    let how = [(header::WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, how, "open /?token=TOKEN, or send it as a bearer token\n")
        .into_response()
}

/// A value of a query, as forms encode it.
fn query(uri: &Uri, name: &str) -> Option<String> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn is_local(request: &Request, address: SocketAddr) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let name = host.unwrap_or_default().rsplit_once(':').map_or("", |(name, _)| name);
    let name = if name.is_empty() { host.unwrap_or_default() } else { name };
    name == "localhost" || name.trim_matches(['[', ']']) == address.ip().to_string()
}

async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn index(State(scenes): State<Scenes>) -> Response {
    let scene = scenes.borrow().clone();
    match &scene.zones[..] {
        [only] => Redirect::to(&format!("/zones/{}", only.name())).into_response(),
        _ => Html(page::index(&scene).into_string()).into_response(),
    }
}

async fn zone(State(scenes): State<Scenes>, Path(name): Path<String>) -> Response {
    let scene = scenes.borrow().clone();
    match scene.zone(&name) {
        Some(zone) => Html(page::zone(zone, scene.zones.len() > 1).into_string()).into_response(),
        None => (StatusCode::NOT_FOUND, Html(page::missing().into_string())).into_response(),
    }
}

async fn index_events(State(scenes): State<Scenes>) -> Response {
    events(scenes, |scene| vec![Part::new("zones", page::zones(scene))])
}

async fn zone_events(State(scenes): State<Scenes>, Path(name): Path<String>) -> Response {
    if scenes.borrow().zone(&name).is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    events(scenes, move |scene| scene.zone(&name).map(parts::parts).unwrap_or_default())
}

/// The parts that have changed since the last scene; all of them at first, for whoever comes back.
fn events(scenes: Scenes, parts: impl Fn(&Scene) -> Vec<Part> + Send + 'static) -> Response {
    let all = changes(scenes, parts);
    Sse::new(all).keep_alive(KeepAlive::default()).into_response()
}

fn changes(
    mut scenes: Scenes,
    parts: impl Fn(&Scene) -> Vec<Part> + Send + 'static,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    scenes.mark_changed();
    let begin = (scenes, parts, HashMap::new(), Vec::new());
    stream::unfold(begin, |(mut scenes, parts, mut known, mut waiting)| async move {
        while waiting.is_empty() {
            scenes.changed().await.ok()?;
            let scene = scenes.borrow_and_update().clone();
            for part in parts(&scene) {
                let digest = <[u8; 32]>::from(Sha256::digest(&part.version));
                if known.insert(part.id.clone(), digest) != Some(digest) {
                    waiting.push(part);
                }
            }
            waiting.reverse();
        }
        let Part { id, html, .. } = waiting.pop()?;
        let data = serde_json::json!({"id": id, "html": html}).to_string();
        Some((Ok(Event::default().event("part").data(data)), (scenes, parts, known, waiting)))
    })
}

async fn api(State(scenes): State<Scenes>) -> Response {
    let scene = scenes.borrow().clone();
    let zone = |zone: &super::ZoneScene| {
        serde_json::json!({
            "zone": zone.zone.to_string(),
            "at": zone.at.to_rfc3339(),
            "status": zone.view.as_ref().map(json::status),
            "matrix": zone.matrix.as_ref().map(json::matrix),
            "error": zone.problem,
        })
    };
    let zones: Vec<_> = scene.zones.iter().map(zone).collect();
    let document = serde_json::json!({"version": 1, "zones": zones}).to_string();
    ([(header::CONTENT_TYPE, "application/json")], document).into_response()
}

async fn numbers(State(scenes): State<Scenes>) -> Response {
    let scene = scenes.borrow().clone();
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics::metrics(&scene)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_an_address_is_written_as_in_forms() {
        let check = |path: &str, expected: Option<&str>| {
            let uri: Uri = path.parse().unwrap();
            assert_eq!(query(&uri, "token").as_deref(), expected, "{path}");
        };
        check("/?token=plain", Some("plain"));
        check("/?token=a%2Bb%2F%3D%26+c", Some("a+b/=& c"));
        check("/?x=1&token=%C3%A4", Some("ä"));
        check("/?%74oken=x", Some("x"));
        check("/?token=100%", Some("100%"));
        check("/?token=", Some(""));
        check("/?tokens=x", None);
        check("/", None);
    }

    #[test]
    fn secrets_are_the_same_or_not() {
        let check = |one, other, same| assert_eq!(is_same(one, other), same, "{one} {other}");
        check("s3cret", "s3cret", true);
        check("s3cret", "s3cre", false);
        check("s3cret", "s3creu", false);
        check("", "s3cret", false);
    }
}
