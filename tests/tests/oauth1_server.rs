//! OAuth 1.0a against a provider over oauthlib's server classes: three-legged sign-ins by every method and placement.

use countersign::oauth1::{AddTo, Config, SignatureMethod, flow};
use countersign::{AuthConfig, Authenticator, Context, ErrorKind};
use countersign_tests::{Server, client, exchange, free_port, send, work_dir};
use http::{Request, StatusCode, Uri};

fn provider() -> Server {
    Server::script("oauth1-oauthlib.sh", free_port().unwrap(), &work_dir("oauth1").unwrap()).unwrap()
}

/// The key that the OAuth wiki publishes with its RSA-SHA1 test case, as the vectors have it.
fn wiki_key() -> String {
    let (_, json) = countersign_vectors::FILES.iter().find(|(name, _)| *name == "oauth1-wiki").unwrap();
    let file: serde_json::Value = serde_json::from_str(json).unwrap();
    file["vectors"][0]["config"]["private_key"].as_str().unwrap().to_owned()
}

fn consumer(method: &SignatureMethod, add_to: AddTo) -> Config {
    let mut config = Config::new("consumer", "consumer-secret");
    config.signature_method = method.clone();
    config.add_to = add_to;
    if method.as_str().starts_with("RSA") {
        config.private_key = Some(wiki_key().into());
    }
    config
}

/// Temporary credentials, and the callback that the user's consent leads to.
fn consent(server: &Server, config: &Config) -> (flow::Credentials, Uri) {
    let (agent, now) = (client(), Context::now());
    let uri = server.uri("/initiate").parse().unwrap();
    let request = flow::temporary_credentials_request(config, &uri, "http://127.0.0.1:9/back?own=1", &now).unwrap();
    let response = send(&agent, request).unwrap();
    let temporary = flow::temporary_credentials(&response).unwrap();
    let url = flow::authorization_url(&server.uri("/authorize").parse().unwrap(), &temporary.token).unwrap();
    let response = send(&agent, Request::get(url).body("".into()).unwrap()).unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    (temporary, response.headers()["location"].to_str().unwrap().parse().unwrap())
}

/// The whole flow: the config with its token.
fn sign_in(server: &Server, config: &Config) -> Config {
    let (temporary, callback) = consent(server, config);
    let verifier = flow::callback(&callback, &temporary.token).unwrap();
    let uri = server.uri("/token").parse().unwrap();
    let request = flow::token_request(config, &uri, &temporary, &verifier, &Context::now()).unwrap();
    let response = send(&client(), request).unwrap();
    let credentials = flow::token_credentials(&response).unwrap();
    config.clone().with_token(credentials.token, credentials.token_secret)
}

fn status(config: Config, request: http::request::Builder, body: &'static str) -> StatusCode {
    let auth = Authenticator::new(&AuthConfig::Oauth1(config)).unwrap();
    exchange(&client(), &auth, request.body(body).unwrap()).unwrap().0.status()
}

#[test]
#[ignore = "needs tests/servers"]
fn every_method_and_placement_signs_in() {
    let server = provider();
    let uri = server.uri("/resource?b=2&a=1%20%2B&c&a=%C3%BC");
    for method in SignatureMethod::ALL {
        for add_to in [AddTo::Header, AddTo::Request] {
            let config = sign_in(&server, &consumer(method, add_to));
            let form = || Request::post(&uri).header("content-type", "application/x-www-form-urlencoded");
            assert_eq!(status(config.clone(), Request::get(&uri), ""), StatusCode::OK, "{method} {add_to:?}");
            assert_eq!(status(config.clone(), form(), "x=1+2&y=%26&x="), StatusCode::OK, "{method} {add_to:?}");
            assert_eq!(status(config.clone(), Request::delete(&uri), ""), StatusCode::OK, "{method} {add_to:?}");
            let mut hashing = config.clone();
            hashing.include_body_hash = true;
            assert_eq!(status(hashing, Request::put(&uri), "{\"a\":1}"), StatusCode::OK, "{method} {add_to:?}");

            let mut wrong = config.clone();
            wrong.token_secret = Some("wrong".into());
            // An RSA signature does not depend on the secrets.
            if wrong.private_key.is_none() {
                assert_eq!(status(wrong, Request::get(&uri), ""), StatusCode::UNAUTHORIZED, "{method} {add_to:?}");
            }
            let mut unknown = config;
            unknown.token = Some("unknown".into());
            assert_eq!(status(unknown, Request::get(&uri), ""), StatusCode::UNAUTHORIZED, "{method} {add_to:?}");
        }
    }
}

#[test]
#[ignore = "needs tests/servers"]
fn a_nonce_counts_once_and_a_body_is_its_hash() {
    let server = provider();
    let mut config = sign_in(&server, &consumer(&SignatureMethod::HmacSha256, AddTo::Header));
    config.nonce = Some("once".into());
    assert_eq!(status(config.clone(), Request::get(server.uri("/resource")), ""), StatusCode::OK);
    config.timestamp = Some(Context::now().unix_time());
    let _ = status(config.clone(), Request::get(server.uri("/resource")), "");
    assert_eq!(status(config.clone(), Request::get(server.uri("/resource")), ""), StatusCode::UNAUTHORIZED);

    config.nonce = None;
    config.timestamp = None;
    config.include_body_hash = true;
    let auth = Authenticator::new(&AuthConfig::Oauth1(config)).unwrap();
    let request = Request::post(server.uri("/resource")).body("{}").unwrap();
    let mut request = auth.sign_request(request, &Context::now()).unwrap();
    *request.body_mut() = "{ }".into();
    assert_eq!(send(&client(), request).unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[test]
#[ignore = "needs tests/servers"]
fn a_wrong_verifier_and_a_wrong_secret_get_no_token() {
    let server = provider();
    let config = consumer(&SignatureMethod::HmacSha1, AddTo::Header);
    let (temporary, callback) = consent(&server, &config);
    assert_eq!(flow::callback(&callback, "another token").unwrap_err().kind(), ErrorKind::StateMismatch);
    let uri = server.uri("/token").parse().unwrap();
    let request = flow::token_request(&config, &uri, &temporary, "wrong", &Context::now()).unwrap();
    let response = send(&client(), request).unwrap();
    let error = flow::token_credentials(&response).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenRequestFailed);
    assert!(error.to_string().contains("status 401"), "{error}");

    let wrong = Config::new("consumer", "wrong");
    let uri = server.uri("/initiate").parse().unwrap();
    let request = flow::temporary_credentials_request(&wrong, &uri, "oob", &Context::now()).unwrap();
    let response = send(&client(), request).unwrap();
    let error = flow::temporary_credentials(&response).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenRequestFailed);
}
