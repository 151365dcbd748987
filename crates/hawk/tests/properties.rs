//! What holds for every request.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use std::sync::Arc;

use countersign_core::{Context, ErrorKind, Exchange, Payload, Reply, Scheme as _, Step};
use countersign_hawk::verify::{Credentials, Verifier};
use countersign_hawk::{Algorithm, Config, SERVER_AUTHORIZATION, Signer};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri};
use proptest::prelude::*;

const NOW: u64 = 1_353_832_234;
const KEY: &str = "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn";

fn config() -> impl Strategy<Value = Config> {
    let algorithm = prop_oneof![Just(Algorithm::Sha256), Just(Algorithm::Sha1)];
    (algorithm, any::<bool>(), "[ -~]{0,6}", "[a-z!]{0,3}", "[a-z]{0,3}").prop_map(
        |(algorithm, hash, ext, app, dlg)| {
            let mut config = Config::new("id", KEY);
            config.algorithm = algorithm.into();
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

fn verifier(config: &Config, key: &'static str) -> Verifier<impl Fn(&str) -> Option<Credentials>> {
    let algorithm = config.algorithm.parse().unwrap();
    Verifier::new(move |_: &str| {
        let mut credentials = Credentials::new(key);
        credentials.algorithm = algorithm;
        Some(credentials)
    })
}

proptest! {
    #[test]
    fn what_we_sign_we_accept_once_and_only_with_the_key(config in config(), request in request()) {
        let before = request.headers().clone();
        let (parts, payload, signed) = sign(&config, request);
        if !signed {
            prop_assert_eq!(before, parts.headers);
            return Ok(());
        }
        let (again, _, _) = sign(&config, Request::from_parts(parts.clone(), payload.clone()));
        prop_assert_eq!(&again.headers, &parts.headers);

        let ctx = Context::at(NOW + 3);
        let right = verifier(&config, KEY);
        let verified = right.verify(&parts, &payload, &ctx);
        prop_assert!(verified.is_ok(), "{verified:?}");
        prop_assert_eq!(verified.unwrap().payload_is_signed, config.include_payload_hash);
        prop_assert!(right.verify(&parts, &payload, &ctx).is_err(), "a nonce counts once");
        prop_assert!(verifier(&config, "other").verify(&parts, &payload, &ctx).is_err());
        prop_assert!(verifier(&config, KEY).verify(&parts, &payload, &Context::at(NOW + 61)).is_err());
        if config.include_payload_hash {
            prop_assert!(verifier(&config, KEY).verify(&parts, &"another".into(), &ctx).is_err());
        }
    }

    #[test]
    fn replies_prove_the_server(config in config(), request in request(), body in any::<Vec<u8>>(), ext in "[ -~]{0,5}") {
        let (parts, payload, signed) = sign(&config, request);
        if !signed {
            return Ok(());
        }
        let verified = verifier(&config, KEY).verify(&parts, &payload, &Context::at(NOW)).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("Text/Plain; charset=utf-8"));
        headers.insert(SERVER_AUTHORIZATION, verified.server_authorization("text/plain", &body, &ext).unwrap());
        let signer = Signer::new(&config).unwrap();
        prop_assert_eq!(signer.check_response(&parts, &headers, Some(&body)).unwrap().unwrap_or_default(), ext);
        let mut other = body;
        other.push(b'x');
        let error = signer.check_response(&parts, &headers, Some(&other)).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::ServerNotAuthentic);
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
            verifier(&config, key).verify_bewit(&parts, &Context::at(now)).is_ok()
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

#[test]
fn a_skewed_clock_is_followed_and_remembered() {
    let signer = Arc::new(Signer::new(&Config::new("id", KEY)).unwrap());
    let verifier = Verifier::new(|_: &str| Some(Credentials::new(KEY)));
    let (ours, theirs) = (Context::at(NOW).with_nonce("n"), Context::at(NOW + 5000));
    let get = || Request::get("https://h/").body(Payload::empty()).unwrap();

    let (mut exchange, step) = Exchange::start(Arc::clone(&signer) as _, get(), &ours).unwrap();
    let Step::Send(request) = step else { panic!("{step:?}") };
    let (parts, payload) = request.into_parts();
    let refusal = verifier.verify(&parts, &payload, &theirs).unwrap_err();
    let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, refusal.www_authenticate().clone())]);
    let Ok(Step::Send(request)) = exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &headers, b""), &ours)
    else {
        panic!()
    };
    let (parts, payload) = request.into_parts();
    verifier.verify(&parts, &payload, &theirs).unwrap();
    // A second refusal is the caller's.
    assert!(matches!(exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &headers, b""), &ours), Ok(Step::Done)));

    // The next request knows; another origin does not.
    let time = |uri: &str| {
        let (parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
        let signed = signer.compute(&parts, &Payload::empty(), &ours).unwrap();
        let (name, value) = &signed.headers()[0];
        assert_eq!(name, AUTHORIZATION);
        value.to_str().unwrap().contains(&format!("ts=\"{}\"", NOW + 5000))
    };
    assert!(time("https://h/other") && !time("https://g/"));

    // A time that is not proved is no time.
    let forged = HeaderMap::from_iter([(WWW_AUTHENTICATE, HeaderValue::from_static("Hawk ts=\"1\", tsm=\"x\""))]);
    let (mut exchange, _) = Exchange::start(signer, get(), &ours).unwrap();
    let Err(why) = exchange.on_response(Reply::new(StatusCode::UNAUTHORIZED, &forged, b""), &ours) else { panic!() };
    assert_eq!(why.kind(), ErrorKind::ServerNotAuthentic);
}

