//! A real API behind the fake: requests go on to it, unless the test breaks them.

use super::fake::{Reply, Request};
use std::net::SocketAddr;

/// Sends a request on as it came, and brings the answer.
pub(crate) async fn forward(to: SocketAddr, request: &Request) -> Reply {
    _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let method = request.method.parse().unwrap();
    let mut onward = client.request(method, format!("http://{to}{}", request.target));
    for (name, value) in &request.headers {
        if !["content-length", "connection", "accept-encoding"].contains(&name.as_str()) {
            onward = onward.header(name, value);
        }
    }
    let response = onward.body(request.body.clone()).send().await.unwrap();
    let status = response.status().as_u16();
    let is_passed =
        |name: &str| !["content-length", "connection", "transfer-encoding"].contains(&name);
    let headers = response
        .headers()
        .iter()
        .filter(|(name, _)| is_passed(name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    Reply { status, headers, body: response.bytes().await.unwrap().to_vec() }
}
