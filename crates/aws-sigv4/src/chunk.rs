//! Bodies in signed chunks (`aws-chunked`): each chunk is signed when it is sent, so nothing need be hashed beforehand.
//!
//! ```
//! use countersign_aws_sigv4::{Config, PayloadSigning, Signer, chunk};
//! use countersign_core::{Context, Payload, Scheme as _};
//! use http::Request;
//!
//! let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
//! config.payload = PayloadSigning::StreamingSigned;
//! let signer = Signer::new(&config)?;
//!
//! let (mut parts, ()) = Request::put("https://bucket.s3.amazonaws.com/key").body(())?.into_parts();
//! let framing = chunk::Framing::new(PayloadSigning::StreamingSigned, 100_000, 65_536);
//! framing.set_headers(&mut parts.headers)?;
//! signer.sign(&mut parts, &mut Payload::Streaming, &Context::now())?;
//!
//! let mut chunks = signer.chunk_signer(&parts)?;
//! let mut sent = 0;
//! for chunk in vec![b'x'; 100_000].chunks(65_536) {
//!     let head = chunks.head(chunk)?; // send it, then the chunk itself, then CRLF
//!     sent += head.as_ref().len() + chunk.len() + 2;
//! }
//! sent += chunks.finish(&[])?.len();
//! assert_eq!(sent as u64, framing.encoded_length());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Source: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks", Amazon S3 API
//! Reference, with and without trailing headers.

use std::fmt;

use countersign_core::{Error, ErrorKind, Result};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use crate::scope::{Scope, Timestamp};
use crate::signature::{EMPTY_SHA256, Hex64, SigningKey, sha256_hex};
use crate::signer::{X_AMZ_CONTENT_SHA256, X_AMZ_DATE};
use crate::{PayloadSigning, Signer};

const X_AMZ_DECODED_CONTENT_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");
const X_AMZ_TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");

/// The least size of a chunk but the last, in bytes.
pub const LEAST_CHUNK: usize = 8192;

/// How a body is cut, known before it is sent: its encoded length and the headers that announce it.
#[derive(Clone, Debug)]
pub struct Framing {
    kind: PayloadSigning,
    length: u64,
    chunk: u64,
    trailers: Vec<(HeaderName, usize)>,
}

impl Framing {
    /// A body of `length` bytes in chunks of `chunk` bytes, the last one smaller; `kind` is the config's.
    #[must_use]
    pub const fn new(kind: PayloadSigning, length: u64, chunk: u64) -> Self {
        Self { kind, length, chunk, trailers: Vec::new() }
    }

    /// Announces a trailing header whose value will have `length` bytes: a checksum, as `x-amz-checksum-crc32c` with 8.
    #[must_use]
    pub fn trailer(mut self, name: HeaderName, length: usize) -> Self {
        self.trailers.push((name, length));
        self
    }

    /// The length of the encoded body in bytes, for `Content-Length`.
    #[must_use]
    pub fn encoded_length(&self) -> u64 {
        let size = self.chunk.max(1);
        let is_signed = is_signed(self.kind);
        let framed = |length: u64| {
            let digits = u64::from((u64::BITS - length.leading_zeros()).div_ceil(4).max(1));
            digits + if is_signed { ";chunk-signature=".len() as u64 + 64 } else { 0 } + 2
        };
        let full = (self.length / size).saturating_mul((framed(size) + 2).saturating_add(size));
        let rest = match self.length % size {
            0 => 0,
            rest => framed(rest) + rest + 2,
        };
        let trailers =
            self.trailers.iter().map(|(name, length)| name.as_str().len() + length + 3).sum::<usize>() as u64;
        let signature =
            if is_signed && has_trailer(self.kind) { "x-amz-trailer-signature:".len() as u64 + 64 + 2 } else { 0 };
        full.saturating_add(rest + framed(0) + trailers + signature + 2)
    }

    /// Sets what the request must say before it is signed: `Content-Encoding: aws-chunked` (before any other),
    /// `X-Amz-Decoded-Content-Length`, `Content-Length`, and `X-Amz-Trailer`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the kind is not one of chunks, a trailer is announced for one without, a chunk is
    /// smaller than [`LEAST_CHUNK`] with more to follow, or a given `Content-Encoding` is not ASCII.
    pub fn set_headers(&self, headers: &mut HeaderMap) -> Result<()> {
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidConfig, message);
        if !is_signed(self.kind) && self.kind != PayloadSigning::StreamingUnsignedTrailer {
            return Err(invalid("the body is to be sent in chunks, and `payload` does not say so"));
        }
        if has_trailer(self.kind) == self.trailers.is_empty() {
            return Err(invalid(
                "trailing headers go with the `payload` kinds that end in `trailer`, and with no other",
            ));
        }
        if self.chunk < LEAST_CHUNK as u64 && self.length > self.chunk {
            return Err(invalid("each chunk but the last must have at least 8192 bytes"));
        }
        let encoding = match headers.get(CONTENT_ENCODING).map(HeaderValue::to_str) {
            None => HeaderValue::from_static("aws-chunked"),
            Some(Ok(given)) if given.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("aws-chunked")) => {
                HeaderValue::from_str(given).map_err(|_| invalid("the given Content-Encoding is not ASCII"))?
            }
            Some(given) => given
                .ok()
                .and_then(|given| HeaderValue::try_from(format!("aws-chunked,{given}")).ok())
                .ok_or_else(|| invalid("the given Content-Encoding is not ASCII"))?,
        };
        let names: Vec<&str> = self.trailers.iter().map(|(name, _)| name.as_str()).collect();
        let trailer = HeaderValue::try_from(names.join(",")).map_err(|_| invalid("a trailer's name is not ASCII"))?;
        headers.insert(CONTENT_ENCODING, encoding);
        headers.insert(X_AMZ_DECODED_CONTENT_LENGTH, HeaderValue::from(self.length));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(self.encoded_length()));
        if !names.is_empty() {
            headers.insert(X_AMZ_TRAILER, trailer);
        }
        Ok(())
    }
}