#[test]
fn what_no_server_takes_is_an_error() {
    let kind = |change: fn(&mut Config)| {
        let mut config = Config::new("id", KEY);
        change(&mut config);
        Signer::new(&config).err().map(|err| err.kind())
    };
    assert_eq!(kind(|_| ()), None);
    assert_eq!(kind(|config| config.id.clear()), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.key = "".into()), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.id.push('"')), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.nonce = Some("\\".into())), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.app = Some("\u{fc}".into())), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.ext = Some("a\nb".into())), Some(ErrorKind::InvalidConfig));
    assert_eq!(kind(|config| config.ext = Some("a\\\"b".into())), None);
    assert_eq!(kind(|config| config.algorithm = "SHA256".into()), Some(ErrorKind::UnsupportedAlgorithm));

    let signer = Signer::new(&Config::new("id", KEY)).unwrap();
    let (parts, ()) = Request::get("http://h/").body(()).unwrap().into_parts();
    let error = signer.compute(&parts, &Payload::empty(), &Context::at(NOW).with_nonce("a\"b")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidConfig);
    assert!(!format!("{signer:?}").contains(KEY));

    let message = signer.message("Example.com", 8000, b"hi", &Context::at(NOW).with_nonce("n")).unwrap();
    let verify = |host, body: &[u8]| {
        let verifier = Verifier::new(|_: &str| Some(Credentials::new(KEY)));
        verifier.verify_message(host, 8000, body, &message, &Context::at(NOW)).is_ok()
    };
    assert!(verify("example.com", b"hi") && !verify("example.org", b"hi") && !verify("example.com", b"ho"));
}

/// The name of the parameter compares decoded where it is taken out, so it must where it is looked for: else a second one rides along
/// unsigned.
#[test]
fn a_bewit_spelt_otherwise_does_not_ride_along() {
    let signer = Signer::new(&Config::new("id", KEY)).unwrap();
    let ctx = Context::at(NOW);
    let uri = signer.bewit(&"http://h/p?a=1".parse().unwrap(), 60, &ctx).unwrap().to_string();
    let verify = |uri: &str| {
        let (parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
        verifier(&Config::new("id", KEY), KEY).verify_bewit(&parts, &ctx).map_err(|why| why.error().kind())
    };
    assert!(verify(&uri).is_ok());
    for added in ["bewit=x", "%62ewit=x", "bewi%74", "%62ewit"] {
        assert_eq!(verify(&format!("{uri}&{added}")), Err(ErrorKind::InvalidRequest), "{added}");
        assert_eq!(verify(&uri.replace("a=1", &format!("a=1&{added}"))), Err(ErrorKind::InvalidRequest), "{added}");
    }
    assert_eq!(verify(&format!("{uri}&b=2")), Err(ErrorKind::Rejected));
}
