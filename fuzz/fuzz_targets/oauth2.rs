//! Any reply of a token, device, introspection or metadata endpoint, and any callback: read or an error, never a panic, and
//! conversations end.
#![no_main]

use countersign::oauth2::request::{self, DeviceAuthorization};
use countersign::oauth2::{AuthorizationRequest, Grant, GrantType, Token};
use countersign::scheme::Reply;
use countersign::{AuthConfig, Authenticator, Context, Step};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8], &[u8], &str)| {
    let (status, header, body, callback) = input;
    let Ok(status) = StatusCode::from_u16(status % 1000) else { return };
    let value = HeaderValue::from_bytes(header).ok();
    let headers: HeaderMap = value
        .into_iter()
        .flat_map(|value| [(http::header::WWW_AUTHENTICATE, value.clone()), (http::header::CONTENT_TYPE, value)])
        .collect();
    let reply = Reply::new(status, &headers, body);
    let ctx = Context::at(1000).with_nonce("n");
    let _ = Token::from_reply(reply, &ctx);
    let _ = DeviceAuthorization::from_reply(reply, &ctx);
    let _ = request::introspection(reply);
    let _ = request::metadata("https://as", reply);
    let _ = request::metadata_urls(callback);

    let mut grant = Grant::authorization_code("https://as/auth", "https://as/token", "app", "http://127.0.0.1/back");
    grant.state = Some("s".into());
    for grant_type in [GrantType::AuthorizationCode, GrantType::Implicit] {
        grant.grant_type = grant_type;
        let mut authorization = AuthorizationRequest::new(&grant, &ctx).expect("a valid grant");
        let _ = authorization.callback(callback, &ctx);
        let _ = authorization.callback(&format!("/back?{callback}"), &ctx);
        let _ = authorization.callback(&format!("http://127.0.0.1:1/back#state=s&{callback}"), &ctx);
        let _ = authorization.pushed(reply);
    }

    let grant = Grant::client_credentials("https://as/token", "i", "s");
    let auth = Authenticator::new(&AuthConfig::oauth2(grant)).expect("a valid config");
    let (mut exchange, mut step) = auth.start(Request::get("https://h/").body(()).expect("a request"), &ctx).unwrap();
    for _ in 0..8 {
        let Step::Send(_) = step else { return };
        let Ok(next) = exchange.on_response(reply, &ctx) else { return };
        step = next;
    }
    panic!("a conversation ends");
});
