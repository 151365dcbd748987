//! Any request, signed with SigV4: an error or a signature; signing again gives the same, and our own verifier accepts it unless
//! it can be read in two ways.
#![no_main]

use countersign::aws_sigv4::verify::Verifier;
use countersign::aws_sigv4::{AddTo, Config, Signer};
use countersign::{Context, ErrorKind, Payload, Scheme as _, Secret};
use libfuzzer_sys::fuzz_target;

type Input<'a> = (bool, Option<&'a str>, &'a str, &'a str, Vec<(&'a str, &'a [u8])>, &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (in_query, service, method, uri, headers, body) = input;
    let mut config = Config::new("AKIDEXAMPLE", "secret");
    config.service = service.map(str::to_owned);
    config.add_to = if in_query { AddTo::Query } else { AddTo::Header };
    let Ok(signer) = Signer::new(&config) else { return };
    let mut request = http::Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let Ok(request) = request.body(()) else { return };
    let (mut parts, ()) = request.into_parts();
    let mut payload = Payload::from(body.to_vec());
    let ctx = Context::at(1_440_938_160);
    let before = format!("{parts:?}");
    if signer.sign(&mut parts, &mut payload, &ctx).is_err() {
        assert_eq!(before, format!("{parts:?}"), "an error leaves the request as it was");
        return;
    }
    let Ok(again) = signer.compute(&parts, &payload, &ctx) else { panic!("signed once, it can be signed again") };
    for (name, value) in again.headers() {
        assert_eq!(parts.headers.get(name), Some(value));
    }
    assert_eq!(again.uri().unwrap_or(&parts.uri), &parts.uri);
    // Beyond what the scope can hold once it is split again, the verifier reads what the signer wrote.
    if service.is_none_or(|service| service.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        let verifier = Verifier::new();
        let verified = verifier
            .read(&parts)
            .and_then(|claim| verifier.verify(claim, Some(&Secret::from("secret")), &payload, &ctx));
        // A server refuses what two readers could read in two ways: a Host beside another in the URI, doubled headers.
        let is_ambiguous = verified.as_ref().is_err_and(|refusal| refusal.kind() == ErrorKind::InvalidRequest);
        assert!(verified.is_ok() || is_ambiguous, "{verified:?}");
    }
});
