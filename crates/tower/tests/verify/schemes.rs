//! Each scheme: who signs is let in and known by name, who does not is asked to, and nothing counts twice.

use std::sync::Arc;

use axum::routing::post as on_post;
use axum::{Extension, Router};
use bytes::Bytes;
use countersign::scheme::replay::MemoryNonceStore;
use countersign::{
    AuthConfig, Authenticator, Context, Payload, Secret, aws_sigv4, basic, digest, edgegrid, hawk, oauth1,
};
use countersign_tower::verify::{
    AccessKey, AwsSigV4, Basic, Bearer, Consumer, Digest, DigestUser, EdgeGrid, EdgeGridClient, Hawk, OAuth1, Verify,
    VerifyLayer,
};
use http::{Request, StatusCode};

use crate::{exchange, post, send, serve};

/// An app whose handler says who it was, by `name`.
fn app<V: Verify>(scheme: V, name: fn(&V::Verified) -> String) -> Router {
    let layer = VerifyLayer::new(scheme).with_nonce_store(Arc::new(MemoryNonceStore::default()));
    let handler = move |Extension(who): Extension<V::Verified>, body: Bytes| async move {
        format!("{} sent {}", name(&who), String::from_utf8_lossy(&body))
    };
    Router::new().route("/things", on_post(handler)).layer(layer)
}

/// `right` is let in, `wrong` is not, nor is nobody; the challenges begin with the scheme.
async fn check(app: Router, right: AuthConfig, wrong: AuthConfig, who: &str, challenge: &str) {
    let address = serve(app).await;
    let reply = exchange(&right, post(address, "hello")).await.unwrap();
    assert_eq!(reply.body(), &format!("{who} sent hello"), "{:?}", reply.status());
    let reply = exchange(&wrong, post(address, "hello")).await.unwrap();
    assert_eq!(reply.status(), StatusCode::UNAUTHORIZED);
    let reply = send(post(address, "hello")).await;
    assert_eq!((reply.status(), reply.body().len()), (StatusCode::UNAUTHORIZED, 0));
    let challenges: Vec<_> =
        reply.headers().get_all("www-authenticate").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(challenges.iter().all(|text| text.starts_with(challenge)), "{challenges:?}");
    assert_eq!(challenges.is_empty(), challenge.is_empty());
}

/// What was signed once is let in once.
async fn check_replay(app: Router, config: &AuthConfig) {
    let address = serve(app).await;
    let auth = Authenticator::new(config).unwrap();
    let signed = auth.sign_request(post(address, "hello"), &Context::now()).unwrap();
    let signed = signed.map(|body| body.bytes().cloned().unwrap());
    assert_eq!(send(signed.clone()).await.status(), StatusCode::OK);
    assert_eq!(send(signed).await.status(), StatusCode::UNAUTHORIZED);
}

fn hawk() -> impl Verify<Verified = hawk::verify::Verified> {
    Hawk::new(hawk::verify::Verifier::new(), |id| async move {
        Ok((id == "dh37").then(|| hawk::verify::Credentials::new("werxhqb98rpaxn39848xrunpaw3489ru")))
    })
    .with_server_authorization()
}

#[tokio::test]
async fn hawk_signs_the_body_and_proves_the_reply() {
    let config = |key: &str| {
        let mut config = hawk::Config::new("dh37", key);
        config.include_payload_hash = true;
        AuthConfig::Hawk(config)
    };
    let right = config("werxhqb98rpaxn39848xrunpaw3489ru");
    check(app(hawk(), |who| who.id.clone()), right.clone(), config("another"), "dh37", "Hawk").await;
    check_replay(app(hawk(), |who| who.id.clone()), &right).await;
    let address = serve(app(hawk(), |who| who.id.clone())).await;
    let reply = exchange(&right, post(address, "hello")).await.unwrap();
    assert!(reply.headers()["server-authorization"].to_str().unwrap().contains("hash="));
}

#[tokio::test]
async fn a_router_that_strips_a_prefix_is_undone() {
    use axum::extract::OriginalUri;

    let layer =
        VerifyLayer::new(hawk()).with_uri(|parts| parts.extensions.get::<OriginalUri>().map(|uri| uri.0.clone()));
    let inner =
        Router::new().route("/things", on_post(|uri: http::Uri| async move { uri.path().to_owned() })).layer(layer);
    let address = serve(Router::new().nest("/v1", inner)).await;
    let config = AuthConfig::hawk("dh37", "werxhqb98rpaxn39848xrunpaw3489ru");
    let request = Request::post(format!("http://{address}/v1/things")).body(Bytes::new()).unwrap();
    assert_eq!(exchange(&config, request).await.unwrap().body(), "/things");
}

#[tokio::test]
async fn digest_demands_and_proves_over_both_bodies() {
    let scheme = |qop: Option<digest::Qop>| {
        let mut verifier = digest::verify::Verifier::new("r", &[7; 32]).unwrap();
        if let Some(qop) = qop {
            verifier = verifier.with_qop(&qop).unwrap();
        }
        Digest::new(verifier, |user: DigestUser| async move {
            Ok((user.name == "Mufasa").then(|| digest::verify::Account::new("Mufasa", "Circle of Life")))
        })
    };
    let right = AuthConfig::digest("Mufasa", "Circle of Life");
    for qop in [None, Some(digest::Qop::AuthInt)] {
        let app = || app(scheme(qop.clone()), |who| who.username.clone());
        check(app(), right.clone(), AuthConfig::digest("Mufasa", "guess"), "Mufasa", "Digest ").await;
        let address = serve(app()).await;
        let reply = exchange(&right, post(address, "hello")).await.unwrap();
        // The client has checked it.
        assert!(reply.headers()["authentication-info"].to_str().unwrap().contains("rspauth="));
    }
}

