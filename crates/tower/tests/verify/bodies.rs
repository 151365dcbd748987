//! What is collected, and what is answered when it cannot be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::post as on_post;
use bytes::Bytes;
use countersign::hawk::verify::{Credentials, Verifier};
use countersign::scheme::replay::{NonceStore, Remembering, ReplayKey};
use countersign::{AuthConfig, Authenticator, Context, Error, ErrorKind, hawk};
use countersign_tower::verify::{Hawk, Refused, VerifyLayer};
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, ServiceExt as _};

use crate::{exchange, post, serve};

const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ru";

fn signing(signs_body: bool) -> AuthConfig {
    let mut config = hawk::Config::new("dh37", KEY);
    config.include_payload_hash = signs_body;
    AuthConfig::Hawk(config)
}

fn scheme() -> Hawk<impl Fn(String) -> std::future::Ready<Result<Option<Credentials>, countersign_tower::BoxError>>> {
    Hawk::new(Verifier::new(), |id| std::future::ready(Ok((id == "dh37").then(|| Credentials::new(KEY)))))
}

fn echo() -> Router {
    Router::new().route("/things", on_post(|body: Bytes| async move { body }))
}

#[tokio::test]
async fn only_a_covered_body_counts_against_the_limit() {
    let address = serve(echo().layer(VerifyLayer::new(scheme()).with_body_limit(4))).await;
    assert_eq!(exchange(&signing(true), post(address, "1234")).await.unwrap().body(), "1234");
    assert_eq!(exchange(&signing(true), post(address, "12345")).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(exchange(&signing(false), post(address, "12345")).await.unwrap().body(), "12345");
    // A reply beyond the limit goes out without proof.
    let app = echo().layer(VerifyLayer::new(scheme().with_server_authorization()).with_body_limit(4));
    let address = serve(app).await;
    let reply = |body| async move { exchange(&signing(false), post(address, body)).await.unwrap() };
    assert!(reply("1234").await.headers().contains_key("server-authorization"));
    assert!(!reply("12345").await.headers().contains_key("server-authorization"));
}

/// Whoever cannot sign makes the server collect nothing.
#[tokio::test]
async fn a_forged_request_is_refused_before_its_body_is_read() {
    let read = Arc::new(AtomicUsize::new(0));
    let layer = VerifyLayer::new(scheme());
    let service = layer.layer(tower::service_fn(|_: Request<axum::body::Body>| async move {
        Ok::<_, std::convert::Infallible>(http::Response::new(axum::body::Body::empty()))
    }));
    let counted = Arc::clone(&read);
    let body = Full::new(Bytes::from_static(b"hello")).map_frame(move |frame| {
        counted.fetch_add(1, Ordering::SeqCst);
        frame
    });
    let mut config = hawk::Config::new("dh37", "another");
    config.include_payload_hash = true;
    let auth = Authenticator::new(&AuthConfig::Hawk(config)).unwrap();
    let request = Request::post("http://h/things").body(Bytes::from_static(b"hello")).unwrap();
    let (parts, _) = auth.sign_request(request, &Context::now()).unwrap().into_parts();
    let reply = service.oneshot(Request::from_parts(parts, axum::body::Body::new(body))).await.unwrap();
    assert_eq!((reply.status(), read.load(Ordering::SeqCst)), (StatusCode::UNAUTHORIZED, 0));
    assert_eq!(reply.extensions().get::<Refused>().unwrap().kind, ErrorKind::Rejected);
}

struct Away;

impl NonceStore for Away {
    fn remember<'a>(&'a self, _: &'a ReplayKey<'_>, _: u64) -> Remembering<'a> {
        Box::pin(std::future::ready(Err(Error::new(ErrorKind::StoreFailed, "the store is away"))))
    }
}

#[tokio::test]
async fn nobody_is_let_in_while_a_store_or_the_keys_are_away() {
    let address = serve(echo().layer(VerifyLayer::new(scheme()).with_nonce_store(Arc::new(Away)))).await;
    let reply = exchange(&signing(false), post(address, "")).await.unwrap();
    assert_eq!(
        (reply.status(), reply.headers().contains_key("www-authenticate")),
        (StatusCode::SERVICE_UNAVAILABLE, false)
    );
    let keyless = Hawk::new(Verifier::new(), |_| async { Err("the database is away".into()) });
    let address = serve(echo().layer(VerifyLayer::new(keyless))).await;
    assert_eq!(exchange(&signing(false), post(address, "")).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}
