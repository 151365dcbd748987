use std::fmt;
use std::sync::Arc;

use countersign_core::{Error, ErrorKind, Result};
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use super::LEAST_CHUNK;
use super::framing::{has_trailer, is_signed};
use crate::headers::{X_AMZ_CONTENT_SHA256, X_AMZ_DECODED_CONTENT_LENGTH, X_AMZ_TRAILER, text};
use crate::keys::ScopedKey;
use crate::seed::Seed;
use crate::signature::{EMPTY_SHA256, Hex64, sha256_hex};
use crate::{PayloadSigning, Signer};

/// Frames and signs the chunks of one request's body, each signature chained to the one before, and holds the body to what
/// the request's headers announced.
pub struct ChunkSigner {
    /// `None` where chunks are not signed.
    chain: Option<Chain>,
    announced: Announced,
    /// The size of the chunk before, to see that only the last is small.
    before: Option<usize>,
    /// The bytes so far, as they are (`decoded`), and framed (`encoded`).
    decoded: u64,
    encoded: u64,
}

/// What the request's headers say of the body.
struct Announced {
    /// The names in `X-Amz-Trailer`, in order; `None` for a kind without trailing headers.
    trailers: Option<Vec<HeaderName>>,
    /// `X-Amz-Decoded-Content-Length`.
    decoded: Option<u64>,
    /// `Content-Length`.
    encoded: Option<u64>,
}

struct Chain {
    key: Arc<ScopedKey>,
    /// The lines of every string to sign that stay: time and scope.
    lines: String,
    previous: Hex64,
    text: String,
}

impl Signer {
    /// The signer of a signed request's chunks: `parts` are as [`Scheme::sign`](countersign_core::Scheme::sign) left them.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the request is not signed in its header by this key, its body is not announced
    /// in chunks, or a length or trailer that it announces cannot be read; [`ErrorKind::UnsupportedAlgorithm`] for chunks
    /// signed with SigV4A.
    pub fn chunk_signer(&self, parts: &Parts) -> Result<ChunkSigner> {
        let marker = text(&parts.headers, &X_AMZ_CONTENT_SHA256);
        let kinds = [
            PayloadSigning::StreamingUnsignedTrailer,
            PayloadSigning::StreamingSigned,
            PayloadSigning::StreamingSignedTrailer,
        ];
        let kind = kinds.into_iter().find(|kind| kind.marker() == Some(marker)).ok_or_else(|| {
            invalid("the request does not announce chunks: sign it with a `payload` of streaming-signed, or one with a trailer")
        })?;
        let chain = if is_signed(kind) { Some(Chain::new(Seed::of(&self.0, &parts.headers, "chunks")?)) } else { None };
        let announced = Announced::of(&parts.headers, kind)?;
        Ok(ChunkSigner { chain, announced, before: None, decoded: 0, encoded: 0 })
    }
}

impl ChunkSigner {
    /// What goes before this chunk, of 1 byte at least: `10000;chunk-signature=…` and CRLF. After the chunk comes CRLF.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] for an empty chunk, one that makes the body longer than announced, or when the chunk
    /// before was smaller than [`LEAST_CHUNK`]: only the last one may be.
    pub fn head(&mut self, chunk: &[u8]) -> Result<Head> {
        if chunk.is_empty() {
            return Err(invalid("an empty chunk ends the body: call `finish` for it"));
        }
        if self.before.is_some_and(|before| before < LEAST_CHUNK) {
            return Err(invalid("each chunk but the last must have at least 8192 bytes"));
        }
        let decoded = self.decoded.saturating_add(chunk.len() as u64);
        if self.announced.decoded.is_some_and(|announced| decoded > announced) {
            return Err(invalid("the body is longer than its X-Amz-Decoded-Content-Length"));
        }
        self.decoded = decoded;
        self.before = Some(chunk.len());
        let head = self.frame(chunk);
        self.encoded = self.encoded.saturating_add((head.length + chunk.len() + 2) as u64);
        Ok(head)
    }

