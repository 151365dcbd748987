use countersign_core::{Context, ErrorKind, Payload, Scheme as _};
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use proptest::prelude::*;

use super::*;
use crate::headers::X_AMZ_TRAILER;
use crate::{Config, PayloadSigning, Signer};

/// The documented examples' request, signed; 24 May 2013.
fn example(kind: PayloadSigning, framing: &Framing, drops_length: bool) -> (Signer, Parts) {
    let mut config = Config::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    config.payload = kind;
    let signer = Signer::new(&config).unwrap();
    let uri = "https://s3.amazonaws.com/examplebucket/chunkObject.txt";
    let request = Request::put(uri).header("x-amz-storage-class", "REDUCED_REDUNDANCY");
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    framing.set_headers(&mut parts.headers).unwrap();
    if drops_length {
        parts.headers.remove(CONTENT_LENGTH);
    }
    signer.sign(&mut parts, &mut Payload::Streaming, &Context::at(1_369_353_600)).unwrap();
    (signer, parts)
}

#[test]
fn the_documented_example() {
    // "Example: PUT Object", Transferring Payload in Multiple Chunks, Amazon S3 API Reference
    let kind = PayloadSigning::StreamingSigned;
    let framing = Framing::new(kind, 66_560, 65_536);
    assert_eq!(framing.encoded_length(), 66_824);
    let (signer, parts) = example(kind, &framing, false);
    let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    assert!(parts.headers[AUTHORIZATION].to_str().unwrap().ends_with(seed));
    let body = vec![b'a'; 66_560];
    let sent = signer.chunk_signer(&parts).unwrap().encode(&body, 65_536, &[]).unwrap();
    assert_eq!(sent.len(), 66_824);
    let text = String::from_utf8(sent).unwrap();
    assert!(
        text.starts_with("10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\na")
    );
    assert!(
        text.contains("\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\na")
    );
    assert!(
        text.ends_with(
            "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
        )
    );
}

#[test]
fn the_documented_example_with_a_trailer() {
    // "Signature calculations for trailing headers", Amazon S3 API Reference
    let kind = PayloadSigning::StreamingSignedTrailer;
    let name = HeaderName::from_static("x-amz-checksum-crc32c");
    let framing = Framing::new(kind, 66_560, 65_536).trailer(name.clone(), 8);
    let (signer, parts) = example(kind, &framing, true);
    let seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    assert!(parts.headers[AUTHORIZATION].to_str().unwrap().ends_with(seed), "{:?}", parts.headers);
    let trailers = [(name, HeaderValue::from_static("sOO8/Q=="))];
    let sent = signer.chunk_signer(&parts).unwrap().encode(&vec![b'a'; 66_560], 65_536, &trailers).unwrap();
    assert_eq!(sent.len() as u64, framing.encoded_length());
    let text = String::from_utf8(sent).unwrap();
    for signature in [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ] {
        assert!(text.contains(signature), "{signature}");
    }
    assert!(text.ends_with(
        "\r\nx-amz-checksum-crc32c:sOO8/Q==\r\n\
         x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
    ));
}

#[test]
fn an_unsigned_trailer_is_framed_alone() {
    let kind = PayloadSigning::StreamingUnsignedTrailer;
    let name = HeaderName::from_static("x-amz-checksum-crc32");
    let framing = Framing::new(kind, 5, 8192).trailer(name.clone(), 8);
    let (signer, parts) = example(kind, &framing, false);
    let trailers = [(name, HeaderValue::from_static("Ov8AbA=="))];
    let sent = signer.chunk_signer(&parts).unwrap().encode(b"hello", 8192, &trailers).unwrap();
    assert_eq!(String::from_utf8(sent).unwrap(), "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:Ov8AbA==\r\n\r\n");
    assert_eq!(parts.headers[CONTENT_LENGTH], "46");
    assert_eq!(parts.headers[X_AMZ_TRAILER], "x-amz-checksum-crc32");
}

/// What is refused, with the message's part that says why.
fn refused<T: std::fmt::Debug>(result: countersign_core::Result<T>, why: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.to_string().contains(why), "{error}");
}

#[test]
fn a_body_is_held_to_the_length_announced() {
    let kind = PayloadSigning::StreamingSigned;
    let (signer, parts) = example(kind, &Framing::new(kind, 20_000, 8192), false);
    let chunks = || signer.chunk_signer(&parts).unwrap();
    assert!(chunks().encode(&[b'a'; 20_000], 8192, &[]).is_ok());
    refused(chunks().encode(&[b'a'; 20_001], 8192, &[]), "longer than its X-Amz-Decoded-Content-Length");
    refused(chunks().encode(&[b'a'; 19_999], 8192, &[]), "shorter than its X-Amz-Decoded-Content-Length");
    // Other chunks than announced: the same body, framed to another length.
    refused(chunks().encode(&[b'a'; 20_000], 10_000, &[]), "not as long as its Content-Length");
    let mut wrong = parts.clone();
    wrong.headers.insert(CONTENT_LENGTH, HeaderValue::from_static("many"));
    refused(signer.chunk_signer(&wrong), "`content-length` is not a number");
}

