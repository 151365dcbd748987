//! A service of several processes that share one Redis: who signed once is let in once, whichever process gets it.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use bytes::Bytes;
use countersign::scheme::replay::NonceStore;
use countersign::scheme::target::Origin;
use countersign::{AuthConfig, Payload, digest, hawk, oauth1};
use countersign_redis::{Redis, RedisNonceStore};
use countersign_tower::verify::{Consumer, Digest, DigestUser, Hawk, OAuth1, Verify, VerifyLayer};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

/// Where clients think that the service is: a balancer, say.
pub const ORIGIN: &str = "http://service.example";
const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Serves on a free port until it is killed; prints the port.
///
/// # Errors
/// When there is no port.
pub async fn serve(redis_port: u16) -> Result<(), Error> {
    let redis = Redis::open(&format!("redis://127.0.0.1:{redis_port}/"))?.with_timeout(Duration::from_secs(5));
    let nonces: Arc<dyn NonceStore> = Arc::new(RedisNonceStore::new(&redis));
    let origin = Origin::of(&ORIGIN.parse()?).ok_or("no origin")?;
    let hawk = Hawk::new(hawk::verify::Verifier::new().for_origin(origin.clone()), |id| async move {
        Ok((id == "client").then(|| hawk::verify::Credentials::new(KEY)))
    });
    let digest = Digest::new(digest::verify::Verifier::new("r", &[7; 32])?, |user: DigestUser| async move {
        Ok((user.name == "client").then(|| digest::verify::Account::new("client", KEY)))
    });
    let oauth1 = OAuth1::new(oauth1::verify::Verifier::new().for_origin(origin), |consumer: Consumer| async move {
        Ok((consumer.key == "client").then(|| oauth1::verify::Keys::new(KEY)))
    });
    let app = Router::new()
        .merge(route("/hawk", hawk, &nonces))
        .merge(route("/digest", digest, &nonces))
        .merge(route("/oauth1", oauth1, &nonces));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(axum::serve(listener, app).await?)
}

fn route<V: Verify>(path: &str, scheme: V, nonces: &Arc<dyn NonceStore>) -> Router {
    let layer = VerifyLayer::new(scheme).with_nonce_store(Arc::clone(nonces));
    Router::new().route(path, any(|| async { "in" })).layer(layer)
}

/// The config of a client for one of the paths.
#[must_use]
pub fn config(path: &str) -> AuthConfig {
    match path {
        "/hawk" => AuthConfig::hawk("client", KEY),
        "/digest" => AuthConfig::digest("client", KEY),
        _ => AuthConfig::oauth1("client", KEY),
    }
}

/// A pool of connections.
#[must_use]
pub fn pool() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

/// Sends a request that is signed for [`ORIGIN`] to one of the processes.
///
/// # Errors
/// When there is no reply.
pub async fn send_to(
    pool: &Client<HttpConnector, Full<Bytes>>,
    port: u16,
    request: Request<Payload>,
) -> Result<Response<Bytes>, Error> {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = format!("http://127.0.0.1:{port}{path}").parse()?;
    let body = body.bytes().cloned().unwrap_or_default();
    let (parts, body) = pool.request(Request::from_parts(parts, Full::new(body))).await?.into_parts();
    Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
}