/// Frames and signs the chunks of one request's body, each signature chained to the one before.
pub struct ChunkSigner {
    /// `None` where chunks are not signed.
    chain: Option<Chain>,
    has_trailer: bool,
    /// The size of the chunk before, to see that only the last is small.
    before: Option<usize>,
}

struct Chain {
    key: SigningKey,
    /// The lines of every string to sign that stay: time and scope.
    scope: String,
    previous: Hex64,
    text: String,
}

impl Signer {
    /// The signer of a signed request's chunks: `parts` are as [`Scheme::sign`](countersign_core::Scheme::sign) left them.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the request is not signed in its header by this key, or its body is not announced
    /// in chunks; [`ErrorKind::UnsupportedAlgorithm`] for chunks signed with SigV4A.
    pub fn chunk_signer(&self, parts: &Parts) -> Result<ChunkSigner> {
        let kind = text(&parts.headers, &X_AMZ_CONTENT_SHA256);
        let (signed, has_trailer) = match kind {
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER" => {
                return Ok(ChunkSigner { chain: None, has_trailer: true, before: None });
            }
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => (true, false),
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => (true, true),
            _ => (false, false),
        };
        if !signed {
            return Err(Error::new(
                ErrorKind::InvalidRequest,
                "the request does not announce chunks: sign it with a `payload` of streaming-signed, or one with a trailer",
            ));
        }
        let (key, scope, previous) = self.seed(&parts.headers)?;
        Ok(ChunkSigner {
            chain: Some(Chain { key, scope, previous, text: String::with_capacity(400) }),
            has_trailer,
            before: None,
        })
    }

    /// What a chain of signatures begins with: key, the lines of time and scope, and the request's own signature.
    pub(crate) fn seed(&self, headers: &HeaderMap) -> Result<(SigningKey, String, Hex64)> {
        let unsigned = || Error::new(ErrorKind::InvalidRequest, "the request is not signed in its header with SigV4");
        let date = text(headers, &X_AMZ_DATE);
        let authorization = text(headers, &AUTHORIZATION);
        let (_, rest) = authorization.split_once(" Credential=").ok_or_else(unsigned)?;
        let (credential, _) = rest.split_once(',').ok_or_else(unsigned)?;
        let (_, seed) = rest.rsplit_once("Signature=").ok_or_else(unsigned)?;
        let mut credential = credential.split('/').skip(2);
        let (Some(region), Some(service)) = (credential.next(), credential.next()) else { return Err(unsigned()) };
        let timestamp = Timestamp::parse(date).map(Timestamp::new).ok_or_else(unsigned)??;
        let scope = Scope { timestamp, region: Some(region), service };
        let key = self.key(&scope).ok_or_else(|| {
            Error::new(ErrorKind::UnsupportedAlgorithm, "chunks are signed with SigV4 only, not with SigV4A")
        })?;
        let mut lines = format!("{date}\n");
        scope.push(&mut lines);
        lines.push('\n');
        Ok((key, lines, Hex64::parse(seed).ok_or_else(unsigned)?))
    }
}

impl ChunkSigner {
    /// What goes before this chunk, of 1 byte at least: `10000;chunk-signature=…` and CRLF. After the chunk comes CRLF.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for an empty chunk, or when the chunk before was smaller than [`LEAST_CHUNK`]: only the
    /// last one may be.
    pub fn head(&mut self, chunk: &[u8]) -> Result<Head> {
        let invalid = |message: &'static str| Err(Error::new(ErrorKind::InvalidRequest, message));
        if chunk.is_empty() {
            return invalid("an empty chunk ends the body: call `finish` for it");
        }
        if self.before.is_some_and(|before| before < LEAST_CHUNK) {
            return invalid("each chunk but the last must have at least 8192 bytes");
        }
        self.before = Some(chunk.len());
        Ok(self.frame(chunk))
    }

