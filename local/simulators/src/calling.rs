//! Calls from a simulator to Custodian.

use axum::body::Body;
use axum::http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// Posts a signed body. Returns the status, or `None` if nobody answers.
pub(super) async fn post(url: &str, domain: &str, signature: &str, body: String) -> Option<u16> {
    let request = Request::post(url)
        .header("content-type", "application/json")
        .header("x-opendsr-processor-domain", domain)
        .header("x-opendsr-signature", signature)
        .body(Body::from(body));
    let answer = Client::builder(TokioExecutor::new())
        .build_http()
        .request(request.ok()?)
        .await;
    answer.ok().map(|answer| answer.status().as_u16())
}
