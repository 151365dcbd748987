//! What holds for every request.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_oauth1::http::request::Parts;
use countersign_oauth1::http::{HeaderName, HeaderValue, Request, Uri};
use countersign_oauth1::verify::{Keys, Verifier};
use countersign_oauth1::{AddTo, Config, Context, Payload, Scheme as _, SignatureMethod, Signer};
use proptest::prelude::*;

const NOW: u64 = 1_191_242_096;

fn config() -> impl Strategy<Value = Config> {
    use SignatureMethod::{HmacSha1, HmacSha256, HmacSha512, Plaintext};
    let methods = prop_oneof![Just(HmacSha1), Just(HmacSha256), Just(HmacSha512), Just(Plaintext)];
    let add_to = prop_oneof![Just(AddTo::Header), Just(AddTo::Request)];
    (methods, add_to, any::<[bool; 3]>(), ".{1,6}", ".{0,6}").prop_map(|(method, add_to, flags, key, token)| {
        let mut config = Config::new(key, "secret").with_token(token, "token secret");
        config.signature_method = method;
        config.add_to = add_to;
        [config.include_body_hash, config.add_empty_params_to_signature, _] = flags;
        config.realm = flags[2].then(|| "a realm".to_owned());
        config
    })
}

/// Any request that the `http` crate can hold, absolute or not, with a form body or another.
fn request() -> impl Strategy<Value = Request<Payload>> {
    let uri = prop_oneof![
        "https?://[a-z0-9.]{1,12}(:[0-9]{1,4})?(/[ -~]{0,20})?(\\?[ -~]{0,30})?",
        "https?://[a-z]{1,4}/(\\?[a-c=&%+é]{0,20}(&oauth_[a-z_]{1,9}=[a-c]{0,2}){0,2})?",
        "/[!-~]{0,20}",
    ];
    const TYPES: [&str; 3] =
        ["application/x-www-form-urlencoded", "Application/X-WWW-form-urlencoded;x=y", "text/plain"];
    let bodies = prop_oneof!["[a-c=&%+é]{0,20}(&oauth_signature=x)?".prop_map(Vec::from), any::<Vec<u8>>()];
    (uri, "(GET|POST|PUT|PATCH|get)", proptest::option::of(proptest::sample::select(&TYPES)), bodies).prop_filter_map(
        "what no request can hold",
        |(uri, method, media_type, body)| {
            let mut request = Request::builder().method(method.as_str()).uri(uri.parse::<Uri>().ok()?);
            if let Some(media_type) = media_type {
                request = request.header("content-type", media_type);
            }
            request.header("content-length", body.len()).body(Payload::from(body)).ok()
        },
    )
}

fn sign(config: &Config, request: Request<Payload>) -> (Parts, Payload, bool) {
    let (mut parts, mut payload) = request.into_parts();
    let signed = Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW).with_nonce("n0nce"));
    (parts, payload, signed.is_ok())
}

type Seen = (String, Vec<(HeaderName, HeaderValue)>, Vec<u8>);

fn seen(parts: &Parts, payload: &Payload) -> Seen {
    let mut headers: Vec<_> = parts.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    headers.sort_by(|(one, _), (two, _)| one.as_str().cmp(two.as_str()));
    (format!("{} {}", parts.method, parts.uri), headers, payload.bytes().unwrap().to_vec())
}

proptest! {
    #[test]
    fn signing_twice_is_signing_once(config in config(), request in request()) {
        let (parts, payload, signed) = sign(&config, request);
        if signed {
            let once = seen(&parts, &payload);
            let (parts, payload, signed) = sign(&config, Request::from_parts(parts, payload));
            prop_assert!(signed);
            prop_assert_eq!(once, seen(&parts, &payload));
        }
    }

    #[test]
    fn an_error_leaves_the_request_as_it_was(config in config(), request in request()) {
        let (before, payload) = request.clone().into_parts();
        let before = seen(&before, &payload);
        let (parts, payload, signed) = sign(&config, request);
        if !signed {
            prop_assert_eq!(before, seen(&parts, &payload));
        }
    }

    #[test]
    fn what_we_sign_we_accept(config in config(), request in request()) {
        let (parts, payload, signed) = sign(&config, request);
        // Parameters of the caller's own that bear a protocol name stand beside the header's, which a provider refuses.
        let doubled = parts.uri.query().is_some_and(|query| query.contains("oauth_"));
        if signed && (config.add_to == AddTo::Request || !doubled) {
            let verify = |secret: &'static str| {
                let verifier = Verifier::new().with_plaintext_off_tls();
                let keys = Keys::new(secret).with_token_secret("token secret").with_methods(SignatureMethod::ALL.iter().cloned());
                let claim = verifier.read(&parts, &payload)?;
                verifier.verify(claim, Some(&keys), &payload, &Context::at(NOW))
            };
            let verified = verify("secret");
            prop_assert!(verified.is_ok(), "{verified:?}");
            prop_assert!(verify("other").is_err());
        }
    }

    #[test]
    fn the_order_of_the_query_does_not_matter(mut pairs in proptest::collection::vec("[a-c]{1,2}=[a-c%é+]{0,2}", 1..6)) {
        let signature = |pairs: &[String]| {
            let request = Request::get(format!("https://h/p?{}", pairs.join("&"))).body(Payload::empty()).unwrap();
            sign(&Config::new("k", "s"), request).0.headers["authorization"].clone()
        };
        let one = signature(&pairs);
        pairs.reverse();
        prop_assert_eq!(one, signature(&pairs));
    }
}
