//! Conversations: the server's clock, the server's proof.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics is a test that fails")]

use std::sync::Arc;

use countersign_hawk::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use countersign_hawk::http::request::Parts;
use countersign_hawk::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use countersign_hawk::verify::{Credentials, Refusal, Verified, Verifier};
use countersign_hawk::{
    Config, Context, Error, ErrorKind, Exchange, Payload, Reply, SERVER_AUTHORIZATION, Scheme as _, Signer, Step,
};

const NOW: u64 = 1_353_832_234;
const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

fn verify(parts: &Parts, payload: &Payload, ctx: &Context) -> Result<Verified, Refusal> {
    let verifier = Verifier::new();
    verifier.verify(verifier.read(parts)?, Some(&Credentials::new(KEY)), payload, ctx)
}

fn start(signer: &Arc<Signer>, ctx: &Context) -> (Exchange, Request<Payload>) {
    let request = Request::get("https://h/").body(Payload::empty()).unwrap();
    let (exchange, step) = Exchange::start(Arc::clone(signer) as _, request, ctx).unwrap();
    let Step::Send(request) = step else { panic!("{step:?}") };
    (exchange, request)
}

#[test]
fn a_skewed_clock_is_followed_and_remembered() {
    let signer = Arc::new(Signer::new(&Config::new("id", KEY)).unwrap());
    let (ours, theirs) = (Context::at(NOW).with_nonce("n"), Context::at(NOW + 5000));

    let (mut exchange, request) = start(&signer, &ours);
    let (parts, payload) = request.into_parts();
    let refusal = verify(&parts, &payload, &theirs).unwrap_err();
    let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, refusal.challenges[0].clone())]);
    let refused = Reply::new(StatusCode::UNAUTHORIZED, &headers, b"");
    let Ok(Step::Send(request)) = exchange.on_response(refused, &ours) else { panic!() };
    let (parts, payload) = request.into_parts();
    verify(&parts, &payload, &theirs).unwrap();
    // A second refusal is the caller's.
    assert!(matches!(exchange.on_response(refused, &ours), Ok(Step::Done)));

    // The next request knows; another origin does not.
    let time = |uri: &str| {
        let (parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
        let signed = signer.compute(&parts, &Payload::empty(), &ours).unwrap();
        let (name, value) = &signed.headers()[0];
        assert_eq!(name, AUTHORIZATION);
        value.to_str().unwrap().contains(&format!("ts=\"{}\"", NOW + 5000))
    };
    assert!(time("https://h/other") && !time("https://g/"));

    // A fixed time follows no clock.
    let mut config = Config::new("id", KEY);
    config.timestamp = Some(NOW);
    let (mut exchange, _) = start(&Arc::new(Signer::new(&config).unwrap()), &ours);
    assert!(matches!(exchange.on_response(refused, &ours), Ok(Step::Done)));
}

#[test]
fn a_time_that_is_not_proved_is_an_error() {
    let signer = Arc::new(Signer::new(&Config::new("id", KEY)).unwrap());
    let ctx = Context::at(NOW);
    for (challenge, expected) in [
        ("Hawk ts=\"1\", tsm=\"x\"", Some(ErrorKind::ServerNotAuthentic)),
        ("Basic realm=\"a\", Hawk ts=\"1\"", Some(ErrorKind::ServerNotAuthentic)),
        ("Hawk", None),
        ("Hawk error=\"Bad mac\"", None),
        ("Hawk ts=\"1\", tsm=\"x\", unknown=\"y\"", None),
    ] {
        let forged = HeaderMap::from_iter([(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))]);
        let (mut exchange, _) = start(&signer, &ctx);
        let step = exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &forged, b""), &ctx);
        assert_eq!(step.err().map(|why| why.kind()), expected, "{challenge}");
    }
}

/// Only a 401 is exempt: a server that does not know the key cannot prove anything. One that claims to is checked.
#[test]
fn a_server_that_must_prove_itself_may_only_refuse_without() {
    let mut config = Config::new("id", KEY);
    config.require_server_authorization = true;
    let signer = Arc::new(Signer::new(&config).unwrap());
    let ctx = Context::at(NOW);
    let ask = |reply: &dyn Fn(&Verified) -> Response<&'static str>| -> Result<(), Error> {
        let (mut exchange, request) = start(&signer, &ctx);
        assert!(exchange.reads_body());
        let (parts, payload) = request.into_parts();
        let step = exchange.on_response(&reply(&verify(&parts, &payload, &ctx).unwrap()), &ctx)?;
        assert!(matches!(step, Step::Done));
        Ok(())
    };
    let with = |status: u16, proof: Option<HeaderValue>| {
        let reply = Response::builder().status(status);
        proof.into_iter().fold(reply, |reply, proof| reply.header(SERVER_AUTHORIZATION, proof)).body("hello").unwrap()
    };
    let proof = |verified: &Verified| verified.server_authorization("", b"hello", "").ok();

    assert!(ask(&|verified| with(200, proof(verified))).is_ok());
    assert!(ask(&|_| with(401, None)).is_ok());
    for status in [200, 204, 302, 403, 407, 500] {
        let kind = ask(&|_| with(status, None)).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::ServerNotAuthentic, "{status}");
    }
    let forged = HeaderValue::from_static("Hawk mac=\"x\", hash=\"y\"");
    for status in [200, 401] {
        let kind = ask(&|_| with(status, Some(forged.clone()))).unwrap_err().kind();
        assert_eq!(kind, ErrorKind::ServerNotAuthentic, "{status}");
    }
}
