use std::sync::Arc;

use countersign_core::encode::{base64, base64_decode};
use countersign_core::{ErrorKind, Exchange, Payload, Reply, Result, Scheme as _, Step};
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use proptest::prelude::*;

use super::{config, ctx};
use crate::message::tests::challenge;
use crate::{Config, Signer, spnego};

/// Starts a conversation about the request.
fn start(config: &Config, request: Request<Payload>) -> (Exchange, Step) {
    Exchange::start(Arc::new(Signer::new(config).unwrap()), request, &ctx()).unwrap()
}

fn get() -> Request<Payload> {
    Request::get("http://server.example/").body(Payload::empty()).unwrap()
}

fn post() -> Request<Payload> {
    Request::post("http://server.example/").header(CONTENT_LENGTH, "3").body(Payload::from("a=1")).unwrap()
}

fn sent(step: Result<Step>) -> Request<Payload> {
    match step {
        Ok(Step::Send(request)) => request,
        other => panic!("{other:?}"),
    }
}

fn failed(step: Result<Step>) -> ErrorKind {
    match step {
        Err(why) => why.kind(),
        other => panic!("{other:?}"),
    }
}

fn reply(exchange: &mut Exchange, status: u16, name: HeaderName, values: &[&str]) -> Result<Step> {
    let values = values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap()));
    exchange.on_response(Reply::new(StatusCode::from_u16(status).unwrap(), &values.collect::<HeaderMap>(), b""), &ctx())
}

fn asked(exchange: &mut Exchange, values: &[&str]) -> Result<Step> {
    reply(exchange, 401, WWW_AUTHENTICATE, values)
}

/// The type of the message in a header, after the name that it travels under.
fn message_type(request: &Request<Payload>, name: HeaderName) -> (String, u8) {
    let value = &request.headers()[name];
    assert!(value.is_sensitive());
    let (mechanism, token) = value.to_str().unwrap().split_once(' ').unwrap();
    let token = base64_decode(token.as_bytes()).unwrap();
    let message = spnego::response_token(&token).unwrap_or(&token);
    (mechanism.to_owned(), message[8])
}

fn ntlm_challenge() -> String {
    format!("NTLM {}", base64(&challenge()))
}

#[test]
fn three_legs_on_one_connection() {
    let (mut exchange, step) = start(&config(), get());
    assert!(exchange.connection_bound());
    assert_eq!(message_type(&sent(Ok(step)), AUTHORIZATION), ("NTLM".into(), 1));
    let proof = sent(asked(&mut exchange, &[&ntlm_challenge()]));
    assert_eq!(message_type(&proof, AUTHORIZATION), ("NTLM".into(), 3));
    assert!(matches!(reply(&mut exchange, 200, WWW_AUTHENTICATE, &[]), Ok(Step::Done)));
}

#[test]
fn a_refused_proof_is_final() {
    let (mut exchange, _) = start(&config(), get());
    sent(asked(&mut exchange, &[&ntlm_challenge()]));
    // As a server refuses (MS-NTHT section 3.2.5), and as one that never stops would.
    assert!(matches!(asked(&mut exchange, &["NTLM"]), Ok(Step::Done)));
    let (mut exchange, _) = start(&config(), get());
    sent(asked(&mut exchange, &[&ntlm_challenge()]));
    assert!(matches!(asked(&mut exchange, &[&ntlm_challenge()]), Ok(Step::Done)));
}

