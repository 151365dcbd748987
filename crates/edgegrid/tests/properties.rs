//! What holds for every request.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_edgegrid::http::request::Parts;
use countersign_edgegrid::http::{HeaderName, HeaderValue, Request, Uri};
use countersign_edgegrid::verify::{Refusal, Verified, Verifier};
use countersign_edgegrid::{Config, Context, Payload, Scheme as _, Secret, Signer};
use proptest::prelude::*;

const NOW: u64 = 1_395_430_461;

fn config() -> impl Strategy<Value = Config> {
    let headers = proptest::collection::vec("x-[a-c]", 0..3);
    (headers, 1_u64..50, proptest::option::of("[A-Z:1-9]{1,9}")).prop_map(|(headers_to_sign, max_body, account_key)| {
        let mut config = Config::new("access", "client", "secret");
        config.headers_to_sign = headers_to_sign;
        config.max_body = max_body;
        config.account_key = account_key;
        config
    })
}

fn request() -> impl Strategy<Value = Request<Payload>> {
    let uri = prop_oneof!["https?://[a-zA-Z0-9.]{1,9}(:[0-9]{1,4})?(/[ -~]{0,12})?(\\?[ -~]{0,20})?", "/[!-~]{0,20}"];
    let headers = proptest::collection::vec(("x-[a-c]", proptest::collection::vec(0x20_u8..=0xff, 0..8)), 0..3);
    (uri, "(GET|POST|post|PUT)", headers, proptest::collection::vec(any::<u8>(), 0..100)).prop_filter_map(
        "what no request can hold",
        |(uri, method, headers, body)| {
            let request = Request::builder().method(method.as_str()).uri(uri.parse::<Uri>().ok()?);
            let mut request = request.body(Payload::from(body)).ok()?;
            for (name, value) in headers {
                request.headers_mut().append(HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(&value).ok()?);
            }
            Some(request)
        },
    )
}

fn sign(config: &Config, request: Request<Payload>) -> (Parts, Payload, bool) {
    let (mut parts, mut payload) = request.into_parts();
    let signed = Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW).with_nonce("n"));
    (parts, payload, signed.is_ok())
}

proptest! {
    #[test]
    fn what_we_sign_we_accept_only_with_the_secret_and_in_time(config in config(), request in request()) {
        let (before, headers) = (request.uri().clone(), request.headers().clone());
        let (parts, payload, signed) = sign(&config, request);
        if !signed {
            prop_assert_eq!((before, headers), (parts.uri, parts.headers));
            return Ok(());
        }
        let (again, _, _) = sign(&config, Request::from_parts(parts.clone(), payload.clone()));
        prop_assert_eq!((&again.headers, &again.uri), (&parts.headers, &parts.uri));

        let names = config.headers_to_sign.iter().map(|name| name.parse().unwrap());
        let verifier = Verifier::new().with_headers_to_sign(names).with_max_body(config.max_body);
        let verify = |secret: &str, payload: &Payload, now: u64| -> Result<Verified, Refusal> {
            verifier.verify(verifier.read(&parts)?, Some(&Secret::from(secret)), payload, &Context::at(now))
        };
        let verified = verify("secret", &payload, NOW + 30);
        prop_assert!(verified.is_ok(), "{verified:?}");
        prop_assert!(verify("other", &payload, NOW).is_err());
        prop_assert!(verify("secret", &payload, NOW + 31).is_err());
        let whole = payload.bytes().is_some_and(|body| body.len() as u64 <= config.max_body);
        prop_assert_eq!(verified.unwrap().payload_is_signed, whole && parts.method.as_str().eq_ignore_ascii_case("post"));
        if parts.method == "POST" {
            prop_assert!(verify("secret", &[7; 200].to_vec().into(), NOW).is_err());
        }
    }

    #[test]
    fn edgerc_files_are_read_or_refused(text in "(\\[default\\]\n)?([a-z_]{0,6}[=:;#\\[\\]\" -~\n]{0,20}){0,6}", section in "[a-z]{0,8}") {
        let _ = Config::from_edgerc(&text, &section);
    }
}
