//! The payload's place in the canonical request.

use countersign_core::{Error, ErrorKind, Payload, Result};
use http::header::HeaderValue;

use crate::canonical::PathStyle;
use crate::signature::{EMPTY_SHA256, Hex64, sha256_hex};
use crate::{AddTo, Config, PayloadSigning};

/// What stands for a body that is not signed.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// What stands for the body.
pub(crate) enum Hash<'a> {
    /// The request's own `X-Amz-Content-Sha256`.
    Given(&'a str),
    Fixed(&'static str),
    Computed(Hex64),
}

impl<'a> Hash<'a> {
    /// A given `X-Amz-Content-Sha256`, else as the config says.
    pub(crate) fn of(
        given: Option<&'a HeaderValue>,
        payload: &Payload,
        config: &Config,
        style: PathStyle,
    ) -> Result<Self> {
        if let Some(given) = given {
            return checked(given);
        }
        if let Some(marker) = config.payload.marker() {
            return Ok(Self::Fixed(marker));
        }
        if style == PathStyle::S3 && config.add_to == AddTo::Query {
            return Ok(Self::Fixed(UNSIGNED_PAYLOAD));
        }
        match payload.bytes() {
            Some(bytes) if bytes.is_empty() => Ok(Self::Fixed(EMPTY_SHA256)),
            Some(bytes) => Ok(Self::Computed(sha256_hex(bytes))),
            None => Err(Error::new(
                ErrorKind::PayloadRequired,
                "the body is streamed, so its hash must be given in X-Amz-Content-Sha256, or `payload` set to one that is not hashed",
            )),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Given(text) => text,
            Self::Fixed(text) => text,
            Self::Computed(hex) => hex.as_str(),
        }
    }
}

/// Whether this stands for a body that is not hashed as a whole.
pub(crate) fn is_marker(text: &str) -> bool {
    text == UNSIGNED_PAYLOAD || text.starts_with("STREAMING-")
}

fn checked(given: &HeaderValue) -> Result<Hash<'_>> {
    let text = given.to_str().map(str::trim).unwrap_or_default();
    if Hex64::parse(text).is_some() || is_marker(text) {
        return Ok(Hash::Given(text));
    }
    Err(Error::new(
        ErrorKind::InvalidRequest,
        "the given X-Amz-Content-Sha256 is neither 64 hex digits, nor UNSIGNED-PAYLOAD or STREAMING-…",
    ))
}

impl PayloadSigning {
    /// What stands for the hash in the canonical request; `None` where the body itself is hashed.
    pub(crate) const fn marker(self) -> Option<&'static str> {
        match self {
            Self::Hash => None,
            Self::Unsigned => Some(UNSIGNED_PAYLOAD),
            Self::StreamingUnsignedTrailer => Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            Self::StreamingSigned => Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
            Self::StreamingSignedTrailer => Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"),
            Self::StreamingEvents => Some("STREAMING-AWS4-HMAC-SHA256-EVENTS"),
        }
    }
}
