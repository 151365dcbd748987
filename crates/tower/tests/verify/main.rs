//! `VerifyLayer` under axum, on loopback: each scheme lets in who signs, and nobody else.

#![expect(clippy::unwrap_used, reason = "a panic is how a failure shows")]

mod bodies;
mod introspection;
mod schemes;

use std::net::SocketAddr;

use axum::Router;
use bytes::Bytes;
use countersign::{AuthConfig, Authenticator, Payload};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// Serves on a free port of loopback, for as long as the test's runtime lives.
async fn serve(app: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// Sends one request as it is.
async fn send(request: Request<Bytes>) -> Response<Bytes> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let (parts, body) = client.request(request.map(Full::new)).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

/// A whole exchange; the reply that the scheme's client accepts.
async fn exchange(config: &AuthConfig, request: Request<Bytes>) -> countersign::Result<Response<Bytes>> {
    let auth = Authenticator::new(config).unwrap();
    let request = request.map(Payload::from);
    let reply = auth
        .drive_async(request, |request| async move {
            Ok::<_, countersign::Error>(send(request.map(|body| body.bytes().cloned().unwrap())).await)
        })
        .await?;
    Ok(reply)
}

fn post(address: SocketAddr, body: &'static str) -> Request<Bytes> {
    Request::post(format!("http://{address}/things?a=1"))
        .header("content-type", "text/plain")
        .body(Bytes::from_static(body.as_bytes()))
        .unwrap()
}
