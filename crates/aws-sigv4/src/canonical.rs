//! The request as the text that is hashed and signed.

mod path;
mod query;

use std::borrow::Cow;

use countersign_core::Result;
use countersign_core::encode::is_unreserved;

use self::path::push_path;
use self::query::push_query;
use crate::headers::SignedHeaders;

/// How a service reads a request's path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PathStyle {
    /// S3: decoded and encoded strictly, never normalised, because `a//b` and `a/../b` are names of objects.
    S3,
    /// Everyone else: normalised, and then what stands is encoded once more.
    Normalised,
}

impl PathStyle {
    pub(crate) fn of(service: &str) -> Self {
        if matches!(service, "s3" | "s3express" | "s3-object-lambda" | "s3-outposts") {
            Self::S3
        } else {
            Self::Normalised
        }
    }
}

/// Appends the canonical request. `path` and `query` are as they go out.
/// Source: "Create a signed AWS API request", step 1, AWS Identity and Access Management User Guide.
///
/// # Errors
/// [`InvalidRequest`](countersign_core::ErrorKind::InvalidRequest) for a signed header that is not UTF-8.
pub(crate) fn push_request(
    out: &mut Vec<u8>,
    method: &str,
    (path, query): (&str, &str),
    style: PathStyle,
    headers: &SignedHeaders<'_>,
    payload_hash: &str,
) -> Result<()> {
    out.extend_from_slice(method.as_bytes());
    out.push(b'\n');
    push_path(out, path, style);
    out.push(b'\n');
    push_query(out, query);
    out.push(b'\n');
    headers.push_lines(out)?;
    out.push(b'\n');
    headers.push_names(out);
    out.push(b'\n');
    out.extend_from_slice(payload_hash.as_bytes());
    Ok(())
}

/// A text encoded strictly again, unless it already is: `decode` undoes what its place allows, and `/` stands if `slash` says
/// so. One pass over what is already canonical, as nearly everything is.
fn recoded<'a>(text: &'a str, slash: bool, decode: impl Fn(&'a [u8]) -> Cow<'a, [u8]>) -> Cow<'a, str> {
    if is_canonical(text.as_bytes(), slash) {
        return Cow::Borrowed(text);
    }
    let decoded = decode(text.as_bytes());
    let mut out = String::with_capacity(text.len() + 16);
    for (index, part) in decoded.split(|&byte| slash && byte == b'/').enumerate() {
        if index > 0 {
            out.push('/');
        }
        out.push_str(&countersign_core::encode::percent(part));
    }
    Cow::Owned(out)
}

/// Whether decoding and encoding strictly leaves this as it is.
fn is_canonical(mut text: &[u8], slash: bool) -> bool {
    while let [byte, after @ ..] = text {
        text = after;
        if is_unreserved(*byte) || slash && *byte == b'/' {
            continue;
        }
        let (b'%', [high @ (b'0'..=b'9' | b'A'..=b'F'), low @ (b'0'..=b'9' | b'A'..=b'F'), after @ ..]) = (byte, after)
        else {
            return false;
        };
        let encoded = digit(*high) << 4 | digit(*low);
        if is_unreserved(encoded) || slash && encoded == b'/' {
            return false;
        }
        text = after;
    }
    true
}

/// The value of an upper-case hex digit.
const fn digit(byte: u8) -> u8 {
    if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'A' - 10) }
}

#[cfg(test)]
mod tests {
    use countersign_core::encode::{form_decode, percent, percent_decode};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_taken_as_canonical_is(text in "[a%7E2F/+ é]{0,9}|[ -~]{0,9}") {
            let strict = percent(&form_decode(text.as_bytes())).into_owned();
            prop_assert_eq!(is_canonical(text.as_bytes(), false), text == strict, "{}", strict);
            prop_assert_eq!(recoded(&text, false, form_decode), strict);
            let strict = percent(&percent_decode(text.as_bytes())).replace("%2F", "/");
            prop_assert_eq!(is_canonical(text.as_bytes(), true), text == strict, "{}", strict);
            prop_assert_eq!(recoded(&text, true, percent_decode), strict);
        }
    }
}
