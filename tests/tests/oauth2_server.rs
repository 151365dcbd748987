//! OAuth 2 against a certified server, the npm package oidc-provider: every grant that it has, single flight, rotation, revocation.
//! And against a strict one over Authlib, for the grants that it has not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::oauth2::server::{
    Introspection, Metadata, device_request, introspection_request, metadata_urls, revocation_request, revoked,
};
use countersign::oauth2::{
    AuthorizationCode, ClientAuthentication, ClientCredentials, CodeChallengeMethod, Config, DeviceAuthorization,
    DeviceCode, DpopKey, Grant, Implicit, Password, ServerError, Session,
};
use countersign::{AuthConfig, Authenticator, Context, Dialogue, Error, ErrorKind, Exchange, Payload, Secret, Step};
use countersign_tests::{Server, client, consent, exchange, free_port, send, work_dir};
use http::{Request, Response, StatusCode};

fn server() -> Server {
    Server::script("oidc-provider.sh", free_port().unwrap(), &work_dir("oidc").unwrap()).unwrap()
}

fn code(server: &Server, client_id: &str) -> AuthorizationCode {
    let (auth, token) = (server.uri("/auth"), server.uri("/token"));
    let mut grant = AuthorizationCode::new(auth, token, client_id, "http://127.0.0.1:9/callback");
    grant.client.issuer = Some(server.uri(""));
    grant.client.scope = Some("openid offline_access".into());
    grant.consent.auth_request_params = vec![("prompt".into(), "consent".into())];
    grant
}

fn client_credentials(server: &Server, id: &str, how: ClientAuthentication) -> Grant {
    let mut grant = ClientCredentials::new(server.uri("/token"), id, how);
    grant.client.issuer = Some(server.uri(""));
    grant.into()
}

/// A conversation that only gets a token.
fn converse(dialogue: Box<dyn Dialogue>) -> Result<(), Error> {
    let (mut exchange, mut step) = Exchange::converse(dialogue, &Context::now())?;
    loop {
        step = match step {
            Step::Send(request) => exchange.on_response(&send(&client(), request).unwrap(), &Context::now())?,
            Step::Wait(wait) => {
                wait.block();
                exchange.resume(&Context::now())?
            }
            Step::Done => return Ok(()),
        };
    }
}

fn api(server: &Server, auth: &Authenticator) -> std::io::Result<(StatusCode, usize, String)> {
    let (response, sent) = exchange(&client(), auth, Request::get(server.uri("/api/x")).body(()).unwrap())?;
    Ok((response.status(), sent, String::from_utf8(response.into_body()).unwrap()))
}

fn authenticator(grant: Grant) -> Authenticator {
    Authenticator::new(&AuthConfig::oauth2(grant)).unwrap()
}

fn stats(server: &Server, name: &str) -> u64 {
    let body = get(&server.uri("/test/stats")).into_body();
    serde_json::from_slice::<serde_json::Value>(&body).unwrap()[name].as_u64().unwrap_or_default()
}

fn get(uri: &str) -> Response<Vec<u8>> {
    send(&client(), Request::get(uri).body(Payload::empty()).unwrap()).unwrap()
}

