use super::*;
use crate::config::AuthorizationCode;
use crate::server::ServerError;

fn code() -> AuthorizationCode {
    let mut grant = AuthorizationCode::new("https://as/auth?tenant=1", "https://as/token", "app", "https://app/back");
    grant.client.scope = Some("a b".into());
    grant.client.issuer = Some("https://as".into());
    grant.consent.state = Some("st ate".into());
    grant.code_verifier = Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
    grant
}

fn grant() -> Grant {
    code().into()
}

/// RFC 7636 appendix B.
#[test]
fn the_rfcs_challenge() {
    let request = AuthorizationRequest::new(&grant(), &Context::now()).unwrap();
    let expected = "https://as/auth?tenant=1&response_type=code&client_id=app&redirect_uri=https%3A%2F%2Fapp%2Fback&scope=a%20b\
        &state=st%20ate&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";
    assert_eq!(request.url(), expected);
    let token = request.code_request(&grant(), &"c/ode".into(), &Context::now()).unwrap();
    let body = String::from_utf8(token.body().bytes().unwrap().to_vec()).unwrap();
    assert_eq!(
        body,
        "grant_type=authorization_code&code=c%2Fode&redirect_uri=https%3A%2F%2Fapp%2Fback\
         &code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=app"
    );
    assert!(!format!("{request:?}").contains("ate"));
}

#[test]
fn what_is_drawn_is_new_each_time() {
    let mut grant = code();
    (grant.consent.state, grant.code_verifier) = (None, None);
    grant.client.scope = Some("openid".into());
    let new = |grant: &AuthorizationCode| AuthorizationRequest::new(&grant.clone().into(), &Context::now());
    let (one, two) = (new(&grant).unwrap(), new(&grant).unwrap());
    let nonce = one.nonce().unwrap();
    assert!(one.url().contains(&format!("nonce={}", nonce.expose())) && two.nonce() != Some(nonce));
    assert!(one.state().len() == 43 && one.state() != two.state());
    assert_ne!(one.code_verifier, two.code_verifier);
    for verifier in ["short", &"x".repeat(129), &"\u{fc}".repeat(43)] {
        grant.code_verifier = Some((*verifier).into());
        assert_eq!(new(&grant).unwrap_err().kind(), ErrorKind::InvalidConfig);
    }
}

#[test]
fn callbacks_are_checked_before_they_are_believed() {
    let request = AuthorizationRequest::new(&grant(), &Context::now()).unwrap();
    let read = |url: &str| match request.callback(url, &Context::at(0)) {
        Ok(Callback::Code(code)) => Ok(code.expose().to_owned()),
        Ok(Callback::Token(_)) => Ok(String::new()),
        Err(why) => Err(why.kind()),
    };
    for url in ["https://app/back?code=c%2B&state=st+ate", "/back?state=st%20ate&code=c%2B&iss=https%3A%2F%2Fas"] {
        assert_eq!(read(url), Ok("c+".to_owned()));
    }
    for url in [
        "https://app/back?code=c",
        "https://app/back?code=c&state=other",
        "https://app/back?error=access_denied&state=other",
        "https://app/back?code=c&state=st+ate&state=st+ate",
        "https://app/back?code=c&code=d&state=st+ate",
        "https://app/back?code=c&state=st+ate&iss=https%3A%2F%2Fevil",
        "https://app/back?code=c&state=st+ate&iss=",
        "https://app:444/back?code=c&state=st+ate",
        "http://app/back?code=c&state=st+ate",
        "https://app/other?code=c&state=st+ate",
        "https://app/back#code=c&state=st+ate",
    ] {
        assert_eq!(read(url), Err(ErrorKind::StateMismatch), "{url}");
    }
    assert_eq!(read("https://app/back?state=st+ate"), Err(ErrorKind::TokenRequestFailed));
    let error = request.callback("https://app/back?state=st+ate&error=access_denied", &Context::at(0)).unwrap_err();
    assert!(ServerError::cause_of(&error).unwrap().is("access_denied"));
}

#[test]
fn implicit_tokens_come_in_the_fragment() {
    let mut grant = crate::config::Implicit::new("https://as/auth", "app", "http://127.0.0.1/back");
    grant.consent.state = Some("st ate".into());
    let request = AuthorizationRequest::new(&grant.into(), &Context::now()).unwrap();
    assert!(request.url().contains("response_type=token") && request.code_verifier.is_none());
    let url = "http://127.0.0.1:5432/back#access_token=t&token_type=Bearer&expires_in=60&state=st%20ate";
    let Callback::Token(token) = request.callback(url, &Context::at(1000)).unwrap() else { panic!() };
    assert_eq!((token.access_token.expose(), token.expires_at), ("t", Some(1060)));
}

#[test]
fn an_issuer_that_is_promised_is_demanded() {
    let mut grant = code();
    grant.consent.require_iss = true;
    let request = AuthorizationRequest::new(&grant.clone().into(), &Context::now()).unwrap();
    let kind = |url: &str| request.callback(url, &Context::at(0)).map_err(|err| err.kind());
    assert!(kind("/back?code=c&state=st+ate&iss=https%3A%2F%2Fas").is_ok());
    assert_eq!(kind("/back?code=c&state=st+ate").unwrap_err(), ErrorKind::StateMismatch);
    grant.client.issuer = None;
    let request = AuthorizationRequest::new(&grant.into(), &Context::now()).unwrap();
    assert!(request.callback("/back?code=c&state=st+ate&iss=https%3A%2F%2Fas", &Context::at(0)).is_err());
}

#[test]
fn a_pushed_request_is_one_that_the_server_took() {
    let mut grant = code();
    grant.par_url = Some("https://as/par".into());
    let grant = grant.into();
    let mut request = AuthorizationRequest::new(&grant, &Context::now()).unwrap();
    let mut reply = http::Response::new(r#"{"request_uri":"urn:x","expires_in":60}"#);
    *reply.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    assert_eq!(request.pushed(&grant, &reply, &Context::at(0)).unwrap_err().kind(), ErrorKind::TokenRequestFailed);
    *reply.status_mut() = http::StatusCode::CREATED;
    request.pushed(&grant, &reply, &Context::at(0)).unwrap();
    assert_eq!(request.url(), "https://as/auth?tenant=1&client_id=app&request_uri=urn%3Ax");
}

#[cfg(feature = "serde")]
#[test]
fn another_process_takes_the_callback() {
    let json = serde_json::to_string(&AuthorizationRequest::new(&grant(), &Context::now()).unwrap()).unwrap();
    let request: AuthorizationRequest = serde_json::from_str(&json).unwrap();
    assert!(matches!(request.callback("/back?code=c&state=st+ate", &Context::at(0)), Ok(Callback::Code(_))));
    assert!(request.callback("/back?code=c&state=other", &Context::at(0)).is_err());
}
