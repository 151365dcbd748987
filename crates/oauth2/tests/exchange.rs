//! Whole conversations with a server that is written down.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that panics is a test that fails")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use countersign_core::{Context, ErrorKind, Exchange, Payload, Reply, Result, Scheme as _, Secret, Step};
use countersign_oauth2::{
    AddTo, Config, Grant, GrantType, MemoryTokenStore, ServerError, Signer, Token, TokenKey, TokenStore as _,
};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, StatusCode};

const NOW: u64 = 1_000_000;

fn client_credentials() -> Grant {
    Grant::client_credentials("https://as/token", "id", "secret")
}

fn signer(grant: Grant) -> Arc<Signer> {
    Arc::new(Signer::new(&Config::with_grant(grant)).unwrap())
}

fn api() -> Request<Payload> {
    Request::get("https://api/items").body(Payload::empty()).unwrap()
}

/// A reply: status, and a body, or for a 401 the error of its challenge.
type Answer<'a> = (u16, &'a str);

fn answer(exchange: &mut Exchange, (status, text): Answer<'_>, now: u64) -> Result<Step> {
    let mut headers = HeaderMap::new();
    if status == 401 && !text.starts_with('{') {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::try_from(format!("Bearer error=\"{text}\"")).unwrap());
    }
    let reply = Reply::new(StatusCode::from_u16(status).unwrap(), &headers, text.as_bytes());
    exchange.on_response(reply, &Context::at(now).with_nonce("n"))
}

/// What one exchange sends, as `grant_type …` or the token, and how it ends.
fn talk(signer: &Arc<Signer>, now: u64, replies: &[Answer<'_>]) -> (Vec<String>, Result<(), countersign_core::Error>) {
    let started = Exchange::start(Arc::clone(signer) as _, api(), &Context::at(now).with_nonce("n"));
    let (mut exchange, mut step) = match started {
        Ok(started) => started,
        Err(why) => return (Vec::new(), Err(why)),
    };
    let (mut sent, mut replies) = (Vec::new(), replies.iter());
    loop {
        match step {
            Step::Send(request) => {
                sent.push(shown(&request));
                assert_eq!(exchange.reads_body(), request.uri().host() == Some("as"));
                let reply = *replies.next().expect("a reply for each request");
                match answer(&mut exchange, reply, now) {
                    Ok(next) => step = next,
                    Err(why) => break (sent, Err(why)),
                }
            }
            Step::Done => break (sent, Ok(())),
            Step::Wait(_) => panic!("nobody to wait for"),
        }
    }
}

fn shown(request: &Request<Payload>) -> String {
    if request.uri().host() == Some("as") {
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        body.split('&').take(2).collect::<Vec<_>>().join("&")
    } else {
        request.headers()[AUTHORIZATION].to_str().unwrap().to_owned()
    }
}

const ONE: &str = r#"{"access_token":"one","token_type":"Bearer","expires_in":60,"refresh_token":"r1"}"#;
const TWO: &str = r#"{"access_token":"two","token_type":"Bearer","expires_in":60}"#;
const GONE: &str = r#"{"error":"invalid_grant"}"#;

#[test]
fn a_token_is_fetched_once_refreshed_in_time_and_keeps_its_refresh_token() {
    let signer = signer(client_credentials());
    let (sent, end) = talk(&signer, NOW, &[(200, ONE), (200, "")]);
    assert!(end.is_ok() && sent == ["grant_type=client_credentials", "Bearer one"], "{sent:?}");
    assert_eq!(talk(&signer, NOW + 44, &[(200, "")]).0, ["Bearer one"]);
    let (sent, _) = talk(&signer, NOW + 45, &[(200, TWO), (200, "")]);
    assert_eq!(sent, ["grant_type=refresh_token&refresh_token=r1", "Bearer two"]);
    assert_eq!(signer.token(&Context::at(NOW + 45)).unwrap().unwrap().refresh_token, Some("r1".into()));
    // A body that is no JSON, a 5xx: the old token serves, and the refresh token stays.
    let (sent, _) = talk(&signer, NOW + 100, &[(503, "<html>"), (200, "")]);
    assert_eq!(sent, ["grant_type=refresh_token&refresh_token=r1", "Bearer two"]);
    let (sent, end) = talk(&signer, NOW + 105, &[(503, "<html>")]);
    assert_eq!((sent.len(), end.unwrap_err().kind()), (1, ErrorKind::TokenRequestFailed));
    assert_eq!(talk(&signer, NOW + 105, &[(200, ONE), (200, "")]).0.len(), 2);
}

#[test]
fn a_refused_token_is_replaced_once() {
    let signer = signer(client_credentials());
    let (sent, end) = talk(&signer, NOW, &[(200, ONE), (401, "invalid_token"), (200, TWO), (401, "invalid_token")]);
    assert!(end.is_ok(), "the second 401 is the caller's");
    let expected =
        ["grant_type=client_credentials", "Bearer one", "grant_type=refresh_token&refresh_token=r1", "Bearer two"];
    assert_eq!(sent, expected);
    // Another 401 is no reason.
    let (sent, _) = talk(&signer, NOW, &[(401, "insufficient_scope")]);
    assert_eq!(sent.len(), 1);
    // A refresh token that is not known any more costs one more request.
    let (sent, _) = talk(&signer, NOW + 60, &[(400, GONE), (200, ONE), (200, "")]);
    assert_eq!(sent[1..], ["grant_type=client_credentials", "Bearer one"]);
}

#[test]
fn a_token_at_hand_is_just_sent() {
    let at_hand = Arc::new(Signer::new(&Config::new("mine")).unwrap());
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
        Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW)).unwrap();
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
        assert_eq!(Signer::new(&Config::new(token)).unwrap_err().kind(), ErrorKind::InvalidConfig);
    }
    let unsigned = signer(client_credentials()).compute(&parts, &Payload::empty(), &Context::at(NOW));
    assert_eq!(unsigned.unwrap_err().kind(), ErrorKind::NeedsExchange);
}

