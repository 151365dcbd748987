//! Static schemes beside the bare request that they sign: what the signing itself adds.

use countersign::{AuthConfig, Authenticator, Context, Payload, oauth2};
use http::{HeaderValue, Request};

use crate::Bench;

fn request() -> Request<Payload> {
    let request = Request::get("https://api.example.com/items?page=2&per_page=50").header("accept", "application/json");
    request.body(Payload::empty()).expect("a valid request")
}

pub(crate) fn rows(bench: &mut Bench) {
    let auth = Authenticator::new(&AuthConfig::basic("Aladdin", "open sesame")).expect("a valid config");
    let value = HeaderValue::from_static("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    let ctx = Context::at(0);
    bench.row(
        "basic-get",
        "bare-request",
        || auth.sign_request(request(), &ctx).expect("signed").headers()["authorization"].clone(),
        || {
            let mut request = request();
            request.headers_mut().insert("authorization", value.clone());
            request.headers()["authorization"].clone()
        },
    );

    let bearer =
        Authenticator::new(&AuthConfig::Oauth2(oauth2::Config::new("mF_9.B5f-4.1JqM"))).expect("a valid config");
    let value = HeaderValue::from_static("Bearer mF_9.B5f-4.1JqM");
    bench.row(
        "oauth2-bearer",
        "bare-request",
        || bearer.sign_request(request(), &ctx).expect("signed").headers()["authorization"].clone(),
        || {
            let mut request = request();
            request.headers_mut().insert("authorization", value.clone());
            request.headers()["authorization"].clone()
        },
    );
}
