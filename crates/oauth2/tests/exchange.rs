//! How a token is got, sent and replaced.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that panics is a test that fails")]

mod talk;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use countersign_oauth2::http::header::AUTHORIZATION;
use countersign_oauth2::http::{HeaderValue, Request};
use countersign_oauth2::{
    AddTo, Config, DeviceCode, ErrorKind, Exchange, Grant, JwtBearer, Password, Payload, RefreshToken, Scheme as _,
    Secret, ServerError, Session, Step, Token, TokenExchange,
};
use talk::{GONE, NOW, ONE, TWO, answer, api, at, client_credentials, session, shown, start, talk};

#[test]
fn a_token_is_fetched_once_refreshed_in_time_and_keeps_its_refresh_token() {
    let session = session(client_credentials());
    let (sent, end) = talk(&session, NOW, &[(200, ONE), (200, "")]);
    assert!(end.is_ok() && sent == ["grant_type=client_credentials", "Bearer one"], "{sent:?}");
    assert_eq!(talk(&session, NOW + 44, &[(200, "")]).0, ["Bearer one"]);
    let (sent, _) = talk(&session, NOW + 45, &[(200, TWO), (200, "")]);
    assert_eq!(sent, ["grant_type=refresh_token&refresh_token=r1", "Bearer two"]);
    assert_eq!(session.token(&at(NOW + 45)).block().unwrap().unwrap().refresh_token, Some("r1".into()));
    // A body that is not JSON, a 5xx: the old token serves, and the refresh token stays.
    let (sent, _) = talk(&session, NOW + 100, &[(503, "<html>"), (200, "")]);
    assert_eq!(sent, ["grant_type=refresh_token&refresh_token=r1", "Bearer two"]);
    let (sent, end) = talk(&session, NOW + 105, &[(503, "<html>")]);
    assert_eq!((sent.len(), end.unwrap_err().kind()), (1, ErrorKind::TokenRequestFailed));
    assert_eq!(talk(&session, NOW + 107, &[(200, ONE), (200, "")]).0.len(), 2);
}

#[test]
fn a_refused_token_is_replaced_once() {
    let session = session(client_credentials());
    let (sent, end) = talk(&session, NOW, &[(200, ONE), (401, "invalid_token"), (200, TWO), (401, "invalid_token")]);
    assert!(end.is_ok(), "the second 401 is the caller's");
    let expected =
        ["grant_type=client_credentials", "Bearer one", "grant_type=refresh_token&refresh_token=r1", "Bearer two"];
    assert_eq!(sent, expected);
    // Another 401 is no reason, nor is one without any.
    for error in ["insufficient_scope", ""] {
        let (sent, _) = talk(&session, NOW, &[(401, error)]);
        assert_eq!(sent.len(), 1);
    }
    // A refresh token that is not known any more costs one more request.
    let (sent, _) = talk(&session, NOW + 60, &[(400, GONE), (200, ONE), (200, "")]);
    assert_eq!(sent[1..], ["grant_type=client_credentials", "Bearer one"]);
}

#[test]
fn a_bare_401_is_a_reason_where_the_config_says_so() {
    let mut config = Config::of(client_credentials());
    config.refresh_on_bare_401 = true;
    let session = Arc::new(Session::new(&config).unwrap());
    let (sent, end) = talk(&session, NOW, &[(200, ONE), (401, ""), (200, TWO), (401, "")]);
    assert!(end.is_ok() && sent.len() == 4, "{sent:?}");
    assert_eq!(talk(&session, NOW, &[(401, "insufficient_scope")]).0.len(), 1);
}

