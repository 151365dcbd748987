//! A server's replies, and what a client sends.

#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

use std::sync::Arc;

use countersign_digest::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use countersign_digest::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use countersign_digest::{Config, Context, ErrorKind, Exchange, Payload, Reply, Result, Signer, Step};

pub const RFC_2617: &str = r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;

pub fn signer(config: &Config) -> Arc<Signer> {
    Arc::new(Signer::new(config).unwrap())
}

pub fn mufasa() -> Arc<Signer> {
    signer(&Config::new("Mufasa", "Circle of Life"))
}

pub fn get(uri: &str) -> Request<Payload> {
    Request::get(uri).body(Payload::empty()).unwrap()
}

pub fn ctx() -> Context {
    Context::at(0).with_nonce("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
}

pub fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
    values.iter().map(|value| (name.clone(), HeaderValue::from_bytes(value.as_bytes()).unwrap())).collect()
}

pub fn sent(step: Result<Step>) -> Request<Payload> {
    match step {
        Ok(Step::Send(request)) => request,
        other => panic!("{other:?}"),
    }
}

pub fn failed(step: Result<Step>) -> ErrorKind {
    match step {
        Err(why) => why.kind(),
        other => panic!("{other:?}"),
    }
}

pub fn refuse(exchange: &mut Exchange, challenges: &[&str]) -> Result<Step> {
    exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &headers(WWW_AUTHENTICATE, challenges), b""), &ctx())
}

pub fn accept(exchange: &mut Exchange, info: &str) -> Result<Step> {
    let info = headers(HeaderName::from_static("authentication-info"), &[info]);
    exchange.on_response(Reply::new(StatusCode::OK, &info, b""), &ctx())
}

/// A parameter of the answer, unescaped.
pub fn param(request: &Request<Payload>, name: &str) -> Option<String> {
    let value = request.headers().get(AUTHORIZATION).expect("an answer").as_bytes();
    let answer = countersign_digest::scheme::challenge::challenges(value).next().unwrap().unwrap();
    answer.param(name).map(|value| String::from_utf8_lossy(&value).into_owned())
}

/// What answers these challenges, first sent without an answer.
pub fn answer(signer: &Arc<Signer>, request: Request<Payload>, challenges: &[&str]) -> Result<Step> {
    let (mut exchange, step) = Exchange::start(signer.clone(), request, &ctx()).unwrap();
    assert!(!sent(Ok(step)).headers().contains_key(AUTHORIZATION));
    refuse(&mut exchange, challenges)
}
