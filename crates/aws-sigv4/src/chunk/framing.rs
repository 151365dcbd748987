use countersign_core::{Error, ErrorKind, Result};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};

use crate::PayloadSigning;
use crate::headers::{X_AMZ_DECODED_CONTENT_LENGTH, X_AMZ_TRAILER};

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

    /// Announces a trailing header whose value will have `length` bytes: a checksum, such as `x-amz-checksum-crc32c` with 8.
    #[must_use]
    pub fn trailer(mut self, name: HeaderName, length: usize) -> Self {
        self.trailers.push((name, length));
        self
    }

    /// The length of the encoded body in bytes, for `Content-Length`; `u64::MAX` for one that is too long to be counted.
    #[must_use]
    pub fn encoded_length(&self) -> u64 {
        self.counted().unwrap_or(u64::MAX)
    }

    /// [`Framing::encoded_length`]; `None` where it overflows.
    fn counted(&self) -> Option<u64> {
        let size = self.chunk.max(1);
        let full = (self.length / size).checked_mul(self.framed(size)?)?;
        let rest = match self.length % size {
            0 => 0,
            rest => self.framed(rest)?,
        };
        // The line end after the empty chunk comes behind the trailers.
        let mut sum = full.checked_add(rest)?.checked_add(self.framed(0)?)?;
        for (name, length) in &self.trailers {
            sum = sum.checked_add((name.as_str().len() as u64).checked_add(*length as u64)?.checked_add(3)?)?;
        }
        if is_signed(self.kind) && has_trailer(self.kind) {
            sum = sum.checked_add("x-amz-trailer-signature:".len() as u64 + 64 + 2)?;
        }
        Some(sum)
    }

    /// A chunk of this length with what stands before and after it: `10000;chunk-signature=…`, CRLF, the chunk, CRLF.
    fn framed(&self, length: u64) -> Option<u64> {
        let digits = u64::from((u64::BITS - length.leading_zeros()).div_ceil(4).max(1));
        let signature = if is_signed(self.kind) { ";chunk-signature=".len() as u64 + 64 } else { 0 };
        length.checked_add(digits + signature + 4)
    }

    /// Sets what the request must say before it is signed: `Content-Encoding: aws-chunked` (before any other),
    /// `X-Amz-Decoded-Content-Length`, `Content-Length`, and `X-Amz-Trailer`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidConfig`] when the kind is not one of chunks, a trailer is announced for one without, a chunk is
    /// smaller than [`LEAST_CHUNK`] with more to follow, the encoded body is longer than `u64::MAX` bytes, or a given
    /// `Content-Encoding` is not ASCII. The headers are then as they were.
    pub fn set_headers(&self, headers: &mut HeaderMap) -> Result<()> {
        let length = self.check()?;
        let encoding = content_encoding(headers)?;
        let names: Vec<&str> = self.trailers.iter().map(|(name, _)| name.as_str()).collect();
        let trailer = HeaderValue::try_from(names.join(",")).map_err(|_| invalid("a trailer's name is not ASCII"))?;
        headers.insert(CONTENT_ENCODING, encoding);
        headers.insert(X_AMZ_DECODED_CONTENT_LENGTH, HeaderValue::from(self.length));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if names.is_empty() {
            headers.remove(X_AMZ_TRAILER);
        } else {
            headers.insert(X_AMZ_TRAILER, trailer);
        }
        Ok(())
    }

    /// The encoded length, if all fits together.
    fn check(&self) -> Result<u64> {
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
        self.counted().ok_or_else(|| invalid("the body is longer than a Content-Length can say"))
    }
}

/// `aws-chunked` before the codings that are given, unless it is among them.
fn content_encoding(headers: &HeaderMap) -> Result<HeaderValue> {
    let Some(given) = headers.get(CONTENT_ENCODING) else { return Ok(HeaderValue::from_static("aws-chunked")) };
    let not_ascii = || invalid("the given Content-Encoding is not ASCII");
    let text = given.to_str().map_err(|_| not_ascii())?;
    if text.split(',').any(|coding| coding.trim().eq_ignore_ascii_case("aws-chunked")) {
        return Ok(given.clone());
    }
    HeaderValue::try_from(format!("aws-chunked,{text}")).map_err(|_| not_ascii())
}

pub(super) const fn is_signed(kind: PayloadSigning) -> bool {
    matches!(kind, PayloadSigning::StreamingSigned | PayloadSigning::StreamingSignedTrailer)
}

pub(super) const fn has_trailer(kind: PayloadSigning) -> bool {
    matches!(kind, PayloadSigning::StreamingSignedTrailer | PayloadSigning::StreamingUnsignedTrailer)
}

fn invalid(message: &'static str) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}
