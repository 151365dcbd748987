//! Conversations with a server that is written down.

#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::sync::Arc;

use countersign_oauth2::http::header::{AUTHORIZATION, HeaderName, WWW_AUTHENTICATE};
use countersign_oauth2::http::{HeaderMap, HeaderValue, Request, StatusCode};
use countersign_oauth2::{
    Config, Context, Dialogue, Error, Exchange, Grant, Payload, Reply, Result, Session, Step, Token,
};

pub const NOW: u64 = 1_000_000;

pub const ONE: &str = r#"{"access_token":"one","token_type":"Bearer","expires_in":60,"refresh_token":"r1"}"#;
pub const TWO: &str = r#"{"access_token":"two","token_type":"Bearer","expires_in":60}"#;
pub const ROTATED: &str = r#"{"access_token":"two","token_type":"Bearer","expires_in":60,"refresh_token":"r2"}"#;
pub const GONE: &str = r#"{"error":"invalid_grant"}"#;

/// A moment whose random part is none.
pub fn at(now: u64) -> Context {
    Context::at(now).with_nonce("n").with_random(|buf| {
        buf.fill(0);
        Ok(())
    })
}

pub fn client_credentials() -> Grant {
    Grant::client_credentials("https://as/token", "id", "secret")
}

pub fn person() -> Grant {
    Grant::authorization_code("https://as/auth", "https://as/token", "app", "http://127.0.0.1/back")
}

pub fn session(grant: impl Into<Grant>) -> Arc<Session> {
    Arc::new(Session::new(&Config::of(grant)).unwrap())
}

pub fn api() -> Request<Payload> {
    Request::get("https://api/items").body(Payload::empty()).unwrap()
}

pub fn start(session: &Arc<Session>, now: u64) -> Result<(Exchange, Step)> {
    Exchange::start(Arc::clone(session) as _, api(), &at(now))
}

/// A reply: status, and a body, or for a 401 the error of its challenge. A text `name: value` is a header.
pub type Answer<'a> = (u16, &'a str);

pub fn answer(exchange: &mut Exchange, answer: Answer<'_>, now: u64) -> Result<Step> {
    answer_with(exchange, answer, &[], now)
}

pub fn answer_with(
    exchange: &mut Exchange,
    (status, text): Answer<'_>,
    more: &[(&'static str, &str)],
    now: u64,
) -> Result<Step> {
    let mut headers = HeaderMap::new();
    if status == 401 && !text.starts_with('{') {
        let challenge = if text.is_empty() { "Bearer".to_owned() } else { format!("Bearer error=\"{text}\"") };
        headers.insert(WWW_AUTHENTICATE, HeaderValue::try_from(challenge).unwrap());
    }
    for (name, value) in more {
        headers.insert(HeaderName::from_static(name), HeaderValue::try_from(*value).unwrap());
    }
    let reply = Reply::new(StatusCode::from_u16(status).unwrap(), &headers, text.as_bytes());
    exchange.on_response(reply, &at(now))
}

/// What one exchange sends, as `grant_type …` or the token, and how it ends.
pub fn talk(session: &Arc<Session>, now: u64, replies: &[Answer<'_>]) -> (Vec<String>, Result<(), Error>) {
    run(start(session, now), now, replies)
}

/// The same for a conversation that only gets a token.
pub fn converse(dialogue: Box<dyn Dialogue>, now: u64, replies: &[Answer<'_>]) -> (Vec<String>, Result<(), Error>) {
    run(Exchange::converse(dialogue, &at(now)), now, replies)
}

fn run(started: Result<(Exchange, Step)>, now: u64, replies: &[Answer<'_>]) -> (Vec<String>, Result<(), Error>) {
    let (mut exchange, mut step) = match started {
        Ok(started) => started,
        Err(why) => return (Vec::new(), Err(why)),
    };
    let (mut sent, mut replies) = (Vec::new(), replies.iter());
    loop {
        let next = match step {
            Step::Send(request) => {
                sent.push(shown(&request));
                assert_eq!(exchange.reads_body(), request.uri().host() == Some("as"));
                answer(&mut exchange, *replies.next().expect("a reply for each request"), now)
            }
            Step::Wait(wait) => {
                wait.block();
                exchange.resume(&at(now))
            }
            Step::Done => break (sent, Ok(())),
        };
        match next {
            Ok(next) => step = next,
            Err(why) => break (sent, Err(why)),
        }
    }
}

/// The first two parameters of a token request; the token of another.
pub fn shown(request: &Request<Payload>) -> String {
    if request.uri().host() == Some("as") {
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        body.split('&').take(2).collect::<Vec<_>>().join("&")
    } else {
        request.headers()[AUTHORIZATION].to_str().unwrap().to_owned()
    }
}

pub fn token(json: &str) -> Token {
    let headers = HeaderMap::new();
    Token::from_reply(Reply::new(StatusCode::OK, &headers, json.as_bytes()), &at(NOW)).unwrap()
}

pub fn sends(step: Result<Step>) -> String {
    match step {
        Ok(Step::Send(request)) => shown(&request),
        other => panic!("{other:?}"),
    }
}