#[test]
fn a_streamed_body_is_not_sent_twice() {
    let session = session(client_credentials());
    let request = Request::post("https://api/items").body(Payload::Streaming).unwrap();
    let (mut exchange, _) = Exchange::start(Arc::clone(&session) as _, request, &at(NOW)).unwrap();
    let Ok(Step::Send(request)) = answer(&mut exchange, (200, ONE), NOW) else { panic!() };
    assert!(matches!(request.body(), Payload::Streaming));
    let why = answer(&mut exchange, (401, "invalid_token"), NOW).unwrap_err();
    assert_eq!(why.kind(), ErrorKind::PayloadRequired);
    // The next request does not send the refused token.
    assert_eq!(talk(&session, NOW, &[(200, TWO), (200, "")]).0[1], "Bearer two");
}

#[test]
fn a_token_at_hand_is_just_sent() {
    let at_hand = Arc::new(Session::new(&Config::new("mine")).unwrap());
    let (sent, end) = talk(&at_hand, NOW, &[(401, "invalid_token")]);
    assert!(end.is_ok() && sent == ["Bearer mine"]);
    let mut config = Config::new("m/ne");
    config.add_to = AddTo::Query;
    let (parts, ()) = Request::get("https://api/?access_token=old&a=1")
        .header("authorization", "Bearer old")
        .body(())
        .unwrap()
        .into_parts();
    let signed = |config: &Config| {
        let (mut parts, mut payload) = (parts.clone(), Payload::empty());
        Session::new(config).unwrap().sign(&mut parts, &mut payload, &at(NOW)).unwrap();
        parts
    };
    let in_query = signed(&config);
    assert_eq!(in_query.uri, "https://api/?a=1&access_token=m%2Fne");
    assert!(!in_query.headers.contains_key(AUTHORIZATION));
    config.add_to = AddTo::Header;
    config.header_prefix = " ".into();
    let in_header = signed(&config);
    assert_eq!(
        (in_header.uri.to_string().as_str(), &in_header.headers[AUTHORIZATION]),
        ("https://api/?a=1", &HeaderValue::from_static("m/ne"))
    );
    for token in ["", "a\r\nb"] {
        assert_eq!(Session::new(&Config::new(token)).unwrap_err().kind(), ErrorKind::InvalidConfig);
    }
    let unsigned = |grant: Grant| session(grant).compute(&parts, &Payload::empty(), &at(NOW)).unwrap_err().kind();
    assert_eq!(unsigned(client_credentials()), ErrorKind::NeedsExchange);
    assert_eq!(unsigned(talk::person()), ErrorKind::NeedsAuthorization);
}

/// Fifty threads, of which one fetches a token of this many seconds.
fn fifty_threads(expires_in: u64) -> usize {
    let token = format!(r#"{{"access_token":"one","expires_in":{expires_in}}}"#);
    let session = session(client_credentials());
    let (fetched, barrier) = (AtomicUsize::new(0), Barrier::new(50));
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                barrier.wait();
                let (mut exchange, mut step) = start(&session, NOW).unwrap();
                loop {
                    match step {
                        Step::Send(request) if request.uri().host() == Some("as") => {
                            fetched.fetch_add(1, Ordering::SeqCst);
                            std::thread::sleep(std::time::Duration::from_millis(200));
                            step = answer(&mut exchange, (200, &token), NOW).unwrap();
                        }
                        Step::Send(request) => {
                            assert_eq!(shown(&request), "Bearer one");
                            step = answer(&mut exchange, (200, ""), NOW).unwrap();
                        }
                        Step::Wait(wait) => {
                            wait.block();
                            step = exchange.resume(&at(NOW)).unwrap();
                        }
                        Step::Done => break,
                    }
                }
            });
        }
    });
    fetched.load(Ordering::SeqCst)
}

#[test]
fn fifty_threads_make_one_token_request() {
    assert_eq!(fifty_threads(60), 1);
}

/// A token that is good for no second serves those who waited for it.
#[test]
fn a_token_without_a_life_is_shared_by_those_who_waited() {
    assert!(fifty_threads(0) < 5);
}

