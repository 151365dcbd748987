//! Any reply of a token, device, introspection or metadata endpoint, and any callback: read or an error, never a panic, and
//! conversations end.
#![no_main]

use countersign::oauth2::server::{AuthorizationRequest, Introspection, Metadata, metadata_urls, revoked};
use countersign::oauth2::{AuthorizationCode, DeviceAuthorization, Grant, Implicit, Token};
use countersign::{AuthConfig, Authenticator, Context, Reply, Step};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8], &[u8], &str)| {
    let (status, header, body, callback) = input;
    let Ok(status) = StatusCode::from_u16(status % 1000) else { return };
    let value = HeaderValue::from_bytes(header).ok();
    let headers: HeaderMap = value
        .into_iter()
        .flat_map(|value| {
            [
                (http::header::WWW_AUTHENTICATE, value.clone()),
                (http::header::RETRY_AFTER, value.clone()),
                (http::header::CONTENT_TYPE, value),
            ]
        })
        .collect();
    let reply = Reply::new(status, &headers, body);
    let ctx = Context::at(1000).with_nonce("n");
    let _ = Token::from_reply(reply, &ctx);
    let _ = DeviceAuthorization::from_reply(reply, &ctx);
    let _ = Introspection::from_reply(reply, &ctx);
    let _ = Metadata::from_reply("https://as", reply, &ctx);
    let _ = revoked(reply, &ctx);
    let _ = metadata_urls(callback);

    let mut code = AuthorizationCode::new("https://as/auth", "https://as/token", "app", "http://127.0.0.1/back");
    code.consent.state = Some("s".into());
    let mut implicit = Implicit::new("https://as/auth", "app", "http://127.0.0.1/back");
    implicit.consent.state = Some("s".into());
    for grant in [Grant::from(code), Grant::from(implicit)] {
        let mut authorization = AuthorizationRequest::new(&grant, &ctx).expect("a valid grant");
        let _ = authorization.callback(callback, &ctx);
        let _ = authorization.callback(&format!("/back?{callback}"), &ctx);
        let _ = authorization.callback(&format!("http://127.0.0.1:1/back#state=s&{callback}"), &ctx);
        let _ = authorization.pushed(&grant, reply, &ctx);
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