#[test]
fn fifty_threads_make_one_token_request() {
    let signer = signer(client_credentials());
    let (fetched, barrier) = (AtomicUsize::new(0), Barrier::new(50));
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                barrier.wait();
                let (mut exchange, mut step) =
                    Exchange::start(Arc::clone(&signer) as _, api(), &Context::at(NOW).with_nonce("n")).unwrap();
                loop {
                    match step {
                        Step::Send(request) if request.uri().host() == Some("as") => {
                            fetched.fetch_add(1, Ordering::SeqCst);
                            std::thread::sleep(std::time::Duration::from_millis(20));
                            step = answer(&mut exchange, (200, ONE), NOW).unwrap();
                        }
                        Step::Send(request) => {
                            assert_eq!(shown(&request), "Bearer one");
                            step = answer(&mut exchange, (200, ""), NOW).unwrap();
                        }
                        Step::Wait(wait) => {
                            wait.block();
                            step = exchange.resume(&Context::at(NOW).with_nonce("n")).unwrap();
                        }
                        Step::Done => break,
                    }
                }
            });
        }
    });
    assert_eq!(fetched.load(Ordering::SeqCst), 1);
}

#[test]
fn waiters_share_a_failure_and_take_over_from_a_leader_that_is_gone() {
    let signer = signer(client_credentials());
    let start = || Exchange::start(Arc::clone(&signer) as _, api(), &Context::at(NOW).with_nonce("n")).unwrap();
    let (mut leader, step) = start();
    assert!(matches!(step, Step::Send(_)));
    let (mut waiter, step) = start();
    let Step::Wait(wait) = step else { panic!() };
    let Err(why) = answer(&mut leader, (400, r#"{"error":"invalid_client"}"#), NOW) else { panic!() };
    assert_eq!(ServerError::cause_of(&why).unwrap().error, "invalid_client");
    wait.block();
    let Err(shared) = waiter.resume(&Context::at(NOW).with_nonce("n")) else { panic!() };
    assert_eq!((shared.to_string(), ServerError::cause_of(&shared).is_some()), (why.to_string(), true));

    let (leader, _) = start();
    let (mut waiter, step) = start();
    let Step::Wait(wait) = step else { panic!() };
    drop(leader);
    wait.block();
    let Ok(Step::Send(request)) = waiter.resume(&Context::at(NOW).with_nonce("n")) else { panic!() };
    assert_eq!(request.uri(), "https://as/token");
    // While one refreshes, a token that is still good serves the others.
    let Ok(Step::Send(_)) = answer(&mut waiter, (200, ONE), NOW) else { panic!() };
    let late = Context::at(NOW + 50).with_nonce("n");
    let (_refreshing, step) = Exchange::start(Arc::clone(&signer) as _, api(), &late).unwrap();
    assert!(matches!(step, Step::Send(request) if request.uri().host() == Some("as")));
    let (_, step) = Exchange::start(Arc::clone(&signer) as _, api(), &late).unwrap();
    assert!(matches!(step, Step::Send(request) if request.headers()[AUTHORIZATION] == "Bearer one"));
}

#[test]
fn a_person_is_asked_by_url() {
    let grant = Grant::authorization_code("https://as/auth", "https://as/token", "app", "http://127.0.0.1/back");
    let signer = signer(grant);
    let (sent, end) = talk(&signer, NOW, &[]);
    let why = end.unwrap_err();
    assert!(sent.is_empty() && why.kind() == ErrorKind::NeedsExchange);
    let url = why.to_string().split(' ').find(|word| word.starts_with("https://as/auth?")).unwrap().to_owned();
    let state = url.split("state=").nth(1).unwrap().split('&').next().unwrap();

    let ctx = Context::at(NOW).with_nonce("n");
    let error = signer.callback("http://127.0.0.1:8080/back?code=c&state=x", &ctx).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StateMismatch);
    let request = signer.callback(&format!("http://127.0.0.1:8080/back?code=c&state={state}"), &ctx).unwrap().unwrap();
    assert_eq!(shown(&request), "grant_type=authorization_code&code=c");
    let headers = HeaderMap::new();
    let reply = Reply::new(StatusCode::OK, &headers, ONE.as_bytes());
    signer.accept(reply, &ctx).unwrap();
    assert_eq!(talk(&signer, NOW, &[(200, "")]).0, ["Bearer one"]);
    // Refreshed without the person, until the server forgets.
    assert_eq!(talk(&signer, NOW + 59, &[(200, TWO), (200, "")]).0.len(), 2);
    let (_, end) = talk(&signer, NOW + 200, &[(400, GONE)]);
    assert_eq!(end.unwrap_err().kind(), ErrorKind::TokenRequestFailed);
    assert_eq!(talk(&signer, NOW + 200, &[]).1.unwrap_err().kind(), ErrorKind::NeedsExchange);
    assert!(signer.callback("http://127.0.0.1/back?code=c&state=x", &ctx).is_err());
}

#[test]
fn tokens_are_kept_and_not_undone_by_another_process() {
    let store = Arc::new(MemoryTokenStore::default());
    let mut grant = client_credentials();
    grant.token_name = Some("mine".into());
    let open = || Arc::new(Signer::with_store(&Config::with_grant(grant.clone()), Arc::clone(&store) as _).unwrap());
    assert_eq!(talk(&open(), NOW, &[(200, ONE), (200, "")]).0.len(), 2);
    let (one, two) = (open(), open());
    assert_eq!(talk(&one, NOW, &[(200, "")]).0, ["Bearer one"]);
    assert_eq!(talk(&two, NOW, &[(200, "")]).0, ["Bearer one"]);
    let rotated = r#"{"access_token":"two","expires_in":60,"refresh_token":"r2"}"#;
    assert_eq!(talk(&one, NOW + 50, &[(200, rotated), (200, "")]).0[1], "Bearer two");
    // The other process refreshed with the same token, later: the first one's rotation stays.
    let late = r#"{"access_token":"three","expires_in":60,"refresh_token":"r3"}"#;
    assert_eq!(talk(&two, NOW + 50, &[(200, late), (200, "")]).0[1], "Bearer two");
    let key = TokenKey::of(&grant);
    assert_eq!(
        (store.list().unwrap(), store.load(&key).unwrap().unwrap().refresh_token),
        (vec![key], Some("r2".into()))
    );
    assert!(open().forget().unwrap().is_some() && store.list().unwrap().is_empty());
}

#[test]
fn every_grant_says_what_it_lacks() {
    let kind = |grant: Grant| talk(&signer(grant), NOW, &[]).1.unwrap_err().kind();
    for grant_type in [GrantType::Password, GrantType::RefreshToken, GrantType::TokenExchange, GrantType::JwtBearer] {
        assert_eq!(kind(Grant::new(grant_type, "https://as/token", "i")), ErrorKind::InvalidConfig, "{grant_type:?}");
    }
    let mut device = Grant::new(GrantType::DeviceCode, "https://as/token", "i");
    device.device_url = Some("https://as/device".into());
    assert_eq!(kind(device), ErrorKind::NeedsExchange);
    let sent = |grant: Grant| talk(&signer(grant), NOW, &[(200, ONE), (200, "")]).0[0].clone();
    let mut grant = Grant::new(GrantType::Password, "https://as/token", "i");
    (grant.username, grant.password) = (Some("u v".into()), Some("p".into()));
    assert_eq!(sent(grant), "grant_type=password&username=u%20v");
    let mut grant = Grant::new(GrantType::TokenExchange, "https://as/token", "i");
    grant.subject_token = Some("s".into());
    assert_eq!(sent(grant), "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s");
    let mut grant = Grant::new(GrantType::JwtBearer, "https://as/token", "i");
    grant.assertion = Some("a.b.c".into());
    assert_eq!(sent(grant), "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c");
    let mut grant = client_credentials();
    grant.refresh_token = Some("mine".into());
    assert_eq!(sent(grant), "grant_type=refresh_token&refresh_token=mine");
}

#[test]
fn nothing_shows_a_secret() {
    let mut grant = client_credentials();
    grant.client_secret = Some(Secret::from("hunter2"));
    grant.password = Some("hunter2".into());
    let mut config = Config::with_grant(grant);
    config.access_token = Some("hunter2".into());
    let shown = format!("{:?} {:?} {config:?}", Signer::new(&config).unwrap(), Token::new("hunter2"));
    assert!(!shown.contains("hunter2"), "{shown}");
}
