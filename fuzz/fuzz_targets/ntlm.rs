//! Any second message, plain or in SPNEGO, under both names, and any certificate: a proof or an error, never a panic, and the
//! conversation ends.
#![no_main]

use countersign::{AuthConfig, Authenticator, Context, Reply, Step, ntlm, scheme::encode};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|messages: Vec<(bool, bool, &[u8])>| {
    let auth = Authenticator::new(&AuthConfig::ntlm("D\\user", "password")).expect("a valid config");
    let ctx = Context::at(1_440_938_160).with_random(|buf| {
        buf.fill(7);
        Ok(())
    });
    let (mut exchange, mut step) = auth.start(Request::get("http://h/").body(()).expect("a request"), &ctx).unwrap();
    let mut sent = 0;
    for (proxy, negotiate, message) in messages {
        let _ = ntlm::tls_server_end_point(message);
        let Step::Send(_) = step else { return };
        sent += 1;
        assert!(sent <= 6, "a conversation ends");
        let (status, name) = match proxy {
            true => (StatusCode::PROXY_AUTHENTICATION_REQUIRED, "proxy-authenticate"),
            false => (StatusCode::UNAUTHORIZED, "www-authenticate"),
        };
        let mechanism = if negotiate { "Negotiate" } else { "NTLM" };
        let value = format!("{mechanism} {}", encode::base64(message));
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::try_from(value.trim()).expect("base64"));
        let Ok(next) = exchange.on_response(Reply::new(status, &headers, b""), &ctx) else { return };
        step = next;
    }
});
