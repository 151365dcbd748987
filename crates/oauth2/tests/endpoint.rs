//! Token endpoints that misbehave, and DPoP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that panics is a test that fails")]

mod talk;

use std::sync::Arc;

use countersign_oauth2::{ErrorKind, ServerError, Step};
use talk::{NOW, ONE, TWO, answer_with, at, client_credentials, session, start, talk};

#[test]
fn a_token_that_is_still_good_serves_while_the_endpoint_is_away() {
    let session = session(client_credentials());
    talk(&session, NOW, &[(200, ONE), (200, "")]).1.unwrap();
    let (mut exchange, step) = start(&session, NOW + 50).unwrap();
    assert!(matches!(step, Step::Send(request) if request.uri().host() == Some("as")));
    assert_eq!(talk::sends(exchange.on_send_failed(&at(NOW + 50)).unwrap()), "Bearer one");
}

/// Twenty requests wait for a token endpoint that hangs: its one timeout is everybody's.
#[test]
fn a_hanging_endpoint_costs_all_who_wait_one_timeout() {
    let session = session(client_credentials());
    let (mut leader, _) = start(&session, NOW).unwrap();
    let mut waiting = Vec::new();
    for _ in 0..20 {
        let (exchange, step) = start(&session, NOW).unwrap();
        let Step::Wait(wait) = step else { panic!("{step:?}") };
        waiting.push((exchange, wait));
    }
    assert!(leader.on_send_failed(&at(NOW)).is_none(), "the failure is the caller's");
    for (mut exchange, wait) in waiting {
        wait.block();
        let why = exchange.resume(&at(NOW)).unwrap_err();
        assert!(why.kind() == ErrorKind::TokenRequestFailed && why.to_string().contains("cannot be reached"), "{why}");
    }
    // Who comes right after is spared the timeout, too.
    assert!(start(&session, NOW).unwrap_err().to_string().contains("cannot be reached"));
    assert_eq!(talk(&session, NOW + 1, &[(200, ONE), (200, "")]).0.len(), 2);
}