#[tokio::test]
async fn sigv4_covers_the_body_wherever_its_hash_is() {
    let scheme = || {
        AwsSigV4::new(aws_sigv4::verify::Verifier::new(), |key: AccessKey| async move {
            Ok((key.id == "AKIDEXAMPLE").then(|| Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")))
        })
    };
    for service in ["things", "s3"] {
        let config = |secret: &str| {
            let mut config = aws_sigv4::Config::new("AKIDEXAMPLE", secret);
            (config.service, config.region) = (Some(service.into()), Some("eu-west-1".into()));
            AuthConfig::AwsSigv4(config)
        };
        let right = config("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        let app = || app(scheme(), |who| who.access_key_id.clone());
        check(app(), right.clone(), config("another"), "AKIDEXAMPLE", "").await;
        check_replay(app(), &right).await;
        // The header's hash is signed; a body that has another is found out.
        let address = serve(app()).await;
        let signed = Authenticator::new(&right).unwrap().sign_request(post(address, "hello"), &Context::now()).unwrap();
        let changed = signed.map(|_| Bytes::from_static(b"olleh"));
        assert_eq!(send(changed).await.status(), StatusCode::UNAUTHORIZED, "{service}");
    }
}

#[tokio::test]
async fn oauth1_signs_forms_and_hashes() {
    let scheme = || {
        let verifier = oauth1::verify::Verifier::new();
        OAuth1::new(verifier, |consumer: Consumer| async move {
            let is_known = consumer.key == "dpf43f3p2l4k3l03" && consumer.token.is_none();
            Ok(is_known.then(|| oauth1::verify::Keys::new("kd94hf93k423kf44")))
        })
    };
    let app = || app(scheme(), |who| format!("{} ({})", who.consumer_key, who.body_is_signed));
    let config = |secret: &str| {
        let mut config = oauth1::Config::new("dpf43f3p2l4k3l03", secret);
        config.include_body_hash = true;
        AuthConfig::Oauth1(config)
    };
    // A verifier takes requests whose URI names no scheme for ones of https.
    let origin = |app: Router| app.layer(axum::middleware::map_request(name_http));
    check(origin(app()), config("kd94hf93k423kf44"), config("x"), "dpf43f3p2l4k3l03 (true)", "OAuth").await;
    check_replay(origin(app()), &config("kd94hf93k423kf44")).await;
    let address = serve(origin(app())).await;
    let form = |body: &'static str| {
        let mut request = post(address, body);
        let media_type = "application/x-www-form-urlencoded".parse().unwrap();
        request.headers_mut().insert("content-type", media_type);
        request
    };
    let auth = Authenticator::new(&AuthConfig::oauth1("dpf43f3p2l4k3l03", "kd94hf93k423kf44")).unwrap();
    let sign = |body| auth.sign_request(form(body), &Context::now()).unwrap();
    let bytes = |body: Payload| body.bytes().cloned().unwrap();
    assert_eq!(send(sign("size=small").map(bytes)).await.status(), StatusCode::OK);
    let changed = sign("size=small").map(|_| Bytes::from_static(b"size=large"));
    assert_eq!(send(changed).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn edgegrid_signs_the_body_of_a_post() {
    let scheme = || {
        let verifier = edgegrid::verify::Verifier::new().with_scheme(http::uri::Scheme::HTTP);
        EdgeGrid::new(verifier, |client: EdgeGridClient| async move {
            let is_known = client.client_token == "client" && client.access_token == "access";
            Ok(is_known.then(|| Secret::from("the client secret=")))
        })
    };
    let config = |secret: &str| AuthConfig::edgegrid("access", "client", secret);
    let app = || app(scheme(), |who| who.client_token.clone());
    check(app(), config("the client secret="), config("another"), "client", "").await;
    check_replay(app(), &config("the client secret=")).await;
    let address = serve(app()).await;
    let auth = Authenticator::new(&config("the client secret=")).unwrap();
    let signed = auth.sign_request(post(address, "hello"), &Context::now()).unwrap();
    assert_eq!(send(signed.map(|_| Bytes::from_static(b"olleh"))).await.status(), StatusCode::UNAUTHORIZED);
}

/// What a server behind no proxy knows of itself.
async fn name_http(mut request: axum::extract::Request) -> axum::extract::Request {
    let uri = format!("http://{}{}", request.headers()["host"].to_str().unwrap(), request.uri());
    *request.uri_mut() = uri.parse().unwrap();
    request
}

#[tokio::test]
async fn basic_and_bearer_know_their_own_types() {
    let users = Basic::new(basic::verify::Verifier::new("r").unwrap(), |claim: basic::verify::Claim| async move {
        let is_right = claim.id() == "Aladdin" && *claim.password() == "open sesame".into();
        Ok(is_right.then(|| claim.id().len()))
    });
    let wrong = AuthConfig::basic("Aladdin", "guess");
    check(app(users, usize::to_string), AuthConfig::basic("Aladdin", "open sesame"), wrong, "7", "Basic realm=\"r\"")
        .await;

    let robots = Bearer::new(|token: Secret| async move { Ok((token == "t".into()).then_some(42_u64)) });
    let app = app(robots.with_realm("r").unwrap(), u64::to_string);
    check(app.clone(), AuthConfig::bearer("t"), AuthConfig::bearer("u"), "42", "Bearer realm=\"r\"").await;
    let address = serve(app).await;
    let reply = exchange(&AuthConfig::bearer("u"), post(address, "")).await.unwrap();
    assert_eq!(reply.headers()["www-authenticate"], r#"Bearer realm="r", error="invalid_token""#);
}
