//! What holds for every request.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::sync::Arc;

use countersign_hawk::http::header::WWW_AUTHENTICATE;
use countersign_hawk::http::request::Parts;
use countersign_hawk::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use countersign_hawk::verify::{Credentials, Refusal, Verified, Verifier};
use countersign_hawk::{
    Algorithm, Config, Context, ErrorKind, Exchange, Payload, Reply, SERVER_AUTHORIZATION, Scheme as _, Signer, Step,
};
use proptest::prelude::*;

const NOW: u64 = 1_353_832_234;
const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

fn config() -> impl Strategy<Value = Config> {
    let algorithm = prop_oneof![Just(Algorithm::Sha256), Just(Algorithm::Sha1)];
    (algorithm, any::<bool>(), "[ -~]{0,6}", "[a-z!]{0,3}", "[a-z]{0,3}").prop_map(
        |(algorithm, hash, ext, app, dlg)| {
            let mut config = Config::new("id", KEY);
            config.algorithm = algorithm;
            config.include_payload_hash = hash;
            (config.ext, config.app, config.dlg) = (Some(ext), Some(app), Some(dlg));
            config
        },
    )
}

fn request() -> impl Strategy<Value = Request<Payload>> {
    let uri = prop_oneof!["https?://[a-zA-Z0-9.]{1,9}(:[0-9]{1,4})?(/[ -~]{0,12})?(\\?[ -~]{0,20})?", "/[!-~]{0,20}"];
    (uri, "(GET|POST|put)", proptest::option::of("[a-zA-Z/; =-]{0,12}"), any::<Vec<u8>>()).prop_filter_map(
        "what no request can hold",
        |(uri, method, media_type, body)| {
            let request = Request::builder().method(method.as_str()).uri(uri.parse::<Uri>().ok()?);
            let request = media_type.into_iter().fold(request, |request, text| request.header("content-type", text));
            request.body(Payload::from(body)).ok()
        },
    )
}

fn sign(config: &Config, request: Request<Payload>) -> (Parts, Payload, bool) {
    let (mut parts, mut payload) = request.into_parts();
    let signed = Signer::new(config).unwrap().sign(&mut parts, &mut payload, &Context::at(NOW).with_nonce("n"));
    (parts, payload, signed.is_ok())
}

fn key(config: &Config, key: &str) -> Credentials {
    Credentials::new(key).with_algorithm(config.algorithm.clone())
}

fn verify(parts: &Parts, payload: &Payload, key: &Credentials, now: u64) -> Result<Verified, Refusal> {
    let verifier = Verifier::new();
    verifier.verify(verifier.read(parts)?, Some(key), payload, &Context::at(now))
}

