//! Any framing of a body in signed chunks: an error, or a body of exactly the length that was announced.
#![no_main]

use countersign::aws_sigv4::chunk::Framing;
use countersign::aws_sigv4::{Config, PayloadSigning, Signer};
use countersign::{Context, Payload, Scheme as _};
use http::{HeaderName, HeaderValue, Request};
use libfuzzer_sys::fuzz_target;

type Input<'a> = (u8, (u64, u64), Vec<(&'a str, usize)>, &'a [u8], usize, Vec<(&'a str, &'a [u8])>);

fuzz_target!(|input: Input<'_>| {
    let (kind, (length, chunk), announced, body, size, trailers) = input;
    let kind = match kind % 3 {
        0 => PayloadSigning::StreamingSigned,
        1 => PayloadSigning::StreamingSignedTrailer,
        _ => PayloadSigning::StreamingUnsignedTrailer,
    };
    // Half of the time the announcement is true.
    let (length, chunk) = if length % 2 == 0 { (body.len() as u64, size as u64) } else { (length, chunk) };
    let mut framing = Framing::new(kind, length, chunk);
    for (name, length) in announced {
        let Ok(name) = HeaderName::try_from(name) else { return };
        framing = framing.trailer(name, length);
    }
    let mut config = Config::new("AKIDEXAMPLE", "secret");
    config.payload = kind;
    let Ok(signer) = Signer::new(&config) else { return };
    let Ok(request) = Request::put("https://bucket.s3.amazonaws.com/key").body(()) else { return };
    let (mut parts, ()) = request.into_parts();
    if framing.set_headers(&mut parts.headers).is_err() {
        return;
    }
    signer.sign(&mut parts, &mut Payload::Streaming, &Context::at(0)).expect("nothing is missing");
    let Ok(chunks) = signer.chunk_signer(&parts) else { return };
    let trailers: Option<Vec<_>> = trailers
        .into_iter()
        .map(|(name, value)| Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value).ok()?)))
        .collect();
    let Some(trailers) = trailers else { return };
    if let Ok(sent) = chunks.encode(body, size, &trailers) {
        assert_eq!(sent.len() as u64, framing.encoded_length());
    }
});
