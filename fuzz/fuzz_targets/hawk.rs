//! Any Authorization header, bewit and reply: verified or an error, never a panic, and conversations end.
#![no_main]

use countersign::hawk::verify::{Credentials, Verifier};
use countersign::hawk::{Config, SERVER_AUTHORIZATION, Signer};
use countersign::{AuthConfig, Authenticator, Context, Payload, Reply, Step};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8], &[u8], bool)| {
    let (path, header, body, refused) = input;
    let ctx = Context::at(1_353_832_234).with_nonce("n");
    let (verifier, key) = (Verifier::new(), Credentials::new("key"));
    let verify_bewit = |parts: &Parts| {
        verifier.read_bewit(parts).and_then(|claim| verifier.verify_bewit(claim, Some(&key), &ctx)).is_ok()
    };
    let value = HeaderValue::from_bytes(header).ok();
    let request = Request::get("http://h/").body(Payload::from(body.to_vec())).expect("a request");

    let (mut parts, payload) = request.clone().into_parts();
    parts.uri = format!("http://h/{path}").parse::<Uri>().unwrap_or_default();
    let _ = verify_bewit(&parts);
    let signer = Signer::new(&Config::new("id", "key")).expect("a valid config");
    if let Ok(uri) = signer.bewit(&parts.uri, 1, &ctx) {
        parts.uri = uri;
        assert!(verify_bewit(&parts), "our own bewit is taken");
    }
    parts.headers.extend(value.clone().map(|value| (header::AUTHORIZATION, value)));
    if let Ok(claim) = verifier.read(&parts) {
        let _ = verifier.verify(claim, Some(&key), &payload, &ctx);
    }

    let auth = Authenticator::new(&AuthConfig::hawk("id", "key")).expect("a valid config");
    let (mut exchange, mut step) = auth.start(request, &ctx).unwrap();
    let headers: HeaderMap = value
        .into_iter()
        .flat_map(|value| [(header::WWW_AUTHENTICATE, value.clone()), (SERVER_AUTHORIZATION, value)])
        .collect();
    for _ in 0..3 {
        let Step::Send(_) = step else { return };
        let status = if refused { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        let Ok(next) = exchange.on_response(Reply::new(status, &headers, body), &ctx) else { return };
        step = next;
    }
    assert!(!matches!(step, Step::Send(_)), "a conversation ends");
});
