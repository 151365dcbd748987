//! Any request line, header and form: signed and verified or an error; provider replies and callbacks: read or an error. Never a
//! panic, and what we sign we accept.
#![no_main]

use countersign::oauth1::verify::{Keys, Verifier};
use countersign::oauth1::{AddTo, Config, Signer, flow};
use countersign::scheme::Scheme as _;
use countersign::{Context, Payload, Reply};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8], &[u8], bool)| {
    let (path, header, body, in_request) = input;
    let headers: HeaderMap =
        HeaderValue::from_bytes(header).map(|value| (header::WWW_AUTHENTICATE, value)).into_iter().collect();
    let _ = flow::temporary_credentials(Reply::new(StatusCode::OK, &headers, body));
    let _ = flow::token_credentials(Reply::new(StatusCode::UNAUTHORIZED, &HeaderMap::new(), body));
    let Ok(uri) = format!("http://h/{path}").parse::<Uri>() else { return };
    let _ = flow::callback(&uri, "token");

    let verify = |parts: &Parts, payload: &Payload, ctx: &Context| {
        let (verifier, keys) = (Verifier::new(), Keys::new("secret").with_token_secret("token secret"));
        verifier.verify(verifier.read(parts, payload)?, Some(&keys), payload, ctx)
    };
    let request = Request::post(uri).header("content-type", "application/x-www-form-urlencoded");
    let (mut parts, mut payload) = request.body(Payload::from(body.to_vec())).expect("a request").into_parts();
    if let Ok(value) = HeaderValue::from_bytes(header) {
        parts.headers.insert("authorization", value);
    }
    let ctx = Context::at(1).with_nonce("n");
    let _ = verify(&parts, &payload, &ctx);

    let mut config = Config::new("key", "secret").with_token("token", "token secret");
    config.add_to = if in_request { AddTo::Request } else { AddTo::Header };
    // A caller's own parameter of a protocol name stands beside the header's, which providers refuse.
    let doubled = |text: &[u8]| text.windows(2).any(|pair| pair == b"oa") || text.contains(&b'%');
    if Signer::new(&config).expect("a valid config").sign(&mut parts, &mut payload, &ctx).is_ok()
        && !doubled(path.as_bytes())
        && !doubled(body)
    {
        verify(&parts, &payload, &ctx).expect("what we sign we accept");
    }
});
