//! A person's consent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that panics is a test that fails")]

mod talk;

use std::sync::Arc;

use countersign_oauth2::{AuthorizationRequest, Context, ErrorKind, Exchange, ServerError, Session, Step};
use talk::{GONE, NOW, ONE, ROTATED, TWO, answer, at, converse, person, session, talk, token};

fn callback(login: &AuthorizationRequest) -> String {
    format!("http://127.0.0.1:8080/back?code=c&state={}", login.state())
}

fn finish(session: &Arc<Session>, login: &AuthorizationRequest, reply: &str) -> Vec<String> {
    let redeeming = session.finish(login, &callback(login), &at(NOW)).unwrap();
    let (sent, end) = converse(redeeming, NOW, &[(200, reply)]);
    end.unwrap();
    sent
}

#[test]
fn a_person_is_asked_and_then_left_alone() {
    let session = session(person());
    let (sent, end) = talk(&session, NOW, &[]);
    assert!(sent.is_empty() && end.unwrap_err().kind() == ErrorKind::NeedsAuthorization);
    let login = session.login(&Context::now()).unwrap();
    let forged = session.finish(&login, "http://127.0.0.1:8080/back?code=c&state=x", &at(NOW)).err().unwrap();
    assert_eq!(forged.kind(), ErrorKind::StateMismatch);
    assert_eq!(finish(&session, &login, ONE), ["grant_type=authorization_code&code=c"]);
    assert_eq!(talk(&session, NOW, &[(200, "")]).0, ["Bearer one"]);
    // Refreshed without the person, until the server forgets.
    assert_eq!(talk(&session, NOW + 59, &[(200, TWO), (200, "")]).0.len(), 2);
    let why = talk(&session, NOW + 200, &[(400, GONE)]).1.unwrap_err();
    assert!(why.kind() == ErrorKind::NeedsAuthorization && ServerError::cause_of(&why).unwrap().is("invalid_grant"));
    assert_eq!(talk(&session, NOW + 200, &[]).1.unwrap_err().kind(), ErrorKind::NeedsAuthorization);
}

/// An error's text goes into logs; the URL holds state, and under `plain` the verifier.
#[test]
fn no_error_shows_the_authorization_url() {
    let why = talk(&session(person()), NOW, &[]).1.unwrap_err();
    assert!(!format!("{why} {why:?}").contains("https://as/auth"), "{why:?}");
}

#[test]
fn requests_and_other_logins_spoil_no_consent_that_is_under_way() {
    let session = session(person());
    let (first, second) = (session.login(&Context::now()).unwrap(), session.login(&Context::now()).unwrap());
    assert!(talk(&session, NOW, &[]).1.is_err());
    finish(&session, &second, ONE);
    assert_eq!(talk(&session, NOW + 50, &[(200, ROTATED), (200, "")]).0.len(), 2);
    finish(&session, &first, TWO);
}

/// Bob logs in where Alice was: without a refresh token of his own, he has none.
#[test]
fn a_new_consent_inherits_nothing() {
    let session = session(person());
    finish(&session, &session.login(&Context::now()).unwrap(), ONE);
    finish(&session, &session.login(&Context::now()).unwrap(), TWO);
    assert_eq!(session.token(&at(NOW)).block().unwrap().unwrap().refresh_token, None);
    assert_eq!(talk(&session, NOW + 100, &[]).1.unwrap_err().kind(), ErrorKind::NeedsAuthorization);
}

#[test]
fn a_login_and_a_logout_hold_against_a_refresh_in_flight() {
    for logs_in in [true, false] {
        let session = session(person());
        session.keep(token(ONE), &at(NOW)).block().unwrap();
        let (mut refreshing, step) = talk::start(&session, NOW + 60).unwrap();
        assert_eq!(talk::sends(Ok(step)), "grant_type=refresh_token&refresh_token=r1");
        if logs_in {
            let bob = r#"{"access_token":"bob","expires_in":600}"#;
            session.keep(token(bob), &at(NOW + 60)).block().unwrap();
            assert_eq!(talk::sends(answer(&mut refreshing, (200, ROTATED), NOW + 60)), "Bearer bob");
        } else {
            assert!(session.forget().block().unwrap().is_some());
            let why = answer(&mut refreshing, (200, ROTATED), NOW + 60).unwrap_err();
            assert_eq!(why.kind(), ErrorKind::NeedsAuthorization);
            assert_eq!(session.token(&at(NOW + 60)).block().unwrap(), None);
        }
    }
}

#[test]
fn a_refresh_that_is_asked_for_says_when_it_fails() {
    let session = session(person());
    session.keep(token(ONE), &at(NOW)).block().unwrap();
    let (sent, end) = converse(session.refresh(), NOW, &[(200, ROTATED)]);
    assert!(end.is_ok() && sent == ["grant_type=refresh_token&refresh_token=r1"], "{sent:?}");
    assert!(converse(session.refresh(), NOW, &[(503, "")]).1.is_err());
    // The token that there is stays good.
    let (_, step) = Exchange::converse(session.fetch(), &at(NOW + 1)).unwrap();
    assert!(matches!(step, Step::Done));
}
