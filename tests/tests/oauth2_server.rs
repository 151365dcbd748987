//! OAuth 2 against a certified server, the npm package oidc-provider: every grant that it has, single flight, rotation, revocation.
//! And against a strict one over Authlib, for the grants that it has not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::oauth2::request::{self, DeviceAuthorization};
use countersign::oauth2::{ClientAuthentication, CodeChallengeMethod, Config, Grant, GrantType, ServerError, Signer};
use countersign::{AuthConfig, Authenticator, Context, ErrorKind, Payload};
use countersign_tests::{Server, client, consent, exchange, free_port, send, work_dir};
use http::{Request, Response, StatusCode};

fn server() -> Server {
    Server::script("oidc-provider.sh", free_port().unwrap(), &work_dir("oidc").unwrap()).unwrap()
}

fn grant(server: &Server, grant_type: GrantType, client_id: &str) -> Grant {
    let mut grant = Grant::new(grant_type, server.uri("/token"), client_id);
    grant.auth_url = Some(server.uri("/auth"));
    grant.device_url = Some(server.uri("/device/auth"));
    grant.callback_url = Some("http://127.0.0.1:9/callback".into());
    grant.issuer = Some(server.uri(""));
    grant
}

fn client_credentials(server: &Server, id: &str, secret: &str, how: ClientAuthentication) -> Grant {
    let mut grant = grant(server, GrantType::ClientCredentials, id);
    grant.client_secret = Some(secret.into());
    grant.client_authentication = how;
    grant
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
    let server = server();
    for (id, secret, how) in [
        ("basic", "basic-secret", Header),
        ("post", "post-secret", Body),
        ("odd:client", "p+ss: w%2F/~?&=end", Header),
        ("csjwt", "csjwt-secret-0123456789-0123456789-abcdef", ClientSecretJwt),
    ] {
        let auth = authenticator(client_credentials(&server, id, secret, how));
        let (status, sent, body) = api(&server, &auth).unwrap();
        assert_eq!((status, sent), (StatusCode::OK, 2), "{id}: {body}");
        assert!(body.contains(&format!("\"client_id\":\"{id}\"")), "{body}");
        assert_eq!(api(&server, &auth).unwrap().1, 1, "the second knows the token");

        let wrong = authenticator(client_credentials(&server, id, "wrong-secret-0123456789-0123456789-abc", how));
        let why = api(&server, &wrong).unwrap_err();
        let why = why.get_ref().and_then(|why| why.downcast_ref::<countersign::Error>()).unwrap();
        assert_eq!(
            (why.kind(), ServerError::cause_of(why).unwrap().error.as_str()),
            (ErrorKind::TokenRequestFailed, "invalid_client")
        );
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn a_code_with_pkce_then_rotation_and_revocation() {
    let server = server();
    for pushed in [false, true] {
        let mut grant = grant(&server, GrantType::AuthorizationCode, if pushed { "par" } else { "native" });
        grant.scope = Some("openid offline_access api:read".into());
        grant.auth_request_params = vec![("prompt".into(), "consent".into())];
        grant.par_url = pushed.then(|| server.uri("/request"));
        let signer = Arc::new(Signer::new(&Config::with_grant(grant.clone())).unwrap());
        let mut authorization = signer.authorize(&Context::now()).unwrap();
        if pushed {
            let response = send(&client(), authorization.push_request(&Context::now()).unwrap()).unwrap();
            authorization.pushed(&response).unwrap();
        }
        let came_back = consent(&server, &authorization.url().to_string(), "").expect("a callback");
        let forged = came_back.replace("state=", "state=x");
        assert_eq!(signer.callback(&forged, &Context::now()).unwrap_err().kind(), ErrorKind::StateMismatch);
        let request = signer.callback(&came_back, &Context::now()).unwrap().unwrap();
        let response = send(&client(), request).unwrap();
        signer.accept(&response, &Context::now()).unwrap();

        let auth = Authenticator::from_arc(Arc::clone(&signer) as _);
        let (status, sent, body) = api(&server, &auth).unwrap();
        assert_eq!((status, sent), (StatusCode::OK, 1));
        assert!(body.contains("\"sub\":\"alice\""), "{body}");

        // The server ends the token before its time: one refresh, with a new refresh token.
        let before = signer.token(&Context::now()).unwrap().unwrap();
        send(&client(), Request::post(server.uri("/test/expire")).body(Payload::empty()).unwrap()).unwrap();
        assert_eq!(api(&server, &auth).unwrap().1, 3, "request, refresh, request");
        let after = signer.token(&Context::now()).unwrap().unwrap();
        assert!(after.access_token != before.access_token && after.refresh_token != before.refresh_token);

        let ask = request::introspection_request(
            &grant,
            &server.uri("/token/introspection"),
            &after.access_token,
            None,
            &Context::now(),
        );
        let introspect =
            |request: Request<Payload>| request::introspection(&send(&client(), request).unwrap()).unwrap();
        let known = introspect(ask.unwrap());
        assert!(known.active && known.client_id.as_deref() == Some(grant.client_id.as_str()));
        let refresh = after.refresh_token.unwrap();
        let revoke = request::revocation_request(
            &grant,
            &server.uri("/token/revocation"),
            &refresh,
            Some("refresh_token"),
            &Context::now(),
        );
        assert_eq!(send(&client(), revoke.unwrap()).unwrap().status(), StatusCode::OK);
        let ask = request::introspection_request(
            &grant,
            &server.uri("/token/introspection"),
            &refresh,
            None,
            &Context::now(),
        );
        assert!(!introspect(ask.unwrap()).active);
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn a_device_asks_until_the_person_is_done() {
    let server = server();
    let mut grant = grant(&server, GrantType::DeviceCode, "device");
    grant.scope = Some("openid offline_access".into());
    let signer = Signer::new(&Config::with_grant(grant.clone())).unwrap();
    let response = send(&client(), request::device_request(&grant, &Context::now()).unwrap()).unwrap();
    let mut device = DeviceAuthorization::from_reply(&response, &Context::now()).unwrap();
    let ask = |device: &DeviceAuthorization| {
        let response = send(&client(), device.token_request(&grant, &Context::now()).unwrap()).unwrap();
        signer.accept(&response, &Context::now())
    };
    let why = ask(&device).unwrap_err();
    assert!(device.goes_on(&why, &Context::now()), "{why}");
    let url = device.verification_uri_complete.clone().unwrap();
    assert!(consent(&server, &url, &device.user_code).is_none());
    ask(&device).unwrap();
    assert!(signer.token(&Context::now()).unwrap().unwrap().refresh_token.is_some());
}

#[test]
#[ignore = "needs tests/servers"]
fn resources_and_metadata() {
    let server = server();
    let mut grant = client_credentials(&server, "basic", "basic-secret", ClientAuthentication::Header);
    grant.resource = vec!["https://api.example".into()];
    grant.scope = Some("api:read".into());
    let auth = authenticator(grant.clone());
    let (status, _, body) = api(&server, &auth).unwrap();
    assert!(status == StatusCode::OK && body.contains("https://api.example") && body.contains("api:read"), "{body}");
    grant.resource = vec!["https://refused.example".into()];
    assert!(api(&server, &authenticator(grant)).unwrap_err().to_string().contains("invalid_target"));

    let issuer = server.uri("");
    let [_, openid] = request::metadata_urls(&issuer).unwrap();
    let response = get(&openid.to_string());
    let metadata = request::metadata(&issuer, &response).unwrap();
    assert_eq!(metadata.token_endpoint, Some(server.uri("/token")));
    let error = request::metadata("https://other.example", &response).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ServerNotAuthentic);
}

#[test]
#[ignore = "needs tests/servers"]
fn fifty_requests_at_expiry_make_one_token_request() {
    let server = server();
    let auth = authenticator(client_credentials(&server, "basic", "basic-secret", ClientAuthentication::Header));
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
    let mut grant = grant(&server, GrantType::ClientCredentials, "pkjwt");
    grant.client_authentication = ClientAuthentication::PrivateKeyJwt;
    grant.private_key = Some(pem.into());
    grant.key_id = Some("k1".into());
    assert_eq!(api(&server, &authenticator(grant.clone())).unwrap().0, StatusCode::OK);
    // Another key.
    let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n\
        OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G\n\
        -----END PRIVATE KEY-----";
    grant.private_key = Some(key.into());
    let why = api(&server, &authenticator(grant)).unwrap_err();
    assert!(why.to_string().contains("invalid_client"), "{why}");
}

#[test]
#[ignore = "needs tests/servers"]
fn dpop_binds_a_token_to_its_key() {
    let server = server();
    let mut grant = grant(&server, GrantType::AuthorizationCode, "dpop");
    grant.scope = Some("openid offline_access".into());
    grant.auth_request_params = vec![("prompt".into(), "consent".into())];
    grant.dpop = true;
    let signer = Arc::new(Signer::new(&Config::with_grant(grant)).unwrap());
    let url = signer.authorize(&Context::now()).unwrap().url().to_string();
    let came_back = consent(&server, &url, "").expect("a callback");
    let redeem = || {
        let request = signer.callback(&came_back, &Context::now()).unwrap().unwrap();
        let response = send(&client(), request).unwrap();
        signer.accept(&response, &Context::now())
    };
    let why = redeem().unwrap_err();
    assert_eq!(ServerError::cause_of(&why).unwrap().error, "use_dpop_nonce");
    redeem().unwrap();
    let token = signer.token(&Context::now()).unwrap().unwrap();
    assert_eq!(token.token_type, "DPoP");
    let auth = Authenticator::from_arc(Arc::clone(&signer) as _);
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
    for (id, right) in [("header", Header), ("body", Body), ("public", None)] {
        for how in [Header, Body, None] {
            let mut grant = grant(&server, GrantType::Password, id);
            (grant.username, grant.password) = (Some("alice".into()), Some("correct horse".into()));
            grant.client_secret = Some("secret".into());
            grant.client_authentication = how;
            let end = api(&server, &authenticator(grant.clone()));
            assert_eq!(end.is_ok_and(|(status, _, _)| status == StatusCode::OK), how == right, "{id} {how:?}");
            grant.password = Some("wrong".into());
            assert!(api(&server, &authenticator(grant)).is_err());
        }
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn implicit_and_plain_pkce_for_old_servers() {
    let server = authlib();
    for grant_type in [GrantType::AuthorizationCode, GrantType::Implicit] {
        let mut grant = grant(&server, grant_type, "public");
        grant.client_authentication = ClientAuthentication::None;
        grant.code_challenge_method = CodeChallengeMethod::Plain;
        let signer = Arc::new(Signer::new(&Config::with_grant(grant)).unwrap());
        let url = signer.authorize(&Context::now()).unwrap().url().to_string();
        let response = get(&url);
        let came_back = response.headers()["location"].to_str().unwrap();
        if let Some(request) = signer.callback(came_back, &Context::now()).unwrap() {
            let response = send(&client(), request).unwrap();
            signer.accept(&response, &Context::now()).unwrap();
        }
        let auth = Authenticator::from_arc(signer);
        assert_eq!(api(&server, &auth).unwrap().0, StatusCode::OK, "{grant_type:?}");
    }
}
