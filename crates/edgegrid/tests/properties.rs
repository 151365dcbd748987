//! What holds for every request.

#![allow(clippy::unwrap_used, reason = "a test that panics is a test that fails")]

use countersign_core::{Context, ErrorKind, Payload, Scheme as _, Secret};
use countersign_edgegrid::verify::Verifier;
use countersign_edgegrid::{Config, Signer};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request, Uri};
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
    fn what_we_sign_we_accept_once_and_only_with_the_secret(config in config(), request in request()) {
        let (before, headers) = (request.uri().clone(), request.headers().clone());
        let (parts, payload, signed) = sign(&config, request);
        if !signed {
            prop_assert_eq!((before, headers), (parts.uri, parts.headers));
            return Ok(());
        }
        let (again, _, _) = sign(&config, Request::from_parts(parts.clone(), payload.clone()));
        prop_assert_eq!((&again.headers, &again.uri), (&parts.headers, &parts.uri));

        let verifier = |secret: &'static str| {
            let mut verifier = Verifier::new(move |_: &str, _: &str| Some(Secret::from(secret)));
            verifier.headers_to_sign = config.headers_to_sign.iter().map(|name| name.parse().unwrap()).collect();
            verifier.max_body = config.max_body;
            verifier
        };
        let ctx = Context::at(NOW + 5);
        let right = verifier("secret");
        let verified = right.verify(&parts, &payload, &ctx);
        prop_assert!(verified.is_ok(), "{verified:?}");
        prop_assert!(right.verify(&parts, &payload, &ctx).is_err(), "a nonce counts once");
        prop_assert!(verifier("other").verify(&parts, &payload, &ctx).is_err());
        prop_assert!(verifier("secret").verify(&parts, &payload, &Context::at(NOW + 31)).is_err());
        if parts.method == "POST" {
            prop_assert!(verifier("secret").verify(&parts, &[7; 200].to_vec().into(), &ctx).is_err());
        }
    }

    #[test]
    fn edgerc_files_are_read_or_refused(text in "(\\[default\\]\n)?([a-z_]{0,6}[=:;#\\[\\]\" -~\n]{0,20}){0,6}", section in "[a-z]{0,8}") {
        let _ = Config::from_edgerc(&text, &section);
    }
}

#[test]
fn what_would_break_the_header_apart_is_an_error() {
    let kind = |change: fn(&mut Config)| {
        let mut config = Config::new("access", "client", "secret");
        change(&mut config);
        Signer::new(&config).err().map(|err| err.kind())
    };
    assert_eq!(kind(|_| ()), None);
    for change in [
        (|config| config.access_token.clear()) as fn(&mut Config),
        |config| config.client_token.clear(),
        |config| config.client_secret = "".into(),
        |config| config.client_token.push(';'),
        |config| config.access_token.push('\n'),
        |config| config.nonce = Some("a;b".into()),
        |config| config.max_body = 0,
        |config| config.timestamp = Some("yesterday".into()),
        |config| config.base_url = Some("ftp://h".into()),
        |config| config.base_url = Some("https://".into()),
        |config| config.headers_to_sign = vec!["not a name".into()],
    ] {
        assert_eq!(kind(change), Some(ErrorKind::InvalidConfig));
    }
    let signer = Signer::new(&Config::new("access", "client", "s3cret")).unwrap();
    let (parts, ()) = Request::post("https://h/").body(()).unwrap().into_parts();
    let compute = |payload: &Payload, ctx: &Context| signer.compute(&parts, payload, ctx);
    let error = compute(&Payload::Streaming, &Context::now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PayloadRequired);
    assert_eq!(
        compute(&Payload::empty(), &Context::at(0).with_nonce("a;b")).unwrap_err().kind(),
        ErrorKind::InvalidConfig
    );
    assert!(!format!("{signer:?}").contains("s3cret"));

    let ctx = Context::now().with_random(|buf| {
        buf.fill(0xfe);
        Ok(())
    });
    let signed = compute(&Payload::empty(), &ctx).unwrap();
    assert!(signed.headers()[0].1.to_str().unwrap().contains(";nonce=fefefefe-fefe-4efe-befe-fefefefefefe;"));
}