#[test]
#[ignore = "needs tests/servers"]
fn client_credentials_in_every_way_a_client_proves_itself() {
    use ClientAuthentication::{Body, ClientSecretJwt, Header};
    type Method = fn(Secret) -> ClientAuthentication;
    let server = server();
    for (id, secret, how) in [
        ("basic", "basic-secret", Header as Method),
        ("post", "post-secret", Body),
        ("odd:client", "p+ss: w%2F/~?&=end", Header),
        ("csjwt", "csjwt-secret-0123456789-0123456789-abcdef", ClientSecretJwt),
    ] {
        let auth = authenticator(client_credentials(&server, id, how(secret.into())));
        let (status, sent, body) = api(&server, &auth).unwrap();
        assert_eq!((status, sent), (StatusCode::OK, 2), "{id}: {body}");
        assert!(body.contains(&format!("\"client_id\":\"{id}\"")), "{body}");
        assert_eq!(api(&server, &auth).unwrap().1, 1, "the second knows the token");

        let wrong =
            authenticator(client_credentials(&server, id, how("wrong-secret-0123456789-0123456789-abc".into())));
        let why = api(&server, &wrong).unwrap_err();
        let why = why.get_ref().and_then(|why| why.downcast_ref::<countersign::Error>()).unwrap();
        assert_eq!(
            (why.kind(), ServerError::cause_of(why).unwrap().error.as_deref()),
            (ErrorKind::TokenRequestFailed, Some("invalid_client"))
        );
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn a_code_with_pkce_then_rotation_and_revocation() {
    let server = server();
    for pushed in [false, true] {
        let mut grant = code(&server, if pushed { "par" } else { "native" });
        grant.client.scope = Some("openid offline_access api:read".into());
        grant.par_url = pushed.then(|| server.uri("/request"));
        let grant = Grant::from(grant);
        let session = Arc::new(Session::new(&Config::of(grant.clone())).unwrap());
        let mut login = session.login(&Context::now()).unwrap();
        if let Some(request) = session.push_request(&login, &Context::now()).unwrap() {
            session.pushed(&mut login, &send(&client(), request).unwrap(), &Context::now()).unwrap();
        }
        let came_back = consent(&server, login.url(), "").expect("a callback");
        let forged = came_back.replace("state=", "state=x");
        let forged = session.finish(&login, &forged, &Context::now()).err().unwrap();
        assert_eq!(forged.kind(), ErrorKind::StateMismatch);
        converse(session.finish(&login, &came_back, &Context::now()).unwrap()).unwrap();

        let auth = Authenticator::from_arc(Arc::clone(&session) as _);
        let (status, sent, body) = api(&server, &auth).unwrap();
        assert_eq!((status, sent), (StatusCode::OK, 1));
        assert!(body.contains("\"sub\":\"alice\""), "{body}");

        // The server ends the token before its time: one refresh, with a new refresh token.
        let before = session.token(&Context::now()).block().unwrap().unwrap();
        send(&client(), Request::post(server.uri("/test/expire")).body(Payload::empty()).unwrap()).unwrap();
        assert_eq!(api(&server, &auth).unwrap().1, 3, "request, refresh, request");
        let after = session.token(&Context::now()).block().unwrap().unwrap();
        assert!(after.access_token != before.access_token && after.refresh_token != before.refresh_token);

        let ask = introspection_request(
            &grant,
            &server.uri("/token/introspection"),
            &after.access_token,
            None,
            &Context::now(),
        );
        let introspect = |request: Request<Payload>| {
            Introspection::from_reply(&send(&client(), request).unwrap(), &Context::now()).unwrap()
        };
        let known = introspect(ask.unwrap());
        assert!(known.active && known.client_id.as_deref() == Some(grant.client().client_id.as_str()));
        let refresh = after.refresh_token.unwrap();
        let revoke = revocation_request(
            &grant,
            &server.uri("/token/revocation"),
            &refresh,
            Some("refresh_token"),
            &Context::now(),
        );
        revoked(&send(&client(), revoke.unwrap()).unwrap(), &Context::now()).unwrap();
        let ask = introspection_request(&grant, &server.uri("/token/introspection"), &refresh, None, &Context::now());
        assert!(!introspect(ask.unwrap()).active);
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn a_device_asks_until_the_person_is_done() {
    let server = server();
    let mut grant = DeviceCode::new(server.uri("/device/auth"), server.uri("/token"), "device");
    grant.client.scope = Some("openid offline_access".into());
    let grant = Grant::from(grant);
    let session = Arc::new(Session::new(&Config::of(grant.clone())).unwrap());
    let response = send(&client(), device_request(&grant, &Context::now()).unwrap()).unwrap();
    let mut device = DeviceAuthorization::from_reply(&response, &Context::now()).unwrap();
    let ask = |device: &DeviceAuthorization| converse(session.poll(device));
    let why = ask(&device).unwrap_err();
    assert!(device.goes_on(&why, &Context::now()), "{why}");
    let url = device.verification_uri_complete.clone().unwrap();
    assert!(consent(&server, &url, &device.user_code).is_none());
    ask(&device).unwrap();
    assert!(session.token(&Context::now()).block().unwrap().unwrap().refresh_token.is_some());
}

#[test]
#[ignore = "needs tests/servers"]
fn resources_and_metadata() {
    let server = server();
    let mut grant = client_credentials(&server, "basic", ClientAuthentication::Header("basic-secret".into()));
    grant.client_mut().resource = vec!["https://api.example".into()];
    grant.client_mut().scope = Some("api:read".into());
    let auth = authenticator(grant.clone());
    let (status, _, body) = api(&server, &auth).unwrap();
    assert!(status == StatusCode::OK && body.contains("https://api.example") && body.contains("api:read"), "{body}");
    grant.client_mut().resource = vec!["https://refused.example".into()];
    assert!(api(&server, &authenticator(grant)).unwrap_err().to_string().contains("invalid_target"));

    let issuer = server.uri("");
    let [_, openid] = metadata_urls(&issuer).unwrap();
    let response = get(&openid.to_string());
    let metadata = Metadata::from_reply(&issuer, &response, &Context::now()).unwrap();
    assert_eq!(metadata.token_endpoint, Some(server.uri("/token")));
    let error = Metadata::from_reply("https://other.example", &response, &Context::now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerNotAuthentic);
}

#[test]
#[ignore = "needs tests/servers"]
fn fifty_requests_at_expiry_make_one_token_request() {
    let server = server();
    let auth = authenticator(client_credentials(&server, "basic", ClientAuthentication::Header("basic-secret".into())));
    let ok = AtomicUsize::new(0);
    for round in 1..=2 {
        std::thread::scope(|scope| {
            for _ in 0..50 {
                scope.spawn(|| {
                    let (status, _, _) = api(&server, &auth).unwrap();
                    ok.fetch_add(usize::from(status == StatusCode::OK), Ordering::SeqCst);
                });
            }
        });
        assert_eq!((ok.load(Ordering::SeqCst), stats(&server, "client_credentials")), (50 * round, round as u64));
        // The server forgets all tokens: fifty 401s, one new token.
        send(&client(), Request::post(server.uri("/test/expire")).body(Payload::empty()).unwrap()).unwrap();
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn a_private_key_proves_the_client() {
    let server = server();
    let pem = String::from_utf8(get(&server.uri("/test/client-key.pem")).into_body()).unwrap();
    let grant = |private_key: Secret| {
        let how = ClientAuthentication::PrivateKeyJwt { private_key, key_id: Some("k1".into()) };
        client_credentials(&server, "pkjwt", how)
    };
    assert_eq!(api(&server, &authenticator(grant(pem.into()))).unwrap().0, StatusCode::OK);
    // Another key.
    let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n\
        OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n\
        -----END PRIVATE KEY-----";
    let why = api(&server, &authenticator(grant(key.into()))).unwrap_err();
    assert!(why.to_string().contains("invalid_client"), "{why}");
}

#[test]
#[ignore = "needs tests/servers"]
fn dpop_binds_a_token_to_its_key() {
    let server = server();
    let mut grant = code(&server, "dpop");
    grant.token.dpop = Some(DpopKey::Drawn);
    let session = Arc::new(Session::new(&Config::of(grant)).unwrap());
    let login = session.login(&Context::now()).unwrap();
    let came_back = consent(&server, login.url(), "").expect("a callback");
    // The server wants a nonce first: the same conversation sends it.
    converse(session.finish(&login, &came_back, &Context::now()).unwrap()).unwrap();
    let token = session.token(&Context::now()).block().unwrap().unwrap();
    assert_eq!(token.token_type, "DPoP");
    let auth = Authenticator::from_arc(Arc::clone(&session) as _);
    let (response, _) = exchange(&client(), &auth, Request::get(server.uri("/me")).body(()).unwrap()).unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{}", String::from_utf8_lossy(response.body()));
    // Stolen, it is of no use.
    let stolen = Authenticator::new(&AuthConfig::bearer(token.access_token)).unwrap();
    let (response, _) = exchange(&client(), &stolen, Request::get(server.uri("/me")).body(()).unwrap()).unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

fn authlib() -> Server {
    Server::script("oauth2-authlib.sh", free_port().unwrap(), &work_dir("authlib").unwrap()).unwrap()
}

#[test]
#[ignore = "needs tests/servers"]
fn a_strict_server_takes_a_secret_only_as_it_was_agreed() {
    use ClientAuthentication::{Body, Header, None};
    let server = authlib();
    let methods = || [Header("secret".into()), Body("secret".into()), None];
    for (id, right) in ["header", "body", "public"].into_iter().zip(methods()) {
        for how in methods() {
            let grant = |password: &str| {
                let mut grant = Password::new(server.uri("/token"), id, "alice", password);
                grant.token.client_authentication = how.clone();
                grant
            };
            let end = api(&server, &authenticator(grant("correct horse").into()));
            assert_eq!(end.is_ok_and(|(status, _, _)| status == StatusCode::OK), how == right, "{id} {how:?}");
            assert!(api(&server, &authenticator(grant("wrong").into())).is_err());
        }
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn implicit_and_plain_pkce_for_old_servers() {
    let server = authlib();
    let mut code =
        AuthorizationCode::new(server.uri("/auth"), server.uri("/token"), "public", "http://127.0.0.1:9/callback");
    code.code_challenge_method = CodeChallengeMethod::Plain;
    let implicit = Implicit::new(server.uri("/auth"), "public", "http://127.0.0.1:9/callback");
    for grant in [Grant::from(code), Grant::from(implicit)] {
        let grant_type = grant.grant_type();
        let session = Arc::new(Session::new(&Config::of(grant)).unwrap());
        let login = session.login(&Context::now()).unwrap();
        let response = get(login.url());
        let came_back = response.headers()["location"].to_str().unwrap();
        converse(session.finish(&login, came_back, &Context::now()).unwrap()).unwrap();
        let auth = Authenticator::from_arc(session);
        assert_eq!(api(&server, &auth).unwrap().0, StatusCode::OK, "{grant_type:?}");
    }
}