    /// What ends the body: the empty chunk, the trailing headers in the order announced, and their signature.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when trailers are given and none were announced, or announced and none given; or a value
    /// is not ASCII.
    pub fn finish(mut self, trailers: &[(HeaderName, HeaderValue)]) -> Result<Vec<u8>> {
        let invalid = |message: &'static str| Error::new(ErrorKind::InvalidRequest, message);
        if trailers.is_empty() == self.has_trailer {
            return Err(invalid("trailing headers are to be given where `payload` announces them, and only there"));
        }
        let mut out = self.frame(b"").as_ref().to_vec();
        let mut signed = String::new();
        for (name, value) in trailers {
            let value = value.to_str().map_err(|_| invalid("a trailing header's value is not ASCII"))?.trim();
            out.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
            signed.push_str(&format!("{name}:{value}\n"));
        }
        if let Some(chain) = self.chain.as_mut().filter(|_| self.has_trailer) {
            let signature = chain.next("AWS4-HMAC-SHA256-TRAILER\n", &[sha256_hex(signed.as_bytes()).as_str()]);
            out.extend_from_slice(format!("x-amz-trailer-signature:{}\r\n", signature.as_str()).as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        Ok(out)
    }

    /// A whole body in chunks of `size` bytes, for one that is in memory. Framing a stream with [`ChunkSigner::head`] needs
    /// no copy.
    ///
    /// # Errors
    /// As [`ChunkSigner::head`] and [`ChunkSigner::finish`].
    pub fn encode(mut self, body: &[u8], size: usize, trailers: &[(HeaderName, HeaderValue)]) -> Result<Vec<u8>> {
        let size = size.max(1);
        let mut out = Vec::with_capacity(body.len() + (body.len() / size + 2) * 100);
        for chunk in body.chunks(size) {
            out.extend_from_slice(self.head(chunk)?.as_ref());
            out.extend_from_slice(chunk);
            out.extend_from_slice(b"\r\n");
        }
        out.extend(self.finish(trailers)?);
        Ok(out)
    }

    fn frame(&mut self, chunk: &[u8]) -> Head {
        let mut head = Head { bytes: [0; 101], length: 0 };
        head.push_size(chunk.len());
        if let Some(chain) = &mut self.chain {
            let signature = chain.next("AWS4-HMAC-SHA256-PAYLOAD\n", &[EMPTY_SHA256, sha256_hex(chunk).as_str()]);
            head.push(b";chunk-signature=");
            head.push(signature.as_str().as_bytes());
        }
        head.push(b"\r\n");
        head
    }
}

impl Chain {
    /// Signs algorithm, time and scope, the signature before, and these hashes, a line each.
    fn next(&mut self, algorithm: &str, hashes: &[&str]) -> Hex64 {
        self.text.clear();
        self.text.push_str(algorithm);
        self.text.push_str(&self.scope);
        self.text.push_str(self.previous.as_str());
        for hash in hashes {
            self.text.push('\n');
            self.text.push_str(hash);
        }
        self.previous = self.key.sign(self.text.as_bytes());
        self.previous
    }
}

impl fmt::Debug for ChunkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkSigner").field("signed", &self.chain.is_some()).finish_non_exhaustive()
    }
}

/// What goes before a chunk; its bytes by [`AsRef`].
#[derive(Clone, Copy)]
pub struct Head {
    bytes: [u8; 101],
    length: usize,
}

impl Head {
    fn push(&mut self, text: &[u8]) {
        if let Some(place) = self.bytes.get_mut(self.length..self.length + text.len()) {
            place.copy_from_slice(text);
            self.length += text.len();
        }
    }

    /// In lower-case hex without leading zeros.
    fn push_size(&mut self, size: usize) {
        let digits = (usize::BITS - size.leading_zeros()).div_ceil(4).max(1);
        for digit in (0..digits).rev() {
            let value = size >> (digit * 4) & 0xf;
            self.push(&[b"0123456789abcdef".get(value).copied().unwrap_or(b'0')]);
        }
    }
}

impl AsRef<[u8]> for Head {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({})", self.as_ref().escape_ascii())
    }
}

const fn is_signed(kind: PayloadSigning) -> bool {
    matches!(kind, PayloadSigning::StreamingSigned | PayloadSigning::StreamingSignedTrailer)
}

const fn has_trailer(kind: PayloadSigning) -> bool {
    matches!(kind, PayloadSigning::StreamingSignedTrailer | PayloadSigning::StreamingUnsignedTrailer)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use countersign_core::{Context, Payload, Scheme as _};
    use http::Request;
    use proptest::prelude::*;

    use super::*;
    use crate::Config;

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
        assert!(text.starts_with(
            "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\na"
        ));
        assert!(
            text.contains(
                "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\na"
            )
        );
        assert!(text.ends_with(
            "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
        ));
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

    #[test]
    fn misuse_is_an_error() {
        let kind = PayloadSigning::StreamingSigned;
        let (signer, parts) = example(kind, &Framing::new(kind, 1, 8192), false);
        let mut chunks = signer.chunk_signer(&parts).unwrap();
        assert!(chunks.head(b"").is_err());
        assert!(chunks.head(b"small").is_ok() && chunks.head(b"another").is_err());
        assert!(chunks.finish(&[(CONTENT_LENGTH, HeaderValue::from_static("1"))]).is_err());
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
}
