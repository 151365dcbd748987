//! Every verifier behind axum's `Router::nest`, which strips the prefix of the path that was signed: what its docs say of
//! `OriginalUri` is true, and needed.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::OriginalUri;
use axum::routing::any;
use countersign::scheme::target::Origin;
use countersign::{
    AuthConfig, Authenticator, Context, Payload, Reply, Secret, Step, aws_sigv4, digest, edgegrid, hawk, oauth1,
};
use http::header::{HOST, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use tower::ServiceExt as _;

const NOW: u64 = 1_440_938_160;

type Verify = Arc<dyn Fn(&Parts, &Payload) -> bool + Send + Sync>;

fn ctx() -> Context {
    Context::at(NOW).with_nonce("0a4f113b")
}

fn origin() -> Origin {
    Origin::of(&"https://example.com/".parse().unwrap()).unwrap()
}

/// The verifier of each scheme, the config of a client that it knows, and what it demands at first.
fn verifiers() -> Vec<(AuthConfig, Vec<HeaderValue>, Verify)> {
    let demanding = digest::verify::Verifier::new("r", &[7; 32]).unwrap();
    let demands = demanding.challenges(&ctx()).unwrap();
    let digest: Verify = Arc::new(move |parts, payload| {
        let account = digest::verify::Account::new("u", "p");
        let claim = demanding.read(parts, &ctx());
        claim.and_then(|claim| demanding.verify(claim, Some(&account), payload, &ctx())).is_ok()
    });
    let oauth1: Verify = Arc::new(|parts, payload| {
        let verifier = oauth1::verify::Verifier::new().for_origin(origin());
        let keys = oauth1::verify::Keys::new("s");
        verifier.read(parts, payload).and_then(|claim| verifier.verify(claim, Some(&keys), payload, &ctx())).is_ok()
    });
    let hawk: Verify = Arc::new(|parts, payload| {
        let (verifier, key) = (hawk::verify::Verifier::new(), hawk::verify::Credentials::new("key"));
        verifier.read(parts).and_then(|claim| verifier.verify(claim, Some(&key), payload, &ctx())).is_ok()
    });
    let sigv4: Verify = Arc::new(|parts, payload| {
        let (verifier, key) = (aws_sigv4::verify::Verifier::new(), Secret::from("secret"));
        verifier.read(parts).and_then(|claim| verifier.verify(claim, Some(&key), payload, &ctx())).is_ok()
    });
    let edgegrid: Verify = Arc::new(|parts, payload| {
        let (verifier, key) = (edgegrid::verify::Verifier::new(), Secret::from("secret"));
        verifier.read(parts).and_then(|claim| verifier.verify(claim, Some(&key), payload, &ctx())).is_ok()
    });
    vec![
        (AuthConfig::digest("u", "p"), demands, digest),
        (AuthConfig::oauth1("k", "s"), Vec::new(), oauth1),
        (AuthConfig::hawk("id", "key"), Vec::new(), hawk),
        (AuthConfig::aws_sigv4("AKIDEXAMPLE", "secret"), Vec::new(), sigv4),
        (AuthConfig::edgegrid("access", "client", "secret"), Vec::new(), edgegrid),
    ]
}

/// The signed request as a server gets it: with `Host`, in origin form.
fn signed(config: &AuthConfig, demands: &[HeaderValue]) -> Request<Body> {
    let auth = Authenticator::new(config).unwrap();
    let request = Request::post("https://example.com/api/items?x=1").body("hello").unwrap();
    let (mut exchange, mut step) = auth.start(request, &ctx()).unwrap();
    if !demands.is_empty() {
        let headers: HeaderMap = demands.iter().map(|value| (WWW_AUTHENTICATE, value.clone())).collect();
        step = exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &headers, b""), &ctx()).unwrap();
    }
    let Step::Send(request) = step else { panic!("no request is sent") };
    let (mut parts, payload) = request.into_parts();
    parts.headers.insert(HOST, HeaderValue::from_static("example.com"));
    parts.uri = parts.uri.path_and_query().unwrap().as_str().parse().unwrap();
    Request::from_parts(parts, Body::from(payload.bytes().cloned().unwrap_or_default()))
}

fn router(verify: &Verify, puts_back: bool) -> Router {
    let verify = Arc::clone(verify);
    let items = move |OriginalUri(original): OriginalUri, request: Request<Body>| async move {
        let (mut parts, body) = request.into_parts();
        assert_eq!(parts.uri, "/items?x=1");
        if puts_back {
            parts.uri = original;
        }
        let payload = Payload::from(to_bytes(body, 1000).await.unwrap());
        if verify(&parts, &payload) { StatusCode::OK } else { StatusCode::UNAUTHORIZED }
    };
    Router::new().nest("/api", Router::new().route("/items", any(items)))
}

#[test]
fn what_was_signed_is_the_original_uri() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (config, demands, verify) in verifiers() {
        for (puts_back, expected) in [(true, StatusCode::OK), (false, StatusCode::UNAUTHORIZED)] {
            let response = runtime.block_on(router(&verify, puts_back).oneshot(signed(&config, &demands))).unwrap();
            assert_eq!(response.status(), expected, "{config:?}");
        }
    }
}
