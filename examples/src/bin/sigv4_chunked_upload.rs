//! Upload to S3 in signed chunks: nothing is hashed before it is sent, and a checksum trails the body.

use countersign::aws_sigv4::{Config, PayloadSigning, Signer, chunk};
use countersign::{Context, Payload, Scheme as _};
use http::{HeaderName, HeaderValue, Request};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let kind = PayloadSigning::StreamingSignedTrailer;
    let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    config.payload = kind;
    let signer = Signer::new(&config)?;

    let (body, size) = (vec![b'a'; 150_000], 65_536);
    let checksum = HeaderName::from_static("x-amz-checksum-crc32");
    let framing = chunk::Framing::new(kind, body.len() as u64, size as u64).trailer(checksum.clone(), 8);

    let (mut parts, ()) =
        Request::put("https://examplebucket.s3.eu-west-1.amazonaws.com/big.bin").body(())?.into_parts();
    framing.set_headers(&mut parts.headers)?;
    signer.sign(&mut parts, &mut Payload::Streaming, &Context::now())?;
    println!("{} {} ({} bytes on the wire)", parts.method, parts.uri, framing.encoded_length());

    // A real client writes each of these to its connection as it goes.
    let mut chunks = signer.chunk_signer(&parts)?;
    let mut written = 0;
    for chunk in body.chunks(size) {
        let head = chunks.head(chunk)?;
        written += head.as_ref().len() + chunk.len() + b"\r\n".len();
        println!("{}", head.as_ref().escape_ascii());
    }
    let crc = HeaderValue::from_static("AAAAAA=="); // your checksum of the body, known by now
    written += chunks.finish(&[(checksum, crc)])?.len();
    assert_eq!(written as u64, framing.encoded_length());
    Ok(())
}