proptest! {
    #[test]
    fn what_we_sign_we_accept_only_with_the_key_and_in_time(config in config(), request in request()) {
        let before = request.headers().clone();
        let (parts, payload, signed) = sign(&config, request);
        if !signed {
            prop_assert_eq!(before, parts.headers);
            return Ok(());
        }
        let (again, _, _) = sign(&config, Request::from_parts(parts.clone(), payload.clone()));
        prop_assert_eq!(&again.headers, &parts.headers);

        let right = key(&config, KEY);
        let verified = verify(&parts, &payload, &right, NOW + 3);
        prop_assert!(verified.is_ok(), "{verified:?}");
        prop_assert_eq!(verified.unwrap().payload_is_signed, config.include_payload_hash);
        prop_assert!(verify(&parts, &payload, &key(&config, "other"), NOW).is_err());
        prop_assert!(verify(&parts, &payload, &right, NOW + 60).is_ok());
        prop_assert!(verify(&parts, &payload, &right, NOW + 61).is_err());
        if config.include_payload_hash {
            prop_assert!(verify(&parts, &"another".into(), &right, NOW).is_err());
        }
    }

    #[test]
    fn replies_prove_the_server(config in config(), request in request(), body in any::<Vec<u8>>(), ext in "[ -~]{0,5}") {
        let (parts, payload, signed) = sign(&config, request);
        if !signed {
            return Ok(());
        }
        let verified = verify(&parts, &payload, &key(&config, KEY), NOW).unwrap();
        let proof = verified.server_authorization("text/plain", &body, &ext).unwrap();
        let reply = |media_type: &str, body: &[u8]| {
            let reply = Response::builder().header("content-type", media_type).header(SERVER_AUTHORIZATION, &proof);
            reply.body(body.to_vec()).unwrap()
        };
        let signer = Signer::new(&config).unwrap();
        let right = reply("Text/Plain; charset=utf-8", &body);
        prop_assert_eq!(signer.check_response(&parts, &right).unwrap().unwrap_or_default(), ext);
        prop_assert!(signer.check_response_headers(&parts, right.headers()).is_ok());
        let (mut longer, mut two_types, mut unproved) = (right.clone(), right.clone(), right.clone());
        longer.body_mut().push(b'x');
        two_types.headers_mut().append("content-type", HeaderValue::from_static("text/html"));
        unproved.headers_mut().remove(SERVER_AUTHORIZATION);
        for wrong in [longer, two_types, unproved, reply("text/html", &body)] {
            let error = signer.check_response(&parts, &wrong).unwrap_err();
            prop_assert_eq!(error.kind(), ErrorKind::ServerNotAuthentic);
        }
    }

    #[test]
    fn bewits_hold_until_they_expire(config in config(), path in "/[a-z]{0,3}(\\?[a-z&=?]{0,6})?", ttl in 1_u64..100) {
        let signer = Signer::new(&config).unwrap();
        let uri: Uri = format!("http://h:81{path}").parse().unwrap();
        let Ok(with_bewit) = signer.bewit(&uri, ttl, &Context::at(NOW)) else {
            prop_assert!(config.ext.unwrap().contains('\\'));
            return Ok(());
        };
        let again = signer.bewit(&with_bewit, ttl, &Context::at(NOW)).unwrap();
        prop_assert_eq!(&again, &with_bewit);
        let verify = |uri: &Uri, key, now| {
            let (parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
            let (verifier, key) = (Verifier::new(), self::key(&config, key));
            let claim = verifier.read_bewit(&parts);
            claim.and_then(|claim| verifier.verify_bewit(claim, Some(&key), &Context::at(now))).is_ok()
        };
        prop_assert!(verify(&with_bewit, KEY, NOW + ttl - 1));
        prop_assert!(!verify(&with_bewit, KEY, NOW + ttl));
        prop_assert!(!verify(&with_bewit, "other", NOW));
        prop_assert!(!verify(&with_bewit.to_string().replace("h:81", "h:82").parse().unwrap(), KEY, NOW));
        prop_assert!(!verify(&uri, KEY, NOW));
    }

    #[test]
    fn exchanges_end_whatever_comes_back(
        replies in proptest::collection::vec((any::<bool>(), "[ -~]{0,40}"), 0..6),
        required in any::<bool>(),
    ) {
        let mut config = Config::new("id", KEY);
        config.require_server_authorization = required;
        let request = Request::get("http://h/").body(Payload::empty()).unwrap();
        let ctx = Context::at(NOW).with_nonce("n");
        let (mut exchange, mut step) = Exchange::start(Arc::new(Signer::new(&config).unwrap()), request, &ctx).unwrap();
        let mut sent = 0;
        for (refused, text) in replies {
            let Step::Send(_) = step else { return Ok(()) };
            sent += 1;
            prop_assert!(sent <= 2);
            let status = if refused { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
            let value = HeaderValue::try_from(format!("Hawk {text}")).unwrap();
            let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, value.clone()), (SERVER_AUTHORIZATION, value)]);
            let Ok(next) = exchange.on_response(Reply::new(status, &headers, b""), &ctx) else { return Ok(()) };
            step = next;
        }
    }
}