#[test]
fn an_endpoint_that_asks_to_be_left_alone_is() {
    let session = session(client_credentials());
    let (mut exchange, _) = start(&session, NOW).unwrap();
    let why = answer_with(&mut exchange, (429, r#"{"error":"slow_down"}"#), &[("retry-after", "30")], NOW).unwrap_err();
    let cause = ServerError::cause_of(&why).unwrap();
    assert_eq!((cause.status.unwrap().as_u16(), cause.retry_after.unwrap().as_secs()), (429, 30));
    let (sent, end) = talk(&session, NOW + 29, &[]);
    assert!(sent.is_empty() && ServerError::cause_of(&end.unwrap_err()) == Some(cause));
    assert_eq!(talk(&session, NOW + 30, &[(200, ONE), (200, "")]).0.len(), 2);
}

#[test]
fn failures_in_a_row_are_farther_and_farther_apart() {
    let session = session(client_credentials());
    let mut asked = Vec::new();
    for second in 0..40 {
        if talk(&session, NOW + second, &[(502, "")]).0.len() == 1 {
            asked.push(second);
        }
    }
    assert_eq!(asked, [0, 1, 3, 7, 15, 31]);
    // One that is no fault of the server's is not.
    let session = talk::session(client_credentials());
    for _ in 0..3 {
        assert_eq!(talk(&session, NOW, &[(400, r#"{"error":"invalid_client"}"#)]).0.len(), 1);
    }
}

#[test]
fn a_good_token_is_used_without_asking_while_the_endpoint_is_left_alone() {
    let session = session(client_credentials());
    talk(&session, NOW, &[(200, ONE), (200, "")]).1.unwrap();
    assert_eq!(talk(&session, NOW + 45, &[(503, ""), (200, "")]).0[1], "Bearer one");
    assert_eq!(talk(&session, NOW + 45, &[(200, "")]).0, ["Bearer one"]);
    assert_eq!(talk(&session, NOW + 46, &[(200, TWO), (200, "")]).0[1], "Bearer two");
}

#[cfg(feature = "jwt")]
mod dpop {
    use countersign_oauth2::http::{HeaderMap, Request};
    use countersign_oauth2::{
        AddTo, AuthorizationCode, ClientAuthentication, ClientCredentials, Config, DeviceAuthorization, DeviceCode,
        DpopKey, Exchange, Payload, Secret, Session,
    };

    use super::*;

    const BOUND: &str = r#"{"access_token":"one","token_type":"DPoP","expires_in":60}"#;

    fn config() -> Config {
        let mut grant = ClientCredentials::new("https://as/token", "i", ClientAuthentication::Header("s".into()));
        grant.token.dpop = Some(DpopKey::Drawn);
        Config::of(grant)
    }

    fn proven(headers: &HeaderMap) -> bool {
        headers.get("dpop").is_some_and(|proof| proof.to_str().unwrap().split('.').count() == 3)
    }

    fn now() -> countersign_oauth2::Context {
        countersign_oauth2::Context::at(NOW)
    }

    #[test]
    fn a_token_that_is_not_bound_to_the_key_is_refused() {
        let session = Arc::new(Session::new(&config()).unwrap());
        let (mut exchange, step) = Exchange::start(Arc::clone(&session) as _, talk::api(), &now()).unwrap();
        assert!(matches!(step, Step::Send(request) if proven(request.headers())));
        let why = talk::answer(&mut exchange, (200, ONE), NOW).unwrap_err();
        assert!(why.kind() == ErrorKind::TokenRequestFailed && why.to_string().contains("dpop"), "{why}");
        assert!(session.keep(talk::token(ONE), &now()).block().is_err());
        let bearer = talk::session(client_credentials());
        let bound = talk(&bearer, NOW, &[(200, BOUND)]).1.unwrap_err();
        assert!(bound.to_string().contains("bound to a key"), "{bound}");
    }

    #[test]
    fn a_bound_token_never_goes_into_a_query() {
        let mut config = config();
        config.add_to = AddTo::Query;
        assert_eq!(Session::new(&config).unwrap_err().kind(), ErrorKind::InvalidConfig);
    }

    #[test]
    fn a_key_that_cannot_be_read_is_reported_at_once() {
        let mut grant = ClientCredentials::new("https://as/token", "i", ClientAuthentication::Header("s".into()));
        grant.token.dpop = Some(DpopKey::Given("no key".into()));
        assert_eq!(Session::new(&Config::of(grant)).unwrap_err().kind(), ErrorKind::InvalidKey);
        let key = ClientAuthentication::PrivateKeyJwt { private_key: Secret::from("no key"), key_id: None };
        let grant = ClientCredentials::new("https://as/token", "i", key);
        assert_eq!(Session::new(&Config::of(grant)).unwrap_err().kind(), ErrorKind::InvalidKey);
    }

    #[test]
    fn the_devices_token_request_and_the_pushed_request_are_proven() {
        let mut grant = DeviceCode::new("https://as/device", "https://as/token", "i");
        grant.token.dpop = Some(DpopKey::Drawn);
        let session = Arc::new(Session::new(&Config::of(grant)).unwrap());
        let body = r#"{"device_code":"d","user_code":"u","verification_uri":"https://h/","expires_in":60}"#;
        let device = DeviceAuthorization::from_reply(&http::Response::new(body), &now()).unwrap();
        let (_, step) = Exchange::converse(session.poll(&device), &now()).unwrap();
        assert!(matches!(step, Step::Send(request) if proven(request.headers())));

        let mut grant = AuthorizationCode::new("https://as/auth", "https://as/token", "i", "https://app/");
        grant.token.dpop = Some(DpopKey::Drawn);
        grant.par_url = Some("https://as/par".into());
        let session = Arc::new(Session::new(&Config::of(grant)).unwrap());
        let login = session.login(&now()).unwrap();
        assert!(login.url().contains("dpop_jkt="), "{}", login.url());
        let request = session.push_request(&login, &now()).unwrap().unwrap();
        let body = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        assert!(proven(request.headers()) && body.contains("dpop_jkt="));
    }

    #[test]
    fn a_request_in_origin_form_cannot_be_proven() {
        let session = Arc::new(Session::new(&config()).unwrap());
        session.keep(talk::token(BOUND), &now()).block().unwrap();
        let request = Request::get("/items").body(Payload::empty()).unwrap();
        let why = Exchange::start(session, request, &now()).unwrap_err();
        assert_eq!(why.kind(), ErrorKind::InvalidRequest);
    }
}
