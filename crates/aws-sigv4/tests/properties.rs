//! What holds for every request.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_aws_sigv4::verify::Verifier;
use countersign_aws_sigv4::{AddTo, Config, PayloadSigning, Signer};
use countersign_core::{Context, ErrorKind, Payload, Scheme as _, Secret};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Uri};
use proptest::prelude::*;

const NOW: u64 = 1_440_938_160;

fn config() -> impl Strategy<Value = Config> {
    let service = prop_oneof![Just(None), Just(Some("s3".to_owned())), Just(Some("service".to_owned()))];
    let add_to = prop_oneof![Just(AddTo::Header), Just(AddTo::Query)];
    let payload = prop_oneof![Just(PayloadSigning::Hash), Just(PayloadSigning::Unsigned)];
    let token = prop_oneof![Just(None), Just(Some("to/ken=".to_owned()))];
    (service, add_to, payload, token, any::<bool>()).prop_map(
        |(service, add_to, payload, token, unsigned_session_token)| {
            let mut config = Config::new("AKIDEXAMPLE", "secret");
            config.service = service;
            config.add_to = add_to;
            config.payload = payload;
            config.session_token = token.map(Secret::from);
            config.unsigned_session_token = unsigned_session_token;
            config
        },
    )
}

/// Any request that the `http` crate can hold, with a host or without.
fn request() -> impl Strategy<Value = Request<Payload>> {
    let uri = prop_oneof![
        "https?://[a-z0-9.]{1,12}(:[0-9]{1,4})?(/[ -~]{0,20})?(\\?[ -~]{0,30})?",
        "https://bucket\\.s3\\.eu-west-1\\.amazonaws\\.com/[a-zü%/.+=~]{0,20}(\\?[a-cA-C=&%+é]{0,20})?",
        "/[!-~]{0,20}",
    ];
    let headers =
        proptest::collection::vec(("[a-z][a-z-]{0,8}", proptest::collection::vec(0x20_u8..=0xff, 0..12)), 0..6);
    (uri, headers, "[A-Z]{1,7}", proptest::collection::vec(any::<u8>(), 0..40)).prop_filter_map(
        "what no request can hold",
        |(uri, headers, method, body)| {
            let mut request = Request::builder()
                .method(method.as_str())
                .uri(uri.parse::<Uri>().ok()?)
                .body(Payload::from(body))
                .ok()?;
            for (name, value) in headers {
                let value = HeaderValue::from_bytes(&value).ok()?;
                request.headers_mut().append(HeaderName::try_from(name).ok()?, value);
            }
            Some(request)
        },
    )
}

fn sign(config: &Config, request: Request<Payload>) -> (Parts, Payload, bool) {
    let (mut parts, mut payload) = request.into_parts();
    let signed = Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW));
    (parts, payload, signed.is_ok())
}

fn seen(parts: &Parts) -> (String, Vec<(HeaderName, HeaderValue)>) {
    let mut headers: Vec<_> = parts.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    // Stable: values of one name keep their order.
    headers.sort_by(|(one, _), (two, _)| one.as_str().cmp(two.as_str()));
    (format!("{} {}", parts.method, parts.uri), headers)
}

proptest! {
    #[test]
    fn signing_twice_is_signing_once(config in config(), request in request()) {
        let (parts, payload, signed) = sign(&config, request);
        if !signed {
            return Ok(());
        }
        let once = seen(&parts);
        let (parts, _, signed) = sign(&config, Request::from_parts(parts, payload));
        prop_assert!(signed);
        prop_assert_eq!(once, seen(&parts));
    }

    #[test]
    fn an_error_leaves_the_request_as_it_was(config in config(), request in request()) {
        let before = seen(&request.clone().into_parts().0);
        let (parts, _, signed) = sign(&config, request);
        if !signed {
            prop_assert_eq!(before, seen(&parts));
        }
    }

    #[test]
    fn explaining_changes_nothing(config in config(), request in request()) {
        let signer = Signer::new(&config).unwrap();
        let (parts, payload) = request.into_parts();
        let ctx = Context::at(NOW);
        let (plain, explained) = (signer.compute(&parts, &payload, &ctx), signer.compute(&parts, &payload, &ctx.explaining()));
        if let (Ok(plain), Ok(explained)) = (plain, explained) {
            prop_assert_eq!(plain.headers(), explained.headers());
            prop_assert_eq!(plain.uri(), explained.uri());
            prop_assert!(plain.canonical_request().is_none() && explained.string_to_sign().is_some());
        }
    }

    #[test]
    fn the_order_of_the_query_does_not_matter(mut pairs in proptest::collection::vec("[a-c]{1,2}=[a-c%é+]{0,2}", 1..6)) {
        let signature = |pairs: &[String]| {
            let request = Request::get(format!("https://h.example/p?{}", pairs.join("&"))).body(Payload::empty()).unwrap();
            sign(&Config::new("AKIDEXAMPLE", "secret"), request).0.headers["authorization"].clone()
        };
        let one = signature(&pairs);
        pairs.reverse();
        prop_assert_eq!(one, signature(&pairs));
    }

    #[test]
    fn what_we_sign_we_accept(config in config(), request in request()) {
        // A token outside the signature is outside the verifier's too; without one, all that is signed verifies.
        if config.unsigned_session_token && config.session_token.is_some() {
            return Ok(());
        }
        let payload_is_marked = config.payload == PayloadSigning::Unsigned;
        let (parts, payload, signed) = sign(&config, request);
        if !signed {
            return Ok(());
        }
        // A presigned URL of another service than S3 does not say that its body is not signed.
        if payload_is_marked && config.add_to == AddTo::Query && config.service.as_deref() != Some("s3") {
            return Ok(());
        }
        let verify = |secret: &str| {
            let verifier = Verifier::new();
            let claim = verifier.read(&parts)?;
            verifier.verify(claim, Some(&Secret::from(secret)), &payload, &Context::at(NOW))
        };
        let verified = verify("secret");
        prop_assert!(verified.is_ok(), "{verified:?}");
        prop_assert!(verify("other").is_err());
    }
}

#[test]
fn an_empty_host_header_is_no_host() {
    for host in ["", " "] {
        let request = Request::get("http://h/").header("host", host).body(Payload::empty()).unwrap();
        let (mut parts, mut payload) = request.into_parts();
        let signer = Signer::new(&Config::new("AKIDEXAMPLE", "secret")).unwrap();
        let error = signer.sign(&mut parts, &mut payload, &Context::at(0)).unwrap_err();
        assert_eq!((error.kind(), parts.headers.len()), (ErrorKind::InvalidRequest, 1));
    }
}
