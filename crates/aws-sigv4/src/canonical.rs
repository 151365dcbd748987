//! The request as the text that is hashed and signed.

mod path;
mod query;

use countersign_core::Result;
use countersign_core::encode::is_unreserved;

use self::path::push_path;
pub(crate) use self::query::Query;
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
    (path, query): (&str, Query<'_>),
    style: PathStyle,
    headers: &SignedHeaders<'_>,
    payload_hash: &str,
) -> Result<()> {
    out.extend_from_slice(method.as_bytes());
    out.push(b'\n');
    push_path(out, path, style);
    out.push(b'\n');
    query.push(out);
    out.push(b'\n');
    headers.push_lines(out)?;
    out.push(b'\n');
    headers.push_names(out);
    out.push(b'\n');
    out.extend_from_slice(payload_hash.as_bytes());
    Ok(())
}

/// The byte that `%` and these two digits mean, if encoding would write it so: in upper case, and only where it must.
fn escaped(digits: Option<&[u8]>) -> Option<u8> {
    let [high @ (b'0'..=b'9' | b'A'..=b'F'), low @ (b'0'..=b'9' | b'A'..=b'F'), ..] = digits? else { return None };
    let value = |digit: u8| if digit.is_ascii_digit() { digit - b'0' } else { digit.wrapping_sub(b'A' - 10) };
    let byte = value(*high) << 4 | value(*low);
    (!is_unreserved(byte)).then_some(byte)
}
