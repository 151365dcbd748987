//! A hyper server behind Digest, and a client of it: both sides are layers.

use std::sync::Arc;

use bytes::Bytes;
use countersign::digest::verify::{Account, MemoryNonceStore, Verified, Verifier};
use countersign::{AuthConfig, Authenticator, Context};
use countersign_tower::verify::{Digest, DigestUser, VerifyLayer};
use countersign_tower::{AuthLayer, BoxError};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let uri = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(serve(listener));

    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    for (password, expected) in [("Circle of Life", "hello Mufasa"), ("Circle of Lies", "")] {
        let auth = Authenticator::new(&AuthConfig::digest("Mufasa", password))?;
        let client = AuthLayer::new(&auth).layer(client.clone());
        let response = client.oneshot(Request::get(&uri).body(Full::default())?).await?;
        let status = response.status();
        let text = response.into_body().collect().await?.to_bytes();
        println!("{password:?}: {status} {text:?}");
        assert_eq!(text, expected);
    }
    Ok(())
}

async fn serve(listener: TcpListener) -> Result<(), BoxError> {
    // All instances of a service share the key; here there is one.
    let mut key = [0; 32];
    Context::now().random(&mut key)?;
    let digest = Digest::new(Verifier::new("users@example.org", &key)?, account_of);
    let layer = VerifyLayer::new(digest).with_nonce_store(Arc::new(MemoryNonceStore::default()));
    let service = layer.layer(service_fn(hello));
    loop {
        let (stream, _) = listener.accept().await?;
        let service = service.clone();
        tokio::spawn(async move {
            let whole = hyper::service::service_fn(|request| collected(request, service.clone()));
            // A client that goes away is no reason to stop.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), whole).await;
        });
    }
}

/// Your database.
async fn account_of(user: DigestUser) -> Result<Option<Account>, BoxError> {
    Ok((user.name == "Mufasa").then(|| Account::new("Mufasa", "Circle of Life")))
}

/// The layer wants a body that it can make of bytes.
async fn collected<S>(request: Request<Incoming>, service: S) -> std::io::Result<S::Response>
where
    S: Service<Request<Full<Bytes>>, Error = BoxError>,
{
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, 1 << 20).collect().await.map_err(std::io::Error::other)?.to_bytes();
    service.oneshot(Request::from_parts(parts, Full::new(body))).await.map_err(std::io::Error::other)
}

/// Who gets here was let in.
async fn hello(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, BoxError> {
    let who = request.extensions().get::<Verified>().ok_or("the layer says who it is")?;
    Ok(Response::new(format!("hello {}", who.username).into()))
}