    /// What ends the body: the empty chunk, the trailing headers in the order announced, and their signature.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] when the trailers are not those that `X-Amz-Trailer` names, in its order; when the body
    /// is shorter than its `X-Amz-Decoded-Content-Length`, or, with its trailers, not as long as its `Content-Length`; or
    /// when a value is not ASCII.
    pub fn finish(mut self, trailers: &[(HeaderName, HeaderValue)]) -> Result<Vec<u8>> {
        self.check_announced(trailers)?;
        let mut out = self.frame(b"").as_ref().to_vec();
        let mut signed = String::new();
        for (name, value) in trailers {
            let value = value.to_str().map_err(|_| invalid("a trailing header's value is not ASCII"))?.trim();
            out.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
            signed.push_str(&format!("{name}:{value}\n"));
        }
        if let Some(chain) = self.chain.as_mut().filter(|_| self.announced.trailers.is_some()) {
            let signature = chain.next("AWS4-HMAC-SHA256-TRAILER\n", &[sha256_hex(signed.as_bytes()).as_str()]);
            out.extend_from_slice(format!("x-amz-trailer-signature:{}\r\n", signature.as_str()).as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        let encoded = self.encoded.saturating_add(out.len() as u64);
        if self.announced.encoded.is_some_and(|announced| announced != encoded) {
            return Err(invalid(
                "the body is not as long as its Content-Length: chunks or trailing headers have other lengths than announced",
            ));
        }
        Ok(out)
    }

    /// A whole body in chunks of `size` bytes, for one that is in memory. Framing a stream with [`ChunkSigner::head`] needs
    /// no copy.
    ///
    /// # Errors
    /// As [`ChunkSigner::head`] and [`ChunkSigner::finish`].
    pub fn encode(mut self, body: &[u8], size: usize, trailers: &[(HeaderName, HeaderValue)]) -> Result<Vec<u8>> {
        let chunks = body.len() / size.max(LEAST_CHUNK) + 2;
        let mut out = Vec::with_capacity(body.len() + chunks * 100);
        for chunk in body.chunks(size.max(1)) {
            out.extend_from_slice(self.head(chunk)?.as_ref());
            out.extend_from_slice(chunk);
            out.extend_from_slice(b"\r\n");
        }
        out.extend(self.finish(trailers)?);
        Ok(out)
    }

    fn check_announced(&self, trailers: &[(HeaderName, HeaderValue)]) -> Result<()> {
        let announced = self.announced.trailers.as_deref().unwrap_or_default();
        if !trailers.iter().map(|(name, _)| name).eq(announced) {
            return Err(invalid("the trailing headers are not those that X-Amz-Trailer announces, in its order"));
        }
        if self.announced.decoded.is_some_and(|announced| announced != self.decoded) {
            return Err(invalid("the body is shorter than its X-Amz-Decoded-Content-Length"));
        }
        Ok(())
    }

    fn frame(&mut self, chunk: &[u8]) -> Head {
        let mut head = Head { bytes: [0; 101], length: 0 };
        head.push_size(chunk.len());
        if let Some(chain) = &mut self.chain {
            let signature = chain.next("AWS4-HMAC-SHA256-PAYLOAD\n", &[EMPTY_SHA256, sha256_hex(chunk).as_str()]);
            head.push(b";chunk-signature=");
            head.push(signature.as_bytes());
        }
        head.push(b"\r\n");
        head
    }
}

impl Announced {
    fn of(headers: &HeaderMap, kind: PayloadSigning) -> Result<Self> {
        let number = |name: HeaderName| match headers.get(&name) {
            None => Ok(None),
            Some(value) => value.to_str().ok().and_then(|text| text.trim().parse().ok()).map(Some).ok_or_else(|| {
                Error::new(ErrorKind::InvalidRequest, format!("the request's `{name}` is not a number of bytes"))
            }),
        };
        let trailers = if has_trailer(kind) { Some(trailer_names(text(headers, &X_AMZ_TRAILER))?) } else { None };
        Ok(Self { trailers, decoded: number(X_AMZ_DECODED_CONTENT_LENGTH)?, encoded: number(CONTENT_LENGTH)? })
    }
}

/// Reads `X-Amz-Trailer`.
fn trailer_names(list: &str) -> Result<Vec<HeaderName>> {
    let names = list.split(',').map(|name| HeaderName::from_bytes(name.trim().as_bytes()));
    names.collect::<Result<_, _>>().map_err(|_| invalid("the request's X-Amz-Trailer is not a list of header names"))
}

impl Chain {
    fn new(seed: Seed) -> Self {
        let lines = format!("{}\n{}\n", seed.timestamp.as_str(), seed.key.scope);
        Self { key: seed.key, lines, previous: seed.signature, text: String::with_capacity(400) }
    }

    /// Signs algorithm, time and scope, the signature before, and these hashes, one per line.
    fn next(&mut self, algorithm: &str, hashes: &[&str]) -> Hex64 {
        self.text.clear();
        self.text.push_str(algorithm);
        self.text.push_str(&self.lines);
        self.text.push_str(self.previous.as_str());
        for hash in hashes {
            self.text.push('\n');
            self.text.push_str(hash);
        }
        self.previous = self.key.key.sign_hex(self.text.as_bytes());
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

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
