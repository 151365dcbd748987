//! Any request before the SigV4 verifier: a refusal, never a panic. What is not signed with the key is never accepted.
#![no_main]

use countersign::aws_sigv4::verify::Verifier;
use countersign::{Context, Payload, Secret};
use libfuzzer_sys::fuzz_target;

type Input<'a> = (&'a str, &'a str, Option<&'a str>, Vec<(&'a str, &'a [u8])>, Option<&'a [u8]>);

fuzz_target!(|input: Input<'_>| {
    let (method, uri, fields, headers, body) = input;
    let mut request = http::Request::builder().method(method).uri(uri);
    if let Some(fields) = fields {
        // So that the form is met without being guessed.
        request = request
            .header("x-amz-date", "20150830T123600Z")
            .header("authorization", format!("AWS4-HMAC-SHA256 {fields}"));
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let Ok(request) = request.body(()) else { return };
    let (parts, ()) = request.into_parts();
    let payload = body.map_or(Payload::Streaming, |body| Payload::from(body.to_vec()));
    let verifier = Verifier::new();
    let Ok(claim) = verifier.read(&parts) else { return };
    let ctx = Context::at(1_440_938_160);
    assert!(verifier.verify(claim, Some(&Secret::from("a secret that no input holds")), &payload, &ctx).is_err());
});