#[test]
fn trailers_are_held_to_those_announced() {
    let (crc, sha) =
        (HeaderName::from_static("x-amz-checksum-crc32"), HeaderName::from_static("x-amz-checksum-sha256"));
    let value = HeaderValue::from_static;
    for kind in [PayloadSigning::StreamingSignedTrailer, PayloadSigning::StreamingUnsignedTrailer] {
        let framing = Framing::new(kind, 5, 8192).trailer(crc.clone(), 8).trailer(sha.clone(), 4);
        let (signer, parts) = example(kind, &framing, false);
        let send = |trailers: &[(HeaderName, HeaderValue)]| {
            signer.chunk_signer(&parts).unwrap().encode(b"hello", 8192, trailers)
        };
        let (crc, sha) = ((crc.clone(), value("Ov8AbA==")), (sha.clone(), value("abc=")));
        assert_eq!(send(&[crc.clone(), sha.clone()]).unwrap().len() as u64, framing.encoded_length());
        for trailers in [
            vec![],
            vec![crc.clone()],
            vec![sha.clone(), crc.clone()],
            vec![crc.clone(), sha.clone(), crc.clone()],
            vec![crc.clone(), (CONTENT_ENCODING, value("abc="))],
        ] {
            refused(send(&trailers), "not those that X-Amz-Trailer announces");
        }
        refused(send(&[crc.clone(), (sha.0.clone(), value("abc=="))]), "not as long as its Content-Length");
        let mut unannounced = parts.clone();
        unannounced.headers.remove(X_AMZ_TRAILER);
        refused(signer.chunk_signer(&unannounced), "X-Amz-Trailer");
    }
}

#[test]
fn a_length_beyond_counting_is_an_error() {
    let kind = PayloadSigning::StreamingSignedTrailer;
    let name = HeaderName::from_static("x-amz-checksum-crc32");
    for framing in [
        Framing::new(kind, u64::MAX, 8192).trailer(name.clone(), 8),
        Framing::new(kind, u64::MAX, u64::MAX).trailer(name.clone(), 8),
        Framing::new(kind, u64::MAX - 1, u64::MAX).trailer(name.clone(), 8),
        Framing::new(kind, 1, 8192).trailer(name.clone(), usize::MAX).trailer(name, usize::MAX),
    ] {
        assert_eq!(framing.encoded_length(), u64::MAX);
        let mut headers = HeaderMap::new();
        assert_eq!(framing.set_headers(&mut headers).unwrap_err().kind(), ErrorKind::InvalidConfig);
        assert!(headers.is_empty());
    }
}

#[test]
fn misuse_is_an_error() {
    let kind = PayloadSigning::StreamingSigned;
    let (signer, parts) = example(kind, &Framing::new(kind, 12, 8192), false);
    let mut chunks = signer.chunk_signer(&parts).unwrap();
    refused(chunks.head(b""), "call `finish`");
    assert!(chunks.head(b"small").is_ok());
    refused(chunks.head(b"another"), "at least 8192 bytes");
    refused(chunks.finish(&[(CONTENT_LENGTH, HeaderValue::from_static("1"))]), "X-Amz-Trailer");
    let other = Signer::new(&Config::new("AKIDOTHER", "secret")).unwrap();
    refused(other.chunk_signer(&parts), "this key");
    let mut unsigned = parts.clone();
    unsigned.headers.remove(AUTHORIZATION);
    assert_eq!(signer.chunk_signer(&unsigned).unwrap_err().kind(), ErrorKind::InvalidRequest);
    for framing in [
        Framing::new(PayloadSigning::Hash, 1, 8192),
        Framing::new(kind, 8193, 8191),
        Framing::new(kind, 1, 8192).trailer(CONTENT_LENGTH, 1),
        Framing::new(PayloadSigning::StreamingSignedTrailer, 1, 8192),
    ] {
        assert_eq!(framing.set_headers(&mut HeaderMap::new()).unwrap_err().kind(), ErrorKind::InvalidConfig);
    }
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    for _ in 0..2 {
        Framing::new(kind, 1, 8192).set_headers(&mut headers).unwrap();
        assert_eq!(headers[CONTENT_ENCODING], "aws-chunked,gzip");
    }
}

proptest! {
    #[test]
    fn the_length_is_known_beforehand(length in 0_usize..40_000, chunk in LEAST_CHUNK..20_000, trailer in any::<bool>()) {
        let kind = if trailer { PayloadSigning::StreamingSignedTrailer } else { PayloadSigning::StreamingSigned };
        let name = HeaderName::from_static("x-amz-checksum-sha256");
        let mut framing = Framing::new(kind, length as u64, chunk as u64);
        let mut trailers = Vec::new();
        if trailer {
            framing = framing.trailer(name.clone(), 4);
            trailers.push((name, HeaderValue::from_static("abc=")));
        }
        let (signer, parts) = example(kind, &framing, false);
        let sent = signer.chunk_signer(&parts).unwrap().encode(&vec![b'x'; length], chunk, &trailers).unwrap();
        prop_assert_eq!(sent.len() as u64, framing.encoded_length());
    }
}