#[test]
fn a_connection_that_is_closed_between_the_messages_is_the_reason() {
    let closing = |status: StatusCode, options: &'static str, value: &str| {
        let (mut exchange, _) = start(&config(), get());
        let reply = http::Response::builder().status(status).header("connection", options);
        let name = if status == 407 { PROXY_AUTHENTICATE } else { WWW_AUTHENTICATE };
        exchange.on_response(&reply.header(name, value).body("").unwrap(), &ctx())
    };
    for options in ["close", "Foo , CLOSE"] {
        let why = closing(StatusCode::UNAUTHORIZED, options, &ntlm_challenge()).unwrap_err();
        assert_eq!(why.kind(), ErrorKind::InvalidChallenge);
        assert!(why.to_string().contains("connection was closed between"), "{why}");
    }
    assert!(closing(StatusCode::UNAUTHORIZED, "keep-alive, closed", &ntlm_challenge()).is_ok());
    // Nothing was begun yet: the opening goes out again, over a new connection.
    assert!(closing(StatusCode::UNAUTHORIZED, "close", "NTLM").is_ok());
    assert!(closing(StatusCode::PROXY_AUTHENTICATION_REQUIRED, "close", "NTLM").is_ok());
}

#[test]
fn the_body_is_sent_with_the_proof() {
    let (mut exchange, step) = start(&config(), post());
    let opening = sent(Ok(step));
    assert_eq!((opening.headers()[CONTENT_LENGTH].as_bytes(), opening.body().bytes().unwrap().len()), (&b"0"[..], 0));
    let proof = sent(asked(&mut exchange, &[&ntlm_challenge()]));
    assert_eq!(
        (proof.headers()[CONTENT_LENGTH].as_bytes(), &proof.body().bytes().unwrap()[..]),
        (&b"3"[..], &b"a=1"[..])
    );

    // A stream can be sent once: with the proof.
    let streamed =
        Request::post("http://server.example/").header(TRANSFER_ENCODING, "chunked").body(Payload::Streaming);
    let (mut exchange, step) = start(&config(), streamed.unwrap());
    let opening = sent(Ok(step));
    assert!(opening.body().bytes().is_some() && !opening.headers().contains_key(TRANSFER_ENCODING));
    let proof = sent(asked(&mut exchange, &[&ntlm_challenge()]));
    assert!(proof.body().bytes().is_none() && proof.headers().contains_key(TRANSFER_ENCODING));
}

#[test]
fn who_is_not_asked_sends_the_request_as_it_is() {
    let (mut exchange, _) = start(&config(), post());
    let whole = sent(reply(&mut exchange, 200, WWW_AUTHENTICATE, &[]));
    assert!(!whole.headers().contains_key(AUTHORIZATION) && whole.body().bytes().unwrap().len() == 3);
    assert!(matches!(reply(&mut exchange, 200, WWW_AUTHENTICATE, &[]), Ok(Step::Done)));
    let (mut exchange, _) = start(&config(), get());
    assert!(matches!(reply(&mut exchange, 404, WWW_AUTHENTICATE, &[]), Ok(Step::Done)));
}

#[test]
fn the_opening_is_repeated_once_as_the_server_asks() {
    for (asks, mechanism) in
        [(&["Negotiate"][..], "Negotiate"), (&["Negotiate", "NTLM"], "NTLM"), (&["Basic realm=\"x\", NTLM"], "NTLM")]
    {
        let (mut exchange, _) = start(&config(), get());
        let opening = sent(asked(&mut exchange, asks));
        assert_eq!(message_type(&opening, AUTHORIZATION), (mechanism.into(), 1));
        assert_eq!(failed(asked(&mut exchange, asks)), ErrorKind::InvalidChallenge, "a connection that is not kept");
    }
    let (mut exchange, _) = start(&config(), get());
    assert_eq!(failed(asked(&mut exchange, &["Basic realm=\"x\""])), ErrorKind::NoChallenge);
}

#[test]
fn negotiate_may_wrap_its_challenge() {
    let (mut exchange, _) = start(&config(), get());
    sent(asked(&mut exchange, &["Negotiate"]));
    let wrapped = format!("Negotiate {}", base64(&spnego::wrapped(&challenge())));
    let proof = sent(asked(&mut exchange, &[&wrapped]));
    assert_eq!(message_type(&proof, AUTHORIZATION), ("Negotiate".into(), 3));
    let value = proof.headers()[AUTHORIZATION].to_str().unwrap().strip_prefix("Negotiate ").unwrap();
    assert!(spnego::response_token(&base64_decode(value.as_bytes()).unwrap()).is_some());
}