#[test]
fn waiters_share_a_failure_and_take_over_from_a_leader_that_is_gone() {
    let session = session(client_credentials());
    let start = || start(&session, NOW).unwrap();
    let (mut leader, step) = start();
    assert!(matches!(step, Step::Send(_)));
    let (mut waiter, step) = start();
    let Step::Wait(wait) = step else { panic!() };
    let Err(why) = answer(&mut leader, (400, r#"{"error":"invalid_client"}"#), NOW) else { panic!() };
    assert!(ServerError::cause_of(&why).unwrap().is("invalid_client"));
    wait.block();
    let Err(shared) = waiter.resume(&at(NOW)) else { panic!() };
    assert_eq!((shared.to_string(), ServerError::cause_of(&shared).is_some()), (why.to_string(), true));

    let (leader, _) = start();
    let (mut waiter, step) = start();
    let Step::Wait(wait) = step else { panic!() };
    drop(leader);
    wait.block();
    let Ok(Step::Send(request)) = waiter.resume(&at(NOW)) else { panic!() };
    assert_eq!(request.uri(), "https://as/token");
    // While one refreshes, a token that is still good serves the others.
    let Ok(Step::Send(_)) = answer(&mut waiter, (200, ONE), NOW) else { panic!() };
    let (_refreshing, step) = talk::start(&session, NOW + 50).unwrap();
    assert!(matches!(step, Step::Send(request) if request.uri().host() == Some("as")));
    let (_, step) = talk::start(&session, NOW + 50).unwrap();
    assert!(matches!(step, Step::Send(request) if request.headers()[AUTHORIZATION] == "Bearer one"));
}

#[test]
fn every_grant_sends_what_it_has() {
    let url = "https://as/token";
    let device = DeviceCode::new("https://as/device", url, "i");
    assert_eq!(talk(&session(device), NOW, &[]).1.unwrap_err().kind(), ErrorKind::NeedsAuthorization);
    let sent = |grant: Grant| talk(&session(grant), NOW, &[(200, ONE), (200, "")]).0[0].clone();
    assert_eq!(sent(Password::new(url, "i", "u v", "p").into()), "grant_type=password&username=u%20v");
    assert_eq!(
        sent(TokenExchange::new(url, "i", "s").into()),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s"
    );
    assert_eq!(
        sent(JwtBearer::new(url, "i", "a.b.c").into()),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c"
    );
    let mut grant = client_credentials();
    grant.token_endpoint_mut().unwrap().refresh_token = Some("mine".into());
    assert_eq!(sent(grant), "grant_type=refresh_token&refresh_token=mine");
}

#[test]
fn a_refresh_token_that_is_refused_is_not_sent_again() {
    let session = session(RefreshToken::new("https://as/token", "i", "mine"));
    let (sent, end) = talk(&session, NOW, &[(400, GONE)]);
    assert_eq!(sent, ["grant_type=refresh_token&refresh_token=mine"]);
    let why = end.unwrap_err();
    assert!(why.kind() == ErrorKind::NeedsAuthorization && ServerError::cause_of(&why).unwrap().is("invalid_grant"));
    assert_eq!(talk(&session, NOW, &[]).1.unwrap_err().kind(), ErrorKind::NeedsAuthorization);
}

#[test]
fn nothing_shows_a_secret() {
    let secret = || Secret::from("hunter2");
    let mut grant = Password::new("https://as/token", "i", "u", secret());
    grant.token.client_authentication = countersign_oauth2::ClientAuthentication::Header(secret());
    grant.token.token_request_params = vec![("more".into(), secret())];
    grant.token.refresh_token = Some(secret());
    let mut config = Config::of(grant);
    config.access_token = Some(secret());
    let session = Arc::new(Session::new(&config).unwrap());
    let shown = format!("{session:?} {:?} {config:?}", Token::new("hunter2"));
    assert!(!shown.contains("hunter2"), "{shown}");
    let (exchange, step) = Exchange::start(session, api(), &at(NOW)).unwrap();
    assert!(!format!("{exchange:?} {step:?}").contains("hunter2"));
}
