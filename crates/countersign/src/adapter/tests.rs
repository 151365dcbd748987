//! Journeys against servers that are functions.

#![cfg(all(feature = "basic", feature = "digest"))]

use std::sync::Arc;

use countersign_core::{Context, Dialogue, Error, ErrorKind, Payload, Reply, Result, Scheme, Signed, Step};
use http::header::{AUTHORIZATION, CONNECTION, LOCATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};

use super::{Journey, MostRedirects, Plan};
use crate::{AuthConfig, Authenticator};

type Answer = Response<Vec<u8>>;

fn auth(config: AuthConfig) -> Authenticator {
    Authenticator::new(&config).unwrap()
}

fn get(uri: &str) -> Request<Payload> {
    Request::get(uri).body(Payload::empty()).unwrap()
}

fn reply(status: u16) -> Answer {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

fn with(mut reply: Answer, name: http::HeaderName, value: &str) -> Answer {
    reply.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    reply
}

fn answer(request: &Request<Payload>, name: http::HeaderName) -> String {
    request.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

fn finish(mut journey: Journey, mut step: Step, mut server: impl FnMut(&Request<Payload>) -> Answer) -> Result<Answer> {
    let mut last = None;
    loop {
        step = match step {
            Step::Send(request) => journey.on_response(last.insert(server(&request)) as &Answer)?,
            Step::Wait(_) => panic!("nobody waits here"),
            Step::Done => return Ok(last.unwrap()),
        };
    }
}

fn run(
    auth: &Authenticator,
    plan: &Plan,
    request: Request<Payload>,
    server: impl FnMut(&Request<Payload>) -> Answer,
) -> Result<Answer> {
    let (journey, step) = Journey::start(auth, plan, request)?;
    finish(journey, step, server)
}

/// A scheme of one connection in three messages, like NTLM.
#[derive(Debug)]
struct Bound;

struct BoundDialogue(Request<Payload>);

impl Scheme for Bound {
    fn compute(&self, _: &Parts, _: &Payload, _: &Context) -> Result<Signed> {
        Err(Error::new(ErrorKind::NeedsExchange, "of one connection"))
    }

    fn dialogue(self: Arc<Self>, request: Request<Payload>) -> Box<dyn Dialogue> {
        Box::new(BoundDialogue(request))
    }
}

impl BoundDialogue {
    fn with(&self, message: &'static str) -> Step {
        let mut request = self.0.clone();
        request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static(message));
        Step::Send(request)
    }
}

impl Dialogue for BoundDialogue {
    fn start(&mut self, _: &Context) -> Result<Step> {
        Ok(self.with("open"))
    }

    fn on_response(&mut self, reply: Reply<'_>, _: &Context) -> Result<Step> {
        let asks = reply.status == StatusCode::UNAUTHORIZED;
        let challenged = reply.headers.get(WWW_AUTHENTICATE).is_some_and(|value| value == "prove");
        Ok(if asks && challenged { self.with("proof") } else { Step::Done })
    }

    fn connection_bound(&self) -> bool {
        true
    }
}

/// Knows the user of its one connection once they were proved.
#[derive(Default)]
struct BoundServer {
    known: bool,
    challenged: bool,
    legs: Vec<String>,
}

impl BoundServer {
    fn answer(&mut self, message: String) -> Answer {
        self.legs.push(message.clone());
        match message.as_str() {
            "proof" if std::mem::take(&mut self.challenged) => self.known = true,
            "open" => {
                self.challenged = true;
                return with(reply(401), WWW_AUTHENTICATE, "prove");
            }
            _ => {}
        }
        if self.known { reply(200) } else { with(reply(401), WWW_AUTHENTICATE, "open") }
    }
}

#[test]
fn user_info_is_dropped_at_first_and_in_location() {
    let mut seen = Vec::new();
    let response = run(&auth(AuthConfig::digest("u", "p")), &Plan::new(), get("http://eve:other@h/a"), |request| {
        seen.push(request.uri().to_string());
        if seen.len() == 1 { with(reply(302), LOCATION, "http://eve:other@h/b") } else { reply(200) }
    });
    assert_eq!((response.unwrap().status(), seen), (StatusCode::OK, vec!["http://h/a".into(), "http://h/b".into()]));
}

#[test]
fn redirects_are_counted() {
    let auth = auth(AuthConfig::None);
    let circle = |_: &Request<Payload>| with(reply(302), LOCATION, "/again");
    let run = |plan: &Plan, request: Request<Payload>| {
        let mut legs = 0;
        let outcome = run(&auth, plan, request, |request| {
            legs += 1;
            circle(request)
        });
        (outcome.map(|response| response.status()).map_err(|why| why.kind()), legs)
    };
    let most = |most| Plan::new().with_most_redirects(most);
    assert_eq!(run(&Plan::new(), get("http://h/")), (Err(ErrorKind::LimitExceeded), 11));
    assert_eq!(run(&most(2), get("http://h/")), (Err(ErrorKind::LimitExceeded), 3));
    assert_eq!(run(&most(0), get("http://h/")), (Ok(StatusCode::FOUND), 1));
    assert_eq!(run(&most(2).with_last_redirect_as_reply(), get("http://h/")), (Ok(StatusCode::FOUND), 3));
    let mut request = get("http://h/");
    request.extensions_mut().insert(MostRedirects(0));
    assert_eq!(run(&Plan::new(), request), (Ok(StatusCode::FOUND), 1));
}

#[test]
fn proxy_and_server_are_answered_each_with_its_own() {
    let server = auth(AuthConfig::digest("u", "p"));
    let plan = Plan::new().with_proxy(auth(AuthConfig::basic("Aladdin", "open sesame")));
    let mut legs = Vec::new();
    let respond = |request: &Request<Payload>| {
        legs.push((answer(request, PROXY_AUTHORIZATION), answer(request, AUTHORIZATION)));
        match legs.last().unwrap() {
            (proxy, _) if proxy.is_empty() => reply(407),
            (_, server) if server.is_empty() => with(reply(401), WWW_AUTHENTICATE, r#"Digest realm="r", nonce="n""#),
            _ => reply(200),
        }
    };
    let response = run(&server, &plan, get("http://h/"), respond).unwrap();
    assert_eq!((response.status(), legs.len()), (StatusCode::OK, 2));
    assert!(legs.iter().all(|(proxy, _)| proxy == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert!(legs[1].1.starts_with("Digest username=\"u\""));
    // Not into a tunnel.
    run(&server, &plan, get("https://h/"), |request| {
        assert_eq!(answer(request, PROXY_AUTHORIZATION), "");
        reply(200)
    })
    .unwrap();
}

#[test]
fn a_proxys_challenge_is_answered_by_the_proxys_user_alone() {
    let plan = Plan::new().with_proxy(auth(AuthConfig::digest("proxy-user", "p")));
    let server = auth(AuthConfig::basic("Aladdin", "open sesame"));
    let mut legs = Vec::new();
    let response = run(&server, &plan, get("http://h/"), |request| {
        legs.push((answer(request, PROXY_AUTHORIZATION), answer(request, AUTHORIZATION)));
        if legs.len() == 1 {
            with(reply(407), PROXY_AUTHENTICATE, r#"Digest realm="r", nonce="n""#)
        } else {
            reply(407)
        }
    });
    assert_eq!((response.unwrap().status(), legs.len()), (StatusCode::PROXY_AUTHENTICATION_REQUIRED, 2));
    assert!(legs.iter().all(|(_, server)| server == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "{legs:?}");
    assert!(legs[1].0.contains("proxy-user"), "{legs:?}");
}

#[test]
fn a_kept_connection_takes_one_leg_and_three_when_it_is_known_no_more() {
    let auth = Authenticator::from_scheme(Bound);
    let mut server = BoundServer::default();
    let ask = |server: &mut BoundServer, kept: bool| {
        let (mut journey, mut step) = Journey::start(&auth, &Plan::new(), get("http://h/")).unwrap();
        assert!(journey.connection_bound());
        if kept {
            step = journey.on_kept_connection(step).unwrap();
        }
        server.legs.clear();
        let status = finish(journey, step, |request| server.answer(answer(request, AUTHORIZATION))).unwrap().status();
        (status.as_u16(), server.legs.join(" "))
    };
    assert_eq!(ask(&mut server, false), (200, "open proof".into()));
    assert_eq!(ask(&mut server, true), (200, String::new()));
    server.known = false;
    assert_eq!(ask(&mut server, true), (200, " open proof".into()));
}

#[test]
fn a_redirect_on_a_proven_connection_does_not_start_anew() {
    let mut server = BoundServer::default();
    let response = run(&Authenticator::from_scheme(Bound), &Plan::new(), get("http://h/"), |request| {
        let reply = server.answer(answer(request, AUTHORIZATION));
        if reply.status() == StatusCode::OK && request.uri().path() == "/" {
            return with(self::reply(302), LOCATION, "/there");
        }
        reply
    });
    assert_eq!((response.unwrap().status(), server.legs.join(" ")), (StatusCode::OK, "open proof ".into()));
}

#[test]
fn a_proxy_that_binds_its_connection_is_asked_once() {
    let plan = Plan::new().with_proxy(Authenticator::from_scheme(Bound));
    let server = auth(AuthConfig::digest("u", "p"));
    let mut proxy = BoundServer::default();
    let response = run(&server, &plan, get("http://h/"), |request| {
        let reply = proxy.answer(answer(request, PROXY_AUTHORIZATION));
        if reply.status() != StatusCode::OK {
            let (mut parts, body) = reply.into_parts();
            parts.status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
            let asks = parts.headers.remove(WWW_AUTHENTICATE).unwrap();
            parts.headers.insert(PROXY_AUTHENTICATE, asks);
            return Response::from_parts(parts, body);
        }
        if answer(request, AUTHORIZATION).is_empty() {
            return with(self::reply(401), WWW_AUTHENTICATE, r#"Digest realm="r", nonce="n""#);
        }
        reply
    });
    assert_eq!((response.unwrap().status(), proxy.legs.join(" ")), (StatusCode::OK, "open proof ".into()));
}

#[test]
fn a_connection_closed_between_legs_is_the_reason() {
    let auth = Authenticator::from_scheme(Bound);
    let announced = run(&auth, &Plan::new(), get("http://h/"), |request| {
        if answer(request, AUTHORIZATION) == "open" {
            return with(with(reply(401), WWW_AUTHENTICATE, "prove"), CONNECTION, "Close");
        }
        with(reply(401), WWW_AUTHENTICATE, "open")
    });
    assert!(announced.unwrap_err().to_string().contains("closed between two requests"));
    // A wrong password is a refusal.
    let refused = run(&auth, &Plan::new(), get("http://h/"), |request| {
        let asks = if answer(request, AUTHORIZATION) == "open" { "prove" } else { "open" };
        with(reply(401), WWW_AUTHENTICATE, asks)
    });
    assert_eq!(refused.unwrap().status(), StatusCode::UNAUTHORIZED);
    // Unannounced: the adapter saw it.
    let (mut journey, step) = Journey::start(&auth, &Plan::new(), get("http://h/")).unwrap();
    assert!(matches!(step, Step::Send(_)));
    let challenge = with(reply(401), WWW_AUTHENTICATE, "prove");
    assert!(matches!(journey.on_response(&challenge), Ok(Step::Send(_))));
    journey.connection_was_lost();
    let why = journey.on_response(&with(reply(401), WWW_AUTHENTICATE, "open")).unwrap_err();
    assert!(why.to_string().contains("closed between two requests"), "{why}");
}

#[test]
fn debug_shows_neither_query_nor_header() {
    let (journey, _) =
        Journey::start(&auth(AuthConfig::bearer("hunter2")), &Plan::new(), get("http://h/p?k=hunter2")).unwrap();
    let shown = format!("{journey:?}");
    assert!(shown.contains("http://h/p") && !shown.contains("hunter2"), "{shown}");
}