#[test]
fn a_proxy_and_the_server_behind_it() {
    let (mut exchange, _) = start(&config(), get());
    let opening = sent(reply(&mut exchange, 407, PROXY_AUTHENTICATE, &["NTLM"]));
    assert_eq!(message_type(&opening, PROXY_AUTHORIZATION), ("NTLM".into(), 1));
    assert!(!opening.headers().contains_key(AUTHORIZATION));
    let proof = sent(reply(&mut exchange, 407, PROXY_AUTHENTICATE, &[&ntlm_challenge()]));
    assert_eq!(message_type(&proof, PROXY_AUTHORIZATION), ("NTLM".into(), 3));
    // The connection is the proxy's now; the server asks for itself.
    let opening = sent(asked(&mut exchange, &["NTLM"]));
    assert_eq!(message_type(&opening, AUTHORIZATION), ("NTLM".into(), 1));
    assert!(!opening.headers().contains_key(PROXY_AUTHORIZATION));
    assert_eq!(message_type(&sent(asked(&mut exchange, &[&ntlm_challenge()])), AUTHORIZATION), ("NTLM".into(), 3));
    assert!(matches!(asked(&mut exchange, &["NTLM"]), Ok(Step::Done)));
}

#[test]
fn http_2_is_refused() {
    for version in [http::Version::HTTP_2, http::Version::HTTP_3] {
        let mut request = get();
        *request.version_mut() = version;
        let why = Exchange::start(Arc::new(Signer::new(&config()).unwrap()), request, &ctx()).unwrap_err();
        assert_eq!(why.kind(), ErrorKind::InvalidRequest);
        assert!(why.to_string().contains("use HTTP/1.1"), "{why}");
    }
}

#[test]
fn retries_can_be_left_to_the_caller() {
    let mut config = config();
    config.disable_retry = true;
    let (mut exchange, step) = start(&config, post());
    assert_eq!(sent(Ok(step)).body().bytes().unwrap().len(), 3);
    assert!(matches!(asked(&mut exchange, &[&ntlm_challenge()]), Ok(Step::Done)));
}

proptest! {
    #[test]
    fn every_conversation_ends(replies in proptest::collection::vec((any::<bool>(), 0..6_usize, proptest::collection::vec(any::<u8>(), 0..90)), 12)) {
        let (mut exchange, _) = start(&config(), post());
        let mut requests = 1;
        for (proxy, kind, bytes) in replies {
            let (status, name) = if proxy { (407, PROXY_AUTHENTICATE) } else { (401, WWW_AUTHENTICATE) };
            let mut message = challenge();
            let at = usize::from(bytes.first().copied().unwrap_or_default()).min(message.len() - bytes.len().min(message.len()));
            message.splice(at..(at + bytes.len()).min(message.len()), bytes.iter().copied());
            let value = match kind {
                0 => "NTLM".to_owned(),
                1 => "Negotiate".to_owned(),
                2 => ntlm_challenge(),
                3 => format!("NTLM {}", base64(&message)),
                4 => format!("Negotiate {}", base64(&bytes)),
                _ => "Negotiate, NTLM".to_owned(),
            };
            match reply(&mut exchange, status, name, &[&value]) {
                Ok(Step::Send(_)) => requests += 1,
                Ok(Step::Done) | Err(_) => return Ok(()),
                other => panic!("{other:?}"),
            }
            prop_assert!(requests <= 6, "{requests} requests");
        }
        prop_assert!(false, "it goes on");
    }

    #[test]
    fn nothing_is_signed_without_a_challenge(path in "/[a-z]{0,9}") {
        let (parts, payload) = Request::get(format!("http://h{path}")).body(Payload::empty()).unwrap().into_parts();
        let signer = Signer::new(&config()).unwrap();
        prop_assert_eq!(signer.compute(&parts, &payload, &ctx()).unwrap_err().kind(), ErrorKind::NeedsExchange);
    }
}
